"""Health part by part, and metrics: nothing but words for strangers, and a dashboard that names what there is."""

from __future__ import annotations

import json
import re
from collections import namedtuple
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from tests.conftest import Org

from makegood.cli.backup import STAMP
from makegood.config import house
from makegood.journal.models import Effect
from makegood.store.clocks import wall_now
from makegood.store.tenancy import tenant

DASHBOARD = Path(__file__).resolve().parents[2] / "deploy" / "grafana-dashboard.json"
HERE = {"REMOTE_ADDR": "127.0.0.1"}


def told(**meta: str) -> dict[str, Any]:
    """What /healthz tells."""
    answer: dict[str, Any] = Client(headers={"host": "127.0.0.1"}).get("/healthz", **meta).json()
    return answer


def scraped(**meta: str) -> dict[str, float]:
    """Each metric's value, those with labels by the last of them."""
    answer = Client(headers={"host": "127.0.0.1"}).get("/metrics", **meta)
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    return {sample.name: sample.value for family in families for sample in family.samples}


def test_the_dashboard_names_only_metrics_that_there_are(
    database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / f"{datetime.now(UTC):{STAMP}}").touch()
    monkeypatch.setenv("MAKEGOOD_BACKUPS", str(tmp_path))
    asked = " ".join(
        target["expr"] for panel in json.loads(DASHBOARD.read_text())["panels"] for target in panel["targets"]
    )
    named = set(re.findall(r"makegood_\w+", asked))
    assert named == set(scraped(**HERE)), "a metric is missing on the dashboard, or is no more"


def test_answers_are_told_by_group_status_and_time(database: str) -> None:
    def counted() -> dict[tuple[str, str], float]:
        answer = Client(headers={"host": "127.0.0.1"}).get("/metrics", **HERE).content.decode()
        samples = [one for family in text_string_to_metric_families(answer) for one in family.samples]
        whole = [one for one in samples if one.name == "makegood_request_seconds_count"]
        beyond = [one for one in samples if one.labels.get("le") == "+Inf"]
        assert [one.value for one in whole] == [one.value for one in beyond]
        return {(one.labels["group"], one.labels["status"]): one.value for one in whole}

    before = counted()
    assert {("api", "5xx"), ("hooks", "5xx"), ("customers", "5xx")} <= set(before), "the first error is one more"
    client = Client(headers={"host": "127.0.0.1"})
    client.get("/s/nobody")
    client.get("/api/v1/recoveries")
    client.get("/today/no-such-page")
    after = counted()
    assert {each: after[each] - before.get(each, 0) for each in after if after[each] != before.get(each, 0)} == {
        ("customers", "4xx"): 1,
        ("api", "4xx"): 1,
        ("console", "4xx"): 1,
        ("health", "2xx"): 1,
    }


@pytest.mark.parametrize(
    "meta",
    [
        {"REMOTE_ADDR": "203.0.113.7"},
        HERE | {"HTTP_X_FORWARDED_FOR": "203.0.113.7"},
        HERE | {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        HERE | {"HTTP_FORWARDED": "for=127.0.0.1"},
        {"REMOTE_ADDR": ""},
    ],
)
def test_strangers_are_told_a_word_for_each_part_and_no_number(database: str, meta: dict[str, str]) -> None:
    assert Client(headers={"host": "127.0.0.1"}).get("/metrics", **meta).status_code == 404
    answer = told(**meta)
    assert "numbers" not in answer
    assert not re.search(r"\d", json.dumps(answer))


def test_with_a_token_only_who_has_it_knows(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "METRICS_TOKEN", "a token of tests")
    client = Client(headers={"host": "127.0.0.1"})
    for given in ("", "Bearer", "Bearer a token of test", "a token of tests"):
        assert client.get("/metrics", headers={"Authorization": given}, **HERE).status_code == 404
    far = {"REMOTE_ADDR": "203.0.113.7", "HTTP_AUTHORIZATION": "Bearer a token of tests"}
    assert scraped(**far)["makegood_disk_size_bytes"] > 0
    assert "numbers" in told(**far)


def test_what_a_person_is_to_look_after_is_named(org: Org, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MAKEGOOD_BACKUPS", str(tmp_path))
    usage = namedtuple("usage", "total used free")  # noqa: PYI024 - as shutil has it
    monkeypatch.setattr(house.shutil, "disk_usage", lambda _: usage(10**10, 10**10 - 1, 1))
    before = told()
    assert (before["disk"], before["backups"]) == ("nearly full", "there is none")
    (tmp_path / f"{datetime.now(UTC) - timedelta(hours=40):{STAMP}}").touch()
    assert told()["backups"] == "too old"
    (tmp_path / f"{datetime.now(UTC):{STAMP}}").touch()
    assert told()["backups"] == "well"
    assert told().keys() == before.keys()


def test_a_migration_that_is_missing_turns_health_red(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house, "_all_there", False)
    loaded = house.MigrationLoader

    def newer(*_: Any) -> Any:
        loader = loaded(None)
        loader.disk_migrations["keeping", "9999_later"] = None
        return loader

    monkeypatch.setattr(house, "MigrationLoader", newer)
    answer = Client(headers={"host": "127.0.0.1"}).get("/healthz", **HERE)
    assert (answer.status_code, answer.json()["migrations"]) == (503, "some are missing")
    assert answer.json()["numbers"]["migrations_missing"] == 1
    monkeypatch.setattr(house, "MigrationLoader", loaded)
    assert told()["migrations"] == "well"


def test_what_waits_to_leave_is_counted_by_real_clocks_alone(make_org: Any) -> None:
    stepped, real = make_org(), make_org(clock="real")
    before = scraped(**HERE)
    for one in (stepped, real):
        with tenant(organization_id=one.id):
            Effect.objects.create(
                organization_id=one.id, kind="staff", idempotency_key="late", subject="", subject_id=0,
                run_at=wall_now() - timedelta(hours=2),
            )  # fmt: skip
    try:
        after = scraped(**HERE)
        assert after["makegood_outbox_due"] - before["makegood_outbox_due"] == 1
        assert after["makegood_outbox_oldest_seconds"] >= 7200
        assert told()["outbox"] == "waits too long"
    finally:
        for one in (stepped, real):
            with tenant(organization_id=one.id):
                Effect.objects.filter(organization_id=one.id).update(state="stopped")

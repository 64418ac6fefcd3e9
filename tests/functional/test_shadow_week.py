"""A week in which a source only watched: the report says, line by line, what the same week sends live; nothing left."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable
from datetime import timedelta

import click
import pytest
from tests.conftest import START, Org
from tests.functional.test_views import signed_in
from tests.support.given import offer
from tests.support.outside import mail_server, payment_system
from tests.support.recoveries import DAY, failure, open_for, step_to
from tests.support.shadow_week import WEEK, lived, prepared, reported, sent

from makegood.cli.shadow import _read, _say, _shape
from makegood.insights.outcomes import given
from makegood.insights.shadow import ShadowReport, shadow_report
from makegood.insights.windows import Window
from makegood.journal.models import Effect
from makegood.makegoods.models import Allowance, LedgerEntry, MakeGood
from makegood.makegoods.operations import makegood_decline, makegood_offer
from makegood.messages.models import Message
from makegood.promises.operations import source_watch
from makegood.recoveries.models import Recovery
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

COUNT, HOURS = map(int, os.environ.get("MAKEGOOD_SHADOW_WEEK", "14,6").split(","))
"""How many orders, and how often something is done about them; `python -m benchmarks shadow` asks for thousands."""
SEED, EVERY = 11, timedelta(hours=HOURS)


def report_of(org: Org) -> ShadowReport:
    with tenant(organization_id=org.id):
        found = shadow_report(organization_id=org.id, source_id=org.source, now=START + WEEK)
    assert found is not None
    return found


def test_the_report_of_a_shadow_week_is_line_by_line_what_the_same_week_sends_live(
    make_org: Callable[..., Org], capsys: pytest.CaptureFixture[str]
) -> None:
    shadow, live = make_org(), make_org()
    with mail_server() as mails, payment_system() as payments:
        prepared(shadow, watched=True, payments=payments)
        lived(shadow, seed=SEED, count=COUNT, step=EVERY)
        assert (mails.seen, payments.asked) == ([], []), "nothing leaves a shadow"
        prepared(live, watched=False, payments=payments)
        lived(live, seed=SEED, count=COUNT, step=EVERY)
        really = sent(live, mails, payments)
    report = report_of(shadow)
    if "MAKEGOOD_SHADOW_WEEK" in os.environ:
        with capsys.disabled():
            print(f"{report.recoveries:,} recoveries, {len(really):,} lines, {len(mails.taken):,} mails taken live")
    assert reported(report.lines) == really
    kinds = {one.kind for one in report.lines}
    assert kinds == {"letter", "payment", "gift", "charge"}, "the week has something of everything"
    assert {one.channel for one in report.lines} == {"mail", "page", "payment", "by hand"}
    assert report_of(live).lines == ()
    _costs_nothing(shadow, report)
    _printed(shadow, report, capsys)
    _on_the_page(shadow, report)


def test_what_ran_out_or_was_declined_stays_in_the_report_as_offered(org: Org) -> None:
    with tenant(organization_id=org.id):
        source_watch(organization_id=org.id, source_id=org.source, watched=True, by=org.admin, now=START)
        first, second = failure(org), failure(org)
        open_for(org, first, second)
        makegood_offer(organization_id=org.id, offer=offer(org, first), now=START)
        declined = makegood_offer(organization_id=org.id, offer=offer(org, second, cost=500), now=START)
        makegood_decline(organization_id=org.id, makegood_id=declined, now=START + DAY, by=org.employee)
    for day in range(1, 17):
        step_to(org, START + day * DAY)
        tick_dry(only=[org.id])
    with tenant(organization_id=org.id):
        assert set(MakeGood.objects.values_list("state", flat=True)) == {"expired", "declined"}
        report = shadow_report(organization_id=org.id, source_id=org.source, now=START + 16 * DAY)
    assert report is not None
    assert [(one.at, one.given) for one in report.lines if one.kind == "gift"] == [(START, False)] * 2
    assert [one.offered.minor for one in report.costs] == [1_500]


def _costs_nothing(org: Org, report: ShadowReport) -> None:
    with tenant(organization_id=org.id):
        assert not LedgerEntry.objects.exists()
        assert not Allowance.objects.exists()
        assert given(organization_id=org.id, window=Window(since=START, until=START + WEEK)) == []
        assert not Message.objects.filter(state="sent", direction="out").exclude(kind__in=["staff", "note"]).exists()
        assert not Effect.objects.filter(kind__in=["message", "payout", "charge_stop"], shadow=False).exists()
        (cost,) = report.costs
        paid = sum(MakeGood.objects.filter(state="shadowed").values_list("cost_minor", flat=True))
        assert cost.floor.minor + cost.fix.minor + cost.extra.minor == paid > 0
        assert report.recoveries == Recovery.objects.count()
        assert report.capacity is not None
        assert sum(one.letters for one in report.days) == sum(report.letters.values())


def _printed(org: Org, report: ShadowReport, capsys: pytest.CaptureFixture[str]) -> None:
    """What the command prints says the same."""
    read = _read(org.code, "orders", 15)
    shape = _shape(read)
    assert len(shape["lines"]) == len(report.lines)
    assert shape["people"] == report.capacity.people if report.capacity else None
    _say(read)
    assert "would be given: floor" in capsys.readouterr().out
    with pytest.raises(click.ClickException, match="it has orders"):
        _read(org.code, "till", 15)
    with pytest.raises(click.ClickException, match="no organization"):
        _read("nobody", "orders", 15)


def _on_the_page(org: Org, report: ShadowReport) -> None:
    client = signed_in(org, org.admin)
    url = f"/settings/sources/{org.source}/shadow"
    assert url in client.get("/settings/sources").content.decode()
    page = client.get(url).content.decode()
    assert "Go live with Orders?" in page
    assert "Nothing of this has left" in page
    rows = list(csv.reader(io.StringIO(client.get(f"{url}.csv").content.decode("utf-8-sig"))))
    assert len(rows) == 1 + len(report.lines)
    assert {len(row) for row in rows} == {14}
    assert "Go live with" not in signed_in(org, org.manager).get(url).content.decode()
    assert signed_in(org, org.employee).get(url).status_code == 403
    assert client.get("/settings/sources/999999999/shadow").status_code == 404
    assert client.post("/settings/sources/live", {"source_id": org.source}).status_code == 302
    assert "Go live with" not in client.get(url).content.decode()
    with tenant(organization_id=org.id):
        assert not Recovery.objects.filter(state="open").exists()

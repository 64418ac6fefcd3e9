"""Today counts what falls due today: history that was told of today, as an import does, is none of it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from tests.conftest import START, Org
from tests.functional.test_views import _no_throttle, _quick_passwords, signed_in
from tests.support.recoveries import step_to

from makegood.listen.operations import events_accept
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

__all__ = ["_no_throttle", "_quick_passwords"]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def ordered(reference: str, *, made: timedelta, due: timedelta, kept: timedelta | None) -> list[dict[str, Any]]:
    """What a source tells of one order, all of it at once."""
    who = {"email": f"{reference}@example.com"}
    at = START + made
    told = [
        {"id": f"made:{reference}", "type": "promise.made", "time": at.isoformat(),
         "data": {"reference": reference, "kind": "delivery", "customer": who, "due_at": (START + due).isoformat()}}
    ]  # fmt: skip
    if kept is not None:
        at = START + kept
        told.append(
            {
                "id": f"kept:{reference}",
                "type": "promise.kept",
                "time": at.isoformat(),
                "data": {"reference": reference},
            }
        )
    return told


@pytest.mark.parametrize("url", ["/", "/insights?window=today"])
def test_history_that_is_imported_today_is_not_todays(org: Org, url: str) -> None:
    told = [
        *ordered("old-kept", made=-9 * DAY, due=-5 * DAY, kept=-6 * DAY),
        *ordered("old-late", made=-9 * DAY, due=-5 * DAY, kept=-4 * DAY),
        *ordered("today-kept", made=-DAY, due=HOUR, kept=HOUR / 2),
        *ordered("today-broken", made=-DAY, due=HOUR, kept=None),
        *ordered("tomorrow-early", made=-DAY, due=DAY, kept=HOUR / 2),
    ]
    step_to(org, START + 2 * HOUR)
    with tenant(organization_id=org.id):
        events_accept(organization_id=org.id, source_id=org.source, bodies=told, now=START + 2 * HOUR)
    tick_dry(only=[org.id])
    page = " ".join(re.sub(r"<[^>]+>", " ", signed_in(org, org.admin).get(url).content.decode()).split())
    name = "Broken today" if url == "/" else "Promises broken"
    assert re.search(rf"{name} 1 of 2 promises", page), page[page.index(name) :][:200]

"""Which open recoveries another version of their playbook would have treated otherwise; nothing is changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

import attrs
from django.db import connection

from makegood.core.money import Money
from makegood.makegoods.floors import floors_of
from makegood.recoveries.frozen import playbook_frozen
from makegood.recoveries.models import TEST
from makegood.rules.playbooks import Playbook
from makegood.rules.playbooks.treating import Case, Otherwise, treated_otherwise, treatment_of

MOST: Final = 5_000
SHOWN: Final = 50

OPEN = """
SELECT r.id, r.number, c.name, r.playbook_id, r.group, r.opened_at, f.id, f.kind, f.loss, f.severity,
       f.price_minor, f.currency, f.kept_service,
       (SELECT max(p.opened_at) FROM recoveries_recovery p WHERE p.organization_id = r.organization_id
        AND p.customer_id = r.customer_id AND p.opened_at < r.opened_at AND p.state <> 'withdrawn')
FROM (SELECT * FROM recoveries_recovery WHERE organization_id = %s AND state = 'open'
      AND NOT starts_with(happening_key, %s)
      AND playbook_id IN (SELECT id FROM organizations_playbookversion WHERE organization_id = %s AND code = %s)
      ORDER BY opened_at DESC, id DESC LIMIT %s) r
JOIN customers_customer c ON c.organization_id = r.organization_id AND c.id = r.customer_id
JOIN recoveries_recoveryfailure l ON l.organization_id = r.organization_id AND l.recovery_id = r.id
JOIN failures_failure f ON f.organization_id = r.organization_id AND f.id = l.failure_id AND f.withdrawn_at IS NULL
ORDER BY r.opened_at DESC, r.id DESC, f.id
"""
COUNTED = """
SELECT count(*) FROM recoveries_recovery WHERE organization_id = %s AND state = 'open'
AND NOT starts_with(happening_key, %s)
AND playbook_id IN (SELECT id FROM organizations_playbookversion WHERE organization_id = %s AND code = %s)
"""


@attrs.frozen(kw_only=True)
class TreatedOtherwise:
    """One open recovery and what the new version would have done otherwise for it."""

    number: int
    customer: str
    opened_at: datetime
    changes: tuple[Otherwise, ...]


@attrs.frozen(kw_only=True)
class OtherwiseFound:
    """How many open recoveries there are under this playbook, how many were looked at, how many differ, and which.

    `shown` are the newest of those that differ; `by_what` counts each kind of difference, the most frequent first.
    """

    open: int
    looked_at: int
    differ: int
    shown: tuple[TreatedOtherwise, ...]
    by_what: tuple[tuple[str, int], ...]


def recoveries_otherwise(*, organization_id: int, playbook: Playbook, most: int = MOST) -> OtherwiseFound:
    """This function will compare, for the newest open recoveries, the version that they froze with another one.

    Both are asked the same of the same facts: those by which the recovery was opened. Severities and owners that
    people or later failures changed since are left out of it.
    """
    here: list[int | str] = [organization_id, TEST, organization_id, playbook.code]
    with connection.cursor() as cursor:
        cursor.execute(COUNTED, here)
        (counted,) = cursor.fetchone()
        cursor.execute(OPEN, [*here, most])
        rows = cursor.fetchall()
    floors = floors_of(organization_id=organization_id, failure_ids=[row[6] for row in rows])
    by_recovery: dict[int, list[tuple[Any, ...]]] = {}
    for row in rows:
        by_recovery.setdefault(row[0], []).append(row)

    @cache
    def compared(version_id: int, old: tuple[Case, ...], new: tuple[Case, ...]) -> tuple[Otherwise, ...]:
        frozen = playbook_frozen(organization_id=organization_id, version_id=version_id)
        was = treatment_of(playbook=frozen, cases=old)
        return treated_otherwise(was=was, becomes=treatment_of(playbook=playbook, cases=new))

    found: list[TreatedOtherwise] = []
    for failures in by_recovery.values():
        _, number, customer, version_id, _, opened_at, *_ = failures[0]
        frozen = playbook_frozen(organization_id=organization_id, version_id=version_id)
        changes = compared(version_id, _cases(failures, floors, frozen), _cases(failures, floors, playbook))
        if changes:
            found.append(TreatedOtherwise(number=number, customer=customer, opened_at=opened_at, changes=changes))
    counts = Counter(change.what for one in found for change in one.changes)
    return OtherwiseFound(
        open=counted,
        looked_at=len(by_recovery),
        differ=len(found),
        shown=tuple(found[:SHOWN]),
        by_what=tuple(counts.most_common()),
    )


def _cases(failures: Sequence[tuple[Any, ...]], floors: dict[int, list[Money]], playbook: Playbook) -> tuple[Case, ...]:
    cases = []
    for row in failures:
        _, _, _, _, group, opened_at, failure_id, kind, loss, noticed, price, currency, kept, before_at = row
        watched = timedelta(days=playbook.watch_days)
        cases.append(
            Case(
                kind=kind,
                loss=loss,
                noticed=noticed,
                price=Money(minor=price, currency=currency) if price and currency else None,
                group=group,
                repeated=before_at is not None and opened_at - before_at <= watched,
                kept_service=kept,
                floor=_sum(floors.get(failure_id, [])),
            )
        )
    return tuple(cases)


def _sum(amounts: Sequence[Money]) -> Money | None:
    if not amounts or len({one.currency for one in amounts}) > 1:
        return None
    return Money(minor=sum(one.minor for one in amounts), currency=amounts[0].currency)

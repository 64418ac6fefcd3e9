"""Whether customers are back: looked for in what they buy and use, or said by them or by a colleague.

What is not known holds no recovery open: it closes as unknown, and the looks go on at the customer's own pace, up to a
year, and correct what was written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import attrs
from django.db import connection

from makegood.core.staying import LOOKBACK, Came, Seen, seen
from makegood.journal.operations import Happened, record
from makegood.recoveries.models import RECOVERY_RETURNS, FollowUp, Return
from makegood.recoveries.operations.changing import UnableToChangeRecovery, recovery_for_change, recovery_touch
from makegood.recoveries.operations.closing import close_complete
from makegood.store.bulk import insert, record_set

CAME = """
SELECT u.id, r.opened_at, c.kind, c.at, c.worth, c.currency
FROM {due} JOIN recoveries_recovery r ON r.organization_id = %s AND r.id = u.id
JOIN customers_customer w ON w.organization_id = r.organization_id AND w.id = r.customer_id
LEFT JOIN LATERAL (
    SELECT 'bought' AS kind, p.placed_at AS at, p.total_minor AS worth, p.currency
    FROM customers_customer o JOIN customers_purchase p
        ON p.organization_id = o.organization_id AND p.customer_id = o.id
    WHERE o.organization_id = r.organization_id
        AND (o.id = coalesce(w.merged_into_id, w.id) OR o.merged_into_id = coalesce(w.merged_into_id, w.id))
        AND p.placed_at > r.opened_at - %s AND p.placed_at <= u.at
    UNION ALL
    SELECT 'used', v.active_from, 1, ''
    FROM customers_customer o JOIN customers_visit v ON v.organization_id = o.organization_id AND v.customer_id = o.id
    WHERE o.organization_id = r.organization_id
        AND (o.id = coalesce(w.merged_into_id, w.id) OR o.merged_into_id = coalesce(w.merged_into_id, w.id))
        AND v.active_from > r.opened_at - %s AND v.active_from <= u.at
) AS c ON true
"""
KEPT = (
    "ON CONFLICT (organization_id, recovery_id) DO UPDATE SET outcome = excluded.outcome, how = excluded.how,"
    " rule = excluded.rule, at = excluded.at, by_id = excluded.by_id,"
    " looks = recoveries_return.looks + excluded.looks"
)


@attrs.frozen(kw_only=True, slots=True)
class Look:
    """One look for a customer's return: of which recovery, and up to which moment."""

    recovery_id: int
    at: datetime


@attrs.frozen(kw_only=True, slots=True)
class Known:
    """What is known of one customer's return from a moment on, and how."""

    recovery_id: int
    outcome: str
    how: str
    at: datetime
    rule: str = ""
    by: int | None = None


def returns_see(*, organization_id: int, looks: Sequence[Look]) -> dict[int, Seen]:
    """This function will look for the return of customers, write what is seen, and plan the next look where needed.

    Returns what was seen, by recovery; `unknown` is written where nobody can tell.
    """
    found = {
        one.recovery_id: seen(bought=bought, used=used, since=since, now=max(one.at, since))
        for one, (since, bought, used) in _came(organization_id, looks)
    }
    _write(
        organization_id,
        [
            Known(
                recovery_id=one.recovery_id,
                outcome=found[one.recovery_id].outcome,
                how="seen",
                at=one.at,
                rule=found[one.recovery_id].reasons[0].rule,
            )
            for one in looks
        ],
    )
    return found


def looks_plan(*, organization_id: int, found: Mapping[int, Seen]) -> None:
    """This function will plan the next look for those who are not to be told yet, in closed recoveries too."""
    again = [(recovery_id, one.again_at) for recovery_id, one in sorted(found.items()) if one.again_at is not None]
    if not again:
        return
    rows, parameter = record_set("u", {"recovery": "bigint", "due_at": "timestamptz"}, again)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO recoveries_followup (organization_id, recovery_id, position, action, due_at, state, outcome)"
            " SELECT %s, u.recovery, (SELECT coalesce(max(f.position), 0) + 1 FROM recoveries_followup f"
            "   WHERE f.organization_id = %s AND f.recovery_id = u.recovery), 'see_return', u.due_at, 'planned', ''"
            f" FROM {rows} WHERE NOT EXISTS (SELECT 1 FROM recoveries_followup f WHERE f.organization_id = %s"
            "   AND f.recovery_id = u.recovery AND f.action = 'see_return' AND f.state = 'planned')",
            [organization_id, organization_id, parameter, organization_id],
        )


def returned_say(*, organization_id: int, recovery_id: int, outcome: str, now: datetime, by: int | None = None) -> None:
    """Write that a customer is back, went elsewhere, wants no more contact, or that it is not known.

    `by` is the colleague who says so; without one the customer said it. It ends the plan, whether the recovery is open
    or closed. Raises UnableToChangeRecovery for another outcome, or a recovery that was withdrawn.
    """
    if outcome not in RECOVERY_RETURNS[1:]:
        raise UnableToChangeRecovery("Say whether they are back, went elsewhere, want no contact, or nobody knows.")
    recovery = recovery_for_change(organization_id=organization_id, recovery_id=recovery_id, states=("open", "closed"))
    how = "customer" if by is None else "colleague"
    returned_write(
        organization_id=organization_id,
        known=[Known(recovery_id=recovery_id, outcome=outcome, how=how, at=now, by=by)],
    )
    recovery_touch(organization_id=organization_id, recovery_id=recovery_id)
    if recovery.state == "open":
        close_complete(organization_id=organization_id, recovery_ids=[recovery_id], at=now)


def returned_write(*, organization_id: int, known: Sequence[Known]) -> None:
    """This function will write what was said of these customers' return, and end what was still planned for them."""
    _write(organization_id, known)
    for one in known:
        FollowUp.objects.filter(
            organization_id=organization_id, recovery_id=one.recovery_id, state__in=("planned", "due")
        ).update(state="ended", done_at=one.at)


def _write(organization_id: int, known: Sequence[Known]) -> None:
    insert(
        Return,
        ("organization_id", "recovery_id", "outcome", "how", "rule", "at", "looks", "by_id"),
        [
            (organization_id, one.recovery_id, one.outcome, one.how, one.rule, one.at, int(one.how == "seen"), one.by)
            for one in known
        ],
        on_conflict=KEPT,
    )
    rows, parameter = record_set(
        "u", {"id": "bigint", "outcome": "text"}, [(one.recovery_id, one.outcome) for one in known]
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE recoveries_recovery r SET returned = u.outcome FROM {rows}"
            " WHERE r.organization_id = %s AND r.id = u.id",
            [parameter, organization_id],
        )
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=one.at,
                event="recoveries:recovery:returned",
                subject="recovery",
                subject_id=one.recovery_id,
                data={"outcome": one.outcome, "how": one.how, "rule": one.rule},
                actor_id=one.by,
            )
            for one in known
        ],
    )


Facts = tuple[datetime, list[Came], list[Came]]
"""Since when, what was bought and what was used."""


def _came(organization_id: int, looks: Sequence[Look]) -> list[tuple[Look, Facts]]:
    """What each customer bought and used, merged ones together; amounts count only where all are of one currency."""
    due, parameter = record_set(
        "u", {"id": "bigint", "at": "timestamptz"}, [(one.recovery_id, one.at) for one in looks]
    )
    with connection.cursor() as cursor:
        cursor.execute(CAME.format(due=due), [parameter, organization_id, LOOKBACK, LOOKBACK])  # type: ignore[list-item]
        rows = cursor.fetchall()
    since: dict[int, datetime] = {}
    bought: dict[int, list[tuple[Came, str]]] = {}
    used: dict[int, list[Came]] = {}
    for recovery_id, opened_at, kind, at, worth, currency in rows:
        since[recovery_id] = opened_at
        if kind == "bought":
            bought.setdefault(recovery_id, []).append((Came(at=at, worth=worth), currency))
        elif kind == "used":
            used.setdefault(recovery_id, []).append(Came(at=at))
    return [
        (one, (since[one.recovery_id], _one_currency(bought.get(one.recovery_id, [])), used.get(one.recovery_id, [])))
        for one in looks
    ]


def _one_currency(bought: Sequence[tuple[Came, str]]) -> list[Came]:
    if len({currency for _, currency in bought}) > 1:
        return [Came(at=one.at) for one, _ in bought]
    return [one for one, _ in bought]

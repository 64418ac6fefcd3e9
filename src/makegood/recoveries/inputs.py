"""What the deadlines of one recovery are reckoned from: calendars with their versions, pauses, the visit's end."""

from __future__ import annotations

from datetime import datetime

import attrs

from makegood.core.calendars import switched
from makegood.core.clock import Pause as CorePause
from makegood.core.clock import used_minutes
from makegood.core.clock_account import Account, account
from makegood.core.reasons import because
from makegood.journal.models import Entry
from makegood.recoveries.frozen import VISIT_BOUND, Calendars, calendars_named, due_after, step_due
from makegood.recoveries.models import Pause
from makegood.store.preparing import prepared
from makegood.store.reading import read

STOPS_UPDATES = "customer"
"""The one reason for a pause that also stops the clock of the next word: it is the customer who is to speak then."""
NEVER_STOPS = "respond"
"""The clock that no pause stops: the customer has spoken, and waits for a person's answer."""

PROMISED = because("clock.promised", "Our last letter promised them the next word by then.", evidence="4")
VISIT_ENDS = """
SELECT min(v.active_to) FROM recoveries_recoveryfailure l
JOIN failures_failure f ON f.organization_id = l.organization_id AND f.id = l.failure_id
JOIN customers_visit v ON v.organization_id = f.organization_id AND v.id = f.visit_id
WHERE l.organization_id = %s AND l.recovery_id = %s
"""
MOVES = """
SELECT at, data->>'calendar_was', data->>'calendar' FROM journal_entry
WHERE organization_id = %s AND subject = 'recovery' AND subject_id = %s AND event = 'recoveries:recovery:moved'
ORDER BY id
"""


class Inputs:
    """What the deadlines of one recovery are reckoned from. `calendar` is the one of its playbook as it is now.

    `until` leaves out what came after that moment, so that a clock which was met then is explained as it stood.
    """

    def __init__(self, organization_id: int, recovery_id: int, calendar: str, *, until: datetime | None = None) -> None:
        """Read them."""
        self.calendars = _calendars(organization_id, recovery_id, calendar, until)
        columns = ("from_at", "id", "to_at", "reason", "by_id")
        rows = sorted(read(Pause, *columns, organization_id=organization_id, recovery_id=recovery_id))
        self._pauses = [
            CorePause(
                from_at=from_at,
                to_at=None if until is not None and to_at is not None and to_at > until else to_at,
                reason=reason,
                by=str(by_id),
            )
            for from_at, _, to_at, reason, by_id in rows
            if until is None or from_at < until
        ]
        with prepared() as cursor:
            cursor.execute(VISIT_ENDS, [organization_id, recovery_id])
            self.visit_ends_at: datetime | None = cursor.fetchone()[0]

    def pauses(self, target: str) -> list[CorePause]:
        """This function will list the pauses that stop this target's clock."""
        if target == NEVER_STOPS:
            return []
        return [one for one in self._pauses if target != "update" or one.reason == STOPS_UPDATES]

    def _bound(self, target: str, promised_at: datetime | None) -> datetime | None:
        """The moment that ends a target whatever its minutes: the visit's end, or what we promised in writing."""
        return self.visit_ends_at if target in VISIT_BOUND else promised_at

    def due(
        self, target: str, started_at: datetime, minutes: int, promised_at: datetime | None = None
    ) -> datetime | None:
        """This function will say when a target's minutes are used; None while a pause hides it.

        No pause moves what was promised by `promised_at`.
        """
        return due_after(
            started_at=started_at,
            minutes=minutes,
            calendars=self.calendars,
            pauses=self.pauses(target),
            visit_ends_at=self._bound(target, promised_at),
        )

    def step_due(self, step: str, started_at: datetime, minutes: int) -> datetime | None:
        """This function will say when a step is due that no clock times; None while a pause hides it."""
        return step_due(started_at=started_at, minutes=minutes, calendars=self.calendars, pauses=self.pauses(step))

    def warn(
        self, target: str, started_at: datetime, minutes: int, before: int, due_at: datetime | None
    ) -> datetime | None:
        """This function will say when to warn of a deadline, so many working minutes before it."""
        if not before or due_at is None:
            return None
        at = self.due(target, started_at, minutes - before)
        return at if at is not None and at < due_at else None

    def used(self, target: str, started_at: datetime, until_at: datetime) -> int:
        """This function will count the working minutes that a target's clock had used by a moment."""
        return used_minutes(
            start_at=started_at,
            until_at=until_at,
            calendars=self.calendars or None,
            pauses=self.pauses(target),
        )

    def account(self, target: str, started_at: datetime, minutes: int, promised_at: datetime | None = None) -> Account:
        """This function will take a target's deadline apart into the pieces that re-add to it."""
        found = account(
            start_at=started_at,
            minutes=minutes,
            calendars=self.calendars or None,
            pauses=self.pauses(target),
            visit_ends_at=self._bound(target, promised_at),
        )
        if target in VISIT_BOUND or promised_at is None:
            return found
        reasons = (PROMISED if one.rule == "clock.visit" else one for one in found.reasons)
        return attrs.evolve(found, reasons=tuple(reasons))


def _calendars(organization_id: int, recovery_id: int, calendar: str, until: datetime | None) -> Calendars:
    """The versions that counted, over every move to a playbook of another calendar, which counts from then on."""
    with prepared() as cursor:
        cursor.execute(MOVES, [organization_id, recovery_id])
        moved = [(at, was, now) for at, was, now in cursor.fetchall() if until is None or at < until]
    first = moved[0][1] if moved else calendar
    named = calendars_named(organization_id=organization_id, codes={first, *(one[2] for one in moved)})
    if until is not None and any(named.values()):
        later = _published_after(organization_id, until)
        named = {
            code: tuple(one for one in versions if (code, one.active_from) not in later)
            for code, versions in named.items()
        }
    found = named[first]
    for at, before, after in moved:
        if before != after:
            found = switched(before=found or None, at=at, after=named[after] or None)
    return found


def _published_after(organization_id: int, at: datetime) -> set[tuple[str, datetime | None]]:
    entries = Entry.objects.filter(
        organization_id=organization_id, event="organizations:calendar:published", at__gt=at
    ).values_list("data", flat=True)
    return {(data["calendar"], datetime.fromisoformat(data["active_from"])) for data in entries}

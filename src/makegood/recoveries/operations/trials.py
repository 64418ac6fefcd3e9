"""The end of a test failure: its recovery is withdrawn, what was offered goes back, and its customer is forgotten.

A test is marked by the key of its happening, as what a source only watches is: so nothing joins it that is none, and
what leaves shadows out leaves it out, too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from django.db.models import QuerySet

from makegood.customers.models import Customer, Identity
from makegood.customers.operations import customer_erase
from makegood.customers.queries import customers_merged
from makegood.failures.operations import failures_take_back
from makegood.journal.carrying import Outcome
from makegood.journal.operations import Happened
from makegood.recoveries.models import TEST, Recovery, RecoveryFailure
from makegood.recoveries.operations.closing import closed_write
from makegood.store.reading import GIVEN, read

OVER: Final = "test"
"""Why the recovery of a test closed."""
ENDING: Final = "test_end"
"""The kind of effect that ends a test by itself, and leaves nowhere."""
STANDING: Final = ("open", "closed")
NOWHERE: Final = "@customer.invalid"
"""What the address of a made-up customer ends with: no mail can ever come from there (RFC 2606)."""
ADMIN: Final = "admin"
"""The role that sends tests."""


class UnableToEndTest(ValueError):
    """There is no test of yours under way."""


def tests_of(*, organization_id: int, member_id: int) -> QuerySet[Recovery]:
    """This function will choose the recoveries of the tests that a member walks: open, or closed and not over yet."""
    return Recovery.objects.filter(
        organization_id=organization_id, owner_id=member_id, state__in=STANDING, happening_key__startswith=TEST
    )


def trial_end(*, organization_id: int, member_id: int, now: datetime) -> None:
    """End the test that a member walks, also one that is closed. Raises UnableToEndTest where there is none."""
    if not _ended(tests_of(organization_id=organization_id, member_id=member_id), now, member_id):
        raise UnableToEndTest(UnableToEndTest.__doc__)


def trial_carry(**_: object) -> Outcome:
    """This function will let the end of a test come: nothing leaves for it, and its handler ends the test."""
    return Outcome(state="done", text="the day of this test is over")


def trials_hear_over(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """End the tests whose day is over; a handler of `outbox:effect:done`."""
    over = {entry.subject_id: entry.at for entry in entries if entry.data["kind"] == ENDING}
    for recovery_id, at in over.items():
        mine = Recovery.objects.filter(
            organization_id=organization_id, id=recovery_id, state__in=STANDING, happening_key__startswith=TEST
        )
        _ended(mine, at, None)


def trials_hear_member(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """End the tests of who leaves or is no admin any more; a handler of `organizations:member:left` and `changed`.

    Before their recoveries are handed over: a test goes to nobody else.
    """
    for entry in entries:
        if entry.event.endswith(":left") or entry.data.get("role", ADMIN) != ADMIN:
            mine = tests_of(organization_id=organization_id, member_id=entry.subject_id)
            _ended(mine, entry.at, entry.actor_id)


def _ended(tests: QuerySet[Recovery], at: datetime, by: int | None) -> int:
    rows = list(tests.select_for_update().order_by("id"))
    if not rows:
        return 0
    ids, organization_id = [row.id for row in rows], rows[0].organization_id
    closed_write(organization_id=organization_id, closed=ids, state="withdrawn", why=OVER, at=at, by=by)
    links = RecoveryFailure.objects.filter(organization_id=organization_id, recovery_id__in=ids)
    failure_ids = list(links.values_list("failure_id", flat=True))
    failures_take_back(organization_id=organization_id, failure_ids=failure_ids, by=by, now=at)
    for customer_id in _made_up(organization_id, {row.customer_id for row in rows}):
        whose = {"organization_id": organization_id, "customer_id": customer_id}
        customer_erase(**whose, now=at, by=by, unnamed="made_up" if customer_made_up(**whose) else "")
    return len(rows)


def customer_made_up(*, organization_id: int, customer_id: int) -> bool:
    """This function will say whether a customer is one of a test's, to whom nobody gave a real person's address."""
    here = {"organization_id": organization_id, "customer_id": customer_id}
    tested = Recovery.objects.filter(**here, happening_key__startswith=TEST).exists()
    return tested and not Identity.objects.filter(**here).exclude(value__endswith=NOWHERE).exists()


def _made_up(organization_id: int, customer_ids: Collection[int]) -> list[int]:
    """Those of them whom nobody merged with another: who is somebody else as well is not forgotten with a test."""
    here = {"organization_id": organization_id}
    followed = {one for (one,) in read(Customer, "id", **here, id=list(customer_ids), merged_into_id=GIVEN)}
    joined = {into for one, into in customers_merged(**here, customer_ids=customer_ids).items() if one != into}
    return sorted(set(customer_ids) - followed - joined)

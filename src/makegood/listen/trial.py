"""A test failure: made up, of a made-up customer, and walked through the whole loop by the admin who sends it.

Its source only watches, so that it comes everywhere to the moment at which something would leave, and nothing does.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from makegood.customers.operations import Seen, customers_resolve
from makegood.failures.operations import Report, failure_report
from makegood.failures.queries import failures_shadowed
from makegood.journal.outbox import Wanted, effects_add
from makegood.promises.models import TESTS
from makegood.promises.operations import source_create
from makegood.recoveries.models import RecoveryFailure
from makegood.recoveries.operations.trials import ENDING, NOWHERE, tests_of
from makegood.recoveries.queries.faces import recovery_of_failure

LASTS = timedelta(days=1)
CUSTOMER = "Test customer (made up)"
WHAT = "Test: the parcel was damaged"
PAID = 4000
"""What the made-up customer had paid, in minor units: it bounds what may be given."""


class UnableToTest(ValueError):
    """This test could not be kept from everybody else, so nothing was sent: look at the playbook, then try again."""


def trial_under_way(*, organization_id: int, member_id: int) -> int | None:
    """This function will find the number of the recovery of the test that a member walks, until it is over."""
    mine = tests_of(organization_id=organization_id, member_id=member_id)
    return mine.order_by("-id").values_list("number", flat=True).first()


def trial_begin(*, organization_id: int, by: int, currency: str, mailed: bool, now: datetime) -> int:
    """Send a test failure through the loop for who sends it; return its recovery's number.

    One at a time each: where theirs still stands, its number. It ends by itself after LASTS. With `mailed`, who sends
    it gets a mail, which shows that mail leaves. Raises UnableToTest where something of it could leave.
    """
    if (open_now := trial_under_way(organization_id=organization_id, member_id=by)) is not None:
        return open_now
    source_id = source_create(organization_id=organization_id, code=TESTS, name="Test failures", mode="shadow", now=now)
    address = f"test-{secrets.token_hex(6)}{NOWHERE}"
    made_up = Seen(identities=(("email", address),), name=CUSTOMER)
    (customer_id,) = customers_resolve(organization_id=organization_id, seen=[made_up], now=now)
    failure_id = failure_report(
        organization_id=organization_id,
        report=Report(
            customer_id=customer_id,
            kind="not_as_described",
            loss="goods",
            fault="ours",
            what=WHAT,
            happened_at=now,
            source_id=source_id,
            price_minor=PAID,
            currency=currency,
            reported_by_id=by,
            test=True,
        ),
        now=now,
    )
    number = recovery_of_failure(organization_id=organization_id, failure_id=failure_id)
    if number is None or not failures_shadowed(organization_id=organization_id, failure_ids=[failure_id]):
        raise UnableToTest(UnableToTest.__doc__)
    recovery_id = RecoveryFailure.objects.get(organization_id=organization_id, failure_id=failure_id).recovery_id
    end = Wanted(
        kind=ENDING,
        idempotency_key=f"{ENDING}:{recovery_id}",
        subject="recovery",
        subject_id=recovery_id,
        run_at=now + LASTS,
    )
    mail = Wanted(
        kind="account",
        idempotency_key=f"account:tried:{recovery_id}",
        subject="member",
        subject_id=by,
        run_at=now,
        payload={"kind": "tried", "number": number},
    )
    effects_add(organization_id=organization_id, wanted=[end, mail] if mailed else [end])
    return number

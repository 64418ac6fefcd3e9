"""Charges for what was promised: where the promise broke, the payment system is asked, once, to stop or waive them.

A charge is tied to a promise only where its source says so. What could not be stopped is listed, for a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs
from django.db.models import Exists, OuterRef, Q, QuerySet

from makegood.core.money import Money
from makegood.customers.models import Charge
from makegood.journal.carrying import Claimed, Outcome
from makegood.journal.models import Effect
from makegood.journal.operations import Happened, record
from makegood.journal.outbox import Wanted, effects_add, effects_doubt, effects_stop
from makegood.makegoods.models import PromisedCharge
from makegood.makegoods.payouts import PAYERS, payment_system_ask
from makegood.organizations.models import Member
from makegood.promises.models import Promise
from makegood.store.bulk import insert, record_set
from makegood.store.preparing import prepared
from makegood.store.reading import counted
from makegood.store.tenancy import tenant

KIND = "charge_stop"
KEPT = "The promise was kept after all, and this may have been stopped: ask the payment system, and charge it again."
BY_HAND = "No payment system is connected: stop or give back the charge by hand, and say so here."
OPEN = ("wanted", "unstopped")


class UnableToStopCharge(ValueError):
    """This charge cannot be recorded as stopped: the message says why."""


@attrs.frozen(kw_only=True, slots=True)
class ChargeFor:
    """A charge, by its key, that its source says was for a promise, by that one's key at the source."""

    key_hash: bytes
    promise_hash: bytes
    source_id: int
    reference: str


def charges_tie(*, organization_id: int, charges: Sequence[ChargeFor], now: datetime) -> None:
    """This function will tie charges to promises, each once; one whose promise is broken already is stopped at once."""
    if not charges:
        return
    by_key = {one.key_hash: one for one in charges}
    rows = Charge.objects.filter(organization_id=organization_id, key_hash__in=list(by_key), kind="charge")
    insert(
        PromisedCharge,
        ("organization_id", "charge_id", "customer_id", "source_id", "promise_hash", "reference", "state", "said"),
        [
            (
                organization_id, charge_id, customer_id, by_key[bytes(key)].source_id, by_key[bytes(key)].promise_hash,
                by_key[bytes(key)].reference, "tied", "",
            )
            for charge_id, customer_id, key in rows.values_list("id", "customer_id", "key_hash")
        ],
        on_conflict="ON CONFLICT (organization_id, charge_id) DO NOTHING",
    )  # fmt: skip
    failed = _failures_of(organization_id, [(one.source_id, one.promise_hash) for one in charges])
    _want(organization_id, dict.fromkeys(failed, now))


def _failures_of(organization_id: int, keys: Sequence[tuple[int, bytes]]) -> list[int]:
    """The failures of these promises that were taken."""
    named, parameter = record_set("k", {"source_id": "bigint", "key_hash": "bytea"}, keys)
    with prepared() as cursor:
        cursor.execute(
            f"SELECT f.id FROM {named} JOIN promises_promise p"
            " ON p.organization_id = %s AND p.source_id = k.source_id AND p.key_hash = k.key_hash"
            " JOIN failures_failure f ON f.organization_id = p.organization_id AND f.promise_id = p.id"
            "  AND f.withdrawn_at IS NULL"
            " WHERE f.routed_at IS NOT NULL",
            [parameter, organization_id],
        )
        return [row[0] for row in cursor.fetchall()]


def charges_hear_taken(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Have the charges for broken promises stopped; a handler of `failures:failure:taken`."""
    _want(organization_id, {entry.subject_id: entry.at for entry in entries})


def charges_hear_withdrawn(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Let stand the charges whose promise was kept after all; a handler of `failures:failure:withdrawn`.

    One that the payment system may have stopped by now is listed for a person.
    """
    at = {entry.subject_id: entry.at for entry in entries}
    asked = PromisedCharge.objects.select_for_update().filter(
        organization_id=organization_id, failure_id__in=list(at), state__in=OPEN
    )
    rows = {row.id: row for row in asked.order_by("id")}
    if not rows:
        return
    now = max(at.values())
    doubtful = effects_doubt(organization_id=organization_id, subject="charge", subject_ids=list(rows), now=now)
    effects_stop(organization_id=organization_id, subject="charge", subject_ids=list(rows), now=now)
    stand = {row.id: at[row.failure_id] for row in rows.values() if row.failure_id and row.id not in doubtful}
    PromisedCharge.objects.filter(organization_id=organization_id, id__in=list(stand)).update(
        state="tied", failure_id=None, wanted_at=None, said=""
    )
    PromisedCharge.objects.filter(organization_id=organization_id, id__in=doubtful).update(said=KEPT)
    _record(organization_id, stand, "stands")


def _want(organization_id: int, at: dict[int, datetime]) -> None:
    """Put one effect for each tied charge of these failures into the outbox, if its promise stands broken.

    Of what a source that only watches broke the charge stays as it is, and the effect is a shadow's.
    """
    if not at:
        return
    with prepared() as cursor:
        cursor.execute(
            "SELECT t.id, t.charge_id, f.id, c.amount_minor, c.currency, f.shadow FROM failures_failure f"
            " JOIN promises_promise p ON p.organization_id = f.organization_id AND p.id = f.promise_id"
            " JOIN makegoods_promisedcharge t ON t.organization_id = p.organization_id"
            "  AND t.source_id = p.source_id AND t.promise_hash = p.key_hash AND t.state = 'tied'"
            " JOIN customers_charge c ON c.organization_id = t.organization_id AND c.id = t.charge_id"
            " WHERE f.organization_id = %s AND f.id = ANY(%s) AND f.gate = 'contact' AND f.withdrawn_at IS NULL"
            " AND p.state = 'broken'"
            " ORDER BY t.id FOR UPDATE OF t",
            [organization_id, list(at)],
        )
        rows = cursor.fetchall()
    for tie_id, _, failure_id, _, _, shadow in rows:
        if shadow:
            continue
        PromisedCharge.objects.filter(organization_id=organization_id, id=tie_id).update(
            state="wanted", failure_id=failure_id, wanted_at=at[failure_id]
        )
    effects_add(
        organization_id=organization_id,
        wanted=[
            Wanted(
                kind=KIND,
                idempotency_key=f"shadow:charge:{charge_id}" if shadow else f"charge:{charge_id}",
                subject="charge",
                subject_id=tie_id,
                run_at=at[failure_id],
                payload={"minor": minor, "currency": currency, **({"failure": failure_id} if shadow else {})},
                shadow=shadow,
            )
            for tie_id, charge_id, failure_id, minor, currency, shadow in rows
        ],
    )
    wanted = {tie_id: at[failure_id] for tie_id, _, failure_id, _, _, shadow in rows if not shadow}
    _record(organization_id, wanted, "wanted")


def _record(organization_id: int, at: dict[int, datetime], action: str, by: int | None = None) -> None:
    record(
        organization_id=organization_id,
        entries=[
            Happened(at=when, event=f"makegoods:charge:{action}", subject="charge", subject_id=tie_id, actor_id=by)
            for tie_id, when in at.items()
        ],
    )


def charge_carry(*, organization_id: int, effect: Claimed) -> Outcome:
    """This function will ask the organization's payment system, over HTTP, to stop or waive one charge.

    The body is ``{"type": "charge.stop", "id", "data": {"charge", "minor", "currency"}}``, where `charge` is the
    source's own reference; keys, signature and answers are those of a payout.
    """
    with tenant(organization_id=organization_id):
        tie = PromisedCharge.objects.filter(organization_id=organization_id, id=effect.subject_id).first()
    if tie is None or not tie.reference:
        return Outcome(state="failed", text="The charge's reference was erased: stop it by hand.")
    return payment_system_ask(
        organization_id=organization_id,
        effect=effect,
        asked="charge.stop",
        data={"charge": tie.reference, **effect.payload},
        by_hand=BY_HAND,
        refused="stop it there by hand",
    )


def charges_hear_carried(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Mark charges as stopped or not; a handler of `outbox:effect:done`, `failed`, `unknown` and `stopped`."""
    mine = {entry.subject_id: entry for entry in entries if entry.data["kind"] == KIND}
    if not mine:
        return
    said = dict(
        Effect.objects.filter(
            organization_id=organization_id, id__in=[entry.data["effect"] for entry in mine.values()]
        ).values_list("id", "outcome")
    )
    for state, done in (("stopped", True), ("unstopped", False)):
        some = {tie_id: entry for tie_id, entry in mine.items() if entry.event.endswith(":done") == done}
        waiting = PromisedCharge.objects.filter(organization_id=organization_id, id__in=list(some), state="wanted")
        moved = dict.fromkeys(waiting.values_list("id", flat=True))
        for tie_id in moved:
            entry = some[tie_id]
            PromisedCharge.objects.filter(organization_id=organization_id, id=tie_id).update(
                state=state, settled_at=entry.at if done else None, said=said.get(entry.data["effect"], "")[:300]
            )
        _record(organization_id, {tie_id: some[tie_id].at for tie_id in moved}, state)


def charge_stopped_by_hand(*, organization_id: int, tie_id: int, by: int, now: datetime) -> None:
    """This function will record that a person stopped, waived or gave back a charge that nothing else could.

    Raises UnableToStopCharge unless finance or an admin says so of a charge that is neither stopped nor being asked
    for.
    """
    row = _locked(organization_id, tie_id, by=by, now=now)
    row.state, row.settled_at, row.stopped_by_id, row.said = "stopped", now, by, "by hand"
    row.save(update_fields=["state", "settled_at", "stopped_by_id", "said"])
    _record(organization_id, {row.id: now}, "stopped", by)


def _locked(organization_id: int, tie_id: int, *, by: int, now: datetime) -> PromisedCharge:
    """Lock a charge that a person decides about, with whatever would still be asked for it stopped."""
    if not Member.objects.filter(organization_id=organization_id, id=by, active=True, role__in=PAYERS).exists():
        raise UnableToStopCharge("Only finance or an admin records this: ask one of them.")
    row = PromisedCharge.objects.select_for_update().filter(organization_id=organization_id, id=tie_id).first()
    if row is None or row.state not in OPEN:
        raise UnableToStopCharge("This charge is stopped already, or nothing is wrong with it: reload the list.")
    effects_stop(organization_id=organization_id, subject="charge", subject_ids=[row.id], now=now)
    asked = Effect.objects.filter(organization_id=organization_id, subject="charge", subject_id=row.id)
    if asked.filter(state="claimed").exists():
        raise UnableToStopCharge("The payment system is being asked right now: look again in a few minutes.")
    return row


def charge_let_stand(*, organization_id: int, tie_id: int, by: int, now: datetime) -> None:
    """This function will record that a charge stands whose promise was kept after all, and that may have been stopped.

    Raises UnableToStopCharge unless finance or an admin says so, and while its promise stands broken.
    """
    row = _locked(organization_id, tie_id, by=by, now=now)
    if row.failure is None or row.failure.withdrawn_at is None:
        raise UnableToStopCharge("Its promise stands broken, so nobody pays for it: stop it, and say so here.")
    PromisedCharge.objects.filter(organization_id=organization_id, id=row.id).update(
        state="tied", failure_id=None, wanted_at=None, said=""
    )
    _record(organization_id, {row.id: now}, "stands", by)


def charges_hear_erased(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Blank the references of erased customers' charges (handler of customers:customer:erased); the states stay."""
    PromisedCharge.objects.filter(
        organization_id=organization_id, customer_id__in=[entry.subject_id for entry in entries]
    ).update(reference="")


@attrs.frozen(kw_only=True)
class UnstoppedCharge:
    """A charge for a broken promise that is not stopped; `state` is tied (still to be decided), wanted or unstopped.

    `kept` says that the promise was kept after all, while the charge may have been stopped.
    """

    id: int
    customer_id: int
    failure_id: int | None
    amount: Money
    charged_at: datetime
    reference: str
    state: str
    said: str
    kept: bool


def charges_unstopped(*, organization_id: int, tie_id: int | None = None, limit: int = 100) -> list[UnstoppedCharge]:
    """This function will list the charges for broken promises that were not stopped, the oldest first, or one such."""
    found = _unstopped(organization_id)
    if tie_id is not None:
        found = found.filter(id=tie_id)
    return [
        UnstoppedCharge(
            id=row.id,
            customer_id=row.customer_id,
            failure_id=row.failure_id,
            amount=Money(minor=row.charge.amount_minor, currency=row.charge.currency),
            charged_at=row.charge.charged_at,
            reference=row.reference,
            state=row.state,
            said=row.said,
            kept=row.failure is not None and row.failure.withdrawn_at is not None,
        )
        for row in found.select_related("charge", "failure").order_by("charge__charged_at", "id")[:limit]
    ]


def charges_unstopped_counted(*, organization_id: int, most: int = 1000) -> int:
    """This function will count the charges that a person has to stop by hand, up to `most`."""
    return counted(PromisedCharge, most=most, organization_id=organization_id, state="unstopped")


def _unstopped(organization_id: int) -> QuerySet[PromisedCharge]:
    """Wanted or refused, or tied to a promise that broke and was never fulfilled, and is not decided upon yet."""
    broken = Promise.objects.filter(
        organization_id=organization_id,
        source_id=OuterRef("source_id"),
        key_hash=OuterRef("promise_hash"),
        state="broken",
        fulfilled_at__isnull=True,
    )
    return PromisedCharge.objects.filter(organization_id=organization_id).filter(
        Q(state__in=OPEN) | Q(Exists(broken), state="tied")
    )

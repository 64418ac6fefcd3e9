"""Signals: what customers say and what we see of them, joined to the failure that it speaks of, or made one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

import attrs
from django.db.models import F, Q

from makegood.failures.early_signals import complained
from makegood.failures.models import TOLD_BY_THEM, Failure, Signal
from makegood.failures.operations import Report, failure_report
from makegood.failures.policy import playbook_of_mail
from makegood.journal.operations import Happened, record
from makegood.promises.naming import OrderNamed
from makegood.store.bulk import insert, next_ids

SAME_MATTER = timedelta(days=90)


class UnableToDecideSignal(ValueError):
    """Somebody has decided about this already: reload to see."""


@attrs.frozen(kw_only=True, slots=True)
class NewSignal:
    """Evidence that a customer may have been failed. `direct`: they told us themselves, as in a mail or a call.

    `about_hash` is the key of the promise that it speaks of, whether or not that has arrived.
    """

    kind: str
    customer_id: int
    happened_at: datetime
    received_at: datetime
    key_hash: bytes
    source_id: int
    promise_id: int | None = None
    purchase_id: int | None = None
    place_id: int | None = None
    value: int | None = None
    about_hash: bytes | None = None
    direct: bool = False
    loss: str = "attention"
    what: str = ""


def signals_record(*, organization_id: int, signals: Sequence[NewSignal]) -> None:
    """Keep signals, join those that name a known failure, and make failures of what customers told us directly.

    Only a promise or a purchase names a failure: that the same customer was failed before says nothing about this. A
    review or a silence that names none stays open for a person to look at (EVIDENCE 6.1).
    """
    fresh = {(s.source_id, s.key_hash): s for s in reversed(signals)}
    ids = next_ids(Signal, len(fresh))
    made = insert(
        Signal,
        ("id", "organization_id", "kind", "customer_id", "source_id", "promise_id", "purchase_id", "place_id",
         "key_hash", "about_hash", "value", "state", "happened_at", "received_at"),
        [
            (signal_id, organization_id, s.kind, s.customer_id, s.source_id, s.promise_id, s.purchase_id, s.place_id,
             s.key_hash, s.about_hash, s.value, "open", s.happened_at, s.received_at)
            for signal_id, s in zip(ids, fresh.values(), strict=True)
        ],
        on_conflict="ON CONFLICT (organization_id, source_id, key_hash) DO NOTHING",
        returning=("id", "source_id", "key_hash"),
    )  # fmt: skip
    for signal_id, source_id, key_hash in sorted(made):
        signal = fresh[source_id, bytes(key_hash)]
        failure_id = _named_failure(organization_id, signal)
        if failure_id is not None:
            _join(organization_id, signal_id, failure_id, signal)
        elif signal.direct:
            failure_id = failure_report(
                organization_id=organization_id, report=_complaint(signal), now=signal.received_at
            )
            _joined(organization_id, signal_id, failure_id)
            _complained(organization_id, failure_id, signal)


def _complaint(signal: NewSignal) -> Report:
    return Report(
        customer_id=signal.customer_id,
        kind="complaint",
        loss=signal.loss,
        what=signal.what or "a complaint",
        happened_at=signal.happened_at,
        purchase_id=signal.purchase_id,
        place_id=signal.place_id,
        source_id=signal.source_id,
    )


def _named_failure(organization_id: int, signal: NewSignal) -> int | None:
    """The failure that the signal names; what fell due before go-live opens nothing, so a complaint is its own."""
    failures = Failure.objects.filter(
        organization_id=organization_id, customer_id=signal.customer_id, withdrawn_at__isnull=True
    )
    if signal.promise_id is not None:
        failures = failures.filter(promise_id=signal.promise_id)
    elif signal.purchase_id is not None:
        failures = failures.filter(purchase_id=signal.purchase_id, happened_at__gte=signal.happened_at - SAME_MATTER)
    else:
        return None
    if signal.direct:
        failures = failures.exclude(gate="quiet", happened_at__lt=F("source__live_from"))
    return failures.order_by("-happened_at", "-id").values_list("id", flat=True).first()


def _join(organization_id: int, signal_id: int, failure_id: int, signal: NewSignal) -> None:
    _joined(organization_id, signal_id, failure_id)
    if signal.kind not in TOLD_BY_THEM:
        return
    _complained(organization_id, failure_id, signal)
    record(
        organization_id=organization_id,
        entries=[
            complained(failure_id=failure_id, signal_id=signal_id, kind=signal.kind, at=signal.received_at),
        ],
    )


def _joined(organization_id: int, signal_id: int, failure_id: int) -> None:
    Signal.objects.filter(organization_id=organization_id, id=signal_id).update(failure_id=failure_id, state="joined")


def _complained(organization_id: int, failure_id: int, signal: NewSignal) -> None:
    """Keep when they first told us."""
    Failure.objects.filter(organization_id=organization_id, id=failure_id).filter(
        Q(complained_at__isnull=True) | Q(complained_at__gt=signal.happened_at)
    ).update(complained_at=signal.happened_at)


def signal_dismiss(*, organization_id: int, signal_id: int, by: int, now: datetime) -> None:
    """Note that a person looked at this signal and that it speaks of no failure.

    Raises UnableToDecideSignal if it is decided already.
    """
    _decided(organization_id, _open(organization_id, signal_id), "dismissed", by, now, {})


def signal_open(
    *,
    organization_id: int,
    signal_id: int,
    what: str,
    place_id: int | None,
    by: int,
    now: datetime,
    about: OrderNamed | None = None,
) -> int:
    """Make a failure of a signal that a person looked at, and a recovery of it; return the failure's id.

    `what` says what went wrong, `place_id` where, unless the signal knows. `about` is the one order that the mail names
    which the signal is: the failure is of its purchase, at its place, under the playbook of its source. Raises
    UnableToDecideSignal if it is decided already.
    """
    row, here = _open(organization_id, signal_id), organization_id
    place_id = row.place_id or (about.place_id if about else None) or place_id
    report = Report(
        customer_id=row.customer_id,
        kind="wrong_charge" if row.kind == "wrong_charge" else "complaint",
        loss="money" if row.kind == "wrong_charge" else "attention",
        what=what,
        happened_at=row.happened_at,
        purchase_id=row.purchase_id or (about.purchase_id if about else None),
        charge_id=row.charge_id,
        place_id=place_id,
        source_id=row.source_id,
        price_minor=about.price_minor if about else None,
        currency=about.currency if about and about.price_minor is not None else "",
        reported_by_id=by,
        found_by_us=row.kind not in TOLD_BY_THEM,
        about=about.happening_key if about else "",
        playbook="" if row.source_id else playbook_of_mail(organization_id=here, about=about, place_id=place_id),
    )
    row.failure_id = failure_report(organization_id=organization_id, report=report, now=now)
    _decided(organization_id, row, "joined", by, now, {"failure": row.failure_id})
    return row.failure_id


ACTIONS: Final[Mapping[str, str]] = MappingProxyType({"dismissed": "dismissed", "joined": "opened"})


def _open(organization_id: int, signal_id: int) -> Signal:
    row = Signal.objects.select_for_update().filter(organization_id=organization_id, id=signal_id, state="open").first()
    if row is None:
        raise UnableToDecideSignal(UnableToDecideSignal.__doc__)
    return row


def _decided(organization_id: int, row: Signal, state: str, by: int, now: datetime, data: dict[str, int]) -> None:
    row.state = state
    row.save(update_fields=["state", "failure"])
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=now,
                event=f"failures:signal:{ACTIONS[state]}",
                subject="signal",
                subject_id=row.id,
                actor_id=by,
                data=data,
            )
        ],
    )

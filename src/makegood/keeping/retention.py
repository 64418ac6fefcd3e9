"""Letting go of what was kept long enough: by periods that an admin chose, in batches at night, counted, and held back
for open recoveries and for effects whose end is not known yet.

What is removed are words, addresses and files. Rows stay where something else counts or refers to them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import attrs
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from makegood.core.retention import KINDS, LEAST_DAYS, MOST_DAYS, cutoff, next_night
from makegood.customers.models import Charge, Customer, Fact, Identity, Purchase
from makegood.customers.operations import customer_erase
from makegood.failures.models import Failure, Signal
from makegood.journal.models import Effect
from makegood.journal.operations import Happened, record
from makegood.keeping.models import RetentionPeriod
from makegood.listen.models import Raw
from makegood.messages.models import Message
from makegood.organizations.models import Organization
from makegood.promises.models import Promise
from makegood.recoveries.models import HelpFile, HelpForm, Pause, Recovery, Step
from makegood.store.clocks import moment

BATCH: Final = 500
OF_CUSTOMERS: Final = 50
"""Each of them is forgotten by every room, so fewer go in one step."""
UNFINISHED: Final = ("pending", "claimed", "unknown")
UNSAID: Final = ("draft", "queued", "unknown")
BLANK: Final[Mapping[str, Any]] = {"subject": "", "body": "", "words_before": "", "address": "", "override_reason": ""}
SIGNS: Final[Sequence[tuple[Any, str]]] = (
    (Purchase, "placed_at"),
    (Charge, "charged_at"),
    (Promise, "due_at"),
    (Failure, "detected_at"),
    (Recovery, "closed_at"),
    (Message, "created_at"),
)
"""What tells that somebody is a customer still, and when."""
Rows = QuerySet[Any]


class UnableToSetPeriod(ValueError):
    """Give whole days, from 30 to 36500, or leave it empty to keep it for good."""


@attrs.frozen(kw_only=True)
class Period:
    """One kind's period: `days` None is for good, `said` whether an admin has said so; `next_at` the next look."""

    kind: str
    days: int | None
    said: bool
    next_at: datetime | None


def periods(*, organization_id: int) -> list[Period]:
    """This function will list the periods of all kinds: as an admin said, else as proposed and not in force."""
    rows = {row.kind: row for row in RetentionPeriod.objects.filter(organization_id=organization_id)}
    return [
        Period(kind=code, days=rows[code].days, said=True, next_at=rows[code].next_at)
        if code in rows
        else Period(kind=code, days=kind.days, said=False, next_at=None)
        for code, kind in KINDS.items()
    ]


def periods_set(*, organization_id: int, days: Mapping[str, int | None], by: int, now: datetime) -> None:
    """This function will set how long each of these kinds stays, from the next night on. Raises UnableToSetPeriod."""
    if days.keys() - KINDS.keys() or any(
        one is not None and not LEAST_DAYS <= one <= MOST_DAYS for one in days.values()
    ):
        raise UnableToSetPeriod(UnableToSetPeriod.__doc__)
    at = next_night(after=now, zone=_zone(organization_id))
    for kind, chosen in days.items():
        RetentionPeriod.objects.update_or_create(
            organization_id=organization_id,
            kind=kind,
            defaults={
                "days": chosen,
                "next_at": None if chosen is None else at,
                "position": 0,
                "removed": 0,
                "changed_at": now,
                "changed_by_id": by,
            },
        )
    record(organization_id=organization_id, entries=[_said(organization_id, "set", now, by, dict(days))])


def removal_foreseen(*, organization_id: int, kind: str, days: int, now: datetime) -> int:
    """This function will count what a period would remove if it were over now; nothing is changed."""
    return _WAYS[kind][0](organization_id, now, days).count()


def retention_due(*, organization_id: int) -> int:
    """This function will remove a batch of each kind whose night has come; returns how many rows it looked after.

    A kind of which nothing is left for tonight is journalled with its count, and waits for the next night.
    """
    present = moment(organization_id=organization_id)
    due = RetentionPeriod.objects.select_for_update(skip_locked=True)
    handled = 0
    for row in due.filter(organization_id=organization_id, next_at__lte=present.now).order_by("id"):
        if row.days is None:
            continue
        find, remove = _WAYS[row.kind]
        left = find(organization_id, present.now, row.days).filter(id__gt=row.position).order_by("id")
        most = OF_CUSTOMERS if row.kind == "customers" else BATCH
        ids = list(left.values_list("id", flat=True)[:most])
        remove(organization_id, ids)
        row.removed += len(ids)
        if len(ids) == most:
            row.position = ids[-1]
        else:
            _ended(row, present.now)
        row.save(update_fields=["removed", "position", "next_at"])
        handled += len(ids) + 1
    return handled


def _ended(row: RetentionPeriod, now: datetime) -> None:
    if row.removed:
        data = {"kind": row.kind, "days": row.days, "rows": row.removed}
        record(organization_id=row.organization_id, entries=[_said(row.organization_id, "removed", now, None, data)])
    row.position = row.removed = 0
    row.next_at = next_night(after=now, zone=_zone(row.organization_id))


def _zone(organization_id: int) -> str:
    return Organization.objects.values_list("zone", flat=True).get(id=organization_id)


def _said(organization_id: int, action: str, now: datetime, by: int | None, data: Mapping[str, Any]) -> Happened:
    return Happened(
        at=now,
        event=f"keeping:period:{action}",
        subject="organization",
        subject_id=organization_id,
        actor_id=by,
        data=data,
    )


def _held(organization_id: int) -> set[int]:
    """The customers with an open recovery and who is one person with them: all that is known of them is held."""
    there = Recovery.objects.filter(organization_id=organization_id, state="open")
    persons = set(there.values_list(Coalesce("customer__merged_into_id", "customer_id"), flat=True))
    same = Customer.objects.filter(organization_id=organization_id, merged_into_id__in=persons)
    return persons | set(same.values_list("id", flat=True))


def _deliveries(organization_id: int, now: datetime, days: int) -> Rows:
    rows = Raw.objects.filter(organization_id=organization_id, received_at__lte=cutoff(now=now, days=days))
    return rows.filter(body__isnull=False).exclude(customer_id__in=_held(organization_id))


def _deliveries_remove(organization_id: int, ids: Sequence[int]) -> None:
    Raw.objects.filter(organization_id=organization_id, id__in=ids).update(body=None)


def _said_before(organization_id: int, now: datetime, days: int) -> Rows:
    """Messages with words whose end is known, of so long ago."""
    effects = Effect.objects.filter(
        organization_id=OuterRef("organization_id"), subject="message", subject_id=OuterRef("id"), state__in=UNFINISHED
    )
    rows = Message.objects.filter(organization_id=organization_id, created_at__lte=cutoff(now=now, days=days))
    return rows.exclude(state__in=UNSAID).exclude(**BLANK).filter(~Exists(effects))


def _unplaced(organization_id: int, now: datetime, days: int) -> Rows:
    signals = Signal.objects.filter(
        organization_id=OuterRef("organization_id"), key_hash=OuterRef("key_hash"), state="open"
    )
    rows = _said_before(organization_id, now, days).filter(thread=None, direction="in")
    return rows.filter(~Exists(signals)).exclude(customer_id__in=_held(organization_id))


def _conversations(organization_id: int, now: datetime, days: int) -> Rows:
    theirs = Recovery.objects.filter(organization_id=OuterRef("organization_id"), thread_id=OuterRef("thread_id"))
    held = _held(organization_id)
    lately = theirs.filter(Q(closed_at__gt=cutoff(now=now, days=days)) | Q(customer_id__in=held))
    rows = _said_before(organization_id, now, days).filter(~Exists(lately), thread__isnull=False)
    return rows.exclude(customer_id__in=held)


def _words_remove(organization_id: int, ids: Sequence[int]) -> None:
    rows = Message.objects.filter(organization_id=organization_id, id__in=ids)
    rows.update(**BLANK, findings=[])
    rows.filter(direction="in").update(message_id="")


def _papers(organization_id: int, now: datetime, days: int) -> Rows:
    here = {"organization_id": OuterRef("organization_id"), "recovery_id": OuterRef("id")}
    noted = [Exists(model.objects.filter(**here).exclude(note="")) for model in (Step, Pause)]
    filled = Exists(HelpForm.objects.filter(**here).exclude(answers={}))
    files = Exists(
        HelpFile.objects.filter(organization_id=OuterRef("organization_id"), filled__recovery_id=OuterRef("id"))
    )
    rows = Recovery.objects.filter(organization_id=organization_id, closed_at__lte=cutoff(now=now, days=days))
    rows = rows.exclude(customer_id__in=_held(organization_id))
    return rows.filter(noted[0] | noted[1] | filled | files | ~Q(close_note=""))


def _papers_remove(organization_id: int, ids: Sequence[int]) -> None:
    mine: dict[str, Any] = {"organization_id": organization_id, "recovery_id__in": ids}
    HelpFile.objects.filter(organization_id=organization_id, filled__recovery_id__in=ids).delete()
    HelpForm.objects.filter(**mine).update(answers={})
    Step.objects.filter(**mine).update(note="")
    Pause.objects.filter(**mine).update(note="")
    Recovery.objects.filter(organization_id=organization_id, id__in=ids).update(close_note="")


def _facts(organization_id: int, now: datetime, days: int) -> Rows:
    rows = Fact.objects.annotate(since=Coalesce("expires_at", "recorded_at"))
    rows = rows.filter(organization_id=organization_id, since__lte=cutoff(now=now, days=days))
    return rows.exclude(customer_id__in=_held(organization_id))


def _facts_remove(organization_id: int, ids: Sequence[int]) -> None:
    Fact.objects.filter(organization_id=organization_id, id__in=ids).delete()


def _customers(organization_id: int, now: datetime, days: int) -> Rows:
    """Persons of whom no sign came for so long, neither of them nor of who turned out to be the same one."""
    since = cutoff(now=now, days=days)
    rows = Customer.objects.filter(
        organization_id=organization_id, created_at__lte=since, merged_into=None, erased_at=None
    ).exclude(id__in=_held(organization_id))
    for model, moment_of in SIGNS:
        later = model.objects.filter(organization_id=OuterRef("organization_id"), **{f"{moment_of}__gt": since})
        rows = rows.filter(~Exists(later.filter(customer_id=OuterRef("id"))))
        rows = rows.filter(~Exists(later.filter(customer__merged_into_id=OuterRef("id"))))
    return rows


def _customers_remove(organization_id: int, ids: Sequence[int]) -> None:
    """Forget them whole; of who comes back nothing is known, so that they are served as anybody new."""
    here = {"organization_id": organization_id}
    now = moment(organization_id=organization_id).now
    for customer_id in ids:
        customer_erase(**here, customer_id=customer_id, now=now, by=None, unnamed="long_gone")
    Identity.objects.filter(Q(customer_id__in=ids) | Q(customer__merged_into_id__in=ids), **here).delete()


_WAYS: Mapping[str, tuple[Callable[[int, datetime, int], Rows], Callable[[int, Sequence[int]], None]]] = {
    "deliveries": (_deliveries, _deliveries_remove),
    "unplaced": (_unplaced, _words_remove),
    "papers": (_papers, _papers_remove),
    "facts": (_facts, _facts_remove),
    "conversations": (_conversations, _words_remove),
    "customers": (_customers, _customers_remove),
}
"""How what is over is found, and removed, of each kind."""

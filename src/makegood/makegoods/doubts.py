"""What is owed but not decided: the fact that is lacking is given by a person, or a manager says nothing is owed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import attrs

from makegood.core.floors import FactSpec, UnusableFacts
from makegood.core.floors.facts import READERS, MissingFact
from makegood.core.lengths import fitting
from makegood.failures.models import Failure
from makegood.journal.operations import Happened, record
from makegood.makegoods.models import FloorDoubt
from makegood.organizations.models import Member
from makegood.promises.operations import promise_informed
from makegood.rules import packs
from makegood.rules.packs import UnusablePack
from makegood.store.reading import read

MANAGER = 2
Asked = tuple[int, str]
"""A failure's id and the name of a pack."""


class UnableToSettleFloor(ValueError):
    """What is owed here is decided already: reload the recovery to see it."""


@attrs.frozen(kw_only=True)
class DoubtFacts:
    """What is not decided for one failure: the pack, and the fact that it lacks, as the pack describes it.

    `lacks` is None where it is no fact: the pack, a file of the house's own, cannot be read, or asks for another now.
    """

    failure_id: int
    pack: str
    title: str
    lacks: FactSpec | None
    since_at: datetime


def lacking(*, pack: str, error: UnusableFacts) -> str:
    """This function will name the fact for whose lack a pack could not decide."""
    known = packs.load(pack)
    if isinstance(error, MissingFact):
        return error.name
    named = str(error).split(" ")[0].rstrip(":")
    return named if named in known.facts else next(iter(known.needs_one_of or known.facts))


def doubts_write(
    *, organization_id: int, lacks: Mapping[Asked, tuple[str, datetime]], decided: Mapping[Asked, datetime]
) -> None:
    """Write what was not decided, each with the fact that it lacks, and settle what was by now.

    What a manager said nothing is owed for stays so.
    """
    asked = {*lacks, *decided}
    if not asked:
        return
    rows = {
        (row.failure_id, row.pack): row
        for row in FloorDoubt.objects.filter(
            organization_id=organization_id, failure_id__in={failure_id for failure_id, _ in asked}
        )
    }
    for key, at in decided.items():
        if key in rows and not rows[key].settled:
            _settle(organization_id, rows[key], "facts", at, None)
    new = []
    for (failure_id, pack), (fact, at) in lacks.items():
        row = rows.get((failure_id, pack))
        if row is None:
            FloorDoubt.objects.create(
                organization_id=organization_id, failure_id=failure_id, pack=pack, lacks=fact, since_at=at
            )
            new.append(_said("undecided", failure_id, at, None, pack=pack))
        elif not row.settled:
            row.lacks = fact
            row.save(update_fields=["lacks"])
    record(organization_id=organization_id, entries=new)


def doubts_of(*, organization_id: int, failure_ids: Collection[int]) -> list[DoubtFacts]:
    """This function will list what is not decided for these failures, the oldest first."""
    rows = FloorDoubt.objects.filter(organization_id=organization_id, failure_id__in=list(failure_ids), settled="")
    return [_described(row) for row in rows.order_by("since_at", "id")]


def _described(row: FloorDoubt) -> DoubtFacts:
    title, lacks = row.pack, None
    with suppress(UnusablePack):
        pack = packs.load(row.pack)
        title, lacks = pack.title, pack.facts.get(row.lacks)
    return DoubtFacts(failure_id=row.failure_id, pack=row.pack, title=title, lacks=lacks, since_at=row.since_at)


@attrs.frozen(kw_only=True)
class QuietDoubt:
    """What is not decided for a failure that stays quiet: no recovery asks for it, its promise does."""

    promise_id: int
    customer: str
    what: str
    doubt: DoubtFacts


def doubts_quiet(*, organization_id: int, places: Sequence[int] | None, most: int = 10) -> list[QuietDoubt]:
    """This function will list what is not decided for quiet failures of these places (None: all), the oldest first."""
    rows = FloorDoubt.objects.select_related("failure__customer").filter(
        organization_id=organization_id,
        settled="",
        failure__gate="quiet",
        failure__withdrawn_at__isnull=True,
        failure__promise_id__isnull=False,
    )
    if places is not None:
        rows = rows.filter(failure__place_id__in=list(places))
    return [
        QuietDoubt(
            promise_id=row.failure.promise_id or 0,
            customer=row.failure.customer.name,
            what=row.failure.what,
            doubt=_described(row),
        )
        for row in rows.order_by("since_at", "id")[:most]
    ]


def undecided(*, organization_id: int, failure_ids: Collection[int]) -> set[int]:
    """This function will find those of these failures for which what is owed is not decided."""
    rows = read(FloorDoubt, "failure_id", organization_id=organization_id, failure_id=list(failure_ids), settled="")
    return {one for (one,) in rows}


def fact_given(*, organization_id: int, failure_id: int, pack: str, value: object, by: int, now: datetime) -> None:
    """Keep the lacking fact with the promise, typed as its pack says; `floors.floor_fact_give` then decides again.

    Where no fact was lacking but the pack, there is nothing to keep. Raises UnusableFacts for a value of another type
    or out of range, UnableToSettleFloor where nothing is lacking or the pack still cannot be read.
    """
    row = _open(organization_id, failure_id, pack)
    try:
        spec = packs.load(pack).facts.get(row.lacks)
    except UnusablePack as error:
        raise UnableToSettleFloor(f"The rules cannot be read yet: {error}") from error
    if spec is None:
        return
    READERS[spec.type](spec, value)
    promise_id = Failure.objects.values_list("promise_id", flat=True).get(
        organization_id=organization_id, id=failure_id
    )
    assert promise_id is not None, "only a promise has facts"
    promise_informed(organization_id=organization_id, promise_id=promise_id, facts={row.lacks: value})
    record(
        organization_id=organization_id,
        entries=[_said("informed", failure_id, now, by, pack=pack, fact=row.lacks)],
    )


def nothing_owed(*, organization_id: int, failure_id: int, pack: str, reason: str, by: int, now: datetime) -> None:
    """Settle, as a manager and for a written reason, that nothing is owed.

    Raises UnableToSettleFloor without a reason, by anybody else, or where nothing is to decide.
    """
    row = _open(organization_id, failure_id, pack)
    if not reason.strip():
        raise UnableToSettleFloor("Say why nothing is owed: what is owed by law is never let go without a reason.")
    if not Member.objects.filter(organization_id=organization_id, id=by, active=True, tier__gte=MANAGER).exists():
        raise UnableToSettleFloor("A manager says that nothing is owed: ask one.")
    row.note = fitting(reason, most=300)
    _settle(organization_id, row, "nothing", now, by)


def doubts_erase(*, organization_id: int, customer_ids: Sequence[int]) -> None:
    """This function will blank why nothing was owed to these customers."""
    mine = Failure.objects.filter(organization_id=organization_id, customer_id__in=list(customer_ids))
    FloorDoubt.objects.filter(organization_id=organization_id, failure__in=mine).update(note="")


def _open(organization_id: int, failure_id: int, pack: str) -> FloorDoubt:
    row = (
        FloorDoubt.objects.select_for_update()
        .filter(organization_id=organization_id, failure_id=failure_id, pack=pack, settled="")
        .first()
    )
    if row is None:
        raise UnableToSettleFloor(UnableToSettleFloor.__doc__)
    return row


def _settle(organization_id: int, row: FloorDoubt, how: str, at: datetime, by: int | None) -> None:
    row.settled, row.settled_at, row.settled_by_id = how, at, by
    row.save(update_fields=["settled", "settled_at", "settled_by", "note"])
    record(organization_id=organization_id, entries=[_said("decided", row.failure_id, at, by, pack=row.pack, how=how)])


def _said(action: str, failure_id: int, at: datetime, by: int | None, **data: Any) -> Happened:
    return Happened(
        at=at,
        event=f"makegoods:floor:{action}",
        subject="failure",
        subject_id=failure_id,
        data=data,
        actor_id=by,
    )

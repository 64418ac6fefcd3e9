"""What may be offered to everybody whom an incident hit: each thing judged for each customer, and what it comes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import attrs

from makegood.core.money import Money
from makegood.core.reasons import Reason
from makegood.core.remedies import Choice, Remedy, choose
from makegood.failures.models import Failure
from makegood.makegoods.giving import STANDING
from makegood.makegoods.models import MakeGood
from makegood.recoveries.frozen import playbook_frozen
from makegood.recoveries.lateness import answered_late
from makegood.recoveries.models import Recovery, RecoveryFailure

WHY_NOT = ("remedy.cap", "remedy.currency", "remedy.late", "remedy.trust")


@attrs.frozen(kw_only=True, slots=True)
class Able:
    """A recovery whose customer may be offered it, by number, with the failure it is for and why it fits."""

    recovery_id: int
    number: int
    failure_id: int
    customer_id: int
    reasons: tuple[Reason, ...]


@attrs.frozen(kw_only=True, slots=True)
class ForAll:
    """One thing judged for all: who may be offered it, who is left out as they were dealt with, whom it does not fit.

    `left_out` and `unfit` hold (number, why).
    """

    remedy: Remedy
    able: tuple[Able, ...]
    left_out: tuple[tuple[int, str], ...]
    unfit: tuple[tuple[int, str], ...]

    @property
    def total(self) -> Money:
        """What it costs us for all who may be offered it."""
        return Money(minor=self.remedy.cost.minor * len(self.able), currency=self.remedy.cost.currency)

    def over(self, left: Money) -> bool:
        """Whether it costs more than is left to give."""
        return bool(self.total) and (self.total.currency != left.currency or left < self.total)


@attrs.frozen(kw_only=True, slots=True)
class _Hit:
    failure_id: int
    loss: str
    price: Money | None
    currency: str
    kept_service: bool | None


@attrs.frozen(kw_only=True, slots=True)
class _Given:
    """What stands for a failure: the extras ever offered, as (remedy, title, state), and what counts to the cap."""

    extras: tuple[tuple[str, str, str], ...]
    counted: Mapping[str, int]


def remedies_for_all(
    *, organization_id: int, rows: Sequence[Recovery], now: datetime, remedy: str = ""
) -> tuple[ForAll, ...]:
    """This function will judge what an incident's recoveries may be offered, each thing for each of them (rule 15, V1).

    The catalogue is that of the first one's frozen playbook, one for all; `remedy` asks for one thing of it only. What
    the giver may spend is not looked at: see `ForAll.over`.
    """
    if not rows:
        return ()
    playbook = playbook_frozen(organization_id=organization_id, version_id=rows[0].playbook_id)
    hits = _hits(organization_id, [row.id for row in rows])
    given = _given(organization_id, [one.failure_id for one in hits.values()])
    late = answered_late(organization_id=organization_id, at=dict.fromkeys((row.id for row in rows), now))
    return tuple(_judged(one, rows, hits, given, late) for one in playbook.remedies if not remedy or one.code == remedy)


def _judged(
    remedy: Remedy, rows: Sequence[Recovery], hits: Mapping[int, _Hit], given: Mapping[int, _Given], late: set[int]
) -> ForAll:
    able, left_out, unfit = [], [], []
    known: dict[object, Choice] = {}
    for row in rows:
        hit = hits[row.id]
        had = given.get(hit.failure_id, _Given(extras=(), counted={}))
        if why := "they are to be decided first" if row.review else _standing(had.extras, remedy.code):
            left_out.append((row.number, why))
            continue
        floor = _floor(had.counted, hit.currency)
        asked = (hit.loss, hit.price, hit.kept_service, row.id in late, floor)
        if asked not in known:
            known[asked] = choose(
                loss=hit.loss,
                price=hit.price,
                kept_service=hit.kept_service,
                late=row.id in late,
                catalogue=[remedy],
                limit=None,
                floor=floor,
            )
        choice = known[asked]
        if choice.remedy is None:
            unfit.append((row.number, _why(choice)))
            continue
        able.append(
            Able(
                recovery_id=row.id,
                number=row.number,
                failure_id=hit.failure_id,
                customer_id=row.customer_id,
                reasons=choice.reasons,
            )
        )
    return ForAll(remedy=remedy, able=tuple(able), left_out=tuple(left_out), unfit=tuple(unfit))


def _why(choice: Choice) -> str:
    found = (one.reason.text for one in choice.refused if one.reason.rule in WHY_NOT)
    return next(found, "It does not fit what they lost.")


def _standing(extras: Sequence[tuple[str, str, str]], remedy: str) -> str:
    """Why somebody is offered nothing now: the same was offered before, or something else stands."""
    if any(code == remedy for code, _, _ in extras):
        return "it was offered to them before"
    other = next((title for _, title, state in extras if state in STANDING), None)
    return f"they were offered something else: {other}" if other else ""


def _floor(counted: Mapping[str, int], currency: str) -> Money | None:
    """What counts to the cap already; a part in another currency stands for all, since it cannot be added up."""
    other = next((one for one in counted if currency and one != currency), None)
    chosen = other or next(iter(counted), None)
    return Money(minor=counted[chosen], currency=chosen) if chosen else None


def _hits(organization_id: int, recovery_ids: Sequence[int]) -> dict[int, _Hit]:
    links = RecoveryFailure.objects.filter(organization_id=organization_id, recovery_id__in=list(recovery_ids))
    first = dict(links.order_by("recovery_id", "id").distinct("recovery_id").values_list("failure_id", "recovery_id"))
    return {
        first[failure_id]: _Hit(
            failure_id=failure_id,
            loss=loss,
            price=Money(minor=price, currency=currency) if price is not None and currency else None,
            currency=currency,
            kept_service=kept,
        )
        for failure_id, loss, price, currency, kept in Failure.objects.filter(
            organization_id=organization_id, id__in=list(first)
        ).values_list("id", "loss", "price_minor", "currency", "kept_service")
    }


def _given(organization_id: int, failure_ids: Sequence[int]) -> dict[int, _Given]:
    extras: dict[int, list[tuple[str, str, str]]] = {}
    counted: dict[int, dict[str, int]] = {}
    rows = MakeGood.objects.filter(
        organization_id=organization_id, failure_id__in=list(failure_ids), part__in=["floor", "extra"]
    ).order_by("id")
    for failure_id, part, remedy, title, state, minor, currency in rows.values_list(
        "failure_id", "part", "remedy", "title", "state", "value_minor", "currency"
    ):
        if part == "extra":
            extras.setdefault(failure_id, []).append((remedy, title, state))
        if state in STANDING and minor > 0:
            mine = counted.setdefault(failure_id, {})
            mine[currency] = mine.get(currency, 0) + minor
    return {one: _Given(extras=tuple(extras.get(one, ())), counted=counted.get(one, {})) for one in {*extras, *counted}}

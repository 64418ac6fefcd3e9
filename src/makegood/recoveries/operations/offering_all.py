"""The same extra for all whom an incident hit: offered to everybody or to nobody, or a colleague asked for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from makegood.core.money import Money
from makegood.failures.models import Incident
from makegood.journal.outbox import Wanted, effects_add
from makegood.makegoods.allowances import allowance_left, allowances_of_team
from makegood.makegoods.offering import Offer, makegoods_offer
from makegood.messages.staff import notices_write
from makegood.recoveries.for_all import ForAll, remedies_for_all
from makegood.recoveries.models import Recovery
from makegood.recoveries.operations.together import (
    Refusal,
    Together,
    UnableToDoForAll,
    incident_journal,
    incident_open_ones,
)
from makegood.recoveries.saying import Offered, offers_announce

MOST = 2000
"""How many customers one click offers something to: one transaction that stays short. The page keeps who is left."""
GONE = "This is not in the playbook: choose one of those that are shown."


def incident_offer(
    *,
    organization_id: int,
    incident_id: int,
    remedy: str,
    by: int,
    now: datetime,
    places: Sequence[int] | None = None,
    upto: int | None = None,
) -> Together:
    """This function will offer the same extra to each open recovery of an incident, and tell each customer of it.

    The click is the named person's who offers: the words go at once, in that person's name. All get it or nobody does
    (V1): where what is left of that person's limit does not cover all of them, or it does not fit one of them, nothing
    is offered. Those who had something already, or are under review, are left out and named. `upto` is the number of
    the last one that was shown. Raises UnableToDoForAll, or UnableToOffer where somebody else was faster.
    """
    rows, since = incident_open_ones(
        organization_id=organization_id, incident_id=incident_id, by=by, places=places, upto=upto
    )
    judged = _judged(organization_id, rows, remedy, now)
    if judged is None:
        return Together(done=(), refused=(), since=since)
    left_out = tuple(Refusal(number=number, why=why) for number, why in judged.left_out)
    if not judged.able and not judged.unfit:
        return Together(done=(), refused=left_out, since=since)
    _refuse(organization_id, judged, by, now)
    able = judged.able[:MOST]
    one = judged.remedy
    made = makegoods_offer(
        organization_id=organization_id,
        offers=[
            Offer(
                failure_id=to.failure_id,
                customer_id=to.customer_id,
                part="extra",
                remedy=one.code,
                title=one.title,
                form=one.form,
                value_minor=one.value.minor,
                cost_minor=one.cost.minor,
                currency=one.cost.currency,
                at=now,
                offered_by=by,
                reasons=to.reasons,
            )
            for to in able
        ],
        now=now,
    )
    offers_announce(
        organization_id=organization_id,
        offers=[
            Offered(recovery_id=to.recovery_id, makegood_id=makegood_id, title=one.title, worth=one.value)
            for to, makegood_id in zip(able, made, strict=True)
        ],
        by=by,
        send="at_once",
        now=now,
    )
    incident_journal(
        organization_id=organization_id,
        incident_id=incident_id,
        what="offered",
        by=by,
        now=now,
        data=_data(judged, len(able)),
    )
    return Together(
        done=tuple(to.number for to in able), refused=left_out, left=len(judged.able) - len(able), since=since
    )


def incident_ask(
    *,
    organization_id: int,
    incident_id: int,
    remedy: str,
    by: int,
    now: datetime,
    places: Sequence[int] | None = None,
) -> str:
    """This function will ask a colleague to offer the same to all of an incident, where one's own limit is too small.

    Asked is who may give as much today, the lowest tier first, else an admin, who may raise a limit. Nothing is
    offered. Return the colleague's name. Raises UnableToDoForAll where it needs no asking, or nobody can be asked.
    """
    rows, _ = incident_open_ones(
        organization_id=organization_id, incident_id=incident_id, by=by, places=places, upto=None
    )
    judged = _judged(organization_id, rows, remedy, now)
    if judged is None or not judged.able:
        raise UnableToDoForAll("There is nobody left to offer it to.")
    if judged.unfit:
        raise UnableToDoForAll(_unfit(judged))
    if not judged.over(allowance_left(organization_id=organization_id, member_id=by, at=now)):
        raise UnableToDoForAll("You may give this yourself: offer it to all.")
    team = [one for one in allowances_of_team(organization_id=organization_id, at=now) if one.member_id != by]
    decide = [one for one in team if one.decides]
    enough = [one for one in decide if not judged.over(one.left)]
    asked = next(iter(enough), None) or next((one for one in decide if one.admin), None)
    if asked is None:
        raise UnableToDoForAll(
            "Nobody can be asked: raise your own limit in the settings, under Limits, or choose something smaller."
        )
    data = _data(judged, len(judged.able))
    number = Incident.objects.values_list("number", flat=True).get(organization_id=organization_id, id=incident_id)
    wanted = Wanted(
        kind="staff",
        idempotency_key=f"staff:{asked.member_id}:incident:{incident_id}:{remedy}:{by}:{now.isoformat()}",
        subject="member",
        subject_id=asked.member_id,
        run_at=now,
        payload={"member": asked.member_id, "incident": number, "title": judged.remedy.title, **data},
    )
    effects_add(organization_id=organization_id, wanted=[wanted])
    notices_write(organization_id=organization_id, told=[(wanted.idempotency_key, wanted.payload, now)])
    incident_journal(
        organization_id=organization_id,
        incident_id=incident_id,
        what="asked",
        by=by,
        now=now,
        data={**data, "to": asked.member_id},
    )
    return asked.name


def _judged(organization_id: int, rows: Sequence[Recovery], remedy: str, now: datetime) -> ForAll | None:
    if not rows:
        return None
    found = remedies_for_all(organization_id=organization_id, rows=rows, now=now, remedy=remedy)
    if not remedy or not found:
        raise UnableToDoForAll(GONE)
    return found[0]


def _refuse(organization_id: int, judged: ForAll, by: int, now: datetime) -> None:
    """Raise UnableToDoForAll where not all of them can have it."""
    if judged.unfit:
        raise UnableToDoForAll(_unfit(judged))
    left = allowance_left(organization_id=organization_id, member_id=by, at=now)
    if judged.over(left):
        raise UnableToDoForAll(
            f"Nothing was offered: for all {len(judged.able):,} it costs {judged.total}, and you may give {left} more"
            " today. Choose something smaller that fits for all, or ask for approval."
        )


def _unfit(judged: ForAll) -> str:
    number, why = judged.unfit[0]
    many = f"{len(judged.unfit):,} of them, the first is R-{number}" if len(judged.unfit) > 1 else f"R-{number}"
    return f"Nothing was offered: all are to have the same, and it does not fit {many}. {why}"


def _data(judged: ForAll, count: int) -> dict[str, object]:
    cost = judged.remedy.cost
    total = Money(minor=cost.minor * count, currency=cost.currency)
    return {
        "remedy": judged.remedy.code,
        "count": count,
        "minor": total.minor,
        "currency": total.currency,
    }

"""What members are told leaves: asked once more whether it still needs telling, put into words, and carried."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs

from makegood.core.telling import folded
from makegood.journal.carrying import Claimed, Outcome
from makegood.journal.models import Effect
from makegood.journal.operations import Happened
from makegood.messages.models import Telling
from makegood.messages.sending import to_member
from makegood.messages.smtp import mail_out
from makegood.messages.telling import judged, put_aside, waiting_of, ways_of
from makegood.messages.telling_words import Said, ToSay, mail_words, said_to
from makegood.organizations.models import Organization, User
from makegood.organizations.telling import Ears, ears_of
from makegood.store.clocks import moment as store_moment
from makegood.store.clocks import wall_now
from makegood.store.tenancy import as_user, tenant

OVER = Outcome(state="stopped", text="There was nothing left to tell.")
BECOMES = {"done": "told", "failed": "failed", "unknown": "unknown", "stopped": "stopped"}


@attrs.frozen(kw_only=True)
class Leaving:
    """What leaves to one member, in words, and from whom."""

    said: Said
    ears: Ears
    house: Organization


def tell_carry(*, organization_id: int, effect: Claimed) -> Outcome:
    """This function will tell one member by one way what still needs telling; what does not, or may not yet, stays."""
    with tenant(organization_id=organization_id):
        leaving = _leaving(organization_id, effect)
    if leaving is None or leaving.ears.user_id is None:
        return OVER
    with as_user(user_id=leaving.ears.user_id):
        to = User.objects.get(id=leaving.ears.user_id).email
    said = mail_words(leaving.said)
    return mail_out(
        mail=to_member(leaving.house, to, said=said, key=effect.idempotency_key, at=wall_now()),
        attempts=effect.attempts,
    )


def _leaving(organization_id: int, effect: Claimed) -> Leaving | None:
    now = store_moment(organization_id=organization_id).now
    rows = list(
        Telling.objects.select_for_update()
        .filter(organization_id=organization_id, effect_key=effect.idempotency_key, state="leaving")
        .order_by("id")
    )
    member_id = effect.payload["member"]
    ears = ears_of(organization_id=organization_id, member_ids=[member_id])
    mine = ears.get(member_id)
    if mine is None or effect.payload["way"] not in ways_of(ears=mine):
        return None
    going = []
    for one in judged(organization_id=organization_id, rows=rows, ears=ears, now=now):
        if one.decision.do == "now":
            going.append(one.row)
            continue
        put_aside(one, now=now)
        one.row.reasons = [reason.as_dict() for reason in one.decision.reasons]
        one.row.save(update_fields=["state", "tell_at", "settled_at", "effect_key", "reasons"])
    if not going:
        return None
    house = Organization.objects.get(id=organization_id)
    return Leaving(said=_said(going, mine, now), ears=mine, house=house)


def _said(rows: Sequence[Telling], ears: Ears, now: datetime) -> Said:
    by_id = {row.id: row for row in rows}
    order = [by_id[one.id] for one in folded(waiting=[waiting_of(row) for row in rows]).said]
    things = [ToSay(kind=row.kind, what=row.what, note=row.note, due_at=row.due_at) for row in order]
    return said_to(things=things, zone=ears.choices.zone, now=now)


def tellings_hear_carried(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Mark what members were told as told, failed, unknown or stopped; a handler of those of `outbox:effect`."""
    at = {entry.data["effect"]: entry.at for entry in entries if entry.data["kind"] == "tell"}
    if not at:
        return
    state = BECOMES[entries[0].event.rpartition(":")[2]]
    keys = Effect.objects.filter(organization_id=organization_id, id__in=list(at))
    for effect_id, key in keys.values_list("id", "idempotency_key"):
        left = Telling.objects.filter(organization_id=organization_id, effect_key=key, state__in=["leaving", "unknown"])
        left.update(state=state, settled_at=at[effect_id])

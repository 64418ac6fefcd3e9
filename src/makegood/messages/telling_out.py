"""What members are told leaves: asked once more whether it still needs telling, put into words, and carried."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs

from makegood.core.telling import URGENT, folded
from makegood.journal.carrying import Claimed, Outcome
from makegood.journal.models import Effect
from makegood.journal.operations import Happened
from makegood.messages.links import approval_link
from makegood.messages.models import Telling
from makegood.messages.sending import to_member
from makegood.messages.smtp import mail_out
from makegood.messages.telling import folded_into, hold_on, judged, put_aside, waiting_of, way_of
from makegood.messages.telling_chat import chat_out
from makegood.messages.telling_push import outcome_of, push_tried, seconds_kept
from makegood.messages.telling_words import Said, ToSay, mail_words, said_to
from makegood.organizations.chats import Channel, channel_of, chat_trouble
from makegood.organizations.devices import DeviceFacts, device_gone, device_trouble, devices_of
from makegood.organizations.models import Organization, User
from makegood.organizations.telling import Ears, ears_of
from makegood.store.clocks import moment as store_moment
from makegood.store.clocks import wall_now
from makegood.store.tenancy import as_user, tenant

OVER = Outcome(state="stopped", text="There was nothing left to tell.")
BECOMES = {"done": "told", "failed": "failed", "unknown": "unknown", "stopped": "stopped"}


@attrs.frozen(kw_only=True)
class Leaving:
    """What leaves to one member, in words, and from whom; `channel` and `devices` are where it goes, where not by mail.

    `urgent` says that somebody waits for some of it.
    """

    said: Said
    ears: Ears
    house: Organization
    urgent: bool
    now: datetime
    channel: Channel | None = None
    devices: Sequence[DeviceFacts] = ()


def tell_carry(*, organization_id: int, effect: Claimed) -> Outcome:
    """This function will tell one member by one way what still needs telling; what does not, or may not yet, stays."""
    with tenant(organization_id=organization_id):
        leaving = _leaving(organization_id, effect)
    if leaving is None:
        return OVER
    if effect.payload["way"] == "chat":
        return _by_chat(organization_id, effect, leaving)
    if effect.payload["way"] == "push":
        return _by_push(organization_id, effect, leaving)
    return _by_mail(effect, leaving)


def _by_mail(effect: Claimed, leaving: Leaving) -> Outcome:
    if leaving.ears.user_id is None:
        return OVER
    with as_user(user_id=leaving.ears.user_id):
        to = User.objects.get(id=leaving.ears.user_id).email
    said = mail_words(leaving.said)
    return mail_out(
        mail=to_member(leaving.house, to, said=said, key=effect.idempotency_key, at=wall_now()),
        attempts=effect.attempts,
    )


def _by_chat(organization_id: int, effect: Claimed, leaving: Leaving) -> Outcome:
    """Tell it in the member's channel, and keep there what went wrong, or that it is well again."""
    channel = leaving.channel
    if channel is None:
        return Outcome(state="failed", text="There is no channel any more.")
    outcome = chat_out(channel=channel, said=leaving.said, attempts=effect.attempts)
    trouble = "" if outcome.state == "done" else outcome.text
    with tenant(organization_id=organization_id):
        now = store_moment(organization_id=organization_id).now
        chat_trouble(organization_id=organization_id, chat_id=channel.id, text=trouble, now=now)
    return outcome


def _by_push(organization_id: int, effect: Claimed, leaving: Leaving) -> Outcome:
    """Tell it on the member's devices; one that its push service knows no more is forgotten."""
    tried = push_tried(
        devices=leaving.devices,
        said=leaving.said,
        tag=effect.idempotency_key,
        kept=seconds_kept(quiet=leaving.ears.choices.quiet, now=leaving.now),
        urgent=leaving.urgent,
    )
    with tenant(organization_id=organization_id):
        for one in tried:
            if one.became == "gone":
                device_gone(organization_id=organization_id, device_id=one.device_id)
            else:
                device_trouble(organization_id=organization_id, device_id=one.device_id, text=one.text)
    return outcome_of(tried=tried, attempts=effect.attempts)


def _leaving(organization_id: int, effect: Claimed) -> Leaving | None:
    """What leaves of an effect; what does not leave now is put aside or held, and what was folded into it held anew."""
    now = store_moment(organization_id=organization_id).now
    rows = list(
        Telling.objects.select_for_update()
        .filter(organization_id=organization_id, effect_key=effect.idempotency_key, state="leaving")
        .order_by("id")
    )
    member_id, way = effect.payload["member"], effect.payload["way"]
    ears = ears_of(organization_id=organization_id, member_ids=[member_id])
    mine = ears.get(member_id)
    going = []
    for one in judged(organization_id=organization_id, rows=rows, ears=ears, now=now):
        can = way_of(ears=mine, fell_back=one.row.fell_back)
        if one.decision.do == "now" and can == way:
            going.append(one.row)
            continue
        if one.decision.do == "now" and not can:
            continue
        folded_into(row=one.row).update(state="held", tell_at=now, settled_at=None, effect_key="")
        if one.decision.do == "now":
            hold_on(one.row, now=now)
        else:
            put_aside(one, now=now)
        one.row.reasons = [reason.as_dict() for reason in one.decision.reasons]
        one.row.save(update_fields=["state", "tell_at", "settled_at", "effect_key", "reasons"])
    if mine is None or not going:
        return None
    house = Organization.objects.get(id=organization_id)
    here = {"organization_id": organization_id, "member_id": member_id}
    return Leaving(
        said=_said(organization_id, going, mine, now, way),
        ears=mine,
        house=house,
        urgent=any(row.kind in URGENT for row in going),
        now=now,
        channel=channel_of(**here) if way == "chat" else None,
        devices=devices_of(**here) if way == "push" else (),
    )


def _said(organization_id: int, rows: Sequence[Telling], ears: Ears, now: datetime, way: str) -> Said:
    """Put rows into words; only what goes to the member alone, not to a channel, carries the link that answers.

    Where it stands for several questions about one recovery, it leads to the page on which all of them are answered.
    """
    by_id = {row.id: row for row in rows}
    order = [by_id[one.id] for one in folded(waiting=[waiting_of(row) for row in rows]).said]
    things = [ToSay(kind=row.kind, what=row.what, note=row.note, due_at=row.due_at) for row in order]
    approval_id = order[0].note.get("approval") if order[0].what.startswith("ask") and way != "chat" else None
    if approval_id and any(one.note.get("approval") != approval_id for one in folded_into(row=order[0])):
        approval_id = None
    tap = (
        approval_link(organization_id=organization_id, approval_id=approval_id, member_id=order[0].member_id)
        if approval_id
        else ""
    )
    return said_to(things=things, zone=ears.choices.zone, now=now, tap=tap)


def tellings_hear_carried(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Mark what members were told as told, failed, unknown or stopped; a handler of those of `outbox:effect`.

    What surely failed by another way than mail is told by mail: it is held for that from now on, and with it what was
    folded into it.
    """
    at = {entry.data["effect"]: entry.at for entry in entries if entry.data["kind"] == "tell"}
    if not at:
        return
    state = BECOMES[entries[0].event.rpartition(":")[2]]
    keys = Effect.objects.filter(organization_id=organization_id, id__in=list(at))
    for effect_id, key, member_id in keys.values_list("id", "idempotency_key", "subject_id"):
        rows = Telling.objects.filter(organization_id=organization_id, member_id=member_id, effect_key=key)
        if state == "failed":
            again = rows.filter(state__in=["leaving", "folded"]).exclude(way="mail")
            again.update(
                state="held", tell_at=at[effect_id], settled_at=None, effect_key="", fell_back=True, way="mail"
            )
        rows.filter(state__in=["leaving", "unknown"]).update(state=state, settled_at=at[effect_id])

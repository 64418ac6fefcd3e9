"""How members chose to be told, and who of them is on duty: asked before any of them is told anything."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime, time
from typing import Any

import attrs

from makegood.core.calendars import Calendar, zone_named
from makegood.core.moments import MINUTE, micros
from makegood.core.nights import EVENING, MORNING
from makegood.core.telling import KINDS, PACES, PACES_OF_THE_HOUSE, Choices, Quiet
from makegood.core.worktime import blocks
from makegood.organizations.models import WAYS_CHOSEN, CalendarVersion, TellingChoice
from makegood.organizations.operations import member_record
from makegood.store.preparing import prepared

CHOSEN = """
SELECT m.id, m.user_id, m.active, m.present, o.zone, coalesce(c.by_mail, true), coalesce(c.quiet, true), c.quiet_from,
    c.quiet_to, coalesce(c.zone, ''), coalesce(c.paces::text, '{}'), coalesce(c.wake, false), coalesce(c.way, 'mail'),
    EXISTS (SELECT FROM organizations_chat h WHERE h.organization_id = m.organization_id
        AND (h.member_id = m.id OR h.member_id IS NULL AND (h.team_id = m.team_id OR h.team_id IS NULL))),
    EXISTS (SELECT FROM organizations_device d LEFT JOIN organizations_user u ON u.id = m.user_id
        WHERE d.organization_id = m.organization_id AND d.member_id = m.id
            AND d.added_at > coalesce(greatest(u.password_changed_at, u.signed_out_at), '-infinity'))
FROM organizations_member m JOIN organizations_organization o ON o.id = m.organization_id
LEFT JOIN organizations_tellingchoice c ON c.organization_id = m.organization_id AND c.member_id = m.id
WHERE m.organization_id = %s AND m.id = ANY(%s)
"""


class UnableToChooseTelling(ValueError):
    """You cannot be told so: the message says why."""


@attrs.frozen(kw_only=True)
class Ears:
    """How one member is told: `choices` for the rules; `by_mail` and `user_id` say whether mail can reach them.

    `way` is the one that they chose; `chat` says that there is a channel that they can be told in, `push` a device.
    `zone` is the one that they chose, "" for the organization's; `wake` lets escalations through while not away.
    """

    member_id: int
    user_id: int | None
    active: bool
    present: bool
    by_mail: bool
    zone: str
    wake: bool
    way: str
    chat: bool
    push: bool
    choices: Choices


def ears_of(*, organization_id: int, member_ids: Collection[int]) -> dict[int, Ears]:
    """This function will read how these members are told, by their id."""
    with prepared() as cursor:
        cursor.execute(CHOSEN, [organization_id, list(member_ids)])
        return {row[0]: _ears(*row) for row in cursor.fetchall()}


def _ears(
    member_id: int,
    user_id: int | None,
    active: bool,
    present: bool,
    zone: str,
    by_mail: bool,
    quiet: bool,
    begins: time | None,
    ends: time | None,
    own_zone: str,
    paces: str,
    wake: bool,
    way: str,
    chat: bool,
    push: bool,
) -> Ears:
    where = own_zone or zone
    hours = Quiet(begins=begins or EVENING, ends=ends or MORNING, zone=where) if quiet else None
    return Ears(
        member_id=member_id,
        user_id=user_id,
        active=active,
        present=present,
        by_mail=by_mail,
        zone=own_zone,
        wake=wake,
        way=way,
        chat=chat,
        push=push,
        choices=Choices(zone=where, quiet=hours, paces={**PACES_OF_THE_HOUSE, **json.loads(paces)}),
    )


def open_at(*, organization_id: int, at: datetime) -> bool:
    """This function will say whether any opening hours that the organization published count a moment."""
    rows = CalendarVersion.objects.filter(organization_id=organization_id, active_from__lte=at)
    newest = rows.order_by("code", "-active_from").distinct("code").values_list("data", flat=True)
    begin = micros(at)
    return any(
        block.total
        for data in newest
        for block in blocks(calendar=Calendar.from_data(data), begin=begin, end=begin + MINUTE)
    )


def on_duty(*, ears: Ears, opened: bool) -> bool:
    """This function will say whether an escalation may wake a member: not away, and at work or willing to be woken."""
    return ears.present and (ears.wake or opened)


def telling_choose(
    *,
    organization_id: int,
    member_id: int,
    by_mail: bool,
    quiet: tuple[time, time] | None,
    zone: str,
    paces: Mapping[str, str],
    wake: bool,
    now: datetime,
    way: str = "mail",
) -> None:
    """This function will keep how a member wants to be told; no `quiet` is no quiet hours, "" the organization's zone.

    `by_mail` lets mail be the way, or be fallen back to where another one fails.

    Raises UnableToChooseTelling, UnusableQuiet for hours without an end, and UnusableCalendar for an unknown zone.
    """
    if way not in WAYS_CHOSEN:
        raise UnableToChooseTelling("Choose how you are told.")
    if zone:
        zone_named(zone)
    if set(paces) - set(KINDS) or set(paces.values()) - set(PACES):
        raise UnableToChooseTelling("Choose for each kind: at once, each hour or each morning.")
    if quiet is not None:
        Quiet(begins=quiet[0], ends=quiet[1], zone=zone or "UTC")
    chosen: dict[str, Any] = {
        "way": way,
        "by_mail": by_mail,
        "quiet": quiet is not None,
        "quiet_from": quiet[0] if quiet else None,
        "quiet_to": quiet[1] if quiet else None,
        "zone": zone,
        "paces": {kind: pace for kind, pace in paces.items() if pace != PACES_OF_THE_HOUSE[kind]},
        "wake": wake,
    }
    TellingChoice.objects.update_or_create(organization_id=organization_id, member_id=member_id, defaults=chosen)
    told = {"way": way, "by_mail": by_mail, "quiet": quiet is not None, "wake": wake}
    member_record(organization_id, member_id, "told_so", now, member_id, told)

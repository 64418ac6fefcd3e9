"""Reads of webhooks: each as pages show it, without its secret, and what was put aside."""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import frozen

from makegood.listen.hooks.delivery_rule import DeliveryRule, rule_of
from makegood.listen.models import Hook, HookDelivery
from makegood.messages.models import Helpdesk
from makegood.promises.models import Source
from makegood.store.clocks import wall_now

LATELY = timedelta(hours=24)
MOST = 10_000


@frozen(kw_only=True)
class HookFacts:
    """One source that posts to us: `lately` counts the deliveries of a day, up to MOST, `waiting` those not worked on.

    `two_until` is until when two secrets count, None where one does.
    """

    id: int
    kind: str
    name: str
    code: str
    address: str
    active: bool
    rule: DeliveryRule
    two_until: datetime | None
    last_at: datetime | None
    lately: int
    waiting: int
    refused: int
    refused_at: datetime | None
    refused_why: str
    reply_url: str = ""
    reply_agent: str = ""


@frozen(kw_only=True)
class AsideFacts:
    """A delivery that could not be taken in: `here` where its words are kept."""

    id: int
    name: str
    said: str
    size: int
    here: bool
    received_at: datetime


def hooks_all(*, organization_id: int) -> list[HookFacts]:
    """This function will list an organization's webhooks, the oldest first."""
    moment_at = wall_now()
    names = _names(organization_id)
    replies = {row.hook_id: row for row in Helpdesk.objects.filter(organization_id=organization_id)}
    found = []
    for row in Hook.objects.filter(organization_id=organization_id).order_by("id"):
        mine = HookDelivery.objects.filter(organization_id=organization_id, hook_id=row.id)
        two = row.before_until if row.before_until is not None and moment_at < row.before_until else None
        found.append(
            HookFacts(
                id=row.id,
                kind=row.kind,
                name=names[row.source_id][0],
                code=names[row.source_id][1],
                address=row.address,
                active=row.active,
                rule=rule_of(row.rule),
                two_until=two if row.secret_before is not None else None,
                last_at=mine.order_by("-received_at").values_list("received_at", flat=True).first(),
                lately=mine.filter(received_at__gt=moment_at - LATELY)[:MOST].count(),
                waiting=mine.filter(state="waiting")[:MOST].count(),
                refused=row.refused,
                refused_at=row.refused_at,
                refused_why=row.refused_why,
                reply_url=replies[row.id].url if row.id in replies else "",
                reply_agent=replies[row.id].agent if row.id in replies else "",
            )
        )
    return found


def asides_open(*, organization_id: int, limit: int = 50) -> list[AsideFacts]:
    """This function will list the deliveries that wait for a person, the newest first."""
    names = _names(organization_id)
    rows = HookDelivery.objects.filter(organization_id=organization_id, state="aside").select_related("hook")
    return [
        AsideFacts(
            id=row.id,
            name=names[row.hook.source_id][0],
            said=row.said,
            size=row.size,
            here=row.body is not None,
            received_at=row.received_at,
        )
        for row in rows.order_by("-received_at", "-id")[:limit]
    ]


def _names(organization_id: int) -> dict[int, tuple[str, str]]:
    rows = Source.objects.filter(organization_id=organization_id).values_list("id", "name", "code")
    return {source_id: (name, code) for source_id, name, code in rows}

"""What workers do with deliveries: each is worked on in the order in which it came, apart from the others.

One worker at a time works for an organization. What a delivery does is written together with its being done, so that
one that is killed in between begins it anew; what cannot be used is put aside for a person, and holds nothing up. Each
has a unit of work of its own: two in one would take the second's customers while they hold the source of the first.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, NoReturn

from django.db import InterfaceError, OperationalError, connection, transaction

from makegood.listen.events import UnusableEvents
from makegood.listen.hooks import shopify, tickets
from makegood.listen.hooks.delivery_rule import rule_of
from makegood.listen.hooks.hearing import ticket_heard
from makegood.listen.hooks.orders import OrderUnknown, order_take
from makegood.listen.models import Hook, HookDelivery
from makegood.messages.staff import managers_tell
from makegood.organizations.models import Place
from makegood.organizations.queries import organization_facts
from makegood.store.clocks import now as store_now
from makegood.store.clocks import wall_now
from makegood.store.tenancy import tenant

LOCK = 7408
"""The advisory lock, with the organization's number, that lets one worker at a time work on its deliveries."""
BATCH = 50
WAIT, TRIES = timedelta(minutes=2), 30
"""What is of an order that was not told of yet is looked at again so often, for an hour."""
KEPT = timedelta(days=60)
"""So long a delivery is known again by itself; longer by what it told."""
UNFORESEEN = "Something unforeseen went wrong on our side as it was taken in."
LOST = "It is of an order that was not told of: let orders be posted too, or bring them as a file, then take it again."
OnError = Callable[[str, int, Exception], None]


class UnusableDelivery(ValueError):
    """This delivery cannot be read: the message says why."""


def hooks_work(*, only: Collection[int] | None = None, on_error: OnError | None = None) -> int:
    """This function will work on what waits, a batch of each organization, or of `only` these; return how many ended.

    Opens its own units of work. What fails for a reason that nobody foresaw is put aside, and handed to `on_error`. A
    database that does not answer is raised, with nothing done of the delivery that it had; those before it are.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT finder.hooks_due()")
        found = sorted(row[0] for row in cursor.fetchall())
    return sum(_of(one, on_error) for one in found if only is None or one in only)


def _of(organization_id: int, on_error: OnError | None) -> int:
    """Work on a batch of one organization, in order, until another worker does; return how many ended."""
    mine = HookDelivery.objects.filter(organization_id=organization_id)
    waiting = mine.filter(state="waiting").order_by("id")
    ended, due = 0, []
    with _turn(organization_id) as ours:
        if ours:
            due = list(waiting.filter(again_at__lte=wall_now()).values_list("id", flat=True)[:BATCH])
            hooks = list(Hook.objects.filter(organization_id=organization_id).values_list("id", flat=True))
            old = mine.filter(hook_id__in=hooks, received_at__lt=wall_now() - KEPT, state__in=("done", "seen"))
            old.delete()
    for delivery_id in due:
        with _turn(organization_id) as ours:
            if not ours:
                break
            row = waiting.filter(id=delivery_id).select_related("hook").select_for_update(of=("self",)).first()
            ended += _worked(row, on_error) if row is not None else 0
    return ended


@contextmanager
def _turn(organization_id: int) -> Iterator[bool]:
    """Open a unit of work; tell whether it is the only one that works on this organization's deliveries."""
    with tenant(organization_id=organization_id), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK, organization_id % 2**31])
        yield cursor.fetchone()[0]


def _worked(row: HookDelivery, on_error: OnError | None) -> int:
    """Work on one delivery, in a savepoint of its own; 1 where it came to an end."""
    hook = row.hook
    try:
        with transaction.atomic():
            row.said, row.state = _taken(hook, bytes(row.body or b"")), "done"
    except (OperationalError, InterfaceError):
        raise
    except OrderUnknown:
        row.tried, row.again_at = row.tried + 1, wall_now() + WAIT
        if row.tried >= TRIES:
            row.said, row.state = LOST, "aside"
    except (UnusableDelivery, shopify.UnusableOrder, tickets.UnusableTicket) as error:
        row.said, row.state = str(error), "aside"
    except UnusableEvents as error:
        row.said, row.state = f"It cannot be used: {error.problems[0][1]}.", "aside"
    except Exception as error:  # noqa: BLE001  one that is unforeseen must not hold up the others
        row.said, row.state = UNFORESEEN, "aside"
        if on_error is not None:
            on_error("webhooks", hook.organization_id, error)
    row.said, row.body = row.said[:300], None if row.state == "done" else row.body
    row.save(update_fields=["said", "state", "body", "tried", "again_at"])
    if row.state == "aside":
        managers_tell(
            organization_id=hook.organization_id,
            key=f"hook:{hook.id}:{row.received_at:%Y%m%d%H}",
            payload={"hook": hook.id},
            at=store_now(organization_id=hook.organization_id),
        )
    return int(row.state != "waiting")


def _taken(hook: Hook, raw: bytes) -> str:
    """Take one delivery in; return what is said of it, nothing where it was simply taken."""
    body = _json(raw)
    return _order(hook, body) if hook.kind == "shopify" else _ticket(hook, body)


def _order(hook: Hook, body: Any) -> str:
    here = hook.organization_id
    facts = organization_facts(organization_id=here)
    place = shopify.place_told(body)
    if place and not Place.objects.filter(organization_id=here, code=place).exists():
        place = ""
    rule = rule_of(hook.rule)
    told = shopify.read(body=body, rule=rule, zone=facts.zone, currency=facts.currency, place=place)
    if told.order:
        order_take(hook=hook, told=told, keeps=rule.keeps, now=store_now(organization_id=here))
    return told.said


def _ticket(hook: Hook, body: Any) -> str:
    said = tickets.read(kind=hook.kind, body=body)
    if isinstance(said, str):
        return said
    theirs = ticket_heard(hook=hook, said=said, now=store_now(organization_id=hook.organization_id))
    return "" if theirs else tickets.OURS


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode(), parse_constant=_refuse, strict=False)
    except (ValueError, RecursionError):
        raise UnusableDelivery(
            "It is not JSON, as its source says that it sends: look at how it is set up there."
        ) from None


def _refuse(word: str) -> NoReturn:
    raise ValueError(word)

"""What generated requests are offered: an organization with something of everything, its real ids, bodies that it takes.

Generated values stay as they are now and then; otherwise the known take their place, or are changed by some of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from tests.conftest import START, Org
from tests.support.recoveries import customer, failure, open_for, reply
from tests.support.rights import world_of

from makegood.messages.models import Message
from makegood.recoveries.models import STEPS, Recovery
from makegood.store.tenancy import tenant

CONVERSATIONS = (0, 1, 2, 3)
"""How many messages the recoveries beside the full one have."""
LATER = (START + timedelta(days=2)).isoformat()
EUR = {"minor": 4200, "currency": "EUR"}


class Known:
    """What the organization knows, by the name of a parameter, and what each call takes, by its operation's id."""

    def __init__(self) -> None:
        self.values: dict[str, list[Any]] = {}
        self.bodies: dict[str, Any] = {}

    def fill(self, org: Org, other: Org) -> None:
        """Fill the organization; `other` is one beside it."""
        names = world_of(org, other).names
        full = names["code"].removeprefix("R-")
        with tenant(organization_id=org.id):
            full_id = Recovery.objects.get(organization_id=org.id, number=int(full)).id
            spoken = [_spoken(org, many) for many in CONVERSATIONS]
        self.values = {
            **{name: [names[name]] for name in ("promise_id", "file_id", "customer_id", "dialogue", "form")},
            "failure_id": [names["failure_id"], names["quiet_id"]],
            "recovery_id": [full_id, *spoken],
            "step": list(STEPS),
        }
        self.bodies = _bodies(org)

    def parameters(self, generated: Any) -> st.SearchStrategy[Any]:
        """Offer known values for the parameters of a path."""
        if not isinstance(generated, dict):
            return st.just(generated)
        known = {
            name: st.sampled_from(self.values.get(name) or [value]) if value is not None else st.none()
            for name, value in generated.items()
        }
        return _either(st.fixed_dictionaries(known), st.just(generated))

    def query(self, generated: Any) -> st.SearchStrategy[Any]:
        """Offer a known customer, and no cursor, which a request cannot guess."""
        if not isinstance(generated, dict):
            return st.just(generated)
        known = {name: value for name, value in generated.items() if name != "cursor"}
        if "customer_id" in known:
            known["customer_id"] = self.values["customer_id"][0]
        return _either(st.just(known), st.just(generated))

    def headers(self, generated: Any) -> st.SearchStrategy[Any]:
        """Offer no version, which a request cannot guess."""
        if not isinstance(generated, dict):
            return st.just(generated)
        return _either(
            st.just({name: value for name, value in generated.items() if name != "If-Match"}), st.just(generated)
        )

    def body(self, operation: str, generated: Any) -> st.SearchStrategy[Any]:
        """Offer a body that the call takes, as it is or with some of its names as they were generated."""
        good = self.bodies.get(operation)
        if good is None:
            return st.just(generated)
        if isinstance(generated, list) and isinstance(good, dict):
            return _either(st.just([good]), st.just(generated))
        if not isinstance(generated, dict) or not isinstance(good, dict):
            return _either(st.just(good), st.just(generated))
        mixed = st.sets(st.sampled_from(sorted(generated) or [""])).map(
            lambda names: good | {name: generated[name] for name in names if name in generated}
        )
        return st.one_of(st.just(good), mixed, st.just(generated))


def _either(known: st.SearchStrategy[Any], generated: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return the known three times of four."""
    return st.sampled_from((known, known, known, generated)).flatmap(lambda chosen: chosen)


def _spoken(org: Org, many: int) -> int:
    """A recovery whose conversation has so many messages; call inside a unit of work."""
    recovery = open_for(org, failure(org, customer_id=customer(org)))[-1]
    mine = Message.objects.filter(organization_id=org.id, thread_id=recovery.thread_id)
    mine.delete()
    for number in range(many):
        reply(org, recovery, f"word {number}", at=START + timedelta(minutes=number))
    assert mine.count() == many
    return recovery.id


def _bodies(org: Org) -> dict[str, Any]:
    at = START.isoformat()
    who = {"email": "ana@example.com", "name": "Ana Ferreira", "zone": "Europe/Lisbon"}
    told = {"source": "orders", "reference": "A-1", "customer": who, "what": "a lamp", "place": "shop"}
    made = {"reference": "E-1", "due_at": LATER, "customer": who}
    return {
        "place_set": {"code": "till", "name": "Till", "parent": "shop", "zone": "Europe/Lisbon"},
        "customer_make": who,
        "purchase_record": {**told, "placed_at": at, "total": EUR},
        "promise_make": {**told, "due_at": LATER, "value": EUR},
        "promise_keep": {"happened_at": at},
        "promise_release": {"happened_at": at},
        "promise_change": {"due_at": LATER, "agreed": True},
        "promise_expect": {"expected_at": LATER},
        "failure_report": {
            "customer": who, "kind": "rework", "loss": "money", "what": "It broke", "happened_at": at, "place": "shop",
            "price": EUR,
        },
        "recovery_note": {"by": org.employee, "text": "hello"},
        "recovery_step_done": {"by": org.manager, "anyway": "They are abroad.", "note": "done"},
        "recovery_tick": {"by": org.employee, "checklist": "put-right", "item": "seen"},
        "recovery_form": {"by": org.employee, "answers": {"words": "It fell.", "day": "2026-03-01"}},
        "recovery_talk": {"by": org.employee, "answers": [1, 1]},
        "events_accept": {
            "specversion": "1.0", "id": "e1", "source": "orders", "type": "promise.made", "time": at, "data": made,
        },
        "mail_accept": b"From: z@example.org\r\nMessage-ID: <a@b>\r\nSubject: Hello\r\n\r\nStill broken.\r\n",
    }  # fmt: skip


@contextmanager
def undone(application: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """Yield a WSGI application that keeps nothing of a request, once what it wrote was found to hold together."""
    from django.core.signals import request_started
    from django.db import close_old_connections, connection, transaction

    def answering(environ: dict[str, Any], start_response: Any) -> Any:
        with transaction.atomic():
            answer = application(environ, start_response)
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            transaction.set_rollback(True)
        return answer

    request_started.disconnect(close_old_connections)  # which would end the transaction that is to be undone
    try:
        yield answering
    finally:
        request_started.connect(close_old_connections)

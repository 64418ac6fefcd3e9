"""Tickets of helpdesks: what customers write goes the way of a mail, and replies go out through their ticket."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import attrs
import pytest
from tests.conftest import START, Org
from tests.support.given import email
from tests.support.helpdesk import HelpdeskServer, helpdesk_server
from tests.support.hooks import Outside, outside
from tests.support.recoveries import failure, open_for
from tests.unit.test_hook_tickets import BODIES, chatwoot, zammad, zendesk

from makegood.config.working import work_once
from makegood.customers.models import Customer, Identity
from makegood.failures.models import Signal
from makegood.failures.signals import signal_open
from makegood.journal.models import Effect
from makegood.listen.hooks.operations import UnableToConnect, hook_forget, hook_reply_set
from makegood.listen.hooks.tickets import OURS
from makegood.messages.links import status_url
from makegood.messages.models import Helpdesk, Message, Thread, Ticket
from makegood.messages.operations import Outgoing, message_draft, message_retry, message_send, messages_queue
from makegood.messages.tickets import UnableToKnowHelpdesk, ways
from makegood.recoveries.models import Recovery
from makegood.recoveries.queries import recovery_case
from makegood.store import outgoing
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

PATHS = {
    "zendesk": ("PUT", "/api/v2/tickets/35.json"),
    "chatwoot": ("POST", "/api/v1/accounts/1/conversations/35/messages"),
    "zammad": ("POST", "/api/v1/ticket_articles"),
}
SIGNED = {
    "zendesk": ("Authorization", "Basic YWdlbnRAZXhhbXBsZS5jb20vdG9rZW46YSBrZXk="),  # agent@example.com/token:a key
    "chatwoot": ("api_access_token", "a key"),
    "zammad": ("Authorization", "Token token=a key"),
}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HelpdeskServer]:
    with helpdesk_server(monkeypatch) as running:
        yield running


def connected(org: Org, kind: str, url: str = "") -> Outside:
    """A helpdesk that posts here, and is replied through where it has an address."""
    desk = outside(org, kind)
    if url:
        with tenant(organization_id=org.id):
            hook_reply_set(organization_id=org.id, hook_id=desk.hook_id, url=url, agent="agent@example.com", key="a key",
                           by=org.admin, now=START)  # fmt: skip
    return desk


def heard(desk: Outside, body: Any = None) -> None:
    assert desk.post(BODIES[desk.kind] if body is None else body).status_code == 200
    desk.work()


def opened(org: Org) -> Recovery:
    """A person says yes to the only signal; all that follows of it is done, but what leaves."""
    with tenant(organization_id=org.id):
        signal = Signal.objects.get(state="open")
        signal_open(
            organization_id=org.id, signal_id=signal.id, what="a lamp", place_id=None, by=org.manager, now=START
        )
    tick_dry(only=[org.id])
    with tenant(organization_id=org.id):
        return Recovery.objects.get()


def said(org: Org) -> Message:
    """The acknowledgement, which goes by itself."""
    with tenant(organization_id=org.id):
        return Message.objects.get(direction="out", kind="acknowledgement")


@pytest.mark.parametrize("kind", sorted(BODIES))
def test_a_ticket_waits_for_a_yes_and_is_answered_through_its_helpdesk(
    make_org: Callable[..., Org], server: HelpdeskServer, kind: str
) -> None:
    org = make_org(delivery="live")
    desk = connected(org, kind, server.url)
    heard(desk)
    with tenant(organization_id=org.id):
        assert Signal.objects.get().kind == "complaint"
        assert not Recovery.objects.exists()
    recovery = opened(org)
    assert work_once(only=[org.id]) > 0
    (asked,) = server.asked
    assert (asked["method"], asked["path"]) == PATHS[kind]
    header, value = SIGNED[kind]
    assert asked["headers"][header] == value
    message = said(org)
    assert message.body in _words(asked)
    assert message.state == "sent"
    with tenant(organization_id=org.id):
        assert Thread.objects.get(id=recovery.thread_id).link_how == "mail", "they have the link of their page"
        assert Effect.objects.get(subject_id=message.id, subject="message").outcome.startswith("through ")
        case = recovery_case(organization_id=org.id, recovery_id=recovery.id, now=START)
    assert case is not None
    ((label, url),) = case.tickets
    assert [one.through for one in case.messages if one.direction == "out"][:1] == [label]
    assert label.endswith(" ticket 35")
    assert url.startswith(server.url)
    assert "35" in url


def _words(asked: dict[str, Any]) -> list[Any]:
    body = asked["body"]
    return [body.get("content"), body.get("body"), body.get("ticket", {}).get("comment", {}).get("body")]


def test_what_comes_next_on_a_ticket_is_an_answer_there_whoever_writes_and_is_taken_once(org: Org) -> None:
    desk = connected(org, "zammad")
    heard(desk)
    recovery = opened(org)
    again = zammad(id=502, body="Still broken.", **{"from": "bo@example.com"})
    for _ in range(2):
        heard(desk, again)
    heard(desk, again | {"as": "another delivery tells the same"})
    heard(desk, zammad(id=503, sender="Agent", body="We are on it."))
    with tenant(organization_id=org.id):
        assert Signal.objects.count() == 1
        mine = Message.objects.filter(thread_id=recovery.thread_id, direction="in")
        assert [one.body for one in mine.order_by("id")] == ["It came broken.", "Still broken."]
    assert {row.state for row in desk.deliveries()} == {"done"}


def test_our_own_reply_that_a_trigger_brings_back_is_no_answer_of_theirs(
    make_org: Callable[..., Org], server: HelpdeskServer
) -> None:
    org = make_org(delivery="live")
    desk = connected(org, "zendesk", server.url)
    heard(desk)
    opened(org)
    work_once(only=[org.id])
    ours = server.asked[0]["body"]["ticket"]["comment"]["body"]
    heard(desk, zendesk(text=ours.replace("\n", "\r\n"), at="1"))
    heard(desk, zendesk(text=f"You wrote: {ours}", at="2"))
    with tenant(organization_id=org.id):
        assert Message.objects.filter(direction="in").count() == 2
    assert desk.deliveries()[1].said == OURS


def test_a_mail_joins_its_senders_open_recovery_and_is_answered_by_mail(
    make_org: Callable[..., Org], server: HelpdeskServer
) -> None:
    org = make_org(delivery="live")
    recovery = anas(org)
    heard(connected(org, "zammad", server.url))
    with tenant(organization_id=org.id):
        assert not Signal.objects.exists()
        assert Message.objects.get(direction="in").thread_id == recovery.thread_id
        assert ways(organization_id=org.id, thread_ids=[recovery.thread_id or 0]) == {}
    work_once(only=[org.id])
    assert server.asked == []
    assert said(org).address == "ana@example.com"


def anas(org: Org) -> Recovery:
    """The open recovery of Ana, whose address is known."""
    with tenant(organization_id=org.id):
        email(org)
        (recovery,) = open_for(org, failure(org))
        return recovery


TYPED = {
    "zendesk": zendesk(via="Web form"),
    "chatwoot": chatwoot(content="hello?"),
    "zammad": zammad(type="web", body="hello?"),
}


@pytest.mark.parametrize("kind", sorted(TYPED))
def test_who_types_the_address_of_another_gets_nothing_of_theirs(
    make_org: Callable[..., Org], server: HelpdeskServer, kind: str
) -> None:
    """Neither the words nor the link, before or after somebody says yes to what the stranger says."""
    org = make_org(delivery="live")
    recovery = anas(org)
    heard(connected(org, kind, server.url), TYPED[kind])
    with tenant(organization_id=org.id):
        assert Signal.objects.get().customer_id != recovery.customer_id
        assert not Message.objects.filter(thread_id=recovery.thread_id, direction="in").exists()
        assert Identity.objects.filter(kind__in=("email", "phone")).count() == 1
    work_once(only=[org.id])
    assert server.asked == [], "what is said to Ana goes to her mailbox"
    with tenant(organization_id=org.id):
        signal = Signal.objects.get()
        signal_open(
            organization_id=org.id, signal_id=signal.id, what="a chat", place_id=None, by=org.manager, now=START
        )
    tick_dry(only=[org.id])
    work_once(only=[org.id])
    with tenant(organization_id=org.id):
        theirs = Recovery.objects.exclude(id=recovery.id).get()
        own, anas_own = (
            status_url(organization_id=org.id, token=Thread.objects.get(id=one.thread_id).token)
            for one in (theirs, recovery)
        )
    (asked,) = server.asked
    words = next(one for one in _words(asked) if one)
    assert own in words
    assert anas_own not in words


@pytest.mark.parametrize("via", ["Mail", "Web form"])
def test_a_ticket_that_is_given_to_somebody_else_is_theirs_and_the_first_is_not_answered_there(
    make_org: Callable[..., Org], server: HelpdeskServer, via: str
) -> None:
    org = make_org(delivery="live")
    desk = connected(org, "zendesk", server.url)
    heard(desk, zendesk(via=via))
    recovery = opened(org)
    bo = {"via": via, "email": "bo@example.com", "from": "bo@example.com", "name": "Bo"}
    heard(desk, zendesk(at="2026-11-22T10:00:00Z", text="It is mine.", **bo))
    heard(desk, zendesk(via=via))  # the first comes again, late
    heard(desk, zendesk(ticket_id="99", at="2026-11-22T11:00:00Z", text="Another matter.", **bo))
    with tenant(organization_id=org.id):
        assert ways(organization_id=org.id, thread_ids=[recovery.thread_id or 0]) == {}
        mine = Message.objects.filter(thread_id=recovery.thread_id, direction="in")
        assert [one.body for one in mine] == ["It came broken."]
        for customer_id in Customer.objects.values_list("id", flat=True):
            assert Identity.objects.filter(customer_id=customer_id).count() <= 1
        assert recovery.customer_id not in Signal.objects.filter(state="open").values_list("customer_id", flat=True)


def test_somebody_without_an_address_is_reached_through_their_ticket_unless_they_chose_their_page(
    make_org: Callable[..., Org], server: HelpdeskServer
) -> None:
    body = chatwoot(sender={"id": 77, "name": "Ana", "type": "contact"})
    for channel, asked in (("mail", 1), ("status", 0)):
        org = make_org(delivery="live")
        desk = connected(org, "chatwoot", server.url)
        heard(desk, body)
        with tenant(organization_id=org.id):
            Customer.objects.filter(name="Ana").update(channel=channel)
            assert not Identity.objects.filter(kind="email").exists()
        opened(org)
        server.asked.clear()
        work_once(only=[org.id])
        assert len(server.asked) == asked
        assert (said(org).state, said(org).channel) == ("sent", channel)


@pytest.mark.parametrize(
    ("url", "channel", "waits"), [(True, "mail", True), (False, "mail", False), (True, "status", False)]
)
def test_who_is_reached_through_a_ticket_is_not_woken_either(
    make_org: Callable[..., Org], server: HelpdeskServer, url: bool, channel: str, waits: bool
) -> None:
    """The helpdesk mails at once what is answered there; a page wakes nobody."""
    org = make_org(delivery="live")
    heard(connected(org, "chatwoot", server.url if url else ""))
    recovery = opened(org)
    night = (START + timedelta(days=1)).replace(hour=1, minute=30)
    out = Outgoing(
        thread_id=recovery.thread_id or 0, customer_id=recovery.customer_id or 0, kind="outcome", step="communicate",
        key="at night", subject="Your lamp", body="Your lamp is mended: it was there on Friday.", send="at_once",
    )  # fmt: skip
    with tenant(organization_id=org.id):
        Customer.objects.filter(id=recovery.customer_id).update(channel=channel)
        (queued,) = messages_queue(organization_id=org.id, queued=[out], now=night)
        asked = attrs.evolve(out, key="asked", send="person")
        draft = message_draft(organization_id=org.id, draft=asked, now=night)
        sent = message_send(
            organization_id=org.id, message_id=draft, by=org.manager, now=night, override_reason="They asked."
        )
        run_at = Effect.objects.get(subject="message", subject_id=queued.message_id).run_at
    assert (run_at > night, sent.waits_until is not None) == (waits, waits)


@pytest.mark.parametrize(
    ("answer", "state", "effect", "says"),
    [
        (401, "failed", "failed", "does not take the key"),
        (403, "failed", "failed", "does not let this key reply"),
        (404, "failed", "failed", "has no ticket 35 any more"),
        (422, "failed", "failed", "refused it with 422"),
        (302, "failed", "failed", "refused it with 302"),
        (429, "queued", "pending", "answered 429"),
        (503, "queued", "pending", "answered 503"),
        (500, "unknown", "unknown", "look into Zendesk ticket 35"),
        (None, "unknown", "unknown", "gave no answer"),
    ],
)
def test_what_a_helpdesk_refuses_is_shown_and_never_sent_twice_by_itself(
    make_org: Callable[..., Org], server: HelpdeskServer, answer: int | None, state: str, effect: str, says: str
) -> None:
    org = make_org(delivery="live")
    heard(connected(org, "zendesk", server.url))
    opened(org)
    server.answers = [answer]
    work_once(only=[org.id])
    work_once(only=[org.id])
    assert len(server.asked) == 1
    message = said(org)
    with tenant(organization_id=org.id):
        row = Effect.objects.get(subject_id=message.id, subject="message")
    assert (message.state, row.state) == (state, effect)
    assert says in row.outcome
    if state in ("failed", "unknown"):
        with tenant(organization_id=org.id):
            message_retry(organization_id=org.id, message_id=message.id, by=org.manager, now=START)
        work_once(only=[org.id])
        assert said(org).state == "sent"
        assert len(server.asked) == 2


def test_a_helpdesk_inside_the_house_is_not_called_and_one_that_is_gone_is_tried_again(
    make_org: Callable[..., Org], server: HelpdeskServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.conf import settings

    org = make_org(delivery="live")
    desk = connected(org, "zendesk", server.url)
    heard(desk)
    opened(org)
    port = server.url.rpartition(":")[2]
    monkeypatch.setattr(settings, "PRIVATE_HOSTS", ())
    work_once(only=[org.id])
    assert server.asked == []
    assert said(org).state == "failed"
    with tenant(organization_id=org.id):
        Helpdesk.objects.update(url=f"https://127.0.0.1:{port}")
        message_retry(organization_id=org.id, message_id=said(org).id, by=org.manager, now=START)
    work_once(only=[org.id])
    with tenant(organization_id=org.id):
        assert "inside the house" in Effect.objects.filter(subject="message").latest("id").outcome
        message_retry(organization_id=org.id, message_id=said(org).id, by=org.manager, now=START)
        Helpdesk.objects.update(url="http://127.0.0.1:1")
    monkeypatch.setattr(settings, "PRIVATE_HOSTS", ("127.0.0.1:1",))
    work_once(only=[org.id])
    with tenant(organization_id=org.id):
        assert Effect.objects.filter(subject="message").latest("id").outcome.startswith("Zendesk cannot be reached")
    assert said(org).state == "queued"


@pytest.mark.parametrize(
    ("lost", "sent", "state", "says"),
    [
        (TimeoutError(), False, "queued", "cannot be reached (TimeoutError)"),
        (OSError("no route"), False, "queued", "cannot be reached (OSError)"),
        (ConnectionResetError(), False, "queued", "cannot be reached (ConnectionResetError)"),
        (ssl.SSLError("bad"), False, "queued", "cannot be reached (SSLError)"),
        (UnicodeError("label too long"), False, "failed", "There is no host named"),
        (TimeoutError(), True, "unknown", "gave no answer (TimeoutError)"),
        (ConnectionResetError(), True, "unknown", "gave no answer (ConnectionResetError)"),
        (ssl.SSLError("bad"), True, "unknown", "gave no answer (SSLError)"),
    ],
)
def test_what_surely_never_left_is_tried_again_and_what_may_have_is_not(
    make_org: Callable[..., Org], server: HelpdeskServer, monkeypatch: pytest.MonkeyPatch,
    lost: Exception, sent: bool, state: str, says: str,
) -> None:  # fmt: skip
    def fail(*_: Any, **__: Any) -> None:
        raise lost

    org = make_org(delivery="live")
    heard(connected(org, "zendesk", server.url))
    opened(org)
    with monkeypatch.context() as breaking:
        if sent:
            breaking.setattr(http.client.HTTPConnection, "getresponse", fail)
        elif isinstance(lost, UnicodeError):
            breaking.setattr(outgoing.socket, "getaddrinfo", fail)
        else:
            breaking.setattr(outgoing, "_connected", fail)
        work_once(only=[org.id])
    with tenant(organization_id=org.id):
        assert says in Effect.objects.get(subject="message").outcome
    assert said(org).state == state


@pytest.mark.parametrize(
    ("url", "agent", "key", "says"),
    [
        ("http://desk.example.com", "a@b.example", "k", "Use https"),
        ("https://me:x@desk.example.com", "a@b.example", "k", "Leave passwords"),
        ("https://desk.example.com", "", "k", "e-mail address of the agent"),
        ("https://desk.example.com", "a@b.example", "key\u2013123", "no key"),
        ("https://other.example.com", "a@b.example", "", "Bring the key"),
        ("https://desk.example.com", "b@b.example", "", "Bring the key"),
    ],
)
def test_a_key_goes_to_no_other_address_and_is_kept_encrypted(
    org: Org, url: str, agent: str, key: str, says: str
) -> None:
    desk, shop = connected(org, "zendesk"), outside(org)
    given = {"organization_id": org.id, "hook_id": desk.hook_id, "by": org.admin, "now": START}
    right = {"url": "https://desk.example.com", "agent": "a@b.example"}
    with tenant(organization_id=org.id):
        hook_reply_set(**given, **right, key="a key of theirs")
        hook_reply_set(**given, **right, key="")
        assert b"a key of theirs" not in bytes(Helpdesk.objects.get().secret)
        with pytest.raises(UnableToKnowHelpdesk, match=says):
            hook_reply_set(**given, url=url, agent=agent, key=key)
        with pytest.raises(UnableToConnect, match="Only a helpdesk"):
            hook_reply_set(**given | {"hook_id": shop.hook_id}, **right, key="k")
        assert Helpdesk.objects.get().url == "https://desk.example.com"


def test_without_an_address_they_are_mailed_and_forgetting_leaves_what_was_said(
    make_org: Callable[..., Org], server: HelpdeskServer
) -> None:
    org = make_org(delivery="live")
    desk = connected(org, "zammad")
    heard(desk)
    opened(org)
    work_once(only=[org.id])
    assert server.asked == []
    assert said(org).address == "ana@example.com"
    with tenant(organization_id=org.id):
        hook_forget(organization_id=org.id, hook_id=desk.hook_id, by=org.admin, now=START)
        assert not Ticket.objects.exists()
        assert not Helpdesk.objects.exists()
        assert Message.objects.filter(direction="in", body="It came broken.").exists()


def test_what_is_on_another_ticket_is_another_matter(org: Org) -> None:
    desk = connected(org, "zammad")
    heard(desk)
    heard(desk, zammad(id=900, body="<b>x</b>" * 3))
    heard(desk, {**zammad(id=901), "ticket": {**zammad()["ticket"], "id": 36, "customer": {"id": 9}}})
    with tenant(organization_id=org.id):
        assert Ticket.objects.count() == 2
        assert Signal.objects.count() == 3, "each waits for a yes: nobody has an open recovery"


@pytest.mark.data
def test_what_helpdesks_themselves_give_as_examples_is_understood(org: Org, data_dir: Any) -> None:
    for kind, states in (("chatwoot", {"done"}), ("zendesk", {"done"})):
        desk = connected(org, kind)
        for one in sorted((data_dir / "webhooks" / kind).glob("*.json")):
            heard(desk, one.read_bytes())
        assert {row.state for row in desk.deliveries()} == states
    with tenant(organization_id=org.id):
        assert Message.objects.filter(direction="in").count() == 1

"""What helpdesks' deliveries tell: what a customer wrote, and nothing of what their staff did."""

from __future__ import annotations

from typing import Any

import pytest

from makegood.listen.hooks.tickets import OURS, Said, UnusableTicket, read


def zendesk(**changes: Any) -> dict[str, Any]:
    """A trigger's body as the guide gives it."""
    return {
        "ticket_id": "35", "subject": "My lamp", "text": "It came broken.", "at": "2026-11-22T09:00:00Z",
        "name": "Ana Ferreira", "email": "ana@example.com", "staff": "false", "via": "Mail", "from": "ana@example.com",
        **changes,
    }  # fmt: skip


def zendesk_event(**changes: Any) -> dict[str, Any]:
    """Zendesk's own event of a comment."""
    author = {"id": "77", "is_staff": changes.pop("is_staff", False), "name": "Ana Ferreira"}
    comment = {"id": "501", "body": "It came broken.", "is_public": True, "author": author, **changes}
    detail = {"id": "35", "subject": "My lamp", "requester_id": "77", "via": {"channel": "email"}}
    return {
        "type": "zen:event-type:ticket.comment_added", "detail": detail,
        "event": {"comment": comment},
    }  # fmt: skip


def chatwoot(**changes: Any) -> dict[str, Any]:
    """What somebody wrote in a chat, with an address that they typed."""
    return {
        "event": "message_created", "id": 501, "content": "It came broken.", "message_type": "incoming",
        "private": False, "account": {"id": 1}, "conversation": {"id": 35, "channel": "Channel::WebWidget", "meta": {}},
        "sender": {"id": 77, "name": "Ana Ferreira", "email": "ana@example.com", "type": "contact"}, **changes,
    }  # fmt: skip


def zammad(**changes: Any) -> dict[str, Any]:
    customer = {"id": 77, "firstname": "Ana", "lastname": "Ferreira", "email": "ana@example.com"}
    article = {"id": 501, "sender": "Customer", "internal": False, "content_type": "text/plain",
               "type": "email", "from": "Ana Ferreira <Ana@example.com>",
               "body": "It came broken.\n\n> Dear Ana,\n> your lamp is on its way.", "subject": "My lamp", **changes}  # fmt: skip
    return {"ticket": {"id": 35, "title": "My lamp", "customer": customer}, "article": article}


BODIES = {"zendesk": zendesk(), "chatwoot": chatwoot(), "zammad": zammad()}


@pytest.mark.parametrize("kind", sorted(BODIES))
def test_what_a_customer_wrote_is_told_with_who_they_are(kind: str) -> None:
    said = read(kind=kind, body=BODIES[kind])
    assert isinstance(said, Said)
    assert said.ticket == ("1/35" if kind == "chatwoot" else "35")
    assert (said.text, said.name, said.email) == ("It came broken.", "Ana Ferreira", "ana@example.com")
    assert said.subject == ("" if kind == "chatwoot" else "My lamp")
    assert said.message


MAILED = {"conversation": {"id": 35, "channel": "Channel::Email"}}


def mail_from(*senders: str) -> dict[str, Any]:
    return {"content_attributes": {"email": {"from": list(senders)}}}


@pytest.mark.parametrize(
    ("kind", "body", "vouched"),
    [
        ("zendesk", zendesk(), True), ("zendesk", zendesk(via="Web form"), False),
        ("zendesk", zendesk(**{"from": "mallory@example.com"}), False), ("zendesk", zendesk(via=""), False),
        ("zendesk", zendesk(email="", **{"from": ""}), False),
        ("zendesk", zendesk_event(), True),
        ("zendesk", zendesk_event() | {"detail": {"id": "35", "requester_id": "77", "via": {"channel": "web"}}}, False),
        ("chatwoot", chatwoot(), False), ("chatwoot", chatwoot(**mail_from("ana@example.com")), False),
        ("chatwoot", chatwoot(**MAILED), False), ("chatwoot", chatwoot(**MAILED, **mail_from("ANA@example.com")), True),
        ("chatwoot", chatwoot(**MAILED, **mail_from("mallory@example.com")), False),
        ("chatwoot", chatwoot(**MAILED, **mail_from("mallory@example.com", "ana@example.com")), False),
        ("zammad", zammad(), True), ("zammad", zammad(type="web"), False), ("zammad", zammad(type=None), False),
        ("zammad", zammad(**{"from": "Ana@example.com <mallory@example.com>"}), False),
    ],
)  # fmt: skip
def test_an_address_is_vouched_for_by_a_mail_that_came_from_it_alone(kind: str, body: Any, vouched: bool) -> None:
    """What is typed in a chat or a form is anybody's."""
    said = read(kind=kind, body=body)
    assert isinstance(said, Said)
    assert said.vouched is vouched


def test_zendesks_own_event_names_no_address_but_a_person() -> None:
    said = read(kind="zendesk", body=zendesk_event())
    assert isinstance(said, Said)
    assert (said.ticket, said.message, said.email, said.person) == ("35", "501", "", "77")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("zendesk", zendesk(staff="true")), ("zendesk", zendesk_event(is_staff=True)),
        ("zendesk", zendesk_event(is_public=False)), ("chatwoot", chatwoot(message_type="outgoing")),
        ("chatwoot", chatwoot(message_type=1)), ("chatwoot", chatwoot(private=True)),
        ("zammad", zammad(sender="Agent")), ("zammad", zammad(sender="System")), ("zammad", zammad(internal=True)),
    ],
)  # fmt: skip
def test_what_staff_wrote_is_nobodys_complaint(kind: str, body: Any) -> None:
    """Else our own reply would come back as an answer to itself."""
    assert read(kind=kind, body=body) == OURS


@pytest.mark.parametrize("kind", sorted(BODIES))
@pytest.mark.parametrize("body", [[], "x", None, {}, {"event": "conversation_updated"}, {"ticket": 1, "article": 2}])
def test_what_is_of_another_kind_tells_nothing(kind: str, body: Any) -> None:
    assert "othing" in str(read(kind=kind, body=body))


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("zendesk", zendesk(ticket_id="{{ticket.id}}")), ("zendesk", zendesk(ticket_id="1; DROP")),
        ("chatwoot", chatwoot(conversation={"id": None})), ("chatwoot", chatwoot(account={})),
        ("chatwoot", chatwoot(id="../1")), ("zammad", zammad(id=-1)), ("zammad", zammad(id="9" * 19)),
    ],
)  # fmt: skip
def test_a_number_that_is_none_is_refused(kind: str, body: Any) -> None:
    """It becomes a part of an address that we call."""
    with pytest.raises(UnusableTicket):
        read(kind=kind, body=body)


def test_words_are_made_plain_and_empty_ones_are_nothing() -> None:
    html = "<div>It came <b>broken</b>.<script>alert(1)</script></div>"
    said = read(kind="zammad", body=zammad(content_type="text/html", body=html))
    assert isinstance(said, Said)
    assert said.text == "It came broken."
    assert isinstance(read(kind="zendesk", body=zendesk(text="a\x00b\ud800")), Said)
    assert "no words" in str(read(kind="chatwoot", body=chatwoot(content=None)))

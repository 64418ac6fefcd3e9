"""Correcting who a customer is: whose an address is, and where what has not left goes."""

from __future__ import annotations

import attrs
import pytest
from tests.conftest import START, Org

from makegood.customers.correcting import (
    Correct,
    KnownOtherwise,
    UnableToCorrect,
    customer_correct,
    emails_read,
    phones_read,
    reached_by,
)
from makegood.customers.models import Customer, Identity
from makegood.customers.operations import Seen, customer_erase, customer_merge, customers_resolve
from makegood.journal.models import Effect, Entry
from makegood.messages.models import Message, Thread
from makegood.messages.operations import Outgoing, message_retry, messages_queue
from makegood.store.tenancy import tenant

WRONG, RIGHT = "klaus@exmaple.org", "klaus@example.org"
KLAUS = Correct(name="Klaus", language="", channel="mail", emails=(RIGHT,), phones=())


def known(org: Org, *identities: tuple[str, str], name: str = "Klaus") -> int:
    """A customer known by these; call inside a unit of work."""
    seen = Seen(identities=identities or (("email", WRONG),), name=name)
    return customers_resolve(organization_id=org.id, seen=[seen], now=START)[0]


def correct(org: Org, customer_id: int, **changes: object) -> tuple[str, ...]:
    """Correct a customer; call inside a unit of work."""
    said = attrs.evolve(KLAUS, **changes)
    return customer_correct(organization_id=org.id, customer_id=customer_id, correct=said, now=START, by=org.employee)


def message(org: Org, customer_id: int, send: str, key: str) -> Message:
    """Something said to a customer, in a conversation of its own; call inside a unit of work."""
    thread = Thread.objects.create(organization_id=org.id, customer_id=customer_id, token=key, created_at=START)
    outgoing = Outgoing(
        thread_id=thread.id,
        customer_id=customer_id,
        kind="update",
        step="update",
        subject="How it stands",
        body="Your parcel leaves Porto tomorrow, Klaus. You will have word from me by then.",
        send=send,
        key=key,
    )
    (one,) = messages_queue(organization_id=org.id, queued=[outgoing], now=START)
    return Message.objects.get(id=one.message_id or 0)


def where(row: Message) -> tuple[str, str]:
    row.refresh_from_db()
    return row.channel, row.address


def test_what_has_not_left_goes_to_the_corrected_address(org: Org) -> None:
    with tenant(organization_id=org.id):
        klaus = known(org)
        rows = [message(org, klaus, send, send.replace(":", "")) for send in ("person", "after:600")]
        gone = message(org, klaus, "person", "gone")
        Message.objects.filter(id=gone.id).update(state="sent")
        assert {row.state for row in rows} == {"draft", "queued"}
        assert correct(org, klaus) == ("email",)
        assert [where(row) for row in rows] == [("mail", RIGHT)] * 2
        assert where(gone) == ("mail", WRONG)
        correct(org, klaus, emails=())
        assert [where(row) for row in rows] == [("status", "")] * 2
        correct(org, klaus)
        correct(org, klaus, channel="status")
        assert [where(row) for row in rows] == [("status", "")] * 2


def test_what_is_being_sent_keeps_the_address_that_it_goes_to(org: Org) -> None:
    with tenant(organization_id=org.id):
        klaus = known(org)
        leaving, waiting = (message(org, klaus, "after:600", key) for key in ("leaving", "waiting"))
        Effect.objects.filter(subject="message", subject_id=leaving.id).update(state="claimed")
        correct(org, klaus)
        assert where(leaving) == ("mail", WRONG)
        assert where(waiting) == ("mail", RIGHT)


def test_what_failed_is_sent_again_to_the_corrected_address(org: Org) -> None:
    with tenant(organization_id=org.id):
        klaus = known(org)
        row = message(org, klaus, "person", "failed")
        Message.objects.filter(id=row.id).update(state="failed")
        correct(org, klaus)
        assert where(row) == ("mail", WRONG)
        message_retry(organization_id=org.id, message_id=row.id, by=org.employee, now=START)
        assert where(row) == ("mail", RIGHT)
        assert row.state == "queued"


def test_an_address_taken_out_is_free_and_the_first_is_written_to(org: Org) -> None:
    with tenant(organization_id=org.id):
        klaus = known(org, ("email", WRONG), ("phone", "+4930111222"))
        assert correct(org, klaus, emails=(RIGHT, WRONG), phones=()) == ("email", "phone")
        assert reached_by(organization_id=org.id, customer_id=klaus) == {"email": [RIGHT, WRONG], "phone": []}
        assert correct(org, klaus, emails=(WRONG, RIGHT)) == ("email",)
        assert where(message(org, klaus, "person", "first")) == ("mail", WRONG)
        correct(org, klaus)
        assert known(org, ("email", WRONG), name="Somebody else") != klaus
        entries = Entry.objects.filter(event="customers:customer:corrected").order_by("id")
        assert next((one.actor_id, one.data) for one in entries) == (org.employee, {"what": ["email", "phone"]})
        assert RIGHT not in str([one.data for one in entries])


def test_what_was_learned_since_it_was_shown_stays(org: Org) -> None:
    with tenant(organization_id=org.id):
        klaus = known(org, ("email", WRONG), ("email", "work@example.org"), ("phone", "+4930111222"))
        shown = {"seen_emails": (WRONG.upper(),), "seen_phones": ()}
        assert correct(org, klaus, **shown) == ("email",)
        now = {"email": [RIGHT, "work@example.org"], "phone": ["+4930111222"]}
        assert reached_by(organization_id=org.id, customer_id=klaus) == now
        assert correct(org, klaus, emails=("work@example.org",), seen_emails=(RIGHT,), seen_phones=()) == ("email",)
        assert reached_by(organization_id=org.id, customer_id=klaus)["email"] == ["work@example.org"]
        assert correct(org, klaus, emails=(RIGHT,), seen_emails=(RIGHT,), phones=(), seen_phones=()) == ()
        assert correct(org, klaus, emails=(), seen_emails=("work@example.org",), seen_phones=()) == ("email",)
        assert reached_by(organization_id=org.id, customer_id=klaus) == {"email": [], "phone": ["+4930111222"]}


def test_who_turned_out_to_be_them_is_corrected_with_them(org: Org) -> None:
    """Conversations of the one that was merged go to the first address, which was the wrong one's."""
    with tenant(organization_id=org.id):
        old = known(org)
        row = message(org, old, "person", "old")
        klaus = known(org, ("email", "k@example.org"))
        customer_merge(organization_id=org.id, customer_id=old, into_id=klaus, now=START, by=None)
        assert reached_by(organization_id=org.id, customer_id=old)["email"] == [WRONG, "k@example.org"]
        correct(org, old, name="Klaus Weber")
        assert where(row) == ("mail", RIGHT)
        assert Customer.objects.get(id=klaus).name == "Klaus Weber"
        assert not Identity.objects.filter(value=WRONG).exists()


def test_what_another_is_known_by_stays_theirs(org: Org) -> None:
    with tenant(organization_id=org.id):
        klaus, anna = known(org), known(org, ("email", "anna@example.org"), name="Anna")
        with pytest.raises(KnownOtherwise, match="is another customer's already") as caught:
            correct(org, klaus, emails=("anna@example.org",))
        assert caught.value.owner_id == anna
        assert reached_by(organization_id=org.id, customer_id=klaus)["email"] == [WRONG]


def test_what_is_refused_changes_nothing(org: Org) -> None:
    """The caller may go on in the same transaction, to say why: what it was refused is undone all the same."""
    with tenant(organization_id=org.id):
        klaus, anna = known(org), known(org, ("phone", "+4930999888"), name="Anna")
        with pytest.raises(KnownOtherwise) as caught:
            correct(org, klaus, phones=("+4930999888",))
        assert (caught.value.kind, caught.value.owner_id) == ("phone", anna)
        with pytest.raises(UnableToCorrect, match="so that somebody knows who this is"):
            correct(org, klaus, name=" ", emails=())
        assert reached_by(organization_id=org.id, customer_id=klaus) == {"email": [WRONG], "phone": []}
        assert Customer.objects.get(id=klaus).name == "Klaus"


def test_nobody_is_left_without_a_name_and_an_address(org: Org) -> None:
    with pytest.raises(UnableToCorrect, match="so that somebody knows who this is"), tenant(organization_id=org.id):
        correct(org, known(org), name=" ", emails=())


def test_nothing_is_written_of_who_was_erased(org: Org) -> None:
    with tenant(organization_id=org.id):
        klaus = known(org)
        customer_erase(organization_id=org.id, customer_id=klaus, now=START, by=None)
        with pytest.raises(UnableToCorrect, match="erased"):
            correct(org, klaus)
        with pytest.raises(UnableToCorrect, match="no such customer"):
            correct(org, 9_999_999)


@pytest.mark.parametrize("line", ["klaus", "klaus@", "Klaus <klaus@example.org>", "a@b.org, c@d.org", "06 12345678"])
def test_a_line_that_is_no_address_is_named(line: str) -> None:
    with pytest.raises(UnableToCorrect, match="is no e-mail address"):
        emails_read(text=f"ok@example.org\n{line}")


@pytest.mark.parametrize("line", ["12", "ring twice", "a@example.org", "06 12345678 06 87654321"])
def test_a_line_that_is_no_number_is_named(line: str) -> None:
    with pytest.raises(UnableToCorrect, match="is no phone number"):
        phones_read(text=line)


def test_lines_are_read_as_they_are_kept() -> None:
    assert emails_read(text=" A@example.org\n\na@EXAMPLE.org \nb@example.org") == ("A@example.org", "b@example.org")
    assert phones_read(text="+44 (0)20 7946 0958\n06-12345678") == ("+442079460958", "0612345678")

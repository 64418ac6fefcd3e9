"""What is said: queued, drafted, sent with a click, stopped, tried again, received, forgotten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest
from tests.conftest import START, Org
from tests.support.given import APOLOGY, at_once, email, outgoing, step, thread
from tests.support.recoveries import customer

from makegood.config.working import work_dry, work_once
from makegood.core.wording import Case
from makegood.customers.operations import customer_erase, customer_merge
from makegood.journal.models import Effect, Entry
from makegood.messages.judging import _shape_blocks
from makegood.messages.links import message_id_of, reply_address, status_read, status_url, tokens_in
from makegood.messages.models import Apology, Message, Thread
from makegood.messages.operations import (
    Outgoing,
    Queued,
    UnableToQueue,
    UnableToSend,
    UnableToStop,
    message_draft,
    message_received,
    message_retry,
    message_send,
    message_stop,
    messages_queue,
    note_add,
)
from makegood.messages.queries import (
    drafts_waiting,
    inbox_page,
    messages_in_trouble,
    messages_sent_count,
    notices_of_member,
    thread_messages,
)
from makegood.messages.staff import notices_write
from makegood.organizations.models import Organization
from makegood.organizations.operations import sending_stop
from makegood.store.secrets import UnknownToken
from makegood.store.tenancy import tenant

DAY = timedelta(days=1)
EVASIVE = "We apologise for any inconvenience this may have caused. Your call is important to us."


def queue(org: Org, *wanted: Outgoing) -> list[Queued]:
    with tenant(organization_id=org.id):
        return messages_queue(organization_id=org.id, queued=list(wanted), now=START)


def say(org: Org, **facts: Any) -> Queued:
    with tenant(organization_id=org.id):
        thread_id = facts.pop("thread_id", None) or thread(org, facts.get("customer_id"))
    return queue(org, outgoing(thread_id, org, **facts))[0]


def row(org: Org, message_id: int | None) -> Message:
    with tenant(organization_id=org.id):
        return Message.objects.get(id=message_id)


def events(org: Org, message_id: int | None) -> list[str]:
    with tenant(organization_id=org.id):
        found = Entry.objects.filter(subject="message", subject_id=message_id, event__startswith="messages:").order_by(
            "id"
        )
        return [entry.event.rpartition(":")[2] for entry in found]


def send(org: Org, message_id: int | None, **facts: Any) -> Queued:
    with tenant(organization_id=org.id):
        return message_send(organization_id=org.id, message_id=message_id or 0, by=org.employee, now=START, **facts)


def test_at_once_is_queued_and_sent_at_its_own_moment(org: Org) -> None:
    at = START - timedelta(minutes=5)
    said = say(org, at=at)
    assert (said.state, row(org, said.message_id).channel) == ("queued", "status")
    work_dry(only=[org.id])
    sent = row(org, said.message_id)
    assert (sent.state, sent.sent_at) == ("sent", at), "a stepped clock settles each at its own moment"
    assert events(org, said.message_id) == ["queued", "sent"]


def test_a_customer_with_an_address_is_written_to_there(org: Org) -> None:
    with tenant(organization_id=org.id):
        email(org, "first@example.com")
        email(org, "second@example.com")
    sent = row(org, say(org).message_id)
    assert (sent.channel, sent.address) == ("mail", "first@example.com")


def test_the_address_of_the_customer_into_whom_they_were_merged_counts(org: Org) -> None:
    with tenant(organization_id=org.id):
        old = customer(org)
        customer_merge(organization_id=org.id, customer_id=old, into_id=org.customer, now=START, by=None)
        email(org)
    assert row(org, say(org, customer_id=old).message_id).address == "ana@example.com"


def test_after_minutes_waits_and_can_be_stopped(org: Org) -> None:
    first, second = say(org, send="after:30", apology_key="k"), say(org, send="after:30", kind="update")
    assert work_dry(only=[org.id]) == 0
    with tenant(organization_id=org.id):
        message_stop(organization_id=org.id, message_id=first.message_id or 0, by=org.employee, now=START)
    step(org, timedelta(minutes=31))
    work_dry(only=[org.id])
    assert [row(org, one.message_id).state for one in (first, second)] == ["stopped", "sent"]
    assert row(org, second.message_id).sent_at == START + timedelta(minutes=30)
    with pytest.raises(UnableToStop), tenant(organization_id=org.id):
        message_stop(organization_id=org.id, message_id=second.message_id or 0, by=org.employee, now=START)
    assert say(org, apology_key="k").state == "queued", "what was stopped was not said"


def test_the_same_key_is_said_once(org: Org) -> None:
    assert say(org, key="again", kind="update").state == "queued"
    assert say(org, key="again", kind="update").state == "known"
    with tenant(organization_id=org.id):
        assert Message.objects.count() == Effect.objects.count() == 1


def test_a_person_sends_a_draft_with_the_text_as_they_left_it(org: Org) -> None:
    draft = say(org, send="person")
    assert draft.state == "draft"
    assert work_dry(only=[org.id]) == 0, "no apology leaves without a click"
    answer = send(org, draft.message_id, body=APOLOGY + "Really.\n", case=Case(fault="ours"))
    assert answer.state == "queued"
    work_dry(only=[org.id])
    sent = row(org, draft.message_id)
    assert (sent.state, sent.author_id, sent.body) == ("sent", org.employee, APOLOGY + "Really.\n")
    with pytest.raises(UnableToSend, match="meanwhile"):
        send(org, draft.message_id)


def test_a_draft_asked_for_twice_is_one(org: Org) -> None:
    with tenant(organization_id=org.id):
        wanted = outgoing(thread(org), org, key="one")
        ids = {message_draft(organization_id=org.id, draft=wanted, now=START) for _ in range(2)}
        assert len(ids) == 1
        assert [one.id for one in drafts_waiting(organization_id=org.id)] == list(ids)


def test_an_empty_message_is_not_sent(org: Org) -> None:
    with pytest.raises(UnableToSend, match="Write something"):
        send(org, say(org, send="person").message_id, body="  ")


def test_invariant_8_wording_that_blocks_needs_a_written_reason_which_is_kept(org: Org) -> None:
    draft = say(org, send="person", body=EVASIVE)
    with pytest.raises(UnableToSend) as refused:
        send(org, draft.message_id)
    assert refused.value.findings
    assert send(org, draft.message_id, override_reason="Legal wants it so").state == "queued"
    kept = row(org, draft.message_id)
    assert kept.override_reason == "Legal wants it so"
    assert {finding["rule"] for finding in refused.value.findings} <= {finding["rule"] for finding in kept.findings}


@pytest.mark.parametrize("way", ["at_once", "after:5"])
def test_invariant_8_what_would_go_by_itself_but_is_badly_worded_waits_for_a_person(org: Org, way: str) -> None:
    assert say(org, send=way, body=EVASIVE).state == "draft"
    assert say(org, send=way).state == "queued"


def test_invariant_8_the_second_apology_is_blocked_shown_and_journalled(org: Org) -> None:
    with tenant(organization_id=org.id):
        thread_id = thread(org)
    first, second, other = queue(
        org,
        *(outgoing(thread_id, org, apology_key=key) for key in ("incident:1", "incident:1", "incident:2")),
    )
    assert [first.blocked, second.blocked, other.blocked] == [False, True, False]
    blocked = row(org, second.message_id)
    assert (blocked.state, blocked.findings[0]["rule"]) == ("stopped", "message.apology_once")
    assert events(org, second.message_id) == ["blocked"]
    with tenant(organization_id=org.id):
        assert not Effect.objects.filter(subject_id=second.message_id).exists()


def test_invariant_8_a_click_is_held_to_it_too_and_the_draft_stays(org: Org) -> None:
    drafts = [say(org, send="person", apology_key="late:shop") for _ in range(2)]
    assert [send(org, one.message_id).state for one in drafts] == ["queued", "blocked"]
    assert row(org, drafts[1].message_id).state == "draft"
    assert events(org, drafts[1].message_id) == ["drafted", "blocked"]


@pytest.mark.parametrize(("days", "state"), [(90 * DAY - timedelta(microseconds=1), "blocked"), (90 * DAY, "queued")])
def test_invariant_8_holds_for_90_days_from_the_one_before(org: Org, days: timedelta, state: str) -> None:
    assert say(org, apology_key="k").state == "queued"
    assert say(org, apology_key="k", at=START + days).state == state


def test_invariant_8_counts_a_merged_customer_as_one(org: Org) -> None:
    with tenant(organization_id=org.id):
        old = customer(org)
        customer_merge(organization_id=org.id, customer_id=old, into_id=org.customer, now=START, by=None)
    assert say(org, apology_key="k", customer_id=old).state == "queued"
    assert say(org, apology_key="k").state == "blocked"


def test_invariant_8_under_concurrency_one_is_said(org: Org) -> None:
    drafts = [say(org, send="person", apology_key="k") for _ in range(8)]
    states = at_once([lambda one=one: send(org, one.message_id).state for one in drafts])
    assert sorted(map(str, states)) == ["blocked"] * 7 + ["queued"]
    with tenant(organization_id=org.id):
        periods = list(Apology.objects.values_list("customer_id", "key_hash", "period"))
        assert not [1 for a, b in combinations(periods, 2) if a[:2] == b[:2]]


def test_invariant_8_two_batches_of_the_same_customers_say_it_once_each(org: Org) -> None:
    with tenant(organization_id=org.id):
        people = [customer(org) for _ in range(40)]
        threads = {one: thread(org, one) for one in people}

    def batch(order: list[int]) -> list[str]:
        return [
            one.state
            for one in queue(
                org, *(outgoing(threads[one], org, customer_id=one, apology_key="incident:9") for one in order)
            )
        ]

    found = at_once([lambda: batch(people), lambda: batch(people[::-1]), lambda: batch(people)])
    said = [state for states in found if isinstance(states, list) for state in states]
    assert (said.count("queued"), said.count("blocked")) == (40, 80)


def test_the_stop_button_halts_sending_until_it_is_released(org: Org) -> None:
    said = say(org)
    with tenant(organization_id=org.id):
        sending_stop(organization_id=org.id, now=START, by=org.admin, stopped=True)
    assert work_once(only=[org.id]) == 0
    with tenant(organization_id=org.id):
        sending_stop(organization_id=org.id, now=START, by=org.admin, stopped=False)
    work_once(only=[org.id])
    assert row(org, said.message_id).state == "sent"


def test_a_shadow_sends_nothing_counts_nothing_and_gives_the_apology_back(make_org: Callable[..., Org]) -> None:
    org = make_org(delivery="shadow")
    said = say(org, apology_key="k")
    work_dry(only=[org.id])
    assert row(org, said.message_id).state == "stopped"
    with tenant(organization_id=org.id):
        assert messages_sent_count(organization_id=org.id) == 0
        assert inbox_page(organization_id=org.id) == []
        assert not Apology.objects.exists()


def test_what_failed_or_is_unknown_is_shown_and_sent_again_by_a_person_under_its_message_id(org: Org) -> None:
    said = say(org, apology_key="k")
    with tenant(organization_id=org.id):
        Effect.objects.update(state="unknown")
        Message.objects.update(state="unknown")
        assert [one.id for one in messages_in_trouble(organization_id=org.id)] == [said.message_id]
    before = row(org, said.message_id).message_id
    with tenant(organization_id=org.id):
        message_retry(organization_id=org.id, message_id=said.message_id or 0, by=org.employee, now=START)
    work_dry(only=[org.id])
    again = row(org, said.message_id)
    assert (again.state, again.message_id) == ("sent", before)
    with pytest.raises(UnableToSend), tenant(organization_id=org.id):
        message_retry(organization_id=org.id, message_id=said.message_id or 0, by=org.employee, now=START)


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"send": "tomorrow"}, "use person, at_once or after:N"),
        ({"kind": "poem"}, "no kind of message"),
        ({"thread_id": 10**12}, "no thread"),
    ],
)
def test_an_unusable_message_is_refused_in_one_sentence(org: Org, facts: dict[str, Any], says: str) -> None:
    with pytest.raises(UnableToQueue, match=says):
        say(org, **facts)


def test_a_reply_finds_its_thread_by_address_reference_or_token_and_is_taken_once(org: Org) -> None:
    with tenant(organization_id=org.id):
        email(org)
    said = row(org, say(org, kind="update").message_id)
    with tenant(organization_id=org.id):
        token = Thread.objects.get().token
    to = reply_address(address="care@shop.example", token=token)
    assert to == f"care+{token}@shop.example"
    ways: list[dict[str, Any]] = [
        {"addresses": [to.lower()]},
        {"references": [said.message_id]},
        {"token": token, "channel": "status"},
    ]
    for number, way in enumerate(ways):
        for new in (True, False):
            with tenant(organization_id=org.id):
                got = message_received(organization_id=org.id, key=f"m{number}", at=START, body="Thanks", **way)
            assert (got.thread_id, got.customer_id, got.new) == (said.thread_id, org.customer, new)
    with tenant(organization_id=org.id):
        heard = Entry.objects.filter(event="messages:message:received")
        assert [entry.data for entry in heard] == [{"thread": said.thread_id, "kind": "reply", "mail": "person"}] * 3, (
            "each once"
        )


def test_what_answers_nothing_of_ours_is_kept_without_a_thread(org: Org) -> None:
    with tenant(organization_id=org.id):
        got = message_received(
            organization_id=org.id, key="x", at=START, body="Hello", references=["<a@b>", "<Thread-token-0.1@b>"]
        )
        assert (got.thread_id, got.new) == (None, True)


def test_a_bounce_marks_the_message_as_failed_and_gives_its_apology_back(org: Org) -> None:
    said = say(org, apology_key="k")
    work_dry(only=[org.id])
    with tenant(organization_id=org.id):
        sent = Message.objects.get(id=said.message_id)
        message_received(
            organization_id=org.id, key="b", at=START, body="550", references=[sent.message_id], mail="bounce"
        )
    assert row(org, said.message_id).state == "failed"
    assert events(org, said.message_id) == ["queued", "sent", "failed"]
    assert say(org, apology_key="k").state == "queued"


def test_the_customer_sees_what_was_sent_and_nothing_else(org: Org) -> None:
    with tenant(organization_id=org.id):
        thread_id = thread(org)
    sent = say(org, thread_id=thread_id)
    work_dry(only=[org.id])
    say(org, thread_id=thread_id, send="person")
    with tenant(organization_id=org.id):
        note_add(organization_id=org.id, thread_id=thread_id, by=org.employee, body="Be careful", now=START)
        assert len(thread_messages(organization_id=org.id, thread_id=thread_id)) == 3
        seen = thread_messages(organization_id=org.id, thread_id=thread_id, public=True)
        assert [one.id for one in seen] == [sent.message_id]
        assert messages_sent_count(organization_id=org.id) == 1


def test_staff_are_told_once(org: Org) -> None:
    note = {"recovery": 7, "number": 12, "what": "breach.fix", "due_at": START.isoformat()}
    for _ in range(2):
        with tenant(organization_id=org.id):
            notices_write(organization_id=org.id, told=[("staff:1", {"member": org.manager, "notes": [note]}, START)])
    with tenant(organization_id=org.id):
        (told,) = notices_of_member(organization_id=org.id, member_id=org.manager)
        assert told.subject == "Recovery R-12 is late (the fix)."
        assert told.body.endswith("/recoveries/R-12\n")
        assert messages_sent_count(organization_id=org.id) == 0


def test_invariant_13_erasing_blanks_words_stops_what_has_not_left_and_keeps_the_keys(org: Org) -> None:
    with tenant(organization_id=org.id):
        email(org)
    later = say(org, send="after:30", key="later")
    with tenant(organization_id=org.id):
        message_received(
            organization_id=org.id, key="in", at=START, body="I am Ana", address="ana@example.com",
            message_id="<ana@example.com>", customer_id=org.customer,
        )  # fmt: skip
        customer_erase(organization_id=org.id, customer_id=org.customer, now=START, by=org.admin)
        for one in Message.objects.all():
            assert (one.subject, one.body, one.address, one.findings) == ("", "", "", [])
            assert "ana" not in one.message_id
    step(org, DAY)
    assert work_dry(only=[org.id]) == 0
    assert row(org, later.message_id).state == "stopped"
    assert say(org, key="later").state == "known"


def test_links_name_their_conversation_and_nothing_else_is_believed(org: Org) -> None:
    url = status_url(organization_id=org.id, token="abcdefgh")
    read = status_read(signed=url.rpartition("/s/")[2])
    assert (read.organization_id, read.token) == (org.id, "abcdefgh")
    for forged in (url.rpartition("/")[2][:-1], f"{org.id}.abcdefgh", ""):
        with pytest.raises(UnknownToken):
            status_read(signed=forged)
    ours = message_id_of(token="abcdefgh", message_id=5)
    assert tokens_in(references=["<x@y>", ours], addresses=["Care+tokentoken@shop.example"]) == [
        "tokentoken",
        "abcdefgh",
    ]


def test_another_language_is_said_to_be_unchecked_not_passed(org: Org) -> None:
    with tenant(organization_id=org.id):
        Organization.objects.update(language="nl")
    draft = say(org, send="person", body="Het spijt me.")
    assert [finding["rule"] for finding in send(org, draft.message_id).findings] == ["wording.unchecked"]


def test_what_was_promised_stops_no_letter_and_costs_no_second_judging(org: Org) -> None:
    """A letter of a template leaves by itself whatever a source called the promise; the shape is judged once."""
    body = "Dear Ana,\n\nI am sorry that we did not keep our promise to you ({what}) on Monday 2 March. That was our"
    body += " mistake. I have it sent again today, and you hear from me by 14:00.\n\nMaria"
    before = _shape_blocks.cache_info().misses
    for what in ("UA 1545 from EWR to MSP", "OO 88 from JFK via PNR to CVG", "a lamp"):
        case = Case(fault="ours", told=(what,))
        assert (
            say(org, kind="apology", send="at_once", body=body.format(what=what), case=case, key=what).state == "queued"
        )
    assert _shape_blocks.cache_info().misses - before <= 1

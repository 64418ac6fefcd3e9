"""Words that a colleague begins on a case: filled in, in the customer's language, under the rules of any other."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from tests.conftest import START, Org
from tests.functional.test_views import _no_throttle, _quick_passwords, recovery_of, signed_in
from tests.support.recoveries import opened, reply, say, step_to, steps

from makegood.config.working import work_dry
from makegood.customers.models import Customer, Identity
from makegood.messages.models import Message
from makegood.organizations.operations import playbook_publish
from makegood.recoveries.models import Recovery
from makegood.recoveries.operations import extra_offer
from makegood.rules.phrases import by_moment, gap_in, phrase
from makegood.rules.playbooks import data_of, text_of
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]


def begun(org: Org, recovery: Recovery, kind: str) -> Message:
    """The draft that the page begins."""
    client = signed_in(org, org.manager)
    url = f"/recoveries/R-{recovery.number}"
    assert client.post(f"{url}/say", {"begin": kind}).status_code == 302
    with tenant(organization_id=org.id):
        return (
            Message.objects.select_related("thread")
            .filter(thread_id=recovery.thread_id, state="draft", author_id=org.manager)
            .latest("id")
        )


def test_a_begun_apology_is_the_same_apology(org: Org) -> None:
    """Begun by hand, it counts against the one that they had already (invariant 8): it stays a draft, and says so."""
    recovery = recovery_of(org)
    client, url = signed_in(org, org.manager), f"/recoveries/R-{recovery.number}"
    with tenant(organization_id=org.id):
        said = Message.objects.get(thread_id=recovery.thread_id, kind="apology", state="draft")
    assert client.post(f"{url}/say", {"draft": said.id, "text": said.body, "keep": "as drafted"}).status_code == 302
    again = begun(org, recovery, "apology")
    assert again.apology_key == said.apology_key != ""
    sent = client.post(f"{url}/say", {"draft": again.id, "text": again.body, "keep": "as begun"})
    assert sent.status_code == 422
    assert "They have had this apology in the last 90 days." in sent.content.decode()


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "pt"])
@pytest.mark.parametrize("kind", ["apology", "update", "outcome", "follow_up"])
def test_words_begin_filled_in_their_language(org: Org, kind: str, language: str) -> None:
    """Greeting, subject and body are theirs, signed by who began them; the linter stops none of its own words."""
    with tenant(organization_id=org.id):
        Customer.objects.filter(id=org.customer).update(language=language)
    recovery = recovery_of(org)
    draft = begun(org, recovery, kind)
    assert draft.subject.startswith(phrase(f"mail.{kind}", language=language, organization="")[:12])
    assert draft.body.splitlines()[0].endswith((",", ":"))
    assert draft.thread.token in draft.body
    page = signed_in(org, org.manager).get(f"/recoveries/R-{recovery.number}").content.decode()
    assert "Change this" not in page


def test_words_in_a_language_without_rules_are_said_to_be_unchecked(org: Org) -> None:
    with tenant(organization_id=org.id):
        Customer.objects.filter(id=org.customer).update(language="pt")
    recovery = recovery_of(org)
    begun(org, recovery, "update")
    page = signed_in(org, org.manager).get(f"/recoveries/R-{recovery.number}").content.decode()
    assert "nothing was checked" in page
    assert "Nothing to change in the wording" not in page
    assert "lacks" not in page


def test_the_sentence_that_apologises_is_not_taken_out(org: Org) -> None:
    """Where a word is found fault with in the sentence that says sorry, it is to be said otherwise, not left out whole."""
    recovery = recovery_of(org)
    draft = begun(org, recovery, "apology")
    text = "Dear Ana,\n\nI am sorry that the XQP and the ZLT failed. ABQ and KWV say so too. It was our mistake.\n"
    client = signed_in(org, org.manager)
    found = client.post(f"/recoveries/R-{recovery.number}/lint", {"draft": draft.id, "text": text}).content.decode()
    taken = {
        quote: "Take it out" in rest for quote, rest in re.findall(r"<mark>(\w+)</mark>(.*?)</li>", found, re.DOTALL)
    }
    assert (taken["XQP"], taken["ABQ"]) == (False, True)


def test_an_offer_says_what_it_is_worth(org: Org) -> None:
    """The letter names the amount as the customer's language writes it, and claims nothing of the repair."""
    with tenant(organization_id=org.id):
        Customer.objects.filter(id=org.customer).update(language="de")
        recovery = opened(org, loss="money", price_minor=50_000, currency="EUR", kind="wrong_charge")
        extra_offer(organization_id=org.id, recovery_id=recovery.id, remedy="money-10", by=org.manager, now=START)
        letter = Message.objects.get(thread_id=recovery.thread_id, kind="offer")
    assert "(10,00\u00a0€)" in letter.body


def queued_apology(org: Org, *, send: str) -> Recovery:
    """A recovery whose apology goes as this playbook's step says."""
    text = text_of("default").replace(
        "apologise: { minutes: 240, send: person }", f"apologise: {{ minutes: 240, send: {send} }}"
    )
    with tenant(organization_id=org.id):
        playbook_publish(organization_id=org.id, code="default", text=text, data=data_of(text), now=START)
    return recovery_of(org)


def test_words_that_go_by_themselves_can_be_stopped_until_then(org: Org) -> None:
    """An apology sent `after:30` says when it leaves; stopped, it is not sent, and the step asks for words again."""
    recovery = queued_apology(org, send="after:30")
    client, url = signed_in(org, org.manager), f"/recoveries/R-{recovery.number}"
    page = client.get(url).content.decode()
    assert "It leaves by itself today 10:30, unless you stop it." in page
    with tenant(organization_id=org.id):
        queued = Message.objects.get(thread_id=recovery.thread_id, kind="apology", state="queued")
    assert (
        "It is stopped: they do not get it."
        in client.post(f"{url}/say", {"stop": queued.id}, follow=True).content.decode()
    )
    step_to(org, START + timedelta(minutes=31))
    work_dry(only=[org.id])
    with tenant(organization_id=org.id):
        assert Message.objects.get(id=queued.id).state == "stopped"
    assert "say sorry to Ana" in client.get(url).content.decode()
    again = client.post(f"{url}/say", {"stop": queued.id})
    assert again.status_code == 422
    assert "It has left already, or was stopped" in again.content.decode()


def test_words_that_nobody_stops_leave_at_their_time(org: Org) -> None:
    """Not before the minute, and at it."""
    recovery = queued_apology(org, send="after:30")
    for minutes, state in ((29, "queued"), (30, "sent")):
        step_to(org, START + timedelta(minutes=minutes))
        work_dry(only=[org.id])
        with tenant(organization_id=org.id):
            assert Message.objects.get(thread_id=recovery.thread_id, kind="apology").state == state, minutes


def test_a_mail_that_waits_for_the_morning_says_so(org: Org) -> None:
    """A later look sent in the customer's night leaves after it, and the page says when."""
    with tenant(organization_id=org.id):
        Customer.objects.filter(id=org.customer).update(zone="America/New_York")
        Identity.objects.create(organization_id=org.id, customer_id=org.customer, kind="email", value="ana@example.com")
    recovery = recovery_of(org)
    draft = begun(org, recovery, "follow_up")
    client, url = signed_in(org, org.manager), f"/recoveries/R-{recovery.number}"
    sent = client.post(f"{url}/say", {"draft": draft.id, "text": draft.body}, follow=True).content.decode()
    assert "It is night where they are: it leaves today 14:00." in sent


def test_two_kinds_of_news_at_once_are_stopped_where_one_sees_why(org: Org) -> None:
    """An outcome right after an update says until when to wait, and takes a reason; the outcome answers as well."""
    recovery = recovery_of(org)
    client, url = signed_in(org, org.manager), f"/recoveries/R-{recovery.number}"
    update = begun(org, recovery, "update")
    assert client.post(f"{url}/say", {"draft": update.id, "text": update.body}).status_code == 302
    outcome = begun(org, recovery, "outcome")
    found = client.post(f"{url}/lint", {"draft": outcome.id, "text": outcome.body}).content.decode()
    assert "Wait until today 22:00, or say why it goes now." in found
    assert "Nothing to change" not in found
    assert client.post(f"{url}/say", {"draft": outcome.id, "text": outcome.body}).status_code == 422
    sent = client.post(f"{url}/say", {"draft": outcome.id, "text": outcome.body, "keep": "She asked for it"})
    assert sent.status_code == 302


def test_who_is_told_how_it_ended_is_answered(org: Org) -> None:
    """One letter does both steps, so that nobody has to send an update besides."""
    with tenant(organization_id=org.id):
        recovery = opened(org)
        say(org, recovery, "outcome", at=START + timedelta(minutes=5))
        assert {steps(org, recovery)[one] for one in ("respond", "communicate")} == {"done"}


def test_second_news_names_the_first_by_when_it_was_sent(org: Org) -> None:
    """Begun two hours before it was sent: the page counts twelve hours from the sending, and marks no foreign words."""
    recovery = recovery_of(org)
    update = begun(org, recovery, "update")
    with tenant(organization_id=org.id):
        Message.objects.filter(id=update.id).update(
            state="sent", created_at=START - timedelta(hours=2), sent_at=START - timedelta(minutes=1)
        )
    outcome = begun(org, recovery, "outcome")
    typed = {"draft": outcome.id, "text": outcome.body}
    page = signed_in(org, org.manager).post(f"/recoveries/R-{recovery.number}/lint", typed).content.decode()
    assert f"“{update.subject}” went to them" in page
    assert f"<mark>{update.subject}</mark>" not in page
    until = re.search(r"Wait until ([^,]*), or say why", page)
    assert until is not None
    assert until[1].endswith("21:59") or until[1].endswith("20:59")


def test_a_promise_that_is_over_is_marked_before_it_is_sent_and_mended_with_a_click(org: Org) -> None:
    """The panel says so itself, with a reason to give or a new time at one click, and nothing for the ledger."""
    recovery = recovery_of(org)
    client, url = signed_in(org, org.manager), f"/recoveries/R-{recovery.number}"
    with tenant(organization_id=org.id):
        draft = Message.objects.get(thread_id=recovery.thread_id, kind="apology", state="draft")
    late = START + timedelta(days=3)
    step_to(org, late)
    said = by_moment(draft.next_by_at or late, zone="Europe/Amsterdam", language="en")
    page = client.get(url).content.decode()
    assert f"<mark>{said}</mark>" in page
    assert 'name="keep"' in page
    assert "Nothing to change in the wording" not in page
    assert 'name="word"' not in page
    typed = client.post(f"{url}/lint", {"draft": draft.id, "text": draft.body}).content.decode()
    assert f"<mark>{said}</mark>" in typed
    assert said not in client.post(f"{url}/lint", {"draft": draft.id, "text": "Dear Ana, soon."}).content.decode()
    mine = draft.body.replace("I am sorry", "I am very sorry")
    renewed = client.post(f"{url}/say", {"draft": draft.id, "subject": "Mine", "text": mine, "renew": "1"})
    assert renewed.status_code == 302
    with tenant(organization_id=org.id):
        after = Message.objects.get(id=draft.id)
    assert after.next_by_at is not None
    assert after.next_by_at > late
    assert after.body == mine.replace(said, by_moment(after.next_by_at, zone="Europe/Amsterdam", language="en"))
    assert "<mark>" not in client.get(url).content.decode()


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "pt"])
def test_an_answer_leaves_the_answer_to_the_person_and_does_not_leave_without_it(org: Org, language: str) -> None:
    """They asked something: the draft thanks them and holds a mark, and neither a click nor a reason sends that."""
    with tenant(organization_id=org.id):
        Customer.objects.filter(id=org.customer).update(language=language)
    recovery = recovery_of(org)
    with tenant(organization_id=org.id):
        reply(org, recovery, "Which gate?", at=START + timedelta(minutes=1))
    draft, gap = begun(org, recovery, "update"), phrase("mail.gap", language=language)
    assert gap in draft.body
    client, url = signed_in(org, org.manager), f"/recoveries/R-{recovery.number}"
    checked = client.post(f"{url}/lint", {"draft": draft.id, "text": draft.body}).content.decode()
    assert f"<mark>{gap}</mark>" in checked
    held = client.post(f"{url}/say", {"draft": draft.id, "text": draft.body, "keep": "It stays"})
    assert held.status_code == 422
    answered = draft.body.replace(gap, "Gate 12.")
    assert client.post(f"{url}/say", {"draft": draft.id, "text": answered, "keep": "It stays"}).status_code == 302


def test_news_that_nobody_asked_for_has_nothing_to_fill_in(org: Org) -> None:
    assert gap_in(begun(org, recovery_of(org), "update").body) == ""

"""The pages of incidents: what they say was sent and is held, and that a yes signs for what was shown."""

from __future__ import annotations

import html
import re

import pytest
from tests.conftest import START, Org
from tests.functional.test_views import signed_in
from tests.support.recoveries import customer, failure, open_for, playbook_with

from makegood.failures.incidents import (
    failures_attach,
    failures_hold,
    failures_take,
    incident_confirm,
    incident_propose,
)
from makegood.failures.models import Incident
from makegood.makegoods.models import MakeGood
from makegood.messages.models import Message
from makegood.organizations.models import Member
from makegood.recoveries.models import Recovery
from makegood.store.tenancy import tenant


def _proposed(org: Org, failures: int) -> int:
    """A burst that waits for a decision, with so many failures of which nobody has heard."""
    with tenant(organization_id=org.id):
        incident_id = incident_propose(
            organization_id=org.id, reason="burst", title="The till: many customers let down within minutes", at=START,
            active_from=START, active_to=START, reasons=[], place_id=org.place,
        )  # fmt: skip
    _grow(org, incident_id, failures)
    return incident_id


def _grow(org: Org, incident_id: int, failures: int) -> None:
    with tenant(organization_id=org.id):
        found = [failure(org, place_id=org.place) for _ in range(failures)]
        failures_attach(organization_id=org.id, incident_id=incident_id, failure_ids=found, at=START)


@pytest.mark.parametrize("address", ["/incidents/I-1", "/"])
def test_a_yes_to_an_incident_reaches_no_more_than_was_said(org: Org, address: str) -> None:
    """Where the incident grew further since the page was drawn, the page comes back with the new number."""
    incident_id = _proposed(org, 2)
    client = signed_in(org, org.manager)
    shown = client.get(address).content.decode()
    assert 'name="seen" value="2"' in shown
    assert "your yes reaches up to 10 more; then you are asked again." in shown
    _grow(org, incident_id, 11)
    refused = client.post("/incidents/I-1/confirm", {"seen": "2"})
    page = refused.content.decode()
    assert refused.status_code == 422
    assert "It has grown to 13 since you looked: say yes again." in page
    assert 'name="seen" value="13"' in page
    with tenant(organization_id=org.id):
        assert Incident.objects.get(organization_id=org.id).state == "proposed"
    assert client.post("/incidents/I-1/confirm", {"seen": "3"}).status_code == 302
    with tenant(organization_id=org.id):
        incident = Incident.objects.get(organization_id=org.id)
        assert (incident.state, incident.room) == ("open", 0)


def test_who_was_written_to_before_the_proposal_is_told_apart(org: Org) -> None:
    """The page reads from the messages who is held and who has heard from us, and shows each as it is."""
    with tenant(organization_id=org.id):
        early = [failure(org, place_id=org.place) for _ in range(4)]
        open_for(org, *early)
    incident_id = _proposed(org, 5)
    with tenant(organization_id=org.id):
        failures_hold(organization_id=org.id, incident_id=incident_id, failure_ids=early, at=START)
    client = signed_in(org, org.manager)
    page = client.get("/incidents/I-1").content.decode()
    assert "Held: 9. None of them has been written to." in page
    assert page.count("Held, nothing sent") == 9
    assert "Yes opens a recovery for each of the 5 that have none yet" in page
    with tenant(organization_id=org.id):
        threads = Recovery.objects.filter(organization_id=org.id, number__lte=3).values("thread_id")
        first = Message.objects.filter(organization_id=org.id, kind="acknowledgement", thread_id__in=threads)
        assert first.update(state="sent", sent_at=START) == 3
    page = client.get("/incidents/I-1").content.decode()
    assert "Held: 6. Already written to: 3 (R-1 to R-3)." in page
    assert page.count("Written to already, the rest is held") == 3
    assert page.count("Held, nothing sent") == 6
    assert page.count(". Next: Say sorry") == 4, "those that had begun go on, with the clock that Today shows"
    assert page.count("no clock") == 5
    assert all(f'href="/recoveries/R-{number}"' in page for number in range(1, 5))
    assert "Nothing has been sent" not in page


def test_one_form_does_it_for_all_and_says_what_it_could_not(org: Org) -> None:
    """The fix and the same extra for every open recovery; whoever may not decide about incidents sees no such form."""
    incident_id = _proposed(org, 0)
    with tenant(organization_id=org.id):
        found = [failure(org, place_id=org.place, customer_id=customer(org)) for _ in range(3)]
        failures_attach(organization_id=org.id, incident_id=incident_id, failure_ids=found, at=START)
    client = signed_in(org, org.manager)
    assert "For all of them at once" not in client.get("/incidents/I-1").content.decode()
    client.post("/incidents/I-1/confirm", {"seen": "3"})
    with tenant(organization_id=org.id):
        numbers = list(Recovery.objects.filter(incident_id=incident_id).order_by("number"))
        Recovery.objects.filter(id=numbers[2].id).update(review=True, next_step="decide")
    page = client.get("/incidents/I-1").content.decode()
    assert "For all of them at once" in page
    assert 'name="remedy" value="express"' in page
    last = str(numbers[2].number)
    refused = client.post("/incidents/I-1/fix", {"upto": last, "fixed": " "})
    assert refused.status_code == 422
    assert "Say in a few words what was done." in refused.content.decode()
    with tenant(organization_id=org.id):
        late = failure(org, place_id=org.place, customer_id=customer(org))
        failures_attach(organization_id=org.id, incident_id=incident_id, failure_ids=[late], at=START)
        failures_take(organization_id=org.id, incident_id=incident_id, at=START)
    done = client.post("/incidents/I-1/fix", {"upto": last, "fixed": "The till runs again"}, follow=True)
    assert "The fix is recorded for 2." in done.content.decode()
    assert f"Not for R-{numbers[2].number}: they are to be decided first." in done.content.decode()
    assert "One came since you opened the page" in done.content.decode()
    assert "For all 3 who were offered nothing yet" in done.content.decode()
    given = client.post("/incidents/I-1/offer", {"upto": last, "remedy": "express"}, follow=True)
    assert "Offered to 2. They are told at once, or when their night is over." in given.content.decode()
    assert "For the one who was offered nothing yet" in given.content.decode()
    assert "The fix was recorded for 2." in given.content.decode()
    assert "The same was offered to 2. Express delivery of the next order: €10 in all." in given.content.decode()
    again = client.post("/incidents/I-1/offer", {"upto": last, "remedy": "express"}, follow=True)
    assert "Offered to nobody." in again.content.decode()
    employee = signed_in(org, org.employee)
    assert "For all of them at once" not in employee.get("/incidents/I-1").content.decode()
    assert employee.post("/incidents/I-1/fix", {"upto": "3", "fixed": "x"}).status_code == 403


def test_what_the_limit_does_not_cover_for_all_is_asked_for_and_not_begun(org: Org) -> None:
    """Before the button: number, cost each, total, and what is left to give; too much is only to be asked for."""
    incident_id = _proposed(org, 0)
    with tenant(organization_id=org.id):
        found = [failure(org, place_id=org.place, customer_id=customer(org)) for _ in range(3)]
        failures_attach(organization_id=org.id, incident_id=incident_id, failure_ids=found, at=START)
        incident_confirm(organization_id=org.id, incident_id=incident_id, by=org.manager, now=START)
        Member.objects.filter(id=org.manager).update(limit_minor=1400)
    client = signed_in(org, org.manager)
    page = client.get("/incidents/I-1").content.decode()
    assert "at €5 each, together €15 (worth €9 to each of them)" in page
    assert "You may give €14 more today" in page
    assert 'name="wanted" value="express"' in page
    assert 'name="remedy" value="express"' not in page
    refused = client.post("/incidents/I-1/offer", {"upto": "3", "remedy": "express"})
    assert refused.status_code == 422
    assert "Nothing was offered: for all 3 it costs" in refused.content.decode()
    assert "Nobody may give as much today" not in page
    with tenant(organization_id=org.id):
        Member.objects.filter(id=org.admin).update(limit_minor=1400)
    page = client.get("/incidents/I-1").content.decode()
    assert "Nobody may give as much today: an admin is asked, who raises a limit first." in page
    page = signed_in(org, org.admin).get("/incidents/I-1").content.decode()
    assert "raise a limit first, yours or theirs who is to decide it." in page
    assert 'action="/settings/limits"' in page
    assert "Ask for approval" not in page
    asked = client.post("/incidents/I-1/ask", {"wanted": "express"}, follow=True).content.decode()
    assert "Asked: Admin." in asked
    assert "Admin was asked for the same for 3." in asked
    with tenant(organization_id=org.id):
        assert not MakeGood.objects.filter(organization_id=org.id, part="extra").exists()


@pytest.mark.parametrize(
    ("first", "send", "said"),
    [
        ("person", "person", "Nothing leaves with your yes. The apology waits for a click."),
        (
            "none",
            "at_once",
            "leaves to each of them who was not written to yet, in your name (Manager): an apology by itself, at once.",
        ),
        ("at_once", "after:10", "by itself, at once; an apology by itself after 10 minutes, unless stopped."),
    ],
)
def test_a_yes_says_before_what_it_lets_leave(org: Org, first: str, send: str, said: str) -> None:
    """What leaves by itself, when, in whose name and in what words stands there before the button is pressed."""
    with tenant(organization_id=org.id):
        playbook_with(
            org,
            ("apologise: { minutes: 240, send: person }", f"apologise: {{ minutes: 240, send: '{send}' }}"),
            ("acknowledgement: at_once", f"acknowledgement: {first}"),
        )
    _proposed(org, 2)
    client = signed_in(org, org.manager)
    for address in ("/", "/incidents/I-1"):
        page = html.unescape(client.get(address).content.decode())
        assert said in page, address
        assert ("The apology, as one of them reads it in English" in page) == (send != "person"), address
    with tenant(organization_id=org.id):
        assert not Recovery.objects.filter(organization_id=org.id).exists()
    if send == "person":
        return
    shown = re.findall(r'<blockquote class="letter">(.*?)</blockquote>', page, re.DOTALL)[-1]
    client.post("/incidents/I-1/confirm", {"seen": "2"})
    with tenant(organization_id=org.id):
        sent = Message.objects.filter(organization_id=org.id, kind="apology").order_by("id")[0]
        assert Member.objects.get(id=org.manager).name in shown
    words = ["[…]" if word.startswith("http") else word for word in sent.body.split()]
    assert re.sub(r"<[^>]*>", " ", shown).split() == words

"""What the pages of one case show and refuse as it goes on."""

from __future__ import annotations

import re
from datetime import timedelta

from tests.conftest import START, Org
from tests.functional.test_views import _no_throttle, _quick_passwords, recovery_of, signed_in
from tests.support.recoveries import clock, journal, makegood, reply, say, step_to

from makegood.core.steps import FACES
from makegood.failures.models import Cause
from makegood.makegoods.models import MakeGood
from makegood.messages.links import status_path
from makegood.messages.models import Message
from makegood.messages.queries import inbox_page
from makegood.organizations.models import Member
from makegood.recoveries.models import Recovery, RecoveryFailure, Step
from makegood.recoveries.operations import step_done
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]


def test_an_unanswered_message_comes_first_until_something_is_sent(org: Org) -> None:
    """What a customer wrote is the next action and marks the row on Today; a thanks is not, and an answer ends it."""
    recovery = recovery_of(org)
    client = signed_in(org, org.manager)
    url, mark = f"/recoveries/R-{recovery.number}", "wrote to us, unanswered"
    wrote_at = START + timedelta(minutes=2)
    with tenant(organization_id=org.id):
        reply(org, recovery, "Thank you!", at=START + timedelta(minutes=1))
    assert mark not in client.get("/").content.decode()
    with tenant(organization_id=org.id):
        reply(org, recovery, "It is still broken, when do you come?", at=wrote_at)
    step_to(org, wrote_at + timedelta(minutes=3))
    page = client.get(url).content.decode()
    assert "Next: answer Ana, who wrote 3\u00a0min ago" in page
    assert "when do you come?" in page
    assert mark in client.get("/").content.decode()
    with tenant(organization_id=org.id):
        say(org, recovery, "update", at=wrote_at + timedelta(minutes=3))
    assert "answer Ana" not in client.get(url).content.decode()
    assert mark not in client.get("/").content.decode()


def test_a_call_answers_what_they_wrote(org: Org) -> None:
    """A call with a note meets the clock to answer and does the step; without a note it is refused."""
    recovery = recovery_of(org)
    client = signed_in(org, org.manager)
    url, wrote_at = f"/recoveries/R-{recovery.number}", START + timedelta(minutes=2)
    with tenant(organization_id=org.id):
        reply(org, recovery, "It is still broken, when do you come?", at=wrote_at)
    step_to(org, wrote_at + timedelta(minutes=3))
    page = client.get(url).content.decode()
    assert "You reached them by phone" in page
    refused = client.post(f"{url}/calls", {"call": " "})
    assert refused.status_code == 422
    assert "Say in a few words what was said." in refused.content.decode()
    told = client.post(f"{url}/calls", {"call": "I come at five, she is content"}, follow=True).content.decode()
    assert "Answered by phone." in told
    assert "By phone: I come at five, she is content" in told
    assert "answer Ana" not in told
    assert "wrote to us, unanswered" not in client.get("/").content.decode()
    with tenant(organization_id=org.id):
        assert clock(org, recovery, "respond").state == "met"
        assert Step.objects.get(recovery_id=recovery.id, step="respond").state == "done"
        (entry,) = journal(org, recovery, "called")
        assert entry.actor_id == org.manager
        path = status_path(organization_id=org.id, token=recovery.thread.token)
    assert "she is content" not in client.get(path).content.decode()


def test_a_step_says_what_its_name_means(org: Org) -> None:
    """Under each of the seven names stands a plain sentence, on the seam and on its card."""
    page = signed_in(org, org.manager).get(f"/recoveries/R-{recovery_of(org).number}").content.decode()
    for face in FACES.values():
        assert page.count(f'<span class="means">{face.means}</span>') >= 2, face.title


def test_the_letter_follows_the_cause_with_one_click(org: Org) -> None:
    """A cause that speaks of the weather asks whether to say so; a yes is journalled and writes the apology anew."""
    recovery = recovery_of(org)
    client = signed_in(org, org.manager)
    url = f"/recoveries/R-{recovery.number}"
    assert "This cause says" not in client.get(url).content.decode()
    client.post(f"{url}/cause", {"cause": "new", "cause_note": "Weather", "cause_then": "watch"})
    with tenant(organization_id=org.id):
        listed = str(Cause.objects.get(organization_id=org.id, name="Weather").id)
    both = client.post(f"{url}/cause", {"cause": listed, "cause_note": "Snow", "cause_then": "watch"})
    assert both.status_code == 422
    assert (
        "A listed cause has a name already: choose “A cause that is not listed”, or empty this."
        in both.content.decode()
    )
    assert 'value="Snow"' in both.content.decode()
    page = client.get(url).content.decode()
    assert "This cause says it was nobody&#x27;s fault. What we tell them says ours. Change it?" in page
    with tenant(organization_id=org.id):
        before = Message.objects.get(organization_id=org.id, thread_id=recovery.thread_id, kind="apology")
    changed = client.post(f"{url}/fault", {"fault": "nobody"}, follow=True).content.decode()
    assert "The apology that waits is written anew." in changed
    assert "What we tell them of the fault: nobody&#x27;s; it was ours." in changed
    assert "This cause says" not in changed
    with tenant(organization_id=org.id):
        after = Message.objects.get(thread_id=recovery.thread_id, kind="apology", state="draft")
        assert Message.objects.get(id=before.id).state == "stopped"
        assert (after.apology_key, after.body == before.body) == (before.apology_key, False)
        (entry,) = journal(org, recovery, "blamed")
        assert (entry.actor_id, entry.data) == (org.manager, {"fault": "nobody", "was": "ours"})
    back = client.post(f"{url}/fault", {"fault": "ours"}, follow=True)
    assert "What we tell them has changed." in back.content.decode()
    assert client.post(f"{url}/fault", {"fault": "hers"}).status_code == 422


def test_words_that_leave_are_not_asked_for_again(org: Org) -> None:
    """Between the click and the worker the page says that it is being sent, and offers nothing to send."""
    recovery = recovery_of(org)
    client = signed_in(org, org.manager)
    url = f"/recoveries/R-{recovery.number}"
    with tenant(organization_id=org.id):
        Message.objects.filter(organization_id=org.id, thread_id=recovery.thread_id, direction="out").delete()
    client.post(f"{url}/say", {"begin": "apology"})
    with tenant(organization_id=org.id):
        draft = Message.objects.get(organization_id=org.id, thread_id=recovery.thread_id, state="draft")
    page = client.get(url).content.decode()
    assert 'id="say"' in page
    dock = page.partition('<section class="dock"')[2].partition("</section>")[0]
    assert '<a class="btn go" href="#say">Read the letter</a>' in dock, "a phone's one button sends nothing unread"
    sent = client.post(f"{url}/say", {"draft": str(draft.id), "subject": draft.subject, "text": draft.body})
    assert sent.status_code == 302, sent.content.decode()
    page = client.get(url).content.decode()
    assert "Being sent" in page
    assert 'id="say"' not in page
    assert "Begin a message" not in page


def test_an_extra_is_offered_once_and_handed_over_after_a_yes(org: Org) -> None:
    """What stands offered has no second button, a forged one is refused, and a yes asks for the handing over."""
    recovery = recovery_of(org)
    client = signed_in(org, org.manager)
    url = f"/recoveries/R-{recovery.number}"
    assert client.post(f"{url}/offers", {"remedy": "express"}).status_code == 302
    page = client.get(url).content.decode()
    assert "Offered, waiting for their answer." in page
    assert 'name="remedy" value="express"' not in page
    again = client.post(f"{url}/offers", {"remedy": "express"})
    assert again.status_code == 422
    assert "offered to them already" in again.content.decode()
    with tenant(organization_id=org.id):
        offer = MakeGood.objects.get(organization_id=org.id, part="extra")
        Step.objects.filter(organization_id=org.id, recovery_id=recovery.id).exclude(step="make_good").update(
            state="done", done_at=START
        )
        Recovery.objects.filter(organization_id=org.id, id=recovery.id).update(next_step="make_good")
        Message.objects.filter(organization_id=org.id, state__in=["draft", "queued"]).update(state="stopped")
    client.post(f"{url}/make-goods/{offer.id}/accept")
    page = client.get(url).content.decode()
    assert "Next: hand it over to Ana" in page
    assert f"{url}/make-goods/{offer.id}/delivered" in page


def test_an_offer_is_told_with_a_click_and_answered_on_their_page(org: Org) -> None:
    """The words of an offer are drafted and sent by a person; the page has yes, instead, no, and until when."""
    recovery = recovery_of(org)
    client = signed_in(org, org.manager)
    url = f"/recoveries/R-{recovery.number}"
    with tenant(organization_id=org.id):
        Message.objects.filter(organization_id=org.id, state__in=["draft", "queued"]).update(state="stopped")
        path = status_path(organization_id=org.id, token=recovery.thread.token)
    client.post(f"{url}/offers", {"remedy": "credit-10"})
    with tenant(organization_id=org.id):
        draft = Message.objects.get(organization_id=org.id, kind="offer")
    assert draft.state == "draft"
    assert "tell Ana what you offer" in client.get(url).content.decode()
    assert "I would like you to have" not in client.get(path).content.decode()
    sent = client.post(f"{url}/say", {"draft": str(draft.id), "subject": draft.subject, "text": draft.body})
    assert sent.status_code == 302, sent.content.decode()
    with tenant(organization_id=org.id):
        assert Message.objects.get(id=draft.id).state == "queued"
    page = client.get(path).content.decode()
    for words in (
        "Yes, please",
        "I would rather have: express delivery of the next order (€9.00)",
        "No, thank you",
        "Open until",
    ):
        assert words in page, words


def test_a_low_score_opens_the_case_again_for_all_to_see(org: Org) -> None:
    """After a 2 of 7 the case, Today and the timeline say that it is open again, why, and by when; so does the page."""
    recovery = recovery_of(org)
    client = signed_in(org, org.manager)
    url = f"/recoveries/R-{recovery.number}"
    with tenant(organization_id=org.id):
        failure_id = RecoveryFailure.objects.get(recovery_id=recovery.id).failure_id
        makegood(org, recovery, failure_id, at=START)
        say(org, recovery, "apology", at=START, by=org.employee)
        for step in ("fix", "respond"):
            step_done(organization_id=org.id, recovery_id=recovery.id, step=step, by=org.employee, now=START)
        path = status_path(organization_id=org.id, token=recovery.thread.token)
    page = client.get(url).content.decode()
    assert "Made good" in page
    assert ">in time" in page
    with tenant(organization_id=org.id):
        Message.objects.filter(thread_id=recovery.thread_id, state="draft").update(state="stopped")
        Message.objects.create(
            organization_id=org.id, thread_id=recovery.thread_id, customer_id=recovery.customer_id, direction="out",
            channel="status", kind="outcome", step="communicate", state="draft", body="It ended well.", created_at=START,
        )  # fmt: skip
    step_to(org, START + timedelta(hours=1))
    thanked = client.post(f"{path}/rate", {"score": "2"}, follow=True).content.decode()
    assert "Your case is open again: a person answers you." in thanked
    page = client.get(url).content.decode()
    assert "open again: they gave us 2 of 7" in page
    assert "Next: answer Ana, who gave us 2 of 7" in page
    assert "It ended well.</textarea>" not in page, "how it ended is no answer to one with whom it failed"
    assert "until a person answers them" in page
    assert "Open again, one level up: under 4 what we did has failed. A person answers them by today 15:00." in page
    assert ">in time" not in page
    today = client.get("/").content.decode()
    assert "open again: gave us 2 of 7" in today
    assert "Answer them" in today
    why = client.get(f"{url}/why/clock-respond").content.decode()
    assert "A person answers them by today" in why


def test_the_list_of_customers_counts_their_recoveries(org: Org) -> None:
    """Whoever has an open recovery does not stand there with none."""
    recovery_of(org)
    client = signed_in(org, org.manager)
    for address in ("/customers", "/customers?q=Ana"):
        page = client.get(address).content.decode()
        assert re.search(r"Ana Ferreira.*?Recoveries </span>1<", page, re.DOTALL), address


def test_the_demos_inbox_shows_the_last_sent_first(org: Org) -> None:
    """A draft that waited long and left just now stands above what was written after it, also across pages."""
    recovery = recovery_of(org)
    with tenant(organization_id=org.id):
        Message.objects.filter(organization_id=org.id).update(state="stopped")
        ids = [
            Message.objects.create(
                organization_id=org.id, thread_id=recovery.thread_id, customer_id=org.customer, direction="out",
                channel="mail", kind="update", state="sent", subject=f"Number {minutes}", created_at=START,
                sent_at=START + timedelta(minutes=minutes),
            ).id
            for minutes in (9, 1, 5)
        ]  # fmt: skip
        pages = [inbox_page(organization_id=org.id, before_id=before, limit=2) for before in (None, ids[2])]
    assert [[row.id for row in page] for page in pages] == [[ids[0], ids[2]], [ids[1]]]
    page = signed_in(org, org.manager).get("/demo/inbox").content.decode()
    assert page.index("Number 9") < page.index("Number 5") < page.index("Number 1")


def test_a_description_is_no_name_to_greet_with(org: Org) -> None:
    """Whoever is known only by how they look is greeted without it, in every word to them and on their page."""
    client = signed_in(org, org.manager)
    answers = {"who": "the man with the red bike", "what": "The till was down", "cost": "time"}
    url = client.post("/report", answers).headers["Location"]
    assert "this customer</h2>" in client.get(url).content.decode()
    client.post(f"{url}/say", {"begin": "update"})
    with tenant(organization_id=org.id):
        recovery = Recovery.objects.get(organization_id=org.id)
        bodies = Message.objects.filter(organization_id=org.id, thread_id=recovery.thread_id).values_list(
            "body", flat=True
        )
        assert len(bodies) >= 2
        assert all(body.startswith("Hello,\n") and "red bike" not in body for body in bodies)
        path = status_path(organization_id=org.id, token=recovery.thread.token)
    assert ">the," not in client.get(path).content.decode()


def test_a_letter_that_says_nothing_is_not_sent(org: Org) -> None:
    """Blanks of any kind, and a greeting over a name, are refused with one line; the draft stays."""
    recovery = recovery_of(org)
    client = signed_in(org, org.manager)
    url = f"/recoveries/R-{recovery.number}"
    client.post(f"{url}/say", {"begin": "update"})
    with tenant(organization_id=org.id):
        draft = Message.objects.get(organization_id=org.id, thread_id=recovery.thread_id, kind="update")
    lines = draft.body.strip().splitlines()
    for text in ("", " \r\n\u00a0\u200b", "\n\n".join([lines[0], *lines[-2:]])):
        refused = client.post(f"{url}/say", {"draft": str(draft.id), "subject": draft.subject, "text": text})
        assert refused.status_code == 422
        assert "Write something before you send it" in refused.content.decode()
        judged = client.post(f"{url}/lint", {"draft": str(draft.id), "text": text}).content.decode()
        assert "Nothing is written yet" in judged
    with tenant(organization_id=org.id):
        assert Message.objects.get(id=draft.id).state == "draft"


def test_a_colleague_sends_in_their_own_name(org: Org) -> None:
    """Whoever sends on another's case signs for them, sees so before, and cannot sign as them."""
    recovery = recovery_of(org)
    with tenant(organization_id=org.id):
        names = dict(Member.objects.filter(organization_id=org.id).values_list("id", "name"))
        owner = names[recovery.owner_id]
        colleague = next(one for one in (org.manager, org.employee) if one != recovery.owner_id)
        draft = Message.objects.get(organization_id=org.id, thread_id=recovery.thread_id, state="draft")
    assert owner in draft.body.splitlines()
    client = signed_in(org, colleague)
    url = f"/recoveries/R-{recovery.number}"
    signature = f"{names[colleague]}, for {owner}"
    assert signature in client.get(url).content.decode()
    sent = {"draft": str(draft.id), "subject": draft.subject}
    refused = client.post(f"{url}/say", sent | {"text": draft.body})
    assert refused.status_code == 422
    assert f"{owner} signs this: put your own name to it" in refused.content.decode()
    text = draft.body.replace(f"\n{owner}\n", f"\n{signature}\n")
    assert client.post(f"{url}/say", sent | {"text": text}).status_code == 302
    with tenant(organization_id=org.id):
        left = Message.objects.get(id=draft.id)
        assert (left.state, left.author_id) == ("queued", colleague)
        assert signature in left.body.splitlines()


def test_the_owner_sends_as_it_is_drafted(org: Org) -> None:
    """Nothing changes for whom the letter is signed by already."""
    recovery = recovery_of(org)
    with tenant(organization_id=org.id):
        draft = Message.objects.get(organization_id=org.id, thread_id=recovery.thread_id, state="draft")
    client = signed_in(org, recovery.owner_id)
    url = f"/recoveries/R-{recovery.number}"
    assert ", for " not in client.get(url).content.decode().partition('id="say"')[2].partition("</form>")[0]
    sent = client.post(f"{url}/say", {"draft": str(draft.id), "subject": draft.subject, "text": draft.body})
    assert sent.status_code == 302

"""A test failure: walked through the real loop by who sends it, told to nobody else, counted nowhere, and over in a day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from html import unescape

import pytest
from django.test import Client
from tests.conftest import START, Org
from tests.functional.test_data_in import bring
from tests.functional.test_views import _no_throttle, _quick_passwords, signed_in
from tests.support.outside import MailServer, mail_server
from tests.support.recoveries import DAY, HOUR, opened, step_to

from makegood.cli.bringing import _erase_again
from makegood.cli.erased import Erased
from makegood.config.working import work_dry
from makegood.customers.correcting import Correct, customer_correct
from makegood.customers.models import Customer, Identity
from makegood.customers.operations import Seen, customer_merge, customers_resolve
from makegood.failures.models import Failure
from makegood.insights.measures import failed
from makegood.insights.tallies import counted, rebuild
from makegood.insights.windows import Window
from makegood.journal.models import Effect
from makegood.listen.intake.folders import folder_watch
from makegood.listen.models import Intake, WatchedFolder
from makegood.listen.setting_up import set_up_done
from makegood.listen.trial import CUSTOMER
from makegood.makegoods.models import LedgerEntry, MakeGood
from makegood.messages.links import status_path
from makegood.messages.models import Message
from makegood.organizations.models import Member, Organization
from makegood.organizations.operations import api_key_create, member_create, member_deactivate, user_create
from makegood.promises.models import TESTS, Promise, Source, StaffWord
from makegood.promises.operations import UnableToWatchSource, source_watch
from makegood.recoveries.frozen import playbook_frozen
from makegood.recoveries.models import Recovery
from makegood.recoveries.operations.approving import UnableToApprove, approval_ask
from makegood.recoveries.operations.changing import UnableToChangeRecovery
from makegood.recoveries.operations.closing import close
from makegood.recoveries.operations.reckoning import _slacks, expected_losses_reckon
from makegood.recoveries.operations.staff_words import word_give, words_in
from makegood.recoveries.queries.lists import workload
from makegood.recoveries.queries.otherwise import recoveries_otherwise
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

__all__ = ["_no_throttle", "_quick_passwords"]

MAIL = "admin@example.org"
WORD = "I will call you tomorrow by 5 pm."


@pytest.fixture
def mails() -> Iterator[MailServer]:
    """A mail server that takes what leaves."""
    with mail_server() as server:
        yield server


@pytest.fixture
def live(org: Org) -> Org:
    """An organization whose mail leaves, and whose admin has an address."""
    user_id = user_create(email=f"{org.code}.{MAIL}", password=None, now=START)
    with tenant(organization_id=org.id):
        Organization.objects.filter(id=org.id).update(delivery="live")
        Member.objects.filter(id=org.admin).update(user_id=user_id)
    return org


def shown(client: Client, path: str) -> str:
    return unescape(client.get(path).content.decode())


def sent_to(mails: MailServer) -> list[str]:
    return [message_from_bytes(one, policy=default)["To"] for one in mails.seen]


def recovery_of(org: Org) -> Recovery:
    with tenant(organization_id=org.id):
        return Recovery.objects.select_related("thread", "customer").get(organization_id=org.id)


def counted_in(org: Org) -> tuple[list[object], int]:
    """What Insights counts of failures and taps, and how many totals are wrong."""
    window = Window(since=START - DAY, until=START + 9 * DAY)
    with tenant(organization_id=org.id):
        found = [
            one
            for measure in ("failures", "taps", "clocks", "asked", "given")
            for one in counted(organization_id=org.id, measure=measure, window=window)
        ]
        assert failed(organization_id=org.id, window=window).gated == ()
        return found, rebuild(organization_id=org.id)


def test_a_test_failure_is_walked_through_the_loop_and_reaches_nobody(live: Org, mails: MailServer) -> None:
    client = signed_in(live, live.admin)
    page = shown(client, "/set-up/test")
    assert "Send a test failure" in page
    assert f"One goes to you, at {live.code}.{MAIL}" in page
    answer = client.post("/set-up/test")
    assert answer.headers["Location"] == "/recoveries/R-1"
    assert client.post("/set-up/test").headers["Location"] == "/recoveries/R-1", "one at a time"
    work_dry(only=[live.id])
    assert sent_to(mails) == [f"{live.code}.{MAIL}"]
    assert "/recoveries/R-1" in message_from_bytes(mails.seen[0], policy=default).get_body().get_content()
    recovery = recovery_of(live)
    assert (recovery.owner_id, recovery.test, recovery.customer.name) == (live.admin, True, CUSTOMER)
    case = shown(client, "/recoveries/R-1")
    assert "test: nothing of it leaves, and it counts nowhere" in case
    assert "Remove this test" in case
    assert f'href="{status_path(organization_id=live.id, token=recovery.thread.token)}"' in case
    with tenant(organization_id=live.id):
        kinds = dict(Message.objects.filter(direction="out").exclude(kind="staff").values_list("kind", "state"))
        assert kinds == {"acknowledgement": "shadowed", "apology": "draft"}
        draft = Message.objects.get(kind="apology")
        page = status_path(organization_id=live.id, token=recovery.thread.token)
    said = client.post("/recoveries/R-1/say", {"draft": str(draft.id), "subject": draft.subject, "text": draft.body})
    assert said.status_code == 302
    assert (
        client.post(
            "/recoveries/R-1/steps/fix/done", {"fixed": "Sent it anew", "fixed_told": "A new one is on its way."}
        ).status_code
        == 302
    )
    assert client.post("/recoveries/R-1/offers", {"remedy": "credit-10"}).status_code == 302
    work_dry(only=[live.id])
    theirs = Client()
    with tenant(organization_id=live.id):
        gift = MakeGood.objects.get(part="extra")
    assert gift.shadow
    assert theirs.post(f"{page}/offer", {"answer": f"accept:{gift.id}"}).status_code == 302
    assert client.post(f"/recoveries/R-1/make-goods/{gift.id}/delivered").status_code == 302
    assert theirs.post(f"{page}/rate", {"score": "6"}).status_code == 302
    assert theirs.post(f"{page}/rate", {"empathy": "5"}).status_code == 302
    work_dry(only=[live.id])
    with tenant(organization_id=live.id):
        assert MakeGood.objects.get(id=gift.id).state == "shadowed"
        assert Message.objects.get(id=draft.id).state == "shadowed"
        assert not LedgerEntry.objects.exists()
        assert _slacks(live.id, ["acknowledge"]) == {"acknowledge": []}, "the chance to be late is learned from no test"
        assert "test" in set_up_done(organization_id=live.id)
    assert len(mails.seen) == 1, "still the admin's own mail alone"
    assert counted_in(live) == ([], 0)


def test_nobody_else_is_told_or_shown_and_one_click_removes_it(live: Org, mails: MailServer) -> None:
    client, other = signed_in(live, live.admin), signed_in(live, live.manager)
    client.post("/set-up/test")
    work_dry(only=[live.id])
    step_to(live, START + 20 * HOUR)
    tick_dry(only=[live.id])
    work_dry(only=[live.id])
    with tenant(organization_id=live.id):
        told = Effect.objects.filter(kind="staff").values_list("subject_id", flat=True)
        assert set(told) == {live.admin}, "its clocks ran out, and nobody above was told"
    for path in ("/", "/recoveries"):
        assert "R-1" in shown(client, path)
        assert "R-1" not in shown(other, path)
    assert other.get("/recoveries/R-1").status_code == 404
    assert "One customer" not in shown(other, "/")
    assert "Test failures" not in shown(client, "/settings/sources")
    with tenant(organization_id=live.id):
        source = Source.objects.get(code=TESTS)
        with pytest.raises(UnableToWatchSource):
            source_watch(organization_id=live.id, source_id=source.id, watched=False, by=live.admin, now=START)
    assert other.post("/set-up/test-over").status_code == 403
    assert client.post("/set-up/test-over").headers["Location"] == "/set-up/test"
    gone(live, client)
    assert "There is no test of yours" in unescape(client.post("/set-up/test-over", follow=True).content.decode())
    assert client.post("/set-up/test").headers["Location"] == "/recoveries/R-2", "another one can be sent"


@pytest.mark.parametrize("restored", [False, True])
@pytest.mark.parametrize("real", [False, True])
def test_forgetting_the_made_up_customer_drops_what_waits_only_where_it_was_given_a_real_address(
    live: Org, mails: MailServer, real: bool, restored: bool
) -> None:
    """So it does as the test ends, and as a restore that brought them back erases them again."""
    client = signed_in(live, live.admin)
    client.post("/set-up/test")
    url = bring(client, "E-mail,Name\nana@example.com,Ana\n", "customers.csv")
    with tenant(organization_id=live.id):
        folder_watch(organization_id=live.id, active=True, by=live.admin, now=START)
        whose = Customer.objects.get(name=CUSTOMER)
        if real:
            customer_correct(
                organization_id=live.id,
                customer_id=whose.id,
                correct=Correct(name=CUSTOMER, language="", channel="mail", emails=("ana@example.com",), phones=()),
                by=live.admin,
                now=START,
            )
    if restored:
        assert _erase_again([Erased(whose.id, whose.created_at)]) == 1
    else:
        client.post("/set-up/test-over")
    with tenant(organization_id=live.id):
        assert not Customer.objects.filter(name=CUSTOMER).exists()
        assert Intake.objects.get().state == ("dropped" if real else "drafted")
        assert WatchedFolder.objects.get().sweep is real
    assert ("Somebody was erased while it waited" in shown(client, url)) is real


def test_a_test_ends_by_itself_after_a_day(live: Org, mails: MailServer) -> None:
    client = signed_in(live, live.admin)
    client.post("/set-up/test")
    step_to(live, START + timedelta(hours=23, minutes=59))
    work_dry(only=[live.id])
    assert recovery_of(live).state == "open"
    step_to(live, START + DAY)
    work_dry(only=[live.id])
    gone(live, client)


def test_what_is_tried_out_in_a_test_goes_no_further_than_who_sent_it(live: Org, mails: MailServer) -> None:
    with tenant(organization_id=live.id):
        other = member_create(organization_id=live.id, name="Second admin", role="admin", now=START)
    client = signed_in(live, live.admin)
    client.post("/set-up/test")
    work_dry(only=[live.id])
    recovery = recovery_of(live)
    handed = client.post("/recoveries/R-1/owner", {"to": str(live.manager)})
    assert (handed.status_code, "it stays with who sent it" in unescape(handed.content.decode())) == (422, True)
    with tenant(organization_id=live.id):
        here = {"organization_id": live.id, "recovery_id": recovery.id, "by": live.admin, "now": START}
        with pytest.raises(UnableToChangeRecovery, match="ledger of promises"):
            word_give(**here, what="We call you", due_at=START + HOUR)
    with tenant(organization_id=live.id):
        with pytest.raises(UnableToApprove, match="no colleague is asked"):
            approval_ask(**here, remedy="credit-10")
        assert words_in(organization_id=live.id, recovery_id=recovery.id, text=WORD, now=START) == ()
        draft = Message.objects.get(kind="apology")
        gifts = client.post("/recoveries/R-1/offers", {"remedy": "credit-10"})
        assert gifts.status_code == 302
    said = {"draft": str(draft.id), "subject": draft.subject, "text": f"{draft.body} {WORD}"}
    client.post("/recoveries/R-1/say", said)
    client.post("/recoveries/R-1/steps/fix/done", {"fixed": "Sent it anew", "fixed_told": "A new one is on its way."})
    with tenant(organization_id=live.id):
        gift = MakeGood.objects.get(part="extra")
    client.post(f"/recoveries/R-1/make-goods/{gift.id}/delivered")
    work_dry(only=[live.id])
    with tenant(organization_id=live.id):
        page = status_path(organization_id=live.id, token=recovery.thread.token)
        close(organization_id=live.id, recovery_id=recovery.id, by=live.admin, now=START, reason="Tried out")
    assert "R-1" in shown(client, "/recoveries?which=closed"), "closed, it is still theirs to look at"
    assert Client().post(f"{page}/rate", {"score": "1"}).status_code == 302
    tick_dry(only=[live.id])
    work_dry(only=[live.id])
    again = recovery_of(live)
    assert (again.state, again.owner_id, again.severity) == ("open", live.admin, recovery.severity + 1)
    with tenant(organization_id=live.id):
        told = set(Effect.objects.filter(kind="staff").values_list("subject_id", flat=True))
        assert other not in told
        assert told == {live.admin}
        assert not Promise.objects.exists()
        assert not StaffWord.objects.exists()
        assert workload(organization_id=live.id) == {}
    assert counted_in(live) == ([], 0)
    assert len(mails.seen) == 1


def test_a_test_that_is_closed_is_over_after_a_day_too_and_takes_no_customer_of_others_with_it(
    live: Org, mails: MailServer
) -> None:
    client = signed_in(live, live.admin)
    client.post("/set-up/test")
    recovery = recovery_of(live)
    with tenant(organization_id=live.id):
        real = customers_resolve(
            organization_id=live.id, seen=[Seen(identities=(("email", "ann@example.com"),), name="Ann")], now=START
        )[0]
        merging = {"organization_id": live.id, "now": START, "by": live.admin}
        customer_merge(**merging, customer_id=recovery.customer_id, into_id=real)
        close(organization_id=live.id, recovery_id=recovery.id, by=live.admin, now=START, reason="Tried out")
    assert client.post("/set-up/test").headers["Location"] == "/recoveries/R-1", "until it is over, one at a time"
    step_to(live, START + DAY)
    work_dry(only=[live.id])
    assert recovery_of(live).state == "withdrawn"
    with tenant(organization_id=live.id):
        assert Customer.objects.get(id=real).name == "Ann"
        assert Failure.objects.get().withdrawn_at is not None
    assert counted_in(live) == ([], 0)


def test_programs_and_what_is_reckoned_from_the_past_know_no_test(live: Org) -> None:
    signed_in(live, live.admin).post("/set-up/test")
    test = recovery_of(live)
    with tenant(organization_id=live.id):
        key = api_key_create(organization_id=live.id, name="program", scopes=("read",), now=START).key
    program = {"headers": {"authorization": f"Bearer {key}"}}
    for listed in ("recoveries", "failures"):
        assert Client().get(f"/api/v1/{listed}", **program).json()["items"] == []
    with tenant(organization_id=live.id):
        playbook = playbook_frozen(organization_id=live.id, version_id=test.playbook_id)
        assert recoveries_otherwise(organization_id=live.id, playbook=playbook).open == 0
    real = opened(live, kind="not_as_described", price_minor=None)
    with tenant(organization_id=live.id):
        Recovery.objects.update(expected_loss_at=START)
        assert expected_losses_reckon(organization_id=live.id, limit=10) == 2
        assert Recovery.objects.get(id=real.id).expected_loss_minor == 0, "what a test cost is nobody's usual price"


def test_a_test_ends_when_who_sent_it_leaves(live: Org, mails: MailServer) -> None:
    signed_in(live, live.admin).post("/set-up/test")
    with tenant(organization_id=live.id):
        member_create(organization_id=live.id, name="Second admin", role="admin", now=START)
        member_deactivate(organization_id=live.id, member_id=live.admin, now=START, by=None)
        row = Recovery.objects.get()
        assert (row.state, row.owner_id) == ("withdrawn", live.admin)
        assert not Customer.objects.filter(name=CUSTOMER).exists()


def gone(org: Org, client: Client) -> None:
    """Its recovery is over and in no list, its customer is forgotten, and nothing of it counts."""
    assert recovery_of(org).state == "withdrawn"
    for path in ("/", "/recoveries", "/recoveries?which=closed"):
        assert "R-1" not in shown(client, path)
    assert CUSTOMER not in shown(client, "/customers")
    with tenant(organization_id=org.id):
        assert not Customer.objects.filter(name=CUSTOMER).exists()
        assert not Identity.objects.filter(value__contains="customer.invalid").exists()
        assert not MakeGood.objects.filter(state__in=("offered", "accepted", "delivered")).exists()
        assert Failure.objects.get().withdrawn_at is not None
    assert counted_in(org) == ([], 0)

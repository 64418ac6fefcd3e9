"""A yes beyond one's limits: asked in a click, answered once by who was asked, passed on in time, in nobody's way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from tests.conftest import START, Org
from tests.functional.test_views import recovery_of, signed_in
from tests.support.given import at_once, ledger_holds, step

from makegood.core.limits import DEPUTY_AFTER
from makegood.makegoods.models import Allowance, MakeGood
from makegood.messages.links import approval_link
from makegood.messages.models import Message
from makegood.messages.queries import notices_of_member
from makegood.messages.telling_words import ToSay, said_to
from makegood.organizations.models import Member, MemberPlace
from makegood.organizations.operations import place_create
from makegood.organizations.queries import members_serving
from makegood.recoveries.approval_models import Approval
from makegood.recoveries.lateness import gifts_for
from makegood.recoveries.models import Recovery, Step
from makegood.recoveries.operations import extra_offer, step_done
from makegood.recoveries.operations.approving import UnableToApprove, approval_ask, approval_decide, approvals_pass_on
from makegood.recoveries.queries.approvals import approval_for
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

MINUTE = timedelta(minutes=1)


def tight(org: Org) -> Recovery:
    """A recovery whose owner may give nothing that costs anything: both extras of the playbook are beyond them."""
    recovery = recovery_of(org)
    with tenant(organization_id=org.id):
        Member.objects.filter(id=org.employee).update(limit_minor=499)
    return recovery


def asked(org: Org, recovery: Recovery, remedy: str = "express") -> int:
    with tenant(organization_id=org.id):
        approval_ask(organization_id=org.id, recovery_id=recovery.id, remedy=remedy, by=org.employee, now=START)
        return Approval.objects.get(organization_id=org.id, state="waiting", remedy=remedy).id


def link(org: Org, approval_id: int, member_id: int) -> str:
    url = approval_link(organization_id=org.id, approval_id=approval_id, member_id=member_id)
    return "/approve/" + url.rpartition("/")[2]


def state(org: Org) -> tuple[str, int]:
    """How the one asking stands, and how many extras were offered."""
    with tenant(organization_id=org.id):
        extras = MakeGood.objects.filter(organization_id=org.id, part="extra").count()
        return Approval.objects.get(organization_id=org.id).state, extras


def told(org: Org, member_id: int, words: str) -> int:
    with tenant(organization_id=org.id):
        found = notices_of_member(organization_id=org.id, member_id=member_id)
    return len([one for one in found if words in one.subject])


def test_an_extra_beyond_ones_limit_is_asked_for_in_one_click_and_given_by_who_says_yes(org: Org) -> None:
    recovery = tight(org)
    url = f"/recoveries/R-{recovery.number}"
    owner = signed_in(org, org.employee)
    assert "Ask for it" in owner.get(url).content.decode()
    assert owner.post(f"{url}/ask", {"remedy": "express"}).status_code == 302
    page = owner.get(url).content.decode()
    assert "Asked by Employee" in page
    assert "Yes, give it" not in page, "nobody answers their own asking"
    assert state(org) == ("waiting", 0)
    assert told(org, org.manager, "asks you for more") == 1
    with tenant(organization_id=org.id):
        approval_id = Approval.objects.get(organization_id=org.id).id
    assert "Yes, give it" in signed_in(org, org.manager).get(url).content.decode()
    assert signed_in(org, org.employee).post(f"{url}/approvals/{approval_id}/yes").status_code == 403
    assert signed_in(org, org.manager).post(f"{url}/approvals/{approval_id}/yes").status_code == 302
    assert state(org) == ("approved", 1)
    with tenant(organization_id=org.id):
        made = MakeGood.objects.get(organization_id=org.id, part="extra")
        assert (made.offered_by_id, made.remedy, made.state) == (org.manager, "express", "offered")
        assert made.reasons[-1]["rule"] == "makegood.cap" or "limits.approved" in {one["rule"] for one in made.reasons}
        assert Allowance.objects.get(organization_id=org.id).member_id == org.manager
        words = Message.objects.get(organization_id=org.id, kind="offer")
        assert (words.state, words.author_id) == ("draft", org.employee), "its words wait for who asked"
    assert told(org, org.employee, "has a yes to what you asked for") == 1
    ledger_holds(org)


def test_what_is_offered_already_is_not_asked_for(org: Org) -> None:
    """Offered out of the last of one's limit it costs more than is left: still it waits for the customer, not a yes."""
    recovery = recovery_of(org)
    with tenant(organization_id=org.id):
        Member.objects.filter(id=org.employee).update(limit_minor=500)
        extra_offer(organization_id=org.id, recovery_id=recovery.id, remedy="express", by=org.employee, now=START)
        failure_id = MakeGood.objects.get(organization_id=org.id, part="extra").failure_id
        found = gifts_for(organization_id=org.id, failure_id=failure_id, member_id=org.employee, now=START)
        assert [one.remedy for one in found.beyond] == ["credit-10"]
    url, owner = f"/recoveries/R-{recovery.number}", signed_in(org, org.employee)
    assert owner.get(url).content.decode().count("Ask for it") == 1
    answer = owner.post(f"{url}/ask", {"remedy": "express"})
    assert answer.status_code == 422
    assert "This is offered to them already" in answer.content.decode()
    with tenant(organization_id=org.id):
        assert not Approval.objects.filter(organization_id=org.id).exists()


def test_offered_by_somebody_who_may_the_asking_is_over(org: Org) -> None:
    """A manager who offers it on the page instead of saying yes leaves nothing behind that waits for an answer."""
    recovery = tight(org)
    approval_id = asked(org, recovery)
    with tenant(organization_id=org.id):
        extra_offer(organization_id=org.id, recovery_id=recovery.id, remedy="express", by=org.manager, now=START)
    assert state(org) == ("over", 1)
    page = Client(headers={"host": "127.0.0.1"}).get(link(org, approval_id, org.manager)).content.decode()
    assert "the same was offered" in page
    step(org, DEPUTY_AFTER)
    tick_dry(only=[org.id])
    assert told(org, org.admin, "asks you for more") == 0


def test_following_the_link_answers_nothing_and_posting_from_it_answers_once(org: Org) -> None:
    """A mail scanner that opens every link, by GET or HEAD and with whatever it adds, changes nothing."""
    approval_id = asked(org, tight(org))
    url = link(org, approval_id, org.manager)
    scanner = Client(headers={"host": "127.0.0.1"})
    for _ in range(3):
        assert scanner.get(url).status_code == 200
        assert scanner.head(url).status_code == 200
        assert scanner.get(f"{url}?answer=yes").status_code == 200
        assert scanner.options(url).status_code in (200, 405)
        assert scanner.post(url).status_code == 200, "a POST without an answer answers nothing either"
    assert state(org) == ("waiting", 0)
    strict = Client(headers={"host": "127.0.0.1"}, enforce_csrf_checks=True)
    assert strict.post(url, {"answer": "yes"}).status_code == 403, "only from the page itself"
    assert state(org) == ("waiting", 0)
    page = scanner.get(url)
    assert "Express delivery of the next order" in page.content.decode()
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert "You said yes." in scanner.post(url, {"answer": "yes"}).content.decode()
    assert state(org) == ("approved", 1)
    for answer in ("yes", "no"):
        assert "answered already" in scanner.post(url, {"answer": answer}).content.decode()
    assert state(org) == ("approved", 1)
    ledger_holds(org)


def test_a_no_offers_nothing_and_tells_who_asked(org: Org) -> None:
    recovery = tight(org)
    url = link(org, asked(org, recovery), org.manager)
    assert "You said no." in Client(headers={"host": "127.0.0.1"}).post(url, {"answer": "no"}).content.decode()
    assert state(org) == ("refused", 0)
    assert told(org, org.employee, "has a no to what you asked for") == 1
    with tenant(organization_id=org.id):
        approval_ask(organization_id=org.id, recovery_id=recovery.id, remedy="express", by=org.employee, now=START)


def test_a_link_is_of_one_member_one_asking_and_a_week(org: Org, make_org: Callable[..., Org]) -> None:
    approval_id = asked(org, tight(org))
    client = Client(headers={"host": "127.0.0.1"})
    good, other = link(org, approval_id, org.manager), make_org()
    for bad in (
        link(org, approval_id, org.admin),
        link(org, approval_id, org.employee),
        link(org, approval_id + 1_000, org.manager),
        link(other, approval_id, org.manager),
    ):
        assert client.post(bad, {"answer": "yes"}).status_code == 404, "signed, but they were not asked this"
    assert client.post(good[:-2] + "xx", {"answer": "yes"}).status_code == 404
    with tenant(organization_id=org.id):
        Member.objects.filter(id=org.manager).update(role="employee", tier=1)
    assert client.post(good, {"answer": "yes"}).status_code == 404
    with tenant(organization_id=org.id):
        Member.objects.filter(id=org.manager).update(role="manager", tier=2)
    step(org, timedelta(days=7) - MINUTE)
    assert client.get(good).status_code == 200
    step(org, timedelta(days=7))
    assert client.post(good, {"answer": "yes"}).status_code == 404
    assert state(org) == ("waiting", 0)


def test_who_serves_other_places_is_neither_asked_nor_answers(org: Org) -> None:
    recovery = tight(org)
    with tenant(organization_id=org.id):
        other = place_create(organization_id=org.id, code="other", name="Other")
        below = place_create(organization_id=org.id, code="till", name="Till", parent_id=org.place)
        MemberPlace.objects.create(organization_id=org.id, member_id=org.manager, place_id=other)
        assert members_serving(organization_id=org.id, place_id=org.place) == {org.admin, org.employee}
    approval_id = asked(org, recovery)
    assert (told(org, org.manager, "asks you for more"), told(org, org.admin, "asks you for more")) == (0, 1)
    url = link(org, approval_id, org.admin)
    client = Client(headers={"host": "127.0.0.1"})
    assert client.get(url).status_code == 200
    with tenant(organization_id=org.id):
        MemberPlace.objects.create(organization_id=org.id, member_id=org.admin, place_id=below)
    assert client.post(url, {"answer": "yes"}).status_code == 404, "who serves a part of a place does not serve it"
    with tenant(organization_id=org.id):
        MemberPlace.objects.create(organization_id=org.id, member_id=org.admin, place_id=org.place)
        assert org.admin in members_serving(organization_id=org.id, place_id=below)
    assert "You said yes." in client.post(url, {"answer": "yes"}).content.decode()


def test_a_deputy_is_asked_when_the_time_is_over_and_not_before(org: Org) -> None:
    approval_id = asked(org, tight(org))
    for after, times in ((DEPUTY_AFTER - MINUTE, 0), (DEPUTY_AFTER, 1), (2 * DEPUTY_AFTER, 1)):
        step(org, after)
        tick_dry(only=[org.id])
        assert told(org, org.admin, "asks you for more") == times
    answer = Client(headers={"host": "127.0.0.1"}).post(link(org, approval_id, org.admin), {"answer": "yes"})
    assert "You said yes." in answer.content.decode()
    late = Client(headers={"host": "127.0.0.1"}).post(link(org, approval_id, org.manager), {"answer": "yes"})
    assert "answered already" in late.content.decode()
    assert state(org) == ("approved", 1)


def test_with_no_deputy_who_was_asked_is_told_once_more_and_an_ended_recovery_asks_nobody(org: Org) -> None:
    recovery = tight(org)
    with tenant(organization_id=org.id):
        Member.objects.filter(id=org.admin).update(limit_minor=0)
    asked(org, recovery)
    step(org, DEPUTY_AFTER)
    tick_dry(only=[org.id])
    assert told(org, org.manager, "asks you for more") == 2
    with tenant(organization_id=org.id):
        Approval.objects.update(state="refused", decided_at=START)
    second = asked(org, recovery)
    with tenant(organization_id=org.id):
        Recovery.objects.filter(id=recovery.id).update(state="closed", closed_at=START)
        before = approval_for(organization_id=org.id, approval_id=second, member_id=org.manager, now=START)
        assert before is not None
        assert before.state == "over", "as soon as the recovery has ended, whenever somebody looks at it"
        assert approvals_pass_on(organization_id=org.id, limit=10) == 1
        assert Approval.objects.get(id=second).state == "over"
    page = Client(headers={"host": "127.0.0.1"}).get(link(org, second, org.manager)).content.decode()
    assert "before anybody answered" in page


def test_asking_keeps_neither_the_fix_nor_what_is_owed_waiting(org: Org) -> None:
    recovery = tight(org)
    asked(org, recovery)
    with tenant(organization_id=org.id):
        step_done(organization_id=org.id, recovery_id=recovery.id, step="fix", by=org.employee, now=START, note="Done")
        assert Step.objects.get(organization_id=org.id, recovery_id=recovery.id, step="fix").state == "done"
    assert state(org) == ("waiting", 0)


def test_what_needs_no_asking_waits_already_or_nobody_may_give_is_refused_with_a_reason(org: Org) -> None:
    recovery = tight(org)
    given = {"organization_id": org.id, "recovery_id": recovery.id, "now": START}
    asked(org, recovery)
    for by, remedy, why in (
        (org.employee, "express", "asked already"),
        (org.manager, "express", "You may give this yourself"),
        (org.employee, "gold-bar", "does not fit any more"),
    ):
        with pytest.raises(UnableToApprove, match=why), tenant(organization_id=org.id):
            approval_ask(**given, remedy=remedy, by=by)
    with tenant(organization_id=org.id):
        Member.objects.filter(id__in=[org.manager, org.admin]).update(limit_minor=0)
    with pytest.raises(UnableToApprove, match=r"Nobody may give 10\.00 EUR here now"), tenant(organization_id=org.id):
        approval_ask(**given, remedy="credit-10", by=org.employee)


def test_invariant_6_a_yes_stays_within_the_limits_of_who_says_it(org: Org) -> None:
    approval_id = asked(org, tight(org))
    with tenant(organization_id=org.id):
        Member.objects.filter(id=org.manager).update(limit_minor=499)
    answer = Client(headers={"host": "127.0.0.1"}).post(link(org, approval_id, org.manager), {"answer": "yes"})
    assert answer.status_code == 422
    assert state(org) == ("waiting", 0), "a refused yes leaves it to the deputy"


def test_invariant_6_many_yeses_give_it_once(org: Org) -> None:
    approval_id = asked(org, tight(org))

    def say(by: int) -> None:
        with tenant(organization_id=org.id):
            approval_decide(organization_id=org.id, approval_id=approval_id, yes=True, by=by, now=START)

    results = at_once([lambda by=by: say(by) for by in (org.manager, org.admin) * 4])
    assert sum(one is None for one in results) == 1
    assert {type(one) for one in results if one is not None} == {UnableToApprove}
    assert state(org) == ("approved", 1)
    ledger_holds(org)


@pytest.mark.parametrize(("tap", "goes"), [("https://x/approve/t", "https://x/approve/t"), ("", "#give")])
def test_what_leaves_carries_the_link_only_to_the_member_alone(tap: str, goes: str) -> None:
    note = {"recovery": 1, "number": 7, "what": "ask.make_good", "approval": 3}
    one = ToSay(kind="approval", what="ask.make_good", note=note, due_at=None)
    said = said_to(things=[one], zone="Europe/Amsterdam", now=START, tap=tap)
    assert said.link.endswith(goes)
    assert "/approve/" not in said.head

"""Telling members outside of Makegood: once, by their choices, not at night, and not what is settled or seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from django.conf import settings
from tests.conftest import START, Org
from tests.support.given import step
from tests.support.outside import MailServer, mail_server
from tests.support.recoveries import opened

from makegood.config.working import work_dry
from makegood.journal.models import Effect
from makegood.messages.models import Message, Telling
from makegood.messages.staff import notices_read
from makegood.organizations.models import Member, TellingChoice
from makegood.organizations.operations import user_create
from makegood.organizations.telling import UnableToChooseTelling, telling_choose
from makegood.recoveries.approval_models import Approval
from makegood.recoveries.models import Recovery, RecoveryClock
from makegood.recoveries.operations.approving import approval_ask, approval_decide
from makegood.recoveries.operations.telling import StaffNote, staff_tell
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

HOUR = timedelta(hours=1)
NIGHT = START.replace(hour=22)
"""Eleven at night in Amsterdam."""
MORNING = START.replace(day=3, hour=7)
"""Eight in the morning there."""


def parsed(raw: bytes) -> EmailMessage:
    """A mail as its reader sees it."""
    return message_from_bytes(raw, policy=default)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as one:
        yield one


@pytest.fixture
def org(make_org: Callable[..., Org]) -> Org:
    made = make_org(delivery="live")
    for name in ("manager", "employee"):
        user_id = user_create(email=f"{name}{made.id}@example.com", password=None, now=START)
        with tenant(organization_id=made.id):
            Member.objects.filter(id=getattr(made, name)).update(user_id=user_id)
    return made


def note(org: Org, what: str, at: datetime, **more: Any) -> None:
    """Tell the employee of their recovery, as the rooms do."""
    with tenant(organization_id=org.id):
        one = Recovery.objects.filter(organization_id=org.id).first()
        assert one is not None
        values: dict[str, Any] = {"member_id": org.employee, "recovery_id": one.id, "what": what, "at": at, **more}
        staff_tell(organization_id=org.id, notes=[StaffNote(**values)])


def go(org: Org, at: datetime) -> None:
    """Let the time come, and everything that is due leave."""
    step(org, at - START)
    for _ in range(3):
        work_dry(only=[org.id])
        tick_dry(only=[org.id])


def subjects(server: MailServer) -> list[str]:
    return [parsed(one)["Subject"] for one in server.taken]


def states(org: Org) -> dict[str, str]:
    with tenant(organization_id=org.id):
        return dict(Telling.objects.order_by("id").values_list("what", "state"))


@pytest.fixture
def case(org: Org) -> Recovery:
    """An open recovery of the employee's, which they know is theirs and whose clocks tell of nothing by themselves."""
    made = opened(org)
    with tenant(organization_id=org.id):
        Effect.objects.filter(kind="staff").update(state="done")
        Recovery.objects.filter(id=made.id).update(owner_id=org.employee)
        RecoveryClock.objects.filter(recovery_id=made.id).update(next_at=None)
    return made


def late(org: Org, case: Recovery, target: str = "fix", **values: Any) -> None:
    """Let a clock of the recovery stand as missed, or otherwise."""
    with tenant(organization_id=org.id):
        found = RecoveryClock.objects.filter(recovery_id=case.id, target=target)
        assert found.update(**{"state": "missed", **values})


def test_one_mail_with_one_link_however_often_the_effect_is_worked(
    org: Org, case: Recovery, server: MailServer
) -> None:
    late(org, case)
    note(org, "breach.fix", START, due_at=START)
    for _ in range(2):
        go(org, START + HOUR)
        with tenant(organization_id=org.id):
            Effect.objects.filter(kind="staff", payload__notes__0__what="breach.fix").update(state="pending")
    assert subjects(server) == [f"Recovery R-{case.number} is late (the fix)."]
    text = parsed(server.taken[0]).get_content().replace("\r\n", "\n")
    assert text.count("http") == 1
    assert f"Do it now, or say that you know:\n{settings.PUBLIC_URL}/recoveries/R-{case.number}\n" in text
    assert "It was due on Monday 2 March at 10:00." in text
    assert states(org) == {"breach.fix": "told"}


def test_what_opens_as_theirs_is_told_to_its_owner_once_and_stands_among_no_notices(
    org: Org, server: MailServer
) -> None:
    with tenant(organization_id=org.id):
        Member.objects.exclude(id=org.employee).update(present=False)
    made = [opened(org), opened(org)]
    for minutes in (0, 1):
        go(org, START + timedelta(minutes=minutes))
    (mail,) = (parsed(one) for one in server.taken)
    assert mail["To"] == f"employee{org.id}@example.com"
    assert mail["Subject"] == f"Recovery R-{made[0].number} is new, and yours. And 1 more."
    link = f"{settings.PUBLIC_URL}/recoveries/R-{made[0].number}"
    text = mail.get_content().replace("\r\n", "\n")
    assert f"Begin with its next step:\n{link}\n" in text
    assert f"- Recovery R-{made[1].number} is new, and yours.\n" in text
    assert states(org) == {"opened": "told"}
    with tenant(organization_id=org.id):
        assert Telling.objects.count() == 2
        assert not Message.objects.filter(kind="staff").exists(), "their Today shows it"


@pytest.mark.parametrize("over", [{"owner_id": "admin"}, {"state": "closed", "closed_at": NIGHT}])
def test_what_opened_in_the_night_and_is_anothers_or_closed_by_the_morning_is_not_told(
    org: Org, server: MailServer, over: dict[str, Any]
) -> None:
    with tenant(organization_id=org.id):
        Member.objects.exclude(id=org.employee).update(present=False)
    made = opened(org, at=NIGHT)
    go(org, NIGHT)
    values = {name: getattr(org, value) if name == "owner_id" else value for name, value in over.items()}
    with tenant(organization_id=org.id):
        RecoveryClock.objects.filter(recovery_id=made.id).update(next_at=None)
        Recovery.objects.filter(id=made.id).update(**values)
    go(org, MORNING)
    assert server.taken == []
    assert states(org) == {"opened": "settled"}


def test_at_night_nobody_is_mailed_and_in_the_morning_each_matter_is_told_once(
    org: Org, case: Recovery, server: MailServer
) -> None:
    late(org, case)
    for minutes, what in ((0, "breach.fix"), (30, "repeat.fix"), (60, "repeat.fix"), (70, "review")):
        note(org, what, NIGHT + timedelta(minutes=minutes), turn=minutes)
        go(org, NIGHT + timedelta(minutes=minutes))
    go(org, MORNING - timedelta(seconds=1))
    assert server.taken == []
    go(org, MORNING)
    go(org, MORNING + HOUR)
    assert subjects(server) == [f"Recovery R-{case.number} is still late (the fix). And 1 more."]
    assert states(org) == {"breach.fix": "folded", "repeat.fix": "told", "review": "told"}


def test_what_is_late_still_is_repeated_once_an_hour(org: Org, case: Recovery, server: MailServer) -> None:
    late(org, case)
    for minutes in (0, 15, 30, 45):
        note(org, "repeat.fix" if minutes else "breach.fix", START + timedelta(minutes=minutes), turn=minutes)
        go(org, START + timedelta(minutes=minutes))
    assert len(server.taken) == 1
    go(org, START + HOUR)
    assert subjects(server)[1:] == [f"Recovery R-{case.number} is still late (the fix)."]


def test_a_night_that_begins_before_the_worker_comes_holds_it_all_the_same(
    org: Org, case: Recovery, server: MailServer
) -> None:
    note(org, "score", START + 2 * HOUR)
    step(org, 2 * HOUR)
    work_dry(only=[org.id])
    tick_dry(only=[org.id])
    step(org, NIGHT - START)
    work_dry(only=[org.id])
    assert server.taken == []
    assert states(org) == {"score": "held"}
    go(org, MORNING)
    assert len(server.taken) == 1


def test_what_is_settled_or_seen_before_it_leaves_is_not_told(org: Org, case: Recovery, server: MailServer) -> None:
    late(org, case)
    note(org, "breach.fix", NIGHT)
    note(org, "score", NIGHT)
    go(org, NIGHT)
    late(org, case, state="met", met_at=NIGHT + HOUR)
    with tenant(organization_id=org.id):
        (score,) = Message.objects.filter(kind="staff", subject__contains="score").values_list("id", flat=True)
        notices_read(organization_id=org.id, member_id=org.employee, now=NIGHT + HOUR, message_id=score)
    go(org, MORNING)
    assert server.taken == []
    assert states(org) == {"breach.fix": "settled", "score": "seen"}


def test_what_is_anothers_now_is_not_told_and_what_was_escalated_is(
    org: Org, case: Recovery, server: MailServer
) -> None:
    late(org, case)
    note(org, "breach.fix", START)
    note(org, "breach.fix", START, member_id=org.manager, above=True)
    with tenant(organization_id=org.id):
        Recovery.objects.filter(id=case.id).update(owner_id=org.admin)
    go(org, START + HOUR)
    assert [parsed(one)["To"] for one in server.taken] == [f"manager{org.id}@example.com"]
    with tenant(organization_id=org.id):
        assert dict(Telling.objects.values_list("kind", "state")) == {"breach": "settled", "escalation": "told"}


def choose(org: Org, member_id: int, **values: Any) -> None:
    given: dict[str, Any] = {
        "by_mail": True, "quiet": (time(21), time(8)), "zone": "", "paces": {}, "wake": False, **values,
    }  # fmt: skip
    with tenant(organization_id=org.id):
        telling_choose(organization_id=org.id, member_id=member_id, now=START, **given)


def test_a_digest_gathers_what_is_not_urgent_and_one_mail_tells_it(
    org: Org, case: Recovery, server: MailServer
) -> None:
    choose(org, org.employee, paces={"customer": "hourly", "assignment": "hourly"})
    for minutes, what in ((5, "owned"), (10, "reply"), (15, "score")):
        note(org, what, START + timedelta(minutes=minutes))
        go(org, START + timedelta(minutes=minutes))
    assert server.taken == []
    late(org, case)
    note(org, "breach.fix", START + timedelta(minutes=20))
    go(org, START + timedelta(minutes=20))
    assert len(server.taken) == 1
    go(org, START + HOUR)
    assert subjects(server)[1].endswith("And 2 more.")
    assert parsed(server.taken[1]).get_content().count("http") == 1


def test_what_is_told_in_one_batch_waits_from_its_own_moment(org: Org, case: Recovery, server: MailServer) -> None:
    """What happened before the full hour comes with it, though what happened after it was noted together with it."""
    choose(org, org.employee, paces={"customer": "hourly"})
    with tenant(organization_id=org.id):
        notes = [
            StaffNote(member_id=org.employee, recovery_id=case.id, what=what, at=START + timedelta(minutes=minutes))
            for minutes, what in ((50, "score"), (65, "review"))
        ]
        staff_tell(organization_id=org.id, notes=notes)
    go(org, START + timedelta(minutes=70))
    assert subjects(server) == [f"Recovery R-{case.number} has a low score from the customer."]
    go(org, START + 2 * HOUR)
    assert subjects(server)[1:] == [f"Recovery R-{case.number} has a review from the customer."]


def two_asked(org: Org, case: Recovery) -> tuple[int, int]:
    """Two yeses that are asked for at one instant, of the manager, who hears of both at once."""
    with tenant(organization_id=org.id):
        Member.objects.filter(id=org.employee).update(limit_minor=0)
        for remedy in ("express", "credit-10"):
            approval_ask(organization_id=org.id, recovery_id=case.id, remedy=remedy, by=org.employee, now=START)
        first, second = Approval.objects.order_by("id").values_list("id", flat=True)
    return first, second


def refuse(org: Org, approval_id: int, at: datetime) -> None:
    with tenant(organization_id=org.id):
        approval_decide(organization_id=org.id, approval_id=approval_id, yes=False, by=org.manager, now=at)


def manager_led_to(org: Org, server: MailServer) -> list[str]:
    """Where the one link of each mail to the manager leads, as a path."""
    mails = [parsed(one) for one in server.taken]
    lines = "\n".join(one.get_content() for one in mails if one["To"] == f"manager{org.id}@example.com").splitlines()
    return [line.removeprefix(settings.PUBLIC_URL) for line in lines if line.startswith("http")]


def test_two_yeses_asked_for_at_once_are_one_line_that_leads_to_where_both_are_given(
    org: Org, case: Recovery, server: MailServer
) -> None:
    asked = two_asked(org, case)
    go(org, START)
    said = f"Recovery R-{case.number} asks you for more than its owner may give (the make-good)."
    assert [one.strip() for one in subjects(server)] == [said]
    page = f"/recoveries/R-{case.number}#give"
    assert manager_led_to(org, server) == [page]
    with tenant(organization_id=org.id):
        told = Telling.objects.order_by("id").values_list("note__approval", "state")
        assert list(told) == [(asked[0], "folded"), (asked[1], "told")]
    for one in asked:
        refuse(org, one, START)
    with tenant(organization_id=org.id):
        approval_ask(organization_id=org.id, recovery_id=case.id, remedy="express", by=org.employee, now=START + HOUR)
    go(org, START + HOUR)
    before, link = manager_led_to(org, server)
    assert (before, link.startswith("/approve/")) == (page, True), "of three only this one waits"


def test_a_yes_asked_for_beside_a_question_in_free_words_leads_to_where_both_are_answered(
    org: Org, case: Recovery, server: MailServer
) -> None:
    choose(org, org.manager)
    with tenant(organization_id=org.id):
        Member.objects.filter(id=org.employee).update(limit_minor=0)
    note(org, "ask.make_good", NIGHT, member_id=org.manager)
    with tenant(organization_id=org.id):
        now = NIGHT + timedelta(minutes=5)
        approval_ask(organization_id=org.id, recovery_id=case.id, remedy="express", by=org.employee, now=now)
    go(org, now)
    go(org, MORNING)
    assert manager_led_to(org, server) == [f"/recoveries/R-{case.number}#give"]


def test_of_two_yeses_the_other_is_told_where_the_one_that_stands_for_both_is_answered_as_it_leaves(
    org: Org, case: Recovery, server: MailServer
) -> None:
    first, second = two_asked(org, case)
    work_dry(only=[org.id])
    tick_dry(only=[org.id])
    refuse(org, second, START)
    go(org, START)
    (link,) = manager_led_to(org, server)
    assert link.startswith("/approve/")
    with tenant(organization_id=org.id):
        asked = Telling.objects.filter(what="ask.make_good").order_by("id")
        assert list(asked.values_list("note__approval", "state")) == [(first, "told"), (second, "settled")]


def test_an_escalation_comes_at_night_to_who_is_willing_and_not_away(
    org: Org, case: Recovery, server: MailServer
) -> None:
    late(org, case)
    choose(org, org.manager, wake=True)
    note(org, "breach.fix", NIGHT, member_id=org.manager, above=True)
    note(org, "review", NIGHT, member_id=org.manager)
    go(org, NIGHT)
    assert len(server.taken) == 1
    with tenant(organization_id=org.id):
        Member.objects.filter(id=org.manager).update(present=False)
    note(org, "repeat.fix", NIGHT + HOUR, turn=2, member_id=org.manager, above=True)
    go(org, NIGHT + HOUR)
    assert len(server.taken) == 1


def test_who_wants_no_mail_and_who_was_let_go_are_told_inside_alone(
    org: Org, case: Recovery, server: MailServer
) -> None:
    choose(org, org.employee, by_mail=False)
    note(org, "score", START)
    note(org, "score", NIGHT, member_id=org.manager)
    go(org, NIGHT)
    with tenant(organization_id=org.id):
        assert Telling.objects.filter(member_id=org.employee).count() == 0
        assert Message.objects.filter(kind="staff", member_id=org.employee).exists()
        Member.objects.filter(id=org.manager).update(active=False)
    go(org, MORNING)
    assert server.taken == []
    assert states(org) == {"score": "settled"}


def test_a_choice_that_is_none_is_refused(org: Org) -> None:
    with pytest.raises(UnableToChooseTelling, match="Choose for each kind"):
        choose(org, org.employee, paces={"breach": "never"})
    with tenant(organization_id=org.id):
        assert not TellingChoice.objects.exists()

"""How it ended, told without a person where the playbook lets it go, and called back where it has not ended."""

from __future__ import annotations

import pytest
from tests.conftest import START, Org
from tests.support.recoveries import HOUR, failure, open_for, playbook_with, reply, say

from makegood.messages.models import Message
from makegood.messages.operations import message_stop
from makegood.recoveries.models import Recovery, Step
from makegood.recoveries.operations import step_done, step_skip, step_undo
from makegood.rules.playbooks import UnusablePlaybook, from_data, parse, text_of
from makegood.rules.yaml_text import data_of as yaml_data
from makegood.store.tenancy import tenant

PERSON = "communicate: { minutes: 2880, send: person }"


def opened(org: Org, send: str) -> Recovery:
    """A recovery whose playbook lets the word of how it ended go so; call inside a unit of work."""
    playbook_with(org, (PERSON, PERSON.replace("person", send)))
    (recovery,) = open_for(org, failure(org))
    return recovery


def put_right(org: Org, recovery: Recovery, *, step: str = "fix", hours: int = 1) -> None:
    """A step is done; call inside a unit of work."""
    step_done(organization_id=org.id, recovery_id=recovery.id, step=step, by=org.employee, now=START + hours * HOUR)


def made_good(org: Org, recovery: Recovery, *, hours: int = 1) -> None:
    """Nothing was to be given; call inside a unit of work."""
    step_skip(
        organization_id=org.id, recovery_id=recovery.id, step="make_good", by=org.employee, reason="nothing lost",
        now=START + hours * HOUR,
    )  # fmt: skip


def told(org: Org, recovery: Recovery) -> list[str]:
    """The states of what says how it ended, the oldest first; call inside a unit of work."""
    found = Message.objects.filter(organization_id=org.id, thread_id=recovery.thread_id, kind="outcome")
    return list(found.order_by("id").values_list("state", flat=True))


@pytest.mark.parametrize("send", ["at_once", "after:60"])
def test_it_is_told_once_it_was_put_right_and_made_good(org: Org, send: str) -> None:
    with tenant(organization_id=org.id):
        recovery = opened(org, send)
        put_right(org, recovery)
        assert told(org, recovery) == []
        made_good(org, recovery)
        assert told(org, recovery) == ["queued"]
        put_right(org, recovery, step="respond", hours=2)
        assert told(org, recovery) == ["queued"]


def test_where_a_person_tells_it_nothing_goes_by_itself(org: Org) -> None:
    with tenant(organization_id=org.id):
        recovery = opened(org, "person")
        put_right(org, recovery)
        made_good(org, recovery)
        assert told(org, recovery) == []


def test_who_waits_for_an_answer_gets_that_from_a_person_first(org: Org) -> None:
    """So soon after that answer, the word of how it ended is a person's to send as well (rule 11)."""
    with tenant(organization_id=org.id):
        recovery = opened(org, "at_once")
        reply(org, recovery, "Where is it? I have heard nothing.", at=START + HOUR)
        put_right(org, recovery, hours=2)
        made_good(org, recovery, hours=2)
        assert told(org, recovery) == []
        say(org, recovery, "update", at=START + 3 * HOUR, by=org.employee)
        assert told(org, recovery) == ["draft"]


@pytest.mark.parametrize(("text", "state"), [("It is broken again.", "stopped"), ("Thank you!", "queued")])
def test_a_reply_that_is_more_than_a_thanks_calls_it_back(org: Org, text: str, state: str) -> None:
    with tenant(organization_id=org.id):
        recovery = opened(org, "after:60")
        put_right(org, recovery)
        made_good(org, recovery)
        reply(org, recovery, text, at=START + HOUR)
        assert told(org, recovery) == [state]


def test_a_fix_that_did_not_hold_calls_it_back_and_the_next_one_tells_anew(org: Org) -> None:
    with tenant(organization_id=org.id):
        recovery = opened(org, "after:60")
        put_right(org, recovery)
        made_good(org, recovery)
        step_undo(organization_id=org.id, recovery_id=recovery.id, step="fix", by=org.employee, now=START + 2 * HOUR)
        assert told(org, recovery) == ["stopped"]
        put_right(org, recovery, hours=3)
        assert told(org, recovery) == ["stopped", "queued"]
        assert Step.objects.get(organization_id=org.id, recovery_id=recovery.id, step="communicate").state == "todo"


def test_what_was_called_back_is_told_once_it_has_ended(org: Org) -> None:
    """Given by mistake, taken back and given anew; what a person stopped is theirs to say."""
    with tenant(organization_id=org.id):
        recovery = opened(org, "after:60")
        put_right(org, recovery)
        made_good(org, recovery)
        step_undo(
            organization_id=org.id, recovery_id=recovery.id, step="make_good", by=org.employee, now=START + 2 * HOUR
        )
        made_good(org, recovery, hours=3)
        assert told(org, recovery) == ["stopped", "queued"]
        (leaving,) = Message.objects.filter(organization_id=org.id, kind="outcome", state="queued")
        message_stop(organization_id=org.id, message_id=leaving.id, by=org.employee, now=START + 3 * HOUR)
        put_right(org, recovery, step="respond", hours=4)
        assert told(org, recovery) == ["stopped", "stopped"]


def test_who_wrote_meanwhile_and_was_answered_is_told_after_all(org: Org) -> None:
    with tenant(organization_id=org.id):
        recovery = opened(org, "after:60")
        put_right(org, recovery)
        made_good(org, recovery)
        reply(org, recovery, "Where is the second one?", at=START + HOUR)
        say(org, recovery, "update", at=START + 2 * HOUR, by=org.employee)
        assert told(org, recovery) == ["stopped", "draft"]


@pytest.mark.parametrize(
    ("step", "send", "why"),
    [
        ("fix", "at_once", "steps.fix.send must be person"),
        ("respond", "at_once", "steps.respond.send must be person"),
        ("improve", "after:5", "steps.improve.send must be person"),
        ("stay", "at_once", "steps.stay.send must be person"),
        ("make_good", "after:5", "steps.make_good.send must be person or at_once"),
    ],
)
def test_what_only_a_person_can_say_is_refused_to_go_by_itself_save_where_it_is_frozen(
    step: str, send: str, why: str
) -> None:
    lines = text_of("default").splitlines()
    (at,) = (number for number, line in enumerate(lines) if line.startswith(f"  {step}:") and "send: person" in line)
    lines[at] = lines[at].replace("send: person", f"send: {send}")
    text = "\n".join(lines)
    with pytest.raises(UnusablePlaybook, match=why):
        parse(text)
    assert from_data(yaml_data(text)).steps[step].send == send

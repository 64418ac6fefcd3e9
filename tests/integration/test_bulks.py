"""One action for many recoveries: each as if it were done alone, resumed where it was killed, and undone as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from tests.conftest import START, Org
from tests.support.recoveries import again, customer, failure, journal, opened, steps

from makegood.config.working import work_dry
from makegood.failures.models import Failure
from makegood.failures.operations import cause_create
from makegood.messages.models import Message
from makegood.messages.queries import notices_of_member
from makegood.organizations.models import Member
from makegood.recoveries.many_models import Bulk, BulkRow
from makegood.recoveries.models import Pause, Recovery
from makegood.recoveries.operations import bulk as bulk_module
from makegood.recoveries.operations import close, owner_change, pause_start
from makegood.recoveries.operations.bulk import UnableToDoMany, bulk_begin, bulk_stop, bulk_undo, bulks_work
from makegood.recoveries.operations.bulk_doing import DO
from makegood.recoveries.queries.bulks import bulk_lines, bulk_one
from makegood.store.tenancy import tenant


def several(org: Org, count: int, **facts: Any) -> list[Recovery]:
    """So many open recoveries, each of its own customer."""
    found = []
    for _ in range(count):
        with tenant(organization_id=org.id):
            whose = customer(org)
        found.append(opened(org, customer_id=whose, **facts))
    return found


def begun(org: Org, rows: Sequence[Recovery], action: str, words: str = "", **chosen: Any) -> int:
    """Begin a bulk by the manager, in its own unit of work."""
    with tenant(organization_id=org.id):
        return bulk_begin(
            organization_id=org.id, action=action, chosen=chosen, words=words,
            recovery_ids=[row.id for row in rows], by=org.manager, now=START,
        )  # fmt: skip


def worked(org: Org) -> None:
    """Work until no bulk has anything left."""
    for _ in range(100):
        with tenant(organization_id=org.id):
            if not bulks_work(organization_id=org.id):
                return
    raise AssertionError("it never ends")


def undone(org: Org, bulk_id: int) -> None:
    """Undo all of it."""
    with tenant(organization_id=org.id):
        bulk_undo(organization_id=org.id, bulk_id=bulk_id, by=org.manager, now=START)
    worked(org)


def lines(org: Org, bulk_id: int) -> list[tuple[str, str]]:
    """The state of each row and why, in order; call inside a unit of work."""
    return [(one.state, one.why) for one in bulk_lines(organization_id=org.id, bulk_id=bulk_id)]


def test_many_are_handed_over_and_given_back(org: Org) -> None:
    """Each is journalled as if handed over alone, its new owner is told once of all, and undo puts back owner and tier."""
    rows = several(org, 3)
    was = {row.id: (row.owner_id, row.owner_tier) for row in rows}
    assert {owner for owner, _ in was.values()} == {org.employee}
    bulk_id = begun(org, rows, "hand_over", to=org.admin)
    worked(org)
    with tenant(organization_id=org.id):
        facts = bulk_one(organization_id=org.id, bulk_id=bulk_id)
        assert facts is not None
        assert (facts.state, facts.counts, facts.left) == ("done", {"done": 3}, 0)
        for row in rows:
            assert again(org, row).owner_id == org.admin
            assert journal(org, row, "owned")[-1].actor_id == org.manager
        (notice,) = [
            one
            for one in notices_of_member(organization_id=org.id, member_id=org.admin, limit=9)
            if "handed" in one.subject
        ]
        assert notice.subject == "3 recoveries were handed to you."
    undone(org, bulk_id)
    with tenant(organization_id=org.id):
        assert {row.id: (again(org, row).owner_id, again(org, row).owner_tier) for row in rows} == was
        assert lines(org, bulk_id) == [("undone", "")] * 3
        with pytest.raises(UnableToDoMany, match="undone already"):
            bulk_undo(organization_id=org.id, bulk_id=bulk_id, by=org.manager, now=START)


def test_who_changed_since_is_left_alone_by_undo(org: Org) -> None:
    """What a colleague did in between stays, and the row says so."""
    first, second = several(org, 2)
    bulk_id = begun(org, [first, second], "hand_over", to=org.admin)
    worked(org)
    with tenant(organization_id=org.id):
        owner_change(organization_id=org.id, recovery_id=first.id, to=org.manager, by=org.admin, reason="", now=START)
    undone(org, bulk_id)
    with tenant(organization_id=org.id):
        assert again(org, first).owner_id == org.manager
        assert [state for state, _ in lines(org, bulk_id)] == ["kept", "undone"]
        assert "changed since" in lines(org, bulk_id)[0][1]


def test_what_does_not_go_is_refused_row_by_row(org: Org) -> None:
    """A closed one and one that is theirs already say why; the other is handed over all the same."""
    first, second, third = several(org, 3)
    with tenant(organization_id=org.id):
        close(organization_id=org.id, recovery_id=first.id, by=org.manager, now=START, reason="Settled")
        owner_change(organization_id=org.id, recovery_id=second.id, to=org.admin, by=org.manager, reason="", now=START)
    bulk_id = begun(org, [first, second, third], "hand_over", to=org.admin)
    worked(org)
    with tenant(organization_id=org.id):
        states, why = zip(*lines(org, bulk_id), strict=True)
        assert states == ("refused", "refused", "done")
        assert "This recovery is closed" in why[0]
        assert why[1] == "It is theirs already."


def test_a_severity_is_set_and_set_back(org: Org) -> None:
    rows = several(org, 2)
    grave = rows[0].severity
    bulk_id = begun(org, rows, "severity", severity=4)
    worked(org)
    with tenant(organization_id=org.id):
        assert [again(org, row).severity for row in rows] == [4, 4]
    undone(org, bulk_id)
    with tenant(organization_id=org.id):
        assert [again(org, row).severity for row in rows] == [grave, grave]


def test_clocks_are_paused_and_run_again(org: Org) -> None:
    """One that a colleague paused before is refused and stays paused; undo lets the others run."""
    first, second = several(org, 2)
    with tenant(organization_id=org.id):
        pause_start(organization_id=org.id, recovery_id=first.id, reason="customer", by=org.employee, now=START)
    bulk_id = begun(org, [first, second], "pause", "The road is closed", reason="third_party")
    worked(org)
    with tenant(organization_id=org.id):
        pause = Pause.objects.get(recovery_id=second.id)
        assert (pause.reason, pause.note, pause.to_at) == ("third_party", "The road is closed", None)
        assert [state for state, _ in lines(org, bulk_id)] == ["refused", "done"]
    undone(org, bulk_id)
    with tenant(organization_id=org.id):
        assert Pause.objects.filter(to_at=None).values_list("recovery_id", flat=True).get() == first.id


def test_paused_ones_run_again_and_are_paused_anew(org: Org) -> None:
    (row,) = several(org, 1)
    with tenant(organization_id=org.id):
        pause_start(
            organization_id=org.id, recovery_id=row.id, reason="customer", by=org.employee, now=START, note="A photo"
        )
    bulk_id = begun(org, [row], "resume")
    worked(org)
    with tenant(organization_id=org.id):
        assert not Pause.objects.filter(recovery_id=row.id, to_at=None).exists()
        # Paused and resumed in one moment leaves nothing, so the note is gone with it; the reason is kept.
    undone(org, bulk_id)
    with tenant(organization_id=org.id):
        assert Pause.objects.get(recovery_id=row.id, to_at=None).reason == "customer"


def test_a_cause_is_linked_and_taken_off_again(org: Org) -> None:
    """The step is done with it, and undo brings both back; one with another cause gets that one back."""
    first, second = several(org, 2)
    with tenant(organization_id=org.id):
        carrier, till = (cause_create(organization_id=org.id, name=name) for name in ("Carrier", "Till"))
        Failure.objects.filter(customer_id=second.customer_id).update(cause_id=till)
    bulk_id = begun(org, [first, second], "cause", cause=carrier)
    worked(org)
    with tenant(organization_id=org.id):
        assert set(Failure.objects.values_list("cause_id", flat=True)) == {carrier}
        assert steps(org, first)["improve"] == "done"
        assert again(org, first).cause_known_at == START
    undone(org, bulk_id)
    with tenant(organization_id=org.id):
        causes = dict(Failure.objects.values_list("customer_id", "cause_id"))
        assert causes == {first.customer_id: None, second.customer_id: till}
        assert steps(org, first)["improve"] == "todo"
        assert again(org, first).cause_known_at is None


def test_everybody_gets_word_and_what_left_stays_said(org: Org) -> None:
    """News goes to each in the name of who began it; undo stops what has not left and says plainly what has."""
    rows = several(org, 2)
    work_dry(only=[org.id])
    news = "The driver has your parcel. It comes on Friday 6 March by 18:00."
    bulk_id = begun(org, rows, "update", news)
    worked(org)
    with tenant(organization_id=org.id):
        sent = Message.objects.filter(kind="update").order_by("id")
        assert [(one.state, one.author_id, news in one.body) for one in sent] == [("queued", org.manager, True)] * 2
        Message.objects.filter(id=sent[0].id).update(state="sent")
        facts = Bulk.objects.get(id=bulk_id)
        assert facts.words == ""
    undone(org, bulk_id)
    with tenant(organization_id=org.id):
        assert lines(org, bulk_id) == [
            ("kept", "It was sent: what they have read cannot be put back."),
            ("undone", "Stopped before it left."),
        ]


def test_words_that_the_rules_hold_say_why_and_leave_nothing_behind(org: Org) -> None:
    """A half apology is held for each, with the rule's own sentence; no draft is left lying about."""
    rows = several(org, 2)
    bulk_id = begun(org, rows, "update", "We are sorry if you were upset. It comes on Friday 6 March by 18:00.")
    worked(org)
    with tenant(organization_id=org.id):
        assert [state for state, _ in lines(org, bulk_id)] == ["refused", "refused"]
        assert all(why.startswith("Held: ") for _, why in lines(org, bulk_id))
        assert not Message.objects.filter(kind="update").exists()


def test_a_manager_closes_many_with_one_reason(org: Org) -> None:
    rows = several(org, 2)
    bulk_id = begun(org, rows, "close", "The supplier settled with all of them")
    worked(org)
    with tenant(organization_id=org.id):
        assert [(again(org, row).state, again(org, row).close_reason) for row in rows] == [("closed", "by_manager")] * 2
    undone(org, bulk_id)
    with tenant(organization_id=org.id):
        assert [again(org, row).state for row in rows] == ["open", "open"]
        assert "clock to answer" in lines(org, bulk_id)[0][1]


@pytest.mark.parametrize(
    ("action", "chosen", "words"),
    [
        ("dance", {}, ""),
        ("hand_over", {"to": 10**9}, ""),
        ("severity", {"severity": 5}, ""),
        ("pause", {"reason": "tea"}, ""),
        ("cause", {"cause": 10**9}, ""),
        ("close", {}, "  "),
    ],
)
def test_what_makes_no_sense_is_not_begun(org: Org, action: str, chosen: dict[str, Any], words: str) -> None:
    rows = several(org, 1)
    with pytest.raises(UnableToDoMany):
        begun(org, rows, action, words, **chosen)
    with pytest.raises(UnableToDoMany, match="at least one"):
        begun(org, [], "hand_over", to=org.admin)


def test_who_may_not_any_more_does_nothing_more(org: Org) -> None:
    """The permission is asked again when a row is done: a manager who became an employee changes nothing."""
    rows = several(org, 1)
    bulk_id = begun(org, rows, "hand_over", to=org.admin)
    with tenant(organization_id=org.id):
        Member.objects.filter(id=org.manager).update(role="employee", tier=1)
    worked(org)
    with tenant(organization_id=org.id):
        assert lines(org, bulk_id) == [("refused", "Who began this may not do it any more.")]
        assert again(org, rows[0]).owner_id != org.admin


def test_one_that_was_killed_goes_on_and_does_no_row_twice(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker dies in the third row of a batch: the batch is as it was, and the next worker does each once."""
    rows = several(org, 5)
    bulk_id = begun(org, rows, "hand_over", to=org.admin)
    plain, calls = DO["hand_over"], []

    def dies(doing: Any, row: Any) -> Any:
        calls.append(row.recovery_id)
        if len(calls) == 3:
            raise SystemExit
        return plain(doing, row)

    monkeypatch.setitem(bulk_module.DO, "hand_over", dies)  # type: ignore[arg-type]
    with tenant(organization_id=org.id):
        bulks_work(organization_id=org.id, limit=1)
    with pytest.raises(SystemExit), tenant(organization_id=org.id):
        bulks_work(organization_id=org.id, limit=3)
    with tenant(organization_id=org.id):
        assert BulkRow.objects.filter(bulk_id=bulk_id, state="done").count() == 1
    worked(org)
    with tenant(organization_id=org.id):
        assert [state for state, _ in lines(org, bulk_id)] == ["done"] * 5
        for row in rows:
            assert [one.actor_id for one in journal(org, row, "owned")].count(org.manager) == 1


def test_the_unforeseen_in_one_row_stops_no_other(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = several(org, 2)
    bulk_id = begun(org, rows, "severity", severity=4)
    plain = DO["severity"]

    def breaks(doing: Any, row: Any) -> Any:
        if row.recovery_id == rows[0].id:
            raise RuntimeError("no")
        return plain(doing, row)

    monkeypatch.setitem(bulk_module.DO, "severity", breaks)  # type: ignore[arg-type]
    worked(org)
    with tenant(organization_id=org.id):
        assert lines(org, bulk_id) == [("refused", "Something unforeseen went wrong."), ("done", "")]


def test_the_rest_can_be_stopped(org: Org) -> None:
    rows = several(org, 3)
    bulk_id = begun(org, rows, "severity", severity=4)
    with tenant(organization_id=org.id):
        bulks_work(organization_id=org.id, limit=1)
        assert bulk_stop(organization_id=org.id, bulk_id=bulk_id, by=org.manager, now=START) == 2
    worked(org)
    with tenant(organization_id=org.id):
        assert [state for state, _ in lines(org, bulk_id)] == ["done", "refused", "refused"]
        assert Bulk.objects.get(id=bulk_id).state == "done"


def test_the_workers_find_it_by_themselves(org: Org) -> None:
    """Whoever works for the outbox does the rows, and a press of the stop button holds only what is sent."""
    rows = several(org, 60)
    bulk_id = begun(org, rows, "severity", severity=1)
    work_dry(only=[org.id])
    with tenant(organization_id=org.id):
        facts = bulk_one(organization_id=org.id, bulk_id=bulk_id)
        assert facts is not None
        assert (facts.state, facts.counts) == ("done", {"done": 60})
        assert failure(org) > 0

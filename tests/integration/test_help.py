"""What members tick, fill in and talk through belongs to a recovery, holds its steps back, and can be forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from tests.conftest import START, Org
from tests.support.recoveries import HOUR, again, journal, opened, playbook_with, steps

from makegood.core.fold import fold_recovery
from makegood.customers.models import Identity
from makegood.customers.operations import customer_erase
from makegood.organizations.models import PlaybookVersion
from makegood.recoveries.helped import channels_of
from makegood.recoveries.models import HelpFile, HelpForm, HelpTick, Recovery
from makegood.recoveries.operations import UnableToChangeRecovery, close, playbook_change, step_done, step_skip
from makegood.recoveries.operations.helping import (
    NewFile,
    UnableToFillForm,
    UnableToUseHelp,
    help_form_fill,
    help_talk_keep,
    help_tick,
)
from makegood.recoveries.queries.helping import help_file, help_state
from makegood.store.secrets import keyed_hash
from makegood.store.tenancy import tenant

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 100
MUST = (
    '- { code: seen, says: You or a colleague saw that it is right., evidence: "2.5" }',
    '- { code: seen, says: You or a colleague saw that it is right., must: true, evidence: "2.5" }',
)
FORM_MUST = ("      title: What happened\n", "      title: What happened\n      must: true\n")


@pytest.fixture
def recovery(org: Org) -> Recovery:
    """A recovery whose playbook asks for an item and a form before the fix is done."""
    with tenant(organization_id=org.id):
        playbook_with(org, MUST, FORM_MUST)
    return opened(org)


def who(org: Org, recovery: Recovery) -> dict[str, int]:
    return {"organization_id": org.id, "recovery_id": recovery.id, "by": org.employee}


def tick(org: Org, recovery: Recovery, *, ticked: bool = True) -> bool:
    return help_tick(**who(org, recovery), checklist="put-right", item="seen", ticked=ticked, now=START + HOUR)


def fill(org: Org, recovery: Recovery, **typed: str) -> int:
    files = {"photo": NewFile(name="broken lamp.png", content=PNG)}
    return help_form_fill(**who(org, recovery), form="what-happened", typed=typed, files=files, now=START + HOUR)


def test_a_step_waits_for_what_its_playbook_asks_for(org: Org, recovery: Recovery) -> None:
    with tenant(organization_id=org.id):
        with pytest.raises(UnableToChangeRecovery) as refused:
            step_done(**who(org, recovery), step="fix", now=START + HOUR)
        assert str(refused.value) == (
            "Before this step is done: tick “You or a colleague saw that it is right” and fill in “What happened”;"
            " a manager may record it without."
        )
        tick(org, recovery)
        with pytest.raises(UnableToChangeRecovery, match="fill in “What happened”; a manager"):
            step_done(**who(org, recovery), step="fix", now=START + HOUR)
        fill(org, recovery, words="It fell.")
        step_done(**who(org, recovery), step="fix", now=START + HOUR)
        assert steps(org, recovery)["fix"] == "done"


def test_a_tick_can_be_taken_back_and_is_journalled_once(org: Org, recovery: Recovery) -> None:
    with tenant(organization_id=org.id):
        assert [tick(org, recovery), tick(org, recovery)] == [True, False]
        assert [tick(org, recovery, ticked=False), tick(org, recovery, ticked=False)] == [True, False]
        told = [entry.data["ticked"] for entry in journal(org, recovery, "ticked")]
        assert told == [True, False]
        with pytest.raises(UnableToChangeRecovery):
            step_done(**who(org, recovery), step="fix", now=START + HOUR)


def test_a_manager_overrules_with_a_written_reason_and_nobody_else_does(org: Org, recovery: Recovery) -> None:
    with tenant(organization_id=org.id):
        with pytest.raises(UnableToChangeRecovery, match="a manager may"):
            step_done(**who(org, recovery), step="fix", now=START + HOUR, anyway="I was told to.")
        given = who(org, recovery) | {"by": org.manager}
        with pytest.raises(UnableToChangeRecovery, match="with a written reason"):
            step_done(**given, step="fix", now=START + HOUR, anyway="  ")
        step_done(**given, step="fix", now=START + HOUR, note="New lamp.", anyway="They are travelling.")
        assert steps(org, recovery)["fix"] == "done"
        (told,) = journal(org, recovery, "overruled")
        assert told.data == {"step": "fix", "lacking": ["put-right.seen", "what-happened"]}
        assert told.actor_id == org.manager


def test_another_step_and_one_left_out_with_a_reason_do_not_wait(org: Org, recovery: Recovery) -> None:
    with tenant(organization_id=org.id):
        step_done(**who(org, recovery), step="communicate", now=START + HOUR)
        step_skip(**who(org, recovery), step="fix", reason="There is nothing to mend.", now=START + HOUR)
        assert steps(org, recovery)["fix"] == "skipped"


def test_what_cannot_be_used_is_told_by_field_and_nothing_is_kept(org: Org, recovery: Recovery) -> None:
    given = who(org, recovery) | {"form": "what-happened", "now": START}
    script = {"photo": NewFile(name="photo.png", content=b"<script>alert(1)</script>")}
    with tenant(organization_id=org.id):
        with pytest.raises(UnableToFillForm) as refused:
            help_form_fill(**given, typed={"words": "It fell.", "day": "soon"}, files=script)
        assert set(refused.value.errors) == {"day", "photo"}
        with pytest.raises(UnableToFillForm, match="at least one"):
            help_form_fill(**given, typed={}, files={})
        assert not HelpForm.objects.filter(organization_id=org.id).exists()
        assert not journal(org, recovery, "filled")


@pytest.mark.parametrize(
    ("checklist", "item"), [("put-right", "nothing"), ("nothing", "seen"), ("", ""), ("put-right", "' OR 1=1")]
)
def test_only_what_the_playbook_has_can_be_ticked(org: Org, recovery: Recovery, checklist: str, item: str) -> None:
    with tenant(organization_id=org.id), pytest.raises(UnableToUseHelp):
        help_tick(**who(org, recovery), checklist=checklist, item=item, ticked=True, now=START)


def test_earlier_answers_stay_and_files_are_read_back_as_they_came(org: Org, recovery: Recovery) -> None:
    with tenant(organization_id=org.id):
        fill(org, recovery, words="It fell.")
        fill(org, recovery, words="It fell twice.", day="2026-03-01")
        state = help_state(organization_id=org.id, recovery_id=recovery.id)
        assert [one.answers for one in state.filled] == [
            {"words": "It fell twice.", "day": "2026-03-01"},
            {"words": "It fell."},
        ]
        (line,) = state.filled[0].files
        assert (line.name, line.kind, line.size) == ("broken lamp.png", "png", len(PNG))
        kept = help_file(organization_id=org.id, recovery_id=recovery.id, file_id=line.id)
        assert kept is not None
        assert kept.content == PNG
        other = Recovery.objects.exclude(id=recovery.id).values_list("id", flat=True).first() or recovery.id + 1
        assert help_file(organization_id=org.id, recovery_id=other, file_id=line.id) is None


def test_a_file_too_large_or_of_another_kind_never_gets_into_the_table(org: Org, recovery: Recovery) -> None:
    with tenant(organization_id=org.id):
        filled = fill(org, recovery, words="It fell.")
        for wrong in ({"kind": "exe"}, {"size": 6 * 1024 * 1024}):
            row = {"field": "x", "name": "x", "kind": "png", "size": 1, "content": b"x", **wrong}
            with pytest.raises(IntegrityError), transaction.atomic():
                HelpFile.objects.create(organization_id=org.id, filled_id=filled, **row)


def test_a_talk_is_kept_at_its_end_in_the_words_of_its_playbook(org: Org, recovery: Recovery) -> None:
    given = who(org, recovery) | {"dialogue": "first-words", "now": START + HOUR}
    with tenant(organization_id=org.id):
        for answers in ([], [1], [9], [1, 1, 1]):
            with pytest.raises(UnableToUseHelp):
                help_talk_keep(**given, answers=answers)
        help_talk_keep(**given, answers=[2, 1, 1])
        (talk,) = help_state(organization_id=org.id, recovery_id=recovery.id).talks
        assert (talk.title, talk.answers) == ("The first words", ("They are angry", "They go on telling", "Yes"))
        (told,) = journal(org, recovery, "talked")
        assert told.data == {"dialogue": "first-words", "end": "agreed"}


def test_it_follows_the_playbook_that_is_frozen_onto_the_recovery(org: Org, recovery: Recovery) -> None:
    with tenant(organization_id=org.id):
        playbook_with(org)
        with pytest.raises(UnableToChangeRecovery):
            step_done(**who(org, recovery), step="fix", now=START + HOUR)
        latest = PlaybookVersion.objects.filter(organization_id=org.id, code="default").latest("version")
        playbook_change(
            organization_id=org.id, recovery_id=recovery.id, playbook_id=latest.id, by=org.manager, now=START + HOUR
        )
        assert again(org, recovery).playbook_id == latest.id
        step_done(**who(org, recovery), step="fix", now=START + HOUR)


def test_help_for_a_channel_is_there_where_the_customer_can_be_reached_so(org: Org) -> None:
    narrowed = ("      title: The first words\n", "      title: The first words\n      channels: [phone]\n")
    with tenant(organization_id=org.id):
        playbook_with(org, narrowed)
    recovery = opened(org)
    with tenant(organization_id=org.id):
        assert channels_of(organization_id=org.id, recovery=recovery) == ()
        codes = [one.code for one in help_state(organization_id=org.id, recovery_id=recovery.id).given.dialogues]
        assert codes == ["is-it-right"]
        Identity.objects.create(
            organization_id=org.id,
            customer_id=org.customer,
            kind="phone",
            value="+351912345678",
            value_hash=keyed_hash("+351912345678"),
        )
        assert channels_of(organization_id=org.id, recovery=recovery) == ("phone",)
        codes = [one.code for one in help_state(organization_id=org.id, recovery_id=recovery.id).given.dialogues]
        assert codes == ["first-words", "is-it-right"]


def test_a_closed_recovery_takes_no_more_of_it(org: Org, recovery: Recovery) -> None:
    with tenant(organization_id=org.id):
        close(organization_id=org.id, recovery_id=recovery.id, by=org.manager, reason="Done by hand.", now=START + HOUR)
        for change in (tick, fill):
            with pytest.raises(UnableToChangeRecovery, match="closed"):
                change(org, recovery)


def test_an_erased_person_leaves_no_answer_and_no_file_and_the_journal_still_folds(
    org: Org, recovery: Recovery
) -> None:
    with tenant(organization_id=org.id):
        tick(org, recovery)
        fill(org, recovery, words="Ana Ferreira's unmistakable lamp fell.")
        step_done(**who(org, recovery), step="fix", now=START + HOUR)
        customer_erase(organization_id=org.id, customer_id=org.customer, by=org.admin, now=START + 2 * HOUR)
        assert [row.answers for row in HelpForm.objects.filter(organization_id=org.id)] == [{}]
        assert not HelpFile.objects.filter(organization_id=org.id).exists()
        assert HelpTick.objects.filter(organization_id=org.id).count() == 1
        folded = fold_recovery(entries=[(entry.event, entry.data) for entry in journal(org, recovery)])
        assert dict(folded.steps) == {
            step: state for step, state in steps(org, recovery).items() if step in folded.steps
        }
        assert folded.steps["fix"] == "done"
        told = " ".join(str(entry.data) for entry in journal(org, recovery))
        assert "unmistakable" not in told


def test_no_other_organization_reads_it(org: Org, recovery: Recovery, make_org: object) -> None:
    with tenant(organization_id=org.id):
        fill(org, recovery, words="It fell.")
    other: Org = make_org()  # type: ignore[operator]
    with tenant(organization_id=other.id), connection.cursor() as cursor:
        for table in ("helpform", "helpfile", "helptick", "helptalk"):
            cursor.execute(f"SELECT count(*) FROM recoveries_{table}")
            assert cursor.fetchone() == (0,)


def test_two_members_who_fill_in_the_same_form_lose_nothing(org: Org, recovery: Recovery) -> None:
    with tenant(organization_id=org.id):
        fill(org, recovery, words="It fell.")
        help_form_fill(
            **who(org, recovery) | {"by": org.manager},
            form="what-happened",
            typed={"words": "They say that it was broken before."},
            files={},
            now=START + timedelta(minutes=61),
        )
        state = help_state(organization_id=org.id, recovery_id=recovery.id)
        assert [one.by_id for one in state.filled] == [org.manager, org.employee]
        assert len(state.filled[1].files) == 1

"""One walk past every rule, in an order in which each has something to do: what chance may miss is done here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

from tests.support.machine.machine import RecoveryMachine
from tests.support.machine.world import DAY, HOUR

from makegood.recoveries.many_models import BULK_ACTIONS
from makegood.recoveries.models import PAUSE_REASONS, STEPS


def parade(machine: RecoveryMachine) -> Iterator[Callable[[], None]]:
    """The deeds, one after the other."""
    yield lambda: machine.a_world_begins(stepped=False, hours=3, mail=True, playbook=1)
    yield from _beginning(machine)
    yield from _saying(machine)
    yield from _working(machine)
    yield from _giving(machine)
    yield from _ending(machine)


def _beginning(machine: RecoveryMachine) -> Iterator[Callable[[], None]]:
    yield lambda: machine.a_promise_is_made(2, 30, charged=True)
    yield lambda: machine.time_passes(5 * HOUR, ticker_late=False)
    for action, ago in (("expected", 0), ("changed", 0), ("kept", 0), ("released", 1)):
        yield lambda: machine.a_promise_is_made(0, 600, charged=False)
        yield lambda action=action, ago=ago: machine.word_of_a_promise_comes(1, action, ago)  # type: ignore[misc]
    yield lambda: machine.what_broke_was_kept_in_time_after_all(0)
    yield lambda: machine.its_owner_closes_it(0)
    yield lambda: machine.an_incident_is_opened(0)
    yield lambda: machine.a_failure_is_reported(0, "rework", "time", incident=True)
    yield lambda: machine.the_same_is_asked_for_all_of_an_incident(0, "express", 0)
    yield lambda: machine.the_same_is_done_for_all_of_an_incident(0, "express")
    yield lambda: machine.the_same_is_done_for_all_of_an_incident(0, "")
    for how in ("confirm", "dismiss", "close"):
        yield lambda: machine.an_incident_is_proposed_and_holds(0)
        yield lambda how=how: machine.an_incident_is_decided(0, how)  # type: ignore[misc]
        yield lambda: machine.a_failure_is_reported(1, "complaint", "service", incident=False)
    yield lambda: machine.a_second_failure_joins(0)
    for kind in ("complaint", "low_score"):
        yield lambda kind=kind: machine.they_tell_us_elsewhere(0, kind)  # type: ignore[misc]
    for decision in ("quiet", "contact"):
        yield lambda decision=decision: machine.a_review_is_decided(0, decision)  # type: ignore[misc]
    yield lambda: machine.they_buy(0, 0, place=False)
    yield lambda: machine.they_visit(0)


def _saying(machine: RecoveryMachine) -> Iterator[Callable[[], None]]:
    yield lambda: machine.somebody_writes(0, "update", "promise", override=True)
    yield lambda: machine.a_word_is_dealt_with(0, "dismiss")
    yield lambda: machine.a_word_is_promised_while_it_is_typed(0)
    yield lambda: machine.staff_give_their_word(1, 20, "I call you")
    yield lambda: machine.they_are_called(1)
    yield lambda: machine.staff_give_their_word(1, 20, "I write to you")
    yield lambda: machine.somebody_writes(1, "update", "update", override=True)
    yield lambda: machine.somebody_promises_and_all_forget(2)
    yield lambda: machine.a_word_is_dealt_with(2, "promise")
    for pick in range(4):
        yield lambda pick=pick: machine.a_word_is_dealt_with(pick, "acknowledge")  # type: ignore[misc]
    yield lambda: machine.words_are_begun_from_the_facts(0, send=False, kind="update")
    yield lambda: machine.time_passes(HOUR, ticker_late=False)
    yield lambda: machine.a_time_in_a_draft_is_written_anew(0)
    yield lambda: machine.words_are_begun_from_the_facts(0, send=True, kind="outcome")
    yield lambda: machine.a_draft_is_sent(0, override=True)
    yield lambda: machine.sorry_is_said_once_more(0)
    yield lambda: machine.a_message_is_stopped(0)
    yield lambda: machine.time_passes(DAY, ticker_late=False)
    yield lambda: machine.a_mail_comes_back(0)
    yield lambda: machine.a_message_is_tried_again(0)
    yield lambda: machine.they_say_thanks(0, "Thank you so much!", closed=False)
    yield lambda: machine.they_write_of_trouble(0, "It is still not here.", closed=False)
    yield lambda: machine.a_machine_answers(0, "auto-reply")
    yield lambda: machine.somebody_notes(0)
    yield lambda: machine.a_mail_answers_nothing_of_ours(0, known=True)
    yield lambda: machine.a_mail_answers_nothing_of_ours(0, known=False)


def _working(machine: RecoveryMachine) -> Iterator[Callable[[], None]]:
    yield lambda: machine.it_is_handed_over(0, named=False, seen=True)
    yield lambda: machine.a_member_joins("manager")
    yield lambda: machine.a_member_comes_or_goes_home(0, present=False)
    yield lambda: machine.a_member_leaves(0, owner=True)
    yield lambda: machine.time_passes(2 * DAY, ticker_late=False)
    yield lambda: machine.somebody_knows_of_a_late_clock(0, every=False)
    yield lambda: machine.somebody_knows_of_a_late_clock(0, every=True)
    yield lambda: machine.somebody_asks_a_clock_why(0)
    yield lambda: machine.a_failure_is_reported(0, "complaint", "time", incident=False)
    for step in STEPS:
        yield lambda step=step: machine.a_step_is_done(0, step, anyway=False)  # type: ignore[misc]
        yield lambda step=step: machine.a_step_is_undone(0, step)  # type: ignore[misc]
        yield lambda step=step: machine.a_step_is_skipped(0, step, "They do not want it.")  # type: ignore[misc]
    yield lambda: machine.a_failure_is_reported(0, "complaint", "time", incident=False)
    for reason in PAUSE_REASONS:
        yield lambda reason=reason: machine.the_clocks_are_paused(-1, reason)  # type: ignore[misc]
        yield lambda: machine.time_passes(HOUR, ticker_late=False)
        yield lambda: machine.the_clocks_run_on(-1)
    yield lambda: machine.the_shop_changes_its_hours(0, fewer=True, late=1)
    yield lambda: machine.the_shop_changes_its_hours(0, fewer=False, late=1)
    yield lambda: machine.a_playbook_is_published("shop")
    for version in (0, 2, 5):
        yield lambda version=version: machine.it_moves_to_another_playbook(-1, version)  # type: ignore[misc]
    yield lambda: machine.the_shop_changes_its_hours(0, fewer=True, late=2)
    yield lambda: machine.whose_fault_it_was_is_changed(0, "nobody")
    yield lambda: machine.a_cause_is_set(0, every=True, unset=False)
    yield lambda: machine.a_cause_is_set(0, every=False, unset=True)
    for severity in (1, 4):
        yield lambda severity=severity: machine.it_is_graded_anew(0, severity)  # type: ignore[misc]
    yield lambda: machine.a_failure_is_reported(0, "complaint", "time", incident=False)
    yield lambda: machine.it_moves_to_another_playbook(-1, 4)
    for what in ("empty form", "form", "talk"):
        yield lambda what=what: machine.the_help_of_a_step_is_used(-1, what)  # type: ignore[misc]
    yield lambda: machine.a_step_is_done(-1, "fix", anyway=True)
    for what in ("tick", "untick"):
        yield lambda what=what: machine.the_help_of_a_step_is_used(-1, what)  # type: ignore[misc]
    yield lambda: machine.a_cause_is_worked_on(0, settle=False)
    yield lambda: machine.a_cause_is_worked_on(0, settle=True)


def _giving(machine: RecoveryMachine) -> Iterator[Callable[[], None]]:
    yield lambda: machine.a_failure_is_reported(1, "complaint", "time", incident=False)
    for answer in ("accept", "decline", "swap", "delivered"):
        for pick in range(6):
            yield lambda pick=pick: machine.something_is_offered(pick, "credit-10")  # type: ignore[misc]
        yield lambda answer=answer: machine.an_offer_is_answered(0, answer)  # type: ignore[misc]
    for yes in (True, False):
        yield lambda: machine.a_failure_is_reported(1, "complaint", "time", incident=False)
        yield lambda: machine.a_yes_is_asked_for(-1)
        yield lambda: machine.a_while_passes(31)
        yield lambda yes=yes: machine.a_yes_is_answered(-1, yes)  # type: ignore[misc]
    yield lambda: machine.the_fix_is_a_makegood(0)
    yield lambda: machine.sending_is_halted_or_goes_on(stopped=True)
    yield lambda: machine.something_is_owed_by_law(0, 500)
    yield lambda: machine.somebody_pays_by_hand(0)
    yield lambda: machine.sending_is_halted_or_goes_on(stopped=False)
    for pick in range(3):
        yield lambda pick=pick: machine.they_rate_on_their_page(pick, 7)  # type: ignore[misc]
    yield lambda: machine.the_fix_is_a_makegood(-1)
    yield lambda: machine.they_answer_with_a_score(-1, 2, closed=False)
    yield lambda: machine.a_score_is_asked_for(0)
    yield lambda: machine.they_answer_with_a_score(0, 2, closed=False)
    yield lambda: machine.they_rate_on_their_page(0, 7)


def _ending(machine: RecoveryMachine) -> Iterator[Callable[[], None]]:
    yield lambda: machine.time_passes(8 * DAY, ticker_late=False)
    yield lambda: machine.a_follow_up_is_done(0, "")
    yield lambda: machine.somebody_says_whether_they_are_back(0, "back", told=True)
    for but in ("fix", "cause", "floor", ""):
        yield lambda: machine.a_failure_is_reported(1, "complaint", "time", incident=False)
        yield lambda but=but: machine.all_is_done_and_it_closes_by_itself(-1, but)  # type: ignore[misc]
    yield lambda: machine.it_is_closed(0, "They asked us to leave it.", "manager")
    yield lambda: machine.its_owner_closes_it(0)
    for what in ("allow", "tell", "share", "withdraw"):
        yield lambda what=what: machine.a_story_is_told(0, what)  # type: ignore[misc]
    yield lambda: machine.they_say_thanks(0, "Thank you so much!", closed=True)
    yield lambda: machine.they_write_of_trouble(0, "It is still not here.", closed=True)
    yield lambda: machine.it_is_opened_again(0)
    yield lambda: machine.somebody_new_comes(0, mail=True)
    yield lambda: machine.two_customers_are_one(1, 0)
    yield lambda: machine.much_time_passes(31 * DAY)
    yield lambda: machine.a_while_passes(7)
    yield lambda: machine.a_failure_is_reported(0, "complaint", "time", incident=False)
    for action in BULK_ACTIONS:
        yield lambda action=action: machine.one_thing_is_done_for_many(1, action, "undo")  # type: ignore[misc]
    yield lambda: machine.one_thing_is_done_for_many(1, "severity", "stop")
    yield lambda: machine.time_passes(timedelta(), ticker_late=True)
    yield lambda: machine.a_customer_is_forgotten(0)

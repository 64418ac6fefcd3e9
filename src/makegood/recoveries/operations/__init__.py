"""Writes of recoveries: opened, owned, stepped, clocked, followed and closed; each inside the caller's transaction."""

from makegood.recoveries.operations.blaming import fault_change
from makegood.recoveries.operations.calling import called
from makegood.recoveries.operations.changing import UnableToChangeRecovery, recovery_hold
from makegood.recoveries.operations.clocks import calendars_hear_published, clock_explained
from makegood.recoveries.operations.closing import (
    UnableToClose,
    UnableToReopen,
    close,
    close_decision,
    failures_withdrawn,
    reopen,
)
from makegood.recoveries.operations.complaining import complaints_heard
from makegood.recoveries.operations.deciding import review_decide
from makegood.recoveries.operations.following import follow_up_done
from makegood.recoveries.operations.grading import severity_change
from makegood.recoveries.operations.hearing import (
    failures_caused,
    failures_held,
    floors_doubted,
    incidents_dropped,
    links_had,
    makegoods_moved,
    messages_sent,
)
from makegood.recoveries.operations.knowing import clock_acknowledge, clocks_acknowledge
from makegood.recoveries.operations.moving import playbook_change
from makegood.recoveries.operations.offering import extra_offer
from makegood.recoveries.operations.offering_all import incident_ask, incident_offer
from makegood.recoveries.operations.opening import recoveries_open_for
from makegood.recoveries.operations.owning import member_changed, member_left, owner_change
from makegood.recoveries.operations.pausing import pause_end, pause_start
from makegood.recoveries.operations.previewing import Leaving, incident_leaving
from makegood.recoveries.operations.rating import UnableToRate, rating_answer, rating_ask
from makegood.recoveries.operations.repaying import wrong_charge_repay
from makegood.recoveries.operations.replying import replies_received
from makegood.recoveries.operations.staying import returned_say
from makegood.recoveries.operations.stepping import step_done, step_skip, step_undo
from makegood.recoveries.operations.together import Refusal, Together, UnableToDoForAll, incident_fix_done
from makegood.recoveries.operations.unmatched import signals_opened, unmatched_received

__all__ = [
    "Leaving",
    "Refusal",
    "Together",
    "UnableToChangeRecovery",
    "UnableToClose",
    "UnableToDoForAll",
    "UnableToRate",
    "UnableToReopen",
    "calendars_hear_published",
    "called",
    "clock_acknowledge",
    "clock_explained",
    "clocks_acknowledge",
    "close",
    "close_decision",
    "complaints_heard",
    "extra_offer",
    "failures_caused",
    "failures_held",
    "failures_withdrawn",
    "fault_change",
    "floors_doubted",
    "follow_up_done",
    "incident_ask",
    "incident_fix_done",
    "incident_leaving",
    "incident_offer",
    "incidents_dropped",
    "links_had",
    "makegoods_moved",
    "member_changed",
    "member_left",
    "messages_sent",
    "owner_change",
    "pause_end",
    "pause_start",
    "playbook_change",
    "rating_answer",
    "rating_ask",
    "recoveries_open_for",
    "recovery_hold",
    "reopen",
    "replies_received",
    "returned_say",
    "review_decide",
    "severity_change",
    "signals_opened",
    "step_done",
    "step_skip",
    "step_undo",
    "unmatched_received",
    "wrong_charge_repay",
]

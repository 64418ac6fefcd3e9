"""Nothing is journalled unheard by mistake: each event that the code writes is listened to, or is named here with why not.

Who hears what stands in `config.handlers`. An event to which nobody listens cannot be forgotten, as one was with which
a complaint was swallowed.
"""

from __future__ import annotations

from pathlib import Path

from tests.support.events_written import events_written, modules_read

from makegood import journal
from makegood.journal.operations import _handlers

CHOSEN = {
    "causes/operations.py": "causes:improvement: opened done dropped",
    "journal/carrying.py": "outbox:effect: done failed unknown stopped shadowed",
    "makegoods/charges.py": "makegoods:charge: wanted stopped unstopped stands",
    "makegoods/writing.py": "makegoods:makegood: offered accepted delivered declined swapped expired withdrawn shadowed",
    "recoveries/operations/bulk.py": "recoveries:bulk: begun stopped undo_begun done undone",
}
"""Modules of which an event cannot be read off the source, with all those that they choose from while they run."""

UNHEARD = {
    # Who writes it does all that follows; the record is for pages, reports and folding.
    "causes:improvement: opened done dropped",
    "customers:customer: erasure_proved merged told_whole",
    "customers:value: fitted",
    "failures:signal: dismissed",
    "keeping:period: removed set",
    "makegoods:budget: set",
    "makegoods:limit: set",
    "makegoods:makegood: offered",
    "messages:message: noted drafted renewed revised machine_asked machine_wrote machine_undone",
    "organizations:chat: changed",
    "organizations:drafting: changed",
    "organizations:member: joined factor_removed identified unidentified password_renewed returned signed_out told_so",
    "organizations:single_sign_on: changed",
    "organizations:organization: founded addressed set_up treated",
    "organizations:place: treated",
    "organizations:sending: resumed stopped",
    "listen:file: mapped seen",
    "listen:folder: watched left",
    "listen:hook: made secret_changed before_ended taken left ruled replied forgotten",
    "listen:mailbox: set read left forgotten",
    "listen:mapping: forgotten",
    "recoveries:approval: asked passed_on approved refused over",
    "recoveries:bulk: begun stopped undo_begun done undone",
    "recoveries:incident: asked fixed offered",
    "recoveries:recovery: acknowledged asked blamed clocked decided escalated filled followed graded joined linked moved opened"
    " overruled paused rated reopened replied resumed returned talked ticked word_dismissed word_given"
    " word_known word_overdue",
    "recoveries:story: allowed consent_withdrawn told",
    # Nothing has broken, so nobody has anything to put right; what had broken is told by promises:promise:unbroken.
    "promises:promise: made kept released expected changed",
    # An earlier moment of keeping only lessens what was decided on the later one, which stands.
    "promises:promise: corrected",
    # Each of its failures is told apart: as attached, held or taken.
    "failures:incident: opened",
    "failures:failure: freed",
    # A person sees it on Today or on its page and decides.
    "makegoods:floor: informed",
    "makegoods:charge: wanted stopped unstopped stands",
    "messages:message: blocked failed unknown stopped",
    "recoveries:failure: left",
}
"""Every event that nobody hears, on purpose."""


def _events(said: str) -> set[str]:
    begin, *actions = said.split()
    return {begin + action for action in actions}


def test_every_event_is_heard_or_named_as_unheard() -> None:
    written, unread = events_written(modules_read(Path(journal.__file__).parents[1]))
    assert unread == set(CHOSEN), "name the events that the module chooses from while it runs"
    names = set(written).union(*map(_events, CHOSEN.values()))
    heard = {event for event, handlers in _handlers.items() if handlers}
    unheard = set[str]().union(*map(_events, UNHEARD))
    assert heard - names == set(), "somebody listens for what nobody says"
    assert names - heard - unheard == set(), "nobody listens: say why in UNHEARD, or register who should"
    assert unheard & heard == set(), "somebody listens by now: take it off UNHEARD"
    assert unheard - names == set(), "nobody says this any more: take it off UNHEARD"

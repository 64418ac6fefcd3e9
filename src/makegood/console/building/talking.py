"""One turn of a talk: what to say with the case's facts in it, and where each answer leads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.urls import reverse

from makegood.console.building import words
from makegood.console.building.helping import finding_line
from makegood.console.viewmodels import Action, Link
from makegood.console.viewmodels.helping import SaidSoFar, TalkPage
from makegood.core.help.dialogues import Dialogue, Turn, walked
from makegood.core.help.facts import pieces
from makegood.recoveries.queries import Case

SEPARATOR: Final = "-"
NEXT: Final[Mapping[str, tuple[str, str]]] = {
    "record_fix": ("Record the fix", "step-fix"),
    "offer": ("See what you may give", "give"),
    "promise": ("Put the promise on the ledger", "promises"),
    "write": ("Write to them", "next"),
    "fill_form": ("Fill in the form", "help"),
    "hand_over": ("Hand it over", "owner"),
    "pause": ("Pause the clock", "pause"),
    "cause": ("Say why it happened", "cause"),
    "follow_up": ("Record the follow-up", "follow-up"),
    "close": ("Close it", "close"),
    "nothing": ("Back to the case", "next"),
}
"""What an end suggests: how its button is called, and where on the case it is done."""


def taps_of(text: str) -> tuple[int, ...]:
    """This function will read the answers of a walk from an address; none from what is no walk."""
    parts = text.split(SEPARATOR) if text else []
    if not all(part.isascii() and part.isdigit() and len(part) < 4 for part in parts):
        return ()
    return tuple(int(part) for part in parts)


def place_of(turn: Turn) -> str:
    """This function will say where on the page of the case an end's suggestion is done."""
    return f"form-{turn.form}" if turn.then == "fill_form" else NEXT[turn.then][1]


def talk_page(
    case: Case, *, customer: str, dialogue: Dialogue, answers: tuple[int, ...], facts: Mapping[str, str]
) -> TalkPage:
    """This function will lay out the turn to which these answers lead.

    Raises UnableToWalk where they lead nowhere.
    """
    here = words.code(case.number)
    url = reverse("recovery-talk", args=[here, dialogue.code])
    positions = walked(dialogue=dialogue, answers=answers)
    turn = dialogue.turns[positions[-1].turn]
    say = tuple(pieces(text=line, facts=facts) for line in turn.say)
    return TalkPage(
        title=dialogue.title,
        customer=customer,
        code=here,
        url=url,
        back=Link(label=here, url=reverse("recovery", args=[here])),
        say=say,
        do=turn.do,
        answers=tuple(
            Link(label=answer.says, url=_at(url, (*answers, number)))
            for number, answer in enumerate(turn.answers, start=1)
        ),
        so_far=tuple(
            SaidSoFar(answer=dialogue.turns[at.turn].answers[number - 1].says, url=_at(url, at.answers))
            for at, number in zip(positions[:-1], answers, strict=True)
        ),
        previous=Link(label="Back one", url=_at(url, answers[:-1])) if answers else None,
        keep=Action(
            label=NEXT[turn.then][0],
            url=reverse("recovery-talk", args=[here, dialogue.code]),
            style="go",
            hidden=(("said", SEPARATOR.join(map(str, answers))),),
        )
        if turn.ends
        else None,
        reason=finding_line(turn.evidence),
        unknown=any(piece.kind == "unknown" for line in say for piece in line),
    )


def _at(url: str, answers: tuple[int, ...]) -> str:
    return f"{url}?said={SEPARATOR.join(map(str, answers))}" if answers else url

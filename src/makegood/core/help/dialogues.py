"""Dialogues: what to say next, what the customer may answer, and where each answer leads; checked before it is used.

A checked dialogue has no dead end and no loop without a way out: from every turn some answers lead to an end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import attrs

from makegood.core.help.facts import unknown_facts
from makegood.core.help.fitting import EVERYWHERE, Fits

MOST_TAPS: Final = 60
"""How long a walk may be; longer ones go round in circles."""

NEXT: Final = (
    "record_fix",
    "offer",
    "promise",
    "write",
    "fill_form",
    "hand_over",
    "pause",
    "cause",
    "follow_up",
    "close",
    "nothing",
)
"""What an end may suggest to do next."""


class UnableToWalk(ValueError):
    """A dialogue cannot be walked so: begin it again from its first turn."""


@attrs.frozen(kw_only=True)
class Answer:
    """What the customer may answer, and the turn that it leads to."""

    says: str
    to: str


@attrs.frozen(kw_only=True)
class Turn:
    """One turn: the lines to say, what to do meanwhile, and the answers; or, at an end, what to do `then`.

    `form` is the code of the form to fill in then, if that is what is to do. `evidence` is the id of the finding that
    the turn rests on, or none.
    """

    say: tuple[str, ...]
    do: str = ""
    answers: tuple[Answer, ...] = ()
    then: str = ""
    form: str = ""
    evidence: str = ""

    @property
    def ends(self) -> bool:
        """Whether the talk ends here."""
        return bool(self.then)


@attrs.frozen(kw_only=True)
class Dialogue:
    """One script of a step: its turns by their names, of which `start` is the first."""

    code: str
    step: str
    title: str
    start: str
    turns: Mapping[str, Turn]
    fits: Fits = EVERYWHERE


@attrs.frozen(kw_only=True)
class Flaw:
    """What is wrong with a dialogue, at which turn, and at which of its answers, counted from 0, if at one."""

    turn: str
    says: str
    answer: int | None = None


@attrs.frozen(kw_only=True)
class Position:
    """Where a walk stands: the turn's name, and the numbers of the answers that led there, each counted from 1."""

    turn: str
    answers: tuple[int, ...] = ()


def flaws(*, dialogue: Dialogue) -> tuple[Flaw, ...]:
    """This function will list everything that is wrong with a dialogue; the first is the one to mend first."""
    found = [flaw for name, turn in dialogue.turns.items() for flaw in _flaws_of(dialogue, name, turn)]
    if dialogue.start not in dialogue.turns:
        return (Flaw(turn="", says=f"begins with {dialogue.start}, which is no turn of it"), *found)
    if found:
        return tuple(found)
    reached = _reached(dialogue)
    ways = ways_out(dialogue=dialogue)
    return tuple(
        [Flaw(turn=name, says="is reached by no answer") for name in dialogue.turns if name not in reached]
        + [Flaw(turn=name, says="leads in a circle that has no end") for name in dialogue.turns if name not in ways]
    )


def _flaws_of(dialogue: Dialogue, name: str, turn: Turn) -> list[Flaw]:
    found = []
    if turn.ends and turn.answers:
        found.append(Flaw(turn=name, says="has answers and then: an end has no answers"))
    if not turn.ends and not turn.answers:
        found.append(Flaw(turn=name, says="is a dead end: give it answers, or then"))
    said = [answer.says for answer in turn.answers]
    for number, answer in enumerate(turn.answers):
        if answer.to not in dialogue.turns:
            found.append(
                Flaw(turn=name, answer=number, says=f"leads to {answer.to}, which is no turn of this dialogue")
            )
        if answer.says in said[:number]:
            found.append(Flaw(turn=name, answer=number, says="is the same answer as one before it"))
    wrong = [one for text in (*turn.say, turn.do, *said) for one in unknown_facts(text)]
    return found + [Flaw(turn=name, says=f"names {one}, which is no fact of a case") for one in wrong]


def _reached(dialogue: Dialogue) -> set[str]:
    reached, waiting = {dialogue.start}, [dialogue.start]
    while waiting:
        for answer in dialogue.turns[waiting.pop()].answers:
            if answer.to not in reached:
                reached.add(answer.to)
                waiting.append(answer.to)
    return reached


def ways_out(*, dialogue: Dialogue) -> dict[str, int]:
    """This function will say how many answers lead from each turn to the nearest end; a turn without any is absent."""
    ways = {name: 0 for name, turn in dialogue.turns.items() if turn.ends}
    for taps in range(1, len(dialogue.turns)):
        nearer = [
            name
            for name, turn in dialogue.turns.items()
            if name not in ways and any(ways.get(answer.to) == taps - 1 for answer in turn.answers)
        ]
        if not nearer:
            break
        ways.update(dict.fromkeys(nearer, taps))
    return ways


def begun(*, dialogue: Dialogue) -> Position:
    """This function will stand at the first turn."""
    return Position(turn=dialogue.start)


def stepped(*, dialogue: Dialogue, at: Position, answer: int) -> Position:
    """This function will go on from a position by one answer, counted from 1.

    Raises UnableToWalk where the turn has no such answer, or the walk grew too long.
    """
    offered = dialogue.turns[at.turn].answers
    if not 1 <= answer <= len(offered) or len(at.answers) >= MOST_TAPS:
        raise UnableToWalk(UnableToWalk.__doc__)
    return Position(turn=offered[answer - 1].to, answers=(*at.answers, answer))


def walked(*, dialogue: Dialogue, answers: Sequence[int]) -> tuple[Position, ...]:
    """This function will walk a dialogue by these answers and return every position, the first one first.

    Raises UnableToWalk as `stepped` does.
    """
    positions = [begun(dialogue=dialogue)]
    for answer in answers:
        positions.append(stepped(dialogue=dialogue, at=positions[-1], answer=answer))
    return tuple(positions)

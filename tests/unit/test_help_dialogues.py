"""Dialogues: each flaw is found, a walk goes where its answers lead, and every walk of a checked one can end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makegood.core.help.dialogues import (
    MOST_TAPS,
    Answer,
    Dialogue,
    Position,
    Turn,
    UnableToWalk,
    begun,
    flaws,
    stepped,
    walked,
    ways_out,
)
from makegood.core.help.facts import FACTS, filled, pieces, unknown_facts
from makegood.rules.playbooks import load, names


def turn(*to: str, then: str = "") -> Turn:
    return Turn(
        say=("Well.",), answers=tuple(Answer(says=f"{at} {one}", to=one) for at, one in enumerate(to)), then=then
    )


def dialogue(start: str = "a", **turns: Turn) -> Dialogue:
    return Dialogue(code="d", step="apologise", title="A talk", start=start, turns=turns)


GOOD = dialogue(a=turn("b", "end"), b=turn("a", "end"), end=turn(then="nothing"))
END = turn(then="nothing")


@pytest.mark.parametrize(
    ("wrong", "at", "says"),
    [
        (dialogue("z", a=END), "", "begins with z, which is no turn of it"),
        (dialogue(a=turn("b", "z"), b=END), "a", "leads to z, which is no turn of this dialogue"),
        (dialogue(a=turn("b"), b=turn()), "b", "is a dead end: give it answers, or then"),
        (dialogue(a=turn("b"), b=turn("a", then="nothing")), "b", "has answers and then: an end has no answers"),
        (dialogue(a=turn("b"), b=END, c=END), "c", "is reached by no answer"),
        (dialogue(a=turn("b", "c"), b=turn("b"), c=END), "b", "leads in a circle that has no end"),
        (dialogue(a=turn("b"), b=turn("a")), "a", "leads in a circle that has no end"),
        (dialogue(a=Turn(say=("Hi {name}.",), then="nothing")), "a", "names name, which is no fact of a case"),
        (dialogue(a=Turn(say=("Hi {",), then="nothing")), "a", "names {, which is no fact of a case"),
        (
            dialogue(a=Turn(say=("?",), answers=(Answer(says="Yes", to="b"), Answer(says="Yes", to="b"))), b=END),
            "a",
            "is the same answer as one before it",
        ),
    ],
)
def test_each_flaw_is_told_once_and_where(wrong: Dialogue, at: str, says: str) -> None:
    found = flaws(dialogue=wrong)
    assert (found[0].turn, found[0].says) == (at, says)
    assert len([one for one in found if one.turn == at]) == 1


def test_one_that_goes_round_but_has_a_way_out_is_fine() -> None:
    assert flaws(dialogue=GOOD) == ()
    assert ways_out(dialogue=GOOD) == {"end": 0, "a": 1, "b": 1}


def test_a_walk_goes_where_its_answers_lead() -> None:
    there = walked(dialogue=GOOD, answers=(1, 1, 2))
    assert [one.turn for one in there] == ["a", "b", "a", "end"]
    assert there[-1] == Position(turn="end", answers=(1, 1, 2))


@pytest.mark.parametrize("answers", [(3,), (0,), (-1,), (2, 1), (1,) * (MOST_TAPS + 1)])
def test_a_walk_that_cannot_be_is_refused(answers: tuple[int, ...]) -> None:
    with pytest.raises(UnableToWalk):
        walked(dialogue=GOOD, answers=answers)


@st.composite
def dialogues(draw: st.DrawFn) -> Dialogue:
    """Any dialogue that could be written: some are fine, most are not."""
    codes = [f"t{number}" for number in range(draw(st.integers(1, 7)))]
    return dialogue(
        "t0",
        **{
            code: END if not (to := draw(st.lists(st.sampled_from(codes), max_size=3, unique=True))) else turn(*to)
            for code in codes
        },
    )


@given(dialogues(), st.data())
def test_from_wherever_a_walk_of_a_checked_dialogue_stands_the_nearest_way_out_ends_it(
    drawn: Dialogue, data: st.DataObject
) -> None:
    if flaws(dialogue=drawn):
        ways = ways_out(dialogue=drawn)
        lost = set(drawn.turns) - ways.keys()
        reached = {"t0"} | {answer.to for one in drawn.turns.values() for answer in one.answers}
        assert lost or set(drawn.turns) - reached or len(drawn.turns) > 1
        return
    at = begun(dialogue=drawn)
    for _ in range(data.draw(st.integers(0, 12))):
        offered = drawn.turns[at.turn].answers
        if not offered:
            break
        at = stepped(dialogue=drawn, at=at, answer=data.draw(st.integers(1, len(offered))))
    ways = ways_out(dialogue=drawn)
    taps = 0
    while not drawn.turns[at.turn].ends:
        answers = drawn.turns[at.turn].answers
        nearest = min(range(len(answers)), key=lambda number: ways[answers[number].to])
        at, taps = stepped(dialogue=drawn, at=at, answer=nearest + 1), taps + 1
    assert taps < len(drawn.turns)


@pytest.mark.parametrize("name", names())
def test_each_shipped_playbook_has_dialogues_that_end_and_say_what_they_rest_on(name: str) -> None:
    for one in load(name).help.dialogues:
        assert flaws(dialogue=one) == ()
        assert max(ways_out(dialogue=one).values()) <= 5, "nobody at a counter has more patience"
        assert any(part.evidence for part in one.turns.values())
        assert one.turns[one.start].answers, "the customer speaks first"


def test_facts_are_filled_in_and_told_apart_from_what_is_not_known() -> None:
    text = "{greeting}, this is {member}. {fix}, {fix_by}."
    facts = {"member": "Eva", "fix": "I am bringing it", "greeting": "Hello Ana"}
    assert filled(text=text, facts=facts) == "Hello Ana, this is Eva. I am bringing it, as soon as it is done."
    kinds = [(piece.text, piece.kind) for piece in pieces(text=text, facts=facts) if piece.kind != "words"]
    assert kinds == [
        ("Hello Ana", "fact"),
        ("Eva", "fact"),
        ("I am bringing it", "fact"),
        ("as soon as it is done", "unknown"),
    ]


@given(st.text(alphabet="ab {}.!", max_size=40))
def test_filling_in_changes_nothing_but_known_names(text: str) -> None:
    assert filled(text=text, facts={}) == text
    assert bool(unknown_facts(text)) == ("{" in text or "}" in text)


@given(st.sampled_from(sorted(FACTS)), st.text(max_size=20))
def test_every_fact_is_said_or_stood_in_for(name: str, value: str) -> None:
    said = filled(text=f"So {{{name}}}", facts={name: value})
    assert said == f"So {value.strip() or FACTS[name]}"

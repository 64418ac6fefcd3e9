"""Naming what is wrong with an apology: the rule in other words than a pattern knows, and what naming may change."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.test_wording_data import DOCUMENT

from makegood.core.wording import Case, Linted, lint
from makegood.core.wording.concepts import Concepts
from makegood.core.wording.marks import sentence_marks, word_marks
from makegood.core.wording.naming import measured
from makegood.core.wording.packing import NARROW, WIDE, packed, unpacked
from makegood.core.wording.reading import read
from makegood.core.wording.types import Naming
from makegood.rules.wording_data import UnableToReadWordingRules, parsed, wording_rules

RULES = wording_rules()
GOOD = (
    "Hi Ana, your parcel was promised for Tuesday and did not come. We put it on the wrong van. I am sorry. "
    "A new one left Porto this morning and will be with you by Thursday noon. I'll call you at two today. Maria"
)
LATE = "We're sorry the fridge came a day late, Mr Okoro. We loaded the wrong van. You have £20 back today. "


def judged(text: str, naming: Naming | None = RULES.naming) -> Linted:
    return lint(text=text, rules=attrs.evolve(RULES, naming=naming), case=Case(is_apology=True))


def blocking(linted: Linted) -> set[str]:
    return {item.rule.removeprefix("wording.") for item in linted.findings if item.severity == "block"}


def one_rule(rule: str, mark: str, *, points: float, stops: float = 1.0, absent: bool = False) -> Naming:
    """Naming by a single mark of a sentence: `points` where it stands, far under the line elsewhere.

    `stops` are the points by which every message is over the line (under it, if less than 0) from which it may not go.
    """
    part = rule.removeprefix("wording.")
    return Naming(
        parts=(part,),
        bases=(1.0 if absent else -9.0,),
        marks={mark: packed([(0, round(points * 100) + 900)])},
        rules=(rule, "wording.balance"),
        starts=(0.0, stops),
        lines=(0.0, 0.0),
        shown=("" if absent else part, ""),
        measures=(f"most {part}",),
        weights=(1000,),
        absences=frozenset({rule} if absent else ()),
        finer={"wording.sorry-but": "wording.excuse"},
    )


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ("staff-blame", "Our driver got it wrong, he's hopeless and I've had words with him."),
        ("minimising", "It's only a day, and hardly the end of the world."),
        ("dismissive", "We have answered you twice and do not propose to discuss it further."),
        ("selling", "While you wait, have a look at our new spring range, 20% off until Sunday!"),
        ("forgiveness", "Please find it in your heart to forgive us."),
        ("improvement", "Rest assured that we will do better and that it won't happen again."),
    ],
)
def test_names_the_rule_that_a_sentence_breaks(rule: str, sentence: str) -> None:
    linted = judged(LATE + sentence)
    assert rule in blocking(linted)
    shown = next(item for item in linted.findings if item.rule == f"wording.{rule}" and item.severity == "block")
    assert shown.start >= len(LATE)
    assert shown.suggestion


def test_names_nothing_in_a_plain_specific_apology() -> None:
    assert judged(GOOD).findings == ()


def test_a_named_rule_is_shown_by_the_sentence_that_carries_it() -> None:
    text = LATE + "Per our policy nothing more is due. The moon was full."
    linted = judged(text, one_rule("wording.excuse", "w:moon", points=1.0))
    (shown,) = (item for item in linted.findings if item.rule == "wording.excuse")
    assert (shown.text, shown.severity) == ("The moon was full.", "block")


def test_a_piece_of_a_word_speaks_for_a_rule_in_every_word_that_holds_it() -> None:
    naming = one_rule("wording.excuse", "g:storm", points=1.0)
    for word in ("storm", "snowstorms", "stormy"):
        linted = judged(LATE + f"Per our policy nothing more is due. Half of us saw {word}.", naming)
        (shown,) = (item for item in linted.findings if item.rule == "wording.excuse")
        assert word in shown.text
    assert "excuse" not in blocking(judged(LATE + "Per our policy nothing more is due. Half of us saw stone.", naming))


def test_a_frame_speaks_for_a_rule_whatever_stands_between_its_words() -> None:
    naming = attrs.evolve(one_rule("wording.blame", "h:if you had", points=1.0), common=frozenset(("if", "you", "had")))
    for said in ("If you had only asked.", "If, as others, you simply had asked."):
        assert "blame" in blocking(judged(LATE + said, naming))
    assert "blame" not in blocking(judged(LATE + "Had you asked, if only once.", naming))


@pytest.mark.parametrize(
    ("what", "shared"),
    [(None, ""), ("late fridge delivery", "some"), ("a fridge", "all"), ("wrong tooth pulled", "none")],
)
def test_reads_how_much_of_what_failed_a_message_shares(what: str | None, shared: str) -> None:
    reading = read(text="We're sorry the fridge came a day late.", rules=RULES, case=Case(what=what))
    assert reading.what_told == shared


def test_what_failed_told_verbatim_is_not_missing() -> None:
    text = "We are sorry: a wrong tooth pulled. Per our policy nothing more is due."
    naming = one_rule("wording.no-what", "w:nowhere", points=0.0, absent=True)
    naming = attrs.evolve(naming, bases=(0.0,), measures=("what none",), weights=(9000,), lines=(1.0, 0.0))
    rules = attrs.evolve(RULES, naming=naming)
    case = Case(is_apology=True, what="wrong tooth pulled", told=("wrong tooth pulled",))
    assert "no-what" not in blocking(lint(text=text, rules=rules, case=case))
    elsewhere = attrs.evolve(case, told=())
    assert "no-what" in blocking(
        lint(text=text.replace("tooth pulled", "one").replace("wrong", "bad"), rules=rules, case=elsewhere)
    )


def test_a_phrase_of_a_rule_that_is_not_named_is_advice_but_the_message_still_may_not_go() -> None:
    text = "I am sorry if the fridge came late. Nothing can be done."
    assert "conditional" in blocking(judged(text, None))
    linted = judged(text, one_rule("wording.conditional", "w:moon", points=1.0))
    (found,) = (item for item in linted.findings if item.rule == "wording.conditional")
    assert found.severity == "advice"
    assert linted.flagged


def test_a_message_that_weighs_much_but_comes_near_no_rule_may_go_and_nothing_in_it_blocks() -> None:
    text = "Order 51, Mr Bassett: the teapot lid. It sat loose in the pot. Physics did the rest. We apologise, new lid."
    assert judged(text, None).flagged
    linted = judged(text, one_rule("wording.excuse", "w:moon", points=1.0, stops=-1.0))
    assert not linted.flagged
    assert "wording.balance" not in {item.rule for item in linted.findings}


def test_where_no_rule_is_named_the_heaviest_sentence_is_found() -> None:
    naming = one_rule("wording.conditional", "w:moon", points=1.0)
    alone = "We're sorry if the fridge came late, Mr Okoro. We loaded the wrong van. £20 went back to you today."
    assert blocking(judged(alone, None)) == {"conditional"}
    assert blocking(judged(alone, naming)) == {"balance"}


def test_where_no_rule_is_named_the_sentence_nearest_to_breaking_one_is_shown() -> None:
    naming = one_rule("wording.conditional", "w:moon", points=-0.5)
    text = "We're sorry if it came late, Mr Okoro. We loaded the wrong van. The moon was full. You have £20 back today."
    (found,) = (item for item in judged(text, naming).findings if item.severity == "block")
    assert (found.rule, found.text) == ("wording.balance", "The moon was full.")


def test_a_finer_rule_goes_with_the_one_it_belongs_to() -> None:
    text = "I'm sorry, but you have to wait your turn."
    quiet = judged(text, one_rule("wording.excuse", "w:moon", points=1.0))
    loud = judged(text, one_rule("wording.excuse", "w:turn", points=1.0))
    assert "sorry-but" not in blocking(quiet)
    assert "sorry-but" in blocking(loud)
    assert "wording.excuse" not in {item.rule for item in loud.findings}


def test_something_missing_is_shown_at_the_first_sorry() -> None:
    text = "I am sorry if the fridge came late. The moon was full."
    linted = judged(text, one_rule("wording.no-what", "w:door", points=1.0, absent=True))
    (shown,) = (item for item in linted.findings if item.rule == "wording.no-what")
    assert shown.text == "sorry"


@pytest.mark.parametrize(("points", "stops", "stopped"), [(0.3, -0.1, False), (0.3, 0.0, True), (0.5, -0.1, True)])
def test_a_rule_is_named_in_a_message_that_may_not_go_and_stops_one_by_itself_if_broken_by_far(
    points: float, stops: float, stopped: bool
) -> None:
    linted = judged(GOOD + " The moon was full.", one_rule("wording.excuse", "w:moon", points=points, stops=stops))
    assert linted.flagged is stopped
    assert blocking(linted) == ({"excuse"} if stopped else set())


def test_what_is_no_apology_is_not_named() -> None:
    update = "Hello Ana, your parcel left Porto at 10:05. The moon was full."
    rules = attrs.evolve(RULES, naming=one_rule("wording.excuse", "w:moon", points=9.0))
    assert lint(text=update, rules=rules, case=Case(is_apology=False)).findings == ()


def test_sentences_speak_together() -> None:
    """A deed without a doer is less where another sentence owns it."""
    alone = measured({"passive": [2.0, -3.0], "own": [-4.0, -4.0]})
    owned = measured({"passive": [2.0, -3.0], "own": [-4.0, 3.0]})
    assert alone["most passive"] == owned["most passive"]
    assert alone["both passive own"] < 0.1
    assert owned["both passive own"] > 0.8
    assert owned["at passive own"] == -4.0


def test_a_sentence_is_marked_by_what_came_before() -> None:
    reading = read(text="We are sorry. It came.", rules=RULES, case=Case())
    first, second = sentence_marks(reading=reading, measures=[{}, {}], findings=[], common=(), known=Concepts())
    assert "x:prev e:regret" in second - first
    assert {"p:first"} <= first - second


def test_a_sentence_is_marked_by_words_pieces_of_them_and_its_frame() -> None:
    marks = word_marks("the ferry sank at 16:40, \u00a342 gone, blorbing", frozenset(("the", "at")), Concepts())
    assert {"w:#t", "w:$#", "w:ferry", "k:the sank", "g:<fer", "g:ing>", "s:blorb", "h:^ the at", "h:at ."} <= marks
    assert not {mark for mark in marks if mark.startswith(("h:sank", "g:<at"))}


def test_a_part_leads_in_the_sentence_where_it_outdoes_all_others_but_what_is_open() -> None:
    found = measured({"blame": [1.0, 2.0], "own": [3.0, -8.0], "open": [9.0, 9.0]})
    assert found["lead blame"] == pytest.approx(10.0)
    assert found["leads blame"] == pytest.approx(1.0, abs=0.13)
    assert found["lead own"] == pytest.approx(2.0)
    assert found["lead open"] == pytest.approx(7.0, abs=0.01)


@pytest.mark.parametrize("bits", [WIDE, NARROW])
@given(rows=st.lists(st.lists(st.integers(-9999, 9999), min_size=5, max_size=5), max_size=40))
def test_packed_rows_add_up_as_rows_do(bits: int, rows: list[list[int]]) -> None:
    total = sum(packed(enumerate(row), bits=bits) for row in rows)
    assert unpacked(total, 5, bits=bits) == [sum(row[place] for row in rows) for place in range(5)]


NAMES = {
    "parts": [{"name": "what", "base": -1.0}],
    "rules": [{"id": "a", "start": 0.0, "line": 0.0, "shown": "what", "absent": False}],
    "marks": "w:moon=a120~b:a = b=A7\nw:sun=a3\n",
    "measures": "most what = 1500\n",
}


def test_names_are_read_with_their_marks() -> None:
    naming = parsed({**DOCUMENT, "names": NAMES}).naming
    assert naming is not None
    assert naming.marks == {"w:moon": 120, "b:a = b": -7, "w:sun": 3}
    assert (naming.measures, naming.weights) == (("most what",), (1500,))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"finer": {"b": "a"}}, "unknown rule b"),
        ({"marks": "w:moon=d120\n"}, "weighs for no part"),
        ({"marks": "w:sun=a1\nw:moon\n"}, "weighs for no part"),
        ({"measures": "most what = 1 2\n"}, "does not weigh for every rule"),
        ({"parts": []}, "unknown part what"),
    ],
)
def test_malformed_names_are_refused(change: dict[str, object], says: str) -> None:
    with pytest.raises(UnableToReadWordingRules, match=says):
        parsed({**DOCUMENT, "names": {**NAMES, **change}})

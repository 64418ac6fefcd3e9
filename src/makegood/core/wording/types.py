"""The words of the wording rules: what a case says, what a rule is, what the linter answers."""

from __future__ import annotations

import re
from collections.abc import Mapping

import attrs

from makegood.core.wording.concepts import Concepts

FAULTS = ("ours", "partner", "nobody", "unknown")
ELEMENTS = ("regret", "explanation", "responsibility", "repentance", "repair", "forgiveness")
SEVERITIES = ("block", "advice")


def _fault(_instance: object, _attribute: object, value: str) -> None:
    if value not in FAULTS:
        raise ValueError(f"fault must be one of {', '.join(FAULTS)}, not {value!r}")


@attrs.frozen(kw_only=True)
class Case:
    """What the linter should know of the case behind a message.

    `fault`: whose fault it was (ours, partner, nobody, unknown). `facts`: strings that count as the case's own
    specifics (an order number, a place, a date); with facts, an apology that names none of them is found.
    `told`: what failed, in the case's own words: the name of what was promised, what was reported. Saying it explains,
    and no rule finds fault with it.
    `improvement_verified`: a corrective action is linked and verified, so a promise of improvement may be made.
    `apologies_before`: apologies already sent to this customer for this cause. `is_apology`: whether the message
    is meant as one; None lets the text decide.

    `customer`, `amount`, `promised` and `order` are what the case knows of those, as people write them ("Ms Okafor",
    "\u00a340.00", "Tuesday 3 June", "SO-2291"); a message that says otherwise is found (makegood.core.wording.facts).
    `what` is what failed, in a few words ("sofa delivery"): a message that shares no word with it seldom says so.
    """

    fault: str = attrs.field(default="ours", validator=_fault)
    facts: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    improvement_verified: bool = False
    apologies_before: int = 0
    is_apology: bool | None = None
    customer: str | None = None
    amount: str | None = None
    promised: str | None = None
    order: str | None = None
    what: str | None = None


@attrs.frozen(kw_only=True)
class Rule:
    """One wording rule as data.

    `patterns` and `unless` are matched within one normalised sentence; a rule without patterns is decided by the
    linter from the whole message. `scope` is ``apology`` or ``any`` message. The conditions named in `only_if`
    must all hold; one that holds in `off_if` silences the rule, in `advice_if` makes it advice (`amends`: the message
    as a whole clearly makes amends, so that one phrase of it does not count against it).
    """

    id: str
    evidence: str | None
    severity: str
    scope: str
    message: str
    suggestion: str
    patterns: re.Pattern[str] | None
    unless: re.Pattern[str] | None
    only_if: frozenset[str]
    off_if: frozenset[str]
    advice_if: frozenset[str]


@attrs.frozen(kw_only=True)
class Naming:
    """What tells which rules a message breaks (makegood.core.wording.naming), as fitted.

    `parts` are what a sentence may show; `bases` are points that any sentence has for each, `marks` hold for each mark
    of a sentence hundredths of points for each part, packed narrowly (core.wording.packing). `rules` are rule ids; in
    their order, `starts` are points that any message has, `lines` the points from which a rule is broken, `shown` the
    part whose best sentence shows it ("" for none). `measures` are what is measured of a message, `weights` hold for
    each in thousandths what it weighs for each rule, packed. `absences` are the rules
    about something missing, `finer` the rules that are special cases of another, by id. `common` are the words of which
    the frame of a sentence is made.
    """

    parts: tuple[str, ...]
    bases: tuple[float, ...]
    marks: Mapping[str, int]
    rules: tuple[str, ...]
    starts: tuple[float, ...]
    lines: tuple[float, ...]
    shown: tuple[str, ...]
    measures: tuple[str, ...]
    weights: tuple[int, ...]
    absences: frozenset[str]
    finer: Mapping[str, str]
    common: frozenset[str] = frozenset()


@attrs.frozen(kw_only=True, eq=False)
class WordingRules:
    """The wording rules of one language, compiled: `elements` and `signs` by name, `rules` by id.

    Each is known as itself alone, so that what a sentence says by these rules is read once and kept.

    `generic` holds the words that any apology may contain and that therefore say nothing of the case;
    `limits` the numbers that the whole-message rules use. `cues` are classes of words that weigh for or against a
    message, `weights` what they weigh in a sentence and in a message (makegood.core.wording.weighing). `capitals` are
    the words that people write in capitals and everybody knows, in lower case. `concepts` are what words and phrases
    mean (makegood.core.wording.concepts). `naming` is None where nothing was fitted.
    """

    language: str
    elements: Mapping[str, re.Pattern[str]]
    signs: Mapping[str, re.Pattern[str]]
    rules: Mapping[str, Rule]
    generic: frozenset[str]
    cues: Mapping[str, re.Pattern[str]]
    weights: Mapping[str, Mapping[str, float]]
    limits: Mapping[str, int]
    capitals: frozenset[str] = frozenset()
    concepts: Concepts = attrs.field(factory=Concepts)
    naming: Naming | None = None


@attrs.frozen(kw_only=True)
class Finding:
    """One thing to change: character offsets into the text as given, why, and what to do instead.

    A finding about something that is missing points at the apology it is missing from, or is empty at the start.
    """

    rule: str
    evidence: str | None
    grade: str | None
    severity: str
    start: int
    end: int
    text: str
    suggestion: str
    message: str

    def as_dict(self) -> dict[str, str | int | None]:
        """This finding in the shape that the command line, the API and the console carry."""
        return attrs.asdict(self)


@attrs.frozen(kw_only=True)
class Element:
    """One element of an apology and where it stands (character offsets into the text as given)."""

    name: str
    start: int
    end: int


@attrs.frozen(kw_only=True)
class Linted:
    """What the linter found; `flagged` is true when any finding is of severity ``block``."""

    findings: tuple[Finding, ...]
    has_apology: bool
    elements: tuple[str, ...]
    spans: tuple[Element, ...]
    flagged: bool

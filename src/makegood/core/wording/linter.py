"""The apology linter: what in a message's wording would cost the customer's trust, why, and what to say instead.

Rules and their evidence come as data (`WordingRules`); the severities were set so that a plain, specific apology of
an ordinary employee passes and a corporate one does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import attrs

from makegood.core.evidence import GRADES
from makegood.core.wording.deeds import acted, by_us, clauses, due
from makegood.core.wording.facts import contradictions
from makegood.core.wording.jargon import ENOUGH, insiders_words
from makegood.core.wording.naming import Named, named
from makegood.core.wording.reading import KEPT, Reading, read, telling_words
from makegood.core.wording.sentences import unlinked
from makegood.core.wording.types import Case, Finding, Linted, Naming, Rule, WordingRules
from makegood.core.wording.weighing import Weight, weigh

GREETED = re.compile(r"\A(?:dear|hi|hello|hey|good \w+)(?![\w'])[^,.!]{0,40}[,!]|\A[\w'. -]{2,30},(?= )")
"""Whom a sentence speaks to: names tell nothing of what failed."""
UNAPOLOGETIC = 2.5
"""Points over which a message about a failure is found although it does not apologise."""
COMPLETE, SHORT, SHORT_WORDS = 0.4, 1.2, 60
"""Points over which an apology is found that is sorry, owns it, repairs it and names a time; and a short one."""
BRIEF, BRIEF_WORDS = 3, 32
"""Points over which one of fewer words is found that is sorry and repairs it: so brief, it has no room to turn."""
AMENDING = -1.7
"""Points under which a message makes amends so clearly that a phrase that other messages hide behind is only advice,
apology or not (rules with the condition `amends`)."""
LEANING = -0.9
"""Points under which a message leans to making amends; one over it that owns nothing is found for that."""

ALONE = frozenset(
    f"wording.{rule}" for rule in ("conditional", "feelings", "disappointed", "many-sorries", "repeat", "wrong-fact")
)
"""Rules that block by themselves, however much else the apology makes good."""
STANDING = ALONE | {"wording.no-apology"}
"""Rules that find an apology whatever it weighs."""
BROAD = frozenset({"wording.blame"})
"""Rules whose phrases stand in good messages as often as in bad ones: they block only what turns away as a whole."""
MENDING = -1.2
"""Points under which any other phrase or gap is only advice."""
EVASIVE = frozenset({"wording.conditional", "wording.feelings", "wording.disappointed"})
"""Rules whose findings show that the apology owns nothing, even beside a repair."""
INSTEAD_OF_NEXT = frozenset(
    f"wording.{rule}"
    for rule in (
        "vague-next", "dismissive", "policy", "feelings", "disappointed", "selling", "review-bargain", "excuse",
        "minimising", "staff-blame", "jargon", "forgiveness", "no-apology",
    )
)  # fmt: skip
"""Rules whose findings say why nothing comes next."""

FAR = 0.5
"""Points over its line from which a rule is broken so far that the message may not go, whatever else it holds."""

BALANCE = "wording.balance"
"""The rule that stands for the message as a whole: naming says by it whether an apology may go."""

_Hit = tuple[str, int, int, str | None]
"""Rule id, start, end, and a severity that overrules the rule's own (or None)."""


def lint(*, text: str, rules: WordingRules, case: Case | None = None) -> Linted:
    """Judge the wording of one message to a customer.

    `case` says what is known of the failure behind it (by default: our fault, nothing else known). Findings are in
    the order of the text; their offsets are characters of `text`. Evidence P1, P4, P5, P8, P9, P10 and R2.
    """
    reading, findings, weight = looked(text=text, rules=rules, case=case or Case())
    if reading.apology and weight is not None and rules.naming is not None:
        answers = named(
            reading=reading,
            weight=weight,
            over=weight.points - limit_of(reading, rules),
            findings=findings,
            naming=rules.naming,
            concepts=rules.concepts,
        )
        this = _Named(text=text, rules=rules, naming=rules.naming, reading=reading, weight=weight, answers=answers)
        findings = _renamed(this, findings)
    findings.sort(key=lambda item: (item.start, item.end, item.rule))
    return Linted(
        findings=tuple(findings),
        has_apology=reading.says_sorry,
        elements=tuple(dict.fromkeys(span.name for span in sorted(reading.spans, key=lambda span: span.start))),
        spans=tuple(sorted(reading.spans, key=lambda span: (span.start, span.end, span.name))),
        flagged=any(item.severity == "block" for item in findings),
    )


def looked(*, text: str, rules: WordingRules, case: Case) -> tuple[Reading, list[Finding], Weight | None]:
    """This function will read a message and return what patterns and weights find in it, before it is named."""
    words = unlinked(text)
    reading = read(text=words, rules=rules, case=case)
    hits = [*_pattern_hits(reading, rules), *_improvement(reading, rules)]
    hits += _stock(reading, rules)
    hits += _claims_cause(reading, rules)
    hits += _jargon(words, reading, rules)
    if "wording.wrong-fact" in rules.rules:
        wrong = contradictions(text=words, parts=reading.sentences, case=case)
        hits += (("wording.wrong-fact", start, end, None) for start, end in wrong)
    weight = weigh(reading=reading, rules=rules)
    if _amends(weight):
        reading = attrs.evolve(reading, conditions=reading.conditions | {"amends"})
    if reading.apology:
        said = {found.rule for hit in hits if (found := _of(text, rules, reading, hit)) and found.severity == "block"}
        hits += (hit for hit in _missing(reading, rules, case, weight, said) if not _closer(hit, said))
        hits += _repetition(reading, rules, case)
    findings = [finding for hit in hits if (finding := _of(text, rules, reading, hit))]
    findings += [
        item
        for hit in _balance(reading, rules, weight)
        if (item := _of(text, rules, reading, hit))
        and not any(other.severity == "block" and _within(other, item) for other in findings)
    ]
    if reading.apology and weight is not None:
        findings = [_softened(item, weight) for item in findings]
    return reading, findings, weight


@attrs.frozen(kw_only=True)
class _Named:
    """One message with what patterns found and what each rule weighs (naming.named)."""

    text: str
    rules: WordingRules
    naming: Naming
    reading: Reading
    weight: Weight
    answers: dict[str, Named]


def _renamed(this: _Named, findings: list[Finding]) -> list[Finding]:
    """Findings with the rules that the message as a whole breaks: those block, what else a pattern found is advice.

    Where none is named and the message may not go, what patterns found missing stops it, or else the sentence that
    comes nearest to breaking a rule; where it may go, none blocks.
    """
    flagged = _turns_away(this, findings)
    broken = {rule for rule, answer in this.answers.items() if flagged and answer.points >= 0 and rule != BALANCE}
    finer, kept, told = this.naming.finer, [], set()
    for item in findings:
        rule = finer.get(item.rule, item.rule)
        told.add(rule)
        stays = flagged and (rule in broken if rule in this.answers.keys() - {BALANCE} else item.severity == "block")
        if item.rule != BALANCE or flagged:
            kept.append(attrs.evolve(item, severity="block" if stays else "advice"))
    kept += (new for rule in this.naming.rules if rule in broken - told if (new := _shown(this, rule)))
    if flagged and not any(item.severity == "block" for item in kept):
        stopping = [item for item in findings if item.severity == "block" and item.rule in this.naming.absences]
        kept = [item for item in kept if item.rule not in {one.rule for one in stopping}] + stopping
    if flagged and not any(item.severity == "block" for item in kept):
        kept += [item for item in [_whole(this)] if item]
    return kept


def _turns_away(this: _Named, findings: list[Finding]) -> bool:
    """Whether an apology may not go: a rule that stands by itself, what its sentences weigh together, or a rule that is
    broken by far, says so.
    """
    if any(item.severity == "block" and item.rule in STANDING for item in findings):
        return True
    return any(answer.points >= (0 if rule == BALANCE else FAR) for rule, answer in this.answers.items())


def _shown(this: _Named, rule: str) -> Finding | None:
    """A broken rule at the sentence that speaks for it most, or at the first sorry for what is missing."""
    part = this.answers[rule].sentence
    span = this.reading.sorries[0] if this.reading.sorries else (0, 0)
    if part is not None and rule not in this.naming.absences:
        span = (part.start, part.start + len(part.text))
    return _of(this.text, this.rules, this.reading, (rule, *span, "block"))


def _whole(this: _Named) -> Finding | None:
    """The message as a whole, at the sentence that comes nearest to breaking a rule."""
    near = [answer for answer in this.answers.values() if answer.sentence is not None]
    part = max(near, key=lambda answer: answer.points).sentence if near else None
    part = part or this.weight.heaviest
    return _of(this.text, this.rules, this.reading, (BALANCE, part.start, part.start + len(part.text), None))


def _softened(item: Finding, weight: Weight) -> Finding:
    """A phrase or a gap is only advice in an apology that as a whole makes amends: on messages that the rules had not
    seen, most of those stood in good ones.
    """
    limit = 0 if item.rule in BROAD else MENDING
    if item.rule in ALONE or weight.points > limit:
        return item
    return attrs.evolve(item, severity="advice")


def _of(text: str, rules: WordingRules, reading: Reading, hit: _Hit) -> Finding | None:
    return _finding(text=text, rule=rules.rules[hit[0]], reading=reading, hit=hit)


def _closer(hit: _Hit, said: set[str]) -> bool:
    """Whether another finding already says more closely what is missing: a vague promise stands where a repair should,
    and a closed door or a sales pitch where the next step should.
    """
    if hit[0] == "wording.no-repair":
        return "wording.vague-next" in said
    return hit[0] == "wording.no-next" and bool(said & INSTEAD_OF_NEXT)


def _finding(*, text: str, rule: Rule, reading: Reading, hit: _Hit) -> Finding | None:
    _, start, end, severity = hit
    if rule.scope == "apology" and not reading.apology:
        return None
    if not rule.only_if <= reading.conditions or rule.off_if & reading.conditions:
        return None
    if severity is None:
        severity = "advice" if rule.advice_if & reading.conditions else rule.severity
    return Finding(
        rule=rule.id,
        evidence=rule.evidence,
        grade=GRADES[rule.evidence] if rule.evidence else None,
        severity=severity,
        start=start,
        end=end,
        text=text[start:end],
        suggestion=rule.suggestion,
        message=rule.message,
    )


def _within(inner: Finding, outer: Finding) -> bool:
    """Whether a finding says more closely what is wrong with a passage that another one covers."""
    return outer.start <= inner.start < inner.end <= outer.end


def _dated(rule: Rule, sentence: str, rules: WordingRules) -> bool:
    """Whether a time in the sentence answers the rule: 'somebody will call' is vague, 'by four today' is not."""
    return rule.id == "wording.vague-next" and rules.signs["time"].search(sentence) is not None


def _pattern_hits(reading: Reading, rules: WordingRules) -> Iterator[_Hit]:
    for part in reading.sentences:
        for rule, start, end in _matches(part.text, rules):
            yield rule, part.start + start, part.start + end, None


@lru_cache(maxsize=KEPT)
def _matches(sentence: str, rules: WordingRules) -> tuple[tuple[str, int, int], ...]:
    """The rules whose patterns stand in a sentence, and where in it."""
    found: list[tuple[str, int, int]] = []
    for rule in rules.rules.values():
        if rule.patterns is None or _dated(rule, sentence, rules):
            continue
        excused: list[tuple[int, int]] | None = None
        for match in rule.patterns.finditer(sentence):
            if excused is None:
                excused = [one.span() for one in rule.unless.finditer(sentence)] if rule.unless else []
            if not any(start < match.end() and match.start() < end for start, end in excused):
                found.append((rule.id, *match.span()))
    return tuple(found)


def _improvement(reading: Reading, rules: WordingRules) -> Iterator[_Hit]:
    """Promises to do better; one that names a change already made, and only its purpose, is advice."""
    for part in reading.sentences:
        if rules.signs["no_promise"].search(part.text):
            continue
        for match in rules.signs["improvement_flat"].finditer(part.text):
            told = rules.signs["changed"].search(part.text)
            purpose = rules.signs["purpose"].search(part.text)
            vague = rules.signs["vague_change"].search(part.text)
            concrete = told and purpose and not vague
            severity = "advice" if concrete else None
            yield "wording.improvement", part.start + match.start(), part.start + match.end(), severity


def _stock(reading: Reading, rules: WordingRules) -> Iterator[_Hit]:
    spans = [
        (part.start + match.start(), part.start + match.end())
        for part in reading.sentences
        for match in rules.signs["stock"].finditer(part.text)
    ]
    yield from (("wording.scripted", start, end, None) for start, end in spans)
    if len(spans) >= rules.limits["stock_block"]:
        yield "wording.script", spans[0][0], spans[-1][1], None


def _claims_cause(reading: Reading, rules: WordingRules) -> Iterator[_Hit]:
    owned = [(span.start, span.end) for span in reading.spans if span.name == "responsibility"]
    for part in reading.sentences:
        for match in rules.signs["claims_cause"].finditer(part.text):
            start, end = part.start + match.start(), part.start + match.end()
            if any(first < end and start < last for first, last in owned):
                yield "wording.claims-cause", start, end, None


def _jargon(text: str, reading: Reading, rules: WordingRules) -> Iterator[_Hit]:
    """One insiders' word may be what the thing is called; more are a message for insiders."""
    found = insiders_words(text=text, parts=reading.sentences, rules=rules) if "wording.jargon" in rules.rules else []
    severity = None if len(found) >= ENOUGH else "advice"
    yield from (("wording.jargon", start, end, severity) for start, end in found)


def _balance(reading: Reading, rules: WordingRules, weight: Weight | None) -> Iterator[_Hit]:
    """The message as a whole turns away from making amends; points at the sentence that does so most.

    One that speaks of a failure without apologising is judged too, but must weigh more: it may be an update.
    """
    fails = any(rules.signs["failure"].search(part.text) for part in reading.sentences)
    limit = limit_of(reading, rules) if reading.apology else UNAPOLOGETIC
    if weight is not None and weight.points > limit and (reading.apology or fails):
        part = weight.heaviest
        yield BALANCE, part.start, part.start + len(part.text), None


def limit_of(reading: Reading, rules: WordingRules) -> float:
    """This function will return the points that an apology may weigh: more where all is in it, or it is too short."""
    owned = reading.has("responsibility") or "fault_ours" not in reading.conditions
    mended = reading.has("repair") or bool(reading.done)
    if reading.words < BRIEF_WORDS and reading.has("regret") and (mended or reading.coming):
        return BRIEF
    if reading.timed and reading.has("regret") and owned and mended:
        return SHORT if reading.words < SHORT_WORDS else COMPLETE
    return 0.0


def _missing(
    reading: Reading, rules: WordingRules, case: Case, weight: Weight | None, said: set[str]
) -> Iterator[_Hit]:
    """What an apology needs and this one lacks; each points at its first sorry."""
    start, end = reading.sorries[0] if reading.sorries else (0, 0)
    if not reading.says_sorry:
        yield "wording.no-apology", 0, 0, None
    done, coming = reading.done, reading.coming
    if not reading.has("responsibility"):
        ours = any(by_us(clause) for clause in (*done, *coming))
        mended = reading.has("repair") or bool(done)
        said_closer = mended and bool(said - EVASIVE)
        severity = "advice" if ours or said_closer else _unowned(reading, rules, weight)
        yield "wording.no-responsibility", start, end, None if said & EVASIVE else severity
    if not reading.has("repair") and not done:
        ahead = bool(coming) or any(_ahead(part.text, rules) for part in reading.sentences)
        softer = bool(coming) or (ahead and _absence(reading, rules) is not None)
        yield "wording.no-repair", start, end, "advice" if softer else None
        if not ahead:
            yield "wording.no-next", start, end, None
    telling = len(reading.telling)
    if telling < rules.limits["what_least"] and not reading.facts_named:
        yield "wording.no-what", start, end, None
    elif not reading.facts_named:
        yield from _generic(reading, rules)
    if not reading.timed and telling < rules.limits["when_words"] and not reading.facts_named:
        yield "wording.no-when", start, end, None
    if any(fact.strip() for fact in case.facts) and not reading.facts_named:
        yield "wording.no-facts", start, end, None


def _ahead(sentence: str, rules: WordingRules) -> bool:
    """Whether a sentence says what comes at some time, other than what did not come or is still to be borne."""
    idle = [found.span() for found in rules.signs["not_ahead"].finditer(sentence)]
    return any(
        not any(start <= match.start() <= end for start, end in idle)
        for match in rules.signs["forward"].finditer(sentence)
    )


def _generic(reading: Reading, rules: WordingRules) -> Iterator[_Hit]:
    """Sorry for "the issue" or "your experience", and no sentence that tells what failed."""
    hits = [(part, found) for part in reading.sentences if (found := rules.signs["generic_what"].search(part.text))]
    told = any(_tells(part.text, rules) for part in reading.sentences)
    if hits and not told:
        part, found = hits[0]
        yield "wording.no-what", part.start + found.start(), part.start + found.end(), None


def tells_what(*, text: str, rules: WordingRules) -> bool:
    """Say whether a sentence of a message tells what failed, in whatever words: "your desk did not come"."""
    return any(_tells(part.text, rules) for part in read(text=text, rules=rules, case=Case()).sentences)


def _tells(sentence: str, rules: WordingRules) -> bool:
    """Whether a sentence tells what failed: words of this case beside a failure, not its mending."""
    for clause in clauses(GREETED.sub("", rules.signs["generic_what"].sub(" ", sentence))):
        mending = _mends(clause, rules) or acted(clause, rules) or due(clause, rules)
        failing = rules.signs["failure"].search(clause) or rules.signs["past"].search(clause)
        if failing and not mending and len(telling_words(clause, rules)) >= rules.limits["told_words"]:
            return True
    return False


def _mends(clause: str, rules: WordingRules) -> bool:
    """Whether a clause says what puts it right: "did not come on Saturday" does not, "come on Saturday" would."""
    failed = [match.span() for match in rules.signs["failure"].finditer(clause)]
    repairs = rules.elements["repair"].finditer(clause)
    return any(not any(start < match.start() < end for start, end in failed) for match in repairs)


def _absence(reading: Reading, rules: WordingRules) -> str | None:
    """Advice instead of a block where people tell in their own words what happened: owning and repairing have more
    forms than any list holds, and canned apologies do not tell.
    """
    least = rules.limits["narrated_words" if reading.narrated else "telling_words"]
    return "advice" if len(reading.telling) >= least and not _canned(reading, rules) else None


def _unowned(reading: Reading, rules: WordingRules, weight: Weight | None) -> str | None:
    """Advice where they tell what they did, in whatever words; a block where nobody did anything and the message as a
    whole does not lean to amends.
    """
    if reading.narrated and not _canned(reading, rules):
        return "advice"
    if not reading.narrated and weight is not None and weight.points > LEANING:
        return None
    return _absence(reading, rules)


def _canned(reading: Reading, rules: WordingRules) -> bool:
    return any(rules.signs["stock"].search(part.text) for part in reading.sentences)


def _amends(weight: Weight | None) -> bool:
    return weight is not None and weight.points < AMENDING


def _repetition(reading: Reading, rules: WordingRules, case: Case) -> Iterator[_Hit]:
    count = len(reading.sorries)
    if case.apologies_before and reading.sorries:
        yield "wording.repeat", *reading.sorries[0], None
    if count >= rules.limits["sorries_advice"]:
        dense = count * rules.limits["words_per_sorry"] > reading.words
        severity = "block" if count >= rules.limits["sorries_block"] or dense else "advice"
        yield "wording.many-sorries", *reading.sorries[rules.limits["sorries_advice"] - 1], severity

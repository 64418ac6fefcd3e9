"""The words to say: what the wording rules want changed in them, and how each finding is mended with one click."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import attrs
from django.urls import reverse

from makegood.console.asking import MOST_WORDS
from makegood.console.building.seeing import seen_pair
from makegood.console.building.staff_words import draft_words
from makegood.console.building.words import code, reason_line, said_at
from makegood.console.desk import Desk
from makegood.console.viewmodels import Field, Finding, MessageDraft
from makegood.core.nights import EXPLANATION, ONE_KIND_IN, UPDATE, Word, earlier_news
from makegood.core.wording import Case as WordingCase
from makegood.core.wording import Linted, WordingRules, blank, lint, signed_for, stands_under, tells_what
from makegood.messages.judging import UNCHECKED
from makegood.messages.promising import PAST, promise_stands
from makegood.messages.reaching import BOTH_KINDS
from makegood.messages.settling import LEFT
from makegood.recoveries.queries import Case, MessageLine
from makegood.recoveries.words import INSTANT, answers_said, failed
from makegood.rules.phrases import ENGLISH, by_moment, gap_in, language_of, phrase, spoken
from makegood.rules.wording_data import UnableToReadWordingRules, wording_rules

ELEMENTS = {
    "regret": "says sorry",
    "explanation": "says what happened",
    "responsibility": "owns putting it right",
    "repair": "says what is done and by when",
}
CHANNELS = {
    "mail": "By e-mail, and on their page once it has left",
    "status": "On their page: we know no e-mail address",
}
NEWS = {UPDATE: "how it stands", EXPLANATION: "how it ended"}
KEEP = Field(
    name="keep",
    label="Why the marked words stay",
    hint="Change them, or say here why they stay. A colleague can read it later.",
    required=True,
    maxlength=300,
)
ENDS = re.compile(r"[.!?](?:\s|$)|\n")
SAY_WHAT = ("wording.conditional", "wording.feelings", "wording.passive", "wording.disappointed", "wording.sorry-but")
LACKS_WHAT = ("wording.no-apology", "wording.no-what", "wording.no-when", "wording.no-facts")
LACKS_NEXT = ("wording.no-repair", "wording.no-next")


@attrs.frozen(kw_only=True)
class Facts:
    """What a mended sentence may say of this case."""

    clause: str
    on: str
    by: str
    fault: str

    @property
    def sorry(self) -> str:
        """Sorry for what happened, on its day."""
        return f"I am sorry that {self.clause} on {self.on}."

    @property
    def own(self) -> str:
        """Taking it on, as far as the fault allows."""
        return "That was our mistake." if self.fault == "ours" else "I am looking after this until it is put right."

    @property
    def next(self) -> str:
        """What is done, and by when."""
        return f"I am putting it right myself, and you will have word from me by {self.by}."


def facts_of(desk: Desk, case: Case) -> Facts:
    """This function will gather what may be said of this case: of a promise what it was, else what kind of failure."""
    failure = case.failures[0] if case.failures else None
    clause, at = "we let you down", case.opened_at
    if failure is not None:
        at = failure.happened_at - INSTANT if failure.promise_id else failure.happened_at
        what = failure.what.strip().rstrip(".")
        clause = failed(kind=failure.kind, language=ENGLISH)
        if failure.promise_id is not None and what:
            clause = phrase("mail.promised", what=what)
    here = at.astimezone(ZoneInfo(desk.facts.zone))
    return Facts(
        clause=clause,
        on=f"{here:%A} {here.day} {here:%B}",
        by=said_at(desk, max(case.due_at, desk.facts.now)),
        fault=case.fault,
    )


def judged(desk: Desk, case: Case, *, kind: str, text: str) -> Linted | None:
    """This function will judge words for this case; None where there are no rules for the language they are in."""
    rules = _rules(desk, text)
    return lint(text=text, rules=rules, case=wording_case(case, kind)) if rules else None


def _rules(desk: Desk, text: str) -> WordingRules | None:
    try:
        return wording_rules(language_of(text, told=desk.facts.language or "en")[:2])
    except UnableToReadWordingRules:
        return None


def wording_case(case: Case, kind: str) -> WordingCase:
    """This function will tell the linter what is known of the failure."""
    told = tuple(what for one in case.failures if (what := one.what.strip().rstrip(".")))
    return WordingCase(
        fault=case.fault,
        told=told,
        what="; ".join(told) or None,
        customer=None if case.token_customer else case.customer or None,
        is_apology=True if kind == "apology" else None,
    )


def key_of(finding: Mapping[str, Any]) -> str:
    """This function will name one finding within one text."""
    return f"{finding['rule']}:{finding['start']}:{finding['end']}"


def mended(text: str, finding: Mapping[str, Any], facts: Facts) -> str:
    """This function will change a text as its finding wants: say it, add it, or leave the sentence out.

    What the text says already is not said twice.
    """
    start, end = _sentence(text, finding["start"], finding["end"])
    say, where = instead(finding, facts)
    if say in text:
        say, where = "", "replace"
    if where == "add":
        return _added(text, say)
    if not say and end > start:
        return re.sub(r"\n{3,}", "\n\n", (text[:start].rstrip(" ") + _gap(text, start, end) + text[end:].lstrip(" ")))
    return text[:start] + say + ("" if text[end - 1 : end] != "\n" else "\n") + text[end:]


def instead(finding: Mapping[str, Any], facts: Facts) -> tuple[str, str]:
    """This function will say what to write instead ("" is nothing), and whether to add it or put it in place."""
    rule = finding["rule"]
    if rule in SAY_WHAT:
        return facts.sorry, "replace"
    if rule in LACKS_WHAT:
        return facts.sorry, "add"
    if rule == "wording.no-responsibility":
        return facts.own, "add"
    if rule in LACKS_NEXT:
        return facts.next, "add"
    if rule == "wording.vague-next":
        return facts.next, "replace"
    return "", "replace"


def _gap(text: str, start: int, end: int) -> str:
    return " " if start and text[start - 1] != "\n" and end < len(text) and text[end] != "\n" else ""


def _sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """The bounds of the sentence around a span."""
    first = max((found.end() for found in ENDS.finditer(text, 0, start)), default=0)
    last = ENDS.search(text, max(start, end - 1))
    return first, len(text) if last is None else last.start() + (text[last.start()] != "\n")


def _added(text: str, say: str) -> str:
    """Put a sentence after the salutation and the sentences that stand right under it."""
    parts = text.split("\n\n")
    if len(parts) > 1 and parts[0].rstrip().endswith(","):
        parts[1] = f"{say} {parts[1]}" if say.startswith("I am sorry") else f"{parts[1].rstrip()} {say}"
        return "\n\n".join(parts)
    return f"{say}\n\n{text}".strip() if say.startswith("I am sorry") else f"{text.rstrip()}\n\n{say}"


def draft_of(
    desk: Desk,
    case: Case,
    message: MessageLine,
    *,
    text: str | None = None,
    subject: str | None = None,
    colleagues: Collection[str] = (),
) -> MessageDraft:
    """This function will show a draft with what the rules think of it; `text` is what was typed instead.

    A draft that one of the `colleagues` signs is shown as signed by the reader for them.
    """
    shown = signed(desk, case, owning_silence(desk, case, message), colleagues)
    if text is not None:
        shown = text.replace("\r\n", "\n")
    linted = judged(desk, case, kind=message.kind, text=shown)
    facts = facts_of(desk, case)
    past = _past(desk, case, message, shown)
    findings = (*_second_news(desk, case, message.kind), *past, *(_findings(shown, linted, facts) if linted else ()))
    keeps = any(one.must for one in findings)
    findings = (*_gap_left(shown), *_former(desk, case, message, shown, colleagues), *findings)
    has = set(linted.elements) if linted and message.kind == "apology" else set()
    has -= {"repair"} if past else set()
    has |= {"explanation"} if has and says_what(desk, case, shown) else set()
    here = code(case.number)
    return MessageDraft(
        send_url=reverse("recovery-say", args=[here]),
        lint_url=reverse("recovery-lint", args=[here]),
        take_url=reverse("recovery-take", args=[here]),
        subject=Field(
            name="subject", label="Subject", value=message.subject if subject is None else subject, maxlength=300
        ),
        text=Field(
            name="text", label="Message", kind="textarea", rows=12, required=True, value=shown, maxlength=MOST_WORDS
        ),
        send_label="Send the apology" if message.kind == "apology" else "Send it",
        channel=CHANNELS.get(message.channel, ""),
        findings=findings,
        elements=tuple(says for name, says in ELEMENTS.items() if name in has),
        missing=tuple(says for name, says in ELEMENTS.items() if name not in has)
        if linted and message.kind == "apology"
        else (),
        keep=KEEP if keeps else None,
        empty=blank(text=shown, signs=(desk.facts.name, desk.facts.organization)),
        unchecked="" if linted else f"{UNCHECKED['message']} {UNCHECKED['suggestion']}",
        words=draft_words(desk, case, message_id=message.id, text=shown),
        hidden=(("draft", str(message.id)), seen_pair(case, f"message:{message.id}")),
    )


def owning_silence(desk: Desk, case: Case, message: MessageLine) -> str:
    """This function will let the plan's own apology name the word that we had promised before and did not give.

    It is a second failure in the midst of the first, and one that is passed over undoes the apology (rule 14, D1).
    """
    at, language = unheard_at(desk, case), spoken(case.language, desk.facts.language)
    if message.kind != "apology" or message.author_id is not None or at is None:
        return message.body
    said = phrase("mail.unheard", language=language, next_by=by_moment(at, zone=desk.facts.zone, language=language))
    greeting, gap, rest = message.body.partition("\n\n")
    sorry, then, what_now = rest.partition("\n\n")
    return message.body if said in message.body else f"{greeting}{gap}{sorry} {said}{then}{what_now}"


def unheard_at(desk: Desk, case: Case) -> datetime | None:
    """This function will find by when our last letter promised them word, where that is over and nothing was said."""
    ours = [one for one in case.messages if one.direction == "out" and one.state in LEFT and one.sent_at is not None]
    last = max(ours, key=lambda one: one.sent_at or one.created_at, default=None)
    if last is None or last.next_by_at is None or last.next_by_at >= desk.facts.now:
        return None
    zone, language = desk.facts.zone, spoken(case.language, desk.facts.language)
    since = last.sent_at or last.created_at
    called = any(one.event.endswith(":called") and one.at > since for one in case.timeline)
    stands = promise_stands(at=last.next_by_at, body=last.body, zone=zone, language=language)
    return last.next_by_at if stands and not called else None


def signed(desk: Desk, case: Case, text: str, colleagues: Collection[str]) -> str:
    """This function will put the reader's name to a letter of a colleague's, and say to whom an answer goes then."""
    mine = signed_for(text=text, me=desk.facts.name, names=colleagues, house=desk.facts.organization)
    if mine == text:
        return text
    language = spoken(case.language, desk.facts.language)
    return answers_said(mine, to=case.owner, language=language)


def says_what(desk: Desk, case: Case, text: str) -> bool:
    """This function will say whether a text tells what failed, in our own letters' words for it or in a sentence's own.

    Of a language for which there are no rules only the first is known.
    """
    said = " ".join(text.split()).casefold()
    kinds = {"told", *(one.kind for one in case.failures)}
    if any(failed(kind=kind, language=ENGLISH).casefold() in said for kind in kinds):
        return True
    rules = _rules(desk, text)
    return rules is not None and tells_what(text=text, rules=rules)


def second_news(desk: Desk, case: Case, kind: str) -> Word | None:
    """This function will find the word that stops an update so soon after one of how it ended, or the other way round.

    It is rule 11's: `news_from` says until when. None where nothing stops it.
    """
    now = desk.facts.now
    return earlier_news(
        kind=kind,
        at=now,
        words=[
            Word(
                kind=one.kind,
                at=one.created_at if one.direction == "in" else one.sent_at or now,
                ours=one.direction == "out",
                subject=one.subject,
            )
            for one in case.messages
            if one.direction == "in" or one.state in ("queued", "sent", "shadowed")
        ],
    )


def news_said(desk: Desk, earlier: Word) -> str:
    """This function will say what they heard before, and when."""
    return f"“{earlier.subject or NEWS[earlier.kind]}” went to them {said_at(desk, earlier.at)}"


def news_from(desk: Desk, earlier: Word) -> str:
    """This function will say from when the other kind of news may leave."""
    return said_at(desk, earlier.at + ONE_KIND_IN)


def _second_news(desk: Desk, case: Case, kind: str) -> tuple[Finding, ...]:
    said = second_news(desk, case, kind)
    if said is None:
        return ()
    return (
        Finding(
            key="",
            quote="The whole letter",
            says=f"{news_said(desk, said)}. {BOTH_KINDS['text']} Wait until {news_from(desk, said)},"
            " or say why it goes now.",
            must=True,
            reason=reason_line(BOTH_KINDS),
        ),
    )


def _gap_left(text: str) -> tuple[Finding, ...]:
    """What a person is still to write: no reason lets a letter leave with the mark for it."""
    gap = gap_in(text)
    if not gap:
        return ()
    says = "They wrote to us: write your answer over this. It does not leave with this in it."
    return (Finding(key="", quote=gap, says=says, must=True),)


def _former(
    desk: Desk, case: Case, message: MessageLine, text: str, colleagues: Collection[str]
) -> tuple[Finding, ...]:
    """A plan's letter that somebody wrote in, and that a former owner's name stands under."""
    others = [name for name in colleagues if name not in (case.owner, desk.facts.name)]
    former = stands_under(text=text, names=others) if message.author_id is None else ""
    if not former:
        return ()
    says = f"It was written for {former}, and {case.owner} owns this now: put the right name under it."
    return (Finding(key="", quote=former, says=says),)


def _past(desk: Desk, case: Case, message: MessageLine, text: str) -> tuple[Finding, ...]:
    """What stops a letter that still promises the next word by a time that is over, with the way to mend it."""
    at, now = message.next_by_at, desk.facts.now
    zone, language = desk.facts.zone, spoken(case.language, desk.facts.language)
    if at is None or at > now or not promise_stands(at=at, body=text, zone=zone, language=language):
        return ()
    return (
        Finding(
            key="",
            quote=by_moment(at, zone=zone, language=language),
            says=f"{PAST['text']} Your other changes stay, and are kept as a draft.",
            must=True,
            renews=desk.may("recovery-say"),
        ),
    )


def _findings(text: str, linted: Linted, facts: Facts) -> tuple[Finding, ...]:
    """Findings that one and the same sentence mends are shown once: where it replaces something, there."""
    found: Sequence[Mapping[str, Any]] = [one.as_dict() for one in linted.findings]
    shown: dict[str, tuple[Mapping[str, Any], bool]] = {}
    for finding in sorted(found, key=lambda one: instead(one, facts)[1] == "add"):
        say, _ = instead(finding, facts)
        name = say or key_of(finding)
        first, must = shown.get(name, (finding, False))
        shown[name] = (first, must or finding["severity"] == "block")
    ordered = sorted(shown.values(), key=lambda one: (one[0]["start"], one[0]["end"]))
    return tuple(
        attrs.evolve(_finding(finding, facts), must=must, removable=_removable(text, finding, linted))
        for finding, must in ordered
    )


def _removable(text: str, finding: Mapping[str, Any], linted: Linted) -> bool:
    """Whether the sentence of a finding can be left out whole: not where it is what says sorry."""
    start, end = _sentence(text, finding["start"], finding["end"])
    return end > start and not any(
        span.name == "regret" and span.start < end and start < span.end for span in linted.spans
    )


def _finding(finding: Mapping[str, Any], facts: Facts) -> Finding:
    say, _ = instead(finding, facts)
    return Finding(
        key=key_of(finding),
        quote=finding["text"] or "(missing)",
        says=f"{finding['message']} {finding['suggestion']}".strip(),
        suggestion=say,
        must=finding["severity"] == "block",
        reason=reason_line(
            {"text": "", "rule": finding["rule"], "evidence": finding["evidence"], "grade": finding["grade"]}
        ),
    )

"""Finding the word that staff give in what they write: who commits, to what, by when, and nothing that takes it back.

A question, a condition, a hedge, what somebody else said, what was promised once, or a time that has passed gives no
word. A commitment without a time gives none either, since nobody could say when it was broken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from makegood.core.calendars import Calendar
from makegood.core.reasons import because
from makegood.core.staff_words.times import Piece, Said, due, joined, pieces, without_dots
from makegood.core.staff_words.types import GivenWord, StaffWordRules

SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?\n](?=[^\s])[^.!?\n]*)*[.!?]*")
QUOTED = re.compile(r"“[^”]*”|\"[^\"\n]*\"|«[^»]*»|(?m:^[ \t]*>.*$)")
CLAUSE = re.compile(r"[;:\N{EM DASH}\N{EN DASH}]\s")
LONGEST_WHAT = 160
STOPS = " ,;(-\N{EN DASH}\N{EM DASH}"
GIVEN = because(
    "staff_word.given",
    "Somebody of ours commits to it, by a time that can be told; it is no question, hedge or condition.",
    evidence="D1",
)


def words_given(
    *, text: str, rules: StaffWordRules, said_at: datetime, zone: ZoneInfo, calendar: Calendar | None = None
) -> tuple[GivenWord, ...]:
    """This function will find the promises in a text that staff wrote at `said_at` (aware), in order.

    `zone` is where the times are meant; `calendar` says when a day closes and what a working day is.
    """
    if calendar is not None and calendar.counts_every_minute:
        calendar = None
    said = Said(at=said_at, zone=zone, calendar=calendar, rules=rules)
    read = QUOTED.sub(lambda match: " " * len(match[0]), text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
    read = without_dots(re.sub(r"(?<=[^\n])\n(?=[^\n])", " ", read))
    found: list[GivenWord] = []
    for sentence in SENTENCE.finditer(read):
        if not sentence[0].rstrip().endswith("?"):
            found += _in_sentence(text, sentence[0], sentence.start(), said)
    return tuple(found)


def _in_sentence(whole: str, sentence: str, offset: int, said: Said) -> Iterator[GivenWord]:
    rules = said.rules
    commits = _commits(sentence, rules)
    if not commits:
        return
    plain = rules.innocent.sub(lambda match: "·" * len(match[0]), sentence)
    times = [one for one in pieces(text=sentence, rules=rules) if not _no_limit(sentence, one, rules)]
    seen: set[datetime] = set()
    for (start, end), (next_start, _) in zip(commits, [*commits[1:], (len(sentence), 0)], strict=True):
        timed = None if _blocked(plain, start, end, rules) else _timed(plain, times, (start, end, next_start), rules)
        if timed is None:
            continue
        group, stop = timed
        before = rules.before.search(sentence, 0, group[0].start) is not None
        by = due(group=group, said=said, before=before)
        if by is None or by <= said.at or by in seen:
            continue
        seen.add(by)
        yield _word(whole, sentence, offset, (start, stop), by, rules)


def _commits(sentence: str, rules: StaffWordRules) -> list[tuple[int, int]]:
    """Where somebody commits, as (start, end); a sentence may also begin with it and name nobody."""
    commits = [match.span() for match in rules.commits.finditer(sentence)]
    begins = len(sentence) - len(sentence.lstrip())
    opening = rules.openings.match(sentence, begins)
    return [opening.span(), *commits] if opening else commits


def _blocked(plain: str, start: int, end: int, rules: StaffWordRules) -> bool:
    """Whether what stands before a commitment takes it back.

    "The courier told me he will" is taken back by a word inside it; its own first word takes nothing back.
    """
    reset = max((match.end() for match in rules.resets.finditer(plain, 0, start)), default=0)
    return bool(rules.blocked_before.search(plain, reset, start) or rules.blocked_before.search(plain, start + 1, end))


def _timed(
    plain: str, times: Sequence[Piece], where: tuple[int, int, int], rules: StaffWordRules
) -> tuple[list[Piece], int] | None:
    """The time of a commitment at (start, end, start of the next), and where its words end; None if it has none."""
    start, end, next_start = where
    found = rules.breaks.search(plain, end, next_start)
    stop = found.start() if found else next_start
    group = _chosen(plain, times, start, stop, rules)
    leading = _leading(plain, times, start, rules)
    if group is None:
        if not leading or rules.blocked_between.search(plain, end, stop):
            return None
        return (leading, stop) if not rules.blocked_after.search(plain, end, next_start) else None
    if rules.blocked_between.search(plain, end, max(end, group[0].start)):
        return None
    if rules.blocked_after.search(plain, group[-1].end, next_start):
        return None
    stop = max(group[0].start, end)
    kinds = {one.kind for one in group}
    if kinds <= {"clock", "part"} and "day" in {one.kind for one in leading}:
        group = [*group, *(one for one in leading if one.kind not in kinds)]
    return group, stop


def _no_limit(sentence: str, one: Piece, rules: StaffWordRules) -> bool:
    """Whether a time phrase says no limit: until five, since Monday, two days ago."""
    return bool(rules.not_due.search(sentence, 0, one.start) or rules.ago.search(sentence[one.end :]))


def _chosen(sentence: str, times: Sequence[Piece], start: int, stop: int, rules: StaffWordRules) -> list[Piece] | None:
    """The time that follows a commitment: the one said as a limit, else the first."""
    groups = joined(text=sentence, found=[one for one in times if start <= one.start and one.end <= stop], rules=rules)
    limits = [one for one in groups if rules.deadlines.search(sentence[start : _said_from(sentence, one[0])])]
    if limits:
        return limits[-1]
    return groups[0] if groups else None


def _said_from(sentence: str, one: Piece) -> int:
    """Just after the first word of a phrase, which may be the preposition that makes it a limit."""
    space = sentence.find(" ", one.start, one.end)
    return one.start if space < 0 else space


def _leading(sentence: str, times: Sequence[Piece], start: int, rules: StaffWordRules) -> list[Piece]:
    """The time that a clause begins with, before who commits."""
    ends = [match.end() for match in rules.segments.finditer(sentence, 0, start)]
    froms = [0, *ends]
    if len(froms) > 1 and not sentence[froms[-1] : start].strip():
        froms.pop()
    groups = joined(
        text=sentence, found=[one for one in times if froms[-1] <= one.start and one.end <= start], rules=rules
    )
    if groups and len(sentence[froms[-1] : groups[0][0].start].split()) <= 2:
        return groups[0]
    return []


def _clause_from(sentence: str, span: tuple[int, int], rules: StaffWordRules) -> int:
    """Where the words of a promise begin that starts with a conjunction: after it, or with whoever it leaves unsaid."""
    start, stop = span
    joined_by = rules.segments.match(sentence, start)
    if joined_by is None:
        return start
    after = joined_by.end() + len(sentence[joined_by.end() :]) - len(sentence[joined_by.end() :].lstrip())
    if rules.commits.match(sentence, after):
        return after
    clause = max((found.end() for found in CLAUSE.finditer(sentence, 0, start)), default=0)
    return clause if len(sentence[clause:stop].strip(STOPS)) <= LONGEST_WHAT else start


def _word(
    whole: str, sentence: str, offset: int, span: tuple[int, int], by: datetime, rules: StaffWordRules
) -> GivenWord:
    what = rules.loose_ends.sub("", sentence[_clause_from(sentence, span, rules) : span[1]].strip(STOPS))
    act = next((name for name, pattern in rules.acts.items() if pattern.search(sentence, *span)), "other")
    first = offset + len(sentence) - len(sentence.lstrip())
    quote = whole[first : offset + len(sentence)].rstrip()
    return GivenWord(
        what=what[:LONGEST_WHAT].strip(),
        due_at=by,
        act=act,
        quote=quote,
        start=first,
        end=first + len(quote),
        reasons=(GIVEN,),
    )

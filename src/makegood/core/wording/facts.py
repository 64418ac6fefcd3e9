"""Whether a message says otherwise than its case: another name, sum, number of an order or promised day.

Each fact is compared as people write it. A message may leave a fact out, and may name other sums and days; found is
only what stands in the fact's own place (a greeting, "order 1187", "we promised Tuesday") or looks like it mistyped.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator

from makegood.core.wording.sentences import Sentence
from makegood.core.wording.types import Case

Span = tuple[int, int]

_TITLES = {
    "mr": "man", "mister": "man", "sir": "man", "herr": "man", "monsieur": "man",
    "mrs": "woman", "ms": "woman", "miss": "woman", "madam": "woman", "madame": "woman", "frau": "woman",
    "dr": "", "doctor": "", "prof": "", "professor": "", "rev": "", "mx": "",
}  # fmt: skip
_NAME = r"[^\W\d_a-z][\w'\u2019-]+"
_TITLED = rf"(?:(?:{'|'.join(_TITLES)})\.?\s)"
_GREETED = re.compile(
    rf"\A\W*(?:(?i:dear|hi|hello|hey|good (?:morning|afternoon|evening)|to)\s)"
    rf"(?P<name>(?i:{_TITLED})?{_NAME}(?:\s{_NAME})*)"
    rf"|\A\W*(?P<first>(?i:{_TITLED})?{_NAME}(?:\s{_NAME}){{0,2}}),"
)
_CALLED = re.compile(rf",\s(?P<name>(?i:{_TITLED}){_NAME}(?:\s{_NAME})?)(?=\s*[,.;:!?]|\s*\Z)")
_TITLED_NAME = re.compile(rf"(?<!\w)(?P<name>(?i:{_TITLED}){_NAME})")
_PRESENTED = re.compile(r"(?i:(?<!by )\b(?:our|my|the|their|his|her|your|a|an)(?: [\w'-]+){1,4})\Z")
"""Somebody else is named after what they are: "our polisher, Mr Ito"."""
_NUMBER = re.compile(r"\d[\d.,\u00a0\u202f' ]*\d|\d")
_GROUPED = r"\d{1,3}(?:[\u00a0\u202f ]\d{3})+(?!\d)|\d[\d.,]*"
_SIGNS = r"[a-z]{0,3}[$\u00a2-\u00a5\u20a0-\u20bf]"
_CODE = re.compile(r"(?<![\w.])#?(?=[a-z\d/-]*\d)[a-z\d]+(?:[/-][a-z\d]+)*(?![\w])(?!\s?(?:%|am\b|pm\b))")
_CODE_NAMED = re.compile(
    r"(?:order|ref|reference|booking|invoice|ticket|parcel|case|claim|account|consignment|reservation|no|number)"
    r"\.?(?: (?:no|number|id))?\.?[ :]{1,3}#?$"
)
_PAID_BACK = re.compile(
    r"\b(?:back|refund\w*|return\w*|repa\w+|revers\w+|credit\w*|charged|paid|reimburs\w*|you'll get)\b"
)
_PROMISED = re.compile(
    r"\b(?:promis\w+|(?<!is )(?<!are )(?<!'s )due|"
    r"booked|supposed|meant|expected|scheduled|arranged|agreed|told you|said|was to|were to|"
    r"should have|reserved|ordered for|appointment|slot)\b"
)
_AS_PROMISED = re.compile(
    r"(?: (?:the )?\d{1,2}(?:st|nd|rd|th)?(?: \w+)?)?(?: at \S+)?,? (?:as|like|which|when) "
    r"(?:(?:we|i|was|it was|you were) ?)?(?:had |'d )?(?:agreed|promised|arranged|booked|said|planned)"
)
_FAILED_ON = re.compile(
    r"(?:missed|missing|cancelled|didn't|did not|never (?:came|arrived|sent|went|left)|nobody came|failed to"
    r"|(?:sorry|apologies|apologise|apologize)(?: again)? (?:about|for))"
    r"(?: [\w'-]+){0,4}?(?: on| for| of| about| your)? $"
)
"""What comes before a day on which something failed that was promised for it."""
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_MONTH = "|".join(f"{name[:3]}(?:{name[3:]})?" if name != "september" else "sep(?:t(?:ember)?)?" for name in _MONTHS)
_DATED = re.compile(
    rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{_MONTH})(?![a-z])"
    rf"|(?<![a-z])(?P<month_first>{_MONTH})\.? (?P<day_last>\d{{1,2}})(?!\d|:)"
)
_IN_PLACE_OF = re.compile(
    r"(?:in place of|instead of|rather than|not) (?:on )?the (?P<day>\d{1,2})(?:st|nd|rd|th)(?!\w)"
)
_FAILED_THEN = re.compile(
    r"(?<!\w)(?:sold|double-sold|closed|forgot|forgotten|failed|missed|missing|cancelled|wrong|upset|cost you|left you|"
    r"hung|stamped|didn't|did not|wasn't|weren't|never|broke|lost|sorry that|apologise that)(?!\w)"
)
_SINCE = re.compile(
    r"(?<!\w)(?:came|arrived|reached|delivered|refund\w*|back|paid|returned|sent|until|since|new|next|before|after)(?!\w)"
)
"""What a date other than the promised one may be of: what was done since."""
_COMING = re.compile(r"(?<!\w)(?:will|'ll|goes|comes|arrives|reach(?:es)?|be with you|is booked)(?!\w)")
_FEW_DAYS = 3
"""A date so near that of the failure means the failure, when the failure's own is nowhere."""
_WEEKDAY = re.compile(rf"\b(?:{'|'.join(_DAYS)})\b")
_CLOCK = re.compile(
    r"(?<![\d.,:])(?:(?P<hour>\d{1,2})[:.](?P<minute>\d\d)(?![\d.,]\d)(?: ?(?P<half>[ap])\.?m)?"
    r"|(?P<whole>\d{1,2}) ?[ap]\.?m(?![a-z])\.?)"
)
_ANYBODY = frozenset(
    "all both client colleague colleagues customer everybody everyone family folks friend friends from guest guests"
    " ladies member neighbour neighbours owner parent parents passenger passengers patient reader resident sender"
    " student subscriber team tenant there traveller travellers user valued visitor whom".split()
)
"""What a greeting may call somebody instead of by name."""
_HONOURED = re.compile(r"-(?:san|sama|ssi|ji|kun|sensei|nim)$")
"""What follows a name out of respect, as "Ms" goes before it."""
_PARTLY = re.compile(
    r"(?<!\w)(?:half|part|third|quarter|deposit|off(?! the| your)|a year|a month|per cent|each|more|extra|further)"
    r"(?!\w)|%"
)
"""What makes a sum another one than the case's."""
_FIRMS = frozenset("ag bv co company corp gmbh group inc limited llc llp ltd nv plc sa sarl srl".split())
_SHORT_FOR = {
    "bob": "robert", "bobby": "robert", "bill": "william", "billy": "william", "dick": "richard", "jack": "john",
    "ted": "edward", "ned": "edward", "harry": "henry", "hank": "henry", "peggy": "margaret", "meg": "margaret",
    "betty": "elizabeth", "betsy": "elizabeth", "bess": "elizabeth", "polly": "mary", "molly": "mary", "nancy": "ann",
    "chuck": "charles", "sandy": "alexander", "sasha": "alexander", "nell": "eleanor", "kitty": "catherine",
    "pepe": "jose", "paco": "francisco", "chico": "francisco", "ze": "jose", "beppe": "giuseppe", "hans": "johannes",
}  # fmt: skip
"""Short names that do not look like the long ones."""
_ALIKE = 0.7
"""Names that share this much (0 to 1, difflib) are one name, mistyped."""
_ALIKE_ANYWHERE = 0.75
"""The same of names that stand anywhere, not where the customer is spoken to."""


def contradictions(*, text: str, parts: tuple[Sentence, ...], case: Case) -> Iterator[Span]:
    """This function will yield where the message says otherwise than the case (offsets into `text`).

    `parts` are the message's sentences in normal form. At most one place for each fact.
    """
    if case.customer:
        yield from _first(_names(text, case.customer))
    if case.amount:
        yield from _first(_amounts(parts, case.amount))
    if case.order:
        yield from _first(_orders(parts, case.order))
    if case.promised:
        yield from _first(_promises(parts, case.promised.lower()))
    if case.what:
        yield from _first(_failed_on(parts, case.what.lower()))


def _first(found: Iterator[Span]) -> Iterator[Span]:
    span = next(found, None)
    if span is not None:
        yield span


def _folded(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.lower())
    return "".join(char for char in plain if not unicodedata.combining(char))


def _named(name: str) -> tuple[str | None, tuple[str, ...]]:
    """A name as its title's kind (None without one) and its words, without accents."""
    whole = _folded(name).replace("\u2019", "'").removesuffix("'s")
    words = [_HONOURED.sub("", word) for word in re.split(r"[^\w'-]+", whole) if word]
    title = _TITLES[words[0]] if words and words[0] in _TITLES else None
    return title, tuple(words[1:] if title is not None else words)


def _names(text: str, customer: str) -> Iterator[Span]:
    title, known = _named(customer)
    if not known or not any(char.isupper() for char in customer):
        return
    called_so = (match for match in _CALLED.finditer(text) if not _PRESENTED.search(text[: match.start()]))
    for match in (*_GREETED.finditer(text), *called_so):
        group = "name" if match["name"] else "first"
        called, words = _named(match[group])
        if not words or (group == "first" and called is None and not _mistyped(known, words)):
            continue
        if set(words) & set(known):
            if title and called and title != called:
                yield match.span(group)
        elif (
            _mistyped(known, words)
            or (title is not None and called is not None)
            or (title is called is None and _greets(text, match) and _another(known, words))
        ):
            yield match.span(group)
    for match in _TITLED_NAME.finditer(text):
        called, words = _named(match["name"])
        if not set(words) & set(known) and _much_alike(known, words):
            yield match.span("name")


def _much_alike(known: tuple[str, ...], words: tuple[str, ...]) -> bool:
    """Whether the name of somebody spoken of is the customer's, mistyped: even its first letter."""
    return any(
        difflib.SequenceMatcher(None, one, other).ratio() >= _ALIKE_ANYWHERE
        for one in known
        for other in words
        if min(len(one), len(other)) >= 3
    )


def _greets(text: str, match: re.Match[str]) -> bool:
    """Whether a name is greeted and nothing else: the line goes no further than to a mark after it."""
    greeting = text[match.start() : match.start("name")].strip().lower() if match["name"] else "to"
    return greeting != "to" and re.match(r"\s*(?:[,!:;.\u2013\u2014-]|\n|\Z)", text[match.end() :]) is not None


def _another(known: tuple[str, ...], words: tuple[str, ...]) -> bool:
    """Whether a greeting by these words calls another person than the one known: no word of them can be one of theirs.

    A short name may be anybody's whose name holds it, begins alike or is known to be cut so; a firm is greeted by the
    name of somebody in it.
    """
    if _ANYBODY & set(words) or _FIRMS & set(known):
        return False
    return not any(_one_name(one, other) for one in known for other in words)


def _one_name(one: str, other: str) -> bool:
    if one[:2] == other[:2] or one in other or other in one:
        return True
    long = {_SHORT_FOR.get(name, name) for name in (one, other)}
    return len(long) == 1 or any(_SHORT_FOR.get(name) in (one, other) for name in (one, other))


def _mistyped(known: tuple[str, ...], words: tuple[str, ...]) -> bool:
    return any(
        one[0] == other[0]
        and not one.startswith(other)
        and not other.startswith(one)
        and difflib.SequenceMatcher(None, one, other).ratio() >= _ALIKE
        for one in known
        for other in words
        if one not in words and other not in known and min(len(one), len(other)) >= 3
    )


def _value(number: str) -> float:
    """A number as written with points, commas or spaces; two or one digits after the last mark are decimals."""
    whole, mark, decimals = number.rpartition(".") if number.rfind(".") > number.rfind(",") else number.rpartition(",")
    if not mark or len(decimals) > 2:
        whole, decimals = number, ""
    return float((re.sub(r"\D", "", whole) or "0") + "." + (decimals or "0"))


def _amounts(parts: tuple[Sentence, ...], amount: str) -> Iterator[Span]:
    """Sums in the currency of the case, when none of them is the case's."""
    written = _NUMBER.search(amount)
    if written is None:
        return
    known = _value(written.group())
    currency = "|".join(
        [
            _SIGNS,
            *(
                re.escape(sign.strip().lower())
                for sign in (amount[: written.start()], amount[written.end() :])
                if sign.strip()
            ),
        ]
    )
    sums = re.compile(
        rf"(?:(?<![\w])(?:{currency})\s?(?P<after>{_GROUPED})|(?<![\w.,])(?P<before>{_GROUPED})\s?(?:{currency})(?!\w))"
    )
    found = [
        (part, match, _value((match["after"] or match["before"]).rstrip(".,")))
        for part in parts
        for match in sums.finditer(part.text)
    ]
    if any(value == known for _, _, value in found):
        yield from (
            (part.start + match.start(), part.start + match.end())
            for part, match, value in found
            if _swapped(value, known)
        )
        return
    if any(str(known).removesuffix(".0") in re.sub(r"[^\d.]", "", part.text) for part in parts):
        return
    for part, match, value in found:
        if _PARTLY.search(part.text):
            continue
        if _transposed(value, known) or (len(found) == 1 and _PAID_BACK.search(part.text)):
            yield part.start + match.start(), part.start + match.end()


def _swapped(value: float, known: float) -> bool:
    """The same digits, two or more of them, in another order."""
    one, other = f"{value:.2f}".strip("0"), f"{known:.2f}".strip("0")
    return one != other and len(one) == len(other) > 2 and sorted(one) == sorted(other)


def _transposed(value: float, known: float) -> bool:
    """The same digits in another order, or one digit that differs."""
    one, other = f"{value:.2f}", f"{known:.2f}"
    if len(one) != len(other):
        return False
    return sorted(one) == sorted(other) or sum(left != right for left, right in zip(one, other, strict=True)) == 1


def _orders(parts: tuple[Sentence, ...], order: str) -> Iterator[Span]:
    known = order.strip().lstrip("#").lower()
    if not re.search(r"\d", known):
        return
    shape, digits = _shape(known), re.sub(r"\D", "", known)
    told = any(known in part.text for part in parts)
    for part in parts:
        for match in _CODE.finditer(part.text):
            code = match.group().lstrip("#")
            if code == known or _shape(code) != shape or len(digits) < (3 if known.isdigit() else 2):
                continue
            if told:
                elsewhere = known not in part.text or _CODE_NAMED.search(part.text[: match.start()])
                if sorted(code) == sorted(known) and elsewhere:
                    yield part.start + match.start(), part.start + match.end()
                continue
            same = sorted(code) == sorted(known) or sum(a != b for a, b in zip(code, known, strict=True)) == 1
            if same or _CODE_NAMED.search(part.text[: match.start()]) or not code.isdigit():
                yield part.start + match.start(), part.start + match.end()


def _shape(code: str) -> str:
    return re.sub(r"[a-z]", "a", re.sub(r"\d", "9", code))


def _promises(parts: tuple[Sentence, ...], promised: str) -> Iterator[Span]:
    """A promised day, date or time other than the case's, in a sentence that speaks of what was promised."""
    for pattern, read in ((_WEEKDAY, _weekday), (_DATED, _dated), (_CLOCK, _clock)):
        known = {read(match) for match in pattern.finditer(promised)}
        found = [(part, match, read(match)) for part in parts for match in pattern.finditer(part.text)]
        if not known or any(moment in known for _, _, moment in found):
            continue
        if pattern is _DATED and (other := _another_week(parts, promised, known)):
            yield other
            return
        if pattern is _DATED and (other := _failed_then(parts, known)):
            yield other
            return
        for part, match, _ in found:
            before = list(_PROMISED.finditer(part.text, 0, match.start()))
            if _AS_PROMISED.match(part.text, match.end()) or _FAILED_ON.search(part.text[: match.start()]):
                yield part.start + match.start(), part.start + match.end()
                return
            if before and len(part.text[before[-1].end() : match.start()].split()) <= 7:
                yield part.start + match.start(), part.start + match.end()
                return


def _another_week(parts: tuple[Sentence, ...], promised: str, known: set[tuple[object, ...]]) -> Span | None:
    """The promised weekday with another date of the same month, to come: "will be there on Monday 18 August"."""
    days, months = {match.group() for match in _WEEKDAY.finditer(promised)}, {moment[-1] for moment in known}
    for part in parts:
        for match in _DATED.finditer(part.text):
            day = _WEEKDAY.search(part.text[: match.start()][-12:])
            if day and day.group() in days and _dated(match)[1] in months and _COMING.search(part.text):
                return part.start + match.start(), part.start + match.end()
    return None


def _failed_then(parts: tuple[Sentence, ...], known: set[tuple[object, ...]]) -> Span | None:
    """A date that shares day or month with the promised one, on which something failed: "left you on 15 May"."""
    days, months = {moment[0] for moment in known}, {moment[-1] for moment in known}
    for part in parts:
        for match in _DATED.finditer(part.text):
            day, month = _dated(match)
            before = part.text[: match.start()]
            named = before.endswith("your ") and part.text[match.end() :].startswith((" date", " slot", " booking"))
            failed = _FAILED_THEN.search(part.text) and not _SINCE.search(part.text) and not _COMING.search(part.text)
            if (day in days or month in months) and (named or failed):
                return part.start + match.start(), part.start + match.end()
        for match in _IN_PLACE_OF.finditer(part.text):
            if int(match["day"]) not in days:
                return part.start + match.start(), part.start + match.end()
    return None


def _failed_on(parts: tuple[Sentence, ...], what: str) -> Iterator[Span]:
    """A date of the month in which it failed by what the case says, when that date itself is nowhere."""
    known = {_dated(match) for match in _DATED.finditer(what)}
    found = [(part, match, _dated(match)) for part in parts for match in _DATED.finditer(part.text)]
    if any(moment in known for _, _, moment in found):
        return
    for part, match, (day, month) in found:
        if any(month == other and abs(day - fell) <= _FEW_DAYS for fell, other in known):
            yield part.start + match.start(), part.start + match.end()


def _weekday(match: re.Match[str]) -> tuple[object, ...]:
    return (match.group(),)


def _dated(match: re.Match[str]) -> tuple[int, str]:
    return int(match["day"] or match["day_last"]), (match["month"] or match["month_first"])[:3]


def _clock(match: re.Match[str]) -> tuple[object, ...]:
    return int(match["hour"] or match["whole"]) % 12, int(match["minute"] or 0)

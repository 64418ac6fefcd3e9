"""What a customer's reply is: only a thanks, "still broken", a question, or something else.

The one thing decided here is whether a reply may stay away from the recovery's owner. Only a reply that is clearly
nothing but a thanks may; whatever else it holds, or whatever is not understood, reaches the owner.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal

from attrs import frozen

from makegood.core.reasons import Reason, because
from makegood.core.reply_words import BENIGN, OUTCOME, PLEASED, SAFE, THANKS, THANKS_SIGNS, TROUBLE, TROUBLE_SIGNS

TEXT_LIMIT = 2_000
"""Characters; nobody says only thanks in more, so a longer reply reaches the owner."""

Kind = Literal["thanks", "still_broken", "question", "other"]

_ASKS = "The reply asks something."
_SAFE = " re_safe "
_CLAUSE_ENDS = re.compile(
    r"[.:](?!\d)|[!;\n…()]+|\s[-\u2013\u2014]+\s|—|,|\b(?:but|however|although|though|because|so that|while)\b|"
    r"\band\b(?=\s+(?:(?:i|we|it|they|he|she|there)\b|(?:the|my|our|this|that)\s+(?:[\w'-]+\s+){1,4}"
    r"(?:is|are|was|were|has|have|had|does|did|do|came|went)\b))",
    re.IGNORECASE,
)
_DEVICE = re.compile(
    r"sent (?:from|via) .{1,40}|get outlook for .{1,20}|von meinem .{1,30} gesendet|envoyé (?:de|depuis) .{1,30}|"
    r"enviado (?:desde|do|de) .{1,30}"
)
_CAPITAL = "[A-ZÀ-ÖØ-ÞŁŚŠŽČ\u0410-\u042f]"
_NAME = rf"(?:{_CAPITAL}\.?|{_CAPITAL}[\w'-]+)"
_NAME_LINE = re.compile(rf"[-\u2013\u2014~ ]*(?:{_NAME} ){{0,3}}{_NAME}[ .]*")
_THANKED = r"\b(?:thanks|thank you|thx|cheers|danke|merci|gracias|obrigad[oa])(?: (?:so|very) much| a lot| again)?"
_SOMEBODY_CAME = re.compile(
    rf"{_NAME} (?:showed up|came|arrived|called|rang|phoned|turned up|helped|dropped by|popped round)"
)
_TURN = re.compile(r"\b(?:but|however|though)\b", re.IGNORECASE)
_NOT_OVER = re.compile(r"\b(?:is|are|still|keeps?|has|have|you|your|he|she|they|staff)\b")
_PAST = re.compile(r"\b(?:was|were|had|at first|initially|first|originally)\b")


@frozen(kw_only=True)
class ReplyRead:
    """How a reply was read, and why. Only *thanks* may leave a recovery as it is."""

    kind: Kind
    reasons: tuple[Reason, ...]

    @property
    def reaches_owner(self) -> bool:
        """Whether the owner must see this reply, with a clock."""
        return self.kind != "thanks"


def read_reply(*, text: str, names: Collection[str] = ()) -> ReplyRead:
    """Read the new words of a reply (no quotes, no signature) and say what they are.

    `names` are of those of ours whom the customer knows from what was written to them.

    A thanks has a word of thanks or pleasure, no word of trouble, no question, and no clause that is not understood.
    """
    plain = _without_overcome(_without_called(_without_name(_normal(text[:TEXT_LIMIT])), names))
    low = _softened(plain)
    trouble = TROUBLE.search(low) or TROUBLE_SIGNS.search(low)
    asks = re.search(r"[?\uff1f\u00bf]", low)
    warm = THANKS.search(low) or THANKS_SIGNS.search(low) or PLEASED.search(low)
    verdicts: tuple[tuple[bool, Kind, str, str], ...] = (
        (len(text) > TEXT_LIMIT, "other", "reply.long", "The reply is long, so a person reads it."),
        (not low.strip(), "other", "reply.empty", "The reply holds no new words."),
        (bool(trouble and asks and not THANKS.search(low)) and _asks_only(low), "question", "reply.question", _ASKS),
        (
            bool(trouble),
            "still_broken",
            "reply.trouble",
            "The reply holds a sign of trouble.",
        ),
        (bool(asks), "question", "reply.question", _ASKS),
        (not warm, "other", "reply.no_thanks", "The reply holds no word of thanks."),
        (not _all_understood(plain), "other", "reply.more", "The reply says more than thanks."),
        (True, "thanks", "reply.thanks", "The reply says thanks and nothing else."),
    )
    kind, rule, why = next(verdict[1:] for verdict in verdicts if verdict[0])
    return ReplyRead(kind=kind, reasons=(because(rule, why, evidence="4"),))


def _normal(text: str) -> str:
    """Straight quotes and single spaces; line ends stay."""
    text = re.sub("[\u2018\u2019`\u00b4]", "'", text).replace("\r", "\n")
    return re.sub(r"[^\S\n]+", " ", text).strip()


def _without_name(plain: str) -> str:
    """Leave out a device's line and a last line that is only a name, which signatures leave behind."""
    lines = [line.strip() for line in plain.split("\n") if line.strip() and not _DEVICE.fullmatch(line.strip().lower())]
    if len(lines) > 1 and _NAME_LINE.fullmatch(lines[-1]) and not _known(lines[-1].lower()):
        lines.pop()
    return "\n".join(lines)


def _without_called(plain: str, names: Collection[str]) -> str:
    """Leave out who of these is thanked by name, first name or whole: "Thanks, Joris!" is a thanks and no more."""
    called = {part for name in names for part in (name.strip(), name.strip().partition(" ")[0]) if part}
    if not called:
        return plain
    anyone = "|".join(re.escape(name) for name in sorted(called, key=len, reverse=True))
    return re.sub(rf"({_THANKED}),? (?:{anyone})(?=\s*(?:[.!,\n]|$))", r"\1", plain, flags=re.IGNORECASE)


def _known(low: str) -> bool:
    """Say whether a line holds a word that this module knows, so is no mere name."""
    return any(words.search(low) for words in (THANKS, PLEASED, TROUBLE, SAFE))


def _softened(plain: str) -> str:
    """Lower case, with what is plainly harmless replaced by one harmless word (and thanks in it kept)."""
    return SAFE.sub(lambda match: _SAFE + ("thank " if "thank" in match.group() else ""), plain.lower())


def _without_overcome(plain: str) -> str:
    """Leave out trouble that the writer tells as over: "It was broken, but the new one works perfectly".

    Not so where somebody is blamed ("you were rude, but the food was great"): that stays a complaint.
    """
    parts = _TURN.split(plain)
    if len(parts) != 2:
        return plain
    sentences = re.findall(r"[^.!?\n]*[.!?\n]*\s*", parts[0].rstrip())
    told = next((sentence for sentence in reversed(sentences) if re.search(r"\w", sentence)), "")
    earlier = parts[0][: parts[0].rfind(told)]
    before, after = told.lower(), _softened(parts[1])
    over = _PAST.search(before) and OUTCOME.search(after) and (PLEASED.search(after) or THANKS.search(plain.lower()))
    return f"{earlier}\n{parts[1]}" if over and not TROUBLE.search(after) and not _NOT_OVER.search(before) else plain


def _asks_only(low: str) -> bool:
    """Say whether all trouble words are those of a question and not of a failure."""
    rest = re.sub(
        r"\b(?:when|where|why|please|could|would|can|will|you|any|update|news|how long|need|want)\b", " ", low
    )
    return not TROUBLE.search(rest)


def _all_understood(plain: str) -> bool:
    """Say whether every clause shows thanks or pleasure, or is made of harmless words and names."""
    ends = list(_CLAUSE_ENDS.finditer(plain))
    starts = [0, *(end.end() for end in ends)]
    stops = [*(end.start() for end in ends), len(plain)]
    thanked_for = False
    for number, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        clause = plain[start:stop].strip(" '\"*_")
        before = ends[number - 1].group().strip() if number else ""
        after = ends[number].group() if number < len(ends) else "\n"
        low = _softened(clause)
        warm = bool(THANKS.search(low) or PLEASED.search(low) or THANKS_SIGNS.search(low))
        listed = thanked_for and before == "," and re.match(r"(?:and )?(?:the|a|an|for|your|all)\b", low)
        alone = before in {"", ",", "!"} and after.strip() in {"", ","}
        if not (warm or listed or _harmless(clause, low, name_stands=alone)):
            return False
        thanked_for = bool(listed) or (warm and re.search(r"\bfor\b", low) is not None)
    return True


def _harmless(clause: str, low: str, *, name_stands: bool) -> bool:
    """Say whether a clause is made of harmless words, numbers of no weight and, where one may stand, a name."""
    words = re.findall(r"[^\W\d_][\w'-]*|re_safe|\d+", low)
    unknown = [word for word in words if word not in BENIGN and len(word) > 1]
    if not unknown:
        return not any(word.isdigit() for word in words)
    clause = clause.strip()
    if _SOMEBODY_CAME.match(clause):
        unknown = [word for word in unknown if word != words[0]]
    if not unknown:
        return not any(word.isdigit() for word in words)
    names = {word.lower() for word in re.findall(rf"\b{_CAPITAL}[\w'-]*", clause)}
    return name_stands and len(words) <= 4 and all(word in names for word in unknown)

"""The new words of a mail: without quoted history and without the signature.

Losing a customer's words is the worse mistake, so whatever is not clearly history or signature stays. That is also
why the wide patterns of reply-parsing libraries are not used: they take a line that begins "Thanks," or "- " for the
beginning of a signature and drop all that follows ("Thanks, but it still does not work").
"""

from __future__ import annotations

import re

SIGNATURE_LINES = 20
"""A "-- " with more lines than this below it is not taken for a signature."""

PATTERN_LIMIT = 1_000
"""Characters; a longer line is the writer's prose, never history's head."""

_NAMES_FROM = "from|von|de|da|van|från|fra|от|od|差出人|发件人"
# A customer may write "From: London, To: Paris, Date: 3 May": only a subject or a time of sending proves a mail.
_NAMES_PROOF = (
    "subject|betreff|objet|asunto|assunto|oggetto|onderwerp|ämne|emne|тема|předmět|temat|件名|主题|sent|"
    "gesendet|envoyé|enviado(?: el)?|inviato|verzonden|skickat|sendt|отправлено|odesláno|wysłano|发送时间"
)
_NAMES_OTHER = "date|to|cc|reply-to|datum|an|à|fecha|para|data|a|aan|till|til|кому|дата|komu|do|日時|宛先|收件人"
_BLOCK_LINE = re.compile(
    rf"[>*\s]*(?:(?P<from>{_NAMES_FROM})|(?P<proof>{_NAMES_PROOF})|{_NAMES_OTHER})"
    r"\s*\*?\s?[:\uff1a]",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(
    r"\s*-{2,}\s*(?:original message|original appointment|forwarded message|reply message|"
    r"(?:urspr|weitergeleitete|original)\w*[ -]?nachricht|message (?:d'origine|original|transféré)|"
    r"mensaje (?:original|reenviado)|mensagem (?:original|encaminhada)|messaggio (?:originale|inoltrato)|"
    r"oorspronkelijk bericht|ursprungligt meddelande|пересылаемое сообщение)\s*-{2,}\s*|"
    r".*\breply above this line\b.*",
    re.IGNORECASE,
)
_WROTE = re.compile(
    r"(?:wrote|schrieb.*|a écrit|escribió|escreveu|ha scritto|schreef.*|skrev.*|написал\w*|пишет|"
    r"napsal\w*(?:\(a\))?|napisał\w*|writes)\s?[:\uff1a]$",
    re.IGNORECASE,
)
_STARTS_ATTRIBUTION = re.compile(r"(?:on|am|le|el|em|il|op|den|på|dne|w dniu|в)\s|\d|\w{2,4}[.,]\s", re.IGNORECASE)
_CLOCK_OR_YEAR = re.compile(r"\d[:.h]\d\d|\b(?:19|20)\d\d\b")
_QUOTED = re.compile(r"\s{0,3}>")
_DEVICE = re.compile(
    r"[\s\-]*(?:sent (?:from|via) (?:my |the |an? )?\S.{0,40}|get outlook for .{0,30}|sent with .{0,30}|"
    r"(?:von meinem|gesendet (?:von|mit)) .{0,40}|envoyé (?:de|depuis) mon .{0,40}|"
    r"enviado (?:desde mi|do meu|desde|via) .{0,40}|inviato da .{0,40}|verzonden vanaf .{0,40}|"
    r"отправлено (?:\u0441|из) .{0,40})\s*",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"\s*(?:(?:with )?(?:best|kind|kindest|warm|many)?(?: wishes| regards)|regards|best|cheers|sincerely|"
    r"yours (?:sincerely|faithfully|truly)|sincerely yours|respectfully|br|kr|"
    r"(?:mit )?(?:freundliche[nm]?|viele|beste|liebe|herzliche) (?:grüße[n]?|grüsse[n]?|gruß|gruss)|mfg|lg|vg|"
    r"(?:bien )?cordialement|salutations(?: distinguées)?|(?:un )?(?:cordial )?saludos?(?: cordiales)?|atentamente|"
    r"atenciosamente|att|abraços?|cordiali saluti|distinti saluti|met vriendelijke groet(?:en)?)\s*[,.!]?\s*",
    re.IGNORECASE,
)


def new_text(text: str, *, sender_name: str = "") -> tuple[str, list[str]]:
    """Take what is new in a mail's text; answer it and defects (short strings).

    Nothing new above a forwarded or unmarked history keeps the whole, and says so; only marked ("> ") lines give "".
    """
    lines = [line.rstrip("\r\n") for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    above = _above_history(lines)
    defects: list[str] = []
    if not any(line.strip() for line in above):
        if len(above) < len(lines):
            defects.append("nothing new above the quoted text, so all of it is kept")
        above = lines
    unquoted = _without_quotes(above)
    if any(line.strip() for line in above) and not any(line.strip() for line in unquoted):
        defects.append("only quoted text")
    kept = _without_signature(unquoted, sender_name=sender_name)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in kept)).strip(), defects


def _above_history(lines: list[str]) -> list[str]:
    """The lines before unmarked history: a separator, a block of mail headers, or an attribution with no marks."""
    told = [at for at, line in enumerate(lines) if line.strip()]
    last = told[-1] if told else -1
    # Marked lines are taken out one by one later, so that answers between or under them stay.
    last_marked = max((at for at in told if _QUOTED.match(lines[at])), default=-1)
    for at in told:
        line = lines[at]
        if len(line) > PATTERN_LIMIT:
            continue
        if _SEPARATOR.fullmatch(line) or _begins_block(lines, at):
            return _without_rule(lines[:at])
        if last_marked < at < last and _WROTE.search(line.strip()):
            start = _attribution_start(lines, at)
            if start is not None:
                return lines[:start]
    return lines


def _begins_block(lines: list[str], at: int) -> bool:
    """Say whether a block of mail headers begins here: a sender, and a subject or sending time, in three lines."""
    if not _BLOCK_LINE.match(lines[at]):
        return False
    found = [_BLOCK_LINE.match(line) for line in lines[at : at + 10] if line.strip()]
    run: list[re.Match[str]] = []
    misses = 0
    for match in found:
        misses += match is None  # one header may be folded over two lines
        if misses > 1:
            break
        if match:
            run.append(match)
    return len(run) >= 3 and any(m["from"] for m in run) and any(m["proof"] for m in run)


def _without_rule(lines: list[str]) -> list[str]:
    """Drop the rule that some programs draw above the history."""
    end = len(lines)
    while end and (not lines[end - 1].strip() or re.fullmatch(r"\s*[_\-*]{5,}\s*", lines[end - 1])):
        end -= 1
    return lines[:end]


def _attribution_start(lines: list[str], at: int) -> int | None:
    """Find the first of the one to three lines of "On <date>, <somebody> wrote:" that end at this one, else None."""
    for back in range(3):
        start = at - back
        if start < 0 or not lines[start].strip():
            return None
        whole = " ".join(line.strip()[:PATTERN_LIMIT] for line in lines[start : at + 1])
        dated = _CLOCK_OR_YEAR.search(whole)
        if _STARTS_ATTRIBUTION.match(lines[start].strip()) and dated and (_WROTE.search(whole) or "@" in whole):
            return start
    return None


def _without_quotes(lines: list[str]) -> list[str]:
    """Drop the lines marked as quoted, and the attribution before each block of them."""
    marked = [at for at, line in enumerate(lines) if _QUOTED.match(line)]
    # One lone line such as ">50 % off was promised" is the customer's own.
    if len(marked) == 1 and not re.match(r"\s{0,3}>(?:\s|>|$)", lines[marked[0]]):
        return lines
    gone = set(marked)
    for at in marked:
        before = at - 1
        while before >= 0 and before not in gone and not lines[before].strip():
            before -= 1
        if before >= 0 and before not in gone and re.search(r"[:\uff1a]\s*$", lines[before]):
            start = _attribution_start(lines, before)
            gone.update(range(start, before + 1) if start is not None else ())
    return [line for at, line in enumerate(lines) if at not in gone]


def _without_signature(lines: list[str], *, sender_name: str) -> list[str]:
    """Drop what ends a mail by habit: the "-- " block, a device's line, a closing with its name."""
    lines = _before_dashes(lines)
    lines = _trimmed([line for line in lines if not _DEVICE.fullmatch(line)])
    for at in range(max(1, len(lines) - 8), len(lines)):
        if (_CLOSING.fullmatch(lines[at]) or _is_name(lines[at], sender_name)) and _only_card(lines[at + 1 :]):
            if any(line.strip() for line in lines[:at]):
                return _trimmed(lines[:at])
            break
    return lines


def _before_dashes(lines: list[str]) -> list[str]:
    """The lines before the first "-- " that has no more than a signature's length below."""
    first, below = len(lines), 0
    for at in range(len(lines) - 1, -1, -1):
        if re.fullmatch(r"--\s*", lines[at]):
            first = at
        below += bool(lines[at].strip())
        if below > SIGNATURE_LINES:
            break
    return lines[:first]


def _is_name(line: str, sender_name: str) -> bool:
    """Say whether this line is just the sender's whole name, as it stands in the From header."""
    name = sender_name.casefold().strip()
    return " " in name and line.strip(" -,.").casefold() == name


def _only_card(lines: list[str]) -> bool:
    """Say whether these lines are a name and how to reach it: few, short, and no sentence among them."""
    told = [line.strip() for line in lines if line.strip()]
    return len(told) <= 7 and all(len(line) <= 70 and not _sentence(line) for line in told)


def _sentence(line: str) -> bool:
    """Say whether a line reads as words of the message and not as a card's: a postscript, or words in a row."""
    words = line.split()
    lower = sum(word.isalpha() and word.islower() for word in words)
    return (
        bool(re.match(r"p\.?\s?s\b", line, re.IGNORECASE))
        or lower >= 3
        or line.endswith(("?", "!"))
        or (lower >= 1 and line.endswith("."))
    )


def _trimmed(lines: list[str]) -> list[str]:
    """Drop blank lines at the end."""
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    return lines[:end]

"""What a mail system tells of a mail that it could not deliver: whether it gave up, why, and which mail it was.

Delivery reports are read by RFC 3464 and RFC 3463; what servers wrote before, or write beside, by their own words. The
reason is one of our own sentences, never theirs: theirs hold addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from email.message import Message
from email.parser import BytesParser

from attrs import frozen

from makegood.listen.mail_decoding import addresses, decode_bytes, message_ids
from makegood.listen.mail_headers import RAW

READ_LIMIT = 1_000_000
"""Bytes of a report that are read: what it returns of the mail comes last, and its headers first."""
PARTS_LIMIT = 60

STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
SMTP_CODE = re.compile(r"(?im)(?:^|[\s>:\"(#])([45]\d\d)(?=[\s\-:,;#])")
RETURNED_ID = re.compile(r"(?im)^[>| \t]*message-id:[ \t]*(?:\r?\n[ \t]+)?(<[^<>\s]{1,500}>)")

STILL_TRYING = re.compile(
    r"delayed|deferred|still (?:be(?:ing)? )?(?:trying|retr)|will (?:keep|continue)(?: to)? (?:trying|try|retr)|"
    r"will be retried|not yet been delivered|do not need to (?:resend|do anything)|warning message only|"
    r"temporar(?:y|ily) (?:problem|failure|unable)|verzögert|wird weiter versucht|retardé|demorad|atrasad",
    re.IGNORECASE,
)
GAVE_UP = re.compile(
    r"giving up|given up|gave up|permanent(?:ly)? (?:error|fail)|fatal error|could not be delivered|undeliverable|"
    r"unable to deliver|returned to sender|retry time(?:out)? (?:not reached|exceeded)|delivery (?:has )?failed|"
    r"delivery failure|unzustellbar|non remis|no se pudo entregar|não (?:pôde|foi) (?:ser )?entregue",
    re.IGNORECASE,
)

UNKNOWN = "Their mail server sent it back"
REASONS: tuple[tuple[str, re.Pattern[str], re.Pattern[str]], ...] = tuple(
    (sentence, re.compile(statuses), re.compile(said, re.IGNORECASE))
    for sentence, statuses, said in (
        (
            "Their mailbox is full",
            r"[45]\.2\.2",
            r"(?:mailbox|inbox|account|quota|storage)[^.\n]{0,40}(?:full|exceed)|over ?quota|quota exceeded|"
            r"postfach[^.\n]{0,30}voll",
        ),
        (
            "There is no mail server for this address: look for a typing mistake after the @",
            r"[45]\.(?:1\.2|4\.4|1\.10)",
            r"host (?:or domain name )?not found|domain (?:name )?not found|no such (?:host|domain)|unrouteable|"
            r"unknown (?:host|domain)|nxdomain|all relevant mx records",
        ),
        (
            "There is no such address",
            r"[45]\.1\.(?:0|1|3|6)",
            r"(?:user|recipient|mailbox|address|account)[^.\n]{0,40}(?:unknown|not (?:found|exist)|doesn'?t exist|"
            r"does not exist|not listed|invalid|unavailable|no longer)|(?:unknown|no such|invalid) (?:user|recipient|"
            r"mailbox|address|account)|no mailbox here|not our customer",
        ),
        ("Their mailbox is closed", r"[45]\.2\.1", r"(?:mailbox|account)[^.\n]{0,30}(?:disabled|inactive|suspended)"),
        ("The mail was too large for their mail server", r"[45]\.(?:2\.3|3\.4)", r"too (?:large|big)|size limit"),
        (
            "Their mail server refused it as unwanted: ask whoever runs your mail",
            r"[45]\.7\.\d+",
            r"spam|blocked|black ?list|block ?list|\bdnsbl|polic(?:y|ies)|reputation|rejected for|dmarc|"
            r"not authori[sz]ed",
        ),
        (
            "Their mail server could not be reached for too long",
            r"[45]\.4\.\d+",
            r"retry time|timed? ?out|timeout|connection refused|too long|in \d+ days|for \d+ days",
        ),
    )
)


@frozen(kw_only=True)
class Bounce:
    """What a report says: `final` where its mail will not arrive, and `reason`, one sentence of ours without its stop.

    `message_ids` are of the mail that it is about, the surest first, with their angle brackets; `recipients` are the
    addresses that it names as not reached.
    """

    final: bool
    reason: str
    message_ids: tuple[str, ...]
    recipients: tuple[str, ...]


def bounce_of(raw: bytes) -> Bounce:
    """This function will read what a bounce says; never raises, whatever the bytes are."""
    try:
        message = BytesParser(policy=RAW).parsebytes(raw[:READ_LIMIT])
        parts = list(_parts(message))
    except Exception:  # noqa: BLE001  parts nested too deep, and whatever else a library makes of it
        message, parts = BytesParser(policy=RAW).parsebytes(raw[:READ_LIMIT], headersonly=True), []
    reports = [one for part in parts if _type(part) == "message/delivery-status" for one in _recipients_told(part)]
    told = "\n".join(_told(parts))
    status, final = _reported(reports) if reports else _said(message, told)
    words = "\n".join([*(one.get("diagnostic-code", "") for one in reports), told])
    return Bounce(
        final=final,
        reason=_reason(status, words),
        message_ids=_about(message, parts, told),
        recipients=_recipients(message, reports),
    )


def _parts(message: Message) -> Iterator[Message]:
    for number, part in enumerate(message.walk()):
        if number >= PARTS_LIMIT:
            return
        yield part


def _type(part: Message) -> str:
    return str(part.get_content_type()).lower()


def _inside(part: Message) -> list[Message]:
    """The parts that a part is made of; a text is made of none."""
    inner = part.get_payload()
    return [one for one in inner if isinstance(one, Message)] if isinstance(inner, list) else []


def _recipients_told(part: Message) -> Iterator[dict[str, str]]:
    """The fields of each recipient of a delivery report; the first group is of the mail as a whole."""
    for group in _inside(part):
        fields = {str(name).lower(): str(value) for name, value in group.items()}
        if fields.keys() & {"action", "final-recipient", "status"}:
            yield fields


def _reported(reports: list[dict[str, str]]) -> tuple[str, bool]:
    """The status that counts, and whether it is final: what failed counts before what is only late."""
    failed = [one for one in reports if _action(one) == "failed"]
    chosen = (failed or reports)[0]
    found = STATUS.search(chosen.get("status", "")) or STATUS.search(chosen.get("diagnostic-code", ""))
    return (found[0] if found else ""), bool(failed)


def _action(report: dict[str, str]) -> str:
    """The action of a recipient; of one that tells none, by its status."""
    action = report.get("action", "").strip().lower().partition(" ")[0]
    return action or ("failed" if report.get("status", "").strip().startswith("5") else "delayed")


def _said(message: Message, told: str) -> tuple[str, bool]:
    """The status and whether it is final, of a bounce in words alone: it is, unless they say that it is only late."""
    found = STATUS.search(told)
    text = f"{message.get('subject', '')}\n{told}"
    code = SMTP_CODE.search(told)
    late = bool(STILL_TRYING.search(text)) and not GAVE_UP.search(text)
    permanent = (found and found[1] == "5") or (code and code[1].startswith("5"))
    return (found[0] if found else ""), not late or bool(permanent and not re.search(r"(?i)delay|warning", text[:300]))


def _told(parts: list[Message]) -> Iterator[str]:
    """What the mail system says to people, without the mail that it returns."""
    inside: set[int] = set()
    for part in parts:
        if id(part) in inside:
            continue
        if _type(part) in ("message/rfc822", "message/delivery-status", "text/rfc822-headers"):
            inside.update(id(below) for below in part.walk())
        elif part.get_content_maintype() == "text":
            yield _text(part)


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return decode_bytes(payload, part.get_content_charset())[0] if isinstance(payload, bytes) else ""


def _about(message: Message, parts: list[Message], told: str) -> tuple[str, ...]:
    """The ids of the mail that came back: out of what is returned of it, else of what the report answers."""
    returned: list[str] = []
    for part in parts:
        if _type(part) == "message/rfc822":
            returned += [str(one.get("message-id", "")) for one in _inside(part)[:1]]
        elif _type(part) in ("text/rfc822-headers", "message/rfc822-headers"):
            returned += RETURNED_ID.findall(_text(part) or str(part.get_payload()))
    returned += RETURNED_ID.findall(told)
    answered = [str(one) for name in ("in-reply-to", "x-original-message-id") for one in message.get_all(name, [])]
    found = _ids(returned) or _ids(answered)
    return found or _ids([str(one) for one in message.get_all("references", [])])[-1:]


def _ids(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(f"<{one}>" for one in message_ids([value for value in values if value])))


def _recipients(message: Message, reports: list[dict[str, str]]) -> tuple[str, ...]:
    """Who was not reached, by the report or by the header that some servers write."""
    told = [
        re.sub(r"(?i)^\s*rfc822\s*;\s*", "", one.get("original-recipient") or one.get("final-recipient", ""))
        for one in reports
    ]
    told += [str(one) for one in message.get_all("x-failed-recipients", [])]
    return tuple(dict.fromkeys(address.lower() for _, address in addresses(told)))


def _reason(status: str, words: str) -> str:
    """One sentence without its stop; the status that was told stands behind it, for who runs the mail."""
    by_status = next((one for one, statuses, _ in REASONS if status and statuses.fullmatch(status)), "")
    by_words = next((one for one, _, said in REASONS if said.search(words)), "")
    vague = status[2:] in ("", "0.0", "1.0", "4.0", "5.0", "7.0", "7.1")
    reason = (by_words or by_status) if vague else (by_status or by_words)
    return f"{reason or UNKNOWN} ({status})" if status else reason or UNKNOWN

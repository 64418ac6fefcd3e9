"""Any bytes that may be a mail, read into one frozen shape; what is wrong with them is told, never raised.

The standard library splits the message (its older, forgiving policy: the newer one raises on malformed headers);
decoding, choosing the text and judging the kind are done here, each guarded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.utils import parsedate_to_datetime
from typing import Any

from attrs import field, frozen

from makegood.listen.mail_decoding import addresses, decode_bytes, decode_header, fit, message_ids
from makegood.listen.mail_headers import RAW
from makegood.listen.mail_html import HTML_LIMIT, html_to_text
from makegood.listen.mail_kind import Kind, kind_of
from makegood.listen.mail_text import new_text

SIZE_LIMIT = 25 * 1024 * 1024
"""Bytes; what lies beyond is not read, and a defect says so."""
TEXT_LIMIT, SUBJECT_LIMIT = 1_000_000, 2_000
"""Characters of text, and of a subject, that are kept."""
UNREAD = "the rest was not read"
"""How a defect ends that tells of words that were left out."""
PARTS_LIMIT = 500
"""Parts of one mail that are looked at."""
DEPTH_LIMIT = 40
"""Levels of parts within parts."""
LIST_LIMIT = 500
"""References that are kept."""

_HEADER = re.compile(rb"(?im)^(?:from|to|subject|date|received|message-id|return-path|mime-version): ?\S")
_BOUNDARY = re.compile(r"(?im)^--([^\s\"].{0,68}?)[ \t]*\r?\n(?=content-[a-z-]+:)")
_LOOKS_HTML = re.compile(r"\s*<(?:!doctype|\?xml|html|head|body|div|p|table|span|font|center|meta)\b", re.IGNORECASE)


@frozen(kw_only=True)
class Attachment:
    """A file in a mail: its name (no path, may be empty), its media type and its size in bytes, decoded."""

    filename: str
    content_type: str
    size: int


@frozen(kw_only=True)
class Mail:
    """A mail as it was read.

    `sender` and the recipients are bare addresses ("" or left out where the header holds none); ids have no angle
    brackets; `sent_at` is aware (a time without a zone is taken as UTC) or None; `text` is only what is new in this
    mail. A *person* is whoever shows no sign of a machine: a no-reply address alone is none, since booking portals
    relay guests' words from such.
    """

    kind: Kind
    sender: str
    sender_name: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    delivered_to: tuple[str, ...]
    subject: str
    sent_at: datetime | None
    text: str
    message_id: str | None
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    attachments: tuple[Attachment, ...]
    defects: tuple[str, ...]

    @property
    def cut(self) -> bool:
        """Whether some of it was left out, since it is larger than what is read."""
        return any(defect.endswith(UNREAD) for defect in self.defects)

    def as_dict(self) -> dict[str, Any]:
        """This mail in the shape that `makegood mail` prints (without the file)."""
        return {
            "kind": self.kind,
            "from": self.sender,
            "to": list(self.to),
            "subject": self.subject,
            "sent_at": self.sent_at.isoformat() if self.sent_at else None,
            "text": self.text,
            "message_id": self.message_id,
            "in_reply_to": self.in_reply_to[0] if self.in_reply_to else None,
            "references": list(self.references),
            "attachments": [
                {"filename": one.filename, "content_type": one.content_type, "size": one.size}
                for one in self.attachments
            ],
            "defects": list(self.defects),
        }


@frozen
class _Content:
    """What was found in the parts so far: files, defects, and the depth of each part seen."""

    files: list[Attachment] = field(factory=list)
    defects: list[str] = field(factory=list)
    seen: list[int] = field(factory=list)


def parse(raw: bytes) -> Mail:
    """Read a mail from its bytes; never raises, whatever the bytes are."""
    defects: list[str] = []
    if len(raw) > SIZE_LIMIT:
        raw = raw[:SIZE_LIMIT]
        defects.append(f"larger than 25 MiB: {UNREAD}")
    message = _split(raw, defects)
    headers = _headers(message)
    if not headers:
        defects.append("no headers" if raw.strip() else "empty")
    content = _Content()
    try:
        pieces = _pieces(message, content, depth=0)
    except Exception:  # noqa: BLE001  a mail must be readable whatever a library makes of it
        pieces = [("plain", decode_bytes(raw, None)[0])]
        defects.append("body could not be split into its parts")
    senders = addresses(headers.get("from", []))
    shown = "\n\n".join(_shown(pieces, defects))
    text, found = new_text(shown[:TEXT_LIMIT], sender_name=senders[0][0] if senders else "")
    if len(shown) > TEXT_LIMIT:
        found.append(f"text longer than 1,000,000 characters: {UNREAD}")
    sent_at = _sent_at(headers, defects)
    subject = decode_header(_first(headers, "subject"))
    if len(subject) > SUBJECT_LIMIT:
        defects.append(f"subject longer than 2,000 characters: {UNREAD}")
    if not senders:
        defects.append("no sender address")
    return Mail(
        kind=kind_of(
            headers,
            content_type=_safely(message.get_content_type, "text/plain"),
            types=[one.content_type for one in content.files],
        ),
        sender=senders[0][1] if senders else decode_header(_first(headers, "from")),
        sender_name=senders[0][0] if senders else "",
        to=_recipients(headers, "to"),
        cc=_recipients(headers, "cc"),
        delivered_to=_recipients(headers, "delivered-to", "x-original-to", "envelope-to"),
        subject=subject[:SUBJECT_LIMIT],
        sent_at=sent_at,
        text=fit(text),
        message_id=next(iter(message_ids(headers.get("message-id", [])[:1])), None),
        in_reply_to=tuple(message_ids(headers.get("in-reply-to", []))[:LIST_LIMIT]),
        references=tuple(message_ids(headers.get("references", []))[-LIST_LIMIT:]),
        attachments=tuple(content.files),
        defects=tuple(dict.fromkeys(fit(one) for one in defects + content.defects + found)),
    )


def thread_tokens(mail: Mail) -> tuple[str, ...]:
    """Name what may tie this mail to a recovery, most trusted first, each once.

    First the token of a plus address (``reply+TOKEN@host``) that it was delivered or written to, as only we hand those
    out; then the message ids it replies to; then those it refers to, nearest first. A token holds no "@", an id does.
    """
    tokens = [
        match[1]
        for address in (*mail.delivered_to, *mail.to, *mail.cc)
        if (match := re.fullmatch(r"[^@+]+\+([^@]+)@[^@]+", address))
    ]
    return tuple(dict.fromkeys((*tokens, *mail.in_reply_to, *reversed(mail.references))))


def _split(raw: bytes, defects: list[str]) -> Message:
    """Split the bytes into headers and parts; fall back to the headers alone where the parts cannot be split."""
    try:
        message = BytesParser(policy=RAW).parsebytes(raw)
        start = _HEADER.search(raw, 0, 2_000)
        if start and start.start() and not message.keys():
            defects.append("lines before the headers were not read")
            message = BytesParser(policy=RAW).parsebytes(raw[start.start() :])
    except Exception:  # noqa: BLE001  RecursionError on parts nested very deep, ValueError, LookupError and others
        defects.append("parts could not be split")
    else:
        return message
    try:
        return BytesParser(policy=RAW).parsebytes(raw, headersonly=True)
    except Exception:  # noqa: BLE001
        return Message()


def _headers(message: Message) -> dict[str, list[str]]:
    """All headers as raw values by lower-case name, in order."""
    headers: dict[str, list[str]] = {}
    for name, value in message.raw_items():
        headers.setdefault(str(name).strip().lower(), []).append(str(value))
    return headers


def _first(headers: dict[str, list[str]], name: str) -> str:
    """The first non-blank value of a header, else ""."""
    return next((value for value in headers.get(name, []) if value.strip()), "")


def _recipients(headers: dict[str, list[str]], *names: str) -> tuple[str, ...]:
    """The bare addresses of these headers, each once."""
    found = addresses([value for name in names for value in headers.get(name, [])])
    return tuple(dict.fromkeys(address for _, address in found))


def _sent_at(headers: dict[str, list[str]], defects: list[str]) -> datetime | None:
    """Read the Date header, aware; None with a defect where it is missing or no date."""
    value = decode_header(_first(headers, "date"))[:200]
    if not value:
        defects.append("no date")
        return None
    try:
        sent_at = parsedate_to_datetime(value)
        sent_at = sent_at if sent_at.tzinfo else sent_at.replace(tzinfo=UTC)
        sent_at.astimezone(UTC)  # raises where the offset leads out of the calendar
    except Exception:  # noqa: BLE001  TypeError, ValueError, OverflowError, IndexError by Python version
        defects.append("date cannot be read")
        return None
    return sent_at


def _pieces(part: Message, content: _Content, *, depth: int) -> list[tuple[str, str]]:
    """Collect the texts of a part and all below it, noting files and defects on the way."""
    content.defects.extend(_words(type(one).__name__) for one in part.defects)
    content.seen.append(depth)
    if depth > DEPTH_LIMIT or len(content.seen) > PARTS_LIMIT:
        content.defects.append("too many parts: some were not read")
        return []
    kind = _safely(part.get_content_type, "text/plain")
    children = part.get_payload()
    if kind.startswith("multipart/") and isinstance(children, str):
        children = _rescued(children)
    if isinstance(part.epilogue, str) and part.epilogue.strip():
        content.defects.append("text after the last part was not read")
    if not isinstance(children, list) or (kind.startswith("message/") and depth > 0):
        return _leaf(part, kind, content)
    found = [
        pieces
        for child in children
        if isinstance(child, Message) and (pieces := _pieces(child, content, depth=depth + 1))
    ]
    if kind == "multipart/alternative":
        said = [pieces for pieces in found if any(text.strip() for _, text in pieces)]
        plain = [pieces for pieces in said if any(way == "plain" and text.strip() for way, text in pieces)]
        return (plain or said or [[]])[0]
    if kind == "multipart/report":
        return found[0] if found else []
    return [piece for pieces in found for piece in pieces]


def _rescued(body: str) -> list[Message] | str:
    """Split a body whose boundary is not the declared one by the first line that acts as one, if there is any."""
    boundary = _BOUNDARY.search(body)
    if not boundary:
        return body
    head = f'Content-Type: multipart/mixed; boundary="{boundary[1]}"\n\n'
    payload = BytesParser(policy=RAW).parsebytes((head + body).encode("utf-8", "surrogateescape")).get_payload()
    return [part for part in payload if isinstance(part, Message)] if isinstance(payload, list) else body


def _leaf(part: Message, kind: str, content: _Content) -> list[tuple[str, str]]:
    """Read one part without parts below: text to show, or a file to name."""
    raw = _payload(part, content.defects)
    filename = _filename(part)
    attached = _safely(part.get_content_disposition, None) == "attachment"
    if kind.startswith("multipart/"):
        kind = "text/plain"
    if attached or filename or kind not in {"text/plain", "text/html"}:
        content.files.append(Attachment(filename=filename, content_type=fit(kind)[:200], size=len(raw)))
        return []
    label = _safely(part.get_content_charset, None)
    text, whole = decode_bytes(raw, str(label) if label else None)
    if not whole:
        content.defects.append("text does not fit its charset")
    undeclared_html = "content-type" not in part and _LOOKS_HTML.match(text)
    return [("html" if undeclared_html else kind.removeprefix("text/"), text)]


def _payload(part: Message, defects: list[str]) -> bytes:
    """The decoded bytes of a part; a part that is itself a message as its source."""
    try:
        raw = part.get_payload(decode=True)
        if isinstance(raw, bytes):
            return raw
        return b"".join(child.as_bytes(policy=compat32) for child in part.get_payload() if isinstance(child, Message))
    except Exception:  # noqa: BLE001
        defects.append("a part could not be decoded")
        return b""


def _filename(part: Message) -> str:
    """The part's file name without any path, at most 255 characters."""
    name = decode_header(str(_safely(part.get_filename, "") or ""))
    return re.sub(r"[\x00-\x1f\x7f]", "", re.split(r"[/\\]", name)[-1]).strip()[:255]


def _shown(pieces: list[tuple[str, str]], defects: list[str]) -> Iterator[str]:
    """The pieces that say anything as plain text; of HTML no more than is read in all."""
    left = HTML_LIMIT
    for kind, text in pieces:
        if not text.strip():
            continue
        if kind == "plain":
            yield text
            continue
        if len(text) > left:
            defects.append(f"HTML longer than 2,000,000 characters: {UNREAD}")
        try:
            yield html_to_text(text[:left])
        except Exception:  # noqa: BLE001
            defects.append("HTML could not be read")
            yield ""
        left = max(0, left - len(text))


def _safely(read: Any, otherwise: Any) -> Any:
    """Call one of the library's readers, which may raise on malformed parameters."""
    try:
        return read()
    except Exception:  # noqa: BLE001
        return otherwise


def _words(name: str) -> str:
    """A defect class of the library as words: "StartBoundaryNotFoundDefect" is "start boundary not found"."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name.removesuffix("Defect")).lower()

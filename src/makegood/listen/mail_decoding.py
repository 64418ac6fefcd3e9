"""Bytes of a mail to text that is always valid: charsets, encoded words, addresses, message ids.

Nothing here raises on any input. What cannot be decoded shows as U+FFFD. NUL and lone surrogates are replaced too,
since neither UTF-8 output nor a PostgreSQL text column can hold them.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import quopri
import re

HEADER_LIMIT = 65_536
"""Characters of one header's value that are read."""
ADDRESS_LIMIT = 500
"""Addresses of one kind that are kept."""

# Labels are widened to the superset that senders really use, as browsers do (WHATWG Encoding Standard, 4.2).
_WIDER = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
}
# Python's registry also holds codecs that are no charsets (rot13, punycode, unicode_escape): only these may be named.
_CHARSET = re.compile(r"utf-(8|16|32)|utf-7$|iso8859|iso2022|cp\d|koi8|gb|big5|euc|shift|hz$|johab|mac-|kz1048|ptcp")
_UNFIT = re.compile("[\x00\ud800-\udfff]")
_WORD = r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?="
_ENCODED_RUN = re.compile(rf"{_WORD}(?:\s*{_WORD})*")
_ENCODED_WORD = re.compile(_WORD)
_ADDRESS = re.compile(r"[^\s<>,;:\"'()\[\]]{1,128}@[^\s<>,;:\"'()\[\]@]{1,255}")
_BRACKETED = re.compile(r"<\s*([^<>\s]{1,255}@[^<>\s]{1,255})\s*>")
_ENTRY = re.compile(r"""(?:"(?:[^"\\]|\\.)*"|\([^()]*\)|<[^<>]*>|[^,;"(<]|["(<])+""")
_MESSAGE_ID = re.compile(r"<\s*([^<>]{1,990})>")


def fit(text: str) -> str:
    """Replace whatever UTF-8 or the database cannot hold."""
    return _UNFIT.sub("\ufffd", text)


def charset(label: str | None) -> str | None:
    """Name the Python codec for a charset label, or None if the label names no charset that is known."""
    try:
        name = codecs.lookup((label or "").strip(" \"'").lower()).name
    except (LookupError, ValueError):
        return None
    name = _WIDER.get(name, name)
    return name if _CHARSET.match(name) else None


def decode_bytes(raw: bytes, label: str | None) -> tuple[str, bool]:
    """Decode bytes by their declared charset; answer the text and whether all of it could be decoded.

    UTF-8 is tried first where the label is missing, unknown or any one-byte charset, since bytes above 127 that
    happen to be valid UTF-8 are hardly ever anything else; then the label; then Windows-1252.
    """
    name = charset(label)
    one_byte = name is None or name.startswith(("cp125", "iso8859", "koi8", "mac", "cp8", "kz", "ptcp"))
    for candidate in (*(("utf-8",) if one_byte else ()), *((name,) if name else ()), "utf-8"):
        try:
            return fit(raw.decode(candidate)), True
        except (UnicodeError, ValueError):
            continue
    return fit(raw.decode(name or "cp1252", "replace")), False


def decode_header(value: str) -> str:
    """Decode one raw header value (as the parser keeps it, odd bytes as surrogates) to one line of text."""
    value = value[:HEADER_LIMIT]
    if not value.isascii():
        value = decode_bytes(value.encode("utf-8", "surrogateescape"), None)[0]
    decoded = _ENCODED_RUN.sub(lambda run: _decode_run(run.group()), value)
    return fit(" ".join(decoded.split()))


def _decode_run(run: str) -> str:
    """Decode adjacent encoded words, joining bytes of the same charset first (a character may be split over two)."""
    pieces: list[tuple[str, bytes]] = []
    for label, how, content in _ENCODED_WORD.findall(run):
        label = label.split("*")[0].lower()  # noqa: PLW2901  RFC 2231 lets a language follow
        raw = content.encode("utf-8", "replace")
        data = _base64(raw) if how in "bB" else quopri.decodestring(raw.replace(b"_", b" "))
        if pieces and pieces[-1][0] == label:
            pieces[-1] = (label, pieces[-1][1] + data)
        else:
            pieces.append((label, data))
    return "".join(decode_bytes(data, label)[0] for label, data in pieces)


def _base64(raw: bytes) -> bytes:
    """Decode base64 that may lack its padding; what is no base64 stays as it is."""
    try:
        return base64.b64decode(raw + b"=" * (-len(raw) % 4))
    except (binascii.Error, ValueError):
        return raw


def addresses(values: list[str]) -> list[tuple[str, str]]:
    """Read address headers into (display name, address) pairs; an entry without a usable address is left out.

    An address in angle brackets wins over one in the display name, which anybody may write there.
    """
    found: list[tuple[str, str]] = []
    for value in values:
        for entry in _ENTRY.findall(value[:HEADER_LIMIT]):
            found += [pair for pair in _entry(entry) if pair not in found]
            if len(found) >= ADDRESS_LIMIT:
                return found[:ADDRESS_LIMIT]
    return found


def _entry(entry: str) -> list[tuple[str, str]]:
    """Read one entry of an address list: usually one address, several where the commas were forgotten."""
    text = decode_header(entry)
    bracketed = _BRACKETED.search(text)
    if bracketed:
        address = bracketed[1].rsplit(":", 1)[-1]  # what stands before is an old source route
        return [(_name(text[: bracketed.start()]), address)]
    bare = _ADDRESS.findall(text)
    comment = re.search(r"\(([^()]*)\)", text)
    name = _name(comment[1] if comment else text.replace(bare[0], "") if len(bare) == 1 else "")
    return [(name, address) for address in bare]


def _name(text: str) -> str:
    """A display name without its quotes and without the name of a group before it."""
    text = text.strip()
    if not text.startswith('"'):
        text = text.rsplit(":", 1)[-1]
    return re.sub(r"\\(.)", r"\1", text.strip().strip('"')).strip()


def message_ids(values: list[str]) -> list[str]:
    """Read the message ids in these headers, without their angle brackets, in order, each once."""
    found: list[str] = []
    for value in values:
        text = decode_header(value)
        ids = ["".join(bare.split()) for bare in _MESSAGE_ID.findall(text)]
        if not ids:
            ids = [word.strip("<>,;") for word in text.split() if "@" in word]
        found += [one for one in ids if one and one not in found]
    return found

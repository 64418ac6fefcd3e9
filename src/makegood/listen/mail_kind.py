"""Who speaks in a mail: a person, an automatic reply, a bounce, or a mailing list; judged by headers alone."""

from __future__ import annotations

import re
from typing import Literal

from makegood.listen.mail_decoding import addresses, decode_header

Kind = Literal["person", "auto-reply", "bounce", "list"]

_DAEMON = re.compile(
    r"mailer[-_. ]?daemon|mail delivery (?:sub)?system|mail ?delivery service|internet mail delivery|"
    r"mail administrator|mail system administrator",
    re.IGNORECASE,
)
_AWAY = re.compile(
    r"\s*(?:automatic reply|auto(?:matic|mated)?[- ]?(?:reply|response)|autoreply|out of (?:the )?office|ooo\b|"
    r"abwesenheit\w*|abwesend|automatische (?:antwort|nachricht)|réponse automatique|absence du bureau|"
    r"respuesta automática|fuera de la oficina|resposta automática|fora do escritório|"
    r"risposta automatica|fuori ufficio|automatisch antwoord|automatiskt svar|автоответ)",
    re.IGNORECASE,
)
_LIST_HEADERS = ("list-id", "list-post", "list-unsubscribe", "x-beenthere", "x-mailing-list", "mailing-list")
_LIST_OWNER = re.compile(r"<?(?:owner-[^@]+|[^@]+-(?:owner|bounces?|request)(?:\+[^@]*)?)@", re.IGNORECASE)


def kind_of(headers: dict[str, list[str]], *, content_type: str, types: list[str]) -> Kind:
    """Judge a mail by its headers (raw values by lower-case name), its media type and its parts' media types.

    A bounce that passed a list is a bounce (RFC 3464); an automatic reply is known by RFC 3834's Auto-Submitted and
    by what older programs write; a list by RFC 2919, RFC 2369 and Precedence.
    """
    text = {name: " ".join(map(decode_header, values)) for name, values in headers.items() if name in _READ}
    if _bounced(text, headers, content_type, types):
        return "bounce"
    if _automatic(text, content_type, types):
        return "auto-reply"
    return "list" if _listed(text) else "person"


_READ = {
    "return-path",
    "from",
    "sender",
    "subject",
    "auto-submitted",
    "precedence",
    "x-autoreply",
    "x-autorespond",
    "x-failed-recipients",
    "content-type",
    "feedback-type",
    *_LIST_HEADERS,
}


def _bounced(text: dict[str, str], headers: dict[str, list[str]], content_type: str, types: list[str]) -> bool:
    """Say whether a mail system tells that a mail was not delivered, or not yet."""
    report = re.search(r"report-type\s*=\s*\"?([\w-]+)", text.get("content-type", ""), re.IGNORECASE)
    if content_type == "multipart/report" and report:
        return report[1].lower() == "delivery-status"
    if "message/delivery-status" in types or "x-failed-recipients" in text or _DAEMON.search(text.get("from", "")):
        return True
    senders = [address.lower() for _, address in addresses(headers.get("from", []))]
    return text.get("return-path", "").strip() == "<>" and any(one.startswith("postmaster@") for one in senders)


def _automatic(text: dict[str, str], content_type: str, types: list[str]) -> bool:
    """Say whether a program answered: an absence, an acknowledgement, a receipt."""
    submitted = text.get("auto-submitted", "no").strip().lower()
    return (
        not submitted.startswith("no")
        or "x-autoreply" in text
        or "x-autorespond" in text
        or text.get("precedence", "").strip().lower() in {"auto_reply", "auto-reply"}
        or text.get("return-path", "").strip() == "<>"
        or content_type == "multipart/report"
        or "message/disposition-notification" in types
        or bool(_AWAY.match(text.get("subject", "")))
    )


def _listed(text: dict[str, str]) -> bool:
    """Say whether the mail went out to a list."""
    return (
        any(text.get(name, "").strip() for name in _LIST_HEADERS)
        or text.get("precedence", "").strip().lower() in {"list", "bulk", "junk"}
        or any(_LIST_OWNER.match(text.get(name, "").strip()) for name in ("sender", "return-path"))
    )

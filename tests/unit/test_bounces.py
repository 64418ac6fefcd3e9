"""What mail systems say of mails that they could not deliver: who gave up, who still tries, why, and about which mail."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.bounces import (
    OURS,
    THEIRS,
    exim,
    exim_warning,
    gmail,
    groupware,
    postfix,
    postfix_delay,
    qmail,
    report,
)

from makegood.listen.bounces import bounce_of
from makegood.listen.mail import parse

ANA = ("ana@guest.test",)

# How each server writes, by RFC 3464 or by its own ways; its final word, our reason, the mail that it is about.
REPORTS = [
    (postfix(), True, "There is no such address (5.1.1)", (OURS,), ANA),
    (postfix("5.2.2", "552 5.2.2 Over quota"), True, "Their mailbox is full (5.2.2)", (OURS,), ANA),
    (postfix_delay(), False, "Their mail server could not be reached for too long (4.4.1)", (OURS,), ANA),
    (gmail(), True, "There is no such address (5.1.1)", (OURS,), ANA),
    (exim(), True, "There is no such address", (OURS,), ANA),
    (exim_warning(), False, "Their mail server could not be reached for too long", (OURS,), ()),
    (qmail(), True, "There is no such address (5.1.1)", (OURS,), ()),
    (groupware(), True, "Their mailbox is full", (OURS,), ()),
    # RFC 3463: 4.4.7 is what expired; the action says that nobody tries any more.
    (report("failed", "4.4.7"), True, "Their mail server could not be reached for too long (4.4.7)", (OURS,), ANA),
    (report("delayed", "4.4.7"), False, "Their mail server could not be reached for too long (4.4.7)", (OURS,), ANA),
    (report("relayed", "2.0.0"), False, "Their mail server sent it back (2.0.0)", (OURS,), ANA),
    (report("delivered", "2.1.5"), False, "Their mail server sent it back (2.1.5)", (OURS,), ANA),
    (
        report("", "5.7.1"),
        True,
        "Their mail server refused it as unwanted: ask whoever runs your mail (5.7.1)",
        (OURS,),
        ANA,
    ),
    # A vague status is told by the words beside it.
    (
        report("failed", "5.0.0", "smtp; 550 mailbox is full"),
        True,
        "Their mailbox is full (5.0.0)",
        (OURS,),
        ANA,
    ),
    (report("failed", "5.9.9", ""), True, "Their mail server sent it back (5.9.9)", (OURS,), ANA),
]


@pytest.mark.parametrize(("raw", "final", "reason", "ids", "recipients"), REPORTS)
def test_what_each_report_says(
    raw: bytes, final: bool, reason: str, ids: tuple[str, ...], recipients: tuple[str, ...]
) -> None:
    assert parse(raw).kind == "bounce"
    found = bounce_of(raw)
    assert (found.final, found.reason, found.message_ids, found.recipients) == (final, reason, ids, recipients)


def test_the_mail_that_came_back_counts_not_those_that_it_answered() -> None:
    raw = report("failed", "5.1.1", head=f"References: {THEIRS}\r\n").replace(
        f"Message-ID: {OURS}".encode(), f"Message-ID: {OURS}\r\nReferences: <earlier.0@us.test>".encode()
    )
    assert bounce_of(raw).message_ids == (OURS,)


def test_a_report_that_returns_nothing_is_known_by_what_it_answers() -> None:
    head = (
        f"From: MAILER-DAEMON@isp.test\r\nSubject: Undeliverable\r\nIn-Reply-To: {OURS}\r\nReferences: {THEIRS}\r\n\r\n"
    )
    assert bounce_of(head.encode() + b"550 no such user\r\n").message_ids == (OURS,)
    head = head.replace(f"In-Reply-To: {OURS}\r\n", "").replace(THEIRS, f"{THEIRS} {OURS}")
    assert bounce_of(head.encode() + b"550 no such user\r\n").message_ids == (OURS,)


def test_the_reason_never_holds_their_words() -> None:
    raw = report("failed", "5.1.1", "smtp; 550 <ana@guest.test> Ana Ferreira is unknown here")
    assert "ana" not in bounce_of(raw).reason.lower()


@given(st.binary(max_size=2_000), st.integers(0, 600))
def test_whatever_the_bytes_are_it_is_read(noise: bytes, at: int) -> None:
    for raw in (noise, postfix()[:at] + noise + postfix()[at:]):
        found = bounce_of(raw)
        assert found.reason
        assert all(one.startswith("<") and one.endswith(">") for one in found.message_ids)


@pytest.mark.parametrize("text", ["4.4.4." * 40_000, "message-id: <" * 20_000, "mailbox " * 40_000, "> " * 100_000])
def test_hostile_reports_end_quickly(text: str) -> None:
    assert bounce_of(b"From: MAILER-DAEMON@isp.test\r\n\r\n" + text.encode()).reason

"""Reports of mails that were not delivered, written here in the ways of common mail servers."""

from __future__ import annotations

OURS = "<Thread-token-0.17@us.test>"
THEIRS = "<report-1@isp.test>"


def returned(message_id: str = OURS) -> str:
    """The headers of our mail, as reports return them."""
    return (
        "From: Shop <care@us.test>\r\nTo: ana@guest.test\r\nSubject: Your parcel\r\n"
        f"Message-ID: {message_id}\r\nDate: Mon, 2 Mar 2026 09:00:00 +0000\r\n"
    )


def report(
    action: str,
    status: str,
    diagnostic: str = "smtp; 550 what was said",
    *,
    head: str = "",
    about: str = OURS,
    said: str = "Your message could not be delivered to one or more recipients.",
    key: str = THEIRS,
    inner: str = "message/rfc822",
    to: str = "care@us.test",
) -> bytes:
    """A delivery report by RFC 3464."""
    told = f"Action: {action}\r\n" if action else ""
    return (
        f"Return-Path: <>\r\nFrom: Mail Delivery System <MAILER-DAEMON@isp.test>\r\nTo: {to}\r\nSubject: Undelivered Mail"
        f"\r\nMessage-ID: {key}\r\nDate: Mon, 2 Mar 2026 09:05:00 +0000\r\nAuto-Submitted: auto-replied\r\n{head}"
        "MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=B\r\n\r\n"
        f"--B\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n{said}\r\n"
        "--B\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.isp.test\r\n"
        "X-Queue-ID: 4Qz\r\n\r\nFinal-Recipient: rfc822; ana@guest.test\r\nOriginal-Recipient: rfc822;ana@guest.test\r\n"
        f"{told}Status: {status}\r\nRemote-MTA: dns; mx.guest.test\r\nDiagnostic-Code: {diagnostic}\r\n"
        f"--B\r\nContent-Type: {inner}\r\n\r\n{returned(about)}\r\nHello Ana\r\n--B--\r\n"
    ).encode()


def postfix(status: str = "5.1.1", diagnostic: str = "550 5.1.1 <ana@guest.test>: User unknown", **more: str) -> bytes:
    """As Postfix gives up."""
    said = (
        "This is the mail system at host mx.isp.test.\r\n\r\nI'm sorry to have to inform you that your message could not"
        f"\r\nbe delivered to one or more recipients.\r\n\r\n<ana@guest.test>: host mx.guest.test said: {diagnostic}"
    )
    return report("failed", status, f"smtp; {diagnostic}", said=said, **more)


def postfix_delay(**more: str) -> bytes:
    """As Postfix warns after hours."""
    said = (
        "THIS IS A WARNING ONLY.  YOU DO NOT NEED TO RESEND YOUR MESSAGE.\r\n\r\nYour message could not be delivered for "
        "more than 4 hour(s).\r\nIt will be retried until it is 5 day(s) old."
    )
    return report("delayed", "4.4.1", "X-Postfix; connect to mx.guest.test: Connection timed out", said=said, **more)


def gmail() -> bytes:
    """As Google's servers report, which return the headers alone and answer the mail."""
    said = "** Address not found **\r\n\r\nYour message wasn't delivered to ana@guest.test because the address couldn't be found."
    return report(
        "failed", "5.1.1", "smtp; 550-5.1.1 The email account that you tried to reach does not exist.", said=said,
        head=f"X-Failed-Recipients: ana@guest.test\r\nIn-Reply-To: {OURS}\r\nReferences: {OURS}\r\n",
        inner="text/rfc822-headers",
    )  # fmt: skip


def exim() -> bytes:
    """As Exim writes without a report: a header, words, and the mail below them."""
    return (
        "Return-path: <>\r\nX-Failed-Recipients: ana@guest.test\r\nAuto-Submitted: auto-replied\r\n"
        "From: Mail Delivery System <Mailer-Daemon@isp.test>\r\nTo: care@us.test\r\n"
        f"Subject: Mail delivery failed: returning message to sender\r\nMessage-ID: {THEIRS}\r\n\r\n"
        "This message was created automatically by mail delivery software.\r\n\r\nA message that you sent could not be "
        "delivered to one or more of its\r\nrecipients. This is a permanent error. The following address(es) failed:\r\n\r\n"
        "  ana@guest.test\r\n    no such user here\r\n\r\n------ This is a copy of the message, including all the headers. "
        f"------\r\n\r\n{returned()}\r\nHello Ana\r\n"
    ).encode()


def exim_warning() -> bytes:
    """As Exim warns that it still tries."""
    return (
        "Return-path: <>\r\nAuto-Submitted: auto-replied\r\nFrom: Mail Delivery System <Mailer-Daemon@isp.test>\r\n"
        f"To: care@us.test\r\nSubject: Warning: message 1abc-0001 delayed 24 hours\r\nMessage-ID: {THEIRS}\r\n\r\n"
        "This message was created automatically by mail delivery software.\r\nA message that you sent has not yet been "
        "delivered to one or more of its\r\nrecipients after more than 24 hours on the queue on isp.test.\r\n\r\n"
        f"{returned().replace('Message-ID', 'Message-ID')}\r\nThe address to which the message has not yet been delivered is:"
        "\r\n\r\n  ana@guest.test\r\n    Delay reason: Connection timed out\r\n\r\nNo action is required on your part. "
        "Delivery attempts will continue for\r\nsome time.\r\n"
    ).encode()


def qmail() -> bytes:
    """As qmail writes: words, a line, and the mail below it."""
    return (
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@isp.test\r\nTo: care@us.test\r\nSubject: failure notice\r\n\r\n"
        "Hi. This is the qmail-send program at isp.test.\r\nI'm afraid I wasn't able to deliver your message to the "
        "following addresses.\r\nThis is a permanent error; I've given up. Sorry it didn't work out.\r\n\r\n"
        "<ana@guest.test>:\r\nSorry, no mailbox here by that name. (#5.1.1)\r\n\r\n--- Below this line is a copy of the "
        f"message.\r\n\r\n{returned()}\r\nHello Ana\r\n"
    ).encode()


def groupware() -> bytes:
    """As some groupware writes: everything quoted, in a language of its own, without any code."""
    quoted = "".join(f"> {line}\r\n" for line in returned().splitlines())
    return (
        f"Return-Path: <>\r\nFrom: postmaster@isp.test\r\nTo: care@us.test\r\nSubject: Unzustellbar\r\nMessage-ID: {THEIRS}"
        "\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nIhre Nachricht konnte nicht zugestellt werden: das Postfach "
        f"ist voll.\r\n\r\n{quoted}"
    ).encode()

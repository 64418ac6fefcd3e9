"""Reads of mail in: the mailbox as pages show it, without its secret, and what was put aside."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from makegood.listen.models import MailAside, Mailbox


@frozen(kw_only=True)
class MailboxFacts:
    """Where mail is read, how far it is, and what is in the way (`trouble`, since `trouble_at`)."""

    host: str
    port: int
    security: str
    sign_in: str
    username: str
    token_url: str
    client_id: str
    folder: str
    active: bool
    begun: bool
    taken: int
    taken_at: datetime | None
    looked_at: datetime | None
    trouble: str
    trouble_at: datetime | None


@frozen(kw_only=True)
class AsideFacts:
    """A mail that could not be taken in whole: `here` where we have it."""

    id: int
    state: str
    said: str
    sender: str
    subject: str
    size: int
    here: bool
    kept_at: datetime


def mailbox_facts(*, organization_id: int) -> MailboxFacts | None:
    """This function will return an organization's mailbox, None where none is set."""
    row = Mailbox.objects.filter(organization_id=organization_id).first()
    if row is None:
        return None
    return MailboxFacts(
        host=row.host,
        port=row.port,
        security=row.security,
        sign_in=row.sign_in,
        username=row.username,
        token_url=row.token_url,
        client_id=row.client_id,
        folder=row.folder,
        active=row.active,
        begun=row.validity is not None,
        taken=row.taken,
        taken_at=row.taken_at,
        looked_at=row.looked_at,
        trouble=row.trouble,
        trouble_at=row.trouble_at,
    )


def asides_open(*, organization_id: int, limit: int = 50) -> list[AsideFacts]:
    """This function will list the mails that wait for a person, or went in only in part, the newest first."""
    rows = MailAside.objects.filter(organization_id=organization_id).exclude(state="done")
    return [
        AsideFacts(
            id=row.id,
            state=row.state,
            said=row.said,
            sender=row.sender,
            subject=row.subject,
            size=row.size,
            here=row.raw is not None,
            kept_at=row.kept_at,
        )
        for row in rows.order_by("-kept_at", "-id")[:limit]
    ]

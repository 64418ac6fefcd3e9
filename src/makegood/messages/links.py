"""Links and addresses that lead back to a conversation: the status page's, the reply address, the Message-ID."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

import attrs
from django.conf import settings

from makegood.store.secrets import UnknownToken, sign, unsign

SALT = "status"
APPROVAL_SALT = "approval"
TAGGED = re.compile(r"^[^@\s]+?\+([A-Za-z0-9_-]{8,32})@", re.ASCII)
OURS = re.compile(r"<?([A-Za-z0-9_-]{8,32})\.([0-9]{1,19})@[^>\s]*>?", re.ASCII)


@attrs.frozen(kw_only=True)
class Conversation:
    """What a status link names: a thread of an organization, by its token."""

    organization_id: int
    token: str


def status_url(*, organization_id: int, token: str) -> str:
    """This function will return the address of the page on which a customer follows their recovery."""
    return f"{settings.PUBLIC_URL}{status_path(organization_id=organization_id, token=token)}"


def status_path(*, organization_id: int, token: str) -> str:
    """This function will return the same address without the host, for pages of the same installation."""
    return f"/s/{sign(f'{organization_id}.{token}', salt=SALT)}"


def preview_path(*, organization_id: int, token: str) -> str:
    """This function will return where a member looks at that page as its customer sees it, and can press nothing."""
    return f"{status_path(organization_id=organization_id, token=token)}/preview"


def status_read(*, signed: str) -> Conversation:
    """This function will return what a status link names.

    Raises UnknownToken if it is not one of ours.
    """
    organization, _, token = unsign(signed, salt=SALT).partition(".")
    if not organization.isdecimal() or not token:
        raise UnknownToken(UnknownToken.__doc__)
    return Conversation(organization_id=int(organization), token=token)


def host() -> str:
    """This function will return the host name under which this installation writes mail."""
    return urlsplit(settings.PUBLIC_URL).hostname or "localhost"


def sender(*, address: str) -> str:
    """This function will return the address that an organization's mail comes from: its own, or one of this machine."""
    return address or f"noreply@{host()}"


def message_id_of(*, token: str, message_id: int) -> str:
    """This function will return the Message-ID of a message: the same at every try."""
    return f"<{token}.{message_id}@{host()}>"


def reply_address(*, address: str, token: str) -> str:
    """This function will return where replies go: the organization's address, tagged with the thread's token."""
    name, _, domain = (address or f"reply@{host()}").rpartition("@")
    return f"{name}+{token}@{domain}"


def ids_in(references: Iterable[str]) -> set[int]:
    """This function will return the numbers of our own messages that these Message-IDs name."""
    found = {int(match[2]) for one in references if (match := OURS.fullmatch(one.strip()))}
    return {one for one in found if one < 2**63}


def tokens_in(*, addresses: Iterable[str] = (), references: Iterable[str] = ()) -> list[str]:
    """This function will list the thread tokens in recipients' addresses and in references to our Message-IDs."""
    tagged = [found[1] for one in addresses if (found := TAGGED.match(one.strip()))]
    answered = [found[1] for one in references if (found := OURS.fullmatch(one.strip()))]
    return list(dict.fromkeys(tagged + answered))


@attrs.frozen(kw_only=True)
class ToApprove:
    """What a link names by which a member answers what they were asked: that asking, and them."""

    organization_id: int
    approval_id: int
    member_id: int


def approval_link(*, organization_id: int, approval_id: int, member_id: int) -> str:
    """This function will return the address at which one member answers one asking without signing in.

    It answers once: whoever opens it sees what is asked, and only posting from there answers.
    """
    signed = sign(f"{organization_id}.{approval_id}.{member_id}", salt=APPROVAL_SALT)
    return f"{settings.PUBLIC_URL}/approve/{signed}"


def approval_read(*, signed: str) -> ToApprove:
    """This function will return what such a link names. Raises UnknownToken if it is not one of ours."""
    parts = unsign(signed, salt=APPROVAL_SALT).split(".")
    if len(parts) != 3 or not all(one.isdecimal() for one in parts):
        raise UnknownToken(UnknownToken.__doc__)
    organization_id, approval_id, member_id = (int(one) for one in parts)
    return ToApprove(organization_id=organization_id, approval_id=approval_id, member_id=member_id)

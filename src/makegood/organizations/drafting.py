"""The organization's own language model, which drafts letters where an admin switched that on."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

import attrs

from makegood.journal.operations import Happened, record
from makegood.organizations.models import Integration, Organization
from makegood.store.outgoing import address_of, host_of
from makegood.store.secrets import decrypt, encrypt

KIND = "drafting"
NOT_SET = "No language model is set: an admin does so under Settings, Drafting."


class UnableToSetDrafting(ValueError):
    """The language model cannot be set so: the message says why and what to do."""


@attrs.frozen(kw_only=True)
class DraftingFacts:
    """What is set: the host by name, whether a key is kept, whether members may use it, and `waits`: why not now.

    `waits` is "" where a letter may be drafted; the key itself is never read back.
    """

    url: str
    host: str
    model: str
    keyed: bool
    active: bool
    waits: str


def drafting_facts(*, organization_id: int) -> DraftingFacts | None:
    """This function will say which language model is set and whether it may be used; None where none is."""
    row = _row(organization_id)
    if row is None:
        return None
    return DraftingFacts(
        url=row.url,
        host=host_of(row.url),
        model=row.model,
        keyed=bool(bytes(row.secret)),
        active=row.active,
        waits=_waits(organization_id),
    )


def _row(organization_id: int) -> Integration | None:
    return Integration.objects.filter(organization_id=organization_id, kind=KIND).first()


def _waits(organization_id: int) -> str:
    delivery, stopped_at = Organization.objects.values_list("delivery", "stopped_at").get(id=organization_id)
    if delivery == "inbox":
        return "The demo sends nothing out, so no model is asked."
    if delivery == "shadow":
        return "Your organization only watches: nothing leaves, so no model is asked."
    return "All sending is stopped, so no model is asked." if stopped_at else ""


def drafting_access(*, organization_id: int, trying: bool = False) -> tuple[str, str, str]:
    """This function will return the address, the model and the key, for whoever asks the model next.

    Raises UnableToSetDrafting where none is set, it is switched off (but for `trying` it), or nothing leaves now.
    """
    row = _row(organization_id)
    if row is None:
        raise UnableToSetDrafting(NOT_SET)
    if not row.active and not trying:
        raise UnableToSetDrafting("Drafting is switched off: write it yourself.")
    if waits := _waits(organization_id):
        raise UnableToSetDrafting(waits)
    secret = bytes(row.secret)
    return row.url, row.model, decrypt(secret) if secret else ""


def drafting_set(*, organization_id: int, url: str, model: str, key: str, by: int, now: datetime) -> None:
    """This function will name the language model, switched off until somebody switches it on.

    An empty key leaves the one that is kept, unless the address is another's now: a key goes to nobody for whom it was
    not given. Raises UnableToSetDrafting, and UnableToCall for an address that is none.
    """
    host, model = address_of(url), model.strip()
    if not model or len(model) > 120 or not model.isprintable():
        raise UnableToSetDrafting("Write the model's name as its maker does.")
    row = _row(organization_id)
    moved = row is not None and urlsplit(row.url)[:2] != urlsplit(url.strip())[:2]
    if row and bytes(row.secret) and moved and not key:
        raise UnableToSetDrafting("Write the key again: the one that is kept was given for another host.")
    kept = bytes(row.secret) if row else b""
    Integration.objects.update_or_create(
        organization_id=organization_id,
        kind=KIND,
        defaults={
            "url": url.strip(),
            "model": model,
            "secret": encrypt(key) if key else kept,
            "active": bool(row and row.active and not moved),
        },
    )
    _told(organization_id, by, now, {"host": host.host, "model": model})


def drafting_switch(*, organization_id: int, on: bool, by: int, now: datetime) -> None:
    """This function will switch drafting on or off. Raises UnableToSetDrafting where no model is set."""
    if not Integration.objects.filter(organization_id=organization_id, kind=KIND).update(active=on):
        raise UnableToSetDrafting(NOT_SET)
    _told(organization_id, by, now, {"on": on})


def drafting_forget(*, organization_id: int, by: int, now: datetime) -> None:
    """This function will forget the language model and its key."""
    Integration.objects.filter(organization_id=organization_id, kind=KIND).delete()
    _told(organization_id, by, now, {"forgotten": True})


def _told(organization_id: int, by: int, now: datetime, data: dict[str, object]) -> None:
    happened = Happened(
        at=now,
        event="organizations:drafting:changed",
        subject="organization",
        subject_id=organization_id,
        actor_id=by,
        data=data,
    )
    record(organization_id=organization_id, entries=[happened])

"""Writes of mail in: where the mailbox is, each mail that came with how far it was read, and what was put aside."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from attrs import frozen
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F

from makegood.customers.made_up import may_be_named
from makegood.journal.operations import Happened, record
from makegood.listen.mail import Mail, parse
from makegood.listen.mail_in import mail_take, may_wait
from makegood.listen.mailbox.account import Account, Folder
from makegood.listen.models import MailAside, Mailbox
from makegood.messages.staff import managers_tell
from makegood.store.clocks import now as store_now
from makegood.store.clocks import wall_now
from makegood.store.secrets import decrypt, encrypt

SKEW = timedelta(minutes=2)
"""By so much the mail server's clock may be behind ours."""
LASTING = timedelta(minutes=15)
"""Trouble that lasts so long is told to managers, once."""
UNFORESEEN = "Something unforeseen went wrong on our side as it was taken in"
CUT = "It is larger than we read: only its beginning was taken in, without the files in it"
NOT_HANDED = "The mail server does not hand it out"


class UnableToKeepMailbox(ValueError):
    """This mailbox cannot be read: the message says what to do."""


class UnableToTakeMail(ValueError):
    """This mail does not wait any more: load the page anew."""


def mailbox_allowed() -> None:
    """This function will raise UnableToKeepMailbox in the demo, which connects to nobody."""
    if settings.DEMO:
        raise UnableToKeepMailbox("In the demo nothing leaves this machine, so no mailbox is read.")


def mailbox_set(
    *, organization_id: int, account: Account, by: int | None, now: datetime, all_there: bool = False
) -> None:
    """This function will have this mailbox read from now on; with `all_there` what lies in it already, too.

    Another user, server or folder is begun anew. Raises UnableToKeepMailbox in the demo, which fetches nothing.
    """
    mailbox_allowed()
    moment_at = wall_now()
    row = Mailbox.objects.select_for_update().filter(organization_id=organization_id).first()
    another = row is None or (row.host, row.username, row.folder) != (account.host, account.username, account.folder)
    row = row or Mailbox(organization_id=organization_id, changed_at=moment_at)
    row.host, row.port, row.security = account.host, account.port, account.security
    row.username, row.folder = account.username, account.folder
    row.sign_in = "oauth" if account.token_url else "password"
    row.token_url, row.client_id = account.token_url, account.client_id
    row.secret = _sealed(account.secret, account.client_secret)
    row.active, row.trouble, row.trouble_at, row.changed_at = True, "", None, moment_at
    if another or all_there:
        row.validity, row.position, row.judged_to = None, 0, 0
        row.from_at = None if all_there else moment_at
        before = MailAside.objects.filter(organization_id=organization_id)
        before.filter(state="again").update(state="kept")
        before.filter(validity__gt=0).update(validity=-F("id"))  # of another mailbox: not to be fetched from this one
    row.save()
    _journal(organization_id, row, "set", by, now)


def mailbox_let(*, organization_id: int, active: bool, by: int | None, now: datetime) -> None:
    """This function will have the mailbox read, or not any more; it goes on where it was."""
    row = Mailbox.objects.select_for_update().get(organization_id=organization_id)
    row.active, row.trouble, row.trouble_at, row.changed_at = active, "", None, wall_now()
    row.save(update_fields=["active", "trouble", "trouble_at", "changed_at"])
    _journal(organization_id, row, "read" if active else "left", by, now)


def mailbox_forget(*, organization_id: int, by: int | None, now: datetime) -> None:
    """This function will forget the mailbox, its password and all that was put aside; what was taken in stays."""
    row = Mailbox.objects.select_for_update().get(organization_id=organization_id)
    MailAside.objects.filter(organization_id=organization_id).delete()
    _journal(organization_id, row, "forgotten", by, now)
    row.delete()


def _journal(organization_id: int, row: Mailbox, what: str, by: int | None, now: datetime) -> None:
    entry = Happened(at=now, event=f"listen:mailbox:{what}", subject="mailbox", subject_id=row.id, actor_id=by)
    record(organization_id=organization_id, entries=[entry])


def account_kept(*, organization_id: int) -> Account | None:
    """This function will return the way into an organization's mailbox, None where none is kept.

    Raises UnableToDecrypt.
    """
    row = Mailbox.objects.filter(organization_id=organization_id).first()
    return account_of(row) if row is not None else None


def account_of(row: Mailbox) -> Account:
    """This function will return the way into a mailbox, its secret decrypted. Raises UnableToDecrypt."""
    kept = json.loads(decrypt(row.secret))
    return Account(
        host=row.host,
        port=row.port,
        security=row.security,
        username=row.username,
        secret=kept["secret"],
        folder=row.folder,
        token_url=row.token_url,
        client_id=row.client_id,
        client_secret=kept["client_secret"],
    )


def mailbox_renewed(*, organization_id: int, before: Account, secret: str) -> None:
    """This function will keep the refresh token that a provider gave in place of another, and go on reading.

    Nothing is kept where the way into the mailbox is another than `before` by now.
    """
    row = Mailbox.objects.select_for_update().filter(organization_id=organization_id).first()
    if row is not None and account_of(row) == before:
        row.secret = _sealed(secret, before.client_secret)
        row.save(update_fields=["secret"])


def _sealed(secret: str, client_secret: str) -> bytes:
    return encrypt(json.dumps({"secret": secret, "client_secret": client_secret}))


@frozen(kw_only=True)
class Begun:
    """How far a folder was read: up to `position`; of what lies up to `judged_to`, what came before `from_at` stays."""

    position: int
    judged_to: int
    from_at: datetime | None


def mailbox_begun(*, organization_id: int, mailbox_id: int, changed_at: datetime, folder: Folder) -> Begun | None:
    """This function will hold the folder's numbering against the one that was read last.

    None where the settings are not those of `changed_at` any more: it may be another mailbox by now. Under another
    numbering every mail is looked at anew, each known by its Message-ID, but for those that lay there before the
    mailbox was read at all.
    """
    rows = Mailbox.objects.select_for_update().filter(organization_id=organization_id, id=mailbox_id)
    row = rows.filter(changed_at=changed_at).first()
    if row is None:
        return None
    if row.validity != folder.validity:
        row.validity, row.position, row.judged_to = folder.validity, 0, folder.next_uid - 1
        row.save(update_fields=["validity", "position", "judged_to"])
    return Begun(position=row.position, judged_to=row.judged_to, from_at=row.from_at and row.from_at - SKEW)


@frozen(kw_only=True)
class Place:
    """One mail of a mailbox: its number under this numbering, as of these settings (`changed_at`)."""

    organization_id: int
    mailbox_id: int
    changed_at: datetime
    validity: int
    uid: int


def mail_arrived(*, place: Place, raw: bytes, size: int) -> bool:
    """This function will take one mail of a mailbox in, and move the position past it, in the same unit of work.

    Returns whether it was taken by this call. Of a mail that is too large `raw` is the beginning, and `size` tells so.
    """
    row = _at(place)
    if row is None:
        return False
    at = store_now(organization_id=place.organization_id)
    taken = mail_take(organization_id=place.organization_id, raw=raw, at=at, size=size)
    if size > len(raw):
        _aside(place, b"", size, f"{CUT}.", mail=parse(raw), state="cut")
    _moved(row, place.uid, counted=taken.new)
    return True


def mail_set_aside(*, place: Place, raw: bytes, size: int, said: str) -> None:
    """This function will keep a mail that could not be taken in, for a person, and move the position past it."""
    row = _at(place)
    if row is not None:
        _aside(place, may_wait(raw), size, f"{said}.", mail=parse(raw))
        _moved(row, place.uid, counted=False)


def _at(place: Place) -> Mailbox | None:
    """The mailbox, locked, if this mail is not taken yet: whoever is behind another reader takes nothing."""
    rows = Mailbox.objects.select_for_update().filter(
        organization_id=place.organization_id,
        id=place.mailbox_id,
        changed_at=place.changed_at,
        validity=place.validity,
        position__lt=place.uid,
        active=True,
    )
    return rows.first()


def _moved(row: Mailbox, uid: int, *, counted: bool) -> None:
    mine = Mailbox.objects.filter(organization_id=row.organization_id, id=row.id)
    if counted:
        mine.update(position=uid, taken=F("taken") + 1, taken_at=wall_now())
    else:
        mine.update(position=uid)


def _aside(place: Place, raw: bytes, size: int, said: str, *, mail: Mail, state: str = "kept") -> None:
    aside, new = MailAside.objects.update_or_create(
        organization_id=place.organization_id,
        mailbox_id=place.mailbox_id,
        validity=place.validity,
        uid=place.uid,
        defaults={
            "size": size,
            "state": state,
            "said": said,
            "sender": mail.sender.replace("\x00", "")[:320],
            "subject": mail.subject.replace("\x00", "")[:300],
            "raw": raw or None,
            "kept_at": wall_now(),
        },
    )
    if new and state == "kept":
        managers_tell(
            organization_id=place.organization_id,
            key=f"mail:{aside.id}",
            payload={"mail": aside.id},
            at=store_now(organization_id=place.organization_id),
            of_all=True,
        )


def aside_try(*, organization_id: int, aside_id: int) -> bool:
    """This function will take in once more what was put aside; whether it went in.

    What is not here is fetched again by whoever reads the mailbox. Raises UnableToTakeMail.
    """
    row = _waiting(organization_id, aside_id, ("kept",))
    if row.raw is None:
        row.state = "again"
        row.save(update_fields=["state"])
        Mailbox.objects.filter(organization_id=organization_id, id=row.mailbox_id).update(changed_at=wall_now())
        return False
    _take_in(row, bytes(row.raw), row.size)
    return True


def _take_in(row: MailAside, raw: bytes, size: int) -> None:
    """Take in what was put aside. Raises UnableToTakeMail for what nobody foresaw."""
    at = store_now(organization_id=row.organization_id)
    try:
        with transaction.atomic():
            mail_take(organization_id=row.organization_id, raw=raw, at=at, size=size)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        raise UnableToTakeMail(f"{UNFORESEEN} again: look at it in the mailbox.") from error
    _done(row)


def aside_drop(*, organization_id: int, aside_id: int) -> None:
    """This function will end what was put aside: a person looked at it in the mailbox itself.

    Raises UnableToTakeMail.
    """
    row = _waiting(organization_id, aside_id, ("kept", "cut"))
    _done(row)


def _waiting(organization_id: int, aside_id: int, states: Sequence[str]) -> MailAside:
    rows = MailAside.objects.select_for_update().filter(organization_id=organization_id, id=aside_id)
    row = rows.filter(state__in=states).first()
    if row is None:
        raise UnableToTakeMail(UnableToTakeMail.__doc__)
    return row


@frozen(kw_only=True)
class Asked:
    """A mail that was put aside and is to be fetched once more: its number under a numbering, and its size."""

    aside_id: int
    validity: int
    uid: int
    size: int


def aside_asked(*, organization_id: int, mailbox_id: int) -> Asked | None:
    """This function will return the next mail that is to be fetched once more, and have it wait for a person again.

    Commit that before the mail is fetched: one at which every line breaks is then asked for once and no more.
    """
    rows = MailAside.objects.select_for_update().filter(organization_id=organization_id, mailbox_id=mailbox_id)
    row = rows.filter(state="again").order_by("id").first()
    if row is None:
        return None
    row.state = "kept"
    row.save(update_fields=["state"])
    return Asked(aside_id=row.id, validity=row.validity, uid=row.uid, size=row.size)


def aside_fetched(*, organization_id: int, aside_id: int, raw: bytes, size: int) -> None:
    """This function will take in what was put aside and has been fetched again, or keep it, with what there is."""
    rows = MailAside.objects.select_for_update().filter(organization_id=organization_id, id=aside_id)
    row = rows.filter(state__in=["kept", "again"]).first()
    if row is None:
        return
    row.state, row.raw = "kept", may_wait(raw) or row.raw
    row.save(update_fields=["state", "raw"])
    if raw:
        with suppress(UnableToTakeMail):
            _take_in(row, raw, size)


def _done(row: MailAside) -> None:
    row.state, row.raw, row.sender, row.subject = "done", None, "", ""
    row.save(update_fields=["state", "raw", "sender", "subject"])


def mailbox_told(*, organization_id: int, mailbox_id: int, changed_at: datetime, trouble: str) -> None:
    """This function will keep that a mailbox was looked into, or what is in the way and, if it lasts, tell managers.

    Nothing is kept where the settings are not those of `changed_at` any more.
    """
    rows = Mailbox.objects.select_for_update().filter(organization_id=organization_id, id=mailbox_id)
    row = rows.filter(changed_at=changed_at).first()
    if row is None:
        return
    moment_at = wall_now()
    if not trouble:
        row.looked_at, row.trouble, row.trouble_at = moment_at, "", None
    else:
        row.trouble, row.trouble_at = trouble[:300], row.trouble_at or moment_at
    row.save(update_fields=["looked_at", "trouble", "trouble_at"])
    if row.trouble_at is not None and moment_at - row.trouble_at >= LASTING:
        since = int(row.trouble_at.timestamp())
        managers_tell(
            organization_id=organization_id,
            key=f"mailbox:{row.id}:{since}",
            payload={"mailbox": row.id},
            at=store_now(organization_id=organization_id),
        )


def asides_hear_erased(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Forget what mails that were put aside held, as they may name who is erased (of customers:customer:erased).

    They lie on in the mailbox: what is still to be taken in is fetched from there again.
    """
    if may_be_named(entries):
        here = MailAside.objects.filter(organization_id=organization_id)
        here.update(raw=None, sender="", subject="")

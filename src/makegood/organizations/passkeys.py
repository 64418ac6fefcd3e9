"""Passkeys: keys that stay in a person's device, which checks who holds it; one is the password and the factor at once.

What a browser and a device answer is checked by Yubico's `fido2`. A passkey counts at the one address that this
installation is reached at (MAKEGOOD_URL), and nowhere that only looks like it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import attrs
from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.db import IntegrityError, transaction
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from makegood.core.passkeys import MOST, copied
from makegood.organizations.models import Passkey, User
from makegood.organizations.second_factor import WrongPasswordHere
from makegood.store.tenancy import as_user

NAMED = "Makegood"
LONGEST = 16 * 1024
"""The most characters that a browser's answer may have."""
VERIFIED = UserVerificationRequirement.REQUIRED
"""The device asks for its PIN, a finger or a face: so whoever only holds it does not get in."""


class WrongPasskey(ValueError):
    """This passkey was not accepted: try again, or sign in with your password."""


class UnableToChangePasskeys(ValueError):
    """Passkeys cannot be changed so: the message says why."""


@attrs.frozen(kw_only=True)
class PasskeyFacts:
    """One passkey: what its owner calls it, since when it is here, used when, and since when a copy is feared."""

    id: int
    name: str
    made_at: datetime
    used_at: datetime | None
    doubted_at: datetime | None


@attrs.frozen(kw_only=True)
class Asked:
    """What to ask a browser for, as JSON, and what to remember until it answers."""

    options: dict[str, Any]
    state: dict[str, Any]


def passkeys_work() -> bool:
    """This function will say whether browsers take passkeys at this installation's address: a name, over https.

    On one's own machine `localhost` will do.
    """
    parts = urlsplit(settings.PUBLIC_URL)
    host = parts.hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return parts.scheme == "https" or host == "localhost"
    return False


def passkeys_of(*, user_id: int) -> tuple[PasskeyFacts, ...]:
    """This function will list an account's passkeys, the oldest first."""
    with as_user(user_id=user_id):
        rows = list(Passkey.objects.filter(user_id=user_id).order_by("id"))
    return tuple(
        PasskeyFacts(id=one.id, name=one.name, made_at=one.made_at, used_at=one.used_at, doubted_at=one.doubted_at)
        for one in rows
    )


def passkey_new_ask(*, user_id: int) -> Asked:
    """This function will ask for a new passkey of an account, on a device that has none of it yet."""
    with as_user(user_id=user_id):
        email = User.objects.values_list("email", flat=True).get(id=user_id)
        here = [AttestedCredentialData(bytes(one.public)) for one in Passkey.objects.filter(user_id=user_id)]
    user = PublicKeyCredentialUserEntity(id=_handle(user_id), name=email, display_name=email)
    options, state = _server().register_begin(
        user, here, resident_key_requirement=ResidentKeyRequirement.REQUIRED, user_verification=VERIFIED
    )
    return Asked(options={"create": dict(options)["publicKey"]}, state=_plain(state))


def passkey_add(
    *, user_id: int, password: str, name: str, state: Mapping[str, Any], answer: str, now: datetime
) -> None:
    """Keep the passkey that a browser answered with.

    Raises WrongPasswordHere, WrongPasskey where the answer is not to what was asked, and UnableToChangePasskeys.
    """
    with as_user(user_id=user_id):
        if not check_password(password, User.objects.select_for_update().get(id=user_id).password):
            raise WrongPasswordHere(WrongPasswordHere.__doc__)
        if Passkey.objects.filter(user_id=user_id).count() >= MOST:
            raise UnableToChangePasskeys(f"You have {MOST} passkeys: remove one first.")
        try:
            made = _server().register_complete(state, _read(answer))
            credential = made.credential_data
        except Exception as error:  # the library raises whatever garbage makes it raise
            raise WrongPasskey("This passkey was not accepted: try again.") from error
        if credential is None:
            raise WrongPasskey("This passkey was not accepted: try again.")
        try:
            with transaction.atomic():
                Passkey.objects.create(
                    user_id=user_id,
                    credential=credential.credential_id,
                    public=bytes(credential),
                    counter=made.counter,
                    name=name[:60],
                    made_at=now,
                )
        except IntegrityError:
            raise UnableToChangePasskeys("This passkey is here already: use it to sign in.") from None


def passkey_remove(*, user_id: int, passkey_id: int) -> str | None:
    """This function will remove one of an account's own passkeys; returns its name, None where it was gone."""
    with as_user(user_id=user_id):
        row = Passkey.objects.filter(user_id=user_id, id=passkey_id).first()
        if row is None:
            return None
        row.delete()
    return row.name


def passkeys_remove(*, user_id: int) -> int:
    """This function will remove all of an account's passkeys, and say how many; runs where the account is seen."""
    return Passkey.objects.filter(user_id=user_id).delete()[0]


def passkey_ask() -> Asked:
    """This function will ask for any passkey of this installation: nobody is named, so nobody is told who has one."""
    options, state = _server().authenticate_begin(user_verification=VERIFIED)
    return Asked(options={"get": dict(options)["publicKey"]}, state=_plain(state))


def passkey_owner(*, answer: str) -> int | None:
    """This function will say whose passkey an answer claims to be; nothing of it is checked yet."""
    try:
        handle = AuthenticationResponse.from_dict(_read(answer)).response.user_handle
    except Exception:  # noqa: BLE001 - the library raises whatever garbage makes it raise
        return None
    if handle is None or len(handle) != 8 or handle[0] > 0x7F:
        return None
    return int.from_bytes(handle)


def passkey_check(*, user_id: int, state: Mapping[str, Any], answer: str, now: datetime) -> None:
    """Let an account in by its passkey. Raises WrongPasskey.

    A passkey whose device counted backwards may have been copied: it lets nobody in from then on.
    """
    with as_user(user_id=user_id):
        rows = {bytes(one.credential): one for one in Passkey.objects.select_for_update().filter(user_id=user_id)}
        try:
            read = AuthenticationResponse.from_dict(_read(answer))
            known = [AttestedCredentialData(bytes(one.public)) for one in rows.values()]
            used = _server().authenticate_complete(state, known, read)
        except Exception as error:  # the library raises whatever garbage makes it raise
            raise WrongPasskey(WrongPasskey.__doc__) from error
        row, told = rows[used.credential_id], read.response.authenticator_data.counter
        if row.doubted_at is None and copied(last=row.counter, told=told):
            row.doubted_at = now
        elif row.doubted_at is None:
            row.counter, row.used_at = told, now
        row.save(update_fields=["counter", "used_at", "doubted_at"])
    if row.doubted_at is not None:
        raise WrongPasskey("This passkey may have been copied, so it lets nobody in: sign in with your password.")


def _server() -> Fido2Server:
    """Who asks, by the one address that this installation has."""
    parts = urlsplit(settings.PUBLIC_URL)
    origin = f"{parts.scheme}://{parts.netloc}"
    return Fido2Server(
        PublicKeyCredentialRpEntity(name=NAMED, id=parts.hostname), verify_origin=lambda told: told == origin
    )


def _handle(user_id: int) -> bytes:
    """How a device remembers whose passkey it is: a number, which names nobody."""
    return user_id.to_bytes(8)


def _plain(state: Mapping[str, Any]) -> dict[str, Any]:
    return {"challenge": str(state["challenge"]), "user_verification": str(state["user_verification"])}


def _read(answer: str) -> dict[str, Any]:
    if len(answer) > LONGEST:
        raise ValueError
    read = json.loads(answer)
    if not isinstance(read, dict):
        raise TypeError
    return read

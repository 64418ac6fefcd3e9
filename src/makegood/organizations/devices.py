"""Devices of members that show them what they are told: kept, listed, forgotten, and to whom a telling is encrypted."""

from __future__ import annotations

import base64
import json
from datetime import datetime

import attrs
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import connection

from makegood.organizations.models import Device, TellingChoice
from makegood.organizations.operations import member_record
from makegood.store.outgoing import UnableToCall, address_of
from makegood.store.secrets import UnableToDecrypt, decrypt, encrypt, keyed_hash

MOST = 5
LONGEST = 2000
CURVE = ec.SECP256R1()
UNREAD = "This is not what a browser sends: reload the page, and press the button again."
COUNTED = """
SELECT d.id, d.subscription, d.name, d.host, d.added_at, d.trouble FROM organizations_device d
JOIN organizations_member m ON m.organization_id = d.organization_id AND m.id = d.member_id
LEFT JOIN organizations_user u ON u.id = m.user_id
WHERE d.organization_id = %s AND d.member_id = %s
    AND d.added_at > coalesce(greatest(u.password_changed_at, u.signed_out_at), '-infinity')
ORDER BY d.added_at, d.id
"""


class UnableToAddDevice(ValueError):
    """This device cannot be told: the message says why and what to do."""


@attrs.frozen(kw_only=True)
class Subscription:
    """Where to post what a browser is told, its public key (65 bytes, uncompressed) and its secret (16 bytes)."""

    endpoint: str
    key: bytes
    auth: bytes


@attrs.frozen(kw_only=True)
class DeviceFacts:
    """One device as its page shows it, and where it is told."""

    id: int
    subscription: Subscription
    name: str
    host: str
    added_at: datetime
    trouble: str


def devices_of(*, organization_id: int, member_id: int) -> list[DeviceFacts]:
    """This function will list the devices on which a member is told, the oldest first.

    One that was kept under another secret is none: its push service would not know who tells it, either. Nor is one
    whose push service may not be told any more.
    """
    with connection.cursor() as cursor:
        cursor.execute(COUNTED, [organization_id, member_id])
        rows = cursor.fetchall()
    found = []
    for number, stored, name, host, added_at, trouble in rows:
        kept = _kept(bytes(stored))
        if kept is not None:
            facts = DeviceFacts(id=number, subscription=kept, name=name, host=host, added_at=added_at, trouble=trouble)
            found.append(facts)
    return found


def _kept(stored: bytes) -> Subscription | None:
    try:
        said = json.loads(decrypt(stored))
    except UnableToDecrypt:
        return None
    if _service_of(said["endpoint"]) is None:
        return None
    return Subscription(endpoint=said["endpoint"], key=_bytes(said["key"]), auth=_bytes(said["auth"]))


def _service_of(endpoint: str) -> str | None:
    """The host that a browser is told through: public and by https, as any member may name one; else None."""
    try:
        address = address_of(endpoint, question=True)
    except UnableToCall:
        return None
    return address.host if address.secure and not address.named else None


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def device_add(
    *, organization_id: int, member_id: int, endpoint: str, key: str, auth: str, name: str, now: datetime, at: datetime
) -> None:
    """This function will keep a member's device, added `at` (wall time); the first one becomes how they are told.

    A browser that was a colleague's is theirs from now on. `key` and `auth` are as browsers say them, in base64url.
    Raises UnableToAddDevice.
    """
    endpoint = endpoint.strip()
    host = _service_of(endpoint)
    if host is None:
        raise UnableToAddDevice(UNREAD)
    try:
        point, secret = _bytes(key.strip()), _bytes(auth.strip())
        ec.EllipticCurvePublicKey.from_encoded_point(CURVE, point)
    except ValueError:
        raise UnableToAddDevice(UNREAD) from None
    if len(endpoint) > LONGEST or len(point) != 65 or len(secret) != 16:
        raise UnableToAddDevice(UNREAD)
    known_as = keyed_hash(endpoint, purpose="device")
    Device.objects.filter(organization_id=organization_id, known_as=known_as).delete()
    mine = Device.objects.filter(organization_id=organization_id, member_id=member_id)
    counted = [one.id for one in devices_of(organization_id=organization_id, member_id=member_id)]
    if len(counted) >= MOST:
        raise UnableToAddDevice(f"You have {MOST} devices: forget one first.")
    mine.exclude(id__in=counted).delete()
    said = {"endpoint": endpoint, "key": key.strip(), "auth": auth.strip()}
    mine.create(
        organization_id=organization_id,
        member_id=member_id,
        known_as=known_as,
        subscription=encrypt(json.dumps(said)),
        name=name[:60],
        host=host[:255],
        added_at=at,
    )
    if not counted:
        TellingChoice.objects.update_or_create(
            organization_id=organization_id, member_id=member_id, defaults={"way": "push", "by_mail": True}
        )
    member_record(organization_id, member_id, "told_so", now, member_id, {"device": "added"})


def device_forget(*, organization_id: int, member_id: int, device_id: int, now: datetime) -> None:
    """This function will forget a device of a member's."""
    gone, _ = Device.objects.filter(organization_id=organization_id, member_id=member_id, id=device_id).delete()
    if gone:
        member_record(organization_id, member_id, "told_so", now, member_id, {"device": "forgotten"})


def device_gone(*, organization_id: int, device_id: int) -> None:
    """This function will forget a device whose push service knows it no more."""
    Device.objects.filter(organization_id=organization_id, id=device_id).delete()


def device_trouble(*, organization_id: int, device_id: int, text: str) -> None:
    """This function will keep what went wrong with a device last, or with no text that it is well again."""
    row = Device.objects.filter(organization_id=organization_id, id=device_id)
    row.exclude(trouble=text[:200]).update(trouble=text[:200])

"""A second factor beside the password: codes from a person's own device, and recovery codes for when it is lost."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Callable
from datetime import datetime

import attrs
import pyotp
from django.contrib.auth.hashers import check_password

from makegood.core.second_factor import RECOVERY_CODES, code_step
from makegood.organizations.models import User
from makegood.store.secrets import decrypt, encrypt, keyed_hash
from makegood.store.tenancy import as_user

ISSUER = "Makegood"
DIGITS = re.compile(r"[0-9]{6}")


class WrongCode(ValueError):
    """This code is not right, or was used already: wait for the next one and type that."""


class WrongPasswordHere(ValueError):
    """This is not your password: type the one that you sign in with."""


@attrs.frozen(kw_only=True)
class Factor:
    """Whether an account has a second factor, since when, and how many recovery codes are left.

    `changed_at` is when its password was changed last.
    """

    since_at: datetime | None
    left: int
    changed_at: datetime | None


def factor_of(*, user_id: int) -> Factor:
    """This function will read an account's second factor."""
    with as_user(user_id=user_id):
        user = User.objects.get(id=user_id)
    return Factor(since_at=user.factor_at, left=len(user.recovery_codes), changed_at=user.password_changed_at)


def secret_new() -> str:
    """This function will make the secret that a device and we share, in base 32."""
    return pyotp.random_base32()


def secret_url(*, secret: str, email: str) -> str:
    """This function will write the secret as the address that an authenticator reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def factor_set(*, user_id: int, password: str, secret: str, typed: str, now: datetime) -> tuple[str, ...]:
    """Begin to ask for codes of this secret, once a code shows that the device has it; return the recovery codes.

    They are told this once: only keyed hashes are kept. Raises WrongPasswordHere, or WrongCode.
    """
    with as_user(user_id=user_id):
        _own(user_id, password)
    step = code_step(typed=_plain(typed), code_of=_codes(secret), last=0, now=now)
    if step is None:
        raise WrongCode(WrongCode.__doc__)
    codes = _recovery_codes()
    with as_user(user_id=user_id):
        User.objects.filter(id=user_id).update(
            factor_secret=encrypt(secret), factor_at=now, factor_step=step, recovery_codes=_hashes(user_id, codes)
        )
    return codes


def factor_check(*, user_id: int, typed: str, now: datetime) -> bool:
    """Take a code of the device or a recovery code, each of which counts once; say whether it was a recovery code.

    Raises WrongCode.
    """
    plain = _plain(typed)
    with as_user(user_id=user_id):
        user = User.objects.select_for_update().get(id=user_id)
        if user.factor_at is None:
            raise WrongCode(WrongCode.__doc__)
        if DIGITS.fullmatch(plain):
            secret = decrypt(bytes(user.factor_secret))
            step = code_step(typed=plain, code_of=_codes(secret), last=user.factor_step, now=now)
            if step is None:
                raise WrongCode(WrongCode.__doc__)
            user.factor_step = step
            user.save(update_fields=["factor_step"])
            return False
        (hashed,) = _hashes(user_id, (plain,))
        if hashed not in user.recovery_codes:
            raise WrongCode(WrongCode.__doc__)
        user.recovery_codes = [one for one in user.recovery_codes if one != hashed]
        user.save(update_fields=["recovery_codes"])
        return True


def factor_renew(*, user_id: int, password: str) -> tuple[str, ...]:
    """Make new recovery codes and return them, told this once; the old ones count no more. Raises WrongPasswordHere."""
    codes = _recovery_codes()
    with as_user(user_id=user_id):
        _own(user_id, password)
        User.objects.filter(id=user_id).update(recovery_codes=_hashes(user_id, codes))
    return codes


def factor_end(*, user_id: int, password: str) -> None:
    """Ask for no codes any more. Raises WrongPasswordHere."""
    with as_user(user_id=user_id):
        _own(user_id, password)
        factor_remove(user_id=user_id)


def factor_remove(*, user_id: int) -> None:
    """Take an account's second factor off; runs where the account is seen."""
    User.objects.filter(id=user_id).update(factor_secret=b"", factor_at=None, factor_step=0, recovery_codes=[])


def _own(user_id: int, password: str) -> None:
    if not check_password(password, User.objects.select_for_update().get(id=user_id).password):
        raise WrongPasswordHere(WrongPasswordHere.__doc__)


def _plain(typed: str) -> str:
    return re.sub(r"[\s-]", "", typed).lower()


def _codes(secret: str) -> Callable[[int], str]:
    return pyotp.TOTP(secret).generate_otp


def _recovery_codes() -> tuple[str, ...]:
    """Ten of fifty bits each, without letters that look like digits."""
    made = (base64.b32encode(secrets.token_bytes(7)).decode().lower()[:10] for _ in range(RECOVERY_CODES))
    return tuple(f"{one[:5]}-{one[5:]}" for one in made)


def _hashes(user_id: int, codes: tuple[str, ...]) -> list[str]:
    return [keyed_hash(f"{user_id}:{_plain(one)}", purpose="recovery").hex() for one in codes]

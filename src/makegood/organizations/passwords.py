"""A person's own account: its password, changed by them alone and no longer one that others saw; its sessions."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.hashers import check_password, make_password

from makegood.organizations.models import User
from makegood.organizations.owning import account_of_others
from makegood.store.tenancy import as_user

LEAST = 10
"""The fewest characters of a password."""
VOUCHED = (
    "Your organization vouched for you, and another one knows this account too: sign in with your password or a passkey"
    " to sign out everywhere, or ask whoever runs this machine."
)


class WrongPassword(ValueError):
    """This is not your password now: type the one that you signed in with."""


class UnusablePassword(ValueError):
    """This cannot be a password: the message says why."""


class UnableToEndSessions(ValueError):
    """These sessions are not one organization's to end: the message says who may."""


def password_check(new: str) -> None:
    """This function will raise UnusablePassword for a password that is too short."""
    if len(new) < LEAST:
        raise UnusablePassword(f"Choose a password of at least {LEAST} characters.")


def sessions_may_end(*, user_id: int, by: int | None) -> bool:
    """This function will say whether a session may end all others of its account.

    `by` is the organization whose provider vouched for it, which could vouch for anybody; None where they showed
    themselves who they are.
    """
    return by is None or not account_of_others(organization_id=by, user_id=user_id)


def sessions_end(*, user_id: int, now: datetime, by: int | None = None) -> None:
    """This function will end all sessions of an account that began before `now` (wall time), wherever they are.

    `by` is as of `sessions_may_end`. Raises UnableToEndSessions.
    """
    if not sessions_may_end(user_id=user_id, by=by):
        raise UnableToEndSessions(VOUCHED)
    with as_user(user_id=user_id):
        User.objects.filter(id=user_id).update(signed_out_at=now)


def password_change(*, user_id: int, old: str, new: str, now: datetime) -> None:
    """This function will change an account's password; sessions that began before `now` (wall time) have then ended.

    Raises WrongPassword, or UnusablePassword for one that is too short or the same as before.
    """
    with as_user(user_id=user_id):
        user = User.objects.select_for_update().get(id=user_id)
        if not check_password(old, user.password):
            raise WrongPassword(WrongPassword.__doc__)
        password_check(new)
        if new == old:
            raise UnusablePassword("This is the password that you have: choose another one.")
        user.password = make_password(new)
        user.password_once = False
        user.password_changed_at = now
        user.save(update_fields=["password", "password_once", "password_changed_at"])

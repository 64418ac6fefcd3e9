"""Signing in and out: a session names a user, an organization and the member that they are there."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import attrs
from django.contrib.auth.hashers import check_password, make_password
from django.db import connection
from django.middleware.csrf import rotate_token

from makegood.organizations.visits import Visitor, visitor_in
from makegood.store.clocks import wall_now
from makegood.store.throttling import attempt, client_address, forgive

if TYPE_CHECKING:
    from django.http import HttpRequest

WINDOW = timedelta(minutes=15)
BY_EMAIL, BY_ADDRESS = 10, 50
"""How many tries a quarter of an hour one account and one network address have."""


class UnableToSignIn(ValueError):
    """The e-mail and the password do not belong together: check both and try again."""


class TooManyTries(Exception):
    """Too many tries: wait a little."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(TooManyTries.__doc__)
        self.retry_after = retry_after


@attrs.frozen(kw_only=True)
class Membership:
    """One organization that an account is an active member of."""

    organization_id: int
    member_id: int
    name: str


def visitor_of(request: HttpRequest) -> Visitor | None:
    """This function will read the session; one that is too old ends."""
    visitor = visitor_in(request.session, now=wall_now())
    if visitor is None and "began" in request.session:
        request.session.flush()
    return visitor


def begin(request: HttpRequest, *, user_id: int, organization_id: int, member_id: int) -> None:
    """Begin a session under a fresh key, and with a fresh token for its forms."""
    request.session.cycle_key()
    rotate_token(request)
    request.session.update(
        {"user": user_id, "organization": organization_id, "member": member_id, "began": wall_now().timestamp()}
    )


def end(request: HttpRequest) -> None:
    """End the session and forget what it held."""
    request.session.flush()
    rotate_token(request)


def guard(*, key: str, limit: int, window: timedelta = WINDOW) -> None:
    """Count a try. Raises TooManyTries beyond the limit."""
    counted = attempt(key=key, limit=limit, window=window)
    if not counted.allowed:
        raise TooManyTries(counted.retry_after)


def network_address(request: HttpRequest) -> str:
    """This function will return the address from which the request came."""
    return client_address(request.META)


def account_of(*, email: str, password: str, address: str) -> int:
    """This function will find the account of an e-mail and its password; it takes as long for an unknown one.

    Raises TooManyTries or UnableToSignIn.
    """
    known_as = email.strip().lower()
    guard(key=f"sign-in:address:{address}", limit=BY_ADDRESS)
    guard(key=f"sign-in:email:{known_as}", limit=BY_EMAIL)
    with connection.cursor() as cursor:
        cursor.execute("SELECT user_id, password FROM finder.sign_in(%s)", [known_as])
        row = cursor.fetchone()
    if row is None:
        make_password(password)
        raise UnableToSignIn(UnableToSignIn.__doc__)
    if not check_password(password, row[1]):
        raise UnableToSignIn(UnableToSignIn.__doc__)
    forgive(key=f"sign-in:email:{known_as}")
    return int(row[0])


def memberships(*, user_id: int) -> list[Membership]:
    """This function will list the organizations that an account is an active member of."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT organization_id, member_id, name FROM finder.memberships(%s)", [user_id])
        return [Membership(organization_id=row[0], member_id=row[1], name=row[2]) for row in cursor.fetchall()]

"""Signing in and out: a session names a user, an organization and the member that they are there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING

import attrs
from django.contrib.auth.hashers import check_password, make_password
from django.db import connection
from django.middleware.csrf import rotate_token

from makegood.console.viewmodels import Notice
from makegood.core.lockout import BY_ACCOUNT, BY_ADDRESS
from makegood.core.second_factor import half_over
from makegood.organizations.owning import organizations_waiting
from makegood.organizations.visits import SEEN_EVERY, Visitor, visitor_in
from makegood.store.clocks import wall_now
from makegood.store.lockouts import try_begin, try_right
from makegood.store.preparing import prepared
from makegood.store.throttling import attempt, client_address, counted_in

if TYPE_CHECKING:
    from django.http import HttpRequest

NOWHERE = "You may enter no organization: choose a password by the link that you were mailed, or ask its admin."
ONLY_THERE = "Your organization lets nobody in by password or passkey: use its single sign-on, below."
WINDOW = timedelta(minutes=15)
GUESSES = 10
"""How many tries a quarter of an hour whoever is signed in has at their own password."""


class UnableToSignIn(ValueError):
    """The e-mail and the password do not belong together: check both and try again."""


class LockedOut(ValueError):
    """Too many tries with a wrong password: wait, then try again."""

    def __init__(self, *, until: datetime, now: datetime, what: str = "password") -> None:
        self.retry_after = ceil((until - now).total_seconds())
        minutes = ceil(self.retry_after / 60)
        when = f"{minutes} minutes" if minutes > 1 else "a minute"
        super().__init__(f"Too many tries with a wrong {what}. Wait {when}, then try again.")


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


OVER = {
    "text": "You were signed out.",
    "detail": "That happens after two hours without a click, and twelve hours after signing in. Sign in to go on.",
    "tone": "note",
}
BY_ITSELF = frozenset({"today", "recovery-others", "bulk", "data-file"})
"""Pages that fetch themselves anew while nobody does anything: that keeps nobody signed in."""
BY_THE_PHONE = frozenset({"counter-now", "counter-reports"})
"""What a phone asks and sends by itself, for the reports that it kept."""


def visitor_of(request: HttpRequest) -> Visitor | None:
    """This function will read the session; one that is too old ends, and the next page says so."""
    visitor = visitor_in(request.session, now=wall_now())
    if visitor is None and "began" in request.session:
        request.session.flush()
        request.session["notices"] = [OVER]
    return visitor


def seen(request: HttpRequest, visitor: Visitor) -> bool:
    """Keep that a person did something, once a minute at most; return whether it was one, and no page by itself."""
    match = request.resolver_match
    name = "" if match is None else match.url_name
    if name in BY_THE_PHONE or (name in BY_ITSELF and request.headers.get("HX-Request")):
        return False
    now = wall_now()
    if now - visitor.seen_at >= SEEN_EVERY:
        request.session["seen"] = now.timestamp()
    return True


def begin(
    request: HttpRequest,
    *,
    user_id: int,
    organization_id: int,
    member_id: int,
    began_at: datetime | None = None,
    by: int | None = None,
) -> None:
    """Begin a session under a fresh key, and with a fresh token for its forms.

    `began_at` is of a session that goes on as another: when its person signed in (wall time). What the session of
    somebody else held is forgotten: on a device that people share nobody signs out. `by` is the organization whose
    provider vouched for them, who could vouch for anybody: so the session is good there, and nowhere else.
    """
    now = wall_now().timestamp()
    began = now if began_at is None else began_at.timestamp()
    if request.session.get("user", user_id) != user_id:
        request.session.flush()
    request.session.cycle_key()
    rotate_token(request)
    request.session.pop("half", None)
    request.session.pop("by", None)
    if by is not None:
        request.session["by"] = by
    request.session.update(
        {"user": user_id, "organization": organization_id, "member": member_id, "began": began, "seen": now}
    )


def halfway(request: HttpRequest, *, user_id: int, following: str) -> None:
    """Remember, under a fresh key, whose password was right and whose code is waited for; nobody is signed in yet."""
    request.session.flush()
    rotate_token(request)
    request.session["half"] = {"user": user_id, "at": wall_now().timestamp(), "next": following}


def half_of(request: HttpRequest) -> tuple[int, str, datetime] | None:
    """This function will say whose code is waited for, where they go then, and since when; None after too long."""
    half = request.session.get("half")
    if half is None:
        return None
    right_at = datetime.fromtimestamp(half["at"], tz=UTC)
    if half_over(right_at=right_at, now=wall_now()):
        del request.session["half"]
        return None
    return half["user"], half["next"], right_at


def end(request: HttpRequest) -> None:
    """End the session and forget what it held."""
    request.session.flush()
    rotate_token(request)


def guard(*, key: str, limit: int, window: timedelta = WINDOW) -> None:
    """Count a try. Raises TooManyTries beyond the limit."""
    counted = attempt(key=key, limit=limit, window=window)
    if not counted.allowed:
        raise TooManyTries(counted.retry_after)


def peek(*, key: str, limit: int, window: timedelta = WINDOW) -> None:
    """Look whether a key is beyond its limit, and count nothing. Raises TooManyTries."""
    counted = counted_in(key=key, limit=limit, window=window)
    if not counted.allowed:
        raise TooManyTries(counted.retry_after)


def notices_taken(request: HttpRequest) -> tuple[Notice, ...]:
    """This function will take what was kept to be told on the next page."""
    return tuple(Notice(**notice) for notice in request.session.pop("notices", []))


def network_address(request: HttpRequest) -> str:
    """This function will return the address from which the request came."""
    return client_address(request.META)


def account_of(*, email: str, password: str, address: str) -> int:
    """This function will find the account of an e-mail and its password; it takes as long for an unknown one.

    A try counts as wrong before it is looked at, and a right one is taken back. Raises UnableToSignIn, or LockedOut,
    which says the same whether there is such an account or not.
    """
    known_as, now = email.strip().lower(), wall_now()
    account, network = account_key(known_as), f"sign-in:address:{address}"
    until = try_begin(keys={account: BY_ACCOUNT, network: BY_ADDRESS}, now=now)
    if until is not None:
        raise LockedOut(until=until, now=now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT user_id, password FROM finder.sign_in(%s)", [known_as])
        row = cursor.fetchone()
    if row is None:
        make_password(password)
        raise UnableToSignIn(UnableToSignIn.__doc__)
    if not check_password(password, row[1]):
        raise UnableToSignIn(UnableToSignIn.__doc__)
    try_right(forget=account, back=network)
    return int(row[0])


def account_key(email: str) -> str:
    """This function will name an account's tries."""
    return f"sign-in:email:{email.strip().lower()}"


def memberships(*, user_id: int, here: int | None = None, by: int | None = None) -> list[Membership]:
    """This function will list the organizations that an account is an active member of and may enter.

    `here` is the one that it is in already; `by` is the one whose provider vouched for it, which then is all.
    """
    found = _found("memberships" if by is not None else "memberships_by_password", user_id)
    if by is not None:
        return [one for one in found if one.organization_id == by]
    others = [one.organization_id for one in found if one.organization_id != here]
    waiting = organizations_waiting(user_id=user_id, organization_ids=others) if others else ()
    return [one for one in found if one.organization_id not in waiting]


def _found(finder: str, user_id: int) -> list[Membership]:
    with prepared() as cursor:
        cursor.execute(f"SELECT organization_id, member_id, name FROM finder.{finder}(%s)", [user_id])
        return [Membership(organization_id=row[0], member_id=row[1], name=row[2]) for row in cursor.fetchall()]


def only_there(*, user_id: int) -> bool:
    """This function will say whether all organizations that an account is in let it in by their provider only."""
    found = [one.organization_id for one in _found("memberships", user_id)]
    waiting = organizations_waiting(user_id=user_id, organization_ids=found)
    return not set(found) <= waiting and not _found("memberships_by_password", user_id)


def nowhere(*, user_id: int) -> UnableToSignIn:
    """This function will say why an account whose owner showed who they are may enter no organization."""
    return UnableToSignIn(ONLY_THERE if only_there(user_id=user_id) else NOWHERE)

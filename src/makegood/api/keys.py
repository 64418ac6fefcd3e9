"""Who calls: the organization and the scopes of the key that a request bears."""

from __future__ import annotations

from datetime import timedelta

import attrs
from django.db import connection
from django.db.models import Q
from django.http import HttpRequest
from ninja.security import HttpBearer

from makegood.api.problems import Problem
from makegood.organizations.operations import api_key_hash
from makegood.organizations.queries import key_reach
from makegood.store.tenancy import tenant
from makegood.store.throttling import attempt, client_address

REQUESTS = 1200
GUESSES = 60
WINDOW = timedelta(minutes=1)


@attrs.frozen(kw_only=True)
class Caller:
    """The program that calls, and for which places its key speaks: that of `home` and those inside; None is all."""

    organization_id: int
    key_id: int
    scopes: tuple[str, ...]
    home: int | None = None
    places: tuple[int, ...] | None = None

    def at(self, column: str = "place_id") -> Q:
        """Return what chooses, of rows with a place, those that the key speaks for."""
        return Q() if self.places is None else Q(**{f"{column}__in": self.places})


def caller_of(request: HttpRequest) -> Caller:
    """Return who calls, by ``Authorization: Bearer mg_...``.

    Raises Problem: 401 without a key that is in force, 429 beyond REQUESTS a minute a key, or GUESSES an address.
    """
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    key = key.strip()
    found = None
    if scheme.lower() == "bearer" and key.startswith("mg_") and key.isascii():
        with connection.cursor() as cursor:
            cursor.execute("SELECT organization_id, key_id FROM finder.api_key(%s)", [api_key_hash(key)])
            found = cursor.fetchone()
    if found is None:
        _limit(f"api-guess:{client_address(request.META)}", GUESSES)
        raise Problem(401, "Send a key that is in force, as `Authorization: Bearer mg_...`: an admin makes one.")
    organization_id, key_id = found
    _limit(f"api:{key_id}", REQUESTS)
    with tenant(organization_id=organization_id):
        reach = key_reach(organization_id=organization_id, key_id=key_id)
    return Caller(
        organization_id=organization_id, key_id=key_id, scopes=reach.scopes, home=reach.home, places=reach.places
    )


def _limit(key: str, limit: int) -> None:
    tried = attempt(key=key, limit=limit, window=WINDOW)
    if not tried.allowed:
        raise Problem(
            429,
            f"That is more than {limit} requests in a minute: wait {tried.retry_after} s.",
            retry_after=tried.retry_after,
        )


class ApiKeyBearer(HttpBearer):
    """Lets an operation be called by keys of one scope; who calls was found before.

    What is of the `house`, and of no place, no key of one place may touch.
    """

    def __init__(self, scope: str, *, house: bool = False) -> None:
        super().__init__()
        self.scope, self.house = scope, house

    def authenticate(self, request: HttpRequest, token: str) -> Caller:
        """Return the caller.

        Raises Problem if their key lacks the scope.
        """
        caller: Caller = request.caller  # type: ignore[attr-defined]
        if self.scope not in caller.scopes:
            raise Problem(403, f"This key may not do that: it needs the scope {self.scope}.")
        if self.house and caller.places is not None:
            raise Problem(403, "This key is for one place: that takes one for the whole house.")
        return caller


READ, WRITE = ApiKeyBearer("read"), ApiKeyBearer("write")
EVENTS, READ_ALL, WRITE_ALL = (ApiKeyBearer(scope, house=True) for scope in ("events", "read", "write"))

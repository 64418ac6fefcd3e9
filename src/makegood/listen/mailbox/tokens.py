"""Signing in by OAuth2: a refresh token is exchanged for one that opens the mailbox for about an hour."""

from __future__ import annotations

import http.client
import json
from typing import Protocol
from urllib.parse import urlencode

import attrs

from makegood.store.outgoing import UnableToCall, host_of, post

TIMEOUT = 20.0
LONGEST_ANSWER = 100_000
LONGEST_TOKEN = 16_000


class UnableToGetToken(OSError):
    """The sign-in service gave no token: the message says why."""


class Signing(Protocol):
    """What a token is asked for with."""

    @property
    def token_url(self) -> str:
        """Where."""

    @property
    def client_id(self) -> str:
        """As which program."""

    @property
    def client_secret(self) -> str:
        """The program's own secret, where it has one."""

    @property
    def secret(self) -> str:
        """The refresh token."""


@attrs.frozen
class Tokens:
    """What opens the mailbox now, and the refresh token that counts from now on: providers change it as they like."""

    access: str = attrs.field(repr=False)
    refresh: str = attrs.field(repr=False)


def tokens_asked(account: Signing) -> Tokens:
    """This function will ask for a token that opens the mailbox, where one may call. Raises UnableToGetToken."""
    host = host_of(account.token_url)
    asked = {"grant_type": "refresh_token", "refresh_token": account.secret, "client_id": account.client_id}
    if account.client_secret:
        asked["client_secret"] = account.client_secret
    try:
        status, told = _asked(account.token_url, asked)
    except UnableToCall as error:
        raise UnableToGetToken(f"Where tokens are given: {error}") from error
    except (OSError, http.client.HTTPException) as error:
        raise UnableToGetToken(f"The sign-in service at {host} could not be reached.") from error
    except ValueError as error:
        raise UnableToGetToken(f"What answers at {host} is no sign-in service.") from error
    if status != 200 or not isinstance(told.get("access_token"), str):
        if told.get("error") in ("invalid_grant", "invalid_client", "unauthorized_client"):
            raise UnableToGetToken(
                f"{host} does not take the refresh token any more: sign in there, and bring a new one."
            )
        raise UnableToGetToken(f"The sign-in service at {host} gave no token ({status}).")
    newer = told.get("refresh_token")
    usable = isinstance(newer, str) and 0 < len(newer) <= LONGEST_TOKEN
    return Tokens(str(told["access_token"]), str(newer) if usable else account.secret)


def _asked(url: str, values: dict[str, str]) -> tuple[int, dict[str, object]]:
    answer = post(
        url=url,
        body=urlencode(values).encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        seconds=TIMEOUT,
        most=LONGEST_ANSWER,
    )
    told = json.loads(answer.body)
    return answer.status, told if isinstance(told, dict) else {}

"""Single sign-on: whose word of an e-mail counts, what it must say, and how long it is waited for."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

AWAY = timedelta(minutes=10)
"""How long somebody may take at their provider before they come back."""
ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
"""How a provider may sign: by a key whose other half only it has. So neither “none” nor a shared secret is here."""
DOMAIN = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))+")


def away_over(*, left_at: datetime, now: datetime) -> bool:
    """This function will say whether somebody took too long at their provider."""
    return not timedelta() <= now - left_at < AWAY


def domains_read(*, written: str) -> tuple[str, ...] | None:
    """This function will read e-mail domains with commas or spaces between; None where one is no domain."""
    found = tuple(dict.fromkeys(re.split(r"[\s,;]+", written.lower().strip(" \t\r\n,;"))))
    return found if all(DOMAIN.fullmatch(one) for one in found) else None


def in_domains(*, email: str, domains: Collection[str]) -> bool:
    """This function will say whether an e-mail is of one of these domains itself, not of one below it."""
    local, at, domain = email.rpartition("@")
    return bool(local and at) and domain.lower() in domains


def claims_wrong(*, claims: Mapping[str, Any], client_id: str, nonce: str) -> str:
    """This function will say what is wrong with a signed ID token beyond its signature, issuer, audience and times.

    "" where nothing is (OpenID Connect Core 1.0, 3.1.3.7): it answers this very question, and is meant for us alone.
    """
    if claims.get("nonce") != nonce:
        return "nonce"
    meant = claims.get("aud")
    several = isinstance(meant, list) and len(meant) > 1
    if (several or "azp" in claims) and claims.get("azp") != client_id:
        return "azp"
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        return "sub"
    return ""


def email_vouched(*, claims: Mapping[str, Any]) -> str:
    """This function will return the e-mail that a provider says is somebody's own, small; "" where it does not say so.

    An e-mail that its provider does not call verified may have been typed by anybody.
    """
    email = claims.get("email")
    if claims.get("email_verified") is not True or not isinstance(email, str):
        return ""
    return email.strip().lower()

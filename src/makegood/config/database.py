"""Where the database is: one URL for the application, one for its owner, or the same with the role put on."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

APP_ROLE_OPTION = "-c role=makegood_app"
CONNECT_SECONDS = "10"
PATIENCE_OF_WEB = "-c statement_timeout=25s -c lock_timeout=10s"
"""A web process says that it cannot answer before all its threads wait; options that the URL names come after these."""


class UnusableDatabaseUrl(ValueError):
    """DATABASE_URL must look like postgresql://user:password@host:port/name."""


def settings_of(url: str) -> dict[str, Any]:
    """Translate a postgresql:// URL into Django's database settings; host and port may also stand in its query.

    Raises UnusableDatabaseUrl.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
        query = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError:
        raise UnusableDatabaseUrl(UnusableDatabaseUrl.__doc__) from None
    name = unquote(parts.path[1:])
    asked_port = query.pop("port", "") or str(port or "")
    if parts.scheme not in ("postgres", "postgresql") or not name or not (asked_port or "0").isdecimal():
        raise UnusableDatabaseUrl(UnusableDatabaseUrl.__doc__)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", "") or unquote(parts.hostname or ""),
        "PORT": asked_port,
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": CONNECT_SECONDS} | query,
    }


def databases() -> dict[str, dict[str, Any]]:
    """Return the application's database (as the application role) and the owner's, for migrations and backups."""
    url = os.environ.get("DATABASE_URL") or "postgresql://makegood@127.0.0.1/makegood"
    owner_url = os.environ.get("DATABASE_OWNER_URL")
    default = settings_of(url)
    owner = settings_of(owner_url or url)
    if not owner_url:
        default["OPTIONS"]["options"] = f"{default['OPTIONS'].get('options', '')} {APP_ROLE_OPTION}".strip()
    if os.environ.get("MAKEGOOD_PART") == "web":
        default["OPTIONS"]["options"] = f"{PATIENCE_OF_WEB} {default['OPTIONS'].get('options', '')}".strip()
    return {"default": default, "owner": owner}

"""Where the database is: one URL for the application, one for its owner, or the same with the role put on."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

APP_ROLE_OPTION = "-c role=makegood_app"


class UnusableDatabaseUrl(ValueError):
    """DATABASE_URL must look like postgresql://user:password@host:port/name."""


def settings_of(url: str) -> dict[str, Any]:
    """Translate a postgresql:// URL into Django's database settings."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql") or not parts.path.strip("/"):
        raise UnusableDatabaseUrl(UnusableDatabaseUrl.__doc__)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    host = query.pop("host", "") or unquote(parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": query.pop("port", "") or str(parts.port or ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": query,
    }


def databases() -> dict[str, dict[str, Any]]:
    """Return the application's database (as the application role) and the owner's, for migrations and backups."""
    url = os.environ.get("DATABASE_URL", "postgresql://makegood@127.0.0.1/makegood")
    owner_url = os.environ.get("DATABASE_OWNER_URL")
    default = settings_of(url)
    owner = settings_of(owner_url or url)
    if owner_url is None:
        default["OPTIONS"]["options"] = f"{default['OPTIONS'].get('options', '')} {APP_ROLE_OPTION}".strip()
    return {"default": default, "owner": owner}

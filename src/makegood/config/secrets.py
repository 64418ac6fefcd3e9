"""The installation's secret: from the environment, else made once and kept beside the embedded database."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def home() -> Path:
    """Return where the embedded database and files live (MAKEGOOD_HOME, else the user's data directory)."""
    named = os.environ.get("MAKEGOOD_HOME")
    if named:
        return Path(named).expanduser()
    base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(base).expanduser() / "makegood"


def installation_secret() -> str:
    """Return MAKEGOOD_SECRET, or the secret kept in the home directory, made there on first use (mode 0600)."""
    named = os.environ.get("MAKEGOOD_SECRET")
    if named:
        return named
    path = home() / "secret"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        value = secrets.token_urlsafe(48)
        file.write(value)
    return value

"""The installation's secret: from the environment, else made once and kept beside the embedded database."""

from __future__ import annotations

import os
import secrets

from makegood.store.secrets import secret_file, secret_there


def installation_secret() -> str:
    """Return MAKEGOOD_SECRET, or the secret kept in the home directory, made there on first use (mode 0600)."""
    if there := secret_there():
        return there
    path = secret_file()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_name(f"secret.{os.getpid()}")
    partial.touch(mode=0o600)
    partial.write_text(secrets.token_urlsafe(48), encoding="ascii")
    try:
        os.link(partial, path)
    except FileExistsError:
        pass
    finally:
        partial.unlink()
    return path.read_text(encoding="ascii").strip()

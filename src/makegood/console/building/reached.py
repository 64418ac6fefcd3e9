"""Whether the addresses that are shown to be printed or entered elsewhere lead anywhere from outside."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings

LOOPBACK = ("localhost", "::1")


def only_here() -> str:
    """This function will say what to do where our addresses lead to this machine alone; "" where they lead to us."""
    host = urlsplit(settings.PUBLIC_URL).hostname or ""
    if settings.DEMO or not (host in LOOPBACK or host.endswith(".localhost") or host.startswith("127.")):
        return ""
    return (
        f"Nobody but this machine can open this address: it begins with {settings.PUBLIC_URL}. Whoever runs Makegood"
        " sets MAKEGOOD_URL to the address that all can open, such as https://help.example.com, and starts it again."
    )

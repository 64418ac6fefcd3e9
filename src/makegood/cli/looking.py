"""What `makegood doctor` looks at that stands beside the database: the home, the environment, the mail server.

Each look returns what it found, beginning with NOT_SET for what is still to do, or raises ClickException.
"""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import click

from makegood.cli.backup import backups_in, written_at
from makegood.cli.erased import NAME, list_beside
from makegood.cli.public_address import public_address_asked
from makegood.rules import packs
from makegood.store.embedded import Server, home_directory
from makegood.store.numbers import UnusableNumber, whole_number

NOT_SET = "not set"
OLDEST_BACKUP = timedelta(hours=36)
"""Older than that, a backup of each night has not been made."""
OLDEST_LIST = timedelta(hours=1)
"""Older than that, the list of who was erased is not kept up every few minutes."""
LEAST_FREE = 1024 * 1024 * 1024
SHORTEST_SECRET = 32
FEWEST_SIGNS = 10
"""Different characters: 32 hexadecimal digits at random have fewer about once in ten thousand times."""
HERE = ("127.0.0.1", "::1", "localhost")


def _home() -> str:
    home = home_directory()
    existing = next(each for each in (home, *home.parents) if each.exists())
    free = shutil.disk_usage(existing).free
    if free < LEAST_FREE:
        raise click.ClickException(f"{home} has {free // 1024**2} MB left: make room.")
    secret = home / "secret"
    if not os.environ.get("MAKEGOOD_SECRET") and secret.exists() and secret.stat().st_mode & 0o077:
        raise click.ClickException(f"{secret} can be read by others: run `chmod 600 '{secret}'`.")
    there = "" if home.exists() else ", not there yet"
    return f"{home}{there}, {free // 1024**3} GB left"


def _secret() -> str:
    from makegood.store.secrets import secret_file, secret_there

    if named := os.environ.get("MAKEGOOD_SECRET"):
        if len(named) < SHORTEST_SECRET:
            raise click.ClickException(
                f"MAKEGOOD_SECRET has {len(named)} characters: set one of at least {SHORTEST_SECRET} that nobody can"
                " guess, before anything is kept under this one."
            )
        if len(set(named)) < FEWEST_SIGNS:
            raise click.ClickException(
                f"MAKEGOOD_SECRET is made of {len(set(named))} different characters: set one drawn at random, as"
                " `openssl rand -base64 48` prints, before anything is kept under this one."
            )
        return "named in MAKEGOOD_SECRET"
    if secret_there() is None:
        return f"{NOT_SET}; the first start makes one and keeps it in {secret_file()} (MAKEGOOD_SECRET)"
    return f"kept in {secret_file()}"


def _demo() -> str:
    server = Server(home_directory() / "demo")
    if _is_used(server):
        return f"a demo runs now, on a database of its own in {server.home}"
    return f"none runs now; the last one left {server.home}" if server.is_made() else "none was started here"


def _address() -> str:
    url = os.environ.get("MAKEGOOD_URL")
    if not url:
        return f"{NOT_SET}; links in mails lead to this machine only (MAKEGOOD_URL)"
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
        raise click.ClickException("MAKEGOOD_URL must look like https://help.example.com, with no path.")
    if parts.scheme == "https":
        return f"{url}; cookies go over https only"
    if parts.hostname in HERE:
        return f"{url}; this machine only"
    raise click.ClickException(
        f"With {url} passwords, cookies and customers' links travel in clear: put a proxy in front that speaks TLS, and"
        " set MAKEGOOD_URL to its https:// address."
    )


def _proxies() -> str:
    try:
        proxies = whole_number("MAKEGOOD_TRUSTED_PROXIES", default=0, least=0, most=9)
    except UnusableNumber as error:
        raise click.ClickException(str(error)) from error
    if proxies:
        return f"{proxies} of yours in front; whoever tries too often is told by the address that these saw"
    if os.environ.get("MAKEGOOD_URL", "").startswith("https://"):
        return (
            f"{NOT_SET}; behind a proxy all clients count as one, and one who tries passwords too often locks out all:"
            " say how many of yours stand in front (MAKEGOOD_TRUSTED_PROXIES)"
        )
    return "none"


def _backups() -> str:
    named = os.environ.get("MAKEGOOD_BACKUPS")
    if not named:
        return f"{NOT_SET}; name the folder of your backups, and this looks how old the last one is (MAKEGOOD_BACKUPS)"
    if not Path(named).is_dir():
        raise click.ClickException(f"MAKEGOOD_BACKUPS names {named}, where no folder is: make it.")
    found = backups_in(Path(named))
    if not found:
        raise click.ClickException(f"{named} holds no backup: make one with `makegood backup --into '{named}'`.")
    age = datetime.now(UTC) - written_at(found[-1])
    hours = int(age.total_seconds() // 3600)
    if age > OLDEST_BACKUP:
        raise click.ClickException(f"The last backup in {named} is {hours} hours old: see why none was made since.")
    return f"{len(found)} in {named}, the last {hours} hours old; {_erased_beside(Path(named))}"


def _erased_beside(folder: Path) -> str:
    listed = list_beside(folder)
    age = datetime.now(UTC) - listed.as_of if listed and listed.as_of else None
    if listed is None or age is None or age > OLDEST_LIST:
        is_old = f"is {int(age.total_seconds() // 3600)} hours old" if age else "is not there"
        raise click.ClickException(
            f"The list of who was erased, {folder / NAME}, {is_old}, and who was erased since would come back with a"
            f" backup: run `makegood erasures --into '{folder}'` every few minutes (deploy/makegood-erasures.timer)."
        )
    return f"who was erased is listed as of {int(age.total_seconds() // 60)} minutes ago"


def _floors() -> str:
    if not os.environ.get(packs.OWN_FOLDER):
        return f"{len(packs.names())} rule packs; none of your own ({packs.OWN_FOLDER})"
    try:
        own = [packs.own_pack(path).name for path in packs.own_files()]
    except packs.UnusablePack as error:
        raise click.ClickException(str(error)) from error
    if not own:
        raise click.ClickException(f"{packs.OWN_FOLDER} holds no .yaml file: put your own rule packs there.")
    return f"{len(packs.names())} rule packs, of your own {', '.join(own)}"


def _mail() -> str:
    from makegood.messages.smtp_server import UnreachableServer, UnusableEmailUrl, server_tried

    url = os.environ.get("EMAIL_URL")
    if not url:
        return f"{NOT_SET}; mail to customers is kept as failed, and waits on Today to be sent again (EMAIL_URL)"
    try:
        return server_tried(url)
    except (UnusableEmailUrl, UnreachableServer) as error:
        raise click.ClickException(str(error)) from error


def _is_used(server: Server) -> bool:
    return server.lock("users").exists() and server.is_used()


BESIDE = {
    "home": _home,
    "secret": _secret,
    "address": _address,
    "proxies": _proxies,
    "public address": public_address_asked,
    "mail": _mail,
    "backups": _backups,
    "rule packs": _floors,
    "demo": _demo,
}

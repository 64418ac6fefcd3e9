"""PostgreSQL's client programs of the server's own major version: bundled, Debian's, or those on the PATH."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import attrs
import click

from makegood.store.embedded.programs import MAJOR, UnableToStartDatabase, bundled_programs


@attrs.frozen(kw_only=True)
class Tools:
    """Where the programs are, and the database that they work on, as its owner."""

    directory: Path
    major: int
    settings: Mapping[str, Any]

    def run(self, program: str, *arguments: str | Path, stdin: IO[bytes] | None = None) -> bytes:
        """Run a program on the database and return what it printed.

        Raises ClickException with its last words where it fails.
        """
        done = subprocess.run(  # noqa: S603 - PostgreSQL's programs; no shell reads the arguments
            [str(self.directory / program), *map(str, arguments)],
            stdin=stdin or subprocess.DEVNULL,
            capture_output=True,
            check=False,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"} | self._environment(),
        )
        if done.returncode != 0:
            words = [line for line in done.stderr.decode(errors="replace").splitlines() if line.strip()]
            raise click.ClickException(
                f"{program} failed ({words[-1] if words else f'exit status {done.returncode}'}); nothing was changed."
            )
        return done.stdout

    def _environment(self) -> dict[str, str]:
        """Name the database in PG* variables, where a password is not for all to see as an argument is."""
        names = {"HOST": "PGHOST", "PORT": "PGPORT", "USER": "PGUSER", "PASSWORD": "PGPASSWORD", "NAME": "PGDATABASE"}
        found = {variable: str(self.settings[name]) for name, variable in names.items() if self.settings[name]}
        for name, value in self.settings["OPTIONS"].items():
            variable = {"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "options": "PGOPTIONS"}.get(name)
            if variable:
                found[variable] = str(value)
        return found


def tools_for_owner() -> Tools:
    """Return the programs of the server's major version for the owner's database.

    Raises ClickException if there are none: another major's could write what this one cannot read.
    """
    from django.db import connections

    owner = connections["owner"]
    owner.ensure_connection()
    major = owner.connection.info.server_version // 10_000
    for directory in _candidates(major):
        if _major_of(directory / "pg_dump") == major:
            return Tools(directory=directory, major=major, settings=owner.settings_dict)
    raise click.ClickException(
        f"There is no pg_dump of PostgreSQL {major} here: install its client programs (postgresql-client-{major})."
    )


def _candidates(major: int) -> Sequence[Path]:
    found = [Path(f"/usr/lib/postgresql/{major}/bin")]
    if major == MAJOR:
        with suppress(UnableToStartDatabase):
            found.insert(0, bundled_programs())
    on_path = shutil.which("pg_dump")
    return [*found, *([Path(on_path).parent] if on_path else [])]


def _major_of(program: Path) -> int | None:
    if not program.exists():
        return None
    said = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    version = re.search(r"\) (\d+)", said)
    return int(version[1]) if version else None

"""A backup's one file: a tar of its manifest, the database as pg_dump wrote it, and the files beside it."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import attrs
import click

FORMAT = 2
MANIFEST, DATABASE, FILES = "manifest.json", "database.dump", "files"


@attrs.frozen(kw_only=True)
class Manifest:
    """What a backup says of itself. `secret` is the fingerprint of the secret that its hashes were made with.

    `tables` are the rows of each table at the moment that it holds, and `files` how many stand beside; a backup of
    format 1 says neither.
    """

    format: int
    makegood: str
    created_at: str
    postgresql: int
    secret: str
    tables: dict[str, int] = attrs.field(factory=dict)
    files: int = 0


def archive_write(path: Path, *, manifest: Manifest, dump: Path, files: Path) -> None:
    """Write the file whole or not at all, readable by its owner only."""
    partial = path.with_name(f"{path.name}.partial")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)
    try:
        with tarfile.open(partial, "w") as tar:
            text = json.dumps(attrs.asdict(manifest), indent=2).encode()
            entry = tarfile.TarInfo(MANIFEST)
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text))
            tar.add(dump, DATABASE)
            if files.is_dir():
                tar.add(files, FILES)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def archive_opened(path: Path) -> Iterator[tuple[Manifest, tarfile.TarFile]]:
    """Open a backup and read its manifest.

    Raises ClickException if the file is none of ours, or of a newer format.
    """
    try:
        with tarfile.open(path, "r:") as tar:
            yield _manifest(tar, path), tar
    except (OSError, tarfile.TarError) as error:
        raise click.ClickException(f"{path} cannot be read as a backup ({error}): name another file.") from error


def _manifest(tar: tarfile.TarFile, path: Path) -> Manifest:
    try:
        member = tar.extractfile(MANIFEST)
        data: dict[str, Any] = json.loads(member.read()) if member else {}
        if int(data["format"]) > FORMAT:
            raise click.ClickException(f"{path} was written by a newer Makegood: restore it with that one.")
        tar.getmember(DATABASE)
        return Manifest(**data)
    except (KeyError, TypeError, ValueError) as error:
        raise click.ClickException(f"{path} is no backup of Makegood: name another file.") from error


def extract(tar: tarfile.TarFile, directory: Path) -> Path:
    """Unpack the database and the files into this directory; return the database's path."""
    wanted = [
        member
        for member in tar.getmembers()
        if member.name == DATABASE or PurePosixPath(member.name).parts[:1] == (FILES,)
    ]
    tar.extractall(directory, members=wanted, filter="data")
    return directory / DATABASE

"""A restore drill: a backup brought back in a place of its own, looked at from all sides, and taken away again."""

from __future__ import annotations

import json
import shutil
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Final

import attrs
import click

from makegood.cli.archive import Manifest, extract
from makegood.cli.bringing import finish, load
from makegood.cli.counting import rows_counted
from makegood.cli.database import open_database, tell
from makegood.cli.erased import Erased
from makegood.cli.postgres_tools import tools_for_owner
from makegood.cli.row_security import open_tables
from makegood.cli.scratch import scratch_beside
from makegood.store.embedded import stopped

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

ROOM: Final = 8
"""A database takes up to so many times the bytes of its dump, which is compressed, with what loading it writes."""
OWNED: Final = """
SELECT c.relname FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organization_id' AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace ORDER BY 1
"""
LARGEST: Final = """
SELECT o.id, o.code FROM organizations_organization o
LEFT JOIN (SELECT organization_id, count(*) AS customers FROM customers_customer GROUP BY 1) c
    ON c.organization_id = o.id
ORDER BY coalesce(c.customers, 0) DESC, o.id LIMIT 2
"""
KNOWN: Final = """
SELECT count(*) FROM customers_customer c WHERE c.erased_at IS NOT NULL AND (c.name <> ''
    OR EXISTS (SELECT FROM customers_identity i WHERE i.organization_id = c.organization_id AND i.customer_id = c.id
        AND i.value <> '')
    OR EXISTS (SELECT FROM conversations_message m WHERE m.organization_id = c.organization_id AND m.customer_id = c.id
        AND m.created_at < c.erased_at AND (m.body <> '' OR m.subject <> '' OR m.address <> '')))
"""
"""What a customer wrote after they were erased is new, and theirs to be forgotten once more."""
ENCRYPTED: Final = """
SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.atttypid = 'bytea'::regtype
    AND (a.attname = 'secret' OR a.attname LIKE '%%\\_secret') ORDER BY 1
"""
ERASED: Final = "SELECT count(*) FROM customers_customer WHERE erased_at IS NOT NULL"


@attrs.frozen(kw_only=True)
class Checked:
    """One thing that was looked at, and whether it is as it should be."""

    what: str
    well: bool
    said: str


def drill(*, file: Path, manifest: Manifest, tar: tarfile.TarFile, erased: Sequence[Erased], as_json: bool) -> int:
    """Bring the backup back beside its file, print what was found, and return 1 where anything is not as it should be.

    Raises ClickException where there is no room for it, or it cannot be brought back at all.
    """
    began = monotonic()
    directory = file.absolute().parent
    _refuse_no_room(file, directory)
    with scratch_beside(file, kind="drill") as scratch, _database_of_its_own(scratch / "home"):
        load(tools_for_owner(), extract(tar, scratch))
        tell(f"loaded after {monotonic() - began:.0f} s")
        found = [_all_rows(manifest), _all_files(manifest, scratch / "files")]
        again = finish(erased).erased
        found += [_each_alone(), _erased(named=len(erased), again=again), _secrets()]
    seconds = round(monotonic() - began, 1)
    well = all(one.well for one in found)
    if as_json:
        checks = [attrs.asdict(one) for one in found]
        print(json.dumps({"well": well, "of": manifest.created_at, "seconds": seconds, "checks": checks}))
    else:
        for one in found:
            print(f"{'ok  ' if one.well else 'BAD '} {one.what}: {one.said}")
        print(
            f"{'It can be restored' if well else 'It cannot be relied on'}: of {manifest.created_at}, in {seconds} s."
        )
    return 0 if well else 1


@contextmanager
def _database_of_its_own(home: Path) -> Iterator[None]:
    try:
        with open_database(migrate=False, home=home):
            yield
    finally:
        stopped(home)


def _refuse_no_room(file: Path, directory: Path) -> None:
    needed, free = file.stat().st_size * ROOM, shutil.disk_usage(directory).free
    if free < needed:
        raise click.ClickException(
            f"Trying it needs about {needed // 1024**2 + 1} MB beside the file, and {free // 1024**2} MB are free: copy"
            " it to where there is more room."
        )


def _all_rows(manifest: Manifest) -> Checked:
    if not manifest.tables:
        return Checked(what="rows", well=True, said="the backup is of an older Makegood and does not say how many")
    here = rows_counted()
    differing = sorted(name for name in {*here, *manifest.tables} if here.get(name) != manifest.tables.get(name))
    if differing:
        told = ", ".join(f"{one} {here.get(one, 0)} of {manifest.tables.get(one, 0)}" for one in differing)
        return Checked(what="rows", well=False, said=f"not as they were backed up: {told}")
    return Checked(what="rows", well=True, said=f"all {sum(here.values())} in {len(here)} tables")


def _all_files(manifest: Manifest, folder: Path) -> Checked:
    here = sum(one.is_file() for one in folder.rglob("*"))
    if manifest.format > 1 and here != manifest.files:
        return Checked(what="files", well=False, said=f"{here} of {manifest.files}")
    return Checked(what="files", well=True, said=f"all {here}" if here else "none were beside the database")


def _each_alone() -> Checked:
    """Look as the application does: without an organization at nothing, and as one of the largest at its own rows."""
    what = "row security"
    if found := open_tables():
        return Checked(what=what, well=False, said=f"off on {', '.join(found)}")
    with _as_owner() as cursor:
        cursor.execute(OWNED)
        tables = [name for (name,) in cursor.fetchall()]
        cursor.execute(LARGEST)
        looked = cursor.fetchall()
    own = {organization_id: _own(tables, organization_id) for organization_id, _ in looked}
    for organization_id, code in [(None, "nobody"), *looked]:
        for name, count in _seen(tables, organization_id).items():
            expected = own[organization_id][name] if organization_id else 0
            if count != expected:
                return Checked(what=what, well=False, said=f"{code} sees {count} rows of {name}, not {expected}")
    by = " and ".join(code for _, code in looked) or "no organization yet"
    return Checked(what=what, well=True, said=f"on {len(tables)} tables; tried as {by}")


def _own(tables: Sequence[str], organization_id: int) -> dict[str, int]:
    with _as_owner() as cursor:
        found = {}
        for name in tables:
            cursor.execute(f'SELECT count(*) FROM "{name}" WHERE organization_id = %s', [organization_id])
            found[name] = int(cursor.fetchone()[0])
        return found


def _seen(tables: Sequence[str], organization_id: int | None) -> dict[str, int]:
    from django.db import connection

    from makegood.store.restoring import restoring
    from makegood.store.tenancy import tenant

    with restoring(), tenant(organization_id=organization_id or 0), connection.cursor() as cursor:
        found = {}
        for name in tables:
            cursor.execute(f'SELECT count(*) FROM "{name}"')
            found[name] = int(cursor.fetchone()[0])
        return found


def _erased(*, named: int, again: int) -> Checked:
    with _as_owner() as cursor:
        cursor.execute(KNOWN)
        (known,) = cursor.fetchone()
        cursor.execute(ERASED)
        (erased,) = cursor.fetchone()
    if known:
        return Checked(what="erased", well=False, said=f"{known} of {erased} can still be known")
    since = f", {again} of {named} that were named again" if named else ""
    return Checked(what="erased", well=True, said=f"no name, address or message is left of {erased}{since}")


def _secrets() -> Checked:
    """Open one thing of each kind that was entrusted to it, where there is any."""
    from makegood.store.secrets import UnableToDecrypt, decrypt

    opened = []
    with _as_owner() as cursor:
        cursor.execute(ENCRYPTED)
        for table, column in cursor.fetchall():
            cursor.execute(f'SELECT "{column}" FROM "{table}" WHERE octet_length("{column}") > 0 LIMIT 1')
            for (stored,) in cursor.fetchall():
                try:
                    decrypt(bytes(stored))
                except UnableToDecrypt as error:
                    return Checked(what="secret", well=False, said=f"{table}: {error}")
                opened.append(table)
    if not opened:
        return Checked(what="secret", well=True, said="the one of this installation; nothing is encrypted with it yet")
    return Checked(what="secret", well=True, said=f"opens what is encrypted in {', '.join(opened)}")


@contextmanager
def _as_owner() -> Iterator[CursorWrapper]:
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        yield cursor

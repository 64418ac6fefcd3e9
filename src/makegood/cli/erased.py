"""Who was erased: the list that is kept beside the backups, since one brings back whoever was erased after it was made.

A customer is named by their number and the moment from which they were known: after a restore numbers are given again.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import attrs
import click

NAME: Final = "erasures.txt"
"""What the list is called in a folder of backups."""
AS_OF: Final = "# Who was erased, as of "
LINE: Final = re.compile(r"(\d{1,18})(?: (\S+))?", re.ASCII)


@attrs.frozen(order=True)
class Erased:
    """One customer. `known_since` is None in a list of a Makegood that named numbers alone."""

    customer_id: int
    known_since: datetime | None


@attrs.frozen(kw_only=True)
class ErasedList:
    """Everyone who was erased by `as_of`, which lists of an older Makegood do not say."""

    everyone: frozenset[Erased]
    as_of: datetime | None


def list_text(listed: ErasedList) -> str:
    """Return the list as it is printed and kept: one customer a line."""
    first = f"{AS_OF}{listed.as_of.isoformat(timespec='seconds')}\n" if listed.as_of else ""
    ordered = sorted(listed.everyone, key=lambda one: (one.customer_id, str(one.known_since)))
    return first + "".join(
        f"{one.customer_id}{f' {one.known_since.isoformat()}' if one.known_since else ''}\n" for one in ordered
    )


def list_read(text: str, *, name: str) -> ErasedList:
    """Read a list. Raises ClickException, which names it by `name`, for what `makegood erasures` never wrote."""
    as_of, everyone = None, set()
    try:
        for line in filter(None, map(str.strip, text.splitlines())):
            if line.startswith(AS_OF):
                as_of = _moment(line.removeprefix(AS_OF))
            elif not line.startswith("#"):
                number, since = (LINE.fullmatch(line) or _no_line()).groups()
                everyone.add(Erased(int(number), _moment(since) if since else None))
    except ValueError as error:
        raise click.ClickException(
            f"{name} must hold one customer's id a line: use what `makegood erasures` prints."
        ) from error
    return ErasedList(everyone=frozenset(everyone), as_of=as_of)


def list_beside(folder: Path) -> ErasedList | None:
    """Read the list of a folder of backups; None where it has none. Raises ClickException where it cannot be read."""
    try:
        return list_read((folder / NAME).read_text(encoding="utf-8"), name=str(folder / NAME))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{folder / NAME} cannot be read ({error}): mend it, or move it away.") from error


def list_of_database() -> ErasedList:
    """Read who was erased by now, of all organizations, from the database that is open."""
    from django.db import connections

    moment = datetime.now(UTC)
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT id, created_at FROM customers_customer WHERE erased_at IS NOT NULL")
        everyone = frozenset(Erased(customer_id, since.astimezone(UTC)) for customer_id, since in cursor.fetchall())
    return ErasedList(everyone=everyone, as_of=moment)


def list_keep(folder: Path) -> ErasedList:
    """Bring the list of this folder up to date, whole or not at all, readable by its owner only, and return it.

    Nobody is ever taken from it: whoever an older or an emptied database lacks stays named.
    """
    now = list_of_database()
    before = list_beside(folder)
    listed = attrs.evolve(now, everyone=now.everyone | before.everyone) if before else now
    handle, partial = tempfile.mkstemp(dir=folder, prefix=f".{NAME}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(list_text(listed))
            file.flush()
            os.fsync(file.fileno())
        Path(partial).replace(folder / NAME)
    finally:
        Path(partial).unlink(missing_ok=True)
    return listed


def known_still(everyone: Iterable[Erased]) -> list[tuple[int, int]]:
    """Return the organization and the id of those whom the open database still knows, by id."""
    from django.db import connections

    named = sorted(everyone, key=lambda one: one.customer_id)
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT customer.organization_id, customer.id FROM customers_customer customer
            JOIN unnest(%s::bigint[], %s::timestamptz[]) AS named (id, known_since) ON named.id = customer.id
                AND coalesce(named.known_since, customer.created_at) = customer.created_at
            WHERE customer.erased_at IS NULL ORDER BY 2
            """,
            [[one.customer_id for one in named], [one.known_since for one in named]],
        )
        return cursor.fetchall()


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment.astimezone(UTC)


def _no_line() -> re.Match[str]:
    raise ValueError

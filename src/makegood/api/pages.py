"""Pages of a list, the newest first: a cursor names the last row seen, so that rows added meanwhile shift nothing."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any

from django.db.models import QuerySet
from ninja import Field

from makegood.api.problems import Problem
from makegood.api.schemas import LARGEST_ID

Limit = Annotated[int, Field(ge=1, le=100, description="How many rows, at most.")]
Cursor = Annotated[str, Field(max_length=40, description="`next` of the page before; empty for the first page.")]
DEFAULT = 50


def cursor_after(row_id: int) -> str:
    """Return the cursor of the page that follows this row."""
    return base64.urlsafe_b64encode(f"after:{row_id}".encode()).decode()


def _read(cursor: str) -> int:
    try:
        word, _, number = base64.b64decode(cursor, altchars=b"-_", validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        word, number = "", ""
    if word != "after" or not number.isdecimal() or not number.isascii() or int(number) > LARGEST_ID:
        raise Problem(422, "This cursor is none of ours: begin with the first page.")
    return int(number)


def page_of(rows: QuerySet[Any], *, cursor: str, limit: int) -> tuple[list[Any], str | None]:
    """Return one page of these rows by descending id, and the cursor of the next page, if there is one.

    Raises Problem for a cursor that is none.
    """
    if cursor:
        rows = rows.filter(id__lt=_read(cursor))
    found = list(rows.order_by("-id")[: limit + 1])
    return found[:limit], cursor_after(found[limit - 1].id) if len(found) > limit else None

"""Saved views of lists: kept, renamed, shared and deleted by who made them, or by whoever decides where shared."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import attrs
from django.db.models import Q

from makegood.console.models import SavedView
from makegood.core.lengths import fitting

KEPT = {
    "recoveries": ("which", "severity", "owner", "sort"),
    "promises": ("which",),
    "incidents": ("state",),
}
"""What of a list's address a view keeps. Words that were searched are left out: they may name a customer."""
MOST = 20
NAME = 40


class UnableToSaveView(ValueError):
    """This view cannot be kept so: the message says why."""


@attrs.frozen(kw_only=True)
class View:
    """One saved view: its address, whose it is, and whether all colleagues see it."""

    id: int
    name: str
    query: Mapping[str, str]
    member_id: int
    shared: bool


def kept_of(*, listed: str, given: Mapping[str, str]) -> dict[str, str]:
    """This function will take what a view of this list keeps out of an address."""
    return {name: given[name][:40] for name in KEPT[listed] if given.get(name)}


def views_of(*, organization_id: int, member_id: int, listed: str) -> tuple[View, ...]:
    """This function will list the views that a member sees of a list: their own and the shared ones, by name."""
    rows = SavedView.objects.filter(
        Q(member_id=member_id) | Q(shared=True), organization_id=organization_id, listed=listed
    )
    return tuple(
        View(id=row.id, name=row.name, query=row.query, member_id=row.member_id, shared=row.shared)
        for row in rows.order_by("shared", "name", "id")[: 2 * MOST]
    )


def view_save(
    *,
    organization_id: int,
    member_id: int,
    listed: str,
    name: str,
    given: Mapping[str, str],
    shared: bool,
    now: datetime,
) -> int:
    """This function will keep a list's present narrowing and order under a name; return the view's id.

    Raises UnableToSaveView without a name, for one that the member has already, or beyond MOST of them.
    """
    called = _named(name)
    mine = SavedView.objects.filter(organization_id=organization_id, member_id=member_id, listed=listed)
    if mine.count() >= MOST:
        raise UnableToSaveView(f"You have {MOST} views of this list: delete one first.")
    _free(mine.filter(name=called).exists())
    view = SavedView.objects.create(
        organization_id=organization_id,
        listed=listed,
        name=called,
        query=kept_of(listed=listed, given=given),
        member_id=member_id,
        shared=shared,
        created_at=now,
    )
    return view.id


def view_rename(*, organization_id: int, view: View, listed: str, name: str, shared: bool) -> None:
    """This function will give a view another name, and share it or not.

    Raises UnableToSaveView without a name, or for one that its member has already.
    """
    called = _named(name)
    others = SavedView.objects.filter(organization_id=organization_id, member_id=view.member_id, listed=listed)
    _free(others.filter(name=called).exclude(id=view.id).exists())
    others.filter(id=view.id).update(name=called, shared=shared)


def view_delete(*, organization_id: int, view_id: int) -> None:
    """This function will forget a view."""
    SavedView.objects.filter(organization_id=organization_id, id=view_id).delete()


def _named(name: str) -> str:
    called = fitting(" ".join(name.split()), most=NAME)
    if not called:
        raise UnableToSaveView("Give the view a name.")
    return called


def _free(taken: bool) -> None:
    if taken:
        raise UnableToSaveView("There is a view of this name already: choose another.")

"""Files that were brought, and the mappings kept of them, as pages show them: plain frozen data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import attrs
from django.db.models import Q, QuerySet

from makegood.listen.datasets.numbered import Collected
from makegood.listen.intake.reading import LOOKED_AT, sheet_of
from makegood.listen.models import FileMapping, Intake, WatchedFolder

LONGEST_SAMPLE = 40


@attrs.frozen(kw_only=True)
class IntakeFacts:
    """One file: what it is, what was made of it, how far it is.

    `unseen` says that a person has to see to what was wrong with it; `kept` that its rows are here.
    """

    id: int
    name: str
    size: int
    rows: int
    header: Sequence[str]
    state: str
    plan: Mapping[str, Any]
    told: Mapping[str, Any]
    result: Mapping[str, Any]
    taken: int
    by: str
    brought_at: datetime
    ended_at: datetime | None
    from_folder: bool
    unseen: bool
    kept: bool


@attrs.frozen(kw_only=True)
class MappingFacts:
    """A kept mapping, by the name of its source or file."""

    id: int
    name: str
    kind: str
    source: str
    header: Sequence[str]
    used_at: datetime


@attrs.frozen(kw_only=True)
class FolderFacts:
    """Whether a folder is watched, when it was last looked into, and what kept the workers from it."""

    active: bool
    looked_at: datetime | None
    trouble: str


def intake_one(*, organization_id: int, intake_id: int) -> IntakeFacts | None:
    """This function will return one file, or None."""
    found = Intake.objects.filter(organization_id=organization_id, id=intake_id).select_related("by")
    return next((_facts(one) for one in _listed(found)), None)


def intake_samples(*, organization_id: int, intake_id: int) -> dict[str, str]:
    """This function will return a value of each column of a file that waits, from its first rows."""
    waiting = Intake.objects.filter(organization_id=organization_id, id=intake_id, content__isnull=False).first()
    if waiting is None:
        return {}
    sheet = sheet_of(name=waiting.name, content=bytes(waiting.content or b""))
    found: dict[str, str] = {}
    for _, row in islice(sheet.told(Collected(sheet.name, said={})), LOOKED_AT):
        for column, text in row.items():
            if text:
                found.setdefault(column, text[:LONGEST_SAMPLE])
    return found


def intakes_recent(*, organization_id: int, limit: int = 20) -> list[IntakeFacts]:
    """This function will list the files brought last, the newest first."""
    found = Intake.objects.filter(organization_id=organization_id).select_related("by")
    return [_facts(one) for one in _listed(found).order_by("-brought_at", "-id")[:limit]]


def intakes_unseen(*, organization_id: int, limit: int = 5) -> list[IntakeFacts]:
    """This function will list the files to which a person has to see, the last first."""
    found = Intake.objects.filter(organization_id=organization_id, unseen=True).select_related("by")
    return [_facts(one) for one in _listed(found).order_by("-ended_at")[:limit]]


def intake_rows_aside(*, organization_id: int, intake_id: int) -> bytes:
    """This function will return the rows of a file that were put aside, as a file; nothing once they are seen to."""
    found = Intake.objects.filter(organization_id=organization_id, id=intake_id, unseen=True, content__isnull=False)
    return bytes(found.values_list("content", flat=True).first() or b"")


def _listed(found: QuerySet[Intake]) -> QuerySet[Intake]:
    """The files without what they hold, but whether they hold anything."""
    return found.defer("content").annotate(kept=Q(content__isnull=False))


def _facts(one: Any) -> IntakeFacts:
    return IntakeFacts(
        id=one.id,
        name=one.name,
        size=one.size,
        rows=one.rows,
        header=one.header,
        state=one.state,
        plan=one.plan,
        told=one.told,
        result=one.result,
        taken=one.taken,
        by=one.by.name if one.by else "",
        brought_at=one.brought_at,
        ended_at=one.ended_at,
        from_folder=one.file_key is not None,
        unseen=bool(one.unseen),
        kept=one.kept,
    )


def mappings_all(*, organization_id: int) -> list[MappingFacts]:
    """This function will list the kept mappings, the last used first."""
    found = FileMapping.objects.filter(organization_id=organization_id).order_by("-used_at")[:200]
    return [
        MappingFacts(
            id=one.id,
            name=one.name,
            kind=one.plan["kind"],
            source=one.plan["source"],
            header=one.header,
            used_at=one.used_at,
        )
        for one in found
    ]


def folder_facts(*, organization_id: int) -> FolderFacts:
    """This function will say whether this organization's folder is watched."""
    found = WatchedFolder.objects.filter(organization_id=organization_id).first()
    if found is None:
        return FolderFacts(active=False, looked_at=None, trouble="")
    return FolderFacts(active=found.active, looked_at=found.looked_at, trouble=found.trouble)

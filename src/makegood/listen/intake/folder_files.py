"""A file out of the watched folder: taken with the mapping kept for just its header, or failed, and managers told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from makegood.customers.made_up import may_be_named
from makegood.journal.operations import Happened
from makegood.listen.datasets.recorded import UnusableData
from makegood.listen.intake.operations import header_changed, header_key
from makegood.listen.intake.reading import name_plain, sheet_of
from makegood.listen.models import FileMapping, Intake, WatchedFolder
from makegood.messages.staff import managers_tell
from makegood.store.clocks import now

MANAGER = 2
ONCE = "bring it once on Settings, Data in, say what is what, and then leave it here again"


def folder_file_bring(*, organization_id: int, name: str, content: bytes, file_key: str) -> int:
    """This function will let a file be imported by the mapping kept for its header, or fail, saying why.

    Runs inside the organization's unit of work. Returns its id; a file of this key is never kept twice.
    """
    moment_at = now(organization_id=organization_id)
    given: dict[str, Any] = {"rows": 0, "header": [], "plan": {}, "told": {}}
    error = ""
    try:
        sheet = sheet_of(name=name, content=content)
        given |= {"rows": sheet.rows, "header": list(sheet.header), "told": {"notes": list(sheet.notes)}}
        kept = FileMapping.objects.filter(organization_id=organization_id, header_key=header_key(sheet.header)).first()
        if kept is None:
            changed = header_changed(organization_id=organization_id, header=sheet.header)
            error = f"{changed or 'Nobody has said yet what is what in files of this header.'} Please {ONCE}."
        elif kept.plan["kind"] == "members":
            error = "People are brought by an admin on Settings, Data in, as their passwords are shown once there."
        else:
            given["plan"] = kept.plan
            given["told"] |= {"apart": True}
    except UnusableData as unusable:
        error = f"{unusable}."
    failed = {"error": error, "counts": {}, "problems": [], "first": []} if error else {}
    intake = Intake.objects.create(
        organization_id=organization_id,
        name=name_plain(name),
        size=len(content),
        content=None if error else content,
        file_key=file_key,
        state="failed" if error else "waiting",
        result=failed,
        brought_at=moment_at,
        ended_at=moment_at if error else None,
        unseen=True if error else None,
        **given,
    )
    if error:
        _told(organization_id, intake.id, moment_at)
    return intake.id


def _told(organization_id: int, intake_id: int, at: datetime, **more: int) -> None:
    """Tell managers that a file from the folder, or some rows of it, could not be taken in."""
    payload = {"file": intake_id, **more}
    managers_tell(organization_id=organization_id, key=f"file:{intake_id}", payload=payload, at=at)


def files_hear_failed(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Tell managers of files from the folder that failed (handler of listen:file:failed)."""
    ids = [entry.subject_id for entry in entries]
    rows = Intake.objects.filter(organization_id=organization_id, id__in=ids, file_key__isnull=False)
    for intake_id in rows.values_list("id", flat=True):
        _told(organization_id, intake_id, entries[0].at)


def files_hear_imported(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Tell managers of files from the folder of which rows were put aside (handler of listen:file:imported)."""
    ids = [entry.subject_id for entry in entries]
    rows = Intake.objects.filter(organization_id=organization_id, id__in=ids, file_key__isnull=False, unseen=True)
    for intake_id, result in rows.values_list("id", "result"):
        _told(organization_id, intake_id, entries[0].at, aside=len(result["aside"]))


def folders_hear_erased(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Have what was put aside in the folder deleted, as it may name who is erased (of customers:customer:erased)."""
    if may_be_named(entries):
        WatchedFolder.objects.filter(organization_id=organization_id).update(sweep=True)

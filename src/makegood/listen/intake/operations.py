"""The way of one file: brought, its mapping drafted or remembered, tried dry, imported, or dropped.

Small files are tried at once, and imported so where they are one batch; larger ones by the workers. Where some rows are
wrong the right ones can be taken, and the wrong ones are kept aside until a person has seen to them. A file taken again
changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any

from makegood.customers.made_up import may_be_named
from makegood.journal.operations import Happened, record
from makegood.listen.datasets.recorded import UnusableData
from makegood.listen.importing import Told
from makegood.listen.intake.apart import rows_file
from makegood.listen.intake.columns import CALLED, FAMILY, GIVEN, KINDS, SOURCED
from makegood.listen.intake.drafting import Draft, Guess, drafted, lacking, samples_of
from makegood.listen.intake.judging import MOST_MEMBERS, Judged, Origin, Taken, Taking, judged
from makegood.listen.intake.likely import likely_source
from makegood.listen.intake.reading import Sheet, sheet_of
from makegood.listen.intake.turning import Columns, UnusableColumns, refuse_open
from makegood.listen.intake.unread import unread_end, unread_note
from makegood.listen.models import FileMapping, Intake
from makegood.promises.unread import words_seen
from makegood.store.clocks import now as store_now
from makegood.store.tenancy import tenant

SMALL_ROWS = 2000
KEPT_FOR = timedelta(days=1)
ALIKE = 0.5
OPEN = ("drafted", "checked")
GOING = ("checking", "waiting")


class UnableToTakeFile(ValueError):
    """This file cannot be taken now: look at its page again."""


def header_key(header: Sequence[str]) -> str:
    """Return what a header is known by: its columns, in any order."""
    return hashlib.sha256("\x1f".join(sorted(header)).encode()).hexdigest()


def intake_bring(
    *, organization_id: int, name: str, content: bytes, by: int | None, now: datetime, file_key: str | None = None
) -> int:
    """This function will keep a file that was brought, with the mapping kept for its header, or one drafted from it.

    Returns its id. Raises UnusableData for one that is no table.
    """
    sheet = sheet_of(name=name, content=content)
    plan, told = _remembered(organization_id, sheet) or _drafted(organization_id, sheet, "")
    told["notes"] = [*sheet.notes, *told.get("notes", [])]
    return Intake.objects.create(
        organization_id=organization_id,
        name=sheet.name,
        size=len(content),
        rows=sheet.rows,
        header=list(sheet.header),
        content=content,
        file_key=file_key,
        plan=plan,
        told=told,
        by_id=by,
        brought_at=now,
    ).id


def _remembered(organization_id: int, sheet: Sheet) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """The mapping kept for just this header; or for one much like it, with what changed, for a person to look at."""
    key = header_key(sheet.header)
    same = FileMapping.objects.filter(organization_id=organization_id, header_key=key).first()
    if same is not None:
        return dict(same.plan), {"kept": same.name}
    like = _like(organization_id, sheet.header)
    if like is None:
        return None
    draft = drafted(header=sheet.header, samples=samples_of(sheet), kind=like.plan["kind"])
    columns = {name: column for name, column in like.plan["columns"].items() if column in sheet.header}
    used = set(columns.values())
    named = {"name", GIVEN, FAMILY} if {"name", GIVEN, FAMILY} & columns.keys() else set()
    known = columns.keys() | named
    spare = {name: one for name, one in draft.guesses.items() if name not in known and one.column not in used}
    plan = {**like.plan, "columns": {**columns, **{name: one.column for name, one in spare.items()}}}
    whys = dict.fromkeys(columns, f"as in “{like.name}”") | {name: one.why for name, one in spare.items()}
    said = f"{_changed(like, sheet.header)} Look at its columns once more."
    return plan, {"whys": whys, "changed": said, "kind_why": f"it is much like “{like.name}”"}


def _like(organization_id: int, header: Sequence[str]) -> FileMapping | None:
    """The kept mapping whose header shares most with this one, if that is much of both."""
    here = set(header)
    kept = FileMapping.objects.filter(organization_id=organization_id).order_by("-used_at")[:500]
    shares = [(len(here.intersection(one.header)) / len(here.union(one.header)), one) for one in kept]
    share, like = max(shares, key=lambda one: one[0], default=(0.0, None))
    return like if share >= ALIKE else None


def header_changed(*, organization_id: int, header: Sequence[str]) -> str:
    """This function will say how a header differs from the one most like it that is known; nothing where none is."""
    like = _like(organization_id, header)
    return "" if like is None else _changed(like, header)


def _changed(like: FileMapping, header: Sequence[str]) -> str:
    gone, fresh = [one for one in like.header if one not in header], [one for one in header if one not in like.header]
    parts = [f"{word} {', '.join(names[:10])}" for word, names in (("gone:", gone), ("new:", fresh)) if names]
    return f"Its header is not that of “{like.name}” any more: {'; '.join(parts)}."


def _drafted(organization_id: int, sheet: Sheet, kind: str) -> tuple[dict[str, Any], dict[str, Any]]:
    draft: Draft = drafted(header=sheet.header, samples=samples_of(sheet), kind=kind)
    guesses: Mapping[str, Guess] = draft.guesses
    name = PurePath(sheet.name).stem[:60] or "files"
    source, mode = likely_source(organization_id=organization_id)
    plan = {
        "kind": draft.kind,
        "columns": {ours: guess.column for ours, guess in guesses.items()},
        "order": draft.dates.way,
        "decimal": draft.amounts.way,
        "names": draft.names.way,
        "source": source,
        "mode": mode,
        "name": name,
        "playbook": "default",
        "live_from": None,
    }
    told = {
        "whys": {ours: guess.why for ours, guess in guesses.items()},
        "kind_why": draft.why,
        "order_why": draft.dates.why,
        "decimal_why": draft.amounts.why,
        "names_why": draft.names.why,
        "source_why": "it is the only one there is for files" if source else "",
    }
    return plan, told


def intake_redraft(*, organization_id: int, intake_id: int, kind: str) -> None:
    """This function will draft a mapping anew, for a file of this kind.

    Raises UnableToTakeFile.
    """
    intake = _open(organization_id, intake_id)
    if kind not in KINDS:
        raise UnusableColumns("Choose what is in this file.")
    plan, told = _drafted(organization_id, _sheet(intake), kind)
    intake.plan, intake.told = plan, told | {"notes": intake.told.get("notes", [])}
    intake.state, intake.result = "drafted", {}
    intake.save(update_fields=["plan", "told", "state", "result"])


def intake_map(
    *, organization_id: int, intake_id: int, mapping: Columns, origin: Origin, by: int | None, now: datetime
) -> None:
    """This function will take the columns as a person says them, and let the file be tried.

    Raises UnusableColumns for a mapping that cannot work, UnableToTakeFile where the file is not waiting for one.
    """
    intake = _open(organization_id, intake_id)
    _check(intake, mapping, origin)
    intake.plan = {
        "kind": mapping.kind,
        **mapping.as_data(),
        "source": origin.source,
        "name": origin.name,
        "playbook": origin.playbook,
        "live_from": origin.live_from.isoformat() if origin.live_from else None,
        "mode": origin.mode,
    }
    intake.state, intake.result = "checking", {}
    intake.save(update_fields=["plan", "state", "result"])
    entry = Happened(
        at=now,
        event="listen:file:mapped",
        subject="file",
        subject_id=intake.id,
        data={"kind": mapping.kind, "source": origin.source, "playbook": origin.playbook},
        actor_id=by,
    )
    record(organization_id=organization_id, entries=[entry])


def _check(intake: Intake, mapping: Columns, origin: Origin) -> None:
    if mapping.kind not in KINDS:
        raise UnusableColumns("Choose what is in this file.")
    used = list(mapping.columns.values())
    twice = next((column for column in used if used.count(column) > 1), None)
    if twice is not None:
        raise UnusableColumns(f"The column {twice!r} is chosen twice: choose it once.")
    strange = next((column for column in used if column not in intake.header), None)
    if strange is not None:
        raise UnusableColumns(f"The file has no column {strange!r}: choose one of its columns.")
    missing = lacking(mapping.kind, mapping.columns)
    if missing:
        raise UnusableColumns(f"Choose a column for: {', '.join(missing)}.")
    if "total" in mapping.columns and mapping.kind == "promises" and "made_at" not in mapping.columns:
        raise UnusableColumns(
            f"A total needs the day on which it was bought: choose a column for “{CALLED['made_at'].label}”, or none"
            " for the total."
        )
    refuse_open(mapping=mapping)
    if mapping.kind in SOURCED and not origin.source:
        raise UnusableColumns("Say which source this file comes from.")
    if mapping.kind == "members" and intake.rows > MOST_MEMBERS:
        raise UnusableColumns(f"Bring at most {MOST_MEMBERS} people at a time: their passwords are shown once.")


def intake_check(*, organization_id: int, intake_id: int) -> None:
    """This function will try a file dry and keep what that came to. Opens its own units of work."""
    intake = _due(organization_id, intake_id, "checking")
    if intake is None:
        return
    result = _tried(organization_id, intake)[0]
    with tenant(organization_id=organization_id):
        _mine(organization_id, intake_id).filter(state="checking", content__isnull=False).update(
            state="checked", result=result
        )


def _tried(organization_id: int, intake: Intake) -> tuple[dict[str, Any], Judged | None]:
    try:
        found = judged(
            organization_id=organization_id,
            sheet=_sheet(intake),
            mapping=columns_of(intake.plan),
            origin=origin_of(intake.plan),
        )
    except UnusableData as error:
        return {"error": str(error), "counts": {}, "problems": [], "first": []}, None
    return {
        "counts": dict(found.counts),
        "problems": [[one.row, one.column, one.text[:300]] for one in found.problems],
        "first": [{name: text[:80] for name, text in row.items()} for row in found.first],
        "late": found.late,
        "opening": found.opening,
        "aside": list(found.aside),
        "waits": found.waits,
        "roles": {role: found.roles[role] for role in sorted(found.roles)},
    }, found


def columns_of(plan: Mapping[str, Any]) -> Columns:
    """This function will read a kept plan's columns."""
    given = {name: plan[name] for name in ("kind", "columns", "order", "decimal")}
    return Columns(**given, names=plan.get("names", ""))


def origin_of(plan: Mapping[str, Any]) -> Origin:
    """This function will read a kept plan's source."""
    live_from = datetime.fromisoformat(plan["live_from"]) if plan.get("live_from") else None
    given = {name: plan[name] for name in ("source", "name", "playbook")}
    return Origin(**given, live_from=live_from, mode=plan.get("mode", "live"))


def intake_accept(*, organization_id: int, intake_id: int, by: int | None, apart: bool = False) -> None:
    """This function will let a file that was tried, and in which nothing is wrong, be imported in a member's name.

    With `apart` its right rows are, and the wrong ones are put aside. Raises UnableToTakeFile.
    """
    intake = _open(organization_id, intake_id)
    result = intake.result
    wrong = intake.state != "checked" or result.get("error")
    if wrong or (result["counts"]["refused"] and (result.get("waits", True) or not apart)):
        raise UnableToTakeFile("Something in this file is wrong: mend it and bring it again, or choose other columns.")
    intake.state, intake.told = "waiting", intake.told | {"accepted_by": by, "apart": apart}
    intake.save(update_fields=["state", "told"])


def intake_import(*, organization_id: int, intake_id: int) -> Taken | None:
    """This function will import a file that was accepted, and keep its mapping for the next of its header.

    Opens its own units of work, and goes on where it was stopped: what was taken is known. Returns what it came to, or
    None where there was nothing to do.
    """
    intake = _due(organization_id, intake_id, "waiting")
    if intake is None:
        return None
    result, found = _tried(organization_id, intake)
    if found is None or found.waits or (found.aside and not intake.told.get("apart")):
        _ended(organization_id, intake, "failed", result)
        return None
    try:
        heard = unread_note(organization_id=organization_id, intake=intake, found=found)
        taken = found.take(Taking(told=_progress(organization_id, intake_id), by=_decided(intake), heard=heard))
        unread_end(organization_id=organization_id, intake=intake, found=found)
    except UnusableData as error:
        _ended(organization_id, intake, "failed", result | {"error": f"{error}."})
        return None
    end = result | {"first": [], "new": taken.new, "known": taken.known, "unheard": not heard}
    kept = rows_file(sheet=_sheet(intake), numbers=frozenset(found.aside)) if found.aside else ""
    _ended(organization_id, intake, "done", end, kept=kept)
    return taken


def intake_seen(*, organization_id: int, intake_id: int, by: int | None, now: datetime) -> None:
    """This function will note that a person has seen to what of a file was put aside; what is kept of it is gone then.

    Raises UnableToTakeFile where nothing of it waits for that.
    """
    intake = _mine(organization_id, intake_id).select_for_update().filter(unseen=True).first()
    if intake is None:
        raise UnableToTakeFile("Somebody has seen to this file already.")
    intake.unseen, intake.content = False, None
    intake.save(update_fields=["unseen", "content"])
    words_seen(organization_id=organization_id, file_id=intake_id)
    entry = Happened(at=now, event="listen:file:seen", subject="file", subject_id=intake_id, actor_id=by)
    record(organization_id=organization_id, entries=[entry])


def intake_fail(*, organization_id: int, intake_id: int, said: str) -> None:
    """This function will end a file that is being tried or imported, saying why. Opens its own unit of work."""
    with tenant(organization_id=organization_id):
        intake = _mine(organization_id, intake_id).filter(state__in=GOING).first()
    if intake is not None:
        _ended(organization_id, intake, "failed", {"error": said, "counts": {}, "problems": [], "first": []})


def _decided(intake: Intake) -> int | None:
    """Who let it be imported; of one that was only tried, who brought it; nobody of one from the folder."""
    decided: int | None = intake.told.get("accepted_by", intake.by_id)
    return decided


def _progress(organization_id: int, intake_id: int) -> Told:
    def told(count: int) -> None:
        _mine(organization_id, intake_id).update(taken=count)

    return told


def _ended(organization_id: int, intake: Intake, state: str, result: dict[str, Any], *, kept: str = "") -> None:
    """Keep how it ended; of one that ended well its mapping too, and of what it held nothing but the rows put aside."""
    with tenant(organization_id=organization_id):
        moment_at = store_now(organization_id=organization_id)
        mine = _mine(organization_id, intake.id).filter(state__in=GOING)
        unseen = bool(kept) or (state == "failed" and intake.file_key is not None)
        end = {"state": state, "result": result, "ended_at": moment_at, "unseen": unseen or None}
        if not mine.update(**end, content=kept.encode("utf-8-sig") if kept else None):
            return
        if state == "done":
            _keep_mapping(organization_id, intake, moment_at)
        entry = Happened(
            at=moment_at,
            event=f"listen:file:{'imported' if state == 'done' else 'failed'}",
            subject="file",
            subject_id=intake.id,
            data={"kind": intake.plan["kind"], "rows": intake.rows, "counts": result["counts"]},
            actor_id=_decided(intake),
        )
        record(organization_id=organization_id, entries=[entry])


def _keep_mapping(organization_id: int, intake: Intake, moment_at: datetime) -> None:
    """Keep the mapping with its source; its `live_from` was of the first file and is not said again."""
    kept = {
        "header": intake.header,
        "name": intake.plan["name"] or PurePath(intake.name).stem[:120],
        "plan": intake.plan | {"live_from": None, "mode": "live"},
        "used_at": moment_at,
    }
    FileMapping.objects.update_or_create(
        organization_id=organization_id,
        header_key=header_key(intake.header),
        defaults=kept,
        create_defaults=kept | {"by_id": intake.by_id, "kept_at": moment_at},
    )


def intake_drop(*, organization_id: int, intake_id: int, now: datetime) -> None:
    """This function will forget a file that was not imported; what it held is gone at once.

    Raises UnableToTakeFile.
    """
    intake = _open(organization_id, intake_id)
    intake.state, intake.content, intake.result, intake.ended_at = "dropped", None, {}, now
    intake.save(update_fields=["state", "content", "result", "ended_at"])


def mapping_forget(*, organization_id: int, mapping_id: int, by: int | None, now: datetime) -> None:
    """This function will forget the mapping kept for a header; the next file of it is drafted anew."""
    kept = FileMapping.objects.filter(organization_id=organization_id, id=mapping_id).select_for_update().first()
    if kept is None:
        return
    entry = Happened(
        at=now,
        event="listen:mapping:forgotten",
        subject="mapping",
        subject_id=kept.id,
        data={"kind": kept.plan["kind"], "source": kept.plan["source"]},
        actor_id=by,
    )
    kept.delete()
    record(organization_id=organization_id, entries=[entry])


def intakes_prune(*, organization_id: int, now: datetime) -> int:
    """This function will drop what nobody decided on for a day; return how many."""
    left = Intake.objects.filter(organization_id=organization_id, state__in=OPEN, brought_at__lt=now - KEPT_FOR)
    return left.update(state="dropped", content=None, result={}, ended_at=now)


def intakes_hear_erased(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Forget what any file here still held, as it may name who is erased (handler of customers:customer:erased).

    A file out of the watched folder still lies there, and is taken anew: of who is erased nothing is written down.
    """
    if not may_be_named(entries):
        return
    here = Intake.objects.filter(organization_id=organization_id)
    here.filter(state__in=GOING, file_key__isnull=False).delete()
    here.filter(state__in=(*OPEN, *GOING)).update(
        state="dropped", told={"erased": True}, ended_at=max(entry.at for entry in entries)
    )
    here.filter(content__isnull=False).update(content=None)
    for intake in here.exclude(result={}).iterator():
        intake.result |= {"problems": [], "first": []}
        intake.save(update_fields=["result"])


def _sheet(intake: Intake) -> Sheet:
    return sheet_of(name=intake.name, content=bytes(intake.content or b""))


def _mine(organization_id: int, intake_id: int) -> Any:
    return Intake.objects.filter(organization_id=organization_id, id=intake_id)


def _open(organization_id: int, intake_id: int) -> Intake:
    """The file, locked, while a person may still decide on it. Raises UnableToTakeFile."""
    intake: Intake | None = _mine(organization_id, intake_id).select_for_update().first()
    if intake is None or intake.state not in OPEN or intake.content is None:
        raise UnableToTakeFile(UnableToTakeFile.__doc__)
    return intake


def _due(organization_id: int, intake_id: int, state: str) -> Intake | None:
    with tenant(organization_id=organization_id):
        found: Intake | None = _mine(organization_id, intake_id).filter(state=state, content__isnull=False).first()
        return found

"""Reads of the help of a recovery: what there is, what of it was done, and the files that came with it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import attrs

from makegood.core.help.dialogues import Dialogue, UnableToWalk, walked
from makegood.recoveries.frozen import playbook_frozen
from makegood.recoveries.helped import FileLine, FilledLine, HelpState, Subject, TalkLine, TickLine, help_for
from makegood.recoveries.models import HelpFile
from makegood.store.preparing import prepared

DONE = """
SELECT 'recovery', 0, now(), 0, r.playbook_id,
    jsonb_build_object('kind', r.kind, 'customer_id', r.customer_id, 'place_id', r.place_id)
FROM recoveries_recovery r WHERE r.organization_id = %(organization)s AND r.id = %(recovery)s
UNION ALL
SELECT 'tick', t.id, t.at, t.by_id, t.playbook_id, jsonb_build_object('checklist', t.checklist, 'item', t.item)
FROM recoveries_helptick t WHERE t.organization_id = %(organization)s AND t.recovery_id = %(recovery)s
UNION ALL
(SELECT 'form', f.id, f.at, f.by_id, f.playbook_id, jsonb_build_object('form', f.form, 'answers', f.answers, 'files',
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
            'id', k.id, 'field', k.field, 'name', k.name, 'kind', k.kind, 'size', k.size) ORDER BY k.id), '[]')
        FROM recoveries_helpfile k WHERE k.organization_id = f.organization_id AND k.filled_id = f.id))
FROM recoveries_helpform f WHERE f.organization_id = %(organization)s AND f.recovery_id = %(recovery)s
ORDER BY f.at DESC, f.id DESC LIMIT 200)
UNION ALL
(SELECT 'talk', d.id, d.at, d.by_id, d.playbook_id, jsonb_build_object('dialogue', d.dialogue, 'answers', d.answers)
FROM recoveries_helptalk d WHERE d.organization_id = %(organization)s AND d.recovery_id = %(recovery)s
ORDER BY d.at DESC, d.id DESC LIMIT 200)
"""
"""One question for all that was done, since the page of a recovery asks many already."""


class UnknownRecovery(LookupError):
    """There is no such recovery here: look for it in the list."""


@attrs.frozen(kw_only=True)
class KeptFile:
    """A file with its content."""

    name: str
    kind: str
    content: bytes


@attrs.frozen(kw_only=True)
class _Row:
    """One thing that was done, as the database tells it."""

    what: str
    id: int
    at: datetime
    by_id: int
    playbook_id: int
    data: dict[str, Any]


def help_state(*, organization_id: int, recovery_id: int) -> HelpState:
    """This function will read what helps with a recovery and what of it was done, the latest 200 of each.

    Raises UnknownRecovery if there is no such one.
    """
    names = [field.name for field in attrs.fields(_Row)]
    with prepared() as cursor:
        cursor.execute(DONE, {"organization": organization_id, "recovery": recovery_id})
        rows = [_Row(**dict(zip(names, (*row[:-1], json.loads(row[-1])), strict=True))) for row in cursor.fetchall()]
    head = next((row for row in rows if row.what == "recovery"), None)
    if head is None:
        raise UnknownRecovery(UnknownRecovery.__doc__)
    subject = Subject(playbook_id=head.playbook_id, **head.data)
    latest = sorted(rows, key=lambda row: (row.at, row.id), reverse=True)
    frozen = playbook_frozen(organization_id=organization_id, version_id=head.playbook_id)
    return HelpState(
        given=help_for(organization_id=organization_id, recovery=subject),
        fix=frozen.fix(subject.kind).says,
        ticks=tuple(TickLine(at=row.at, by_id=row.by_id, **row.data) for row in rows if row.what == "tick"),
        filled=tuple(_filled(row) for row in latest if row.what == "form"),
        talks=tuple(_talk(organization_id, row) for row in latest if row.what == "talk"),
    )


def _filled(row: _Row) -> FilledLine:
    files = tuple(FileLine(**one) for one in row.data["files"])
    return FilledLine(
        id=row.id, form=row.data["form"], at=row.at, by_id=row.by_id, answers=row.data["answers"], files=files
    )


def _talk(organization_id: int, row: _Row) -> TalkLine:
    frozen = playbook_frozen(organization_id=organization_id, version_id=row.playbook_id)
    code, answers = row.data["dialogue"], row.data["answers"]
    script = next((one for one in frozen.help.dialogues if one.code == code), None)
    return TalkLine(
        dialogue=code,
        title=script.title if script else code,
        answers=said(dialogue=script, answers=answers) if script else (),
        at=row.at,
        by_id=row.by_id,
    )


def said(*, dialogue: Dialogue, answers: list[int]) -> tuple[str, ...]:
    """This function will say in words what the customer answered on a way through a dialogue; nothing off its ways."""
    try:
        positions = walked(dialogue=dialogue, answers=answers)
    except UnableToWalk:
        return ()
    return tuple(
        dialogue.turns[at.turn].answers[number - 1].says for at, number in zip(positions[:-1], answers, strict=True)
    )


def help_file(*, organization_id: int, recovery_id: int, file_id: int) -> KeptFile | None:
    """This function will read a file of a recovery's forms; None if there is no such one there."""
    row = HelpFile.objects.filter(organization_id=organization_id, filled__recovery_id=recovery_id, id=file_id).first()
    return KeptFile(name=row.name, kind=row.kind, content=bytes(row.content)) if row else None

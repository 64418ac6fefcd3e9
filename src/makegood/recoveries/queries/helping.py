"""Reads of the help of a recovery: what there is, what of it was done, and the files that came with it."""

from __future__ import annotations

import attrs

from makegood.core.help.dialogues import Dialogue, UnableToWalk, walked
from makegood.recoveries.frozen import playbook_frozen
from makegood.recoveries.helped import FileLine, FilledLine, HelpState, TalkLine, TickLine, help_for
from makegood.recoveries.models import HelpFile, HelpForm, HelpTalk, HelpTick, Recovery

MOST = 200


@attrs.frozen(kw_only=True)
class KeptFile:
    """A file with its content."""

    name: str
    kind: str
    content: bytes


def help_state(*, organization_id: int, recovery_id: int) -> HelpState:
    """This function will read what helps with a recovery and what of it was done, the latest 200 of each."""
    recovery = Recovery.objects.get(organization_id=organization_id, id=recovery_id)
    here = {"organization_id": organization_id, "recovery_id": recovery_id}
    return HelpState(
        given=help_for(organization_id=organization_id, recovery=recovery),
        ticks=tuple(
            TickLine(checklist=row.checklist, item=row.item, at=row.at, by_id=row.by_id)
            for row in HelpTick.objects.filter(**here).order_by("at", "id")
        ),
        filled=_filled(organization_id, recovery_id),
        talks=tuple(_talk(row) for row in HelpTalk.objects.filter(**here).order_by("-at", "-id")[:MOST]),
    )


def _filled(organization_id: int, recovery_id: int) -> tuple[FilledLine, ...]:
    rows = HelpForm.objects.filter(organization_id=organization_id, recovery_id=recovery_id).order_by("-at", "-id")
    filled = list(rows[:MOST])
    files: dict[int, list[FileLine]] = {}
    for one in (
        HelpFile.objects.filter(organization_id=organization_id, filled_id__in=[row.id for row in filled])
        .defer("content")
        .order_by("id")
    ):
        line = FileLine(id=one.id, field=one.field, name=one.name, kind=one.kind, size=one.size)
        files.setdefault(one.filled_id, []).append(line)
    return tuple(
        FilledLine(
            id=row.id,
            form=row.form,
            at=row.at,
            by_id=row.by_id,
            answers=row.answers,
            files=tuple(files.get(row.id, ())),
        )
        for row in filled
    )


def _talk(row: HelpTalk) -> TalkLine:
    frozen = playbook_frozen(organization_id=row.organization_id, version_id=row.playbook_id)
    script = next((one for one in frozen.help.dialogues if one.code == row.dialogue), None)
    return TalkLine(
        dialogue=row.dialogue,
        title=script.title if script else row.dialogue,
        answers=said(dialogue=script, answers=row.answers) if script else (),
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

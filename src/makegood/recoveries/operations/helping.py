"""What a member does with the help of a step: ticks an item, fills in a form, keeps a talk, or overrules it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import attrs

from makegood.core.help.dialogues import UnableToWalk, walked
from makegood.core.help.files import HEAD
from makegood.core.help.forms import Checked, FileFacts, Form, Upload, as_data, checked
from makegood.core.help.lists import Lack, lack_told
from makegood.journal.operations import Happened, record
from makegood.organizations.models import Member, Organization
from makegood.recoveries.helped import help_for, lacking_of
from makegood.recoveries.models import HelpFile, HelpForm, HelpTalk, HelpTick, Recovery
from makegood.recoveries.operations.changing import UnableToChangeRecovery, recovery_for_change
from makegood.store.bulk import insert

OVERRULES = ("manager", "admin")
ONCE = "ON CONFLICT (organization_id, recovery_id, checklist, item) DO NOTHING"


class UnableToFillForm(ValueError):
    """Some answers cannot be used; `errors` says of each field what to do."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(f"{field}: {says}" for field, says in errors.items()))
        self.errors = dict(errors)


class UnableToUseHelp(ValueError):
    """The playbook of this recovery has no such help for it: reload the recovery."""


@attrs.frozen(kw_only=True)
class NewFile:
    """A file as it was sent."""

    name: str
    content: bytes


def help_tick(
    *, organization_id: int, recovery_id: int, checklist: str, item: str, ticked: bool, by: int, now: datetime
) -> bool:
    """Tick an item of a checklist, or take the tick back; return whether that changed anything.

    Raises UnableToUseHelp for an item that there is not, UnableToChangeRecovery where the recovery is not open.
    """
    recovery = recovery_for_change(organization_id=organization_id, recovery_id=recovery_id)
    given = help_for(organization_id=organization_id, recovery=recovery)
    if not any(one.code == item for listed in given.checklists if listed.code == checklist for one in listed.items):
        raise UnableToUseHelp(UnableToUseHelp.__doc__)
    key = {"organization_id": organization_id, "recovery_id": recovery_id, "checklist": checklist, "item": item}
    if ticked:
        row = key | {"playbook_id": recovery.playbook_id, "at": now, "by_id": by}
        changed = bool(insert(HelpTick, tuple(row), [tuple(row.values())], on_conflict=ONCE, returning=("id",)))
    else:
        changed = bool(HelpTick.objects.filter(**key).delete()[0])
    if changed:
        _tell(recovery, "ticked", {"checklist": checklist, "item": item, "ticked": ticked}, by=by, now=now)
    return changed


def help_form_fill(
    *,
    organization_id: int,
    recovery_id: int,
    form: str,
    typed: Mapping[str, str],
    files: Mapping[str, NewFile],
    by: int,
    now: datetime,
) -> int:
    """Keep the answers to a form, with its files; what was filled in before stays. Return its id.

    Raises UnableToFillForm naming each field that cannot be used, UnableToUseHelp for a form that there is not, and
    UnableToChangeRecovery where the recovery is not open.
    """
    recovery = recovery_for_change(organization_id=organization_id, recovery_id=recovery_id)
    given = help_for(organization_id=organization_id, recovery=recovery)
    asked = next((one for one in given.forms if one.code == form), None)
    if asked is None:
        raise UnableToUseHelp(UnableToUseHelp.__doc__)
    found = _answers(asked, typed, files, recovery)
    filled = HelpForm.objects.create(
        organization_id=organization_id,
        recovery_id=recovery_id,
        playbook_id=recovery.playbook_id,
        form=form,
        at=now,
        by_id=by,
        answers={code: as_data(value) for code, value in found.values.items() if not isinstance(value, FileFacts)},
    )
    HelpFile.objects.bulk_create(
        HelpFile(
            organization_id=organization_id,
            filled=filled,
            field=code,
            name=value.name,
            kind=value.kind,
            size=value.size,
            content=files[code].content,
        )
        for code, value in found.values.items()
        if isinstance(value, FileFacts)
    )
    _tell(recovery, "filled", {"form": form, "filled": filled.id}, by=by, now=now)
    return filled.id


def _answers(asked: Form, typed: Mapping[str, str], files: Mapping[str, NewFile], recovery: Recovery) -> Checked:
    organization = Organization.objects.only("currency").get(id=recovery.organization_id)
    found = checked(
        form=asked,
        typed=typed,
        files={
            code: Upload(name=one.name, size=len(one.content), head=one.content[:HEAD]) for code, one in files.items()
        },
        currency=recovery.currency or organization.currency,
    )
    if found.errors:
        raise UnableToFillForm(found.errors)
    if not found.values:
        raise UnableToFillForm({asked.fields[0].code: "Fill in at least one of these."})
    return found


def help_talk_keep(
    *, organization_id: int, recovery_id: int, dialogue: str, answers: Sequence[int], by: int, now: datetime
) -> None:
    """Keep how a talk went, once it came to an end.

    Raises UnableToUseHelp for a dialogue or a way through it that there is not, or that has not ended;
    UnableToChangeRecovery where the recovery is not open.
    """
    recovery = recovery_for_change(organization_id=organization_id, recovery_id=recovery_id)
    given = help_for(organization_id=organization_id, recovery=recovery)
    script = next((one for one in given.dialogues if one.code == dialogue), None)
    try:
        end = walked(dialogue=script, answers=answers)[-1].turn if script else ""
    except UnableToWalk as error:
        raise UnableToUseHelp(str(error)) from error
    if script is None or not script.turns[end].ends:
        raise UnableToUseHelp("Talk it through to an end before it is kept.")
    HelpTalk.objects.create(
        organization_id=organization_id,
        recovery_id=recovery_id,
        playbook_id=recovery.playbook_id,
        dialogue=dialogue,
        answers=list(answers),
        at=now,
        by_id=by,
    )
    _tell(recovery, "talked", {"dialogue": dialogue, "end": end}, by=by, now=now)


def help_lacking(*, organization_id: int, recovery: Recovery, step: str) -> tuple[Lack, ...]:
    """List what must be ticked or filled in before a member may record this step as done."""
    return lacking_of(organization_id=organization_id, recovery=recovery, step=step)


def help_overrule(
    *,
    organization_id: int,
    recovery: Recovery,
    step: str,
    lacks: Sequence[Lack],
    by: int,
    reason: str,
    now: datetime,
) -> None:
    """Let a step be done though something that it asks for is missing: a manager's word, with a written reason.

    Raises UnableToChangeRecovery, saying what is missing, without such a reason or from anybody else.
    """
    above = Member.objects.filter(organization_id=organization_id, id=by, role__in=OVERRULES, active=True).exists()
    if not reason.strip() or not above:
        anyway = "or record it all the same, with a written reason" if above else "a manager may record it without"
        raise UnableToChangeRecovery(f"{lack_told(lacks=lacks)[:-1]}; {anyway}.")
    _tell(recovery, "overruled", {"step": step, "lacking": [one.code for one in lacks]}, by=by, now=now)


def _tell(recovery: Recovery, action: str, data: Mapping[str, object], *, by: int, now: datetime) -> None:
    record(
        organization_id=recovery.organization_id,
        entries=[
            Happened(
                at=now,
                event=f"recoveries:recovery:{action}",
                subject="recovery",
                subject_id=recovery.id,
                data=dict(data),
                actor_id=by,
            )
        ],
    )

"""Data in, among the settings: the form that takes a file, what came lately, what is known, the watched folder."""

from __future__ import annotations

from django.urls import reverse

from makegood.console.building.words import said_at
from makegood.console.desk import Desk
from makegood.console.permissions import RUNS
from makegood.console.viewmodels import (
    Action,
    Empty,
    Fact,
    Field,
    Form,
    Link,
    SettingsSection,
    Table,
    TableRow,
    Tag,
)
from makegood.console.viewmodels.today import FileLine
from makegood.listen.intake.columns import KINDS
from makegood.listen.intake.folders import folder_of
from makegood.listen.intake.queries import (
    IntakeFacts,
    MappingFacts,
    folder_facts,
    intakes_recent,
    intakes_unseen,
    mappings_all,
)
from makegood.listen.intake.reading import MOST_BYTES, MOST_COLUMNS, MOST_ROWS
from makegood.organizations.queries import organization_facts

STATES = {
    "drafted": ("look at its columns", "gold"),
    "checking": ("being tried", "plain"),
    "checked": ("tried, not imported", "gold"),
    "waiting": ("being imported", "plain"),
    "done": ("imported", "glaze"),
    "failed": ("failed", "clay"),
    "dropped": ("dropped", "plain"),
}
LIMITS = (
    "CSV with a header in its first row (commas, semicolons or tabs), or JSON lines. UTF-8 is best; no zip, no Excel "
    f"file. At most {MOST_BYTES // 1024 // 1024} MB, {MOST_ROWS:,} rows and {MOST_COLUMNS} columns."
)


def short_kind(kind: str) -> str:
    """This function will name a kind of file in a word or two."""
    return KINDS[kind][0].split(":")[0]


def overview(desk: Desk) -> tuple[SettingsSection, ...]:
    """This function will show how files come in: the form, those that came lately, and the mappings kept."""
    return (_bring(), _recent(desk), _kept(desk), _folder(desk))


def file_lines(desk: Desk) -> tuple[FileLine, ...]:
    """This function will show the files of which something could not be taken in to who may see to them."""
    if not desk.may("data-file"):
        return ()
    return tuple(
        FileLine(
            name=one.name,
            text=f"{_tag(one).text}. All others are in."
            if one.state == "done"
            else "Nothing of it could be taken in. Its page says why.",
            at=one.ended_at or one.brought_at,
            look=Link(label="See to it", url=reverse("data-file", args=[one.id])),
        )
        for one in intakes_unseen(organization_id=desk.organization_id)
    )


def _folder(desk: Desk) -> SettingsSection:
    """The watched folder: where it is, whether the workers look into it, and what is in the way."""
    found = folder_facts(organization_id=desk.organization_id)
    code = organization_facts(organization_id=desk.organization_id).code
    way, label, style = ("unwatch", "Watch it no more", "plain") if found.active else ("watch", "Watch it", "go")
    looked = said_at(desk, found.looked_at) if found.looked_at else "not yet"
    return SettingsSection(
        title="The watched folder",
        key="folder",
        danger=bool(found.trouble),
        lead=found.trouble
        or "Every file left here is imported with the columns known for its header, and moved to “done”, or to "
        "“failed” with a report beside it. Of a file with a few wrong rows all others are taken, and those lie in "
        "“failed”. Managers are told of both.",
        facts=(
            Fact(label="Folder", value=str(folder_of(code)), note="on the machine that runs the workers"),
            Fact(label="Now", value=f"watched, last looked into {looked}" if found.active else "not watched"),
        ),
        actions=(Action(label=label, url=reverse("data-act", args=[way]), style=style),)
        if desk.facts.role in RUNS
        else (),
    )


def _bring() -> SettingsSection:
    return SettingsSection(
        title="Bring a file",
        key="bring",
        lead="Customers, purchases, charges, promises, places or people. First you see what is what in it, then what "
        "it would do. Nothing is written before you say Import.",
        forms=(
            Form(
                key="bring-form",
                action=reverse("data-bring"),
                submit="Look at this file",
                multipart=True,
                fields=(Field(name="file", label="The file", kind="file", required=True, hint=LIMITS),),
            ),
        ),
    )


def _recent(desk: Desk) -> SettingsSection:
    rows = tuple(
        TableRow(
            cells=(
                one.name,
                short_kind(one.plan["kind"]) if one.plan else "",
                f"{one.rows:,}",
                one.by or "the watched folder",
                said_at(desk, one.brought_at),
            ),
            url=reverse("data-file", args=[one.id]),
            tag=_tag(one),
        )
        for one in intakes_recent(organization_id=desk.organization_id)
    )
    return SettingsSection(
        title="Files that came",
        key="files",
        table=Table(
            caption="Files that came",
            head=("File", "What", "Rows", "Brought by", "When"),
            rows=rows,
            numeric=(2,),
            empty=Empty(title="No files yet", text="Bring the first one above."),
        ),
    )


def _tag(one: IntakeFacts) -> Tag:
    aside = len(one.result.get("aside", ()))
    if one.unseen and one.state == "done":
        return Tag(text=f"{aside:,} row{'' if aside == 1 else 's'} put aside", tone="gold")
    text, tone = STATES[one.state]
    return Tag(text=text, tone=tone)


def _kept(desk: Desk) -> SettingsSection:
    rows = tuple(_kept_row(desk, one) for one in mappings_all(organization_id=desk.organization_id))
    return SettingsSection(
        title="Columns that are known",
        key="mappings",
        lead="A file with one of these headers is read as the one before. If its header changes, you are asked again.",
        table=Table(
            caption="Columns that are known",
            head=("Of", "What", "Columns", "Last used"),
            rows=rows,
            empty=Empty(title="None yet", text="What you say of a file's columns is kept once it is imported."),
        ),
    )


def _kept_row(desk: Desk, one: MappingFacts) -> TableRow:
    header = ", ".join(one.header[:6]) + (f" and {len(one.header) - 6} more" if len(one.header) > 6 else "")
    return TableRow(
        cells=(one.name, short_kind(one.kind), header, said_at(desk, one.used_at)),
        actions=(
            Action(
                label="Forget",
                about=f"the columns of {one.name}",
                url=reverse("data-act", args=["forget"]),
                hidden=(("mapping", str(one.id)),),
            ),
        ),
    )

"""The page of one file that was brought: its columns, what it would do, what is wrong with it, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse

from makegood.console.asking import choices, select
from makegood.console.building.data_aside import aside_sections, lead_said, rows_said, unseen_sections
from makegood.console.building.playbooks import playbook_title, playbooks_listed
from makegood.console.building.sender import sender_doubt, sender_links, sender_said
from makegood.console.building.setting_up import set_up_left
from makegood.console.building.words import said_at
from makegood.console.desk import ROLE_WORDS, Desk
from makegood.console.permissions import KINDS_BY_ADMINS, RUNS
from makegood.console.viewmodels import Action, Choice, Empty, Fact, Field, Form, Link, SettingsSection, Table, TableRow
from makegood.listen.intake.apart import TOO_MANY
from makegood.listen.intake.columns import AMOUNTS, FAMILY, GIVEN, KINDS, NAMED, SOURCED, TIMES, columns_for
from makegood.listen.intake.person_names import NAMES
from makegood.listen.intake.queries import IntakeFacts, intake_samples
from makegood.listen.intake.turning import label_of
from makegood.listen.intake.values import DECIMALS, ORDERS
from makegood.organizations.choosing import accounts_mailed
from makegood.promises.queries import sources_all

GOING = ("checking", "waiting")
ROWS_SAID = {
    "new": "New",
    "changed": "Changed",
    "known": "Known already: what is new of them is added",
    "same": "Known already: nothing changes",
    "differ": "Known already with other values, which stay",
    "refused": "Wrong: see below",
    "held": "Right, and put aside with a wrong one to which they belong",
}
SHOWN_PROBLEMS = 50


def file_sections(desk: Desk, one: IntakeFacts, *, change: bool) -> tuple[SettingsSection, ...]:
    """This function will show one file as far as it is; `change` asks for its columns once more."""
    if one.state == "drafted" or (one.state == "checked" and change):
        return _asked(desk, one)
    if one.state == "checked":
        return _tried(desk, one)
    if one.state in GOING:
        return (_going(one),)
    return _ended(desk, one)


def _about(one: IntakeFacts) -> tuple[Fact, ...]:
    size = f"{one.size / 1024 / 1024:.1f} MB" if one.size >= 1024 * 1024 else f"{max(1, one.size // 1024)} KB"
    return (Fact(label="Rows", value=f"{one.rows:,}"), Fact(label="Size", value=size))


def _asked(desk: Desk, one: IntakeFacts) -> tuple[SettingsSection, ...]:
    notes = [*one.told.get("notes", [])]
    again: tuple[Action, ...] = ()
    if one.told.get("kept"):
        notes.append(f"Its columns are those of “{one.told['kept']}”, as you said them.")
        again = (Action(label="Try it as before", url=reverse("data-file-act", args=[one.id, "again"]), style="go"),)
    left = [column for column in one.header if column not in one.plan["columns"].values()]
    if left:
        notes.append(f"Nothing is made of: {', '.join(left[:12])}{' and others' if len(left) > 12 else ''}.")
    return (
        SettingsSection(
            title="What is in it",
            key="what",
            facts=(*_about(one), *(Fact(label="Note", value=note) for note in notes)),
            lead=one.told.get("changed", ""),
            danger=bool(one.told.get("changed")),
            forms=(_kind_form(desk, one),),
            actions=again,
        ),
        SettingsSection(
            title="What is what",
            key="columns",
            lead="Choose for each of our columns which one of the file it is. What you do not choose is left out.",
            forms=(_columns_form(desk, one),),
        ),
        SettingsSection(title="Not this file", key="not-this", actions=(_drop(one),)),
    )


def _drop(one: IntakeFacts) -> Action:
    return Action(label="Drop this file", url=reverse("data-file-act", args=[one.id, "drop"]), style="danger")


def _kind_form(desk: Desk, one: IntakeFacts) -> Form:
    allowed = [kind for kind in KINDS if kind not in KINDS_BY_ADMINS or desk.facts.role in RUNS]
    why = one.told.get("kind_why", "")
    return Form(
        key="kind-form",
        action=reverse("data-file-act", args=[one.id, "kind"]),
        submit="It is this",
        style="plain",
        fields=(
            select(
                "kind",
                "This file holds",
                [(kind, KINDS[kind][0]) for kind in allowed],
                value=one.plan["kind"],
                required=True,
                hint=f"Thought so because {why}." if why and why != "you said so" else "",
            ),
        ),
    )


def _columns_form(desk: Desk, one: IntakeFacts) -> Form:
    plan, whys = one.plan, one.told.get("whys", {})
    kind = plan["kind"]
    table = KINDS[kind][1]
    seen = intake_samples(organization_id=desk.organization_id, intake_id=one.id)
    header = [(column, column, seen.get(column, "")) for column in one.header]
    fields = [Field(name="kind", label="", kind="hidden", value=kind)]
    for name in sorted(columns_for(kind), key=lambda name: name not in table.needed and name not in plan["columns"]):
        chosen = plan["columns"].get(name, "")
        fields.append(
            select(
                f"column_{name}",
                label_of(kind, name),
                header,
                value=chosen,
                first="Not in this file",
                required=name in table.needed and not (name == "name" and kind in NAMED),
                hint=_why(chosen, whys.get(name, "")),
            )
        )
    if any(name in TIMES for name in table.columns):
        fields.append(_way("order", "How are its dates written?", ORDERS, plan["order"], one.told.get("order_why", "")))
    if any(name in AMOUNTS for name in table.columns):
        label = "What stands before the cents?"
        fields.append(_way("decimal", label, DECIMALS, plan["decimal"], one.told.get("decimal_why", "")))
    if kind in NAMED:
        fields.append(_names(plan.get("names", ""), one.told.get("names_why", "")))
    if kind in SOURCED:
        fields += _source_fields(desk, one, kind)
    return Form(
        key="columns-form",
        action=reverse("data-file-act", args=[one.id, "check"]),
        submit="Try it: nothing is written yet",
        fields=tuple(fields),
    )


def _why(chosen: str, why: str) -> str:
    return f"Guessed: {why}." if chosen and why else ""


def _way(name: str, label: str, ways: Mapping[str, str], chosen: str, why: str) -> Field:
    """Where the file does not say it nothing is chosen beforehand, and an answer is needed."""
    asked = chosen == "ask"
    plain = "They say the year first" if name == "order" else "There are none"
    return Field(
        name=name,
        label=label,
        kind="radio",
        required=True,
        value="" if asked else (chosen or "plain"),
        hint=(f"Please say it: {why}." if asked else f"Guessed: {why}.") if why else "",
        choices=choices(
            (*([] if asked else [("plain", plain)]), *((way, said.capitalize()) for way, said in ways.items()))
        ),
    )


def _names(chosen: str, why: str) -> Field:
    """How the names of people are written, where they stand in one column."""
    return Field(
        name="names",
        label="How are its names written?",
        kind="radio",
        required=True,
        value=chosen or "plain",
        hint=f"Guessed: {why}." if why else "Of a name in one column. What looks like a company's stays as it is.",
        choices=choices((way or "plain", said) for way, said in NAMES.items()),
    )


def _source_fields(desk: Desk, one: IntakeFacts, kind: str) -> list[Field]:
    plan = one.plan
    known = [(source.code, source.name) for source in sources_all(organization_id=desk.organization_id)]
    fields = [
        select(
            "source",
            "It comes from",
            known,
            value=str(plan["source"]),
            first="A new source",
            hint=_why(str(plan["source"]), one.told.get("source_why", ""))
            or "References are those of a source: take the one whose promises and purchases belong together.",
        ),
        Field(
            name="source_name",
            label="Name of the new source",
            value=str(plan["name"]),
            maxlength=60,
            hint="Only for a new one, such as Web shop or Till.",
        ),
        Field(
            name="mode",
            label="What follows from it at first",
            kind="radio",
            value=str(plan.get("mode", "live")),
            required=True,
            hint="Only for a new source. You switch it in Settings, Sources, where you see what would have been sent.",
            choices=(
                Choice(
                    value="shadow",
                    label="It only watches: all is worked out, and nothing leaves",
                    hint="Recommended until a source is live." if plan.get("mode") == "shadow" else "",
                ),
                Choice(value="live", label="It is live: customers are written to"),
            ),
        ),
    ]
    if kind != "promises":
        return fields
    books = playbooks_listed(organization_id=desk.organization_id)
    live_from = str(plan["live_from"] or "")
    return [
        *fields,
        select(
            "playbook",
            "What is done when one of its promises breaks",
            [(one.code, playbook_title(one)) for one in books],
            value=str(plan["playbook"]),
            hint="Only for a new source; one that is there keeps its own.",
        ),
        Field(
            name="live",
            label="What was due before",
            kind="radio",
            value="day" if live_from else "now",
            required=True,
            hint="Only for a new source.",
            choices=(
                Choice(value="now", label="Is kept on record only: no recovery opens, nothing is sent"),
                Choice(value="day", label="Counts from this day on:"),
            ),
        ),
        Field(name="live_day", label="This day", kind="date", value=live_from[:10]),
    ]


def _tried(desk: Desk, one: IntakeFacts) -> tuple[SettingsSection, ...]:
    result = one.result
    url = reverse("data-file", args=[one.id])
    change = Link(label="Change its columns", url=f"{url}?change=1")
    if result.get("error"):
        return (
            SettingsSection(
                title="It cannot be read",
                key="tried",
                danger=True,
                lead=f"{result['error']}. Nothing was written: mend it and bring it again.",
                links=(change,),
                actions=(_drop(one),),
            ),
        )
    refused, waits = result["counts"]["refused"], result.get("waits", True)
    way = reverse("data-file-act", args=[one.id, "import"])
    accept = Action(label="Import it", url=way, style="go")
    if refused and not waits:
        aside = len(result["aside"])
        label = f"Import all but {rows_said(aside)}"
        accept = Action(label=label, url=way, style="go", hidden=(("apart", "1"),))
    return (
        SettingsSection(
            title="What it would do",
            key="tried",
            lead=lead_said(refused, waits=waits, aside=len(result.get("aside", ()))),
            danger=bool(refused),
            facts=(*_counted(result, one.plan), *_roles(result), *_mailed(desk, one)),
            links=(change, *(sender_links(desk) if _mailed(desk, one) else ())),
            actions=(*(() if refused and waits else (accept,)), _drop(one)),
        ),
        *(_problems(one) if refused else ()),
        _first(one),
    )


def _roles(result: Mapping[str, Any]) -> tuple[Fact, ...]:
    """How many of the new people become what, since the first rows alone may show no admin."""
    told: Mapping[str, int] = result.get("roles", {})
    if not told:
        return ()
    said = ", ".join(f"{ROLE_WORDS[role].lower()}: {many:,}" for role, many in told.items())
    return (Fact(label="What they become", value=said),)


def _mailed(desk: Desk, one: IntakeFacts) -> tuple[Fact, ...]:
    """How many people an import mails at once, and from which address."""
    new = one.result["counts"].get("new", 0)
    if one.plan["kind"] != "members" or not new or not accounts_mailed(organization_id=desk.organization_id):
        return ()
    many = "1 person" if new == 1 else f"{new:,} people"
    said = f"{many}, a link each to choose a password, from {sender_said(desk)}"
    return (Fact(label="Mailed as you import", value=said, note=sender_doubt(desk)),)


def _counted(result: Mapping[str, object], plan: Mapping[str, object]) -> tuple[Fact, ...]:
    counts: Mapping[str, int] = result["counts"]  # type: ignore[assignment]
    facts = [Fact(label=ROWS_SAID[what], value=rows_said(counts[what])) for what in ROWS_SAID if counts.get(what)]
    late, opening = result.get("late", 0), result.get("opening", 0)
    if late:
        said = (
            f"{late:,}; {opening:,} of them since this source went live, which count as broken now"
            if opening
            else f"{late:,}: kept on record only, as they are from before this source went live"
        )
        facts.append(Fact(label="Due already and not kept", value=said))
    if plan.get("source"):
        watches = ", new, which only watches" if plan.get("mode") == "shadow" else ""
        facts.append(Fact(label="Source", value=f"{plan['name']}{watches}"))
    return tuple(facts)


def _problems(one: IntakeFacts) -> tuple[SettingsSection, ...]:
    listed: Sequence[Sequence[object]] = one.result["problems"]
    shown = listed[:SHOWN_PROBLEMS]
    more = f"The first {len(shown)} are shown; the report has up to 1,000." if len(listed) > len(shown) else ""
    return (
        SettingsSection(
            title="What is wrong",
            key="problems",
            lead=f"Rows are counted as in a spreadsheet: the header is row 1. {more}".strip(),
            table=Table(
                caption="What is wrong, row by row",
                head=("Where", "Column", "What is wrong and what to do"),
                rows=tuple(TableRow(cells=(f"Row {row}", str(column), str(text))) for row, column, text in shown),
            ),
            links=(Link(label="Download the report", url=reverse("data-report", args=[one.id])),),
        ),
    )


def _first(one: IntakeFacts) -> SettingsSection:
    kind = one.plan["kind"]
    read = {"name" if name in (GIVEN, FAMILY) else name for name in one.plan["columns"]}
    names = [name for name in KINDS[kind][1].columns if name in read]
    return SettingsSection(
        title="The first rows, as they are read",
        key="first",
        table=Table(
            caption="The first rows, as they are read",
            head=tuple(label_of(kind, name) for name in names),
            rows=tuple(
                TableRow(cells=tuple(_as_read(name, row.get(name, "")) for name in names))
                for row in one.result["first"]
            ),
            empty=Empty(title="None can be read", text="Look at what is wrong above, and at the columns."),
        ),
    )


def _as_read(name: str, text: str) -> str:
    """Dates with the month in letters, so that a day and a month that changed places are seen."""
    if name not in TIMES or not text:
        return text
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{at.day} {at:%B %Y}" + (f" {at:%H:%M}" if len(text) > len("2026-12-31") else "")


def _going(one: IntakeFacts) -> SettingsSection:
    importing = one.state == "waiting"
    end = one.rows - len(one.result.get("aside", ()))
    how_far = f"{one.taken:,} of {rows_said(end)} are in so far. " if importing and one.taken else ""
    return SettingsSection(
        title="It is being imported" if importing else "It is being tried",
        key="going",
        lead=f"{how_far}You can leave this page and come back.",
        facts=_about(one),
        links=(Link(label="Look again", url=reverse("data-file", args=[one.id])),),
    )


def _ended(desk: Desk, one: IntakeFacts) -> tuple[SettingsSection, ...]:
    at = said_at(desk, one.ended_at) if one.ended_at else ""
    if one.state == "dropped":
        why = "Somebody was erased while it waited: bring it again without them." if one.told.get("erased") else ""
        lead = f"Nothing of it was imported, and nothing of it is kept. {why}".strip()
        return (SettingsSection(title="Dropped", key="ended", lead=lead),)
    if one.state == "failed":
        lead = one.result.get("error") or "Nothing of it was imported."
        wrong = _problems(one) if one.result.get("problems") else ()
        facts = _counted(one.result, one.plan) if one.result.get("counts") else ()
        lead = TOO_MANY if one.result.get("waits") else lead
        title = f"It failed, {at}"
        return (
            *unseen_sections(one),
            SettingsSection(title=title, key="ended", danger=True, lead=lead, facts=facts),
            *wrong,
        )
    return (
        *aside_sections(one),
        SettingsSection(
            title=f"Imported, {at}",
            key="ended",
            lead="The same file again changes nothing. Its columns are kept for the next one.",
            facts=(*_about(one), *_counted(one.result, one.plan)),
            links=(Link(label="Bring another file", url=reverse("settings", args=["data"])), *_setting_up(desk)),
        ),
        *(_problems(one) if one.result.get("problems") else ()),
    )


def _setting_up(desk: Desk) -> tuple[Link, ...]:
    """The way back for an admin whom the first hour sent here."""
    left = set_up_left(desk)
    return (left.go,) if left else ()


def passwords_section(passwords: Mapping[str, str]) -> SettingsSection:
    """This function will show the passwords of new accounts, this once."""
    return SettingsSection(
        title="Their passwords: hand them over now",
        key="passwords",
        lead="They are shown this once. Each chooses their own when they first sign in.",
        table=Table(
            caption="Passwords, shown this once",
            head=("E-mail", "Password"),
            rows=tuple(TableRow(cells=pair) for pair in passwords.items()),
        ),
    )

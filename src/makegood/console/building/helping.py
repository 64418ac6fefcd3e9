"""The help of a step as its people see it: checklists, forms, talks, and what of them was done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import attrs
from django.urls import reverse

from makegood.console import permissions
from makegood.console.asking import choices
from makegood.console.building import words
from makegood.console.desk import Desk
from makegood.console.templatetags.makegood_tags import money as written
from makegood.console.viewmodels import Action, Choice, Fact, Field, Form, Link, NextAction
from makegood.console.viewmodels.helping import (
    FilledCard,
    HelpFormCard,
    HelpItem,
    HelpList,
    HelpPanel,
    KeptFileLink,
    TalkCard,
    TalkTold,
)
from makegood.console.viewmodels.shell import ReasonLine
from makegood.core.help import forms as asked
from makegood.core.help.facts import pieces
from makegood.core.help.lists import Checklist, Help, lack_told
from makegood.core.money import Money
from makegood.core.names import first_name
from makegood.core.reasons import because
from makegood.core.steps import UNDONE
from makegood.customers.queries import CustomerFacts
from makegood.makegoods.queries import Gifts
from makegood.recoveries.helped import FilledLine, HelpState
from makegood.recoveries.queries import Case

INPUTS: Final = {
    "text": "text",
    "long_text": "textarea",
    "number": "text",
    "date": "date",
    "time": "time",
    "money": "text",
    "choice": "radio",
    "yes_no": "radio",
    "phone": "tel",
    "email": "email",
    "file": "file",
}
YES_NO: Final = (("yes", "Yes"), ("no", "No"))
MEGABYTE: Final = 1024 * 1024
Names = Mapping[int, str]


def facts_of(
    desk: Desk, case: Case, customer: CustomerFacts, *, fix: str, gifts: Gifts | None = None
) -> dict[str, str]:
    """This function will say the facts of a case by the names that scripts give them; unknown ones are absent.

    What failed is said only where it was promised: what a colleague noted, or they wrote, is not ours to say to them.
    """
    name = first_name(name=customer.name)
    failure = case.failures[0] if case.failures else None
    due = {one.target: one.due_at for one in case.clocks if one.due_at and one.met_at is None}
    word, owed = min(case.words_due.values(), default=None), [one for one in case.makegoods if one.part == "floor"]
    found = {
        "greeting": f"Hello {name}" if name else "",
        "customer": name,
        "member": desk.facts.name,
        "organization": desk.facts.organization,
        "owner": case.owner,
        "what": failure.what.strip().rstrip(".") if failure and failure.promise_id else "",
        "when": words.happened_said(desk, failure) if failure and failure.happened_at else "",
        "price": written(case.price, desk.reader),
        "fix": fix.rstrip("."),
        "fix_by": f"by {words.said_at(desk, due['fix'])}" if "fix" in due else "",
        "next_word": f"by {words.said_at(desk, word)}" if word else "",
        "owed": " and ".join(written(one.value, desk.reader) for one in owed),
        "offer": gifts.gifts[0].title[:1].lower() + gifts.gifts[0].title[1:] if gifts and gifts.gifts else "",
        "code": words.code(case.number),
    }
    return {name: said for name, said in found.items() if said}


def finding_line(evidence: str) -> ReasonLine | None:
    """This function will show the finding that an item or a turn rests on."""
    return words.reason_line(because("help", "", evidence=evidence).as_dict()) if evidence else None


def panels_of(desk: Desk, case: Case, customer: CustomerFacts, state: HelpState, names: Names) -> dict[str, HelpPanel]:
    """This function will lay out the help of each step that has any, for who looks at it."""
    acts = case.state == "open" and not case.review and desk.may("recovery-tick")
    facts = facts_of(desk, case, customer, fix=state.fix)
    found = {}
    for line in case.steps:
        given = _of_step(state.given if acts else _done(state), line.step)
        todo = line.state in UNDONE
        if given:
            lacks = state.lacking(step=line.step) if acts and todo else ()
            found[line.step] = HelpPanel(
                step=line.step,
                lists=tuple(_list(desk, case, one, state, facts, names, acts=acts) for one in given.checklists),
                forms=tuple(_form(desk, case, one, state, facts, names, acts=acts) for one in given.forms),
                talks=_talks(case, given, state, names, acts=acts),
                needed=lack_told(lacks=lacks) if lacks else "",
            )
    return found


def items_of(state: HelpState) -> dict[tuple[str, str], str]:
    """This function will say what each item of a checklist asks, by the codes of list and item; else its list."""
    return {
        (one.code, item.code): f"{one.title}." if "{" in item.says else item.says
        for one in state.given.checklists
        for item in one.items
    }


def anyway_field(desk: Desk, panel: HelpPanel | None, name: str) -> tuple[Field, ...]:
    """This function will ask a manager for the reason to record a step though something is missing from its help."""
    if panel is None or not panel.needed or desk.facts.role not in permissions.CLOSES_WITH_A_REASON:
        return ()
    return (
        Field(name=name, label="Why record it all the same", hint=f"{panel.needed} Or say why not.", maxlength=200),
    )


def asking_why(desk: Desk, action: NextAction | None, panel: HelpPanel | None) -> NextAction | None:
    """This function will ask a manager for that reason in the form of the next thing to do, if it records a step."""
    if action is None or action.form is None:
        return action
    fields = (*action.form.fields, *anyway_field(desk, panel, "anyway"))
    return attrs.evolve(action, form=attrs.evolve(action.form, fields=fields))


def _done(state: HelpState) -> Help:
    """What of the help was used: all that is left to look at where nobody acts any more."""
    ticked, filled = state.ticked, {one.form for one in state.filled}
    talked = {one.dialogue for one in state.talks}
    return Help(
        checklists=tuple(one for one in state.given.checklists if one.code in ticked),
        forms=tuple(one for one in state.given.forms if one.code in filled),
        dialogues=tuple(one for one in state.given.dialogues if one.code in talked),
    )


def _of_step(given: Help, step: str) -> Help:
    return Help(
        checklists=tuple(one for one in given.checklists if one.step == step),
        forms=tuple(one for one in given.forms if one.step == step),
        dialogues=tuple(one for one in given.dialogues if one.step == step),
    )


def _list(
    desk: Desk, case: Case, one: Checklist, state: HelpState, facts: Mapping[str, str], names: Names, *, acts: bool
) -> HelpList:
    ticks = {tick.item: tick for tick in state.ticks if tick.checklist == one.code}
    items = []
    for item in one.items:
        tick = ticks.get(item.code)
        says = pieces(text=item.says, facts=facts)
        by = f"{names.get(tick.by_id, 'a colleague')}, {words.said_at(desk, tick.at)}" if tick else ""
        items.append(
            HelpItem(
                says=says,
                ticked=tick is not None,
                must=item.must,
                by=by,
                reason=finding_line(item.evidence),
                act=Action(
                    label="Take the tick back" if tick else "Tick",
                    url=reverse("recovery-tick", args=[words.code(case.number)]),
                    hidden=(("checklist", one.code), ("item", item.code), ("ticked", "" if tick else "1")),
                )
                if acts
                else None,
            )
        )
    return HelpList(title=one.title, items=tuple(items))


def _form(
    desk: Desk, case: Case, one: asked.Form, state: HelpState, facts: Mapping[str, str], names: Names, *, acts: bool
) -> HelpFormCard:
    filled = [line for line in state.filled if line.form == one.code]
    here = words.code(case.number)
    currency = case.price.currency if case.price else desk.facts.currency
    form = Form(
        key=f"form-{one.code}",
        action=reverse("recovery-form", args=[here, one.code]),
        submit="Keep it",
        style="plain" if filled else "go",
        multipart=any(field.type == "file" for field in one.fields),
        draft=True,
        kept_as=f"form-{one.code}-{len(filled)}",
        fields=tuple(_field(one, field, facts, currency) for field in one.fields),
    )
    return HelpFormCard(
        form_code=one.code,
        title=one.title,
        must=one.must,
        filled=tuple(_filled(desk, here, one, line, names) for line in filled),
        form=form if acts else None,
    )


def field_name(form: asked.Form, field: asked.Field) -> str:
    """This function will name a field of a form so that no other form on the page has it."""
    return f"{form.code}.{field.code}"


def _field(form: asked.Form, field: asked.Field, facts: Mapping[str, str], currency: str) -> Field:
    hints = [field.help]
    bounds = [f"at least {field.minimum}" if field.minimum else ""]
    bounds.append(f"at most {field.maximum}" if field.maximum is not None else "")
    if any(bounds):
        hints.append(" and ".join(one for one in bounds if one).capitalize() + ".")
    if field.type == "file":
        hints.append(f"{', '.join(field.files)}; at most {field.most_bytes // MEGABYTE} MB.")
    return Field(
        name=field_name(form, field),
        label="".join(piece.text for piece in pieces(text=field.label, facts=facts))
        + (f" ({currency})" if field.type == "money" else ""),
        kind=INPUTS[field.type],
        hint=" ".join(one for one in hints if one),
        required=field.required,
        choices=_choices(field),
        big=field.type in ("choice", "yes_no"),
        inputmode="decimal" if field.type in ("number", "money") else "",
        autocomplete="off",
        rows=3,
        maxlength={"text": asked.MOST_TEXT, "long_text": asked.MOST_LONG_TEXT}.get(field.type),
    )


def _choices(field: asked.Field) -> tuple[Choice, ...]:
    if field.type == "yes_no":
        return choices(YES_NO)
    return choices((one.code, one.says) for one in field.choices)


def _filled(desk: Desk, here: str, form: asked.Form, line: FilledLine, names: Names) -> FilledCard:
    """What was filled in, in the order of the form; what the form does not ask any more comes last."""
    known = {field.code: field for field in form.fields}
    order = [*(code for code in known if code in line.answers), *(code for code in line.answers if code not in known)]
    return FilledCard(
        by=names.get(line.by_id, "a colleague"),
        at=line.at,
        answers=tuple(
            Fact(
                label=known[code].label if code in known else code.replace("-", " ").capitalize(),
                value=_value(desk, known.get(code), line.answers[code]),
            )
            for code in order
        ),
        files=tuple(
            KeptFileLink(
                label=one.name, url=reverse("recovery-file", args=[here, one.id]), size=f"{-(-one.size // 1024)} KB"
            )
            for one in line.files
        ),
    )


def _value(desk: Desk, field: asked.Field | None, value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, dict):
        return written(Money(minor=value["minor"], currency=value["currency"]), desk.reader)
    if field is not None and field.type == "choice":
        return next((one.says for one in field.choices if one.code == value), str(value))
    if field is not None and field.type == "date":
        day = date.fromisoformat(value)
        return f"{day:%A} {day.day} {day:%B %Y}"
    return str(value)[:5] if field is not None and field.type == "time" else str(value)


def _talks(case: Case, given: Help, state: HelpState, names: Names, *, acts: bool) -> tuple[TalkCard, ...]:
    found = []
    for one in given.dialogues:
        told = [talk for talk in state.talks if talk.dialogue == one.code]
        if acts or told:
            url = reverse("recovery-talk", args=[words.code(case.number), one.code]) if acts else ""
            found.append(
                TalkCard(
                    link=Link(label=one.title, url=url),
                    told=tuple(
                        TalkTold(by=names.get(talk.by_id, "a colleague"), at=talk.at, answers=talk.answers)
                        for talk in told
                    ),
                )
            )
    return tuple(found)

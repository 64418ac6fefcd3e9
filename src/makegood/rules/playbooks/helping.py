"""Reading what a playbook gives to help with the steps: its checklists, forms and dialogues."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from makegood.core.evidence import REGISTER
from makegood.core.gate import KINDS
from makegood.core.help.dialogues import NEXT, Answer, Dialogue, Turn, flaws
from makegood.core.help.facts import unknown_facts
from makegood.core.help.fitting import CHANNELS, Fits
from makegood.core.help.forms import FILE_KINDS, MOST_BYTES, TYPES, Choice, Field, Form
from makegood.core.help.lists import Checklist, Help, Item
from makegood.core.steps import Step
from makegood.rules.nodes import Node

CODE: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,38}")
CODE_MEANS: Final = "a short name of small letters, digits, - and _, such as what-arrived"
MEGABYTE: Final = 1024 * 1024
NUMBERS: Final = ("number", "money")


def read_help(node: Node) -> Help:
    """This function will read the help of a playbook. Raises UnusablePack where anything in it cannot be used."""
    node.keys(may="checklists forms dialogues")
    given = Help(
        checklists=tuple(_checklist(one) for one in node.many("checklists")),
        forms=tuple(_form(one) for one in node.many("forms")),
        dialogues=tuple(_dialogue(one) for one in node.many("dialogues")),
    )
    for key, listed in (("checklists", given.checklists), ("forms", given.forms), ("dialogues", given.dialogues)):
        _once(node.many(key), [one.code for one in listed])
    _forms_to_send_to(node, given)
    return given


def _once(nodes: Sequence[Node], codes: Sequence[str]) -> None:
    for number, code in enumerate(codes):
        if code in codes[:number]:
            raise nodes[number].wrong(f"has the code {code}, which another has already", key="code")


def _code(node: Node) -> str:
    return node["code"].pattern(CODE, means=CODE_MEANS)


def _step(node: Node) -> str:
    return node["step"].one_of(*Step)


def _fits(node: Node) -> Fits:
    return Fits(
        kinds=frozenset(one.one_of(*sorted(KINDS)) for one in node.many("kinds")),
        channels=frozenset(one.one_of(*CHANNELS) for one in node.many("channels")),
    )


def _evidence(node: Node) -> str:
    return node["evidence"].one_of(*REGISTER) if "evidence" in node else ""


def _true(node: Node, key: str) -> bool:
    return key in node and node[key].true_or_false()


def _said(node: Node) -> str:
    text = node.text()
    if wrong := unknown_facts(text):
        raise node.wrong(f"names {wrong[0]}, which is no fact of a case")
    return text


def _checklist(node: Node) -> Checklist:
    node.keys(needs="code step title items", may="kinds channels")
    nodes = node.many("items", least=1)
    items = tuple(_item(one) for one in nodes)
    _once(nodes, [one.code for one in items])
    return Checklist(code=_code(node), step=_step(node), title=node["title"].text(), items=items, fits=_fits(node))


def _item(node: Node) -> Item:
    node.keys(needs="code says", may="must evidence")
    return Item(code=_code(node), says=_said(node["says"]), must=_true(node, "must"), evidence=_evidence(node))


def _form(node: Node) -> Form:
    node.keys(needs="code step title fields", may="must kinds channels")
    nodes = node.many("fields", least=1)
    fields = tuple(_field(one) for one in nodes)
    _once(nodes, [one.code for one in fields])
    return Form(
        code=_code(node),
        step=_step(node),
        title=node["title"].text(),
        fields=fields,
        must=_true(node, "must"),
        fits=_fits(node),
    )


def _field(node: Node) -> Field:
    node.keys(needs="code type label", may="help required minimum maximum choices files most_mb")
    field = Field(
        code=_code(node),
        type=node["type"].one_of(*TYPES),
        label=_said(node["label"]),
        help=_said(node["help"]) if "help" in node else "",
        required=_true(node, "required"),
        minimum=_bound(node, "minimum"),
        maximum=_bound(node, "maximum"),
        choices=tuple(_choice(one) for one in node.many("choices")),
        files=tuple(one.one_of(*FILE_KINDS) for one in node.many("files")),
        most_bytes=node["most_mb"].whole(least=1, most=MOST_BYTES // MEGABYTE) * MEGABYTE
        if "most_mb" in node
        else MOST_BYTES,
    )
    _belongs(node, field)
    return field


def _belongs(node: Node, field: Field) -> None:
    """Raise UnusablePack for what a field of this type has no use for, or lacks."""
    for key, types in (
        ("minimum", NUMBERS),
        ("maximum", NUMBERS),
        ("choices", ("choice",)),
        ("files", ("file",)),
        ("most_mb", ("file",)),
    ):
        if key in node and field.type not in types:
            raise node.wrong(f"has {key}, which is for {' and '.join(types)} only", key=key)
    if field.type == "choice" and not field.choices:
        raise node.wrong("is a choice without choices: name at least one")
    if field.type == "file" and not field.files:
        raise node.wrong(f"is a file without files: name the kinds that it takes, of {', '.join(FILE_KINDS)}")
    if field.minimum is not None and field.maximum is not None and field.minimum > field.maximum:
        raise node.wrong("must be no more than maximum", key="minimum")
    _once(node.many("choices"), [one.code for one in field.choices])


def _bound(node: Node, key: str) -> Decimal | None:
    return Decimal(str(node[key].number(least=-1e12, most=1e12))) if key in node else None


def _choice(node: Node) -> Choice:
    node.keys(needs="code says")
    return Choice(code=_code(node), says=node["says"].text())


def _dialogue(node: Node) -> Dialogue:
    node.keys(needs="code step title start turns", may="kinds channels")
    found = Dialogue(
        code=_code(node),
        step=_step(node),
        title=node["title"].text(),
        start=node["start"].text(),
        turns={name: _turn(one) for name, one in node["turns"].items()},
        fits=_fits(node),
    )
    for flaw in flaws(dialogue=found):
        turns = node["turns"]
        if not flaw.turn:
            raise node["start"].wrong(flaw.says)
        turn = turns[flaw.turn]
        raise (turn if flaw.answer is None else turn.many("answers")[flaw.answer]).wrong(flaw.says)
    return found


def _turn(node: Node) -> Turn:
    node.keys(needs="say", may="do answers then form evidence")
    then = node["then"].one_of(*NEXT) if "then" in node else ""
    form = node["form"].text() if "form" in node else ""
    if bool(form) != (then == "fill_form"):
        raise node.wrong("must have form, the code of one, where then is fill_form, and only there")
    return Turn(
        say=tuple(one.text() for one in node.many("say", least=1)),
        do=node["do"].text() if "do" in node else "",
        answers=tuple(_answer(one) for one in node.many("answers")),
        then=then,
        form=form,
        evidence=_evidence(node),
    )


def _answer(node: Node) -> Answer:
    node.keys(needs="says to")
    return Answer(says=node["says"].text(), to=node["to"].text())


def _forms_to_send_to(node: Node, given: Help) -> None:
    """Raise UnusablePack where an end sends to a form that the playbook does not have."""
    codes = {one.code for one in given.forms}
    for at, dialogue in zip(node.many("dialogues"), given.dialogues, strict=True):
        for name, turn in dialogue.turns.items():
            if turn.form and turn.form not in codes:
                raise at["turns"][name].wrong(f"names {turn.form}, which is no form of this playbook", key="form")

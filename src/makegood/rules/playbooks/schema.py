"""The JSON Schema of playbooks, drawn up by watching the loader read those that come with Makegood.

What the loader asks of a value (its keys, bounds, choices, pattern) is noted where it asks, so that the schema cannot
say anything else than the loader. It holds for what one value alone can show; the loader checks more, such as a
warning that would come before its clock starts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

import attrs

from makegood.rules.nodes import FRACTION, Node, read_yaml
from makegood.rules.playbooks import names, read, text_of

MEANS: Final[Mapping[str, str]] = {
    "code": "The playbook's short name; publishing under it again makes its next version.",
    "title": "For whom it is, in a few words.",
    "promises": "How a broken promise is judged, by the promise's kind; default stands for every other kind.",
    "promises.*.notice_minutes": "How late a promise has to be before the customer notices; less is quiet.",
    "promises.*.certain_to_notice": "Whether the customer notices at once, so that any lateness counts.",
    "promises.*.severity": "How grave it is, 1 to 4, before the rules of severity are asked.",
    "burst": "When failures are so many at once that an incident is proposed.",
    "severity.rules": "The gravest rule that fits counts; an absent condition fits everything.",
    "severity.watch_days": "A second failure within so many days is one graver, and its owner one tier higher.",
    "owners.tiers": "The tier of the owner by severity: 1 employee, 2 manager, 3 admin.",
    "owners.team": "The team that owns these recoveries, by its name.",
    "clocks.calendar": "The calendar whose working minutes count; empty counts every minute.",
    "clocks.new_customer_percent": "The share of each target that a first-time customer waits at most.",
    "clocks.escalation": "A missed clock is told upward again and again until somebody acknowledges it.",
    "steps": "When each of the seven steps is due, by a clock or by its own minutes, and who sends what is said.",
    "acknowledgement": "Who sends the first word; none where the apology goes at once and stands for it.",
    "follow_ups": "What happens how many days after what was given has arrived.",
    "follow_ups.*.groups": "The groups of customers that are looked after so; none are all of them.",
    "expected_loss": "How likely a miss is until enough past cases tell.",
    "floor_packs": "What is owed by law, contract or guarantee: packs, as makegood floor --list names them.",
    "fixes": "What puts it right, by the kind of failure; any stands for every other kind.",
    "remedies": "The extras that may be given, each with the losses that it answers.",
    "close.cause_known_from": "From this severity on, nothing is closed with a cause that is not known; 0 never.",
    "help": "What helps the person who talks to the customer, step by step.",
    "help.checklists": "Things to tick at a step; those that must be ticked keep it from being recorded as done.",
    "help.checklists.*.kinds": "The kinds of failure that it is meant for; none are all of them.",
    "help.checklists.*.channels": "Where the customer can be reached for it; none are everywhere.",
    "help.checklists.*.items.*.must": "Whether the step is not done before this is ticked.",
    "help.forms": "Questions to answer at a step; one that must be filled in keeps it from being recorded as done.",
    "help.forms.*.fields.*.minimum": "The least number or amount; for number and money only.",
    "help.forms.*.fields.*.files": "The kinds of file, known by their content and not by their name; for file only.",
    "help.dialogues": "What to say next, by what the customer answered; names of facts stand in braces.",
    "help.dialogues.*.start": "The turn that it begins with.",
    "help.dialogues.*.turns.*.do": "What to do meanwhile, for the person who talks.",
    "help.dialogues.*.turns.*.answers": "What the customer may answer, each leading to a turn; none where it ends.",
    "help.dialogues.*.turns.*.then": "That the talk ends here, and what to do next.",
    "help.dialogues.*.turns.*.form": "The form to fill in then; where then is fill_form.",
    "why": "Why a choice was made as it was, with the finding that it rests on.",
}
"""What the parts mean, for who writes a playbook; `*` stands for any name or number."""


@attrs.frozen
class Watched(Node):
    """A node that notes in `shape`, the schema of its place, what is asked of it."""

    shape: dict[str, Any] = attrs.field(factory=dict)

    def _below(self, key: str | int, data: Any, shape: dict[str, Any]) -> Watched:
        below = self._child(key, data)
        return Watched(data, below.where, below.path, shape=shape)

    def keys(self, *, needs: str = "", may: str = "") -> Node:
        self.shape.update(type="object", additionalProperties=False)
        if needs:
            self.shape["required"] = sorted(needs.split())
        properties = self.shape.setdefault("properties", {})
        for key in (*needs.split(), *may.split()):
            properties.setdefault(key, {})
        return super().keys(needs=needs, may=may)

    def either(self, *names: str) -> str:
        self.shape["oneOf"] = [{"required": [name]} for name in names]
        return super().either(*names)

    def __getitem__(self, key: str) -> Node:
        return self._below(key, self.data[key], self.shape["properties"][key])

    def items(self, *, needs: str = "") -> Iterator[tuple[str, Node]]:
        self.shape.update(type="object", **({"required": [needs]} if needs else {}))
        each = self.shape.setdefault("additionalProperties", {})
        for key in [name for name, _ in super().items(needs=needs)]:
            yield key, self._below(key, self.data[key], each)

    def parts(self, *, needs: str, may: str = "") -> Iterator[tuple[str, Node]]:
        names = (*needs.split(), *may.split())
        each = self.shape.get("properties", {}).get(names[0], {})
        self.shape["properties"] = dict.fromkeys(names, each)
        return super().parts(needs=needs, may=may)

    def many(self, key: str, *, least: int = 0) -> list[Node]:
        shape = self.shape["properties"][key]
        shape.update(type="array", **({"minItems": least} if least else {}))
        each = shape.setdefault("items", {})
        return [self._below(0, one.data, each) for one in super().many(key, least=least)]

    def text(self) -> str:
        self.shape.update(type="string", pattern=r"\S")
        return super().text()

    def text_or_nothing(self) -> str:
        value = super().text_or_nothing()
        self.shape.clear()
        self.shape["type"] = ["string", "null"]
        return value

    def number(self, *, least: float = 0, most: float = 1e9) -> int | float:
        self.shape.update(type="number", minimum=least, maximum=most)
        return super().number(least=least, most=most)

    def whole(self, *, least: int, most: int) -> int:
        value = super().whole(least=least, most=most)
        self.shape["type"] = "integer"
        return value

    def fraction(self) -> Decimal:
        self.shape.update(type="string", pattern=f"^({FRACTION.pattern})$")
        return super().fraction()

    def pattern(self, pattern: re.Pattern[str], *, means: str) -> str:
        self.shape.update(type="string", pattern=f"^({pattern.pattern})$")
        return super().pattern(pattern, means=means)

    def true_or_false(self) -> bool:
        self.shape["type"] = "boolean"
        return super().true_or_false()

    def day(self) -> date:
        self.shape.update(type="string", format="date")
        return super().day()

    def one_of(self, *choices: str) -> str:
        self.shape["enum"] = list(choices)
        return super().one_of(*choices)


def schema() -> dict[str, Any]:
    """This function will draw up the JSON Schema (draft 2020-12) of a playbook as the loader reads it."""
    shape: dict[str, Any] = {}
    for name in names():
        where = f"{name}.yaml"
        read(Watched(read_yaml(text_of(name), where=where).data, where, shape=shape))
    for path, means in MEANS.items():
        _place(shape, path)["description"] = means
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Makegood playbook",
        "description": "What is done for which failure: publish it in Settings, check it with makegood playbook check.",
    }
    return {**head, **shape}


def schema_text() -> str:
    """This function will write the schema as the reference publishes it."""
    return json.dumps(schema(), indent=2, sort_keys=True) + "\n"


def _place(shape: dict[str, Any], path: str) -> dict[str, Any]:
    for key in path.split("."):
        shape = shape.get("items") or shape["additionalProperties"] if key == "*" else shape["properties"][key]
    return shape

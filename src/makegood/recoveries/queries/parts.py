"""The parts of a recovery that a person can overwrite, as plain text: a form carries the one that it was made from.

Two people may work on one recovery at once. What a form would overwrite is compared, when it comes, with what stands
there by then: other parts may have changed meanwhile and nobody is stopped.
"""

from __future__ import annotations

from makegood.core.steps import UNDONE
from makegood.recoveries.queries.lines import Case

WAITS = ("planned", "due")


def part_value(*, case: Case, part: str) -> str:
    """This function will write one part of a recovery: codes and ids in the first line, words after it.

    `part` is owner, severity, fault, pause, cause, customer, persons (what people did and what the customer wrote),
    step:NAME, follow_up:ID or message:ID. Raises KeyError for any other.
    """
    name, _, which = part.partition(":")
    return (_ONE[name](case) if not which else _SOME[name](case, which)).replace("\r\n", "\n")


def parts_changed(*, case: Case, seen: dict[str, str]) -> tuple[str, ...]:
    """This function will name the parts that are not any more as they were seen; `seen` maps each to its value."""
    return tuple(part for part, was in seen.items() if part_value(case=case, part=part) != was.replace("\r\n", "\n"))


def _pause(case: Case) -> str:
    paused = next((one for one in case.pauses if one.to_at is None), None)
    return f"{paused.reason}\n{paused.note}" if paused else ""


def _cause(case: Case) -> str:
    ids = ",".join(str(one.cause_id) for one in case.failures if one.cause_id)
    improve = next((one for one in case.steps if one.step == "improve"), None)
    return ids if ids or improve is None or improve.state != "skipped" else f"unknown\n{improve.note}"


def _persons(case: Case) -> str:
    """How much people did, and how much the customer wrote."""
    done = [line.at for line in case.timeline if line.actor_id]
    wrote = sum(one.direction == "in" for one in case.messages)
    return f"{done[-1].isoformat() if done else ''} {len(done)} {wrote}"


def _step(case: Case, which: str) -> str:
    line = next((one for one in case.steps if one.step == which), None)
    return "" if line is None or line.state in UNDONE else f"{line.state}\n{line.note}"


def _follow_up(case: Case, which: str) -> str:
    line = next((one for one in case.follow_ups if str(one.id) == which), None)
    return "" if line is None or line.state in WAITS else f"{line.state} {line.outcome}".strip()


def _message(case: Case, which: str) -> str:
    line = next((one for one in case.messages if str(one.id) == which), None)
    return f"{line.state}\n{line.subject}\n{line.body}" if line else ""


_ONE = {
    "owner": lambda case: str(case.owner_id),
    "severity": lambda case: str(case.severity),
    "fault": lambda case: case.fault,
    "pause": _pause,
    "cause": _cause,
    "customer": lambda case: f"{case.customer_id}\n{case.customer}",
    "persons": _persons,
}
_SOME = {"step": _step, "follow_up": _follow_up, "message": _message}

"""What a playbook does for one case, and what another playbook would have done otherwise: pure, from plain facts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import attrs

from makegood.core.money import Money
from makegood.core.plans import HIGHEST_TIER, severity
from makegood.core.remedies import choose
from makegood.core.steps import FACES, Step
from makegood.rules.playbooks import Playbook

TIERS: Final = {1: "an employee", 2: "a manager", 3: "an admin"}
DAY, HOUR = 1440, 60


@attrs.frozen(kw_only=True)
class Case:
    """One failure as a playbook sees it: kind, loss, severity noticed (1-4), price, the customer's group, and so on.

    `repeated` is whether the customer was failed before within the watch; `kept_service` whether they kept what was
    bought; `answer_late` whether our first answer missed its clock. `floor` is what is owed, `limit` what the giver
    may spend; both None for none.
    """

    kind: str
    loss: str
    noticed: int
    price: Money | None = None
    group: str = "regular"
    repeated: bool = False
    kept_service: bool | None = None
    answer_late: bool = False
    floor: Money | None = None
    limit: Money | None = None


@attrs.frozen(kw_only=True)
class Treatment:
    """What is done for one case: minutes by target and step (a step's clock or its own minutes), who sends, who owns.

    `remedy` is the code of the extra that is proposed, empty where none may be.
    """

    severity: int
    tier: int
    team: str
    calendar: str
    targets: tuple[tuple[str, int], ...]
    steps: tuple[tuple[str, int, str], ...]
    acknowledgement: str
    fix: str
    remedy: str
    remedy_title: str
    follow_ups: tuple[tuple[str, int, str], ...]
    repeat_minutes: int
    repeats: int
    then_minutes: int
    cause_must_be_known: bool


@attrs.frozen(kw_only=True)
class Otherwise:
    """One thing that is treated otherwise: what it is, what it was and what it would be, in plain words."""

    what: str
    was: str
    becomes: str


def treatment(*, playbook: Playbook, case: Case) -> Treatment:
    """This function will say what a playbook does for a case, by the rules that open and plan a recovery."""
    grade = severity(
        kind=case.kind,
        loss=case.loss,
        price=case.price,
        rules=playbook.severity_rules,
        at_least=case.noticed,
        repeated=case.repeated,
    ).severity
    targets = {one: playbook.target_minutes(target=one, group=case.group)[0] for one in playbook.targets}
    remedy = choose(
        loss=case.loss,
        price=case.price,
        kept_service=case.kept_service,
        late=case.answer_late,
        catalogue=playbook.remedies,
        limit=case.limit,
        floor=case.floor,
    ).remedy
    return Treatment(
        severity=grade,
        tier=min(HIGHEST_TIER, playbook.tiers[grade] + case.repeated),
        team=playbook.team,
        calendar=playbook.calendar,
        targets=tuple(targets.items()),
        steps=tuple(
            (str(step), targets[rule.clock] if rule.clock else rule.minutes, rule.send)
            for step, rule in ((step, playbook.steps[step]) for step in Step)
        ),
        acknowledgement=playbook.acknowledgement,
        fix=playbook.fix(case.kind).title,
        remedy=remedy.code if remedy else "",
        remedy_title=remedy.title if remedy else "",
        follow_ups=tuple((one.action, one.days, one.send) for one in playbook.follow_ups if one.fits(group=case.group)),
        repeat_minutes=playbook.repeat_minutes,
        repeats=playbook.repeats,
        then_minutes=playbook.then_minutes,
        cause_must_be_known=0 < playbook.cause_known_from <= grade,
    )


def treatment_of(*, playbook: Playbook, cases: Sequence[Case]) -> Treatment:
    """This function will say what a playbook does for the failures of one recovery: of all the gravest counts.

    What puts it right, and the extra, are those of the first.
    """
    each = [treatment(playbook=playbook, case=one) for one in cases]
    gravest = max(each, key=lambda one: one.severity)
    return attrs.evolve(gravest, fix=each[0].fix, remedy=each[0].remedy, remedy_title=each[0].remedy_title)


def treated_otherwise(*, was: Treatment, becomes: Treatment) -> tuple[Otherwise, ...]:
    """This function will list what differs between two treatments of one case; nothing where they are the same."""
    found = [Otherwise(what=what, was=old, becomes=new) for what, old, new in _pairs(was, becomes) if old != new]
    return tuple(found)


def _pairs(was: Treatment, becomes: Treatment) -> list[tuple[str, str, str]]:
    pairs = [
        ("How grave", str(was.severity), str(becomes.severity)),
        ("Owner", TIERS[was.tier], TIERS[becomes.tier]),
        ("Team", was.team or "any", becomes.team or "any"),
        ("Hours that count", was.calendar or "every hour", becomes.calendar or "every hour"),
        ("First word", said_send(was.acknowledgement), said_send(becomes.acknowledgement)),
        ("Putting it right", was.fix, becomes.fix),
        ("Extra", was.remedy_title or "none", becomes.remedy_title or "none"),
        ("Afterwards", _after(was), _after(becomes)),
        ("A missed clock is told again", _again(was), _again(becomes)),
        ("Cause must be known to close", _yes(was.cause_must_be_known), _yes(becomes.cause_must_be_known)),
    ]
    before, after = dict(was.targets), dict(becomes.targets)
    pairs += [
        (f"Clock: {word}", _minutes(before.get(one)), _minutes(after.get(one))) for one, word in TARGET_WORDS.items()
    ]
    for old_step, new_step in zip(was.steps, becomes.steps, strict=True):
        title = FACES[Step(old_step[0])].title
        if old_step[0] not in before:
            pairs.append((f"{title}: by when", span(old_step[1]), span(new_step[1])))
        pairs.append((f"{title}: who sends", said_send(old_step[2]), said_send(new_step[2])))
    return pairs


TARGET_WORDS: Final = {
    "acknowledge": "first word",
    "own": "owner",
    "remedy": "first remedy",
    "fix": "put right",
    "make_good": "made good",
    "respond": "answer",
    "update": "longest silence",
}
ACTION_WORDS: Final = {
    "ask_score": "ask how it was",
    "check_in": "check in",
    "see_return": "see whether they are back",
}


def said_send(send: str) -> str:
    """This function will say who sends, in words."""
    if send.startswith("after:"):
        return f"by itself after {span(int(send.removeprefix('after:')))}, unless stopped"
    return {"person": "a person", "at_once": "by itself, at once", "none": "the apology is the first word"}[send]


def span(minutes: int) -> str:
    """This function will say a length of time in the largest unit that fits it exactly."""
    unit, word = _unit(minutes)
    count = minutes // unit
    return f"{count} {word}{'' if count == 1 else 's'}"


def _unit(minutes: int) -> tuple[int, Literal["day", "hour", "minute"]]:
    if minutes > DAY and minutes % DAY == 0:
        return DAY, "day"
    return (HOUR, "hour") if minutes and minutes % HOUR == 0 else (1, "minute")


def said_follow_ups(follow_ups: Sequence[tuple[str, int, str]]) -> tuple[str, ...]:
    """This function will say each follow-up: (action, days after what was given arrived, who sends)."""
    return tuple(f"{ACTION_WORDS[action]} on day {days}" for action, days, _ in follow_ups)


def _after(one: Treatment) -> str:
    return ", ".join(said_follow_ups(one.follow_ups))


def _again(one: Treatment) -> str:
    then = f", then every {span(one.then_minutes)}" if one.then_minutes else ""
    return f"every {span(one.repeat_minutes)}, {one.repeats} times{then}"


def _minutes(minutes: int | None) -> str:
    return "none" if minutes is None else span(minutes)


def _yes(held: bool) -> str:
    return "yes" if held else "no"

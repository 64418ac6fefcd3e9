"""Playbooks: what is done for which failure and customer, read from YAML, every clause checked.

A version is frozen onto each recovery as its `data`; `from_data` reads it again, so what was promised stays.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import attrs

from makegood.core.evidence import REGISTER
from makegood.core.gate import KINDS
from makegood.core.help.lists import Help
from makegood.core.plans import HIGHEST_TIER, SeverityRule, shortened
from makegood.core.remedies import FORMS, LOSSES, Remedy, UnusableRemedy
from makegood.core.steps import Step
from makegood.rules import packs
from makegood.rules.nodes import Node, UnusablePack, line_of, read_yaml
from makegood.rules.playbooks.helping import read_help

FOLDER = Path(__file__).parent
TARGETS: Final = ("acknowledge", "own", "remedy", "fix", "make_good", "respond", "update")
OPTIONAL_TARGETS: Final = ("remedy", "update")
"""What a playbook may leave out: the first remedy, and the most time that may pass without a word to the customer."""
STARTING_TARGETS: Final = ("acknowledge", "own", "remedy", "fix", "make_good", "update")
"""The targets whose clocks start with the recovery."""
OPENING_TARGETS: Final = ("acknowledge", "own", "fix", "make_good")
GROUPS: Final = ("new", "regular", "unknown")
ACTIONS: Final = ("ask_score", "check_in", "see_return")
SEND: Final = re.compile(r"person|at_once|after:[1-9][0-9]{0,4}")
CODE: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
GOES_BY_ITSELF: Final = {
    Step.APOLOGISE: SEND,
    Step.MAKE_GOOD: re.compile(r"person|at_once"),
    Step.COMMUNICATE: SEND,
}
"""The steps whose words, or offer, can leave without a person, and how; at the others only a person knows what."""
SEND_OR_NONE: Final = re.compile(f"{SEND.pattern}|none")
MINUTES: Final = 525_600


class UnusablePlaybook(UnusablePack):
    """A playbook cannot be used; the message says where it is wrong and what belongs there."""


@attrs.frozen(kw_only=True)
class BurstRule:
    """When failures of one source or place are so many that an incident is proposed (see core.bursts)."""

    window_minutes: int
    quantile: Decimal
    weeks_needed: int
    minimum: int
    share: int


@attrs.frozen(kw_only=True)
class PromiseRule:
    """How a broken promise of one kind is judged: what was lost, whose fault, and when lateness is noticed."""

    loss: str
    fault: str
    notice_minutes: int
    certain_to_notice: bool
    severity: int


@attrs.frozen(kw_only=True)
class Target:
    """Minutes until a target must be met, and how many before that its owner is warned; 0 warns nobody."""

    minutes: int
    warn_minutes: int


@attrs.frozen(kw_only=True)
class StepRule:
    """When a step is due, with a clock or so many minutes after the start, and who sends: person, at_once, after:N."""

    minutes: int
    clock: str
    send: str


@attrs.frozen(kw_only=True)
class FollowUpRule:
    """One contact or check, so many days after the make-good was delivered, who sends it, and for which groups.

    No `groups` are all of them.
    """

    action: str
    days: int
    send: str
    groups: tuple[str, ...] = ()

    def fits(self, *, group: str) -> bool:
        """This function will say whether customers of this group are looked after so."""
        return not self.groups or group in self.groups


@attrs.frozen(kw_only=True)
class Fix:
    """What puts one kind of failure right: a title for the step, and the sentence that the customer reads of it."""

    title: str
    says: str


@attrs.frozen(kw_only=True)
class Why:
    """Why one choice of the playbook was made as it was: `of` is the dotted path of the choice, such as clocks.targets.

    `evidence` is the id of a finding in the register, or none where it is the house's own judgement.
    """

    of: str
    says: str
    evidence: str


@attrs.frozen(kw_only=True)
class Playbook:
    """One playbook. Minutes are working minutes of `calendar` where it names one.

    `promises` is by the promise's kind, `default` for the others. `targets` lacks those that the playbook leaves out.
    A missed clock is told again `repeats` times, each `repeat_minutes`, and then each `then_minutes`, until somebody
    acknowledges it; 0 tells it no more. `fixes` says, by kind of failure, what puts it right.
    `acknowledgement` is who sends it, or "none" where the apology goes at once and stands for it.
    `cause_known_from` is the severity from which "not known" is no cause to close with; 0 for none.
    """

    code: str
    title: str
    promises: Mapping[str, PromiseRule]
    burst: BurstRule
    severity_rules: tuple[SeverityRule, ...]
    watch_days: int
    tiers: Mapping[int, int]
    team: str
    calendar: str
    new_customer_percent: int
    targets: Mapping[str, Target]
    repeat_minutes: int
    repeats: int
    then_minutes: int
    steps: Mapping[str, StepRule]
    acknowledgement: str
    follow_ups: tuple[FollowUpRule, ...]
    prior: Decimal
    cases_needed: int
    every_minutes: int
    floor_packs: tuple[str, ...]
    fixes: Mapping[str, Fix]
    remedies: tuple[Remedy, ...]
    cause_known_from: int
    whys: tuple[Why, ...]
    help: Help

    def promise(self, kind: str) -> PromiseRule:
        """This function will say how a broken promise of this kind is judged."""
        return self.promises.get(kind, self.promises["default"])

    def fix(self, kind: str) -> Fix:
        """This function will say what puts this kind of failure right."""
        return self.fixes.get(kind, self.fixes["any"])

    def target_minutes(self, *, target: str, group: str) -> tuple[int, int]:
        """This function will return a target's minutes for this group of customers, and how long before it to warn."""
        rule = self.targets[target]
        percent = self.new_customer_percent if group == "new" else 100
        minutes = shortened(minutes=rule.minutes, percent=percent)
        return minutes, min(rule.warn_minutes * percent // 100, max(minutes - 1, 0))


def names() -> tuple[str, ...]:
    """This function will list the playbooks that come with Makegood."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def text_of(name: str) -> str:
    """This function will return the YAML of a playbook that comes with Makegood. Raises UnusablePlaybook."""
    if name not in names():
        raise UnusablePlaybook(f"there is no playbook {name!r}: use {', '.join(names())}")
    return (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")


@lru_cache
def load(name: str) -> Playbook:
    """This function will load a playbook that comes with Makegood. Raises UnusablePlaybook."""
    return parse(text_of(name), where=f"{name}.yaml")


def data_of(text: str, *, where: str = "playbook") -> dict[str, Any]:
    """This function will check a playbook's YAML and return it as plain JSON data, fit to be frozen.

    Raises UnusablePlaybook, whose message is one line that says where and what.
    """
    node, _ = _parsed(text, where)
    data: dict[str, Any] = node.data
    return data


def parse(text: str, *, where: str = "playbook") -> Playbook:
    """This function will make a playbook of YAML text; `where` names the text in errors, which tell the line.

    Raises UnusablePlaybook.
    """
    return _parsed(text, where)[1]


def _parsed(text: str, where: str) -> tuple[Node, Playbook]:
    try:
        node = read_yaml(text, where=where)
        playbook = read(node)
        _asked_once(node, playbook)
        _packs_known(node)
        _can_go(node)
        return node, playbook
    except UnusablePack as error:
        raise UnusablePlaybook(_told(error, text, where)) from error


def _asked_once(node: Node, playbook: Playbook) -> None:
    """Refuse to ask one customer for two scores of one delivery; what is frozen already is read all the same."""
    asks = [(position, one) for position, one in enumerate(playbook.follow_ups) if one.action == "ask_score"]
    for group in GROUPS:
        fitting = [position for position, one in asks if one.fits(group=group)]
        if len(fitting) > 1:
            raise node.many("follow_ups")[fitting[1]]["action"].wrong(
                f"asks {group} customers for a score twice: a delivery is rated once, so keep one ask_score for them"
            )


def _packs_known(node: Node) -> None:
    """Refuse a pack that cannot be loaded; what is frozen already is read all the same."""
    for one in node.many("floor_packs"):
        if one.text() not in packs.names():
            own = f"your own stand in the folder {packs.OWN_FOLDER}"
            raise one.wrong(f"names no rule pack, which are {', '.join(packs.names())}; {own}")
        try:
            packs.load(one.text())
        except UnusablePack as error:
            raise one.wrong(f"names a rule pack that cannot be used: {error}") from error


def _can_go(node: Node) -> None:
    """Refuse to let go by itself what nothing could say for a person; what is frozen already is read all the same."""
    for step, one in node["steps"].parts(needs=" ".join(Step)):
        allowed = GOES_BY_ITSELF.get(Step(step))
        if allowed is None and one["send"].data != "person":
            raise one["send"].wrong("must be person: what is said at this step only a person can know")
        if allowed is not None and not allowed.fullmatch(str(one["send"].data)):
            raise one["send"].wrong("must be person or at_once: an offer stands from when it is made")


def _told(error: UnusablePack, text: str, where: str) -> str:
    """The error in one line: the file, the line, the place in it and what is wrong there."""
    if not error.problem:
        return str(error)
    place = str(error).removeprefix(where).removesuffix(error.problem).strip(".: ")
    told = (
        f"{where}, line {line_of(text, error.path)}: {place} {error.problem}"
        if place
        else (f"{where}, line {line_of(text, error.path)}: {error.problem}")
    )
    return " ".join(told.split())


def from_data(data: Any, *, where: str = "playbook") -> Playbook:
    """This function will make a playbook of plain data, as `data_of` returned it. Raises UnusablePlaybook."""
    try:
        return read(Node(data, where))
    except UnusablePack as error:
        raise UnusablePlaybook(str(error)) from error


def read(node: Node) -> Playbook:
    """This function will make a playbook of a checked node; the published schema is drawn up by watching it.

    Raises UnusablePack.
    """
    node.keys(
        needs="code title promises burst severity owners clocks steps acknowledgement follow_ups expected_loss fixes",
        may="floor_packs remedies close why help",
    )
    grades = node["severity"].keys(needs="watch_days", may="rules")
    owners = node["owners"].keys(needs="tiers", may="team")
    clocks = node["clocks"].keys(needs="targets escalation", may="calendar new_customer_percent")
    escalation = clocks["escalation"].keys(needs="every_minutes repeats", may="then_every_minutes")
    loss = node["expected_loss"].keys(needs="prior cases_needed every_minutes")
    close = node["close"].keys(may="cause_known_from") if "close" in node else Node({}, node.where)
    percent = clocks["new_customer_percent"].whole(least=1, most=100) if "new_customer_percent" in clocks else 100
    return Playbook(
        code=node["code"].pattern(CODE, means="a short name of letters, digits, - and _, such as retail-north"),
        title=node["title"].text(),
        promises=_promises(node["promises"]),
        burst=_burst(node["burst"]),
        severity_rules=tuple(_severity(one) for one in grades.many("rules")),
        watch_days=grades["watch_days"].whole(least=0, most=3660),
        tiers=_tiers(owners["tiers"]),
        team=owners["team"].text() if "team" in owners else "",
        calendar=clocks["calendar"].text_or_nothing() if "calendar" in clocks else "",
        new_customer_percent=percent,
        targets=_targets(clocks["targets"]),
        repeat_minutes=escalation["every_minutes"].whole(least=1, most=MINUTES),
        repeats=escalation["repeats"].whole(least=0, most=100),
        then_minutes=escalation["then_every_minutes"].whole(least=1, most=MINUTES)
        if "then_every_minutes" in escalation
        else 0,
        steps=_steps(node["steps"]),
        acknowledgement=_acknowledgement(node),
        follow_ups=tuple(_follow_up(one) for one in node.many("follow_ups", least=1)),
        prior=loss["prior"].fraction(),
        cases_needed=loss["cases_needed"].whole(least=1, most=10**6),
        every_minutes=loss["every_minutes"].whole(least=1, most=MINUTES),
        floor_packs=tuple(one.text() for one in node.many("floor_packs")),
        fixes=_fixes(node["fixes"]),
        remedies=tuple(_remedy(one) for one in node.many("remedies")),
        cause_known_from=close["cause_known_from"].whole(least=0, most=4) if "cause_known_from" in close else 0,
        whys=tuple(_why(one, node) for one in node.many("why")),
        help=read_help(node["help"]) if "help" in node else Help(),
    )


def _promises(node: Node) -> dict[str, PromiseRule]:
    found = {}
    for name, one in node.items(needs="default"):
        one.keys(needs="loss fault notice_minutes certain_to_notice severity")
        found[name] = PromiseRule(
            loss=one["loss"].one_of(*sorted(LOSSES)),
            fault=one["fault"].one_of("ours", "partner", "nobody", "unknown"),
            notice_minutes=one["notice_minutes"].whole(least=0, most=MINUTES),
            certain_to_notice=one["certain_to_notice"].true_or_false(),
            severity=one["severity"].whole(least=1, most=4),
        )
    return found


def _burst(node: Node) -> BurstRule:
    node.keys(needs="window_minutes quantile weeks_needed minimum share")
    return BurstRule(
        window_minutes=node["window_minutes"].whole(least=1, most=60),
        quantile=node["quantile"].fraction(),
        weeks_needed=node["weeks_needed"].whole(least=1, most=520),
        minimum=node["minimum"].whole(least=1, most=10**6),
        share=node["share"].whole(least=0, most=100),
    )


def _severity(node: Node) -> SeverityRule:
    node.keys(needs="severity", may="kinds losses price_from")
    return SeverityRule(
        severity=node["severity"].whole(least=1, most=4),
        kinds=frozenset(one.one_of(*sorted(KINDS)) for one in node.many("kinds")),
        losses=frozenset(one.one_of(*sorted(LOSSES)) for one in node.many("losses")),
        price_from=node["price_from"].money() if "price_from" in node else None,
    )


def _tiers(node: Node) -> dict[int, int]:
    named = node
    if isinstance(node.data, dict):
        named = attrs.evolve(node, data={str(key): value for key, value in node.data.items()})
    named.keys(needs="1 2 3 4")
    return {grade: named[str(grade)].whole(least=1, most=HIGHEST_TIER) for grade in (1, 2, 3, 4)}


def _targets(node: Node) -> dict[str, Target]:
    needed = [name for name in TARGETS if name not in OPTIONAL_TARGETS]
    found = {}
    for name, one in node.parts(needs=" ".join(needed), may=" ".join(OPTIONAL_TARGETS)):
        one.keys(needs="minutes", may="warn_minutes")
        minutes = one["minutes"].whole(least=1, most=MINUTES)
        warn = one["warn_minutes"].whole(least=0, most=MINUTES) if "warn_minutes" in one else 0
        if warn >= minutes:
            raise one["warn_minutes"].wrong(f"must be under the {minutes} minutes of its target")
        found[name] = Target(minutes=minutes, warn_minutes=warn)
    return found


def _steps(node: Node) -> dict[str, StepRule]:
    found = {}
    for step, one in node.parts(needs=" ".join(Step)):
        one.keys(needs="send", may="minutes clock")
        one.either("minutes", "clock")
        minutes = one["minutes"].whole(least=1, most=MINUTES) if "minutes" in one else 0
        clock = one["clock"].one_of(*OPENING_TARGETS) if "clock" in one else ""
        found[step] = StepRule(minutes=minutes, clock=clock, send=_send(one["send"]))
    return found


def _send(node: Node) -> str:
    return node.pattern(SEND, means="person, at_once or after:N with N minutes")


def _acknowledgement(node: Node) -> str:
    send = node["acknowledgement"].pattern(SEND_OR_NONE, means="person, at_once, after:N with N minutes, or none")
    if send == "none" and node["steps"]["apologise"].data.get("send") != "at_once":
        raise node["acknowledgement"].wrong("may be none only where steps.apologise is sent at_once")
    return send


def _follow_up(node: Node) -> FollowUpRule:
    node.keys(needs="action days send", may="groups")
    return FollowUpRule(
        action=node["action"].one_of(*ACTIONS),
        days=node["days"].whole(least=0, most=3660),
        send=_send(node["send"]),
        groups=tuple(one.one_of(*GROUPS) for one in node.many("groups")),
    )


def _fixes(node: Node) -> dict[str, Fix]:
    found = {}
    for name, one in node.items(needs="any"):
        one.keys(needs="title says")
        found[name] = Fix(title=one["title"].text(), says=one["says"].text())
    return found


def _why(node: Node, playbook: Node) -> Why:
    node.keys(needs="of says", may="evidence")
    of, here = node["of"].text(), playbook.data
    for key in of.split("."):
        if not isinstance(here, dict) or key not in here:
            raise node["of"].wrong(f"names no choice of this playbook: there is no {of}")
        here = here[key]
    evidence = node["evidence"].one_of(*REGISTER) if "evidence" in node else ""
    return Why(of=of, says=node["says"].text(), evidence=evidence)


def _remedy(node: Node) -> Remedy:
    node.keys(needs="code title form losses cost value", may="monetary")
    losses: Any = [one.text() for one in node.many("losses", least=1)]
    try:
        return Remedy(
            code=node["code"].text(),
            title=node["title"].text(),
            form=node["form"].one_of(*sorted(FORMS)),  # type: ignore[arg-type]
            losses=losses,
            cost=node["cost"].money(),
            value=node["value"].money(),
            monetary=node["monetary"].true_or_false() if "monetary" in node else False,
        )
    except UnusableRemedy as error:
        raise node.wrong(str(error)) from error

"""The five playbooks that come with Makegood do in each scenario of their tables what an expert would."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from makegood.core.evidence import REGISTER
from makegood.core.gate import GateFacts, decide
from makegood.core.money import Money
from makegood.rules.playbooks import ACTIONS, Playbook, load
from makegood.rules.playbooks.treating import Case, Treatment, treatment

FOLDER = Path(__file__).parent / "playbook_scenarios"
SHIPPED = ("retail", "hospitality", "airline", "telecom", "property")
AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
CHOICES = {
    "promises", "severity.rules", "severity.watch_days", "owners", "clocks.targets", "clocks.new_customer_percent",
    "clocks.escalation", "steps.apologise", "acknowledgement", "follow_ups", "fixes", "remedies", "close",
}  # fmt: skip


def _scenarios() -> list[Any]:
    return [
        pytest.param(code, row, id=f"{code}: {row['it']}")
        for code in SHIPPED
        for row in yaml.safe_load((FOLDER / f"{code}.yaml").read_text(encoding="utf-8"))
    ]


def _gate(playbook: Playbook, given: dict[str, Any]) -> str:
    if "promise" not in given:
        asked = {name: given[name] for name in ("customer_contacted", "certain_to_notice") if name in given}
        return decide(facts=GateFacts(kind=given["kind"], happened_at=AT, **asked), now=AT).gate
    rule, late = playbook.promise(given["promise"]), timedelta(minutes=given["late"])
    facts = GateFacts(
        kind="broken_promise",
        happened_at=AT,
        fulfilled_at=AT + late if given.get("kept_at_last") else None,
        notice_minutes=rule.notice_minutes,
        certain_to_notice=rule.certain_to_notice,
    )
    return decide(facts=facts, now=AT + late).gate


def _case(playbook: Playbook, given: dict[str, Any]) -> Case:
    currency = playbook.remedies[0].cost.currency
    money = {name: Money(minor=given[name], currency=currency) for name in ("price", "floor") if name in given}
    same = {name: given[name] for name in ("group", "repeated", "answer_late") if name in given}
    if "promise" in given:
        rule = playbook.promise(given["promise"])
        return Case(kind="broken_promise", loss=rule.loss, noticed=rule.severity, **money, **same)
    return Case(kind=given["kind"], loss=given["loss"], noticed=2, **money, **same)


def _found(gate: str, done: Treatment) -> dict[str, Any]:
    steps = {step: (minutes, send) for step, minutes, send in done.steps}
    return {
        "gate": gate,
        "severity": done.severity,
        "tier": done.tier,
        **dict(done.targets),
        "apologise": steps["apologise"][0],
        "apologise_by": steps["apologise"][1],
        "acknowledgement": done.acknowledgement,
        "fix_title": done.fix,
        "remedy": done.remedy,
        "cause_must_be_known": done.cause_must_be_known,
    }


@pytest.mark.parametrize(("code", "row"), _scenarios())
def test_a_scenario(code: str, row: dict[str, Any]) -> None:
    playbook = load(code)
    found = _found(_gate(playbook, row["case"]), treatment(playbook=playbook, case=_case(playbook, row["case"])))
    assert {name: found[name] for name in row["then"]} == row["then"]


@pytest.mark.parametrize("code", SHIPPED)
def test_each_has_at_least_twelve_scenarios_of_their_own(code: str) -> None:
    cases = [str(param.values[1]["case"]) for param in _scenarios() if param.values[0] == code]
    assert len(set(cases)) >= 12
    assert len(set(cases)) == len(cases)


@pytest.mark.parametrize("code", SHIPPED)
def test_each_choice_names_the_finding_that_it_rests_on(code: str) -> None:
    whys = load(code).whys
    assert {one.of for one in whys} >= CHOICES
    assert all(one.evidence in REGISTER for one in whys)


@pytest.mark.parametrize("code", SHIPPED)
def test_each_has_an_answer_for_every_loss_and_an_end_of_its_follow_up(code: str) -> None:
    playbook = load(code)
    answered = {loss for remedy in playbook.remedies for loss in remedy.losses}
    assert answered == {"money", "goods", "service", "time", "attention", "trust"}
    assert {one.action for one in playbook.follow_ups} <= set(ACTIONS)
    assert playbook.follow_ups[-1].action == "see_return"
    assert playbook.steps["stay"].minutes >= playbook.follow_ups[-1].days * 1440

"""What customers do in the year: they say thanks, complain again, ask, rate, take offers, come back, or vanish."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.year.agenda import Act
from benchmarks.year.stage import Case, Stage
from benchmarks.year.words import ASKS, LATER, STILL, THANKS

SCORES = (1, 2, 3, 4, 5, 5, 6, 6, 6, 7, 7, 7)


def hear_word(stage: Stage, case: Case, which: str) -> None:
    """A word from us reached them: most say nothing."""
    rnd = stage.draws.of(case.key, "hears", which)
    chance = rnd.random()
    if chance < 0.22:
        texts = THANKS if chance < 0.12 else STILL if chance < 0.17 else ASKS
        stage.plan(case, "write", rnd.expovariate(1 / 12), which=which, more=rnd.choice(texts))


def be_asked(stage: Stage, case: Case, which: str) -> None:
    """They are asked what they thought of it: four in ten answer."""
    rnd = stage.draws.of(case.key, "asked", which)
    if rnd.random() < 0.4:
        stage.plan(case, "rate", rnd.expovariate(1 / 20), which=which, more=rnd.choice(SCORES))


def be_offered(stage: Stage, case: Case, makegood_id: int, which: str) -> None:
    """Something is offered to them: half take it, some do not want it, the others never answer."""
    rnd = stage.draws.of(case.key, "offered", which)
    chance = rnd.random()
    if chance < 0.62:
        name = "take" if chance < 0.5 else "decline"
        stage.plan(case, name, rnd.expovariate(1 / 30), which=which, more=makegood_id)


def after_close(stage: Stage, case: Case, which: str) -> None:
    """It is over for us: a few write again, and some let it be told."""
    rnd = stage.draws.of(case.key, "closed", which)
    if rnd.random() < 0.04:
        stage.plan(case, "write", 24 * rnd.randrange(1, 30), which=f"later {which}", more=rnd.choice(LATER))
    if rnd.random() < 0.02:
        stage.plan(case, "allow story", 24 * rnd.randrange(1, 5))


def act(stage: Stage, what: Act) -> None:
    """Do one thing as the customer. Inside a unit of work."""
    ACTS[what.name](stage, stage.cases[what.about], what)


def _write(stage: Stage, case: Case, what: Act) -> None:
    from makegood.messages.operations import message_received

    given: dict[str, Any] = {
        "organization_id": stage.here, "key": f"year:{what.key}:{what.more}", "at": stage.now, "body": what.more,
        "token": case.token, "channel": "status",
    }  # fmt: skip
    assert message_received(**given).new
    if stage.draws.chance(0.05, what.key, "twice"):
        assert not message_received(**given).new, "a form sent twice counts once"


def _rate(stage: Stage, case: Case, what: Act) -> None:
    from makegood.recoveries.operations.tapping import rating_give

    rating_give(organization_id=stage.here, recovery_id=case.id, score=what.more, now=stage.now)


def _take(stage: Stage, case: Case, what: Act) -> None:
    from makegood.makegoods.operations import makegood_accept

    makegood_accept(organization_id=stage.here, makegood_id=what.more, now=stage.now)


def _decline(stage: Stage, case: Case, what: Act) -> None:
    from makegood.makegoods.operations import makegood_decline

    makegood_decline(organization_id=stage.here, makegood_id=what.more, now=stage.now)


def _say_return(stage: Stage, case: Case, what: Act) -> None:
    from makegood.recoveries.operations import returned_say

    returned_say(organization_id=stage.here, recovery_id=case.id, outcome=what.more, now=stage.now)


def _allow_story(stage: Stage, case: Case, what: Act) -> None:
    from makegood.recoveries.operations.stories import story_allow

    story_allow(organization_id=stage.here, recovery_id=case.id, how="page", now=stage.now)


ACTS: dict[str, Callable[[Stage, Case, Act], None]] = {
    "write": _write,
    "rate": _rate,
    "take": _take,
    "decline": _decline,
    "say return": _say_return,
    "allow story": _allow_story,
}

"""The panels of a recovery's page that tell of CARES, of the customer's return and of its story."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import attrs
from django.urls import reverse

from makegood.console.asking import select
from makegood.console.building import words
from makegood.console.desk import Desk
from makegood.console.staying import HOW, OUTCOMES, grounded
from makegood.console.viewmodels.forms import Field, Form
from makegood.console.viewmodels.shell import Action
from makegood.console.viewmodels.staying import CaresPanel, CaresRow, StayPanel, StoryPanel
from makegood.core.cares import DEFINITIONS, Recorded
from makegood.core.staying import WHY
from makegood.recoveries.queries import Case
from makegood.recoveries.queries.stories import Allowed, ReturnKnown

LEAD: Final = (
    "What the journal shows that we did, beside what the customer gave. The record cannot know how it felt, so the two"
    " stay apart."
)
TONES: Final = {"back": "glaze", "lapsed": "clay", "declined": "plain", "unknown": "gold"}
CONSENTS: Final = (("phone", "By phone"), ("mail", "By mail or message"), ("in_person", "In person"))
GIVEN: Final = {"page": "on their own page", "phone": "by phone", "mail": "by mail", "in_person": "in person"}
FIXED_WITHIN: Final = (
    (timedelta(hours=4), "within hours"),
    (timedelta(days=1), "within a day"),
    (timedelta(days=7), "within a week"),
)


@attrs.frozen(kw_only=True)
class Stayed:
    """What was read for these panels: the record's five, what is known of the return, and the story."""

    recorded: tuple[Recorded, ...]
    returned: ReturnKnown | None
    story: Allowed | None


def cares_panel(case: Case, recorded: tuple[Recorded, ...]) -> CaresPanel:
    """This function will set the record beside the customer's own ratings."""
    answered = [one for one in case.ratings if one.score is not None]
    given: Mapping[str, int] = answered[-1].cares if answered else {}
    return CaresPanel(
        lead=LEAD,
        rows=tuple(
            CaresRow(
                title=DEFINITIONS[one.name].title,
                record=f"{one.kept} of {one.known}" if one.known else "nothing yet",
                customer=f"{given[one.name]} of 7" if one.name in given else "not said",
                missed=one.missed,
                checks=DEFINITIONS[one.name].checks,
                found=grounded(DEFINITIONS[one.name].evidence),
            )
            for one in recorded
        ),
    )


def stay_panel(desk: Desk, case: Case, known: ReturnKnown | None) -> StayPanel | None:
    """This function will say whether the customer is back, how that is known, and that it is not where it is not."""
    if case.state == "withdrawn":
        return None
    looks = [one.due_at for one in case.follow_ups if one.action == "see_return" and one.state == "planned"]
    reason = WHY.get(known.rule) if known else None
    form = None
    if desk.may("recovery-returned"):
        form = Form(
            key="returned",
            action=reverse("recovery-returned", args=[words.code(case.number)]),
            submit="Write it down",
            style="plain",
            fields=(select("returned", "What do you know?", OUTCOMES, first="Choose", required=True),),
        )
    return StayPanel(
        word=dict(OUTCOMES)[known.outcome] if known else "Not looked for yet",
        tone=TONES[known.outcome] if known else "plain",
        how=_how(known) if known else "Nobody has looked yet, and nobody has said.",
        at=known.at if known else None,
        because=reason.text if reason else "",
        found=grounded(reason.evidence) if reason and reason.evidence else "",
        again_at=min(looks, default=None),
        form=form,
    )


def _how(known: ReturnKnown) -> str:
    if known.how != "seen":
        return HOW[known.how].capitalize() + "."
    times = f"Looked for {known.looks} times" if known.looks > 1 else "Looked for once"
    return f"{times}: nobody knows." if known.outcome == "unknown" else f"{times}: {HOW['seen']}."


def story_panel(desk: Desk, case: Case, story: Allowed | None) -> StoryPanel | None:
    """This function will ask for the consent to tell a closed recovery, and then for the story's words."""
    if case.state != "closed" or not desk.may("recovery-story"):
        return None
    url = reverse("recovery-story", args=[words.code(case.number)])
    if story is None:
        return StoryPanel(
            lead="Colleagues can learn from this, without anybody's name in it, if the customer allows it.",
            allow=Form(
                key="story-allow",
                action=url,
                submit="They allow it",
                style="plain",
                fields=(select("consent_how", "How did they say so?", CONSENTS, first="Choose", required=True),),
            ),
        )
    said = words.said_at(desk, story.consented_at)
    title, body = (story.title, story.body) if story.told_at else _proposed(case)
    return StoryPanel(
        lead=f"They allowed it {GIVEN[story.consent_how]}, {said}."
        " Known names, addresses and every number are taken out as you keep it: read it once more then.",
        tell=Form(
            key="story-tell",
            action=url,
            submit="Keep the change" if story.told_at else "Tell it",
            style="plain",
            fields=(
                Field(name="story_title", label="Title", value=title, required=True, maxlength=160),
                Field(
                    name="story",
                    label="What happened, and what we did",
                    kind="textarea",
                    rows=6,
                    value=body,
                    required=True,
                    maxlength=5000,
                    hint="Leave out whatever would tell who it was.",
                ),
            ),
        ),
        withdraw=Action(
            label="They do not want it told any more", url=url, style="danger", hidden=(("withdraw", "1"),)
        ),
    )


def _proposed(case: Case) -> tuple[str, str]:
    """A beginning made of what is known of every case alone: nothing that anybody typed about this customer."""
    kind = words.kind_said(case.kind)
    done = next((one.done_at for one in case.steps if one.step == "fix" and one.done_at), None)
    within = next((word for length, word in FIXED_WITHIN if done and done - case.clock_from <= length), "in the end")
    given = [one.title for one in case.makegoods if one.state == "delivered" and one.part == "extra"]
    lines = [
        f"A customer was let down: {kind}. It cost them {words.LOSSES.get(case.loss, 'something')}.",
        f"It was put right {within}." if done else "",
        f"We also gave: {', '.join(given)}." if given else "",
        "They are back." if case.returned == "back" else "",
    ]
    return f"{kind[:1].upper()}{kind[1:]}, and what we did", "\n\n".join(line for line in lines if line)

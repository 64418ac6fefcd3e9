"""Drafting by the organization's own language model: on the words to say, and in the settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
from django.urls import reverse

from makegood.console.building.saying import KEEP
from makegood.console.building.words import code
from makegood.console.desk import Desk
from makegood.console.viewmodels import (
    Action,
    Fact,
    Field,
    Finding,
    Form,
    MachineHelp,
    MachineWords,
    MessageDraft,
    SettingsSection,
)
from makegood.organizations.drafting import DraftingFacts, drafting_facts
from makegood.recoveries.machine_letters import Letter, letter_of
from makegood.recoveries.queries import Case, MessageLine

READ = Field(name="machine_read", label="I have read it, and it is right", kind="checkbox")


def letter_for(desk: Desk, case: Case, message: MessageLine) -> Letter | None:
    """This function will gather what a machine would be told for a draft, in the reader's name."""
    return letter_of(
        organization_id=desk.organization_id, case=case, message=message, by=desk.member_id, now=desk.facts.now
    )


def unfounded_in(desk: Desk, case: Case, message: MessageLine, text: str) -> list[dict[str, Any]]:
    """This function will find what a machine's letter says and its case does not; nothing in a person's."""
    letter = letter_for(desk, case, message) if message.machine else None
    return letter.unfounded(text) if letter else []


def with_machine(desk: Desk, case: Case, draft: MessageDraft) -> MessageDraft:
    """This function will add to a draft what a machine may do for it, or did.

    That is the button with the facts that it sends, where drafting is on; the mark of words that nobody has read; and
    what a machine's words say that the case does not.
    """
    wanted = dict(draft.hidden).get("draft")
    message = next((one for one in case.messages if str(one.id) == wanted), None)
    if message is None:
        return draft
    asks = desk.facts.drafts and desk.may("recovery-draft")
    facts = drafting_facts(organization_id=desk.organization_id) if asks else None
    ready = facts is not None and facts.active and not facts.waits
    letter = letter_for(desk, case, message) if ready or message.machine else None
    if letter is None:
        return draft
    here = code(case.number)
    if facts is not None and ready:
        sends = tuple(Fact(label=label, value=value) for label, value in letter.facts)
        draft = attrs.evolve(
            draft, machine=MachineHelp(url=reverse("recovery-draft", args=[here]), host=facts.host, sends=sends)
        )
    if not message.machine:
        return draft
    found = tuple(_finding(one) for one in letter.unfounded(draft.text.value))
    keep = KEEP if draft.keep is None and any(one.must for one in found) else draft.keep
    draft = attrs.evolve(draft, findings=(*draft.findings, *found), keep=keep)
    if message.machine_read:
        return draft
    back = reverse("recovery-undraft", args=[here])
    return attrs.evolve(draft, by_machine=MachineWords(by=message.machine, read=READ, back_url=back))


def _finding(finding: Mapping[str, Any]) -> Finding:
    return Finding(key="", quote=finding["text"], says=finding["message"], must=finding["severity"] == "block")


def drafting_sections(desk: Desk) -> tuple[SettingsSection, ...]:
    """This function will show which language model drafts letters, and the form that names it."""
    facts = drafting_facts(organization_id=desk.organization_id)
    return (*(_standing(facts) if facts else ()), _naming(facts))


def _act(act: str) -> str:
    return reverse("settings-act", args=["drafting", act])


def _standing(facts: DraftingFacts) -> tuple[SettingsSection, ...]:
    switch = (
        Action(label="Switch it off", url=_act("off"), style="plain")
        if facts.active
        else Action(label="Switch it on", url=_act("on"), style="go")
    )
    return (
        SettingsSection(
            title="It drafts letters when asked" if facts.active else "It is switched off",
            key="model-now",
            lead=facts.waits,
            facts=(
                Fact(label="Address", value=facts.url),
                Fact(label="Model", value=facts.model),
                Fact(label="Key", value="Kept; it is not shown again" if facts.keyed else "None"),
            ),
            actions=(
                Action(label="Try it", url=reverse("drafting-try"), style="plain"),
                switch,
                Action(label="Forget it and its key", url=_act("forget"), style="danger"),
            ),
        ),
    )


def _naming(facts: DraftingFacts | None) -> SettingsSection:
    form = Form(
        key="model",
        action=_act("set"),
        submit="Keep it",
        fields=(
            Field(
                name="model_url",
                label="Its address",
                hint="Any that speaks OpenAI's protocol, such as https://api.example.com/v1",
                required=True,
                maxlength=500,
                inputmode="url",
                value=facts.url if facts else "",
            ),
            Field(
                name="model_name",
                label="The model's name",
                hint="As its maker writes it.",
                required=True,
                maxlength=120,
                value=facts.model if facts else "",
            ),
            Field(
                name="model_key",
                label="The key",
                kind="password",
                hint="Empty leaves the one that is kept." if facts and facts.keyed else "If it asks for one.",
                maxlength=500,
                autocomplete="off",
            ),
        ),
    )
    return SettingsSection(
        title="Another one" if facts else "Name a model",
        key="model-set",
        lead="It writes a first draft when somebody presses its button beside a letter. It is told the facts of that"
        " letter, which stand on the page, and not the name or address that you know a customer by. Nothing that it"
        " wrote leaves before a person has read it or changed it, and no message that goes by itself asks it.",
        forms=(form,),
    )

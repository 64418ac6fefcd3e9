"""What staff said that they will do, beside the draft and beside the promises of a case."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse

from makegood.console.building.words import code, said_at
from makegood.console.desk import Desk
from makegood.console.viewmodels.shell import Action
from makegood.console.viewmodels.staff_words import DraftWord, SaidWordCard
from makegood.recoveries.queries import Case
from makegood.recoveries.queries.staff_words import SaidWord, words_typed


def draft_words(desk: Desk, case: Case, *, message_id: int, text: str) -> tuple[DraftWord, ...]:
    """This function will show the promises in what is typed, each with the way to put it on the ledger."""
    if case.state != "open" or not desk.may("recovery-word-typed"):
        return ()
    found = words_typed(
        organization_id=desk.organization_id,
        recovery_id=case.id,
        message_id=message_id,
        text=text,
        now=desk.facts.now,
    )
    url = reverse("recovery-word-typed", args=[code(case.number)])
    return tuple(
        DraftWord(
            key=str(one.word.start),
            what=one.word.what,
            by=said_at(desk, one.word.due_at),
            url="" if one.promised else url,
        )
        for one in found
    )


def said_words(desk: Desk, case: Case, said: Sequence[SaidWord]) -> tuple[SaidWordCard, ...]:
    """This function will show what members said that waits for a person: a promise to confirm, or one not kept."""
    here, may = code(case.number), desk.may("recovery-word")
    return tuple(
        SaidWordCard(
            text=f"{one.member}: {one.what or 'something'}, by {said_at(desk, one.due_at)}",
            quote="" if one.overdue else one.quote,
            overdue=one.overdue,
            actions=tuple(
                Action(label=label, about=one.what, url=reverse("recovery-word", args=[here, one.id, act]), style=style)
                for label, act, style in (
                    (("I know of it", "known", "go"),)
                    if one.overdue
                    else (("Promise it", "promise", "go"), ("No promise", "dismiss", "plain"))
                )
            )
            if may
            else (),
        )
        for one in said
    )

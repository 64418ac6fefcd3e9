"""What may be given: what is owed first, then what was given, then up to three extras within the limit."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from django.urls import reverse

from makegood.console import permissions
from makegood.console.building import words
from makegood.console.building.repaying import repayment_card
from makegood.console.desk import Desk
from makegood.console.viewmodels import Action, AskedCard, Field, Form, GivenRow, Giving, OfferCard, OwedCard
from makegood.core.limits import leaves
from makegood.makegoods.queries import Gift, Gifts, MakeGoodRow
from makegood.recoveries.queries import Case
from makegood.recoveries.queries.approvals import AskedLine

STATES = {
    "offered": ("offered, waiting for them", "gold"),
    "accepted": ("accepted", "gold"),
    "delivered": ("delivered", "glaze"),
    "declined": ("declined", "plain"),
    "swapped": ("swapped", "plain"),
    "expired": ("expired", "plain"),
    "withdrawn": ("taken back", "plain"),
    "shadowed": ("would be delivered", "glaze"),
}

WAITING = {"offered": "Offered, waiting for their answer.", "accepted": "They said yes: hand it over."}


def giving_of(
    desk: Desk, case: Case, given: Sequence[MakeGoodRow], gifts: Gifts | None, asked: Sequence[AskedLine] = ()
) -> Giving:
    """This function will show what is owed, what was given, and what this person may give."""
    open_now = case.state == "open"
    offers = gifts.gifts if gifts and open_now and desk.may("recovery-offer") else ()
    waiting = {one.remedy for one in asked}
    may_ask = gifts and open_now and not case.test and desk.may("recovery-ask")
    beyond = [one for one in gifts.beyond if one.remedy not in waiting] if gifts and may_ask else []
    standing = {row.remedy: WAITING[row.state] for row in given if row.part == "extra" and row.state in WAITING}
    best = next((gift for gift in offers if gift.remedy not in standing), None)
    none = ""
    if gifts and not gifts.gifts and open_now:
        none = " ".join(dict.fromkeys(reason.text for reason in gifts.reasons)) or "Nothing in the playbook fits here."
    first = repayment_card(desk, case)
    rooms = {one.kind: one for one in sorted(gifts.rooms, key=lambda one: -one.left.minor)} if gifts else {}
    day, budget = rooms.get("day"), rooms.get("budget")
    return Giving(
        limit=day.limit if day else None,
        limit_left=day.left if day else None,
        budget=budget.limit if budget else None,
        budget_left=budget.left if budget else None,
        budget_name=f"of the budget {budget.name} left" if budget else "",
        bounds=tuple(
            f"{said[0].upper()}{said[1:]}."
            for kind in ("recovery", "customer")
            if kind in rooms and (said := leaves(rooms[kind]))
        ),
        owed=(*((first,) if first else ()), *(_owed(desk, case, row) for row in given if row.part == "floor")),
        given=tuple(_given(desk, case, row) for row in given if row.part != "floor"),
        offers=(
            *(_offer(case, gift, best=gift is best, stands=standing.get(gift.remedy, "")) for gift in offers),
            *(_beyond(case, gift) for gift in beyond),
        ),
        asked=tuple(_asked(desk, case, one) for one in asked) if open_now else (),
        ask=_ask(desk, case) if open_now and desk.may("recovery-ask") else None,
        none_because=none,
    )


def _move(case: Case, row: MakeGoodRow, act: str, label: str, style: str = "plain") -> Action:
    return Action(
        label=label,
        about=row.title,
        style=style,
        url=reverse("recovery-make-good", args=[words.code(case.number), row.id, act]),
    )


def _paid(desk: Desk, case: Case, row: MakeGoodRow) -> Action | None:
    if row.state != "accepted" or desk.facts.role not in permissions.PAYS_BY_HAND:
        return None
    if row.form != "money":
        return _move(case, row, "delivered", "It is delivered")
    return _move(case, row, "paid", "Pay it by hand") if row.payout in ("failed", "unknown") else None


def _owed(desk: Desk, case: Case, row: MakeGoodRow) -> OwedCard:
    by_hand = row.form == "money" and row.payout in ("failed", "unknown")
    state = {
        "accepted": "To pay by hand: no payment system could." if by_hand else "On its way; no click needed.",
        "delivered": "Paid.",
        "shadowed": "Would be paid: its source only watches.",
    }.get(row.state, STATES[row.state][0].capitalize() + ".")
    return OwedCard(
        title=row.title,
        amount=row.value,
        state=state,
        source=row.rule,
        why_url=reverse("recovery-why", args=[words.code(case.number), f"owed-{row.id}"]),
        done=row.state in ("delivered", "shadowed"),
        action=_paid(desk, case, row),
    )


def _given(desk: Desk, case: Case, row: MakeGoodRow) -> GivenRow:
    state, tone = STATES[row.state]
    actions: list[Action] = []
    if case.state == "open" and desk.may("recovery-make-good"):
        if row.state == "offered" and desk.may("recovery-offer"):
            actions = [_move(case, row, "accept", "They said yes", "go"), _move(case, row, "decline", "They said no")]
        elif row.state == "accepted" and row.form != "money":
            actions = [_move(case, row, "delivered", "They have it", "go")]
        elif (paid := _paid(desk, case, row)) is not None:
            actions = [paid]
    if row.state == "accepted":
        state = "to pay by hand" if row.payout in ("failed", "unknown") else "accepted, not there yet"
    return GivenRow(
        title=row.title,
        amount=row.value if row.value.minor else None,
        state=state,
        tone=tone,
        actions=tuple(actions),
    )


def _offer(case: Case, gift: Gift, *, best: bool, stands: str) -> OfferCard:
    reason = gift.reasons[0] if gift.reasons else None
    why = reason.text if reason else ""
    return OfferCard(
        title=gift.title,
        cost=gift.cost,
        value=gift.value if gift.value != gift.cost else None,
        why=f"{why} {gift.said}".strip(),
        best=best,
        reason=words.reason_line(reason.as_dict()) if reason and reason.evidence else None,
        needs=stands,
        act=None
        if stands
        else Action(
            label="Offer it",
            about=gift.title,
            style="go" if best else "plain",
            url=reverse("recovery-offer", args=[words.code(case.number)]),
            hidden=(("remedy", gift.remedy),),
        ),
    )


def _beyond(case: Case, gift: Gift) -> OfferCard:
    """An extra that costs more than this person may give: one click asks whoever may."""
    card = _offer(case, gift, best=False, stands="More than you may give alone. Nothing waits for the answer.")
    url = reverse("recovery-ask", args=[words.code(case.number)])
    return attrs.evolve(
        card, act=Action(label="Ask for it", about=gift.title, url=url, hidden=(("remedy", gift.remedy),))
    )


def _asked(desk: Desk, case: Case, one: AskedLine) -> AskedCard:
    to = f"{one.approver} and {one.deputy} were" if one.deputy else f"{one.approver} was"
    more = f" A deputy is asked at {words.said_at(desk, one.next_at)}." if one.next_at else ""
    may = desk.may("recovery-approve") and one.asked_by_id != desk.member_id

    def answer(how: str, label: str, style: str) -> Action:
        url = reverse("recovery-approve", args=[words.code(case.number), one.id, how])
        return Action(label=label, about=one.title, style=style, url=url)

    return AskedCard(
        title=one.title,
        cost=one.cost,
        said=f"Asked by {one.asked_by} at {words.said_at(desk, one.asked_at)}: {to} asked.{more}",
        yes=answer("yes", "Yes, give it", "go") if may else None,
        no=answer("no", "No", "plain") if may else None,
    )


def _ask(desk: Desk, case: Case) -> Form:
    return Form(
        key="ask",
        action=reverse("recovery-ask", args=[words.code(case.number)]),
        submit="Ask a manager",
        style="plain",
        lead="The fix goes on meanwhile.",
        fields=(
            Field(name="ask_what", label="What would put it right?", required=True, maxlength=160),
            Field(name="ask_amount", label=f"What would it cost, in {desk.facts.currency}?", inputmode="decimal"),
            Field(name="ask_why", label="Why", kind="textarea", required=True, maxlength=500),
        ),
    )

"""What was charged wrongly, on a recovery's page: how much is to go back, and where that stands."""

from __future__ import annotations

from django.urls import reverse

from makegood.console.building import words
from makegood.console.desk import Desk
from makegood.console.templatetags.makegood_tags import money as written
from makegood.console.viewmodels import ClockFace, Field, Form, Link, NextAction, OwedCard
from makegood.core.steps import UNDONE
from makegood.makegoods.repaying import REPAYMENT, STANDS, WRONG_CHARGE
from makegood.recoveries.queries import Case, MakeGoodLine


def repaid_of(case: Case) -> MakeGoodLine | None:
    """This function will find the money that goes back, or went back, as the fix."""
    return next((one for one in case.makegoods if one.remedy == REPAYMENT and one.state in STANDS), None)


def to_repay(case: Case) -> bool:
    """This function will say whether what was charged wrongly is still to be given back."""
    undone = any(one.step == "fix" and one.state in UNDONE for one in case.steps)
    return case.kind == WRONG_CHARGE and case.state == "open" and undone and repaid_of(case) is None


def repayment_card(desk: Desk, case: Case) -> OwedCard | None:
    """This function will say first, before what may be given beyond it, what is still to go back."""
    if not to_repay(case) or case.review:
        return None
    paid = f"They had paid {written(case.price, desk.reader)}. " if case.price else ""
    return OwedCard(
        title=case.fix,
        amount=None,
        state=f"{paid}Not given back yet. That is the fix; what stands below comes on top and gives none of it back.",
        source="",
    )


def repay_next(desk: Desk, case: Case, clock: ClockFace, by_hand: Link) -> NextAction:
    """This function will ask how much goes back, or say that it is on its way."""
    given = repaid_of(case)
    if given is not None:
        return NextAction(
            title=f"nothing now; {written(given.value, desk.reader)} is on its way back to them",
            clock=clock,
            lead="It is put right once it is paid: by the payment system, or by finance where none is connected.",
            links=(Link(label="Where it stands", url="#give"), by_hand),
            dock_label="Where it stands",
        )
    paid = f"They had paid {written(case.price, desk.reader)}: change it where less was wrong." if case.price else ""
    currency = case.price.currency if case.price else desk.facts.currency
    return NextAction(
        title=case.fix[:1].lower() + case.fix[1:],
        clock=clock,
        lead="It goes back as the fix: it is no gift, takes nothing from your limit, and waits for nobody's yes.",
        form=Form(
            key="repay",
            action=reverse("recovery-repay", args=[words.code(case.number)]),
            submit="Give it back",
            fields=(
                Field(
                    name="repaid",
                    label=f"How much was charged wrongly, in {currency}?",
                    hint=paid,
                    required=True,
                    inputmode="decimal",
                    value=str(case.price).split(" ")[0].replace(",", "") if case.price else "",
                ),
            ),
            draft=True,
        ),
        links=(by_hand,),
        dock_label="Give it back",
    )

"""Giving back what was charged wrongly, from the recovery's page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from makegood.console.asking import amount
from makegood.console.desk import Desk
from makegood.console.refill import Unanswered
from makegood.console.views.frame import gone_to, tell
from makegood.console.views.merging import act
from makegood.console.views.recoveries import case_of
from makegood.recoveries import operations


@act
def repay(request: HttpRequest, desk: Desk, *, code: str) -> HttpResponse:
    """Give back what was charged wrongly: that is the fix, which waits for nobody's yes."""
    case = case_of(desk, code)
    currency = case.price.currency if case.price else desk.facts.currency
    given = amount(request.POST.get("repaid", ""), field="repaid", currency=currency)
    if not given:
        raise Unanswered({"repaid": "Say how much was charged wrongly, such as 12.50."})
    operations.wrong_charge_repay(
        organization_id=desk.organization_id, recovery_id=case.id, amount=given, by=desk.member_id, now=desk.facts.now
    )
    tell(
        request,
        f"{given} goes back to them.",
        detail="Fix is done once it is paid: by the payment system, or by finance where none is connected.",
    )
    return gone_to("recovery", code=code)

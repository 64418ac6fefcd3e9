"""What a recovery's page tells of what was given: the offer, the customer's answer, the swap, the handing over."""

from __future__ import annotations

import html

from tests.conftest import START, Org
from tests.functional.test_views import _no_throttle, _quick_passwords, recovery_of, signed_in

from makegood.makegoods.models import MakeGood
from makegood.makegoods.operations import Offer, makegood_delivered, makegood_swap
from makegood.recoveries.operations import extra_offer
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]


def test_what_happened_tells_offer_answer_swap_and_handing_over(org: Org) -> None:
    """Each move of a make-good stands in the history, with its name and what it is worth, and who did it."""
    recovery = recovery_of(org)
    given = {"organization_id": org.id, "now": START}
    with tenant(organization_id=org.id):
        extra_offer(**given, recovery_id=recovery.id, remedy="credit-10", by=org.employee)
        offered = MakeGood.objects.get(organization_id=org.id, part="extra")
        swap = makegood_swap(
            **given,
            makegood_id=offered.id,
            instead=Offer(
                failure_id=offered.failure_id, customer_id=offered.customer_id, part="extra", remedy="express",
                title="Express delivery", form="time_back", value_minor=900, cost_minor=500, currency="EUR",
            ),
        )  # fmt: skip
        makegood_delivered(**given, makegood_id=swap, by=org.manager)
        again = MakeGood.objects.filter(organization_id=org.id, id=swap).get()
        assert again.state == "delivered"
    page = html.unescape(signed_in(org, org.manager).get(f"/recoveries/R-{recovery.number}").content.decode())
    story = page[page.index("What happened") :]
    for said in (
        "Offered: Credit for the next purchase (€10).",
        "They chose something else instead of: Credit for the next purchase (€10).",
        "They said yes: Express delivery (€9).",
        "They have it: Express delivery (€9).",
    ):
        assert said in story, said

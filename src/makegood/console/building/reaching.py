"""Whether anything that is said to a customer can reach them, or only stands on a page that they may not have."""

from __future__ import annotations

from makegood.customers.queries import CustomerFacts
from makegood.recoveries.queries import Case

REACHED = ("email", "phone")
UNREACHED = (
    "We know no e-mail and no phone number of theirs, so nothing that we write reaches them by itself. Hand them the"
    " link of their page, or call on them and record under the step how they were told."
)


def unreached(case: Case, customer: CustomerFacts) -> bool:
    """This function will say that nobody can reach this customer, who has not written on their page either."""
    known = any(customer.identity(kind) for kind in REACHED)
    return case.state == "open" and not known and not any(one.direction == "in" for one in case.messages)

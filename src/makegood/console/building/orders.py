"""Orders that a failure is of, or that somebody named in a letter, as Today and a recovery list them."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from django.urls import reverse

from makegood.console.building.words import said_at
from makegood.console.desk import Desk
from makegood.console.viewmodels.today import OrderLine
from makegood.promises.naming import Letter, OrderNamed, orders_named
from makegood.recoveries.queries import Case
from makegood.recoveries.queries.lines import OrderOf


@attrs.frozen(kw_only=True)
class OrdersKnown:
    """The orders beside a recovery: those that it is `of_it`, or else those that its customer names."""

    orders: Sequence[OrderNamed | OrderOf] = ()
    of_it: bool = True


def orders_known(*, organization_id: int, case: Case) -> OrdersKnown:
    """This function will read the orders that a recovery is about; where it is of none, those that they write of."""
    mine = dict.fromkeys(one.order for one in case.failures if one.order)
    if mine:
        return OrdersKnown(orders=tuple(mine))
    wrote = "\n".join(f"{one.subject}\n{one.body}" for one in case.messages if one.direction == "in")
    letter = Letter(customer_id=case.customer_id, text=wrote)
    named = orders_named(organization_id=organization_id, letters={case.id: letter})
    return OrdersKnown(orders=named.get(case.id, ()), of_it=False)


def order_lines(desk: Desk, orders: Sequence[OrderNamed | OrderOf]) -> tuple[OrderLine, ...]:
    """This function will list orders; one at a place that the reader serves opens its promise, where it has one."""
    return tuple(
        OrderLine(
            number=one.reference,
            text=", ".join(part for part in (one.what, f"bought {said_at(desk, one.at)}", one.place) if part),
            url=reverse("promise", args=[one.promise_id])
            if one.promise_id and (desk.places is None or one.place_id in desk.places)
            else "",
        )
        for one in orders
    )


def orders_note(orders: Sequence[OrderNamed]) -> str:
    """This function will say what a yes makes of the orders that a mail names."""
    if not orders:
        return ""
    if len(orders) > 1:
        return "It names more than one order, so what you open is of none of them: its page shows them all."
    one = orders[0]
    at = f", at {one.place}" if one.place else ""
    under = f" It is done as for whatever {one.source} tells of." if one.source else ""
    return f"What you open is about this order{at}.{under}"

"""Orders of a Brazilian marketplace: the estimated delivery date is a promise, and means the end of that day.

Only a delivery keeps a promise (no cancelling time is recorded); a review of one or two stars is a complaint, at the
moment it was answered. The order's final status says nothing about what was known at the time, and is not read.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from makegood.core.money import Money
from makegood.listen.datasets.recorded import Body, Moment, Recorded, local_moment
from makegood.listen.datasets.tables import rows_of

ZONE = "America/Sao_Paulo"
BOUGHT, PROMISED, DELIVERED, REVIEWED = 0, 1, 2, 3
LOW = ("1", "2")


class Order(NamedTuple):
    """One order: whose, worth what, bought when and due when."""

    id: str
    customer: str
    total: int
    bought_at: datetime
    due_at: datetime


def read(folder: Path) -> Recorded:
    """Read the marketplace's tables (*.csv.gz or *.csv) in this folder.

    Raises UnusableData if a table or a column is missing.
    """
    people = {row["customer_id"]: row["customer_unique_id"] for row in rows_of(
        folder, "customers", ("customer_id", "customer_unique_id"))}  # fmt: skip
    paid: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows_of(folder, "order_payments", ("order_id", "payment_value")):
        paid[row["order_id"]] += Decimal(row["payment_value"])
    orders: list[Order] = []
    moments: list[Moment] = []
    numbers: dict[str, int] = {}
    wanted = (
        "order_id",
        "customer_id",
        "order_purchase_timestamp",
        "order_delivered_customer_date",
        "order_estimated_delivery_date",
    )
    for row in rows_of(folder, "orders", wanted):
        number = numbers[row["order_id"]] = len(orders)
        bought_at = _moment(row["order_purchase_timestamp"])
        due_at = _end_of_day(row["order_estimated_delivery_date"])
        order = Order(
            id=row["order_id"],
            customer=people[row["customer_id"]],
            total=Money.of(paid[row["order_id"]], "BRL").minor,
            bought_at=bought_at,
            due_at=due_at,
        )
        orders.append(order)
        moments += [(bought_at, BOUGHT, number), (bought_at, PROMISED, number)]
        if row["order_delivered_customer_date"]:
            moments.append((_moment(row["order_delivered_customer_date"]), DELIVERED, number))
    reviews: list[tuple[str, int, int]] = []
    review_columns = ("review_id", "order_id", "review_score", "review_answer_timestamp")
    for row in rows_of(folder, "order_reviews", review_columns):
        if row["review_score"] in LOW and row["order_id"] in numbers:
            moments.append((_moment(row["review_answer_timestamp"]), REVIEWED, len(reviews)))
            reviews.append((row["review_id"], numbers[row["order_id"]], int(row["review_score"])))
    moments.sort()

    def body(at: datetime, which: int, row: int) -> Body:
        return _body(at, which, orders, reviews, row)

    return Recorded(
        kind="olist",
        name="A Brazilian marketplace",
        source="orders",
        playbook="default",
        zone=ZONE,
        currency="BRL",
        language="pt",
        places=(),
        moments=moments,
        body=body,
    )


def _body(at: datetime, which: int, orders: list[Order], reviews: list[tuple[str, int, int]], row: int) -> Body:
    if which == REVIEWED:
        review, number, score = reviews[row]
        order = orders[number]
        said = {"customer": {"token": order.customer}, "purchase": order.id, "promise": order.id, "value": score}
        return {"id": f"{review}:{order.id}", "type": "signal.review", "time": at, "data": said}
    order = orders[row]
    if which == DELIVERED:
        return {"id": f"{order.id}:delivered", "type": "promise.kept", "time": at, "data": {"reference": order.id}}
    money = {"minor": order.total, "currency": "BRL"}
    shared = {"reference": order.id, "customer": {"token": order.customer}, "what": "an order"}
    if which == BOUGHT:
        data = {**shared, "placed_at": at, "total": money}
        return {"id": f"{order.id}:bought", "type": "purchase.made", "time": at, "data": data}
    data = {**shared, "purchase": order.id, "made_at": at, "due_at": order.due_at, "value": money}
    return {"id": f"{order.id}:promised", "type": "promise.made", "time": at, "data": data}


def _moment(text: str) -> datetime:
    local = datetime.fromisoformat(text)
    minutes = local.hour * 60 + local.minute
    return local_moment(local.year, local.month, local.day, minutes, ZONE).replace(second=local.second)


def _end_of_day(text: str) -> datetime:
    day = datetime.fromisoformat(text)
    return local_moment(day.year, day.month, day.day, 1440, ZONE)

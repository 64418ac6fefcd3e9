"""Reading a case from plain JSON data: every value checked, every error with its place and what to write there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final, TypeVar

from makegood.core.evidence import GRADE_MEANS, REGISTER
from makegood.core.money import Money
from makegood.core.offers.case import (
    FAULTS,
    NOT_ASKED,
    PAST,
    Budget,
    Case,
    Customer,
    Fact,
    Failed,
    Floor,
    Incident,
    OwedAmount,
    Past,
    Proposal,
    UnusableCase,
)
from makegood.core.reasons import Reason
from makegood.core.remedies import MATCHES

LARGEST_MINOR: Final = 10**12
MOST_PRICE: Final = 1000.0
LONGEST_TEXT: Final = 500
MOST_OF_A_LIST: Final = 1000
Read = TypeVar("Read")
Data = Mapping[str, Any]

CASE: Final = ("customer", "failure", "place", "history", "limits", "budget", "floor", "incident", "proposed", "at")
CUSTOMER: Final = ("group", "purchases", "value", "facts")
FACT: Final = ("kind", "value", "text", "source", "consent", "consented", "expires_at", "on", "recorded_at")
FAILURE: Final = ("kind", "loss", "fault", "severity", "kept_service", "price", "late")
FLOOR: Final = ("owed", "reasons")
OWED: Final = ("amount", "form", "due_by", "rule")
REASON: Final = ("rule", "evidence", "grade", "text")
PAST_KEYS: Final = ("what", "at", "id", "amount")
INCIDENT: Final = ("id", "loss", "severity", "lowest_price", "highest_floor", "kept_service", "late")
PROPOSED: Final = ("floor", "remedy", "amount", "extras", "non_monetary", "why_not_match")


def case_of(data: object) -> Case:
    """This function will read a case: an object of `CASE`, of which customer and failure have to be there.

    `at` is not read here: whoever calls `decide` says what time it is. Raises UnusableCase.
    """
    case = _object(data, "the case", CASE)
    for name in ("customer", "failure"):
        if name not in case:
            keys = ", ".join(CUSTOMER if name == "customer" else FAILURE)
            raise UnusableCase(f"{name} is missing: give an object of {keys}")
    return Case(
        customer=_customer(case["customer"]),
        failure=_failure(case["failure"]),
        place=_text(case.get("place"), "place"),
        history=tuple(_past(one, f"history[{n}]") for n, one in enumerate(_list(case.get("history"), "history"))),
        limits=_limits(case.get("limits")),
        budget=_budget(case.get("budget")),
        floor=_maybe(case.get("floor"), _floor) or NOT_ASKED,
        incident=_maybe(case.get("incident"), _incident),
        proposed=_maybe(case.get("proposed"), _proposed),
    )


def moment_of(value: object, where: str) -> datetime:
    """This function will read a moment. Raises UnusableCase."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        at = None
    if at is None or at.utcoffset() is None:
        raise UnusableCase(f"{where} must be an ISO 8601 time with its offset, such as 2026-11-23T14:30:00+01:00")
    return at


def _maybe(value: object, read: Callable[[object], Read]) -> Read | None:
    return None if value is None else read(value)


def _object(value: object, where: str, allowed: tuple[str, ...]) -> Data:
    if not isinstance(value, dict):
        raise UnusableCase(f"{where} must be an object of {', '.join(allowed)}")
    if not value.keys() <= set(allowed):
        unknown = next(str(key) for key in value if key not in allowed)
        raise UnusableCase(f"{where} has unknown {unknown!r}: accepted are {', '.join(allowed)}")
    return value


def _list(value: object, where: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > MOST_OF_A_LIST:
        raise UnusableCase(f"{where} must be a list of at most {MOST_OF_A_LIST}")
    return value


def _text(value: object, where: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise UnusableCase(f"{where} must be a text of at most {LONGEST_TEXT} characters")
    return value.strip()


def _one_of(value: object, where: str, choices: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in choices:
        raise UnusableCase(f"{where} must be one of {', '.join(choices)}")
    return value


def _whole(value: object, where: str, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise UnusableCase(f"{where} must be a whole number from {least} to {most:,}")
    return value


def _flag(value: object, where: str) -> bool:
    if value is None:
        return False
    if not isinstance(value, bool):
        raise UnusableCase(f"{where} must be true or false")
    return value


def _money(value: object, where: str) -> Money | None:
    if value is None:
        return None
    if isinstance(value, dict) and value.keys() == {"minor", "currency"}:
        minor, currency = value["minor"], value["currency"]
        if isinstance(minor, int) and not isinstance(minor, bool) and 0 <= minor <= LARGEST_MINOR:
            try:
                return Money(minor=minor, currency=currency)
            except (ValueError, TypeError):
                pass
    raise UnusableCase(f'{where} must be money, not negative, such as {{"minor": 25000, "currency": "EUR"}}')


def _customer(value: object) -> Customer:
    data = _object(value, "customer", CUSTOMER)
    purchases = data.get("purchases")
    if isinstance(purchases, list):
        purchases = len(purchases)
    facts = _list(data.get("facts"), "customer.facts")
    return Customer(
        group=_text(data.get("group"), "customer.group") or "unknown",
        purchases=None if purchases is None else _whole(purchases, "customer.purchases", 0, 10**9),
        value=_money(data.get("value"), "customer.value"),
        facts=tuple(_fact(one, f"customer.facts[{number}]") for number, one in enumerate(facts)),
    )


def _fact(value: object, where: str) -> Fact:
    if isinstance(value, str):
        return Fact(where=where, kind="", text=_text(value, where))
    data = _object(value, where, FACT)
    words = _text(data.get("value", data.get("text")), f"{where}.value")
    if not words:
        raise UnusableCase(f"{where}.value is missing: say in a few words what is known")
    on, expires_at = data.get("on"), data.get("expires_at")
    return Fact(
        where=where,
        kind=_text(data.get("kind"), f"{where}.kind"),
        text=words,
        source=_text(data.get("source"), f"{where}.source"),
        consented=_flag(data.get("consent", data.get("consented")), f"{where}.consent"),
        expires_at=None if expires_at is None else moment_of(expires_at, f"{where}.expires_at"),
        on_date=None if on is None else _day(on, f"{where}.on"),
    )


def _day(value: object, where: str) -> date:
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise UnusableCase(f"{where} must be a date, such as 2026-11-23") from None


def _failure(value: object) -> Failed:
    data = _object(value, "failure", FAILURE)
    kept = data.get("kept_service")
    return Failed(
        kind=_text(data.get("kind"), "failure.kind"),
        loss=_one_of(data.get("loss"), "failure.loss", tuple(MATCHES)),
        fault=_one_of(data.get("fault", "unknown"), "failure.fault", FAULTS),
        severity=_whole(data.get("severity"), "failure.severity", 1, 4),
        kept_service=None if kept is None else _flag(kept, "failure.kept_service"),
        price=_money(data.get("price"), "failure.price"),
        late=_flag(data.get("late"), "failure.late"),
    )


def _past(value: object, where: str) -> Past:
    data = _object(value, where, PAST_KEYS)
    at = data.get("at")
    return Past(
        what=_one_of(data.get("what"), f"{where}.what", PAST),
        at=None if at is None else moment_of(at, f"{where}.at"),
        code=_text(data.get("id"), f"{where}.id"),
        amount=_money(data.get("amount"), f"{where}.amount"),
    )


def _limits(value: object) -> dict[str, Money]:
    if value is None:
        return {}
    if isinstance(value, dict) and value.keys() != {"minor", "currency"}:
        read = {str(name): _money(one, f"limits.{name}") for name, one in value.items()}
        return {name: one for name, one in read.items() if one is not None}
    whole = _money(value, "limits")
    return {"giver's": whole} if whole is not None else {}


def _budget(value: object) -> Budget:
    if value is None:
        return Budget()
    if isinstance(value, dict) and value.keys() == {"minor", "currency"}:
        return Budget(left=_money(value, "budget"))
    data = _object(value, "budget", ("left", "price"))
    price = data.get("price", 0)
    if isinstance(price, bool) or not isinstance(price, int | float) or not 0 <= price <= MOST_PRICE:
        raise UnusableCase(f"budget.price must be a number from 0 to {MOST_PRICE:g}: the margin asked for a unit spent")
    return Budget(left=_money(data.get("left"), "budget.left"), price=float(price))


def _floor(value: object) -> Floor:
    data = _object(value, "floor", FLOOR)
    return Floor(
        owed=tuple(_owed(one, f"floor.owed[{n}]") for n, one in enumerate(_list(data.get("owed"), "floor.owed"))),
        reasons=tuple(
            _reason(one, f"floor.reasons[{n}]") for n, one in enumerate(_list(data.get("reasons"), "floor.reasons"))
        ),
    )


def _owed(value: object, where: str) -> OwedAmount:
    data = _object(value, where, OWED)
    amount, due_by = _money(data.get("amount"), f"{where}.amount"), data.get("due_by")
    if amount is None:
        raise UnusableCase(f"{where}.amount is missing: give the answer of `makegood floor --json` as it is")
    return OwedAmount(
        amount=amount,
        form=_text(data.get("form"), f"{where}.form"),
        due_by=None if due_by is None else moment_of(due_by, f"{where}.due_by"),
        rule=_text(data.get("rule"), f"{where}.rule"),
    )


def _reason(value: object, where: str) -> Reason:
    data = _object(value, where, REASON)
    rule, evidence, grade, text = (data.get(name) for name in REASON)
    if (
        not isinstance(rule, str)
        or not isinstance(text, str)
        or evidence not in (None, *REGISTER)
        or grade not in (None, *GRADE_MEANS)
    ):
        raise UnusableCase(f"{where} is no reason: give the answer of `makegood floor --json` as it is")
    return Reason(rule=rule, evidence=evidence, grade=grade, text=text)


def _incident(value: object) -> Incident:
    data = _object(value, "incident", INCIDENT)
    if lacking := [name for name in INCIDENT if name not in data]:
        raise UnusableCase(f"incident.{lacking[0]} is missing: what all get depends on it; null where it is not known")
    kept = data["kept_service"]
    return Incident(
        name=_text(data["id"], "incident.id"),
        loss=_one_of(data["loss"], "incident.loss", tuple(MATCHES)),
        severity=_whole(data["severity"], "incident.severity", 1, 4),
        lowest_price=_money(data["lowest_price"], "incident.lowest_price"),
        highest_floor=_money(data["highest_floor"], "incident.highest_floor"),
        kept_service=None if kept is None else _flag(kept, "incident.kept_service"),
        late=_flag(data["late"], "incident.late"),
    )


def _proposed(value: object) -> Proposal:
    data = _object(value, "proposed", PROPOSED)
    extras = _list(data.get("extras"), "proposed.extras")
    said = _list(data.get("non_monetary"), "proposed.non_monetary")
    return Proposal(
        paid=_money(data.get("floor"), "proposed.floor"),
        remedy=_text(data.get("remedy"), "proposed.remedy"),
        amount=_money(data.get("amount"), "proposed.amount"),
        extras=tuple(_text(one, f"proposed.extras[{number}]") for number, one in enumerate(extras)),
        non_monetary=tuple(_text(one, f"proposed.non_monetary[{number}]") for number, one in enumerate(said)),
        why_not_match=_text(data.get("why_not_match"), "proposed.why_not_match"),
    )

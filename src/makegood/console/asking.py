"""Questions that several pages ask, and how their answers are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

import attrs

from makegood.console.refill import Unanswered, answers
from makegood.console.viewmodels import Choice, Field
from makegood.core.money import Money
from makegood.core.typed import TwofoldNumber, number_typed
from makegood.organizations.passwords import LEAST

LOSSES = (
    ("money", "Money", "paid wrongly, paid twice, paid for nothing"),
    ("goods", "Something they bought", "missing, broken, not as described"),
    ("service", "The service itself", "not done, or not as it should be"),
    ("time", "Time", "waiting, coming back, chasing us"),
    ("attention", "Being looked after", "not heard, not informed, treated rudely"),
    ("trust", "Trust", "their data, their safety, our word"),
)
KINDS = (
    ("complaint", "Something else"),
    ("broken_promise", "A promise was not kept"),
    ("wrong_charge", "Charged wrongly"),
    ("not_as_described", "Not as described"),
    ("rework", "Work that had to be done again"),
    ("outage", "Something was out of order"),
    ("interaction", "How we treated them"),
)
FAULTS = (("ours", "Ours"), ("partner", "A partner's"), ("nobody", "Nobody's"), ("unknown", "Not known yet"))
CURRENCIES = ("EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "BRL", "CAD", "AUD", "JPY", "INR")
MOST_MINOR = 10**12
MOST_WORDS, MOST_CALL, MOST_WHY = 20_000, 2000, 300
"""How many characters a message or a note, what was said on the phone, and a reason may have."""
EARLIEST_YEAR = 1970


@lru_cache(maxsize=1)
def zones() -> tuple[Choice, ...]:
    """This function will list the time zones by name."""
    named = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix")))
    return tuple(Choice(value=zone, label=zone.replace("_", " ")) for zone in ["UTC", *named])


def choices(pairs: Iterable[tuple[str, ...]], *, first: str = "") -> tuple[Choice, ...]:
    """This function will make choices of (value, label[, hint]); `first` is the label of an empty first one."""
    head = (Choice(value="", label=first),) if first else ()
    return head + tuple(Choice(value=p[0], label=p[1], hint=p[2] if len(p) > 2 else "") for p in pairs)


def select(name: str, label: str, pairs: Iterable[tuple[str, ...]], *, value: str = "", **more: object) -> Field:
    """This function will make a question with a list to choose from."""
    first = str(more.pop("first", "") or "")
    return Field(name=name, label=label, kind="select", value=value, choices=choices(pairs, first=first), **more)  # type: ignore[arg-type]


def new_password_fields() -> tuple[Field, Field]:
    """This function will ask for a new password, and for the same once more."""
    new = Field(
        name="new",
        label="New password",
        kind="password",
        required=True,
        autocomplete="new-password",
        hint=f"At least {LEAST} characters.",
    )
    return new, attrs.evolve(new, name="again", label="New password, once more", hint="")


def new_password(values: Mapping[str, str], **asked: str) -> str:
    """This function will read the answer to `new_password_fields`, as it was typed.

    `asked` are what else must be answered, as for `answers`. Raises Unanswered, also where the two are not the same.
    """
    answers(values, **asked, new="Type the new password.", again="Type it once more.")
    if values["new"] != values["again"]:
        raise Unanswered({"again": "The two are not the same: type the new password once more."})
    return values["new"]


def amount(text: str, *, field: str, currency: str) -> Money | None:
    """This function will read an amount as people write it ("12.50", "1.250,50"); nothing for nothing.

    Raises Unanswered for what is no amount, or is one that can be read two ways.
    """
    plain = text.strip().strip("€£$").strip()
    if not plain:
        return None
    try:
        money = Money.of(number_typed(plain), currency)
    except TwofoldNumber as error:
        raise Unanswered({field: str(error)}) from None
    except (OverflowError, ValueError):
        raise Unanswered({field: "Write an amount such as 12.50."}) from None
    if not 0 <= money.minor <= MOST_MINOR:
        raise Unanswered({field: "Write an amount of zero or more, such as 12.50."})
    return money


def moment(text: str, *, field: str, zone: str) -> datetime:
    """This function will read a date and time as the browser sends it, in the organization's zone.

    Raises Unanswered for what is no date and time.
    """
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Unanswered({field: "Choose a date and a time."}) from None
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def when_fields(*, now: datetime, zone: str) -> tuple[Field, ...]:
    """This function will ask when something happened: now, today at a time, or on another day."""
    today = now.astimezone(ZoneInfo(zone)).date().isoformat()
    return (
        Field(
            name="when",
            label="When did it happen?",
            kind="radio",
            required=True,
            value="now",
            choices=choices((("now", "Just now"), ("today", "Earlier today"), ("day", "Another day"))),
        ),
        Field(
            name="when_day", label="On which day?", kind="date", maximum=today, sometimes=True, hint="For another day."
        ),
        Field(
            name="when_time",
            label="At what time?",
            kind="time",
            sometimes=True,
            hint="About is enough. For another day it may stay empty: then it counts as noon.",
        ),
    )


def when(values: Mapping[str, str], *, now: datetime, zone: str) -> datetime:
    """This function will read the answer to `when_fields`, in the organization's zone; no answer is now.

    A day without a time is its noon, or now if that is yet to come: letters name the day. Raises Unanswered for what
    is no day or no time, and for a moment that is yet to come.
    """
    chosen, day, clock = (values.get(name, "").strip() for name in ("when", "when_day", "when_time"))
    if chosen in ("", "now"):
        return now
    if chosen not in ("today", "day"):
        raise Unanswered({"when": "Choose when it happened."})
    here = now.astimezone(ZoneInfo(zone))
    if chosen == "today" and not clock:
        raise Unanswered({"when_time": "Say about what time it was."})
    if chosen == "day" and not day:
        raise Unanswered({"when_day": "Choose the day."})
    on = _date(day) if chosen == "day" else here.date()
    at = datetime.combine(on, _time(clock) if clock else time(12), ZoneInfo(zone)).astimezone(UTC)
    if not clock and on == here.date():
        return min(at, now)
    if at > now:
        wrong = "when_time" if on == here.date() else "when_day"
        raise Unanswered({wrong: "This is yet to come: say when it happened."})
    return at


def _date(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Unanswered({"when_day": "Choose a day, such as 2026-03-21."}) from None
    if day.year < EARLIEST_YEAR:
        raise Unanswered({"when_day": "Choose a day that people remember."})
    return day


def _time(text: str) -> time:
    try:
        return time.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        raise Unanswered({"when_time": "Write a time such as 14:30."}) from None


def local_input(at: datetime, *, zone: str) -> str:
    """This function will write a moment as a browser's date and time input wants it."""
    return at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")


def whole(text: str, *, field: str = "", least: int = 0, most: int = 2_147_483_647) -> int:
    """This function will read a whole number. Raises Unanswered for anything else."""
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        raise Unanswered({field: "Choose one from the list."})
    return number

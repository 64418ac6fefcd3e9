"""A word that staff give in a message is found, with its due time; what only looks like one is not."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.staff_sentences import FURTHER, SENTENCES

from makegood.core.calendars import ALWAYS, Calendar
from makegood.core.staff_words import GivenWord, words_given
from makegood.rules.staff_words_data import UnableToReadStaffWordRules, staff_word_rules

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Calendar(zone="Europe/Berlin", weekly=[[(540, 1080)]] * 5 + [[], []])
SAID = datetime(2026, 6, 16, 10, 20, tzinfo=BERLIN)


def found(
    text: str, *, said: datetime = SAID, zone: ZoneInfo = BERLIN, calendar: Calendar | None = OFFICE
) -> tuple[GivenWord, ...]:
    return words_given(text=text, rules=staff_word_rules("en"), said_at=said, zone=zone, calendar=calendar)


def due(text: str, *, said: datetime = SAID, zone: ZoneInfo = BERLIN, calendar: Calendar | None = OFFICE) -> list[str]:
    words = found(text, said=said, zone=zone, calendar=calendar)
    return [one.due_at.astimezone(zone).strftime("%Y-%m-%dT%H:%M") for one in words]


@pytest.mark.parametrize("sentences", [SENTENCES, FURTHER], ids=["first", "further"])
def test_at_least_eighteen_of_twenty_are_found_with_the_right_due_time_and_at_most_one_is_false(
    sentences: tuple[tuple[str, str | None], ...],
) -> None:
    promises = [(text, when) for text, when in sentences if when]
    others = [text for text, when in sentences if not when]
    right = [text for text, when in promises if any(one.endswith(f"-{when}") for one in due(text))]
    false = [text for text in others if due(text)]
    assert (len(promises), len(others)) == (20, 20)
    assert len(right) >= 18, set(promises) - set(right)
    assert len(false) <= 1, false


@pytest.mark.parametrize(
    ("text", "said", "expected"),
    [
        # An hour that is past today is tomorrow's.
        ("I'll call you by five.", datetime(2026, 6, 16, 17, 30, tzinfo=BERLIN), "2026-06-17T17:00"),
        # Nobody means five in the morning, nor ten at night where the office is open at ten.
        ("I'll call you at ten.", datetime(2026, 6, 16, 8, 0, tzinfo=BERLIN), "2026-06-16T10:00"),
        # The night in which the clocks go back: five is five by the wall clock.
        ("I'll call you by five tomorrow.", datetime(2026, 10, 24, 12, 0, tzinfo=BERLIN), "2026-10-25T17:00"),
        # Working days jump the weekend.
        ("I'll write to you within two working days.", datetime(2026, 6, 19, 12, 0, tzinfo=BERLIN), "2026-06-23T18:00"),
        # A date that is past this year is next year's.
        ("We will pay you on 3 March.", SAID, "2027-03-03T18:00"),
        # Friday said on a Friday is the next one; next week's day is next week's.
        ("I'll call you on Friday.", datetime(2026, 6, 19, 9, 0, tzinfo=BERLIN), "2026-06-26T18:00"),
        ("I'll call you next Thursday at noon.", SAID, "2026-06-25T12:00"),
        # A weekday with its date and a time of 24 hours, as our own letters write it.
        ("I will write to you by Monday 22 June, 07:30.", SAID, "2026-06-22T07:30"),
        # Before a day is the working day before it.
        ("We'll deliver it to you before Monday.", SAID, "2026-06-19T18:00"),
    ],
)
def test_a_time_means_what_people_mean_by_it(text: str, said: datetime, expected: str) -> None:
    assert due(text, said=said) == [expected]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        # As our own letters write it, on the day after.
        ("You will have word from me by Tuesday 10 March, 21:30.", datetime(2026, 3, 11, 0, 50, tzinfo=BERLIN)),
        # Its weekday tells the year: that Tuesday is over, however long ago.
        ("I will write to you by Tuesday 10 March, 21:30.", datetime(2026, 12, 11, 9, 0, tzinfo=BERLIN)),
        # Without a weekday, what was over weeks ago is not meant for next year.
        ("I will write to you by 10 March.", datetime(2026, 4, 20, 9, 0, tzinfo=BERLIN)),
        ("I will call you on 16 June at nine in the morning.", datetime(2026, 6, 17, 9, 0, tzinfo=BERLIN)),
    ],
)
def test_a_date_that_is_over_is_no_promise_for_next_year(text: str, said: datetime) -> None:
    assert due(text, said=said) == []


def test_times_are_the_customers_and_a_holiday_is_no_working_day() -> None:
    lisbon = ZoneInfo("Europe/Lisbon")
    holiday = Calendar(zone="Europe/Berlin", weekly=OFFICE.weekly, holidays=[SAID.date()])
    assert found("I'll call you by five.", zone=lisbon)[0].due_at == datetime(2026, 6, 16, 16, 0, tzinfo=UTC)
    assert due("I'll write within one working day.", calendar=holiday) == ["2026-06-17T18:00"]
    assert due("I'll write to you by the end of the day.", calendar=ALWAYS) == ["2026-06-16T18:00"]


def test_it_says_what_and_how_it_would_be_kept() -> None:
    (call,) = found("Thank you, Ana.\n\nI'll call you by five.\n\nRui")
    (pay,) = found("We will refund the fare by Friday.")
    (write,) = found("I will email you the dates tomorrow.")
    assert (call.what, call.act, call.quote) == ("I'll call you", "call", "I'll call you by five.")
    assert (pay.act, write.act) == ("pay", "message")
    assert call.reasons[0].rule == "staff_word.given"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (
            "I am looking into it and will write to you by tomorrow 16:43.",
            "I am looking into it and will write to you",
        ),
        ("I am sorry: I look into it and will call you by five.", "I look into it and will call you"),
        ("I looked into it and I'll call you by five.", "I'll call you"),
    ],
)
def test_what_is_promised_is_a_whole_clause(text: str, what: str) -> None:
    assert [one.what for one in found(text)] == [what]


def test_what_is_quoted_is_not_said_again() -> None:
    assert found("> I'll call you by five.\nSorry, that did not work.") == ()
    assert found("You were told “we will call you by five”, and nobody did.") == ()


def test_a_sentence_may_hold_two() -> None:
    said = due("I'll call you by noon, and we will deliver the sofa to you on Thursday.")
    assert said == ["2026-06-16T12:00", "2026-06-18T18:00"]


def test_there_are_no_rules_for_a_language_without_data() -> None:
    with pytest.raises(UnableToReadStaffWordRules, match="'xx'"):
        staff_word_rules("xx")


WORDS = "I we will call you by at five 5 pm tomorrow Friday within two hours 31 February if not the 99 . , ? 17:00 of"


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(WORDS.split()), max_size=25))
def test_whatever_is_typed_a_word_is_due_later_and_stands_in_the_text(words: list[str]) -> None:
    text = " ".join(words)
    for one in found(text):
        assert one.due_at > SAID
        assert text[one.start : one.end] == one.quote
        assert one.what

"""Codes of half a minute: right by the standard's own vectors, around the present one, and each once."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from makegood.core.lockout import Limit
from makegood.core.second_factor import BY_CODE, HALF, code_step, half_over

SECRET = base64.b32encode(b"12345678901234567890").decode()
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [  # RFC 6238, appendix B, SHA-1: the last six of its eight digits
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_the_codes_of_the_standard(seconds: int, code: str) -> None:
    now = datetime.fromtimestamp(seconds, tz=UTC)
    found = code_step(typed=code, code_of=pyotp.TOTP(SECRET).generate_otp, last=0, now=now)
    assert found == seconds // 30


def step_of(number: int, *, last: int = 0, after: timedelta = timedelta()) -> int | None:
    """Which half minute the code of one is taken for, at AT or after it; the codes here are their own numbers."""
    return code_step(typed=str(number), code_of=str, last=last, now=AT + after)


def test_one_before_and_one_after_count_too_and_no_more() -> None:
    present = int(AT.timestamp()) // 30
    assert [step_of(present + away) for away in (-2, -1, 0, 1, 2)] == [None, present - 1, present, present + 1, None]
    edge = timedelta(seconds=30)
    assert step_of(present - 1, after=edge - INSTANT) == present - 1
    assert step_of(present - 1, after=edge) is None


def test_a_code_is_right_once_and_so_are_those_before_it() -> None:
    present = int(AT.timestamp()) // 30
    assert [step_of(present + away, last=present) for away in (-1, 0, 1)] == [None, None, present + 1]


def test_the_limits_as_they_are_written_down() -> None:
    assert Limit(tries=10, window=timedelta(minutes=15)) == BY_CODE
    assert timedelta(minutes=10) == HALF
    ages = (-INSTANT, timedelta(), HALF - INSTANT, HALF)
    assert [half_over(right_at=AT, now=AT + age) for age in ages] == [True, False, False, True]

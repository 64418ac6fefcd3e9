"""What stands over Today: who is late first, then who needs us until the day turns."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from makegood.console.views.today import _held, _title
from makegood.failures.queries import IncidentFacts

SIX = datetime(2026, 5, 6, 18, tzinfo=UTC)
MIDNIGHT = datetime(2026, 5, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("shown", "late", "soon", "listed", "turn", "title"),
    [
        (0, 0, 0, 0, SIX, "Nobody needs us right now"),
        (1, 0, 1, 1, SIX, "One customer needs us before six"),
        (3, 0, 2, 3, MIDNIGHT, "Two customers need us before midnight"),
        (3, 0, 0, 3, SIX, "Three customers need us"),
        (13, 0, 13, 13, SIX, "13 customers need us before six"),
        (407, 0, 25, 25, SIX, "More than 25 customers need us before six"),
        (3, 1, 0, 3, SIX, "One customer waits past a deadline"),
        (3, 2, 1, 3, SIX, "Two customers wait past a deadline, one more needs us before six"),
        (40, 5, 20, 25, SIX, "Five customers wait past a deadline, more than 20 more need us before six"),
        (40, 25, 0, 25, SIX, "More than 25 customers wait past a deadline"),
    ],
)
def test_the_headline_says_who_is_late_and_who_needs_us_next(
    shown: int, late: int, soon: int, listed: int, turn: datetime, title: str
) -> None:
    assert _title(shown=shown, late=late, soon=soon, listed=listed, turn=turn, asked=0) == title


@pytest.mark.parametrize(("asked", "title"), [(1, "One waits for your yes or no"), (4, "Four wait for your yes or no")])
def test_where_no_recovery_is_open_the_headline_says_who_waits_to_become_one(asked: int, title: str) -> None:
    assert _title(shown=0, late=0, soon=0, listed=0, turn=SIX, asked=asked) == title


def incident(failures: int, *, withdrawn: int = 0, reason: str = "burst") -> IncidentFacts:
    return IncidentFacts(
        id=1, number=1, state="proposed", reason=reason, title="T", active_from=SIX, active_to=None, proposed_at=SIX,
        decided_at=None, owner="", owner_id=None, place="", source="", cause_id=None, explanation=[],
        failures=failures, withdrawn=withdrawn,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("proposed", "alone", "said"),
    [
        ([], False, ""),
        ([incident(300, withdrawn=68), incident(1)], False, "; 233 are held for a yes or no"),
        ([incident(1)], False, "; 1 is held for a yes or no"),
        ([incident(232)], True, ": 232 are held"),
        ([incident(40, reason="silence")], False, ""),
    ],
)
def test_the_headline_says_how_many_hear_nothing_until_somebody_decides(
    proposed: list[IncidentFacts], alone: bool, said: str
) -> None:
    assert _held(proposed, alone=alone) == said

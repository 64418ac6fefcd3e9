"""Reads of recoveries for the faces: plain frozen data, each in a fixed number of statements."""

from makegood.recoveries.queries.case import (
    clock_why,
    recoveries_late,
    recovery_by_number,
    recovery_by_thread,
    recovery_case,
)
from makegood.recoveries.queries.held import Begun, OpenOnes, incident_begun, incident_open
from makegood.recoveries.queries.lines import (
    Case,
    ClockLine,
    ClockWhy,
    FailureLine,
    FollowUpLine,
    MakeGoodLine,
    MessageLine,
    PauseLine,
    RatingLine,
    StepLine,
    TimelineLine,
)
from makegood.recoveries.queries.lists import (
    Filters,
    Listed,
    Page,
    StepMark,
    customer_recoveries,
    recoveries_list,
    today,
    workload,
)

__all__ = [
    "Begun",
    "Case",
    "ClockLine",
    "ClockWhy",
    "FailureLine",
    "Filters",
    "FollowUpLine",
    "Listed",
    "MakeGoodLine",
    "MessageLine",
    "OpenOnes",
    "Page",
    "PauseLine",
    "RatingLine",
    "StepLine",
    "StepMark",
    "TimelineLine",
    "clock_why",
    "customer_recoveries",
    "incident_begun",
    "incident_open",
    "recoveries_late",
    "recoveries_list",
    "recovery_by_number",
    "recovery_by_thread",
    "recovery_case",
    "today",
    "workload",
]

"""Floors: what is owed by law, contract or published guarantee, decided from facts and a pack of dated rules.

A pack is data (read and checked by `makegood.rules.packs`); this package evaluates it. Nothing here reads a clock,
a file or a law: the version of a rule is chosen by the date of the event.
"""

from makegood.core.floors.amounts import Band, Banded, Flat, Percent, PerDay, PerUnit, Reduction, Simple, facts_of
from makegood.core.floors.conditions import AllOf, AnyOf, Compare, Condition, fields_of
from makegood.core.floors.deadlines import (
    Deadline,
    EasterHoliday,
    FixedHoliday,
    Holiday,
    MovingHoliday,
    SingleHoliday,
    WorkingDays,
)
from makegood.core.floors.decisions import FloorDecision, Owed, owed
from makegood.core.floors.facts import FactSpec, UnusableFacts
from makegood.core.floors.packs import Clause, FormClause, Pack, Rule, Version

__all__ = [
    "AllOf",
    "AnyOf",
    "Band",
    "Banded",
    "Clause",
    "Compare",
    "Condition",
    "Deadline",
    "EasterHoliday",
    "FactSpec",
    "FixedHoliday",
    "Flat",
    "FloorDecision",
    "FormClause",
    "Holiday",
    "MovingHoliday",
    "Owed",
    "Pack",
    "PerDay",
    "PerUnit",
    "Percent",
    "Reduction",
    "Rule",
    "Simple",
    "SingleHoliday",
    "UnusableFacts",
    "Version",
    "WorkingDays",
    "facts_of",
    "fields_of",
    "owed",
]

"""Offers: the plan for one case: what is owed, what puts it right, what matches, how much, what goes beyond.

Pure: no Django, no clock, no file. `decide` makes a plan or judges one; `reading.case_of` reads a case of JSON data.
"""

from makegood.core.offers.case import (
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
from makegood.core.offers.deciding import Answer, Offered, Whole, decide
from makegood.core.offers.items import Catalogue, FixWords, Item
from makegood.core.offers.ranking import Extra, NotOffered

__all__ = [
    "Answer",
    "Budget",
    "Case",
    "Catalogue",
    "Customer",
    "Extra",
    "Fact",
    "Failed",
    "FixWords",
    "Floor",
    "Incident",
    "Item",
    "NotOffered",
    "Offered",
    "OwedAmount",
    "Past",
    "Proposal",
    "UnusableCase",
    "Whole",
    "decide",
]

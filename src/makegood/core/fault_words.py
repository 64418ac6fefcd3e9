"""What the name of a cause says about whose fault it was: a hint to ask a person by, never a decision."""

from __future__ import annotations

import re

NOBODY = re.compile(
    r"\b(?:weather|storms?|snow\w*|ice|fog|floods?|lightning|earthquakes?|heat ?waves?|power (?:cuts?|failures?)|"
    r"strikes?|act of god|force majeure|nobody|no ?one)\b",
    re.IGNORECASE,
)
PARTNER = re.compile(
    r"\b(?:partners?|suppliers?|carriers?|couriers?|sub-?contractors?|vendors?|third part(?:y|ies)|franchisees?"
    r"|air traffic control|airports?|banks?|payment providers?)\b",
    re.IGNORECASE,
)
OURS = re.compile(r"\b(?:our|ours|we|us)\b", re.IGNORECASE)


def fault_named(*, cause: str) -> str:
    """This function will read whose fault a cause says it was: nobody, partner, or "" where its name does not say.

    `cause` is its path in the tree, the last part the most telling. A name that speaks of us says nothing.
    """
    for part in reversed(cause.split("/")):
        if OURS.search(part):
            return ""
        for fault, words in (("nobody", NOBODY), ("partner", PARTNER)):
            if words.search(part):
                return fault
    return ""

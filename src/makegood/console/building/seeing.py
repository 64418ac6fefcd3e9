"""What a form was made from: it carries the part of the recovery that it would overwrite, as it stood then."""

from __future__ import annotations

from makegood.console.viewmodels import Field
from makegood.recoveries.queries import Case
from makegood.recoveries.queries.parts import part_value

SEEN = "seen."
"""What the names of such hidden fields begin with; the part's name follows."""


def seen_pair(case: Case, part: str) -> tuple[str, str]:
    """This function will carry along how a part of the recovery stood, for a button that posts at once."""
    return f"{SEEN}{part}", part_value(case=case, part=part)


def seen_field(case: Case, part: str) -> Field:
    """This function will carry along how a part of the recovery stood, for a form."""
    name, value = seen_pair(case, part)
    return Field(name=name, label="", kind="hidden", value=value)

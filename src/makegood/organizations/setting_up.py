"""What admins have said of setting up: that a step is as it should be, or that they want no reminder of the rest."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from makegood.journal.operations import Happened, record

REST: Final = "rest"
"""What is said to be seen to by who wants to hear no more of what is left."""
SEEN: Final = frozenset({"playbook", "limits", "mail", REST})
"""Steps that change nothing where what is there already suits."""


class UnableToSetUp(ValueError):
    """There is no such step of setting up."""


def set_up_seen(*, organization_id: int, step: str, by: int, now: datetime) -> None:
    """Journal that an admin has seen to a step of setting up, or wants no reminder of the rest.

    Raises UnableToSetUp for a step that is done by what it makes.
    """
    if step not in SEEN:
        raise UnableToSetUp(UnableToSetUp.__doc__)
    seen = Happened(
        at=now,
        event="organizations:organization:set_up",
        subject="organization",
        subject_id=organization_id,
        data={"step": step},
        actor_id=by,
    )
    record(organization_id=organization_id, entries=[seen])

"""What the yes to an incident would let leave by itself: which words, to whom, when and in whose name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs

from makegood.customers.models import Customer
from makegood.failures.models import Failure
from makegood.recoveries.models import RecoveryFailure
from makegood.recoveries.operations.opening import openings_planned
from makegood.recoveries.saying import Shown, first_words_shown
from makegood.recoveries.taken import taken_of
from makegood.rules.playbooks import Playbook


@attrs.frozen(kw_only=True, slots=True)
class Leaving:
    """What opens with a yes: its playbook, and what leaves by itself, as (kind, who sends, the words by language)."""

    playbook: Playbook
    words: tuple[tuple[str, str, tuple[Shown, ...]], ...]


def incident_leaving(*, organization_id: int, incident_id: int, by: int, now: datetime) -> Leaving | None:
    """This function will word what a yes by this member would send of a proposed incident, and write nothing.

    It is worded for the first customer of each language, with that customer's own case. None where no recovery would
    open.
    """
    at = dict.fromkeys(_firsts(organization_id, incident_id), now)
    taken = taken_of(organization_id=organization_id, at=at, standing=True)
    if not taken:
        return None
    planned = [
        attrs.evolve(one, owner_id=by) for one in openings_planned(organization_id=organization_id, firsts=taken)
    ]
    playbook = planned[0].playbook
    sends = (("acknowledgement", playbook.acknowledgement), ("apology", playbook.steps["apologise"].send))
    return Leaving(
        playbook=playbook,
        words=tuple(
            (kind, send, tuple(first_words_shown(organization_id=organization_id, planned=planned, kind=kind)))
            for kind, send in sends
            if send not in ("none", "person")
        ),
    )


def _firsts(organization_id: int, incident_id: int) -> Sequence[int]:
    """The first failure of each language among those that no recovery holds yet."""
    begun = RecoveryFailure.objects.filter(organization_id=organization_id, failure__incident_id=incident_id)
    waiting = (
        Failure.objects.filter(organization_id=organization_id, incident_id=incident_id, withdrawn_at=None)
        .exclude(id__in=begun.values("failure_id"))
        .order_by("gate_at", "id")
    )
    who = list(waiting.values_list("customer_id", "id"))
    spoken = dict(
        Customer.objects.filter(organization_id=organization_id, id__in={one for one, _ in who}).values_list(
            "id", "language"
        )
    )
    first: dict[str, int] = {}
    for customer_id, failure_id in who:
        first.setdefault(spoken.get(customer_id, ""), failure_id)
    return list(first.values())

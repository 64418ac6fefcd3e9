"""What the yes to an incident would let leave by itself: which words, to whom, when and in whose name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs
from django.db import connection

from makegood.recoveries.operations.opening import openings_planned
from makegood.recoveries.saying import Shown, first_words_shown
from makegood.recoveries.taken import taken_of
from makegood.rules.playbooks import Playbook

FIRSTS = """
SELECT DISTINCT ON (c.language) f.id
FROM failures_failure f
LEFT JOIN customers_customer c ON c.organization_id = f.organization_id AND c.id = f.customer_id
WHERE f.organization_id = %s AND f.incident_id = %s AND f.withdrawn_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM recoveries_recoveryfailure rf WHERE rf.organization_id = f.organization_id AND rf.failure_id = f.id)
ORDER BY c.language, f.gate_at, f.id
"""


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
    with connection.cursor() as cursor:
        cursor.execute(FIRSTS, [organization_id, incident_id])
        return [row[0] for row in cursor.fetchall()]

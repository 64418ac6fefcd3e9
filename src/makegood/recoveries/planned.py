"""A recovery whose plan is about to start, with all that giving and saying need to know of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import attrs

from makegood.recoveries.frozen import playbook_frozen
from makegood.recoveries.models import Recovery
from makegood.recoveries.taken import Taken, taken_of
from makegood.rules.playbooks import Playbook
from makegood.store.preparing import prepared

FOUND = """
SELECT r.id, r.thread_id, t.token, r.customer_id, r.owner_id, r.incident_id, r.due_at, r.playbook_id, r.fault, r.kind,
    ARRAY(SELECT l.failure_id FROM recoveries_recoveryfailure l
        WHERE l.organization_id = r.organization_id AND l.recovery_id = r.id ORDER BY l.id)
FROM recoveries_recovery r JOIN conversations_thread t ON t.organization_id = r.organization_id AND t.id = r.thread_id
WHERE r.organization_id = %s AND r.id = ANY(%s) ORDER BY r.id
"""


class Found(NamedTuple):
    """A recovery as it stands, the token of its conversation, and its failures as they joined it."""

    id: int
    thread_id: int
    token: str
    customer_id: int
    owner_id: int
    incident_id: int | None
    due_at: datetime
    playbook_id: int
    fault: str
    kind: str
    failure_ids: list[int]


@attrs.frozen(kw_only=True, slots=True)
class Planned:
    """A recovery whose plan starts at `at`. `kind` is what the fix goes by; under `review` only what is owed posts."""

    recovery_id: int
    thread_id: int
    token: str
    customer_id: int
    owner_id: int
    incident_id: int | None
    failures: tuple[Taken, ...]
    at: datetime
    due_at: datetime
    review: bool
    playbook: Playbook
    fault: str
    kind: str

    @property
    def first(self) -> Taken:
        """The failure that opened it."""
        return self.failures[0]

    @property
    def failure_ids(self) -> tuple[int, ...]:
        """All its failures."""
        return tuple(one.failure_id for one in self.failures)


def planned_of(*, organization_id: int, at: Mapping[int, datetime]) -> list[Planned]:
    """This function will read recoveries whose words or gifts come later than their opening, each at its moment.

    An incident's recoveries go by the kind of its first one, as they did when they opened.
    """
    with prepared() as cursor:
        cursor.execute(FOUND, [organization_id, list(at)])
        rows = [Found(*row) for row in cursor.fetchall()]
    moments = {failure_id: at[row.id] for row in rows for failure_id in row.failure_ids}
    taken = {one.failure_id: one for one in taken_of(organization_id=organization_id, at=moments)}
    kinds = incident_kinds(
        organization_id=organization_id, incident_ids=[row.incident_id for row in rows if row.incident_id]
    )
    return [
        Planned(
            recovery_id=row.id,
            thread_id=row.thread_id,
            token=row.token,
            customer_id=row.customer_id,
            owner_id=row.owner_id,
            incident_id=row.incident_id,
            failures=tuple(taken[one] for one in row.failure_ids),
            at=at[row.id],
            due_at=row.due_at,
            review=False,
            playbook=playbook_frozen(organization_id=organization_id, version_id=row.playbook_id),
            fault=row.fault,
            kind=kinds[row.incident_id][1] if row.incident_id in kinds else row.kind,
        )
        for row in rows
    ]


def incident_kinds(*, organization_id: int, incident_ids: Sequence[int]) -> dict[int | None, tuple[int, str]]:
    """This function will return each incident's one plan: the playbook version and the kind of its first recovery."""
    if not incident_ids:
        return {}
    rows = (
        Recovery.objects.filter(organization_id=organization_id, incident_id__in=list(incident_ids))
        .order_by("incident_id", "number")
        .distinct("incident_id")
        .values_list("incident_id", "playbook_id", "kind")
    )
    return {incident_id: (version_id, kind) for incident_id, version_id, kind in rows}

"""Why an effect may not leave: asked of the facts behind it when it is queued, and once more when it is claimed.

Nobody who wants an effect says whether it is held. `config` registers who knows the facts; the outbox asks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

import attrs

from makegood.journal.models import Effect
from makegood.store.bulk import record_set
from makegood.store.preparing import prepared
from makegood.store.wiring import wired

Subject = tuple[str, int]
"""An effect's kind, and the id of what it is about."""


@attrs.frozen(kw_only=True, slots=True)
class Bar:
    """Why an effect may not leave: `held_for` an incident until that is decided; `shadow`: its source only watches."""

    held_for: int | None = None
    shadow: bool = False


Asked = Callable[..., Mapping[int, Bar]]
_barring: dict[str, Asked] = {}
FREE = Bar()


def bar(kind: str, asked: Asked) -> None:
    """Register who knows what bars effects of one kind, asked as asked(organization_id=, subject_ids=).

    Only `config` registers. The answer names those alone that may not leave.
    """
    _barring[kind] = asked


def bars_of(*, organization_id: int, subjects: Iterable[Subject]) -> dict[Subject, Bar]:
    """Return what bars these subjects' effects; those that may leave are not among them."""
    wired()
    by_kind: dict[str, set[int]] = {}
    for kind, subject_id in subjects:
        if kind in _barring:
            by_kind.setdefault(kind, set()).add(subject_id)
    return {
        (kind, subject_id): one
        for kind, ids in by_kind.items()
        for subject_id, one in _barring[kind](organization_id=organization_id, subject_ids=sorted(ids)).items()
    }


def effects_reckon(*, organization_id: int, kind: str, subject_ids: Collection[int]) -> None:
    """Hold or let go these subjects' pending effects, as the facts behind them stand now."""
    pending = Effect.objects.filter(organization_id=organization_id, state="pending", kind=kind)
    _reckon(organization_id, pending.filter(subject_id__in=list(subject_ids)).values_list(*ASKED))


def incident_reckon(*, organization_id: int, incident_id: int) -> None:
    """Let go what is held for an incident, unless the facts hold it still."""
    held = Effect.objects.filter(organization_id=organization_id, state="pending", held_for=incident_id)
    _reckon(organization_id, held.values_list(*ASKED))


ASKED = ("id", "kind", "subject_id", "held_for")


def _reckon(organization_id: int, rows: Iterable[tuple[int, str, int, int | None]]) -> None:
    listed = list(rows)
    bars = bars_of(organization_id=organization_id, subjects={(kind, subject_id) for _, kind, subject_id, _ in listed})
    reckoned = [(one, bars.get((kind, subject_id), FREE).held_for, was) for one, kind, subject_id, was in listed]
    held_write(
        organization_id=organization_id, held=[(one, held_for) for one, held_for, was in reckoned if held_for != was]
    )


def held_write(*, organization_id: int, held: Collection[tuple[int, int | None]]) -> None:
    """Write for which incident each of these effects, (id, incident), is held, or that it is not."""
    if not held:
        return
    from_, parameter = record_set("h", {"id": "bigint", "held_for": "bigint"}, held)
    with prepared() as cursor:
        cursor.execute(
            f"UPDATE journal_effect e SET held_for = h.held_for FROM {from_}"
            " WHERE e.organization_id = %s AND e.id = h.id AND e.state = 'pending'",
            [parameter, organization_id],
        )

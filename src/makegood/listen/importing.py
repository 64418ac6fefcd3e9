"""Importing events through a mapping file: all of it checked first, then taken in batches, each once.

Run again, it goes on where it stopped or changes nothing: every event is known by its id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import islice

import attrs
from django.db import connection

from makegood.listen.datasets.recorded import Body, UnusableData
from makegood.listen.events import AHEAD, MOST_EVENTS
from makegood.listen.mapped import Mapped
from makegood.listen.operations import events_accept
from makegood.organizations.models import Place, PlaybookVersion
from makegood.organizations.operations import place_create
from makegood.promises.models import Source
from makegood.promises.operations import source_create
from makegood.store.clocks import moment, now
from makegood.store.tenancy import tenant


class UnknownOrganization(LookupError):
    """There is no organization of this code: name one of yours with --org."""


@attrs.frozen(kw_only=True)
class Imported:
    """What an import came to: `new` were written, `known` had been there, `changed` of which were changed."""

    what: str
    new: int
    known: int
    changed: int = 0


Told = Callable[[int], None]
"""Told, in the unit of work that takes them, how many events were taken so far."""


def organization_named(*, code: str) -> int:
    """Return the id of the organization of this code.

    Raises UnknownOrganization.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM finder.organization(%s)", [code])
        row = cursor.fetchone()
    if row is None:
        raise UnknownOrganization(UnknownOrganization.__doc__)
    return int(row[0])


def events_import(*, organization_id: int, mapped: Mapped) -> Imported:
    """Take all events of a data file that was read through its mapping. Opens its own units of work.

    Its source is made with its first import; its `live_from` is that moment unless the mapping says another, so that
    what was due before opens nothing. Places that the mapping makes and that are there already stay as they are.
    Raises UnusableData, with nothing written, if one lies in the future, or a place or the playbook does not exist.
    """
    _refuse_future(organization_id, mapped)
    source_id = _ground(organization_id, mapped)
    bodies = mapped.recorded.events()
    batches = iter(lambda: list(islice(bodies, MOST_EVENTS)), [])
    return events_take(organization_id=organization_id, source_id=source_id, batches=batches)


def _refuse_future(organization_id: int, mapped: Mapped) -> None:
    last_at = mapped.recorded.moments[-1][0]
    with tenant(organization_id=organization_id):
        present = moment(organization_id=organization_id)
    if not present.stepped and last_at > present.now + AHEAD:
        raise UnusableData(
            f"{mapped.data.name} row {mapped.last_row}: its time {last_at:%Y-%m-%d %H:%M} UTC lies in the future:"
            " import what happened once it has"
        )


def events_take(
    *,
    organization_id: int,
    source_id: int,
    batches: Iterable[Sequence[Body]],
    told: Told | None = None,
    heard: bool = True,
) -> Imported:
    """Take events that were checked, in batches of at most MOST_EVENTS, each in a unit of work of its own.

    Without `heard` the source does not count as heard by them.
    """
    new = known = 0
    for batch in batches:
        with tenant(organization_id=organization_id):
            accepted = events_accept(
                organization_id=organization_id,
                source_id=source_id,
                bodies=batch,
                now=now(organization_id=organization_id),
                heard=heard,
            )
            new, known = new + accepted.new, known + accepted.known
            if told is not None:
                told(new + known)
    return Imported(what="events", new=new, known=known)


def _ground(organization_id: int, mapped: Mapped) -> int:
    """Make what the events stand on, the source and its places; return the source's id."""
    mapping = mapped.mapping
    with tenant(organization_id=organization_id):
        there = set(Place.objects.filter(organization_id=organization_id).values_list("code", flat=True))
        made = {place.code: place for place in mapped.recorded.places if place.code not in there}
        missing = {row: code for code, row in mapped.places_named.items() if code not in there | made.keys()}
        if missing:
            row = min(missing)
            raise UnusableData(
                f"{mapped.data.name} row {row}: there is no place {missing[row]!r}: add it, or let the mapping make it"
            )
        if not PlaybookVersion.objects.filter(organization_id=organization_id, code=mapping.playbook).exists():
            raise UnusableData(f"{mapping.path.name}: this organization has no playbook {mapping.playbook!r}")
        for place in made.values():
            place_create(organization_id=organization_id, code=place.code, name=place.name[:120], kind=place.kind)
        source_id = source_create(
            organization_id=organization_id,
            code=mapping.source,
            name=mapping.name,
            now=now(organization_id=organization_id),
            live_from=mapping.live_from,
            playbook=mapping.playbook,
        )
        if mapping.live_from is not None:
            live_as_said(
                organization_id=organization_id,
                source_id=source_id,
                live_from=mapping.live_from,
                where=f"{mapping.path.name}: source {mapping.source!r}",
            )
        return source_id


def live_as_said(*, organization_id: int, source_id: int, live_from: datetime, where: str) -> None:
    """Let a source that was there already be live from this moment, while it was never heard.

    Raises UnusableData, which begins with `where`, if it was heard: what it told was judged by another moment.
    """
    other = Source.objects.filter(organization_id=organization_id, id=source_id).exclude(live_from=live_from)
    if other.filter(heard_until__isnull=False).exists():
        raise UnusableData(
            f"{where} is live from another moment and was heard already: leave live_from out, or name another source"
        )
    other.update(live_from=live_from)

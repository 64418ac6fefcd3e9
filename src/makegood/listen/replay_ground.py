"""The organization that a replay makes for itself: its stepped clock, people, places, playbook and source."""

from __future__ import annotations

from typing import Any

import attrs
import yaml
from django.db import connection, transaction

from makegood.listen.datasets import Recorded, UnusableData
from makegood.listen.models import Replay
from makegood.organizations.models import Member
from makegood.organizations.operations import member_create, organization_create, place_create, playbook_publish
from makegood.promises.models import Source
from makegood.promises.operations import source_create
from makegood.rules import playbooks, yaml_text
from makegood.store.clocks import wall_now
from makegood.store.tenancy import tenant

MEMBER = "Replay"
LIMIT = 10**12
KEPT_BY_PEOPLE = ("remedy", "update")
SAID_BY_ITSELF = ("apologise", "communicate")


@attrs.frozen(kw_only=True)
class Ground:
    """A replay's organization, the source that it listens to, and the member who decides in it."""

    organization_id: int
    source_id: int
    member_id: int


def ground(*, recorded: Recorded) -> Ground:
    """Return the organization of this data set's replay, made on the first run.

    Raises UnusableData if the data set holds no event.
    """
    if not recorded.moments:
        raise UnusableData(f"{recorded.name} holds no event: there is nothing to replay")
    code = f"replay-{recorded.kind}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM finder.organization(%s)", [code])
        row = cursor.fetchone()
    return _found(row[0], recorded) if row else _founded(code, recorded)


def _found(organization_id: int, recorded: Recorded) -> Ground:
    with tenant(organization_id=organization_id):
        return Ground(
            organization_id=organization_id,
            source_id=Source.objects.get(organization_id=organization_id, code=recorded.source).id,
            member_id=Member.objects.get(organization_id=organization_id, name=MEMBER).id,
        )


def _founded(code: str, recorded: Recorded) -> Ground:
    first_at = recorded.moments[0][0]
    with transaction.atomic():
        organization_id = organization_create(
            code=code,
            name=recorded.name,
            now=first_at,
            zone=recorded.zone,
            currency=recorded.currency,
            language=recorded.language,
            delivery="inbox",
            clock_kind="stepped",
            moment_at=first_at,
            recorded=True,
        )
        member_create(organization_id=organization_id, name="Replay admin", role="admin", now=first_at)
        member_id = member_create(
            organization_id=organization_id, name=MEMBER, role="manager", now=first_at, limit_minor=LIMIT
        )
        for place in recorded.places:
            place_create(organization_id=organization_id, code=place.code, name=place.name, kind=place.kind)
        text = at_once(playbooks.text_of(recorded.playbook), currency=recorded.currency)
        playbook_publish(
            organization_id=organization_id,
            code=recorded.playbook,
            text=text,
            data=playbooks.data_of(text),
            now=first_at,
        )
        source_id = source_create(
            organization_id=organization_id,
            code=recorded.source,
            now=first_at,
            live_from=first_at,
            playbook=recorded.playbook,
        )
        Replay.objects.create(organization_id=organization_id, kind=recorded.kind, started_at=wall_now())
    return Ground(organization_id=organization_id, source_id=source_id, member_id=member_id)


def at_once(text: str, *, currency: str) -> str:
    """Return a playbook under which what is said to customers goes at once, its amounts in this currency.

    Nobody sits in a replay to click, to keep customers posted or to acknowledge, and nothing leaves one.
    """
    data = _in_currency(yaml_text.data_of(text), currency)
    for step in SAID_BY_ITSELF:
        data["steps"][step]["send"] = "at_once"
    for target in KEPT_BY_PEOPLE:
        data["clocks"]["targets"].pop(target, None)
    data["clocks"]["escalation"].pop("then_every_minutes", None)
    for follow_up in data["follow_ups"]:
        if follow_up["action"] == "check_in":
            follow_up["send"] = "at_once"
    return str(yaml.safe_dump(data, sort_keys=False, allow_unicode=True))


def _in_currency(data: Any, currency: str) -> Any:
    if isinstance(data, dict):
        return {name: currency if name == "currency" else _in_currency(value, currency) for name, value in data.items()}
    if isinstance(data, list):
        return [_in_currency(value, currency) for value in data]
    return data

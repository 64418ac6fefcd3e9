"""One person's data as a file (GDPR, articles 15 and 20): a zip with JSON for programs, a page to read, and files."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from zoneinfo import ZoneInfo

import attrs
from django.db.models import Field, JSONField, Model, QuerySet
from django.template.loader import render_to_string

from makegood.core.masking import masked, masked_data
from makegood.core.money import Money
from makegood.core.names import first_name
from makegood.customers.correcting import person_of
from makegood.customers.models import Identity
from makegood.customers.queries import customer_one
from makegood.failures.models import Cause
from makegood.journal.operations import Happened, record
from makegood.keeping.described import LEFT_COLUMNS, LEFT_OUT, TITLES
from makegood.keeping.whose import of_staff, told_columns, walk
from makegood.organizations.models import Member, Place, Team
from makegood.organizations.queries import OrganizationFacts, organization_facts
from makegood.promises.models import Source
from makegood.recoveries.models import HelpFile
from makegood.rules.phrases import amount, phrase, spoken
from makegood.store.models import TenantModel

NAMED: Sequence[type[TenantModel]] = (Place, Team, Source, Cause)
"""What of the house is told by its name rather than its number."""
IN_MEMORY = 2_000_000
"""How many bytes of the file are held in memory before it goes on on the disk."""
READ_AT_ONCE = 500


class UnableToTellPerson(ValueError):
    """There is no such customer here."""


@attrs.frozen(kw_only=True)
class PersonFile:
    """The file, at its beginning, its name, and how many tables and rows it holds."""

    content: IO[bytes]
    name: str
    tables: int
    rows: int


@attrs.frozen(kw_only=True)
class Section:
    """One table of the page: its title and its rows, each as (what, value) in words."""

    title: str
    rows: Sequence[Sequence[tuple[str, str]]]


@attrs.frozen(kw_only=True)
class _Telling:
    """How values are told in this file: others' names, what stays of addresses, and the house's own names."""

    staff: Mapping[str, str]
    members: Mapping[int, str]
    own: frozenset[str]
    names: Mapping[type[Model], Mapping[int, str]]
    organization: OrganizationFacts
    language: str

    def value(self, field: Field[Any, Any], value: Any) -> Any:
        """One value as plain data, of anybody else no more than they may be told."""
        told = value
        if value is None:
            return None
        if of_staff(field):
            told = self.members.get(value, "one of us")
        elif (other := field.related_model) is not None and other in self.names:
            told = self.names[other].get(value, "")
        elif isinstance(value, str):
            told = masked(text=value, staff=self.staff, own=self.own)
        elif isinstance(field, JSONField):
            told = masked_data(data=value, staff=self.staff, own=self.own)
        elif not isinstance(value, bool | int | float):
            told = value.isoformat() if isinstance(value, date) else str(value)
        return told

    def row(self, fields: Sequence[Field[Any, Any]], values: Sequence[Any]) -> dict[str, Any]:
        """One row by its columns' names, in the code's own words."""
        return {
            field.name if of_staff(field) or field.related_model in self.names else field.attname: self.value(
                field, value
            )
            for field, value in zip(fields, values, strict=True)
        }

    def read(self, row: Mapping[str, Any]) -> list[tuple[str, str]]:
        """The same row for a reader: what says nothing is left out."""
        currency = row.get("currency") or self.organization.currency
        return [
            (
                name.removesuffix("_id").removesuffix("_at").removesuffix("_minor").replace("_", " "),
                self.written(name, value, currency),
            )
            for name, value in row.items()
            if value not in (None, "", [], {}) and name != "currency"
        ]

    def written(self, name: str, value: Any, currency: str) -> str:
        """One value for a reader: amounts and moments are written out."""
        if name.endswith("_minor"):
            return amount(Money(minor=value, currency=currency), language=self.language)
        if name == "at" or name.endswith("_at"):
            return f"{datetime.fromisoformat(value).astimezone(ZoneInfo(self.organization.zone)):%Y-%m-%d %H:%M}"
        if isinstance(value, bool):
            return "yes" if value else "no"
        return json.dumps(value, ensure_ascii=False, indent=1) if isinstance(value, dict | list) else str(value)


def person_file(*, organization_id: int, customer_id: int, now: datetime, by: int) -> PersonFile:
    """This function will write everything that is held of a person into one zip, and journal that it was made, by whom.

    It holds `data.json` (every table, its rows by column, and what is left out with the reason), `index.html` (the
    same to read, in their language where we speak it) and `files/`. Of others it holds no more than the person may
    know: staff by first name or role, no foreign address. Raises UnableToTellPerson for an unknown customer.
    """
    ids = person_of(organization_id=organization_id, customer_id=customer_id)
    customer = customer_one(organization_id=organization_id, customer_id=customer_id)
    if customer is None:
        raise UnableToTellPerson(UnableToTellPerson.__doc__)
    organization = organization_facts(organization_id=organization_id)
    known = Identity.objects.filter(organization_id=organization_id, customer_id__in=ids, kind="email")
    emails = {value.lower() for value in known.values_list("value", flat=True)}
    telling = _telling(organization, spoken(customer.language, organization.language), emails, customer.name)
    content = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - whoever sends it on closes it
    tables: dict[str, list[dict[str, Any]]] = {}
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as whole:
        for table, rows in walk(organization_id=organization_id, customer_ids=ids):
            if table.label in LEFT_OUT:
                continue
            tables[table.label] = _rows(telling, table.label, rows)
            if table.model is HelpFile:
                _files(whole, rows)
        whole.writestr("data.json", _data(telling, tables, now))
        whole.writestr("index.html", _page(telling, customer.called, tables, now))
    counted = {"tables": sum(map(bool, tables.values())), "rows": sum(map(len, tables.values()))}
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=now,
                event="customers:customer:told_whole",
                subject="customer",
                subject_id=ids[0],
                actor_id=by,
                data=counted,
            )
        ],
    )
    content.seek(0)
    return PersonFile(content=content, name=f"{organization.code}-{ids[0]}-{now:%Y-%m-%d}.zip", **counted)


def _telling(organization: OrganizationFacts, language: str, emails: set[str], name: str) -> _Telling:
    here = {"organization_id": organization.id}
    members = Member.objects.filter(**here).values_list("id", "name", "role")
    return _Telling(
        staff={named: first_name(name=named) or role for _, named, role in members if named.lower() != name.lower()},
        members={number: first_name(name=named) or role for number, named, role in members},
        own=frozenset((emails | {organization.reply_address.lower()}) - {""}),
        names={
            model: dict(model._default_manager.filter(**here).values_list("id", "name"))  # type: ignore[misc]
            for model in NAMED
        },
        organization=organization,
        language=language,
    )


def _rows(telling: _Telling, label: str, rows: QuerySet[TenantModel]) -> list[dict[str, Any]]:
    fields = [one for one in told_columns(rows.model) if f"{label}.{one.attname}" not in LEFT_COLUMNS]
    names = [field.attname for field in fields]
    return [telling.row(fields, values) for values in rows.values_list(*names).iterator(chunk_size=READ_AT_ONCE)]


def _files(whole: zipfile.ZipFile, rows: QuerySet[Any]) -> None:
    """Put in each file that came with a form, by its number and its kind, never by a name that somebody gave it."""
    for number, kind in rows.values_list("id", "kind"):
        (content,) = rows.filter(id=number).values_list("content", flat=True)
        whole.writestr(f"files/{number}.{kind}", bytes(content))


def _data(telling: _Telling, tables: Mapping[str, Any], now: datetime) -> str:
    document = {
        "format": "makegood-person/1",
        "organization": telling.organization.name,
        "made_at": now.isoformat(),
        "tables": {label: rows for label, rows in tables.items() if rows},
        "titles": {label: TITLES[label] for label, rows in tables.items() if rows},
        "left_out": {TITLES[label]: why for label, why in LEFT_OUT.items()} | dict(LEFT_COLUMNS),
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def _page(telling: _Telling, called: str, tables: Mapping[str, Any], now: datetime) -> str:
    says = {
        name: phrase(f"person.{name}", language=telling.language, organization=telling.organization.name)
        for name in ("title", "what", "others", "programs")
    }
    sections = [
        Section(title=TITLES[label], rows=[telling.read(row) for row in rows]) for label, rows in tables.items() if rows
    ]
    zone = telling.organization.zone
    made = f"{now.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
    page = {"lang": telling.language, "called": called, "says": says, "sections": sections, "made": made, "zone": zone}
    return render_to_string("keeping/person.html", {"page": page})

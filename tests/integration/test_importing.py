"""Importing: what comes in by file is written once and whole, a bad file is one error and nothing, old orders are quiet."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.apps import apps
from tests.conftest import START, Org

from makegood.config.working import work_organization
from makegood.customers.models import Charge, Customer, Purchase
from makegood.failures.models import Failure, Signal
from makegood.journal.models import Effect
from makegood.listen.datasets import UnusableData
from makegood.listen.events import MOST_EVENTS
from makegood.listen.importing import UnknownOrganization, events_import, organization_named
from makegood.listen.importing_people import Joined, members_import, places_import
from makegood.listen.importing_tables import charges_import, customers_import, promises_import, purchases_import
from makegood.listen.mapped import mapped_read
from makegood.listen.replaying import replay
from makegood.messages.models import Message
from makegood.organizations.models import Member, MemberPlace, Place
from makegood.organizations.queries import members_all
from makegood.promises.models import Promise, Source
from makegood.promises.operations import source_create
from makegood.recoveries.models import Recovery
from makegood.store.clocks import clock_step
from makegood.store.models import TenantModel
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

HEAD = "order,shop,mail,made,due,done,cross"
DAY = timedelta(days=1)


def mapping(**changes: Any) -> dict[str, Any]:
    """A mapping of HEAD whose rows are promises, kept where done, and complained of where cross."""
    customer = {"email": "{mail}"}
    return {
        "source": "web", "zone": "Europe/Amsterdam", "currency": "EUR", "data": "orders.csv",
        "events": [
            {"type": "promise.made", "id": "{order}:made", "time": {"time": "made"},
             "data": {"reference": "{order}", "customer": customer, "place": "{shop}", "due_at": {"time": "due"}}},
            {"type": "promise.kept", "id": "{order}:done", "when": "done", "time": {"time": "done"},
             "data": {"reference": "{order}"}},
            {"type": "signal.complaint", "id": "{order}:cross", "when": "cross", "time": {"time": "cross"},
             "data": {"customer": customer}},
        ],
    } | changes  # fmt: skip


def written(folder: Path, *rows: str, **changes: Any) -> Any:
    (folder / "orders.yaml").write_text(yaml.safe_dump(mapping(**changes)), encoding="utf-8")
    (folder / "orders.csv").write_text("\n".join([HEAD, *rows]), encoding="utf-8")
    return mapped_read(path=folder / "orders.yaml")


def table(folder: Path, text: str) -> Path:
    path = folder / "table.csv"
    path.write_text(text, encoding="utf-8")
    return path


def everything(org: Org) -> dict[str, int]:
    """How many rows each table of the organization holds."""
    with tenant(organization_id=org.id):
        return {
            model.__name__: model.objects.filter(organization_id=org.id).count()
            for model in apps.get_models()
            if issubclass(model, TenantModel)
        }


def step(org: Org, after: timedelta) -> None:
    with tenant(organization_id=org.id):
        clock_step(organization_id=org.id, moment_at=START + after)
    tick_dry(only=[org.id])


OLD = "A{n},shop,ana{n}@example.com,2025-03-01T09:00,2025-03-02T09:00,{done},{cross}"


def test_a_first_import_of_old_orders_opens_nothing_and_sends_nothing(org: Org, tmp_path: Path) -> None:
    rows = [
        OLD.format(n=1, done="2025-03-01T12:00", cross=""),
        OLD.format(n=2, done="2025-03-09T12:00", cross="2025-03-04T12:00"),
        OLD.format(n=3, done="", cross=""),
        OLD.format(n=4, done="", cross="2025-02-01T12:00"),
        "B1,shop,bea@example.com,2026-03-01T09:00,2026-03-03T09:00,,",
    ]
    imported = events_import(organization_id=org.id, mapped=written(tmp_path, *rows))
    assert (imported.new, imported.known) == (9, 0)
    tick_dry(only=[org.id])
    with tenant(organization_id=org.id):
        source = Source.objects.get(organization_id=org.id, code="web")
        assert source.live_from == START
        states = Promise.objects.filter(organization_id=org.id).values_list("state", flat=True)
        assert sorted(states) == ["broken", "broken", "broken", "kept", "open"]
        failures = Failure.objects.filter(organization_id=org.id)
        assert [failure.gate for failure in failures] == ["quiet"] * 3
        assert {reason["rule"] for failure in failures for reason in failure.gate_reasons} == {"gate.go_live"}
        signals = Signal.objects.filter(organization_id=org.id)
        assert signals.count() == 2
        for model in (Recovery, Message, Effect):
            assert not model.objects.filter(organization_id=org.id).exists()
    step(org, 3 * DAY)
    with tenant(organization_id=org.id):
        assert Recovery.objects.filter(organization_id=org.id).count() == 1


def test_the_same_import_twice_changes_nothing_and_more_rows_are_added(org: Org, tmp_path: Path) -> None:
    rows = [OLD.format(n=n, done="2025-03-01T12:00", cross="") for n in range(MOST_EVENTS)]
    first = events_import(organization_id=org.id, mapped=written(tmp_path, *rows))
    assert (first.new, first.known) == (2 * MOST_EVENTS, 0)
    before = everything(org)
    again = events_import(organization_id=org.id, mapped=written(tmp_path, *rows))
    assert (again.new, again.known) == (0, 2 * MOST_EVENTS)
    assert everything(org) == before
    more = events_import(organization_id=org.id, mapped=written(tmp_path, *rows, OLD.format(n=-1, done="", cross="")))
    assert (more.new, more.known) == (1, 2 * MOST_EVENTS)


def test_a_mapping_makes_places_and_leaves_those_that_are_there(org: Org, tmp_path: Path) -> None:
    row = OLD.format(n=1, done="", cross="")
    places = [{"code": "{shop}", "name": "Another name", "kind": "till"}]
    rows = (row, row.replace("A1", "A2").replace("shop", "kiosk"))
    events_import(organization_id=org.id, mapped=written(tmp_path, *rows, places=places))
    with tenant(organization_id=org.id):
        named = dict(Place.objects.filter(organization_id=org.id).values_list("code", "name"))
    assert named == {"shop": "The shop", "kiosk": "Another name"}


def test_live_from_may_lie_in_the_past(org: Org, tmp_path: Path) -> None:
    mapped = written(tmp_path, OLD.format(n=1, done="", cross=""), live_from="2025-01-01")
    events_import(organization_id=org.id, mapped=mapped)
    tick_dry(only=[org.id])
    with tenant(organization_id=org.id):
        assert Failure.objects.get(organization_id=org.id).gate == "contact"


def test_live_from_counts_for_a_source_that_was_added_before_and_never_heard(org: Org, tmp_path: Path) -> None:
    with tenant(organization_id=org.id):
        source_create(organization_id=org.id, code="web", now=START)
    mapped = written(tmp_path, OLD.format(n=1, done="", cross=""), live_from="2025-01-01")
    for _ in range(2):
        events_import(organization_id=org.id, mapped=mapped)
    tick_dry(only=[org.id])
    with tenant(organization_id=org.id):
        assert Failure.objects.get(organization_id=org.id).gate == "contact"


def test_live_from_cannot_move_for_a_source_that_was_heard(org: Org, tmp_path: Path) -> None:
    row = OLD.format(n=1, done="", cross="")
    events_import(organization_id=org.id, mapped=written(tmp_path, row))
    before = everything(org)
    with pytest.raises(UnusableData, match="was heard already: leave live_from out"):
        events_import(organization_id=org.id, mapped=written(tmp_path, row, live_from="2025-01-01"))
    assert everything(org) == before


@pytest.mark.parametrize(
    ("row", "changes", "said"),
    [
        ("A9,nowhere,a@b.example,2025-03-01T09:00,2025-03-02T09:00,,", {}, "orders.csv row 3: there is no place 'nowhere'"),
        ("A9,shop,a@b.example,2025-03-01T09:00,2025-03-02T09:00,,", {"playbook": "x"}, "no playbook 'x'"),
        ("A9,shop,a@b.example,2025-03-01T09:00,2025-02-30T09:00,,", {}, "orders.csv row 3: due '2025-02-30T09:00'"),
        ("A9,shop,,2025-03-01T09:00,2025-03-02T09:00,,", {}, "orders.csv row 3, promise.made: customer"),
    ],
)  # fmt: skip
def test_a_wrong_row_is_one_error_and_nothing_is_written(
    org: Org, tmp_path: Path, row: str, changes: dict[str, Any], said: str
) -> None:
    before = everything(org)
    with pytest.raises(UnusableData, match=re.escape(said)):
        events_import(
            organization_id=org.id, mapped=written(tmp_path, OLD.format(n=1, done="", cross=""), row, **changes)
        )
    assert everything(org) == before


def test_an_organization_that_is_not_there_is_said(database: str) -> None:
    with pytest.raises(UnknownOrganization, match="name one of yours"):
        organization_named(code="no-such")


def test_own_data_can_be_lived_through(database: str, tmp_path: Path) -> None:
    rows = [
        OLD.format(n=1, done="2025-03-01T12:00", cross=""),
        OLD.format(n=2, done="2025-03-09T12:00", cross="2025-03-04T12:00"),
    ]
    recorded = written(tmp_path, *rows, places=[{"code": "{shop}"}]).recorded
    report = replay(recorded=recorded, work=work_organization)
    assert report.events == 5
    assert (report.promises["made"], report.promises["kept"], report.promises["broken"]) == (2, 1, 1)
    assert recorded.places[0].code == "shop"


WHOLE: dict[str, tuple[Callable[..., Any], str]] = {
    "customers": (customers_import, "email,name,zone\nana@example.com,Ana,Europe/Lisbon\nben@example.com,,\n"),
    "purchases": (purchases_import, "reference,placed_at,total,email\nP1,2026-03-01 09:30,12.50,ana@example.com\n"),
    "charges": (charges_import, "reference,charged_at,amount,kind,email\nC1,2026-03-01,12.50,refund,ana@example.com\n"),
    "places": (places_import, "parent,code,name\nhotel,room,Room 1\n,hotel,Hotel\n"),
    "members": (members_import, "email,name,role,team,places,limit\nbo@corner.example,Bo,manager,Front,shop,50\n"),
}


@pytest.mark.parametrize("kind", WHOLE)
def test_the_same_file_twice_changes_nothing(org: Org, tmp_path: Path, kind: str) -> None:
    take, text = WHOLE[kind]
    text = text.replace("bo@corner", f"bo@{org.code}")
    before = everything(org)
    first = take(organization_id=org.id, path=table(tmp_path, text))
    there = everything(org)
    assert there != before
    again = take(organization_id=org.id, path=table(tmp_path, text))
    assert everything(org) == there
    first, again = (one.imported if isinstance(one, Joined) else one for one in (first, again))
    rows = len(text.splitlines()) - 1
    assert (first.what, first.new, first.known) == (kind, rows, 0)
    assert (again.new, again.known) == (0, rows)


def test_purchases_and_charges_stand_as_they_are_written(org: Org, tmp_path: Path) -> None:
    head = "reference,placed_at,total,currency,place,email,name\n"
    path = table(tmp_path, head + 'P1,2026-03-01 09:30,"1,250.50",USD,shop,ana@example.com,Ana\n')
    purchases_import(organization_id=org.id, path=path, source="till")
    head = "reference,charged_at,amount,kind,tender,purchase,email\n"
    path = table(tmp_path, head + "C1,2026-03-01T09:31Z,1250.50,chargeback,card,P1,ana@example.com\n")
    charges_import(organization_id=org.id, path=path, source="till")
    with tenant(organization_id=org.id):
        bought = Purchase.objects.get(organization_id=org.id)
        assert (bought.total_minor, bought.currency, bought.place_id) == (125_050, "USD", org.place)
        assert bought.placed_at == START - DAY - timedelta(minutes=30)
        paid = Charge.objects.get(organization_id=org.id)
        assert (paid.kind, paid.amount_minor, paid.currency) == ("chargeback", 125_050, "EUR")
        assert (paid.purchase_id, paid.customer_id, paid.tender) == (bought.id, bought.customer_id, "card")
        assert Customer.objects.get(organization_id=org.id, id=bought.customer_id).name == "Ana"


def test_promises_stand_as_they_are_written_with_purchase_and_end(org: Org, tmp_path: Path) -> None:
    text = (
        "reference,made_at,due_at,kept_at,released_at,total,place,email\n"
        "P1,2026-02-01 09:30,2026-02-03,2026-02-03 23:30,,12.50,shop,ana@example.com\n"
        "P2,2026-02-01 09:30,2026-02-03,,2026-02-02,,,ana@example.com\n"
        "P3,,2026-03-09 12:00,,,,,ana@example.com\n"
    )
    for new in (6, 0):
        imported = promises_import(organization_id=org.id, path=table(tmp_path, text), source="web")
        assert (imported.what, imported.new, imported.known) == ("promises", new, 6 - new)
    with tenant(organization_id=org.id):
        bought = Purchase.objects.get(organization_id=org.id)
        made = {one.state: one for one in Promise.objects.filter(organization_id=org.id)}
    assert set(made) == {"kept", "released", "open"}
    assert (made["kept"].purchase_id, made["kept"].value_minor, made["kept"].place_id) == (bought.id, 1250, org.place)
    assert made["kept"].due_at.isoformat() == "2026-02-03T23:00:00+00:00"
    assert made["open"].made_at == START
    with pytest.raises(UnusableData, match="row 2: made_at is empty, and a total needs the moment of its purchase"):
        promises_import(
            organization_id=org.id, path=table(tmp_path, "reference,due_at,total,email\nP1,2026-02-03,1,a@b.example\n")
        )


def test_what_has_not_happened_yet_is_not_imported(org: Org, tmp_path: Path) -> None:
    text = "reference,made_at,due_at,kept_at,email\nP1,2026-02-01 09:30,2026-02-03,2026-02-02,ana@example.com\n"
    late = text + "P2,2026-02-01 09:30,2026-02-03,2027-02-02,ana@example.com\n"
    with pytest.raises(UnusableData, match="row 3: time lies in the future"):
        promises_import(organization_id=org.id, path=table(tmp_path, late))
    with tenant(organization_id=org.id):
        assert not Promise.objects.exists()


def test_a_mapping_s_row_of_the_future_is_named_and_nothing_taken(make_org: Callable[..., Org], tmp_path: Path) -> None:
    live = make_org(clock="real", at=datetime.now(UTC))
    ahead = "B1,shop,bea@example.com,2199-03-01T09:00,2199-03-03T09:00,,"
    mapped = written(tmp_path, ahead, OLD.format(n=1, done="", cross=""))
    before = everything(live)
    with pytest.raises(UnusableData, match=r"orders\.csv row 2: its time 2199-03-01 .* lies in the future"):
        events_import(organization_id=live.id, mapped=mapped)
    assert everything(live) == before


def test_no_row_is_parted_between_two_batches(org: Org, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from makegood.listen import importing

    real, batches = importing.events_accept, []

    def seen(**given: Any) -> Any:
        batches.append([body["data"]["reference"] for body in given["bodies"]])
        return real(**given)

    monkeypatch.setattr(importing, "events_accept", seen)
    rows = "".join(f"P{n},2026-02-01,2026-02-03,2026-02-02,1,a{n}@b.example\n" for n in range(MOST_EVENTS // 3 + 1))
    head = "reference,made_at,due_at,kept_at,total,email\n"
    promises_import(organization_id=org.id, path=table(tmp_path, head + rows))
    assert [len(batch) for batch in batches] == [MOST_EVENTS // 3 * 3, 3]
    assert not set(batches[0]) & set(batches[1])


def test_places_stand_inside_of_each_other_and_empty_cells_change_nothing(org: Org, tmp_path: Path) -> None:
    text = "code,name,kind,parent,zone\nroom,Room 1,room,hotel,\nhotel,Hotel,hotel,,Europe/Lisbon\n"
    places_import(organization_id=org.id, path=table(tmp_path, text))
    places_import(organization_id=org.id, path=table(tmp_path, "code,name\nroom,Room One\nhotel,Hotel\n"))
    with tenant(organization_id=org.id):
        room = Place.objects.get(organization_id=org.id, code="room")
        hotel = Place.objects.get(organization_id=org.id, code="hotel")
    assert (room.name, room.kind, room.parent_id) == ("Room One", "room", hotel.id)
    assert (hotel.kind, hotel.zone) == ("hotel", "Europe/Lisbon")


def test_a_second_place_of_one_name_is_refused_and_what_changes_is_counted(org: Org, tmp_path: Path) -> None:
    places_import(organization_id=org.id, path=table(tmp_path, "code,name,parent\na,Shop A,\nb,Shop B,\na1,Till 1,a\n"))
    with pytest.raises(
        UnusableData, match="there is a place 'shop a' with the code 'a': use that code, or another name"
    ):
        places_import(organization_id=org.id, path=table(tmp_path, "code,name\nkoeln,shop a\n"))
    with pytest.raises(UnusableData, match="with the code 'c'"):
        places_import(organization_id=org.id, path=table(tmp_path, "code,name\nc,New\nd,New\n"))
    done = places_import(organization_id=org.id, path=table(tmp_path, "code,name,parent\na,Shop Z,\nb1,Till 1,b\n"))
    assert (done.new, done.known, done.changed) == (1, 1, 1)


def test_members_get_account_team_places_and_limit(org: Org, tmp_path: Path) -> None:
    head = "email,name,role,team,places,limit\n"
    mail = f"BO@{org.code}.example"
    joined = members_import(
        organization_id=org.id, path=table(tmp_path, f"{head}{mail},Bo,manager,Front desk,shop,50.25\n")
    )
    assert len(joined.passwords[mail.lower()]) >= 12
    with tenant(organization_id=org.id):
        (bo,) = [one for one in members_all(organization_id=org.id) if one.name == "Bo"]
        assert (bo.email, bo.role, bo.team, bo.limit_minor) == (mail.lower(), "manager", "Front desk", 5025)
        assert MemberPlace.objects.get(organization_id=org.id, member_id=bo.id).place_id == org.place
    known = members_import(organization_id=org.id, path=table(tmp_path, f"{head}{mail},Other,admin,,,\n"))
    assert (known.imported.new, known.imported.known, dict(known.passwords)) == (0, 1, {})
    with tenant(organization_id=org.id):
        assert not Member.objects.filter(organization_id=org.id, name="Other").exists()


@pytest.mark.parametrize(
    ("take", "text", "said"),
    [
        (customers_import, "mail\na@b.example\n", "has a column 'mail': its columns may be email"),
        (customers_import, "email,name\na@b.example,A\n,B\n", "row 3: customer needs at least one of"),
        (customers_import, "email,zone\na@b.example,Mars\n", "row 2: zone 'Mars' is not a time zone"),
        (customers_import, "email,name\na@b.example\n", "row 2 has 1 values where the header has 2"),
        (purchases_import, "reference,total\nP1,1\n", "has no column 'placed_at': it needs reference"),
        (purchases_import, "reference,placed_at,total,email\nP1,2026-02-30,1,a@b.example\n", "row 2: placed_at '2026-02-30'"),
        (purchases_import, "reference,placed_at,total,email\nP1,2026-02-20,x,a@b.example\n", "row 2: total 'x' is no amount"),
        (purchases_import, "reference,placed_at,total,email\nP1,2026-02-20,1,a@b.example\nP1,2026-02-21,1,a@b.example\n", "rows 2 and 3 differ"),
        (purchases_import, "reference,placed_at,total,email\n,2026-02-20,1,a@b.example\n", "row 2: reference is empty"),
        (purchases_import, "reference,placed_at,total,email,place\nP1,2026-02-20,1,a@b.example,x\n", "row 2: place 'x' is not known here"),
        (purchases_import, "reference,placed_at,total,email,currency\nP1,2026-02-20,1,a@b.example,euro\n", "row 2: 'euro' is no currency"),
        (charges_import, "reference,charged_at,amount,kind,email\nC1,2026-02-20,1,gift,a@b.example\n", "row 2: kind 'gift' is none of"),
        (charges_import, "reference,charged_at,amount\nC1,2026-02-20,1\n", "row 2: customer needs at least one of"),
        (places_import, "code,name,parent\na,A,b\nb,B,a\n", "row 2: the place 'a' would be inside of itself"),
        (places_import, "code,name,parent\na,A,x\n", "row 2: there is no place 'x' to be inside of"),
        (places_import, "code,name,zone\na,A,Mars\n", "row 2: zone 'Mars' is not a time zone"),
        (places_import, "code,name\na,A\na,B\n", "rows 2 and 3 have the same code"),
        (members_import, "email,name\nbo,Bo\n", "row 2: email 'bo' is no e-mail address"),
        (members_import, "email,name,role\nbo@b.example,Bo,boss\n", "row 2: role 'boss' is none of"),
        (members_import, "email,name,places\nbo@b.example,Bo,shop x\n", "row 2: there is no place 'x'"),
        (purchases_import, "reference;placed_at;total;email\nP1;01.03.2026;1;a@b.example\n", "placed_at '01.03.2026' is no time like 2026-11-22"),
        (purchases_import, "reference,placed_at,total,email\nP1,2026-11-31,1,a@b.example\n", "'2026-11-31' is no time: November 2026 has 30 days"),
        (members_import, "email,name,limit\nbo@b.example,Bo,-1\n", "row 2: limit must be zero or more"),
        (members_import, "email,name\nbo@b.example,Bo\nBO@b.example,Bo\n", "rows 2 and 3 have the same email"),
    ],
)  # fmt: skip
def test_a_bad_file_is_one_error_and_nothing_is_written(
    org: Org, tmp_path: Path, take: Callable[..., Any], text: str, said: str
) -> None:
    before = everything(org)
    with pytest.raises(UnusableData, match=re.escape(said)) as error:
        take(organization_id=org.id, path=table(tmp_path, text))
    assert "\n" not in str(error.value)
    assert everything(org) == before


def test_the_command_says_what_it_did(
    org: Org, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from contextlib import nullcontext

    import click

    from makegood.cli import importing
    from makegood.cli.main import cli

    monkeypatch.setattr(importing, "open_database", nullcontext)
    written(tmp_path, OLD.format(n=1, done="", cross=""))
    command = ["import", str(tmp_path / "orders.yaml"), "--org", org.code, "--json"]
    assert cli(command, standalone_mode=False) == 0
    assert json.loads(capsys.readouterr().out) == {"what": "events", "new": 1, "known": 0}
    people = table(tmp_path, f"email,name\nbo@{org.code}.example,Bo\n")
    assert cli(["import", "members", str(people), "--org", org.code], standalone_mode=False) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "members: 1 new, 0 known"
    assert lines[1].startswith(f"password of bo@{org.code}.example, shown this once: ")
    for arguments, said in (
        (["orders", "--org", org.code], "neither a mapping file"),
        (["customers", "--org", org.code], "Name the CSV file"),
        (["customers", str(people), "--org", "no-such"], "no organization 'no-such': name one of yours with --org"),
        (["purchases", str(people), "--org", org.code], "has no column 'reference'"),
    ):
        with pytest.raises(click.ClickException, match=said):
            cli(["import", *arguments], standalone_mode=False)


def test_what_stands_for_no_address_makes_no_two_people_one(org: Org, tmp_path: Path) -> None:
    """In the lists that people keep, "none" stands where an address is not known: it would be one customer's, and all's."""
    for text, wrong in (
        ("email,loyalty\nnone,A1\nnone,A2\n", "email 'none' is no"),
        ("phone\nsee note\n", "phone 'see"),
    ):
        with pytest.raises(UnusableData, match=rf"row 2: {wrong}"):
            customers_import(organization_id=org.id, path=table(tmp_path, text))
    with tenant(organization_id=org.id):
        assert [customer.id for customer in Customer.objects.filter(organization_id=org.id)] == [org.customer]

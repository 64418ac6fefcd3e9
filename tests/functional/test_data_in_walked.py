"""What a stranger stumbled over while they brought their files: each thing is said, or chosen beforehand, in time."""

from __future__ import annotations

from html import unescape
from types import SimpleNamespace

import pytest
from django.conf import settings
from tests.conftest import START, Org
from tests.functional.test_data_in import SAID, bring, entries, go, intake, shown
from tests.functional.test_views import signed_in
from tests.integration.test_listening import accept, event
from tests.integration.test_listening_beside import second_waits_while_first_has_its_turn

from makegood.customers.models import Customer
from makegood.listen import importing_tables
from makegood.listen.events import MOST_EVENTS
from makegood.listen.importing import Told
from makegood.listen.intake import operations
from makegood.listen.intake.working import files_work
from makegood.organizations.models import Organization
from makegood.promises.models import Promise, Source
from makegood.store.tenancy import tenant

HEAD = "Bestellnummer;Kunde;E-Mail;Bestelldatum;Liefertermin;Geliefert am;Gesamtbetrag\n"
ROW = "A{n};Ana;ana{n}@example.com;01/03/2026 10:00;09/03/2026;;19,90\n"
PEOPLE = {"kind": "members", "column_email": "E-Mail", "column_given_name": "Vorname", "column_family_name": "Nachname"}


def words(page: str) -> str:
    return " ".join(unescape(page).split())


def test_the_right_rows_are_imported_by_choice_and_today_says_so_until_it_is_seen_to(org: Org) -> None:
    client = signed_in(org, org.manager)
    bad = "B1;Bo;bo@example.com;32/13/2026;09/03/2026;;19,90\n"
    url = bring(client, HEAD + bad + "".join(ROW.format(n=n) for n in range(9)))
    page = words(go(client, url, "check", SAID))
    assert "1 row is wrong. Mend it and bring it again; or import all but 1 row, which waits here" in page
    assert "Something in this file is wrong" in go(client, url, "import"), "it was not asked for"
    page = words(go(client, url, "import", {"apart": "1"}))
    assert "1 row put aside" in page
    assert "Row 2" in page
    assert "write it like 31/12/2026" in page
    with tenant(organization_id=org.id):
        assert Promise.objects.filter(organization_id=org.id).count() == 9
    rows = client.get(f"{url}/report.csv?rows=1")
    assert rows.content.decode("utf-8-sig").splitlines() == [HEAD.strip(), bad.strip()]
    assert rows.headers["Content-Disposition"] == 'attachment; filename="orders-put-aside.csv"'
    today = words(shown(client, "/"))
    assert "Files not wholly taken in" in today
    assert "1 row put aside. All others are in." in today
    assert "Files not wholly taken in" not in shown(signed_in(org, org.employee), "/")
    assert "1 row put aside" in shown(client, "/settings/data")
    assert "Nothing of it is kept here any more" in go(client, url, "seen")
    assert "Files not wholly taken in" not in shown(client, "/")
    assert client.get(f"{url}/report.csv?rows=1").status_code == 404
    assert "Somebody has seen to this file already" in go(client, url, "seen")
    assert entries(org)[-1] == ("listen:file:seen", org.manager)


def test_how_far_an_import_is_counts_the_rows_of_the_file_and_names_its_end(
    org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, seen = signed_in(org, org.manager), list[int]()
    real = operations._progress

    def told(organization_id: int, intake_id: int) -> Told:
        keep = real(organization_id, intake_id)

        def both(count: int) -> None:
            keep(count)
            seen.append(count)

        return both

    monkeypatch.setattr("makegood.console.views.data_in.SMALL_ROWS", 0)
    monkeypatch.setattr("makegood.listen.importing_tables.MOST_EVENTS", 4)
    monkeypatch.setattr(operations, "_progress", told)
    url = bring(client, HEAD + "".join(ROW.format(n=n) for n in range(5)))
    go(client, url, "check", SAID)
    files_work(only=[org.id])
    go(client, url, "import")
    with tenant(organization_id=org.id):
        one = intake(org)
        one.taken = 2
        one.save(update_fields=["taken"])
    assert "2 of 5 rows are in so far." in shown(client, url)
    files_work(only=[org.id])
    assert (seen, intake(org).taken) == ([2, 4, 5], 5)


@pytest.mark.parametrize(
    ("kind", "most"), [("promises", 250), ("purchases", 1000), ("charges", 1000), ("customers", 1000), ("places", 1000)]
)
def test_both_sides_of_how_many_rows_are_imported_at_once(kind: str, most: int) -> None:
    """So many are one batch: those of a kind whose rows tell all that they can."""
    assert [importing_tables.one_batch(kind=kind, rows=rows) for rows in (most, most + 1)] == [True, False]
    if kind in importing_tables.KINDS:
        table, make = importing_tables.KINDS[kind]
        row = {name: "2030-03-04" if name.endswith("_at") else "10" for name in table.columns} | {"currency": "EUR"}
        told = make(row | {"kind": "charge"}, SimpleNamespace(zone="UTC", currency="EUR"), START)
        assert len(told) * most == MOST_EVENTS


def test_a_file_of_more_than_one_batch_is_no_part_of_a_request_and_waits_for_nobody_crosswise(
    org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, known = signed_in(org, org.manager), [{"email": f"ana{number}@example.com"} for number in (1, 2)]
    for number, one in enumerate(known):
        accept(org, [event(f"{number}", "customer.seen", START, customer=one)])
    told = [
        event(f"{number} told", "customer.seen", START, customer=one | {"zone": "Europe/Lisbon"})
        for number, one in enumerate(known)
    ]
    url = bring(client, HEAD + ROW.format(n=2) + ROW.format(n=1))
    go(client, url, "check", SAID)
    monkeypatch.setattr(importing_tables, "MOST_EVENTS", 2)

    def imported() -> None:
        go(client, url, "import")
        files_work(only=[org.id])

    second_waits_while_first_has_its_turn(monkeypatch, imported, lambda: accept(org, told))
    assert (intake(org).state, intake(org).taken) == ("done", 2)


def test_a_name_in_two_columns_or_with_a_comma_is_seen_as_it_will_be_read(org: Org) -> None:
    client = signed_in(org, org.manager)
    url = bring(client, "Nachname, Vorname;E-Mail\nMüller, Anna;anna@example.com\n", "kunden.csv")
    page = words(shown(client, url))
    assert "Guessed: its header says the last name first." in page
    said = {"kind": "customers", "column_name": "Nachname, Vorname", "column_email": "E-Mail", "names": "last"}
    assert "Anna Müller" in go(client, url, "check", said)
    go(client, url, "import")
    url = bring(client, "Vorname;Nachname;E-Mail\nZoé;Petit;zoe@example.com\n", "clients.csv")
    two = {
        "kind": "customers",
        "column_given_name": "Vorname",
        "column_family_name": "Nachname",
        "column_email": "E-Mail",
    }
    assert "not both" in go(client, url, "check", two | {"column_name": "Vorname", "column_given_name": ""})
    assert "Zoé Petit" in go(client, url, "check", two)
    go(client, url, "import")
    with tenant(organization_id=org.id):
        names = set(Customer.objects.filter(organization_id=org.id).values_list("name", flat=True))
        assert {"Anna Müller", "Zoé Petit"} <= names


def test_the_only_source_is_chosen_beforehand_and_a_new_one_may_only_watch(org: Org) -> None:
    client = signed_in(org, org.manager)
    url = bring(client, HEAD + ROW.format(n=1))
    assert intake(org).plan["source"] == "orders"
    page = words(shown(client, url))
    assert "Guessed: it is the only one there is for files." in page
    assert intake(org).plan["mode"] == "live"
    go(client, url, "drop")
    with tenant(organization_id=org.id):
        Source.objects.filter(organization_id=org.id).update(mode="shadow")
    url = bring(client, HEAD + ROW.format(n=1))
    assert intake(org).plan["mode"] == "shadow"
    assert "Recommended until a source is live." in shown(client, url)
    page = words(go(client, url, "check", SAID | {"mode": "shadow"}))
    assert "Web shop, new, which only watches" in page
    go(client, url, "import")
    with tenant(organization_id=org.id):
        assert Source.objects.get(organization_id=org.id, code="web-shop").mode == "shadow"
    url = bring(client, HEAD.replace("Kunde", "Name") + ROW.format(n=1))
    assert intake(org).plan["source"] == "web-shop", "as it was for a header much like it"
    go(client, url, "drop")
    bring(client, "Transaction ID,Payment date,Amount,Type,Email\nT1,2026-03-01,12.50,refund,a@b.example\n", "c.csv")
    assert intake(org).plan["source"] == "", "there are two by now"


def test_who_is_mailed_as_people_are_imported_and_from_where_is_said_before(
    org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "EMAIL_URL", "smtp://mail.example")
    monkeypatch.setattr(settings, "PUBLIC_URL", "http://127.0.0.1:8000")
    with tenant(organization_id=org.id):
        Organization.objects.filter(id=org.id).update(delivery="live")
    client = signed_in(org, org.admin)
    url = bring(
        client, f"Vorname;Nachname;E-Mail\nBo;Li;bo@{org.code}.example\nCy;Ho;cy@{org.code}.example\n", "people.csv"
    )
    page = words(go(client, url, "check", PEOPLE))
    assert "2 people, a link each to choose a password, from noreply@127.0.0.1" in page
    doubt, link = "No address of yours is set", 'href="/settings/mail#address"'
    pages = (url, "/settings/members", "/set-up/members", "/settings/delivery")
    for one in pages:
        assert doubt in shown(client, one), one
        assert link in shown(client, one), one
    with tenant(organization_id=org.id):
        Organization.objects.filter(id=org.id).update(reply_address="care@shop.example")
    assert "from care@shop.example" in words(shown(client, url))
    for one in pages:
        assert doubt not in shown(client, one), one


def test_setting_up_leads_to_files_and_says_which_hours_were_understood(org: Org) -> None:
    client = signed_in(org, org.admin)
    assert 'href="/settings/data"' in shown(client, "/set-up/places")
    week = {f"hours_{day}": "9-20" for day in ("mon", "tue", "wed", "thu", "fri")}
    typed = week | {
        "hours_code": "shop",
        "hours_zone": "Europe/Amsterdam",
        "hours_sat": "10-18",
        "hours_holidays": "2026-12-25",
    }
    client.post("/set-up/hours", typed)
    assert "shop: Monday to Friday 09:00-20:00, Saturday 10:00-18:00, Sunday closed; closed on 2026-12-25" in words(
        shown(client, "/set-up/hours")
    )

"""Data in: a file is brought, its columns are guessed and changed, it is tried dry, imported, and known tomorrow."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.test import Client
from tests.conftest import START, Org
from tests.functional.test_views import signed_in
from tests.integration.test_importing import everything

from makegood.console.views.data_in import SMALL_ROWS
from makegood.customers.models import Customer, Purchase
from makegood.customers.operations import customer_erase
from makegood.failures.models import Failure
from makegood.journal.models import Effect, Entry
from makegood.listen.intake import working
from makegood.listen.intake.folder_files import folder_file_bring
from makegood.listen.intake.operations import intake_bring, intakes_prune
from makegood.listen.intake.working import files_work
from makegood.listen.models import FileMapping, Intake
from makegood.messages.models import Message
from makegood.organizations.models import Member, Place
from makegood.promises.models import Promise, Source
from makegood.promises.operations import source_create
from makegood.recoveries.models import Recovery
from makegood.store.clocks import clock_step
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

ORDERS = (
    "Bestellnummer;Kunde;E-Mail;Bestelldatum;Liefertermin;Geliefert am;Gesamtbetrag\n"
    'A1;Jörg;jorg@example.com;01/02/2026 09:30;03/02/2026;;"1.250,50"\n'
    "A2;Ana;ana@example.com;01/03/2026 10:00;09/03/2026;;19,90\n"
)
COLUMNS = {
    "column_reference": "Bestellnummer", "column_due_at": "Liefertermin", "column_made_at": "Bestelldatum",
    "column_kept_at": "Geliefert am", "column_total": "Gesamtbetrag", "column_email": "E-Mail", "column_name": "Kunde",
}  # fmt: skip
SAID = {
    **COLUMNS, "kind": "promises", "order": "dmy", "decimal": ",", "source": "", "source_name": "Web shop",
    "playbook": "default", "live": "now",
}  # fmt: skip


def bring(client: Client, text: str | bytes, name: str = "orders.csv") -> str:
    """Bring a file; return the address of its page."""
    content = text.encode() if isinstance(text, str) else text
    answer = client.post("/settings/data/bring", {"file": SimpleUploadedFile(name, content)})
    assert answer.status_code == 302, re.findall(r'class="wrong"[^>]*>(.*?)</p>', answer.content.decode())
    return str(answer.headers["Location"])


def shown(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return str(answer.content.decode())


def entries(org: Org) -> list[tuple[str, int | None]]:
    """What is written in the journal of files, and who did it, in order."""
    with tenant(organization_id=org.id):
        found = Entry.objects.filter(organization_id=org.id, event__startswith="listen:").order_by("id")
        return list(found.values_list("event", "actor_id"))


def written(org: Org) -> dict[str, int]:
    """How many rows each table holds, without the journal."""
    return {name: count for name, count in everything(org).items() if name != "Entry"}


def go(client: Client, url: str, how: str, values: dict[str, str] | None = None) -> str:
    answer = client.post(f"{url}/{how}", values or {}, follow=True)
    return str(answer.content.decode())


def intake(org: Org) -> Intake:
    with tenant(organization_id=org.id):
        found = Intake.objects.filter(organization_id=org.id).order_by("-id").first()
        assert found is not None
        return found


def test_a_file_is_looked_at_tried_and_imported_and_the_same_changes_nothing(org: Org) -> None:
    client = signed_in(org, org.manager)
    url = bring(client, ORDERS)
    page = shown(client, url)
    assert "Thought so because it says when something is due" in page
    assert "Please say it: no date in it says which is the day" in page
    assert "Guessed: 19,90 can only be read so" in page
    before = written(org)
    page = go(client, url, "check", SAID)
    assert "Nothing is wrong and nothing is written yet" in page
    assert "2 rows" in page
    assert "3 February 2026" in page
    assert "1: kept on record only" in page
    assert written(org) == before
    page = go(client, url, "import")
    assert "Imported," in page
    with tenant(organization_id=org.id):
        source = Source.objects.get(organization_id=org.id, code="web-shop")
        assert (source.name, source.live_from) == ("Web shop", START)
        made = Promise.objects.filter(organization_id=org.id).order_by("due_at")
        assert [one.value_minor for one in made] == [125_050, 1990]
        assert made[0].due_at.isoformat() == "2026-02-03T23:00:00+00:00"  # as its day ends in Amsterdam
        assert Purchase.objects.filter(organization_id=org.id).count() == 2
        assert Customer.objects.filter(organization_id=org.id, name="Jörg").exists()
        entry = Entry.objects.get(event="listen:file:imported")
        assert (entry.actor_id, entry.data["counts"]["new"]) == (org.manager, 2)
    assert intake(org).content is None
    assert intake(org).result["first"] == []
    there = everything(org)
    url = bring(client, ORDERS, "tomorrow.csv")
    assert "Its columns are those of “Web shop”" in shown(client, url)
    page = go(client, url, "again")
    assert "Known already: nothing changes" in page
    go(client, url, "import")
    assert {name: count - there[name] for name, count in everything(org).items() if count != there[name]} == {
        "Intake": 1,
        "Entry": 2,
    }
    assert entries(org) == [("listen:file:mapped", org.manager), ("listen:file:imported", org.manager)] * 2


def test_a_first_import_of_old_orders_opens_no_case_and_sends_nothing(org: Org) -> None:
    client = signed_in(org, org.manager)
    url = bring(client, ORDERS)
    go(client, url, "check", SAID)
    go(client, url, "import")
    tick_dry(only=[org.id])
    with tenant(organization_id=org.id):
        assert Promise.objects.get(organization_id=org.id, state="broken").due_at < START
        assert [one.gate for one in Failure.objects.filter(organization_id=org.id)] == ["quiet"]
        for model in (Recovery, Message, Effect):
            assert not model.objects.filter(organization_id=org.id).exists()


def test_from_an_earlier_day_on_old_orders_count_and_the_page_says_so(org: Org) -> None:
    client = signed_in(org, org.manager)
    url = bring(client, ORDERS)
    page = go(client, url, "check", SAID | {"live": "day", "live_day": ""})
    assert "Choose the day from which its promises count." in page
    go(client, url, "check", SAID | {"live": "day", "live_day": "2026-01-01"})
    assert (intake(org).result["late"], intake(org).result["opening"]) == (1, 1)
    go(client, url, "import")
    tick_dry(only=[org.id])
    with tenant(organization_id=org.id):
        assert Failure.objects.get(organization_id=org.id).gate == "contact"


def test_what_can_be_read_two_ways_is_asked_and_columns_are_checked(org: Org) -> None:
    client = signed_in(org, org.manager)
    url = bring(client, ORDERS)
    assert "Say whether the day or the month stands first." in go(client, url, "check", SAID | {"order": ""})
    assert "is chosen twice" in go(client, url, "check", SAID | {"column_name": "E-Mail"})
    assert "Choose a column for: Due." in go(client, url, "check", SAID | {"column_due_at": ""})
    page = go(client, url, "check", SAID | {"column_email": "", "column_name": "Kunde"})
    assert "something to know the customer by" in page
    assert "has no column" in go(client, url, "check", SAID | {"column_name": "Nobody"})
    assert "There is a source of this name" in go(client, url, "check", SAID | {"source_name": "Orders"})
    total = go(client, url, "check", SAID | {"column_made_at": ""})
    assert "A total needs the day on which it was bought: choose a column for “Promised or ordered at”" in total
    both = go(client, url, "check", SAID | {"source": "orders", "source_name": "Another shop"})
    assert "You chose Orders: empty this, or choose a new source above." in both
    assert intake(org).state == "drafted"


def test_what_is_wrong_is_said_row_by_row_and_nothing_is_taken(org: Org) -> None:
    client = signed_in(org, org.manager)
    bad = "=1+1;Bo;bo@example.com;32/13/2026;09/03/2026;;19,90\nA9;Bo;;01/03/2026;09/03/2026;;1x\nA9;too few\n"
    url = bring(client, ORDERS + bad)
    before = written(org)
    page = go(client, url, "check", SAID)
    assert "3 rows are wrong, so nothing of the file is taken" in page
    assert "Import it" not in page
    assert "write it like 31/12/2026" in page
    assert "write it like 1250,00" in page
    answer = client.get(f"{url}/report.csv")
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "row,column,what is wrong and what to do"
    assert [line.split(",")[:2] for line in lines[1:]] == [["4", "Bestelldatum"], ["5", "Gesamtbetrag"], ["6", ""]]
    assert answer.headers["Content-Disposition"] == 'attachment; filename="orders-report.csv"'
    assert "Something in this file is wrong" in go(client, url, "import")
    assert written(org) == before


def test_known_rows_with_other_values_stay_and_are_counted(org: Org) -> None:
    client = signed_in(org, org.manager)
    url = bring(client, ORDERS)
    go(client, url, "check", SAID)
    go(client, url, "import")
    url = bring(client, ORDERS.replace("19,90", "21,00"))
    page = go(client, url, "check", SAID | {"source": "web-shop"})
    assert "Known already with other values, which stay" in page


def test_a_changed_header_is_said(org: Org) -> None:
    client = signed_in(org, org.manager)
    url = bring(client, ORDERS)
    go(client, url, "check", SAID)
    go(client, url, "import")
    url = bring(client, ORDERS.replace("Liefertermin", "Zugesagt am").replace("Kunde;", "Kunde;Rest;").replace(
        "Jörg;", "Jörg;;").replace("Ana;", "Ana;;"))  # fmt: skip
    page = shown(client, url)
    assert "Its header is not that of “Web shop” any more: gone: Liefertermin; new: Rest, Zugesagt am." in page
    plan = intake(org).plan
    assert (plan["source"], plan["columns"]["due_at"], plan["order"]) == ("web-shop", "Zugesagt am", "dmy")


def test_a_mapping_can_be_forgotten(org: Org) -> None:
    client = signed_in(org, org.manager)
    url = bring(client, ORDERS)
    go(client, url, "check", SAID)
    go(client, url, "import")
    with tenant(organization_id=org.id):
        kept = FileMapping.objects.get(organization_id=org.id)
    assert "Columns that are known" in shown(client, "/settings/data")
    assert client.post("/settings/data/known/forget", {"mapping": kept.id}).status_code == 302
    assert "Its columns are those of" not in shown(client, bring(client, ORDERS))
    assert client.post("/settings/data/known/forget", {"mapping": kept.id}).status_code == 302
    assert entries(org)[-1] == ("listen:mapping:forgotten", org.manager)
    assert len(entries(org)) == 3


def test_people_and_places_are_brought_by_an_admin_alone(org: Org) -> None:
    people = f"email,name,role,stores\nbo@{org.code}.example,Bo,admin,shop\n"
    manager, admin = signed_in(org, org.manager), signed_in(org, org.admin)
    url = bring(manager, people, "people.csv")
    said = {"kind": "members", "column_email": "email", "column_name": "name", "column_role": "role",
            "column_places": "stores"}  # fmt: skip
    assert "Only an admin brings people and places" in go(manager, url, "check", said)
    assert "Only an admin brings people and places" in go(manager, url, "kind", {"kind": "places"})
    tried = go(admin, url, "check", said)
    assert "What they become" in tried
    assert "admin: 1" in tried
    assert "Only an admin brings people and places" in go(manager, url, "import")
    page = go(admin, url, "import")
    assert "Their passwords: hand them over now" in page
    assert f"bo@{org.code}.example" in page
    with tenant(organization_id=org.id):
        bo = Member.objects.get(organization_id=org.id, name="Bo")
        assert bo.role == "admin"
        joined = Entry.objects.get(organization_id=org.id, event="organizations:member:joined", subject_id=bo.id)
        imported = Entry.objects.get(organization_id=org.id, event="listen:file:imported")
        assert (joined.actor_id, imported.actor_id) == (org.admin, org.admin), "a manager brought it, an admin accepted"
    assert "Their passwords" not in shown(admin, url)


def test_places_are_changed_and_said_so(org: Org) -> None:
    client = signed_in(org, org.admin)
    url = bring(client, "Store Code,Store Name\nshop,The other shop\nnew,The new shop\n", "stores.csv")
    said = {"kind": "places", "column_code": "Store Code", "column_name": "Store Name"}
    page = go(client, url, "check", said)
    assert "Changed" in page
    go(client, url, "import")
    with tenant(organization_id=org.id):
        names = dict(Place.objects.filter(organization_id=org.id).values_list("code", "name"))
    assert names == {"shop": "The other shop", "new": "The new shop"}


def test_customers_are_tried_without_being_written(org: Org) -> None:
    client = signed_in(org, org.manager)
    url = bring(client, "Name,E-Mail,Telefon\nJörg,jorg@example.com,+49 170 1234567\n".encode("cp1252"), "kunden.csv")
    assert "was read as Windows-1252" in shown(client, url)
    before = written(org)
    said = {"kind": "customers", "column_name": "Name", "column_email": "E-Mail", "column_phone": "Telefon"}
    assert "Jörg" in go(client, url, "check", said)
    assert written(org) == before
    go(client, url, "import")
    with tenant(organization_id=org.id):
        assert Customer.objects.filter(organization_id=org.id, name="Jörg").count() == 1


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [(b"PK\x03\x04", "orders.csv", "is a zip or an Excel file"), (b"a,b\n", "orders.csv", "has no rows"),
     (b"a\n1\n", "orders.xml", "neither .csv nor .jsonl"), (b"x" * (20 * 1024 * 1024 + 1), "o.csv", "larger than 20 MB"),
     (b'{"a\\u0000": 1}', "o.jsonl", "half a letter in its name"), (b'{"a\\ud800": 1}', "o.jsonl", "half a letter in its"),
     (b'{"a": "\\ud800"}', "o.jsonl", "has no rows")],
)  # fmt: skip
def test_what_is_no_table_is_refused_on_the_page(org: Org, content: bytes, name: str, said: str) -> None:
    client = signed_in(org, org.manager)
    answer = client.post("/settings/data/bring", {"file": SimpleUploadedFile(name, content)})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert client.post("/settings/data/bring").status_code == 422


def test_employees_and_other_organizations_see_nothing_of_it(org: Org, make_org: object) -> None:
    url = bring(signed_in(org, org.manager), ORDERS)
    other: Org = make_org()  # type: ignore[operator]
    assert signed_in(other, other.admin).get(url).status_code == 404
    assert signed_in(other, other.admin).get(f"{url}/report.csv").status_code == 404
    for address in ("/settings/data", url, f"{url}/report.csv"):
        assert signed_in(org, org.employee).get(address).status_code == 403


def test_a_dropped_or_forgotten_file_keeps_nothing(org: Org) -> None:
    client = signed_in(org, org.manager)
    url = bring(client, ORDERS)
    go(client, url, "check", SAID)
    assert "is dropped" in go(client, url, "drop")
    assert (intake(org).content, intake(org).result) == (None, {})
    assert "Nothing of it was imported" in shown(client, url)
    assert "look at its page again" in go(client, url, "check", SAID)
    bring(client, ORDERS)
    with tenant(organization_id=org.id):
        assert intakes_prune(organization_id=org.id, now=START + timedelta(hours=23)) == 0
        assert intakes_prune(organization_id=org.id, now=START + timedelta(hours=25)) == 1
    assert intake(org).content is None


def test_an_erased_person_is_in_no_file_that_waits(org: Org) -> None:
    client = signed_in(org, org.manager)
    url = bring(client, ORDERS + "A9;Bo;bo@example.com;x;y;;z\n")
    go(client, url, "check", SAID)
    assert intake(org).result["problems"]
    with tenant(organization_id=org.id):
        customer_erase(organization_id=org.id, customer_id=org.customer, by=org.admin, now=START)
    one = intake(org)
    assert (one.state, one.content, one.result["problems"], one.result["first"]) == ("dropped", None, [], [])
    assert "Somebody was erased while it waited" in shown(client, url)


def test_a_large_file_is_tried_and_imported_by_the_workers(org: Org) -> None:
    client = signed_in(org, org.manager)
    rows = "".join(f"C{n};N;n{n}@example.com;01/03/2026;09/03/2026;;1,50\n" for n in range(SMALL_ROWS + 1))
    url = bring(client, ORDERS.splitlines()[0] + "\n" + rows)
    assert "It is being tried" in go(client, url, "check", SAID)
    assert files_work(only=[org.id]) == 1
    assert intake(org).result["counts"]["new"] == SMALL_ROWS + 1
    page = go(client, url, "import")
    assert "It is being imported" in page
    assert 'hx-trigger="every 2s"' in page
    assert files_work(only=[org.id]) == 1
    assert (intake(org).taken, intake(org).result["new"]) == (SMALL_ROWS + 1, 2 * (SMALL_ROWS + 1))
    assert files_work(only=[org.id]) == 0
    assert "Imported," in shown(client, url)


def test_a_file_that_nobody_decided_on_is_dropped_by_the_clock_of_its_organization(
    make_org: Callable[..., Org],
) -> None:
    ahead = START.replace(year=2100)
    org = make_org(at=ahead)
    with tenant(organization_id=org.id):
        intake_bring(organization_id=org.id, name="o.csv", content=ORDERS.encode(), by=org.manager, now=ahead)
    for hours, state in ((23, "drafted"), (25, "dropped")):
        with tenant(organization_id=org.id):
            clock_step(organization_id=org.id, moment_at=ahead + timedelta(hours=hours))
        files_work(only=[org.id])
        assert intake(org).state == state


def test_a_file_for_which_the_database_does_not_answer_holds_no_other_up(
    org: Org, make_org: Callable[[], Org], monkeypatch: pytest.MonkeyPatch
) -> None:
    other, first = make_org(), []
    for one in (org, org, other):
        with tenant(organization_id=one.id):
            first.append(
                Intake.objects.create(
                    organization_id=one.id, name="o.csv", size=1, rows=1, header=["a"], content=b"a\n1\n", state="waiting",
                    plan={"kind": "places"}, brought_at=START,
                ).id
            )  # fmt: skip
    tried = []

    def fails(*, organization_id: int, intake_id: int) -> None:
        tried.append(intake_id)
        if intake_id == first[0]:
            raise OperationalError

    monkeypatch.setattr(working, "intake_import", fails)
    with pytest.raises(OperationalError):
        files_work(only=[org.id, other.id])
    assert sorted(tried) == first


def test_an_admin_has_the_folder_watched_and_managers_see_it(org: Org) -> None:
    admin, manager = signed_in(org, org.admin), signed_in(org, org.manager)
    assert "not watched" in shown(manager, "/settings/data")
    assert "Only an admin says" in manager.post("/settings/data/known/watch").content.decode()
    assert admin.post("/settings/data/known/watch").status_code == 302
    page = shown(manager, "/settings/data")
    assert "watched, last looked into not yet" in page
    assert f"folders/{org.code}" in page
    assert admin.post("/settings/data/known/unwatch").status_code == 302
    assert "not watched" in shown(manager, "/settings/data")
    assert entries(org) == [("listen:folder:watched", org.admin), ("listen:folder:left", org.admin)]
    assert admin.post("/settings/data/known/other").status_code == 404


def test_a_file_of_the_folder_that_failed_is_told_and_says_why(org: Org) -> None:
    with tenant(organization_id=org.id):
        intake_id = folder_file_bring(
            organization_id=org.id, name="<b>orders.csv", content=b"Something,Else\n1,2\n", file_key="key"
        )
    client = signed_in(org, org.manager)
    assert f'href="/settings/data/files/{intake_id}"' in shown(client, "/notices")
    page = shown(client, f"/settings/data/files/{intake_id}")
    assert "Nobody has said yet what is what in files of this header. Please bring it once" in page
    assert "<b>orders.csv" not in page
    assert "the watched folder" in shown(client, "/settings/data")


def test_a_body_larger_than_any_file_is_refused_before_it_is_read(org: Org) -> None:
    answer = signed_in(org, org.manager).post("/settings/data/bring", b"", "text/plain", CONTENT_LENGTH=str(10**9))
    assert answer.status_code == 413
    assert "Bring a file of at most 20 MB" in answer.content.decode()


def test_a_source_that_was_heard_meanwhile_keeps_its_moment_and_the_file_fails_whole(org: Org) -> None:
    client = signed_in(org, org.manager)
    url = bring(client, ORDERS)
    go(client, url, "check", SAID | {"live": "day", "live_day": "2026-01-01"})
    with tenant(organization_id=org.id):
        source_create(organization_id=org.id, code="web-shop", now=START)
        Source.objects.filter(organization_id=org.id, code="web-shop").update(heard_until=START)
    page = go(client, url, "import")
    assert "is live from another moment and was heard already" in page
    with tenant(organization_id=org.id):
        assert not Promise.objects.filter(organization_id=org.id).exists()

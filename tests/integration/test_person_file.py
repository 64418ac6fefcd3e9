"""One person's data as a file: every table that leads to them, nobody else's rows, others masked, and journalled."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db.models import BigIntegerField
from tests.conftest import START, Org
from tests.integration.test_erasure import SECRETS, body, found, live

from makegood import journal
from makegood.journal.models import Entry
from makegood.keeping.described import LEFT_COLUMNS, LEFT_OUT, TITLES
from makegood.keeping.person_file import person_file
from makegood.keeping.whose import STAFF_COLUMNS, SUBJECTS, tables, told_columns
from makegood.listen.models import Raw
from makegood.listen.operations import events_accept
from makegood.messages.models import Message
from makegood.messages.receiving import note_add
from makegood.organizations.models import Member
from makegood.recoveries.models import Recovery
from makegood.store.tenancy import tenant

OWN_NUMBERS = {"recovery_id", "message_id", "makegood_id", "subject_id"}
"""Columns that hold the number of a row of the same person without being a key."""
OF_THE_HOUSE = {
    "", "bulk", "calendar", "file", "folder", "hook", "improvement", "incident", "mailbox", "mapping", "member",
    "organization", "place", "source",
}  # fmt: skip
"""Subjects of the journal and the outbox that are nobody's."""


def told(org: Org, customer_id: int) -> tuple[dict[str, Any], zipfile.ZipFile]:
    """What the file holds."""
    with tenant(organization_id=org.id):
        made = person_file(organization_id=org.id, customer_id=customer_id, now=START, by=org.admin)
    with made.content:
        whole = zipfile.ZipFile(io.BytesIO(made.content.read()))
    return json.loads(whole.read("data.json")), whole


def test_every_table_that_leads_to_a_person_is_named() -> None:
    labels = {table.label for table in tables()}
    assert labels - TITLES.keys() == set(), "a table leads to a customer: say what it is called in keeping.described"
    assert TITLES.keys() - labels == set(), "no such table leads to a customer any more"
    assert LEFT_OUT.keys() <= labels
    columns = {f"{table.label}.{field.attname}" for table in tables() for field in table.model._meta.concrete_fields}
    assert LEFT_COLUMNS.keys() <= columns


def test_every_number_in_them_is_known_as_a_members_or_their_own() -> None:
    bare = {
        field.attname
        for table in tables()
        if table.label not in LEFT_OUT
        for field in told_columns(table.model)
        if isinstance(field, BigIntegerField) and not field.is_relation and field.attname.endswith("_id")
    }
    assert bare - STAFF_COLUMNS - OWN_NUMBERS == set(), "say whether it is a member's (keeping.whose.STAFF_COLUMNS)"


def test_every_subject_of_the_journal_is_a_persons_or_the_houses() -> None:
    sources = Path(journal.__file__).parents[1].rglob("*.py")
    written = {one for path in sources for one in re.findall(r'\bsubject="([a-z_]*)"', path.read_text())}
    assert written - SUBJECTS.keys() - OF_THE_HOUSE == set()


def test_the_file_holds_every_table_in_which_the_database_finds_them(org: Org) -> None:
    customer_id = live(org)
    data, whole = told(org, customer_id)
    known = {table.model._meta.db_table: table.label for table in tables()}
    assert {known[table] for table in found(org)} - LEFT_OUT.keys() <= data["tables"].keys()
    assert any(b"unmistakable zebra-77" in whole.read(name) for name in whole.namelist() if name.startswith("files/"))
    page = whole.read("index.html").decode()
    assert all(one.lower() in page.lower() for one in SECRETS)
    assert "Ana Ferreira" not in page, "somebody else is in it"
    with tenant(organization_id=org.id):
        entry = Entry.objects.get(event="customers:customer:told_whole")
    assert (entry.subject_id, entry.actor_id) == (customer_id, org.admin)
    assert entry.data == {"tables": len(data["tables"]), "rows": sum(map(len, data["tables"].values()))}


def test_a_delivery_that_names_nobody_is_theirs_by_its_promise(org: Org) -> None:
    customer_id = live(org)
    kept = body("kept zebra-77", "promise.kept", timedelta(hours=2), reference="zebra-77")
    with tenant(organization_id=org.id):
        events_accept(organization_id=org.id, source_id=org.source, bodies=[kept], now=START + timedelta(hours=2))
        assert Raw.objects.get(type="promise.kept").customer_id is None
    data, _ = told(org, customer_id)
    assert [row["type"] for row in data["tables"]["listen.Raw"]].count("promise.kept") == 1


def test_others_are_masked_in_it(org: Org) -> None:
    customer_id = live(org)
    with tenant(organization_id=org.id):
        Member.objects.filter(id=org.manager).update(name="Maria Silva")
        thread_id = Recovery.objects.get(customer_id=customer_id).thread_id
        said = "Maria Silva asked bo@example.org; she is wilhelmina.q@example.org."
        note_add(organization_id=org.id, thread_id=thread_id, by=org.manager, body=said, now=START)
    data, whole = told(org, customer_id)
    (note,) = [row for row in data["tables"]["conversations.Message"] if row["kind"] == "note"]
    assert note["body"] == "Maria asked [address]; she is wilhelmina.q@example.org."
    assert note["author_id"] == "Maria"
    assert "Silva" not in whole.read("index.html").decode() + json.dumps(data)


def test_a_mail_that_nobody_could_place_is_theirs_by_its_address(org: Org) -> None:
    customer_id = live(org)
    with tenant(organization_id=org.id):
        Message.objects.create(
            organization_id=org.id, direction="in", channel="mail", kind="reply", state="received", created_at=START,
            address="Wilhelmina.Q@example.org", body="out of office",
        )  # fmt: skip
    data, _ = told(org, customer_id)
    assert [row for row in data["tables"]["conversations.Message"] if row["body"] == "out of office"]

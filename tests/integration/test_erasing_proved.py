"""Erasing with its proof: said beforehand as it is done, looked for afterwards in all columns, journalled by numbers."""

from __future__ import annotations

from typing import Any

import pytest
from tests.conftest import START, Org
from tests.integration.test_erasure import found, live

from makegood.customers.models import Customer
from makegood.journal import operations as journal
from makegood.journal.models import Entry
from makegood.keeping.erasing import (
    Proof,
    UnableToErasePerson,
    erasure_foreseen,
    erasures_proved,
    person_erase,
    person_erase_again,
)
from makegood.keeping.searching import values_find
from makegood.listen.models import Raw
from makegood.listen.operations import raw_hear_erased
from makegood.messages.models import Message
from makegood.recoveries.models import HelpFile
from makegood.store.tenancy import tenant

NAME = "Wilhelmina Quatermass"


def erase(org: Org, customer_id: int, typed: str = NAME) -> Proof:
    with tenant(organization_id=org.id):
        return person_erase(organization_id=org.id, customer_id=customer_id, typed=typed, by=org.admin, now=START)


def said_by_another(org: Org, **words: Any) -> Message:
    """A message of somebody else's."""
    return Message.objects.create(
        organization_id=org.id, customer_id=org.customer, direction="in", channel="mail", kind="reply",
        state="received", created_at=START, **words,
    )  # fmt: skip


def test_what_is_foreseen_is_what_is_done_and_nothing_of_them_is_left(org: Org) -> None:
    customer_id = live(org)
    before = found(org)
    with tenant(organization_id=org.id):
        said_by_another(org, body="I am Ana")
        foreseen = erasure_foreseen(organization_id=org.id, customer_id=customer_id, now=START)
    assert found(org) == before, "foreseeing it did it"
    proof = erase(org, customer_id)
    assert {one.label: one for one in proof.erased.tables} == {one.label: one for one in foreseen.tables}
    done = {one.label: (one.erased, one.blanked, one.kept) for one in proof.erased.tables}
    assert done["customers.Fact"] == (1, 0, 0)
    assert done["customers.Customer"] == (0, 1, 0)
    assert done["recoveries.HelpFile"] == (1, 0, 0)
    assert done["recoveries.RecoveryFailure"][:2] == (0, 0)
    assert proof.clean
    assert proof.looked.values >= 4
    assert found(org) == []
    with tenant(organization_id=org.id):
        entry = Entry.objects.get(event="customers:customer:erasure_proved")
        assert erasures_proved(organization_id=org.id, customer_id=customer_id) == [proof]
        assert Message.objects.filter(body="I am Ana").exists()
    assert (entry.subject_id, entry.actor_id) == (customer_id, org.admin)


def test_whom_a_list_names_is_erased_with_the_same_proof_by_nobody_here(org: Org) -> None:
    customer_id = live(org)
    with tenant(organization_id=org.id):
        proof = person_erase_again(organization_id=org.id, customer_id=customer_id, now=START)
        assert erasures_proved(organization_id=org.id, customer_id=customer_id) == [proof]
    assert proof.by is None
    assert proof.clean
    assert found(org) == []


def test_nobody_is_erased_by_a_name_typed_wrong(org: Org) -> None:
    customer_id = live(org)
    with pytest.raises(UnableToErasePerson):
        erase(org, customer_id, typed="Wilhelmina Quartermass")
    with tenant(organization_id=org.id):
        assert Customer.objects.get(id=customer_id).erased_at is None


def test_a_table_that_nobody_empties_is_found(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    customer_id = live(org)
    event = "customers:customer:erased"
    left = [one for one in journal._handlers[event] if one is not raw_hear_erased]
    monkeypatch.setitem(journal._handlers, event, left)
    proof = erase(org, customer_id)
    assert not proof.clean
    assert proof.looked.found.keys() == {"listen_raw"}
    with tenant(organization_id=org.id):
        assert set(proof.looked.found["listen_raw"]) <= set(Raw.objects.values_list("id", flat=True))


def test_what_another_row_says_of_them_is_found_and_a_name_of_two_is_not_looked_for(org: Org) -> None:
    customer_id = live(org)
    with tenant(organization_id=org.id):
        row = said_by_another(org, body="My aunt, WILHELMINA QUATERMASS, told me.")
    assert erase(org, customer_id).looked.found == {"conversations_message": (row.id,)}
    with tenant(organization_id=org.id):
        one, other = (
            Customer.objects.create(organization_id=org.id, name=name, created_at=START)
            for name in ("Maria Silva", "Ana Maria Silva Costa")
        )
        proof = person_erase(
            organization_id=org.id, customer_id=one.id, typed="Maria  Silva", by=org.admin, now=START
        )  # fmt: skip
        assert (proof.shared, proof.looked.values, proof.looked.tables, proof.clean) == (1, 0, 0, False)
        assert Customer.objects.get(id=other.id).name == "Ana Maria Silva Costa"


@pytest.mark.parametrize(
    ("where", "held"),
    [
        ("body", "She is ana@example.org!"),
        ("findings", [{"rule": "ana@example.org"}]),
        ("body", "Zoë “Z” Müller\nwas here"),
        ("findings", [{"deep": ["of Zoë “Z” Müller\n"]}]),
        ("content", b'{"name": "Zo\\u00eb \\u201cZ\\u201d M\\u00fcller\\nx"}'),
        ("subject", "Bo"),
        ("findings", ["Bo"]),
    ],
)
def test_a_value_is_found_in_text_in_json_and_in_bytes(org: Org, where: str, held: Any) -> None:
    values = {"Ana@example.org", "Zoë “Z” Müller\n", "Bo"}
    with tenant(organization_id=org.id):
        if where == "content":
            row: Any = HelpFile(organization_id=org.id, filled_id=0, field="f", name="x", kind="pdf", size=9)
            row.content, table = held, "recoveries_helpfile"
            filled = live_form(org)
            row.filled_id = filled
            row.save()
        else:
            row, table = said_by_another(org, **{where: held}), "conversations_message"
        assert values_find(organization_id=org.id, values=values).found == {table: (row.id,)}


def live_form(org: Org) -> int:
    """A form of somebody's recovery, to which a file belongs."""
    from tests.support.rights import _case

    from makegood.recoveries.models import HelpForm

    _case(org, owner=org.employee)
    return HelpForm.objects.filter(organization_id=org.id).latest("id").id


def test_a_value_is_not_found_inside_of_other_words(org: Org) -> None:
    with tenant(organization_id=org.id):
        said_by_another(org, body="susana@example.org, 100% of Boots", subject="Bo and more")
        looked = values_find(organization_id=org.id, values={"ana@example.org", "Bo", "100_ of Boots"})
        assert (looked.found, looked.unread) == ({}, ())
        assert "conversations_message" in values_find(organization_id=org.id, values={"xyzzy"}, seconds=0).unread

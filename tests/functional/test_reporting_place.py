"""What is done for whoever is failed at a place: its own playbook, that of what it is inside of, or the one for anyone."""

from __future__ import annotations

from tests.conftest import START, Org
from tests.functional.test_views import signed_in
from tests.support.recoveries import customer

from makegood.failures.operations import Report, failure_report
from makegood.journal.models import Entry
from makegood.organizations.models import Place, PlaybookVersion
from makegood.organizations.operations import place_create
from makegood.recoveries.models import Recovery
from makegood.store.tenancy import tenant


def treated(org: Org, place_id: int) -> str:
    """Somebody reports a failure at a place; return the playbook that its recovery goes by."""
    with tenant(organization_id=org.id):
        failure_report(
            organization_id=org.id,
            report=Report(
                customer_id=customer(org), kind="outage", loss="service", what="no hot water", happened_at=START,
                place_id=place_id, reported_by_id=org.employee,
            ),
            now=START,
        )  # fmt: skip
        recovery = Recovery.objects.order_by("-id").first()
        assert recovery is not None
        return PlaybookVersion.objects.get(id=recovery.playbook_id).code


def test_a_hotel_begins_with_what_fits_it_and_its_rooms_go_by_the_house(org: Org) -> None:
    with tenant(organization_id=org.id):
        hotel = place_create(organization_id=org.id, code="casa", name="Casa Azul", kind="hotel")
        bar = place_create(organization_id=org.id, code="bar", name="The bar", kind="till", parent_id=hotel)
    assert treated(org, bar) == "hospitality"
    assert treated(org, org.place) == "default"


def test_a_manager_chooses_what_is_done_at_a_place(org: Org) -> None:
    client = signed_in(org, org.admin)
    with tenant(organization_id=org.id):
        place_create(organization_id=org.id, code="casa", name="Casa Azul", kind="hotel")
    assert "What is done there" in client.get("/settings/places").content.decode()
    codes = {"": "default", "telecom": "telecom"}
    for playbook, done in codes.items():
        with tenant(organization_id=org.id):
            casa = Place.objects.get(code="casa")
        answer = client.post("/settings/places/playbook", {"done_place": str(casa.id), "done_playbook": playbook})
        if playbook == "telecom":
            assert answer.status_code == 302
            assert treated(org, casa.id) == done
            with tenant(organization_id=org.id):
                entry = Entry.objects.get(event="organizations:place:treated", data__playbook="telecom")
            assert (entry.subject_id, entry.actor_id) == (casa.id, org.admin)


def test_a_place_or_playbook_that_is_not_there_is_refused(org: Org) -> None:
    client = signed_in(org, org.admin)
    page = client.post("/settings/places/playbook", {"done_place": "0", "done_playbook": ""})
    assert page.status_code == 422
    assert "Choose a place from the list." in page.content.decode()
    wrong = {"done_place": str(org.place), "done_playbook": "nothing"}
    assert "Choose a playbook from the list." in client.post("/settings/places/playbook", wrong).content.decode()

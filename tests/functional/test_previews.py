"""What the customer sees, shown to a member: whose page it is, and nothing on it can be pressed."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from tests.conftest import START, Org
from tests.functional.test_staying_on_their_page import theirs
from tests.functional.test_views import _no_throttle, _quick_passwords, recovery_of, signed_in

from makegood.messages.links import preview_path, status_path
from makegood.messages.models import Message, Thread
from makegood.organizations.models import MemberPlace
from makegood.organizations.operations import place_create
from makegood.recoveries.models import Recovery, Return
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]
PRESSED = re.compile(r"<(?:button|textarea|input type=\"(?!hidden))")


def paths(org: Org, recovery: Recovery) -> tuple[str, str]:
    """The address of the customer's page, and of its preview."""
    with tenant(organization_id=org.id):
        token = Thread.objects.get(id=recovery.thread_id).token
    return (
        status_path(organization_id=org.id, token=token),
        preview_path(organization_id=org.id, token=token),
    )


def outside(page: str) -> str:
    """What is left of a page without the parts that are shut."""
    return re.sub(r'<fieldset class="act" disabled>.*?</fieldset>', "", page, flags=re.DOTALL)


def test_the_recovery_leads_to_a_preview_that_cannot_be_pressed(org: Org) -> None:
    recovery = recovery_of(org)
    own, preview = paths(org, recovery)
    client = signed_in(org, org.employee)
    page = client.get(f"/recoveries/R-{recovery.number}").content.decode()
    assert f'<a href="{preview}">What the customer sees</a>' in page
    seen = client.get(preview).content.decode()
    assert "This is what Ana Ferreira sees." in seen
    assert f'href="/recoveries/R-{recovery.number}"' in seen
    assert "Your message" in seen
    assert not PRESSED.search(outside(seen))
    assert f'"{own}/' not in seen.replace(f'"{preview}"', "")


def test_what_is_asked_once_it_is_put_right_cannot_be_pressed_either(org: Org) -> None:
    _, _, own = theirs(org, closed=True)
    seen = signed_in(org, org.employee).get(f"{own}/preview").content.decode()
    assert 'name="stay"' in seen
    assert 'name="story"' in seen
    assert not PRESSED.search(outside(seen))


def test_only_who_sees_the_recovery_previews_the_page(org: Org) -> None:
    """A member of another organization, and one of another place, is led to the customer's own page."""
    recovery = recovery_of(org)
    own, preview = paths(org, recovery)
    with tenant(organization_id=org.id):
        elsewhere = place_create(organization_id=org.id, code="elsewhere", name="Elsewhere")
        Recovery.objects.filter(id=recovery.id).update(owner_id=org.manager, place_id=org.place)
        MemberPlace.objects.filter(member_id=org.employee).delete()
        MemberPlace.objects.create(organization_id=org.id, member_id=org.employee, place_id=elsewhere)
    client = signed_in(org, org.employee)
    assert client.get(preview).headers["Location"] == own
    client = signed_in(org, org.manager)
    session = client.session
    session["organization"] = org.id + 1
    session.save()
    assert client.get(preview).headers["Location"] == own


def test_a_preview_takes_nothing(org: Org) -> None:
    recovery = recovery_of(org)
    _, preview = paths(org, recovery)
    client = signed_in(org, org.employee)
    for sent in ({"text": "I am fine"}, {"score": "7"}, {"stay": "back"}, {"answer": "accept:1"}):
        assert client.post(preview, sent).status_code == 403
    with tenant(organization_id=org.id):
        assert not Message.objects.filter(organization_id=org.id, direction="in").exists()
        assert not Return.objects.filter(organization_id=org.id).exists()


def test_the_customers_own_link_works_in_the_same_browser(org: Org) -> None:
    recovery = recovery_of(org)
    own, preview = paths(org, recovery)
    client = signed_in(org, org.employee)
    client.get(preview)
    assert 'fieldset class="act">' in client.get(own).content.decode()
    assert client.post(f"{own}/write", {"text": "Thank you"}).status_code == 302
    assert "looking" not in client.get(preview).content.decode().split("<h1>")[1]
    assert "Thank you" in client.get(own).content.decode()
    with tenant(organization_id=org.id):
        assert Message.objects.filter(organization_id=org.id, direction="in").count() == 1


def test_somebody_else_with_that_address_is_the_customer(org: Org) -> None:
    """A member who passes the wrong address on has still passed the page on."""
    own, preview = paths(org, recovery_of(org))
    answer = Client(headers={"host": "127.0.0.1"}).get(preview)
    assert answer.headers["Location"] == own


def test_looking_does_not_tell_the_customer_what_they_clicked(org: Org) -> None:
    """What a click came to is told once, and to who clicked."""
    own, preview = paths(org, recovery_of(org))
    client = signed_in(org, org.employee)
    client.post(f"{own}/write", {"text": "Hello"})
    assert 'role="status"' not in client.get(preview).content.decode()
    assert 'class="notice" role="status"' in client.get(own).content.decode()


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            "You can see where it stands here:\n{link}\n\nRita",
            'where it stands here: <a href="#next">see above</a>.<br><br>Rita',
        ),
        ("Where it stands: {link}.\n\nRita", 'Where it stands: <a href="#next">see above</a>.<br><br>Rita'),
        ("Open {link} and answer there.", 'Open <a href="#next">this page</a> and answer there.'),
        ("See {link}, where you can answer too.", 'See <a href="#next">this page</a>, where you can answer too.'),
        ("Is it on {link}?", 'Is it on <a href="#next">this page</a>?'),
        ("It stands here ({link}): look.", 'here (<a href="#next">this page</a>): look.'),
        ("Where it stands: {link}\n\nRita", 'Where it stands: <a href="#next">see above</a>.<br><br>Rita'),
        ("Not {link}d but another.", "Not http://127.0.0.1:8000/s/"),
        ("The next word comes by noon.\n\n{link}\n\nRita", "comes by noon.<br><br>Rita"),
        ("The next word comes by noon.\n\n{link}", "comes by noon.</"),
    ],
)
def test_a_letter_on_the_page_does_not_lead_to_the_page_itself(org: Org, said: str, shown: str) -> None:
    recovery = recovery_of(org)
    own, _ = paths(org, recovery)
    with tenant(organization_id=org.id):
        said = f"Dear Ana,\n\n{said.format(link=f'http://127.0.0.1:8000{own}')}"
        Message.objects.create(
            organization_id=org.id, thread_id=recovery.thread_id, customer_id=org.customer, direction="out",
            channel="mail", kind="update", state="sent", body=said, created_at=START, sent_at=START,
        )  # fmt: skip
    page = Client(headers={"host": "127.0.0.1"}).get(own).content.decode()
    assert shown in page
    assert not re.search(rf"8000{re.escape(own)}(?![\w-])", page)

"""A NUL in what is sent is refused with a clear answer wherever it stands, and never ends in a fault of ours."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.conftest import Org
from tests.functional.test_views import _no_throttle, _quick_passwords, recovery_of, signed_in

from makegood.messages.links import status_path
from makegood.messages.models import Message, Thread
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]


@pytest.mark.parametrize("nul", ["\x00", "a\x00b"])
def test_no_page_takes_one(org: Org, nul: str) -> None:
    recovery = recovery_of(org)
    with tenant(organization_id=org.id):
        link = status_path(organization_id=org.id, token=Thread.objects.get(id=recovery.thread_id).token)
    visitor, admin = Client(headers={"host": "127.0.0.1"}), signed_in(org, org.admin)
    answers = [
        visitor.post(f"/r/{org.code}", {"what": nul, "cost": "service", "contact": "zoe@example.org", "key": "k"}),
        visitor.post(f"{link}/write", {"text": nul}),
        visitor.post(f"{link}/rate", {nul: "5"}),
        visitor.post("/sign-in", {"email": f"{nul}@example.org", "password": "x"}),
        visitor.get("/r/a%00b"),
        admin.get("/customers", {"q": nul}),
        admin.post(f"/recoveries/R-{recovery.number}/note", {"note": nul}),
    ]
    assert [one.status_code for one in answers] == [400] * len(answers)
    with tenant(organization_id=org.id):
        assert not Message.objects.filter(direction="in").exists()


def test_a_files_own_bytes_may_hold_one(org: Org) -> None:
    """What is sent as a file is no text; the form answers as it does to any file that it did not ask for."""
    photo = SimpleUploadedFile("photo.png", b"\x89PNG\x00\x00")
    visitor = Client(headers={"host": "127.0.0.1"})
    sent = {"what": "It broke", "cost": "service", "contact": "zoe@example.org", "key": "k", "photo": photo}
    assert visitor.post(f"/r/{org.code}", sent).status_code == 302

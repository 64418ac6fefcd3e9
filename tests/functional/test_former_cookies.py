"""The release that named its cookies after the secret finds people signed in and typing under the names of before."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.conf import settings
from django.test import Client
from tests.conftest import Org
from tests.functional.test_views import signed_in


def test_who_was_signed_in_before_stays_so_and_their_form_arrives(make_org: Callable[..., Org]) -> None:
    org = make_org()
    now = signed_in(org, org.admin)
    before = Client(headers={"host": "127.0.0.1"}, enforce_csrf_checks=True)
    assert now.get("/settings/members").status_code == 200
    before.cookies["sessionid"] = now.cookies[settings.SESSION_COOKIE_NAME].value
    before.cookies["csrftoken"] = now.cookies[settings.CSRF_COOKIE_NAME].value
    page = before.get("/settings/members")
    assert page.status_code == 200
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.content.decode())
    assert token is not None
    assert before.cookies[settings.CSRF_COOKIE_NAME].value == before.cookies["csrftoken"].value
    left = before.post("/sign-out", {"csrfmiddlewaretoken": token[1]})
    assert left.status_code == 302
    assert before.get("/settings/members").headers["Location"].startswith("/sign-in")

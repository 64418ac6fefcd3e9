"""Rights by role and place, tried on every address that the web process answers, by GET and by POST.

The routes are walked, so that a new one cannot be forgotten: it fails here with a sentence that says what to add.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from tests.conftest import Org
from tests.support.rights import MARK, NAME, World, undone, world_of
from tests.support.who_may import DOORS, FORMS, HOUSE, LINKS, OWN, PAGES, May

from makegood.console import permissions

ROLES = {
    "elsewhere": "employee",
    "manager elsewhere": "manager",
    "employee": "employee",
    "manager": "manager",
    "finance": "finance",
    "admin": "admin",
    "outsider": "admin",
}
"""Who knocks with a session, and the role they have in their own organization."""
AWAY = {"elsewhere", "manager elsewhere"}
OF_THE_HOUSE = {
    "playbook-drawing", "playbook-write", "playbook-compare", "set-up-step", "settings", "settings-act", "factor-act", "passkey-act", "view-save",
    "data-act", "mail-act", "hook-act", "account-channel", "account-device",
}  # fmt: skip
"""Addresses whose parts name nothing of one organization that is not in each."""
CALLED: dict[str, dict[str, Any]] = {
    "set-up-step": {"step": "teams"},
    "factor-act": {"how": "off"},
    "passkey-act": {"how": "remove"},
    "account-channel": {"how": "forget"},
    "account-device": {"how": "forget"},
    "mail-decide": {"message_id": "mail_id", "decision": "again"},
    "signal-decide": {"decision": "dismiss"},
    "notice-read": {"message_id": "notice_id"},
    "notice-know": {"message_id": "notice_id"},
    "inbox-reply": {"message_id": "mail_id"},
    "promise-floor-fact": {"failure_id": "quiet_id"},
    "promise-floor-nothing": {"failure_id": "quiet_id"},
    "promise-act": {"act": "released"},
    "recovery-step": {"how": "done"},
    "recovery-word": {"how": "dismiss"},
    "view-save": {"listed": "recoveries"},
    "view-act": {"listed": "recoveries", "how": "delete"},
    "bulk-act": {"how": "stop"},
    "data-file-act": {"how": "drop"},
    "data-act": {"how": "watch"},
    "mail-act": {"how": "seen"},
    "hook-act": {"how": "seen"},
    "member-act": {"act": "leave"},
    "settings": {"section": "limits"},
    "settings-act": {"section": "delivery", "act": "stop"},
    "playbook-drawing": {"code": "default"},
    "playbook-write": {"code": "default"},
    "playbook-compare": {"code": "default"},
}
"""What the parts of an address are called where the name of the part does not say it; a value may name another part."""
SAID: dict[str, dict[str, Any]] = {
    "several-begin": {"pick": "R-1", "do": "severity", "severity": "4", "seen": "1"},
    "several": {"pick": "R-1"},
    "recovery-note": {"note": "x"},
    "recovery-decide": {"decision": "quiet"},
    "recovery-call": {"call_note": "x"},
    "customer-erase": {"typed": NAME},
    "customer-file": {"sure": "on"},
    "customer-merge": {"into": "other", "sure": "on"},
    "inbox-reply": {"reply": "x"},
    "promise-floor-nothing": {"nothing": "x"},
    "recovery-floor-nothing": {"nothing": "x"},
    "promise-floor-fact": {"fact": "1500"},
    "recovery-floor-fact": {"fact": "1500"},
    "report": {"who": NAME, "what": "x", "cost": "time"},
}
"""What a POST says that would do something, if it were let through; elsewhere an empty form is refused anyhow."""
OTHER_PAGES = {
    "signal-decide",
    "mail-decide",
    "notice-read",
    "notice-know",
    "view-act",
    "customer-correct",
    "inbox-reply",
}
"""Addresses to post to, which a GET answers with a page that shows nothing of what they name."""
OF_A_CUSTOMER = {"customer-correct", "customer-merge"}
"""Addresses to change who a customer is whose recoveries are all elsewhere; their page is there, for anybody may come."""
ASKED: dict[str, dict[str, str]] = {
    name: {"q": MARK} for name in ("recoveries", "promises", "incidents", "customers", "search")
}
"""Lists are asked for what nobody from outside may find in them."""


def walked(resolver: URLResolver) -> Iterator[URLPattern]:
    """Every pattern of the web process; the API's own are walked in test_rights_of_calls.py."""
    for one in resolver.url_patterns:
        if isinstance(one, URLPattern):
            yield one
        elif one.namespace != "api":
            yield from walked(one)


PATTERNS = {one.name or str(one.pattern): one for one in walked(get_resolver())}
LISTED = {*PAGES, *DOORS, *LINKS, *FORMS}


def test_every_address_is_listed_with_who_may() -> None:
    """One that is not, is open to whoever finds it until somebody thinks of it."""
    for name in sorted(set(PATTERNS) - LISTED):
        pytest.fail(
            f"The address “{PATTERNS[name].pattern}” ({name}) is new: add it to PAGES in tests/support/who_may.py with "
            "the roles that may use it and whether what it shows is the HOUSE's, a PLACE's or one member's OWN (or to "
            "DOORS, LINKS or FORMS there, if it needs no session), and to ALLOWED in makegood/console/permissions.py."
        )
    assert set(PATTERNS) == LISTED, "tests/support/who_may.py lists an address that is gone: take it out there"
    assert len(PATTERNS) == sum(1 for _ in walked(get_resolver())), "two addresses have the same name"


@pytest.mark.parametrize("name", sorted(PAGES))
def test_the_code_says_the_same(name: str) -> None:
    assert permissions.ALLOWED[name] == set(PAGES[name].roles)


@pytest.fixture(scope="module")
def worlds() -> list[World]:
    """Made once for all tests here, by `world`."""
    return []


@pytest.fixture
def world(worlds: list[World], make_org: Callable[..., Org]) -> World:
    if not worlds:
        worlds.append(world_of(make_org(), make_org()))
    return worlds[0]


def path_of(world: World, name: str) -> str:
    """The address of this name that leads to something of the world."""
    called = world.names | {"code": world.names["incident" if name.startswith("incident") else "code"]}
    for part, value in CALLED.get(name, {}).items():
        called[part] = world.names.get(str(value), value)
    return reverse(name, kwargs={part: called[part] for part in PATTERNS[name].pattern.converters})


def outcome(answer: HttpResponse) -> str:
    """What an answer is: the door, forbidden, nothing there, or through (whatever it then says)."""
    if answer.status_code == 302 and answer.headers["Location"].startswith("/sign-in"):
        return "door"
    return {403: "forbidden", 404: "missing"}.get(answer.status_code, "through")


def wanted(may: May, name: str, who: str, method: str) -> str:
    """What the table says that this person meets at this address."""
    if ROLES[who] not in may.roles:
        return "forbidden"
    if name == "notice-read" or (method == "GET" and name in OTHER_PAGES and who != "outsider"):
        return "through"  # somebody else's notice stays as it is, without a word
    if who == "outsider":
        named = bool(PATTERNS[name].pattern.converters) and name not in OF_THE_HOUSE
        return "through" if not named or (method == "GET" and name in OTHER_PAGES - {"customer-correct"}) else "missing"
    if may.whose == OWN:
        return "through" if who == "manager" else "missing"
    if who not in AWAY or (may.whose == HOUSE and name not in OF_A_CUSTOMER):
        return "through"
    return "forbidden" if name in OF_A_CUSTOMER else "missing"


def asked(client: Client, world: World, name: str, method: str) -> HttpResponse:
    path = path_of(world, name)
    said = {part: world.names.get(value, value) for part, value in SAID.get(name, {}).items()}
    return client.get(path, said | ASKED.get(name, {})) if method == "GET" else client.post(path, said)


def shown(answer: HttpResponse) -> str:
    """What an answer shows, without the words that were asked for."""
    return answer.content.decode(errors="replace").replace(f'value="{MARK}"', "") if not answer.streaming else ""


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("name", sorted(PAGES))
def test_everybody_meets_what_the_table_says(world: World, name: str, method: str) -> None:
    """Who may not is sent away before anything is written, and shown nothing of it; who may is let through."""
    may = PAGES[name]
    for who, client in world.people.items():
        with undone() as written:
            answer = asked(client, world, name, method)
            if answer.streaming:
                list(answer.streaming_content)
            tables = written()
        signed_out = name == "account-sign-out" and "organizations_user" in tables
        met, told = (
            "through" if signed_out else outcome(answer),
            f"{who}, {method} {answer.request['PATH_INFO']}: {answer.status_code}",
        )
        assert met == ("door" if who == "anonymous" else wanted(may, name, who, method)), told
        assert answer.status_code < 500, told
        if met != "through" or (may.whose == OWN and who != "manager"):
            assert not tables, (told, tables)
        if met != "through" or who == "outsider":
            assert MARK not in shown(answer), told
            assert NAME not in shown(answer), told
        elif who in AWAY and name not in {"data-file", "data-file-act", "data-report", "inbox", "inbox-reply"}:
            assert MARK not in shown(answer), told


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("name", sorted(LINKS))
def test_a_link_that_was_made_up_opens_nothing(world: World, name: str, method: str) -> None:
    """Neither a changed one nor one signed for somebody else's organization, whoever is signed in."""
    signed = world.status_url.removeprefix("/s/")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM store_throttle")
    for made_up in (signed[:-1] + ("a" if signed[-1] != "a" else "b"), "x" + signed):
        for who in ("anonymous", "admin", "outsider"):
            with undone() as written:
                answer = getattr(world.people[who], method.lower())(reverse(name, args=[made_up]))
                assert answer.status_code == 404, (who, name)
                assert not written()
            assert MARK not in shown(answer)


@pytest.mark.parametrize("who", ["anonymous", *ROLES])
def test_the_page_of_a_customer_is_previewed_by_who_sees_their_recovery(world: World, who: str) -> None:
    """Anybody else who has the link is its customer, and goes to their page."""
    with undone():
        answer = world.people[who].get(f"{world.status_url}/preview")
    may = who in ("employee", "manager", "finance", "admin")
    assert answer.status_code == (200 if may else 302)
    assert may or answer.headers["Location"] == world.status_url


def test_a_session_that_has_ended_previews_nothing(world: World) -> None:
    with undone():
        session = world.people["manager"].session
        session["began"] = session["began"] - 12 * 3600 - 1
        session.save()
        assert world.people["manager"].get(f"{world.status_url}/preview").status_code == 302


@pytest.mark.parametrize("name", sorted(FORMS))
def test_a_form_of_nobody_is_not_there(world: World, name: str) -> None:
    for who in ("anonymous", "admin"):
        with undone() as written:
            assert world.people[who].get(reverse(name, args=["nobody-here"])).status_code == 404
            assert not written()


BEYOND = {
    "several-begin": ({"pick": "R-1", "do": "severity", "severity": "4", "seen": "1"}, {"recoveries_bulk"}),
    "improvement-new": (
        {"improve_cause": "cause_id", "improve_title": "x", "recovery": "code"},
        {"causes_improvement"},
    ),
}
"""What a manager who serves elsewhere might put into a form of the house, and the tables that it must not reach."""


@pytest.mark.parametrize("name", sorted(BEYOND))
def test_a_form_of_the_house_reaches_no_place_beyond_ones_own(world: World, name: str) -> None:
    said, tables = BEYOND[name]
    given = {part: world.names.get(value, value) for part, value in said.items()}
    with undone() as written:
        world.people["manager elsewhere"].post(reverse(name), given)
        assert not written() & tables
    with undone() as written:
        world.people["manager"].post(reverse(name), given)
        assert written() & tables


@pytest.mark.parametrize("section", sorted(permissions.SETTINGS), ids="of-{}".format)
def test_each_page_of_the_settings_opens_to_its_own(world: World, section: str) -> None:
    for who, role in ROLES.items():
        with undone():
            answer = world.people[who].get(reverse("settings", args=[section]))
        assert answer.status_code == (200 if role in permissions.SETTINGS[section] else 403), who
        if who in AWAY and section != "data":
            assert MARK not in shown(answer), who
        elif section == "mail" and who in ("manager", "admin"):
            assert MARK in shown(answer), who


def test_nobody_switches_to_an_organization_that_is_not_theirs(world: World) -> None:
    with undone():
        outsider = Client(headers={"host": "127.0.0.1"})
        outsider.cookies = deepcopy(world.people["outsider"].cookies)
        outsider.post(reverse("switch-organization"), {"organization": str(world.org.id)})
        assert NAME not in shown(outsider.get("/customers"))

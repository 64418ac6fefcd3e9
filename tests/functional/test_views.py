"""The staff's and the customers' pages through Django's client: who may, who sees what, and what a refusal looks like."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test import Client
from django.urls import URLPattern, reverse
from tests.conftest import START, Org, _quick_passwords

from makegood.console import permissions
from makegood.console.asking import when
from makegood.console.refill import Unanswered
from makegood.console.urls import urlpatterns
from makegood.failures.operations import Report, failure_report
from makegood.messages.links import status_path
from makegood.messages.models import Message
from makegood.organizations.models import ROLES, User
from makegood.organizations.operations import member_create, place_create, user_create
from makegood.recoveries.models import Recovery, RecoveryFailure
from makegood.store.clocks import wall_now
from makegood.store.tenancy import tenant

__all__ = ["_quick_passwords"]
PASSWORD = "a password for tests"
NAMED: list[URLPattern] = [one for one in urlpatterns if isinstance(one, URLPattern)]
ARGUMENTS = {
    "code": "R-1",
    "step": "fix",
    "target": "fix",
    "how": "done",
    "bulk_id": 1,
    "intake_id": 1,
    "source_id": 1,
    "listed": "recoveries",
    "member_id": 1,
    "makegood_id": 1,
    "place_id": 1,
    "failure_id": 1,
    "pack": "eu261",
    "view_id": 1,
    "word_id": 1,
    "tie_id": 1,
    "move": "accept",
    "follow_up_id": 1,
    "what": "gate",
    "form": "what-happened",
    "file_id": 1,
    "dialogue": "first-words",
    "promise_id": 1,
    "act": "kept",
    "customer_id": 1,
    "cause_id": 1,
    "improvement_id": 1,
    "section": "members",
    "signal_id": 1,
    "decision": "dismiss",
    "message_id": 1,
    "approval_id": 1,
    "answer": "no",
}


@pytest.fixture(autouse=True)
def _no_throttle(database: str) -> None:
    """Every test begins with a clean slate of tries."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM store_throttle")


def signed_in(org: Org, member_id: int) -> Client:
    """A client whose session speaks for this member."""
    client = Client(headers={"host": "127.0.0.1"})
    session = client.session
    session.update({"user": 0, "organization": org.id, "member": member_id, "began": wall_now().timestamp()})
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return client


def recovery_of(
    org: Org, *, customer: int | None = None, place: int | None = None, what: str = "The till was down"
) -> Recovery:
    """A recovery that somebody reported."""
    with tenant(organization_id=org.id):
        failure_report(
            organization_id=org.id,
            report=Report(
                customer_id=customer or org.customer,
                kind="outage",
                loss="time",
                fault="ours",
                what=what,
                happened_at=START,
                place_id=place or org.place,
                reported_by_id=org.employee,
            ),
            now=START,
        )
        return Recovery.objects.filter(organization_id=org.id).order_by("-id")[0]


BESIDE = {"healthz", "metrics", "hook"}
"""Doors of programs, which stand beside the pages."""


def path_of(name: str) -> str:
    """An address of this name, whatever it needs."""
    pattern = next(one for one in NAMED if one.name == name)
    wanted = pattern.pattern.converters
    return reverse(name, kwargs={key: ARGUMENTS[key] for key in wanted if key in ARGUMENTS} | _step_of(name, wanted))


def _step_of(name: str, wanted: object) -> dict[str, str]:
    return {"step": "teams"} if name == "set-up-step" else {}


def test_every_address_says_who_may() -> None:
    """A route that nobody listed would be open to nobody, and one that is listed must exist."""
    names = {one.name for one in NAMED}
    assert names == set(permissions.ALLOWED) | (permissions.OPEN - BESIDE)
    assert all(roles <= permissions.ALL for roles in permissions.ALLOWED.values())


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", sorted(permissions.ALLOWED))
def test_a_role_opens_what_the_table_says(make_org: Callable[..., Org], name: str, role: str) -> None:
    """Every address refuses the roles that the table leaves out, by GET and by POST, and no other."""
    org = _shared(make_org)
    member = {"admin": org.admin, "manager": org.manager, "employee": org.employee}.get(role) or _finance(org)
    client = signed_in(org, member)
    allowed = role in permissions.ALLOWED[name]
    for answer in (client.get(path_of(name)), client.post(path_of(name))):
        assert (answer.status_code == 403) is not allowed or _section_refused(name, role), (name, role)


def _section_refused(name: str, role: str) -> bool:
    return name == "settings" and role not in permissions.SETTINGS["members"]


_orgs: list[Org] = []


def _shared(make_org: Callable[..., Org]) -> Org:
    if not _orgs:
        _orgs.append(make_org())
    return _orgs[0]


def _finance(org: Org) -> int:
    with tenant(organization_id=org.id):
        return member_create(organization_id=org.id, name="Fay", role="finance", now=START)


@pytest.mark.parametrize("name", sorted(permissions.ALLOWED))
def test_nobody_is_sent_to_sign_in(database: str, name: str) -> None:
    """Without a session every address leads to the door."""
    answer = Client(headers={"host": "127.0.0.1"}).get(path_of(name))
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in")


def test_a_member_of_one_place_sees_only_it(org: Org) -> None:
    """Recoveries of other places are not listed, not opened, and not changed."""
    with tenant(organization_id=org.id):
        other = place_create(organization_id=org.id, code="hotel", name="The hotel")
        below = place_create(organization_id=org.id, code="till", name="The till", parent_id=org.place)
        scoped = member_create(
            organization_id=org.id, name="Till clerk", role="employee", now=START, place_ids=[org.place]
        )
    there = recovery_of(org, place=other, what="The room was cold")
    with tenant(organization_id=org.id):
        Recovery.objects.filter(organization_id=org.id, id=there.id).update(owner_id=org.admin)
        from makegood.customers.models import Customer

        somebody = Customer.objects.create(organization_id=org.id, name="Bo Berg", created_at=START).id
    here = recovery_of(org, customer=somebody, place=below, what="The till was slow")
    client = signed_in(org, scoped)
    listed = client.get("/recoveries").content.decode()
    assert f"R-{here.number}" in listed
    assert "The room was cold" not in listed
    assert client.get(f"/recoveries/R-{here.number}").status_code == 200
    assert client.get(f"/recoveries/R-{there.number}").status_code == 404
    assert client.post(f"/recoveries/R-{there.number}/notes", {"note": "hm"}).status_code == 404
    assert "The room was cold" not in client.get("/").content.decode()
    assert client.get(f"/customers/{org.customer}").content.decode().count(f"R-{there.number}") == 0


def test_three_answers_are_needed_and_each_is_named(org: Org) -> None:
    """An empty report says what is missing; a filled one opens a recovery."""
    client = signed_in(org, org.employee)
    text = client.post("/report", {"what": "It was late"}).content.decode()
    assert "Say who it happened to." in text
    assert "Choose what it cost them." in text
    assert "It was late" in text
    answer = client.post("/report", {"who": "new@example.org", "what": "It was late", "cost": "time"})
    assert answer.headers["Location"].startswith("/recoveries/R-")


NOW = datetime(2026, 3, 29, 12, 30, tzinfo=UTC)
"""In Lisbon half past one in the afternoon, on the day that its clocks went forward."""


@pytest.mark.parametrize(
    ("said", "happened_at"),
    [
        ({}, NOW),
        ({"when": "now", "when_time": "09:00"}, NOW),  # hidden answers of another choice do not count
        ({"when": "today", "when_time": "09:15"}, datetime(2026, 3, 29, 8, 15, tzinfo=UTC)),
        ({"when": "today", "when_time": "00:15"}, datetime(2026, 3, 29, 0, 15, tzinfo=UTC)),  # before the change
        ({"when": "day", "when_day": "2026-03-28", "when_time": "23:40"}, datetime(2026, 3, 28, 23, 40, tzinfo=UTC)),
        ({"when": "day", "when_day": "2026-03-27"}, datetime(2026, 3, 27, 12, 0, tzinfo=UTC)),
        ({"when": "day", "when_day": "2026-03-29"}, datetime(2026, 3, 29, 11, 0, tzinfo=UTC)),  # its noon, in Lisbon
    ],
)
def test_when_it_happened_is_read_in_the_organizations_zone(said: dict[str, str], happened_at: datetime) -> None:
    """Now where nothing else is said; a day without a time is its noon."""
    assert when(said, now=NOW, zone="Europe/Lisbon") == happened_at


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"when": "today"}, {"when_time": "Say about what time it was."}),
        ({"when": "day"}, {"when_day": "Choose the day."}),
        ({"when": "today", "when_time": "13:31"}, {"when_time": "This is yet to come: say when it happened."}),
        ({"when": "day", "when_day": "2026-03-30"}, {"when_day": "This is yet to come: say when it happened."}),
        ({"when": "day", "when_day": "yesterday"}, {"when_day": "Choose a day, such as 2026-03-21."}),
        ({"when": "day", "when_day": "0001-01-01"}, {"when_day": "Choose a day that people remember."}),
        ({"when": "today", "when_time": "noon"}, {"when_time": "Write a time such as 14:30."}),
        ({"when": "soon"}, {"when": "Choose when it happened."}),
    ],
)
def test_what_cannot_be_when_it_happened_is_named(said: dict[str, str], wrong: dict[str, str]) -> None:
    """A moment that is yet to come is refused, as the API refuses it; each field says what is wrong with it."""
    with pytest.raises(Unanswered) as refused:
        when(said, now=NOW, zone="Europe/Lisbon")
    assert refused.value.wrong == wrong


def test_a_letter_names_the_day_on_which_it_happened(org: Org) -> None:
    """What a colleague reports of another day is told so: on the case and in the apology; a wrong day is refused."""
    client = signed_in(org, org.employee)
    told = START - timedelta(days=3)
    answers = {"who": "zoe@example.org", "what": "It was late", "cost": "time", "when": "day"}
    refused = client.post("/report", answers | {"when_day": f"{START + timedelta(days=1):%Y-%m-%d}"})
    assert refused.status_code == 422
    assert "This is yet to come: say when it happened." in refused.content.decode()
    url = client.post("/report", answers | {"when_day": f"{told:%Y-%m-%d}"}).headers["Location"]
    assert url.startswith("/recoveries/R-")
    with tenant(organization_id=org.id):
        case = Recovery.objects.get(organization_id=org.id)
        failure = RecoveryFailure.objects.select_related("failure").get(recovery_id=case.id).failure
        apology = Message.objects.get(organization_id=org.id, thread_id=case.thread_id, kind="apology")
        assert (failure.happened_at.date(), case.opened_at) == (told.date(), START)
        assert f"on {told:%A} {told.day} {told:%B}" in apology.body
        assert f"on {START:%A} {START.day} {START:%B}" not in apology.body


def test_one_namesake_is_asked_about(org: Org) -> None:
    """Somebody of a known name is not taken for them without a word."""
    client = signed_in(org, org.employee)
    asked = client.post("/report", {"who": "Ana Ferreira", "what": "It was late", "cost": "time"})
    assert asked.status_code == 422
    assert "Is it one of these?" in asked.content.decode()
    answers = {"who": "Ana Ferreira", "what": "It was late", "cost": "time", "customer": str(org.customer)}
    url = client.post("/report", answers).headers["Location"]
    assert f"/customers/{org.customer}" in client.get(url).content.decode()


def test_only_a_manager_closes_with_a_reason(org: Org) -> None:
    """An employee cannot waive what is missing, also not by a forged form."""
    recovery = recovery_of(org)
    url = f"/recoveries/R-{recovery.number}/close"
    assert signed_in(org, org.employee).post(url, {"reason": "I say so"}).status_code == 403
    assert signed_in(org, org.manager).post(url, {"reason": "Settled by phone"}).status_code == 302
    with tenant(organization_id=org.id):
        assert Recovery.objects.get(organization_id=org.id, id=recovery.id).state == "closed"


@pytest.mark.parametrize("state", ["open", "review", "closed", "quiet"])
def test_every_role_opens_a_recovery_in_every_state(org: Org, state: str) -> None:
    """The page of a recovery, and its customer's, stand whatever happened to it and whoever looks."""
    recovery = recovery_of(org)
    url = f"/recoveries/R-{recovery.number}"
    manager = signed_in(org, org.manager)
    if state in ("review", "quiet"):
        with tenant(organization_id=org.id):
            Recovery.objects.filter(organization_id=org.id).update(review=True, next_step="decide")
    if state == "quiet":
        assert manager.post(f"{url}/decision", {"decision": "quiet"}).status_code == 302
    if state == "closed":
        assert manager.post(f"{url}/close", {"reason": "Settled by phone"}).status_code == 302
    for member in (org.admin, org.manager, org.employee, _finance(org)):
        client = signed_in(org, member)
        for address in (
            url,
            f"{url}/why/clock",
            f"{url}/why/gate",
            f"{url}/why/owner",
            "/",
            "/recoveries?which=closed",
        ):
            assert client.get(address).status_code == 200, (state, address)
    with tenant(organization_id=org.id):
        token = Recovery.objects.select_related("thread").get(organization_id=org.id).thread.token
    page = Client(headers={"host": "127.0.0.1"}).get(status_path(organization_id=org.id, token=token))
    assert page.status_code == 200
    assert len(page.content) < 50_000


def _member_with_account(org: Org, email: str) -> None:
    user_id = user_create(email=email, password=None, now=START)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('makegood.user', %s, false)", [str(user_id)])
    User.objects.filter(id=user_id).update(password=make_password(PASSWORD))
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('makegood.user', '', false)")
    with tenant(organization_id=org.id):
        member_create(organization_id=org.id, name="Maria", role="employee", now=START, user_id=user_id)


def test_signing_in_and_out(org: Org) -> None:
    """The right password opens a session under a fresh key; signing out ends it; twelve hours do too."""
    email = f"maria@{org.code}.example.org"
    _member_with_account(org, email)
    client = Client(headers={"host": "127.0.0.1"})
    wrong = client.post("/sign-in", {"email": email, "password": "not it"})
    assert wrong.status_code == 422
    assert "do not belong together" in wrong.content.decode()
    assert PASSWORD not in wrong.content.decode()
    right = client.post("/sign-in?next=/x", {"email": email.upper(), "password": PASSWORD, "next": "/promises"})
    assert right.headers["Location"] == "/promises"
    evil = client.post("/sign-in", {"email": email, "password": PASSWORD, "next": "//evil.example.org/"})
    assert evil.headers["Location"] == "/"
    assert client.get("/").status_code == 200
    session = client.session
    session["began"] = (wall_now() - timedelta(hours=12, seconds=1)).timestamp()
    session.save()
    assert client.get("/").status_code == 302
    client.post("/sign-in", {"email": email, "password": PASSWORD})
    assert client.get("/sign-out").status_code == 405
    client.post("/sign-out")
    assert client.get("/").status_code == 302


def test_founding_takes_the_code_once(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is an organization, founding another takes the code that was printed, which then is spent."""
    from makegood.organizations.founding import set_up_code

    monkeypatch.setattr(settings, "DEMO", False)
    code = set_up_code()
    answers = {
        "person": "Maria",
        "password": PASSWORD,
        "name": "Lumen & Co",
        "zone": "Europe/Lisbon",
        "currency": "EUR",
        "language": "en",
    }
    for number, (given, status) in enumerate((("", 422), ("guess", 422), (code, 302), (code, 422))):
        email = {"email": f"maria{number}@{org.code}.example.org"}
        client = Client(headers={"host": "127.0.0.1"})
        assert client.post("/set-up", answers | email | {"code": given}).status_code == status, given


def test_sitting_at_this_machine_founds_nothing_without_the_code(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind a proxy everybody seems to sit here: the first organization takes the code too, typed or by the link."""
    from makegood.console.views import doors
    from makegood.organizations.founding import set_up_code

    monkeypatch.setattr(settings, "DEMO", False)
    monkeypatch.setattr(doors, "organizations_exist", lambda: False)
    client = Client(headers={"host": "127.0.0.1"}, REMOTE_ADDR="127.0.0.1")
    assert client.get("/sign-in").headers["Location"] == "/set-up"
    assert 'name="code" value=""' in client.get("/set-up").content.decode()
    answers = {
        "person": "M",
        "email": "m@example.org",
        "password": PASSWORD,
        "name": "L",
        "zone": "UTC",
        "currency": "EUR",
        "language": "en",
    }
    assert client.post("/set-up", answers).status_code == 422
    code = set_up_code()
    assert f'name="code" value="{code}"' in client.get(f"/set-up?code={code}").content.decode()


def test_the_demo_door_is_only_there_in_the_demo(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    """Walking in without a password takes the demo's mark and an organization from which nothing leaves."""
    door = {"organization": str(org.id), "member": str(org.employee)}
    monkeypatch.setattr(settings, "DEMO", False)
    assert Client(headers={"host": "127.0.0.1"}).post("/demo/sign-in", door).status_code == 404
    monkeypatch.setattr(settings, "DEMO", True)
    client = Client(headers={"host": "127.0.0.1"})
    assert "what you found here is gone then" in client.get("/set-up").content.decode()
    assert client.post("/demo/sign-in", door).status_code == 302
    assert client.get("/").status_code == 200
    from makegood.organizations.models import Organization

    with tenant(organization_id=org.id):
        Organization.objects.filter(id=org.id).update(delivery="live")
    assert Client(headers={"host": "127.0.0.1"}).post("/demo/sign-in", door).status_code == 404


def test_the_eleventh_try_waits(org: Org) -> None:
    """Ten tries an account a quarter of an hour; the next is told when to come back, whatever the password."""
    email = f"joris@{org.code}.example.org"
    _member_with_account(org, email)
    client = Client(headers={"host": "127.0.0.1"})
    for _ in range(10):
        assert client.post("/sign-in", {"email": email, "password": "guess"}).status_code == 422
    answer = client.post("/sign-in", {"email": email, "password": PASSWORD})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) <= 900


def test_invariant_11_no_page_shows_another_organization(make_org: Callable[..., Org]) -> None:
    """No address of the console shows or changes anything of another organization, whatever number it is given."""
    mine, theirs = make_org(), make_org()
    secret = "Quixotic zebra"
    recovery_of(theirs, what=secret)
    with tenant(organization_id=theirs.id):
        from makegood.customers.models import Customer

        Customer.objects.filter(organization_id=theirs.id).update(name="Zebedee Quill")
    client = signed_in(mine, mine.admin)
    for name in sorted(permissions.ALLOWED):
        for values in ({}, {"customer_id": theirs.customer, "code": "R-1", "promise_id": 1}):
            pattern = next(one for one in NAMED if one.name == name)
            wanted = pattern.pattern.converters
            kwargs = {key: values.get(key, ARGUMENTS.get(key)) for key in wanted} | _step_of(name, wanted)
            answer = client.get(reverse(name, kwargs=kwargs))
            text = answer.content.decode()
            assert secret not in text, name
            assert "Zebedee" not in text, name
    assert "Zebedee" not in client.get("/customers?q=Zebedee").content.decode().replace('value="Zebedee"', "")
    assert client.get(f"/customers/{theirs.customer}").status_code == 404
    assert client.post(f"/customers/{theirs.customer}/erase", {"sure": "on"}).status_code == 404
    with tenant(organization_id=theirs.id):
        token = Recovery.objects.select_related("thread").get(organization_id=theirs.id).thread.token
    crossed = status_path(organization_id=mine.id, token=token)
    assert Client(headers={"host": "127.0.0.1"}).get(crossed).status_code == 404
    assert (
        Client(headers={"host": "127.0.0.1"}).get(status_path(organization_id=theirs.id, token=token)).status_code
        == 200
    )


def test_every_page_carries_the_policy(org: Org) -> None:
    """No inline script or style may run on any page, and no page of a person is kept by a cache."""
    client = signed_in(org, org.admin)
    for address in ("/", "/recoveries", "/settings/members", "/report", "/nowhere"):
        answer = client.get(address)
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"], address
        body = answer.content.decode()
        assert not re.search(r"<script(?![^>]*\bsrc=)", body), address
        assert " style=" not in body, address


def test_forms_without_their_token_are_refused(org: Org) -> None:
    """A post from elsewhere changes nothing and says what to do."""
    client = Client(enforce_csrf_checks=True, headers={"host": "127.0.0.1"})
    client.cookies = signed_in(org, org.admin).cookies
    answer = client.post("/report", {"who": "x@example.org", "what": "late", "cost": "time"})
    assert answer.status_code == 403
    assert "too old" in answer.content.decode()
    with tenant(organization_id=org.id):
        assert not Recovery.objects.filter(organization_id=org.id).exists()

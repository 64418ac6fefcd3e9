"""A password is chosen by a mailed link: by who lost theirs and by who was invited; once, and not for long."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email import message_from_bytes, policy

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from tests.conftest import START, Org
from tests.functional.test_views import _no_throttle, _quick_passwords, signed_in
from tests.support.outside import MailServer, mail_server

from makegood.config.working import work_dry
from makegood.core.lockout import BY_ACCOUNT
from makegood.core.sitting import LINKS
from makegood.journal.models import Effect
from makegood.journal.outbox import Wanted, effects_add
from makegood.organizations.founding import member_invite
from makegood.organizations.models import Member, Organization
from makegood.organizations.operations import member_deactivate
from makegood.store.clocks import wall_now
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]
OWN = "only Joris knows this"


@pytest.fixture
def mails() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def live(org: Org, mails: MailServer) -> Org:
    """An organization whose mail leaves."""
    with tenant(organization_id=org.id):
        Organization.objects.filter(id=org.id).update(delivery="live")
    return org


def invite(org: Org, name: str = "Joris") -> str:
    """Add somebody on the page; return their e-mail."""
    email = f"{name.lower()}.choosing@{org.code}.example.org"
    form = {"member": name, "member_email": email, "member_role": "employee", "member_limit": "50"}
    answer = signed_in(org, org.admin).post("/settings/members/add", form)
    assert answer.status_code in (200, 302), answer.content.decode()
    return email


def letters(org: Org, mails: MailServer) -> list[tuple[str, str, str]]:
    """What leaves now: to whom, the subject, and the link in it."""
    mails.taken.clear()
    work_dry(only=[org.id])
    found = []
    for raw in mails.taken:
        mail = message_from_bytes(raw, policy=policy.default)
        (url,) = re.findall(r"https?://\S+", mail.get_content())
        found.append((str(mail["To"]), str(mail["Subject"]), url.removeprefix(settings.PUBLIC_URL)))
    return found


def forgot(email: str, address: str = "203.0.113.1") -> str:
    client = Client(headers={"host": "127.0.0.1"}, REMOTE_ADDR=address)
    return client.post("/sign-in/forgotten", {"email": email}, follow=True).content.decode()


def choose(url: str, new: str = OWN, again: str | None = None) -> tuple[Client, str]:
    client = Client(headers={"host": "127.0.0.1"})
    return client, client.post(url, {"new": new, "again": again or new}, follow=True).content.decode()


def enter(email: str, password: str) -> int:
    return Client(headers={"host": "127.0.0.1"}).post("/sign-in", {"email": email, "password": password}).status_code


def test_who_is_invited_chooses_a_password_that_nobody_else_saw(live: Org, mails: MailServer) -> None:
    email = invite(live)
    ((to, subject, url),) = letters(live, mails)
    assert (to, subject) == (email, f"You are invited to {live.code.title()}")
    assert url.startswith("/sign-in/choose/invited.")
    page = Client(headers={"host": "127.0.0.1"}).get(url).content.decode()
    assert "Choose your password" in page
    assert email in page
    client, page = choose(url)
    assert "Your password is chosen." in page
    assert client.get("/recoveries").status_code == 200
    assert enter(email, OWN) == 302
    assert "This link has ended." in choose(url, "another one of theirs")[1]
    assert enter(email, OWN) == 302


def test_the_link_stands_in_no_table(live: Org, mails: MailServer) -> None:
    invite(live)
    ((_, _, url),) = letters(live, mails)
    token = url.rpartition("/")[2]
    with tenant(organization_id=live.id):
        effect = Effect.objects.get(organization_id=live.id, kind="account")
        assert effect.payload == {"kind": "invited"}
        assert token[-20:] not in f"{effect.outcome}{effect.idempotency_key}"


def test_who_lost_their_password_is_mailed_a_link(live: Org, mails: MailServer) -> None:
    """It signs them out elsewhere, ends a lock, and the old password counts no more."""
    email = invite(live)
    client, _ = choose(letters(live, mails)[0][2])
    for _ in range(BY_ACCOUNT.tries):
        enter(email, "guess")
    assert enter(email, OWN) == 429
    assert f"If {email} has an account here" in forgot(email.upper()).replace(email.upper(), email)
    ((to, subject, url),) = letters(live, mails)
    assert (to, subject) == (email, "Choose a new password")
    choose(url, "another one of theirs")
    assert client.get("/").headers["Location"].startswith("/sign-in")
    assert enter(email, "another one of theirs") == 302
    assert enter(email, OWN) == 422


def test_nobody_learns_who_has_an_account(live: Org, mails: MailServer) -> None:
    """Somebody unknown, and somebody who was let go, read the same, and nothing is mailed."""
    email = invite(live)
    letters(live, mails)
    with tenant(organization_id=live.id):
        member = Member.objects.get(organization_id=live.id, name="Joris")
        member_deactivate(organization_id=live.id, member_id=member.id, now=START, by=live.admin)
    said = {forgot(one).replace(one, "X") for one in (email, "nobody@example.org")}
    assert len({re.sub(r'name="csrfmiddlewaretoken"[^>]*', "", one) for one in said}) == 1
    assert letters(live, mails) == []


def test_three_links_a_quarter_of_an_hour_and_no_more(live: Org, mails: MailServer) -> None:
    email = invite(live)
    letters(live, mails)
    for number in range(5):
        assert "Look into your mail." in forgot(email, f"203.0.113.{number}")
    assert len(letters(live, mails)) == 3
    for _ in range(20):
        forgot("nobody@example.org")
    assert "Too many tries" in forgot("nobody@example.org")


@pytest.mark.parametrize("kind", sorted(LINKS))
def test_a_link_ends(live: Org, mails: MailServer, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    email = invite(live)
    if kind == "reset":
        choose(letters(live, mails)[0][2])
        forgot(email)
    now = wall_now()
    stand(monkeypatch, now)
    ((_, _, url),) = letters(live, mails)
    client = Client(headers={"host": "127.0.0.1"})
    made = datetime.fromtimestamp(int(now.timestamp()), tz=now.tzinfo)
    stand(monkeypatch, made + LINKS[kind] - timedelta(microseconds=1))
    assert client.get(url).status_code == 200
    stand(monkeypatch, made + LINKS[kind])
    assert client.get(url).headers["Location"] == "/sign-in/forgotten"


def stand(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    for module in ("messages.accounts", "console.views.choosing"):
        monkeypatch.setattr(f"makegood.{module}.wall_now", lambda: moment)


def test_a_link_that_was_changed_is_none_and_guessing_waits(live: Org, mails: MailServer) -> None:
    """Neither for another account, nor as another kind, nor of another time."""
    invite(live)
    invite(live, "Mia")
    (_, _, url), (_, _, other) = letters(live, mails)
    head, _, tail = url.rpartition("~")
    kind, user_id, made = head.rpartition("/")[2].split(".")
    forged = [
        f"/sign-in/choose/reset.{user_id}.{made}~{tail}",
        f"/sign-in/choose/{kind}.{user_id}.{int(made) + 1}~{tail}",
        f"/sign-in/choose/{other.rpartition('/')[2].rpartition('~')[0]}~{tail}",
        "/sign-in/choose/x",
    ]
    client = Client(headers={"host": "127.0.0.1"})
    for one in [*forged, *["/sign-in/choose/invited.999999999999999999.1~x"] * 16]:
        assert client.get(one).headers["Location"] == "/sign-in/forgotten", one
    assert client.get(url).status_code == 429, "who guesses waits, and a right link too"


@pytest.mark.parametrize(
    ("new", "again", "said"),
    [
        ("too short", None, "at least 10 characters"),
        (OWN, "something else", "The two are not the same"),
        ("", "", "Type"),
    ],
)
def test_what_cannot_be_a_password_is_said_and_the_link_stays(
    live: Org, mails: MailServer, new: str, again: str | None, said: str
) -> None:
    invite(live)
    ((_, _, url),) = letters(live, mails)
    assert said in choose(url, new, again)[1]
    assert "Your password is chosen." in choose(url)[1]


def test_an_admin_sees_what_became_of_the_invitation_and_mails_another(live: Org, mails: MailServer) -> None:
    """An address that refuses mail is said on the person's page; the link that was mailed first ends with the second."""
    invite(live)
    admin = signed_in(live, live.admin)
    with tenant(organization_id=live.id):
        url = f"/settings/members/{Member.objects.get(organization_id=live.id, name='Joris').id}"
    assert (
        "have not chosen a password yet. A link to choose a password is on its way" in admin.get(url).content.decode()
    )
    mails.rcpt = "550 no such person"
    letters(live, mails)
    assert "did not arrive: The mail server refused it (550)." in admin.get(url).content.decode()
    mails.rcpt = "250 OK"
    assert "Joris is mailed a link" in admin.post(f"{url}/link", follow=True).content.decode()
    ((_, subject, link),) = letters(live, mails)
    assert subject.startswith("You are invited")
    assert "was mailed to them" in admin.get(url).content.decode()
    choose(link)
    admin.post(f"{url}/link")
    ((_, subject, _),) = letters(live, mails)
    assert subject == "Choose a new password"


def test_who_is_known_elsewhere_is_told_that_they_were_added(
    live: Org, mails: MailServer, make_org: Callable[..., Org]
) -> None:
    email = invite(live)
    choose(letters(live, mails)[0][2])
    other = make_org(delivery="live")
    with tenant(organization_id=other.id):
        made = member_invite(
            organization_id=other.id,
            name="Joris",
            role="employee",
            now=START,
            by=other.admin,
            email=email,
            by_mail=True,
        )
    assert (made.known, made.mailed, made.password) == (True, True, "")
    ((to, subject, url),) = letters(other, mails)
    assert (to, subject, url) == (email, f"You were added to {other.code.title()}", "/sign-in")


def test_a_shadow_writes_to_its_own_people_and_to_nobody_else(live: Org, mails: MailServer) -> None:
    with tenant(organization_id=live.id):
        Organization.objects.filter(id=live.id).update(delivery="shadow")
        told = Wanted(
            kind="staff", idempotency_key="told", subject="member", subject_id=live.admin, run_at=START,
            payload={"member": live.admin, "stories": 1},
        )  # fmt: skip
        effects_add(organization_id=live.id, wanted=[told])
    email = invite(live)
    assert [to for to, _, _ in letters(live, mails)] == [email]
    with tenant(organization_id=live.id):
        states = dict(Effect.objects.filter(organization_id=live.id).values_list("kind", "state"))
        assert states == {"staff": "stopped", "account": "done"}


@pytest.mark.parametrize("delivery", ["live", "shadow"])
def test_while_sending_is_stopped_a_link_is_on_its_way_all_the_same(
    live: Org, mails: MailServer, delivery: str
) -> None:
    """It is said to be; everything else waits as it is, and leaves when sending goes on."""
    with tenant(organization_id=live.id):
        Organization.objects.filter(id=live.id).update(delivery=delivery, stopped_at=START)
        told = Wanted(
            kind="staff", idempotency_key="told", subject="member", subject_id=live.admin, run_at=START,
            payload={"member": live.admin, "stories": 1},
        )  # fmt: skip
        effects_add(organization_id=live.id, wanted=[told])
    first, second = invite(live), invite(live, "Mia")
    assert "a link to choose a new password is on its way" in forgot(first)
    assert sorted(to for to, _, _ in letters(live, mails)) == sorted([first, first, second])
    with tenant(organization_id=live.id):
        states = dict(Effect.objects.filter(organization_id=live.id).values_list("kind", "state"))
        assert states == {"staff": "pending", "account": "done"}


def test_a_demo_hands_a_password_over_for_no_mail_leaves_it(org: Org, mails: MailServer) -> None:
    email = f"joris.demo@{org.code}.example.org"
    form = {"member": "Joris", "member_email": email, "member_role": "employee", "member_limit": "50"}
    assert "hand it over now" in signed_in(org, org.admin).post("/settings/members/add", form).content.decode()
    forgot(email)
    assert letters(org, mails) == []


def test_where_no_mail_leaves_nobody_is_promised_one(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "EMAIL_URL", "")
    monkeypatch.setattr(settings, "DEMO", True)
    client = Client(headers={"host": "127.0.0.1"})
    assert "Forgotten your password?" not in client.get("/sign-in").content.decode()
    assert client.get("/sign-in/forgotten").status_code == 404
    monkeypatch.setattr(settings, "EMAIL_URL", "smtp://127.0.0.1:1")
    assert "Forgotten your password?" in client.get("/sign-in").content.decode()


def test_tries_at_links_are_counted_under_hashes(live: Org) -> None:
    forgot("somebody@example.org")
    with connection.cursor() as cursor:
        cursor.execute("SELECT key_hash::text FROM store_throttle")
        assert not any("somebody" in row[0] for row in cursor.fetchall())

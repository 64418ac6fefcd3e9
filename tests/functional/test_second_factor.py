"""A second factor: set up with a device, asked for at every way in, each code once, and recovery codes when it is lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pyotp
import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client
from tests.conftest import START, Org
from tests.functional.test_choosing_passwords import choose, forgot, letters
from tests.functional.test_views import _no_throttle, _quick_passwords, signed_in
from tests.support.outside import mail_server

from makegood.core.second_factor import BY_CODE, HALF
from makegood.organizations.founding import member_invite
from makegood.organizations.models import Organization, User
from makegood.store.clocks import wall_now
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]
PASSWORD = "only Joris knows this"
STEP = timedelta(seconds=30)


def secret_in(page: str) -> str:
    """The key that a page shows for a device."""
    (spaced,) = re.findall(r"((?:[A-Z2-7]{4} ){7}[A-Z2-7]{4})", page)
    return str(spaced.replace(" ", ""))


def recovery_in(page: str) -> list[str]:
    """The recovery codes that a page shows."""
    (shown,) = re.findall(r'class="secret">(.+?)</code>', page, re.DOTALL)
    return shown.replace("<br>", " ").split()


class Device:
    """Somebody with an account, a device that shows codes, and a wall clock that stands."""

    def __init__(self, org: Org, stand: Callable[[datetime], None]) -> None:
        self.email = f"joris.factor@{org.code}.example.org"
        with tenant(organization_id=org.id):
            made = member_invite(
                organization_id=org.id, name="Joris", role="employee", now=START, by=org.admin, email=self.email
            )
            User.objects.filter(email=self.email).update(password=make_password(PASSWORD), password_once=False)
        self.member_id, self.now, self.stand = made.member_id, wall_now(), stand
        self.secret, self.recovery = "", list[str]()
        self.stand(self.now)

    def later(self, by: timedelta = STEP) -> None:
        self.now += by
        self.stand(self.now)

    def code(self) -> str:
        return pyotp.TOTP(self.secret).at(self.now)

    def enter(self, **more: str) -> Client:
        client = Client(headers={"host": "127.0.0.1"})
        client.post("/sign-in", {"email": self.email, "password": PASSWORD, **more})
        return client

    def set_up(self) -> Client:
        client = self.enter()
        page = client.get("/account/codes").content.decode()
        assert "data:image/svg+xml" in page
        self.secret = secret_in(page)
        own = {"password_on": PASSWORD}
        assert "This code is not right" in client.post("/account/codes/on", {"code": "000000", **own}).content.decode()
        page = client.post("/account/codes/on", {"code": self.code(), **own}).content.decode()
        self.recovery = recovery_in(page)
        assert len(set(self.recovery)) == 10
        self.later()
        return client


@pytest.fixture
def device(org: Org, monkeypatch: pytest.MonkeyPatch) -> Iterator[Device]:
    def stand(moment: datetime) -> None:
        for module in ("sessions", "views.coding", "views.factors", "views.frame", "views.choosing", "views.passwords"):
            monkeypatch.setattr(f"makegood.console.{module}.wall_now", lambda: moment)

    return Device(org, stand)


def inside(client: Client) -> bool:
    return client.get("/recoveries").status_code == 200


def test_the_password_alone_lets_nobody_in(device: Device) -> None:
    """The code does, once; where one wanted to go is not forgotten."""
    assert inside(device.set_up())
    client = device.enter(next="/promises")
    assert not inside(client)
    assert "Your code" in client.get("/sign-in/code").content.decode()
    wrong = client.post("/sign-in/code", {"code": "000000"})
    assert (wrong.status_code, inside(client)) == (422, False)
    code = device.code()
    assert client.post("/sign-in/code", {"code": f"{code[:3]} {code[3:]}"}).headers["Location"] == "/promises"
    assert inside(client)
    again = device.enter()
    assert again.post("/sign-in/code", {"code": code}).status_code == 422, "it was used"
    device.later()
    assert again.post("/sign-in/code", {"code": device.code()}).status_code == 302


def test_without_a_right_password_no_code_is_asked_for(device: Device) -> None:
    device.set_up()
    client = Client(headers={"host": "127.0.0.1"})
    client.post("/sign-in", {"email": device.email, "password": "guess"})
    assert client.get("/sign-in/code").headers["Location"] == "/sign-in"
    assert client.post("/sign-in/code", {"code": device.code()}).headers["Location"] == "/sign-in"
    assert not inside(client)


def test_the_code_is_waited_for_ten_minutes(device: Device) -> None:
    device.set_up()
    client = device.enter()
    device.later(HALF - timedelta(seconds=1))
    assert client.get("/sign-in/code").status_code == 200
    device.later(timedelta(seconds=1))
    assert client.post("/sign-in/code", {"code": device.code()}).headers["Location"] == "/sign-in"
    assert not inside(client)


def test_ten_wrong_codes_lock_and_the_lock_ends(device: Device) -> None:
    """A new beginning with the password does not begin the count anew."""
    device.set_up()
    for _ in range(BY_CODE.tries):
        assert device.enter().post("/sign-in/code", {"code": "000000"}).status_code == 422
    client = device.enter()
    answer = client.post("/sign-in/code", {"code": device.code()})
    assert answer.status_code == 429
    assert "Too many tries with a wrong code. Wait 15 minutes" in answer.content.decode()
    device.later(BY_CODE.window)
    client = device.enter()
    assert client.post("/sign-in/code", {"code": device.code()}).status_code == 302


def test_a_recovery_code_lets_in_once(device: Device) -> None:
    device.set_up()
    for status in (302, 422):
        client = device.enter()
        answer = client.post("/sign-in/code", {"code": device.recovery[0].upper()}, follow=status == 302)
        assert inside(client) is (status == 302)
        assert status == 422 or "9 are left" in answer.content.decode()


def test_recovery_codes_are_made_anew_and_it_is_switched_off_with_the_password(device: Device) -> None:
    client = device.set_up()
    for how in ("codes", "off"):
        wrong = client.post(f"/account/codes/{how}", {f"password_{how}": "guess"})
        assert wrong.status_code == 422
        assert "This is not your password" in wrong.content.decode()
    page = client.post("/account/codes/codes", {"password_codes": PASSWORD}).content.decode()
    fresh = recovery_in(page)
    assert not set(fresh) & set(device.recovery)
    assert device.enter().post("/sign-in/code", {"code": device.recovery[1]}).status_code == 422
    assert device.enter().post("/sign-in/code", {"code": fresh[1]}).status_code == 302
    client.post("/account/codes/off", {"password_off": PASSWORD})
    assert inside(device.enter())


def test_who_has_one_cannot_set_another_up_over_it(device: Device) -> None:
    """Whoever finds a screen open does not change the device without the password."""
    other = device.enter()
    secret = secret_in(other.get("/account/codes").content.decode())
    device.set_up()
    other.post("/account/codes/on", {"code": pyotp.TOTP(secret).at(device.now), "password_on": PASSWORD})
    assert device.enter().post("/sign-in/code", {"code": device.code()}).status_code == 302


def test_switching_it_on_takes_the_password(device: Device) -> None:
    """Whoever finds a screen open does not shut its owner out."""
    client = device.enter()
    secret = secret_in(client.get("/account/codes").content.decode())
    for typed, says in (("guess", "This is not your password"), ("", "Type your password")):
        form = {"code": pyotp.TOTP(secret).at(device.now), "password_on": typed}
        answer = client.post("/account/codes/on", form)
        assert (answer.status_code, says in answer.content.decode()) == (422, True)
    assert inside(device.enter())


def test_on_a_shared_device_the_next_one_is_shown_a_secret_of_their_own(org: Org, device: Device) -> None:
    """Somebody who never signed out knows the first one: it is nobody else's."""
    client = device.enter()
    first = secret_in(client.get("/account/codes").content.decode())
    email = f"mia.factor@{org.code}.example.org"
    with tenant(organization_id=org.id):
        member_invite(organization_id=org.id, name="Mia", role="employee", now=START, by=org.admin, email=email)
        User.objects.filter(email=email).update(password=make_password(PASSWORD), password_once=False)
    client.post("/sign-in", {"email": email, "password": PASSWORD})
    assert "Mia" in client.get("/account").content.decode()
    assert secret_in(client.get("/account/codes").content.decode()) != first


def test_a_mailed_link_does_not_go_round_it(org: Org, device: Device) -> None:
    device.set_up()
    with tenant(organization_id=org.id):
        Organization.objects.filter(id=org.id).update(delivery="live")
    with mail_server() as mails:
        forgot(device.email)
        ((_, _, url),) = letters(org, mails)
    client, page = choose(url, "another one of theirs")
    assert "Your code" in page
    assert not inside(client)
    assert client.post("/sign-in/code", {"code": device.code()}).status_code == 302
    assert inside(client)


def test_a_code_that_is_waited_for_is_none_once_the_password_changed(device: Device) -> None:
    client = device.set_up()
    half = device.enter()
    device.later(timedelta(seconds=1))
    new = "another one of theirs"
    assert client.post("/password", {"old": PASSWORD, "new": new, "again": new}).status_code == 302
    assert half.post("/sign-in/code", {"code": device.code()}).headers["Location"] == "/sign-in"
    assert not inside(half)


def test_an_admin_takes_it_off_for_who_lost_everything(org: Org, device: Device) -> None:
    device.set_up()
    admin, url = signed_in(org, org.admin), f"/settings/members/{device.member_id}"
    assert "Take the second factor off" in admin.get(url).content.decode()
    assert signed_in(org, org.manager).post(f"{url}/factor-off").status_code == 403
    page = admin.post(f"{url}/factor-off", follow=True).content.decode()
    assert "signs in with their password alone now" in page
    assert "The second factor was taken off" in page
    assert inside(device.enter())


def test_neither_the_secret_nor_a_recovery_code_stands_in_the_database(org: Org, device: Device) -> None:
    device.set_up()
    with tenant(organization_id=org.id):
        row = User.objects.filter(email=device.email).values().get()
    told = f"{bytes(row.pop('factor_secret'))!r} {row}"
    assert device.secret not in told
    assert not any(code in told or code.replace("-", "") in told for code in device.recovery)

"""Passkeys: added with one's password, used once each time asked, and refused for whatever is not as it was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pyotp
import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.test import Client
from fido2.utils import websafe_encode
from tests.conftest import START, Org
from tests.functional.test_second_factor import inside, secret_in
from tests.functional.test_views import _no_throttle, signed_in
from tests.support.soft_device import SoftDevice

from makegood.console.views import passkeys as view
from makegood.core.lockout import BY_ACCOUNT, BY_ADDRESS
from makegood.core.passkeys import ASKED
from makegood.organizations.founding import member_invite
from makegood.organizations.models import User
from makegood.organizations.passkeys import passkeys_of
from makegood.store.clocks import wall_now
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle"]
HERE = "https://desk.example.org"
PASSWORD = "only Joris knows this"


class Owner:
    """Somebody with an account, and a browser at the one address of this installation."""

    def __init__(self, org: Org, name: str = "joris") -> None:
        self.org, self.email = org, f"{name}.passkey@{org.code}.example.org"
        with tenant(organization_id=org.id):
            made = member_invite(
                organization_id=org.id, name=name.title(), role="employee", now=START, by=org.admin, email=self.email
            )
            user = User.objects.filter(email=self.email)
            user.update(password=make_password(PASSWORD), password_once=False)
            self.user_id, self.member_id = user.get().id, made.member_id

    def enter(self) -> Client:
        client = Client(headers={"host": "127.0.0.1"})
        client.post("/sign-in", {"email": self.email, "password": PASSWORD})
        return client

    def add(self, device: SoftDevice, client: Client | None = None, **said: str) -> str:
        client = client or self.enter()
        asked = client.post("/account/passkeys/ask").json()
        form = {"passkey_name": "my phone", "password_passkey": PASSWORD, "answer": device.made(asked)}
        return client.post("/account/passkeys/add", form | said, follow=True).content.decode()


def knock(device: SoftDevice, **said: object) -> tuple[Client, str]:
    """Sign in with a device's passkey; the browser, and the page that it then shows."""
    client = Client(headers={"host": "127.0.0.1"})
    asked = client.post("/sign-in/passkey/ask").json()
    answer = client.post("/sign-in/passkey", {"answer": device.used(asked, **said), "next": "/promises"})  # type: ignore[arg-type]
    return client, answer.content.decode()


@pytest.fixture(autouse=True)
def _named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "PUBLIC_URL", HERE)


@pytest.fixture
def owner(org: Org) -> Owner:
    return Owner(org)


@pytest.fixture
def device(owner: Owner) -> SoftDevice:
    made = SoftDevice(origin=HERE)
    assert "“my phone” is yours" in owner.add(made)
    return made


@pytest.fixture
def stand(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[datetime], None]]:
    def at(moment: datetime) -> None:
        for module in ("sessions", "views.passkeys", "views.frame"):
            monkeypatch.setattr(f"makegood.console.{module}.wall_now", lambda: moment)

    return at


def test_it_lets_in_without_password_and_code(owner: Owner, device: SoftDevice) -> None:
    client = owner.enter()
    secret = secret_in(client.get("/account/codes").content.decode())
    client.post("/account/codes/on", {"code": pyotp.TOTP(secret).now(), "password_on": PASSWORD})
    assert not inside(owner.enter()), "the password alone does not"
    asked = Client(headers={"host": "127.0.0.1"})
    options = asked.post("/sign-in/passkey/ask").json()
    assert options["get"]["userVerification"] == "required"
    assert "allowCredentials" not in options["get"], "nobody is told who has one"
    answer = asked.post("/sign-in/passkey", {"answer": device.used(options), "next": "/promises"})
    assert answer.headers["Location"] == "/promises"
    assert inside(asked)
    (kept,) = passkeys_of(user_id=owner.user_id)
    assert kept.used_at is not None


def test_what_was_answered_once_lets_in_once(owner: Owner, device: SoftDevice) -> None:
    client = Client(headers={"host": "127.0.0.1"})
    answer = device.used(client.post("/sign-in/passkey/ask").json())
    assert client.post("/sign-in/passkey", {"answer": answer}).status_code == 302
    client.post("/sign-out")
    assert client.post("/sign-in/passkey", {"answer": answer}).status_code == 422
    client.post("/sign-in/passkey/ask")
    assert client.post("/sign-in/passkey", {"answer": answer}).status_code == 422
    assert not inside(client)


def test_the_device_must_ask_who_holds_it(owner: Owner, device: SoftDevice) -> None:
    device.verifies = False
    client, page = knock(device)
    assert ("was not accepted" in page, inside(client)) == (True, False)
    careless = SoftDevice(origin=HERE, verifies=False)
    assert "was not accepted" in owner.add(careless)
    assert len(passkeys_of(user_id=owner.user_id)) == 1


def test_a_device_that_counts_backwards_lets_in_no_more(owner: Owner, device: SoftDevice) -> None:
    for _ in range(3):
        client, _ = knock(device)
        assert inside(client)
    client, page = knock(device, counts=-1)
    assert ("may have been copied" in page, inside(client)) == (True, False)
    client, page = knock(device, counts=9)
    assert ("may have been copied" in page, inside(client)) == (True, False)
    assert "may have been copied" in owner.enter().get("/account/passkeys").content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"signature": websafe_encode(b"0" * 70)},
        {"userHandle": websafe_encode((1 << 40).to_bytes(8))},
        {"userHandle": websafe_encode(b"short")},
        {"clientDataJSON": "%%%"},
        {"authenticatorData": websafe_encode(b"{}")},
    ],
    ids="-".join,
)
def test_what_is_not_as_asked_lets_nobody_in(device: SoftDevice, wrong: dict[str, str]) -> None:
    client, page = knock(device, **wrong)
    assert ("was not accepted" in page, inside(client)) == (True, False)


@pytest.mark.parametrize("answer", ["", "[]", "null", "{", '{"rawId": 7}', "x" * 20_000, '{"response": {}}'])
def test_garbage_is_refused(device: SoftDevice, owner: Owner, answer: str) -> None:
    client = Client(headers={"host": "127.0.0.1"})
    client.post("/sign-in/passkey/ask")
    assert client.post("/sign-in/passkey", {"answer": answer}).status_code == 422
    assert "was not accepted" in owner.add(SoftDevice(origin=HERE), answer=answer)


def test_another_site_that_looks_like_ours_gets_nothing(owner: Owner, device: SoftDevice) -> None:
    for origin in ("https://desk.example.org.evil.example", "http://desk.example.org", "https://x.desk.example.org"):
        device.origin = origin
        client, page = knock(device)
        assert ("was not accepted" in page, inside(client)) == (True, False), origin
        assert "was not accepted" in owner.add(SoftDevice(origin=origin)), origin


def test_somebody_elses_account_is_not_reached(org: Org, device: SoftDevice) -> None:
    """Neither by naming them, nor by bringing their passkey into one's own account."""
    other = Owner(org, name="mallory")
    own = SoftDevice(origin=HERE)
    other.add(own)
    own.handle = device.handle
    assert not inside(knock(own)[0])
    stolen = SoftDevice(origin=HERE, credential=device.credential)
    assert "is here already" in other.add(stolen)
    assert inside(knock(device)[0])


def test_adding_one_takes_the_password(owner: Owner) -> None:
    assert "This is not your password" in owner.add(SoftDevice(origin=HERE), password_passkey="guess")
    assert passkeys_of(user_id=owner.user_id) == ()


def test_the_device_is_waited_for_five_minutes(
    owner: Owner, device: SoftDevice, stand: Callable[[datetime], None]
) -> None:
    now = wall_now()
    stand(now)
    client = Client(headers={"host": "127.0.0.1"})
    answer = device.used(client.post("/sign-in/passkey/ask").json())
    stand(now + ASKED)
    assert "took too long" in client.post("/sign-in/passkey", {"answer": answer}).content.decode()
    stand(now + ASKED + timedelta(seconds=1))
    assert inside(knock(device)[0])


def test_whoever_names_an_account_does_not_lock_it(owner: Owner, device: SoftDevice) -> None:
    """Wrong passkeys count for the network alone; and the passkey of an account locked by wrong passwords lets in."""
    for _ in range(BY_ACCOUNT.tries):
        knock(device, signature=websafe_encode(b"0" * 70))
    assert inside(owner.enter())
    door = Client(headers={"host": "127.0.0.1"})
    for _ in range(BY_ACCOUNT.tries):
        door.post("/sign-in", {"email": owner.email, "password": "guess"})
    assert not inside(owner.enter())
    assert inside(knock(device)[0])
    for _ in range(BY_ADDRESS.tries - 2 * BY_ACCOUNT.tries):
        knock(device, signature=websafe_encode(b"0" * 70))
    client, page = knock(device)
    assert ("Too many tries with a wrong password or passkey" in page, inside(client)) == (True, False)


def test_right_ones_take_up_none_of_an_offices_place(device: SoftDevice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "ASKS", 2)
    for _ in range(4):
        assert inside(knock(device)[0])
    door = Client(headers={"host": "127.0.0.1"})
    assert [door.post("/sign-in/passkey/ask").status_code for _ in range(3)] == [200, 200, 429]


def test_one_that_was_removed_lets_nobody_in(owner: Owner, device: SoftDevice) -> None:
    (kept,) = passkeys_of(user_id=owner.user_id)
    other = Owner(owner.org, name="mallory").enter()
    other.post("/account/passkeys/remove", {"passkey": str(kept.id)})
    assert inside(knock(device)[0]), "only its owner removes it"
    page = owner.enter().post("/account/passkeys/remove", {"passkey": str(kept.id)}, follow=True)
    assert "lets nobody in any more" in page.content.decode()
    assert not inside(knock(device)[0])


def test_an_admin_takes_them_off_for_who_lost_their_device(owner: Owner, device: SoftDevice) -> None:
    admin = signed_in(owner.org, owner.org.admin)
    assert "Take the passkeys off" in admin.get(f"/settings/members/{owner.member_id}").content.decode()
    page = admin.post(f"/settings/members/{owner.member_id}/factor-off", follow=True).content.decode()
    assert "The second factor was taken off, passkeys too" in page
    assert not inside(knock(device)[0])


def test_signing_out_everywhere_ends_a_session_by_passkey_too(owner: Owner, device: SoftDevice) -> None:
    client, _ = knock(device)
    owner.enter().post("/account/sign-out")
    assert not inside(client)


def test_where_the_address_has_no_name_nobody_is_asked(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "PUBLIC_URL", "http://127.0.0.1:8000")
    client = owner.enter()
    assert "do not work at this address" in client.get("/account/passkeys").content.decode()
    assert client.post("/account/passkeys/ask").status_code == 404
    assert client.post("/sign-in/passkey/ask").status_code == 404
    assert "passkey" not in Client(headers={"host": "127.0.0.1"}).get("/sign-in").content.decode()

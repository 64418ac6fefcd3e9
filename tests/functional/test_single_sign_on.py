"""Single sign-on at a real provider: who goes in, who does not, and what the word of one organization's provider is worth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from urllib.parse import urlencode, urlsplit

import attrs
import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.test import Client
from tests.conftest import START, Org
from tests.functional.test_choosing_passwords import letters
from tests.functional.test_second_factor import inside
from tests.functional.test_views import _no_throttle, signed_in
from tests.support.outside import mail_server
from tests.support.provider import Provider, provider

from makegood.core.lockout import BY_ADDRESS
from makegood.core.single_sign_on import AWAY
from makegood.organizations import openid
from makegood.organizations.founding import member_invite
from makegood.organizations.members import Wanted, member_edit
from makegood.organizations.models import Identity, IdentityProvider, Member, Organization, User
from makegood.organizations.operations import member_deactivate
from makegood.store.clocks import wall_now
from makegood.store.outgoing import NotAsked, UnableToCall
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle"]
PASSWORD = "only Ada knows this"


@pytest.fixture(scope="module")
def there() -> Iterator[Provider]:
    with provider() as running:
        yield running


@attrs.define
class House:
    """An organization whose people sign in at a provider: Ada, its admin, and Ben, who serves."""

    org: Org
    provider: Provider
    people: dict[str, int] = attrs.field(factory=dict)

    def email(self, name: str) -> str:
        return f"{name}@{self.org.code}.example.org"

    def invite(self, name: str, role: str) -> None:
        with tenant(organization_id=self.org.id):
            made = member_invite(
                organization_id=self.org.id,
                name=name.title(),
                role=role,
                now=START,
                by=self.org.admin,
                email=self.email(name),
            )
            own = {"password": make_password(PASSWORD), "password_once": False}
            User.objects.filter(email=self.email(name)).update(**own)
        self.people[name] = made.member_id

    def there(self, name: str, email: str = "", *, verified: bool = True) -> None:
        self.provider.make(
            people=[{"name": f"{name}.{self.org.code}", "email": email or self.email(name), "verified": verified}]
        )

    def set_up(self, *, secret: str = "first", register: str | None = "first", **said: str) -> None:
        code = self.org.code
        if register is not None:
            back = f"{settings.PUBLIC_URL}/sign-in/at/{code}/back"
            self.provider.make(applications=[{"client_id": code, "secret": register, "back": back}])
        form = {"issuer": self.provider.issuer, "client_id": code, "domains": f"{code}.example.org"}
        self.settings("set", **(form | {"client_secret": secret} | said))

    def settings(self, act: str, by: Client | None = None, **said: str) -> str:
        admin = by or signed_in(self.org, self.org.admin)
        return admin.post(f"/settings/sign-on/{act}", said, follow=True).content.decode()

    def question(self, client: Client, following: str = "") -> str:
        query = f"?{urlencode({'next': following})}" if following else ""
        return str(client.get(f"/sign-in/at/{self.org.code}/go{query}").headers["Location"])

    def answer(self, name: str, client: Client, following: str = "") -> str:
        """What the provider sends this person's browser back to, without its host."""
        url = self.provider.through(self.question(client, following), f"{name}.{self.org.code}")
        assert url.startswith(settings.PUBLIC_URL)
        return url.removeprefix(settings.PUBLIC_URL)

    def enter(self, name: str, following: str = "") -> tuple[Client, str]:
        client = Client(headers={"host": "127.0.0.1"})
        went = client.get(self.answer(name, client, following))
        return client, went.headers.get("Location", "") or went.content.decode()


@pytest.fixture(autouse=True)
def _asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """What did not answer in one test is asked in the next."""
    monkeypatch.setattr(openid, "_resting", {})


@pytest.fixture
def make_house(make_org: Callable[..., Org], there: Provider, monkeypatch: pytest.MonkeyPatch) -> Callable[[], House]:
    monkeypatch.setattr(settings, "PRIVATE_HOSTS", ("127.0.0.1",))
    monkeypatch.setattr(settings, "PUBLIC_URL", "http://127.0.0.1:8000")

    def made() -> House:
        house = House(make_org(), there)
        house.invite("ada", "admin")
        house.invite("ben", "employee")
        house.there("ada")
        house.there("ben")
        house.set_up()
        house.settings("on")
        return house

    return made


@pytest.fixture
def house(make_house: Callable[[], House]) -> House:
    return make_house()


def by_password(house: House, name: str) -> tuple[Client, str]:
    client = Client(headers={"host": "127.0.0.1"})
    answer = client.post("/sign-in", {"email": house.email(name), "password": PASSWORD})
    return client, answer.content.decode()


def test_whoever_was_invited_goes_in_and_is_known_by_that_account_from_then_on(house: House) -> None:
    client, where = house.enter("ben", "/promises")
    assert where == "/promises"
    assert inside(client)
    house.there("ben", "somebody.else@elsewhere.example", verified=False)
    assert inside(house.enter("ben")[0]), "the e-mail is not looked at again"
    page = signed_in(house.org, house.org.admin).get(f"/settings/members/{house.people['ben']}").content.decode()
    assert "Signed in by single sign-on for the first time" in page
    house.there("impostor", house.email("ben"))
    client, page = house.enter("impostor")
    assert ("knew you by another account" in page, inside(client)) == (True, False)


def test_nobody_goes_in_whom_nobody_invited(house: House) -> None:
    for name, email, verified, why in (
        ("cleo", "", True, "Nobody invited cleo@"),
        ("liar", house.email("ben"), False, "does not say that your e-mail is verified"),
        ("away", "ben@elsewhere.example", True, "of no domain that counts here"),
    ):
        house.there(name, email, verified=verified)
        client, page = house.enter(name)
        assert (why in page, inside(client)) == (True, False), name
    with tenant(organization_id=house.org.id):
        assert not Identity.objects.filter(organization_id=house.org.id).exists()
        assert Member.objects.filter(organization_id=house.org.id).count() == 5


def test_whoever_was_let_go_or_has_another_e_mail_now_is_out(house: House) -> None:
    client, _ = house.enter("ben")
    given = {"organization_id": house.org.id, "member_id": house.people["ben"], "now": START, "by": house.org.admin}
    with tenant(organization_id=house.org.id):
        member_edit(**given, wanted=Wanted(name="Bo", role="employee", email=f"bo@{house.org.code}.example.org"))
    assert "Nobody invited ben@" in house.enter("ben")[1]
    house.there("ada")
    house.enter("ada")
    with tenant(organization_id=house.org.id):
        member_deactivate(**given | {"member_id": house.people["ada"]})
    assert "You cannot sign in here any more" in house.enter("ada")[1]
    assert inside(client), "who was in stays, as with a changed e-mail and a password"


def test_an_answer_counts_once_and_in_the_browser_that_asked(house: House) -> None:
    client = Client(headers={"host": "127.0.0.1"})
    answer = house.answer("ben", client)
    other = Client(headers={"host": "127.0.0.1"})
    house.question(other)
    for thief in (Client(headers={"host": "127.0.0.1"}), other):
        assert "no answer to a question of ours" in thief.get(answer).content.decode()
        assert not inside(thief)
    assert client.get(answer).status_code == 302
    client.post("/sign-out")
    assert client.get(answer).status_code == 422
    house.question(client)
    assert client.get(answer).status_code == 422
    assert not inside(client)


def test_strange_pages_that_fetch_the_way_back_count_for_nobody(house: House) -> None:
    """Nor do they take away what somebody is at their provider for."""
    client = Client(headers={"host": "127.0.0.1"})
    answer = house.answer("ben", client)
    for query in ["", "?state=guessed&code=x"] * (BY_ADDRESS.tries // 2):
        assert client.get(f"/sign-in/at/{house.org.code}/back{query}").status_code == 422
    assert inside(by_password(house, "ada")[0])
    assert client.get(answer).status_code == 302
    assert inside(client)


def test_wrong_answers_count_as_wrong_passwords_do(house: House) -> None:
    client = Client(headers={"host": "127.0.0.1"})
    for number in range(BY_ADDRESS.tries + 1):
        house.question(client)
        state = client.session["sign_on"]["state"]
        wrong = urlencode({"code": "guessed", "state": state, "iss": house.provider.issuer})
        answer = client.get(f"/sign-in/at/{house.org.code}/back?{wrong}")
        assert answer.status_code == (422 if number < BY_ADDRESS.tries else 429)
    assert "Too many tries" in by_password(house, "ada")[1]


@pytest.mark.parametrize(
    "error", [UnableToCall("Nobody there."), NotAsked("Many are signing in.")], ids=["down", "busy"]
)
def test_a_provider_that_was_not_reached_locks_nobody_out_and_uses_no_answer_up(
    house: House, error: UnableToCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the admin who keeps a password comes in by it, and the same answer lets in once the provider is asked."""
    client = Client(headers={"host": "127.0.0.1"})
    answer = house.answer("ben", client)

    def failing(**_: object) -> None:
        raise error

    with monkeypatch.context() as down:
        down.setattr(openid, "ask", failing)
        for _ in range(BY_ADDRESS.tries):
            page = client.get(answer)
            assert (page.status_code, str(error) in page.content.decode()) == (422, True)
    assert inside(by_password(house, "ada")[0])
    monkeypatch.setattr(openid, "_resting", {})
    assert client.get(answer).status_code == 302
    assert inside(client)


def test_a_whole_shift_behind_one_address_sets_out_at_once(house: House) -> None:
    client = Client(headers={"host": "127.0.0.1"})
    gone = {client.get(f"/sign-in/at/{house.org.code}/go").status_code for _ in range(100)}
    assert gone == {302}


def test_one_organizations_answer_opens_no_other_door(make_house: Callable[[], House]) -> None:
    """Not with the code of the one at the other's door, whichever of the two was asked."""
    one, other = make_house(), make_house()
    client = Client(headers={"host": "127.0.0.1"})
    answer = one.answer("ben", client)
    elsewhere = client.get(answer.replace(f"/{one.org.code}/", f"/{other.org.code}/"))
    assert "no answer to a question of ours" in elsewhere.content.decode(), "nobody is asked about it"
    other.question(client)
    state = client.session["sign_on"]["state"]
    parts = urlsplit(one.answer("ben", Client(headers={"host": "127.0.0.1"})))
    code = parts.query.split("code=")[1].split("&")[0]
    swapped = urlencode({"code": code, "state": state, "iss": other.provider.issuer})
    answered = client.get(f"/sign-in/at/{other.org.code}/back?{swapped}")
    assert (answered.status_code, "invalid_grant" in answered.content.decode()) == (422, True)
    assert not inside(client)


@pytest.mark.parametrize("named", ["https://evil.example", None], ids=["another", "nobody"])
def test_whoever_answers_must_be_who_was_asked(house: House, named: str | None) -> None:
    """This provider says that it names itself, so an answer without its name is another's."""
    client = Client(headers={"host": "127.0.0.1"})
    kept, _, _ = house.answer("ben", client).partition("&iss=")
    answer = client.get(kept + (f"&{urlencode({'iss': named})}" if named else ""))
    assert (answer.status_code, inside(client)) == (422, False)


def test_an_answer_that_comes_too_late_is_none(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(headers={"host": "127.0.0.1"})
    answer = house.answer("ben", client)
    late: datetime = wall_now() + AWAY
    monkeypatch.setattr("makegood.console.views.single_sign_on.wall_now", lambda: late)
    assert "took too long" in client.get(answer).content.decode()


def test_its_word_is_good_in_its_own_organization_only(make_house: Callable[[], House]) -> None:
    """Whoever runs a provider could vouch for anybody: so they get into none but their own house as them."""
    one, other = make_house(), make_house()
    with tenant(organization_id=other.org.id):
        member_invite(
            organization_id=other.org.id,
            name="Ben",
            role="admin",
            now=START,
            by=other.org.admin,
            email=one.email("ben"),
        )
    client, _ = one.enter("ben")
    client.post("/switch", {"organization": str(other.org.id)})
    assert client.session["organization"] == one.org.id
    assert other.org.code.title() not in client.get("/recoveries").content.decode()
    assert "vouched for you" in client.post("/account/passkeys/remove", {"passkey": "1"}).content.decode()
    client, _ = by_password(one, "ben")
    client.post("/switch", {"organization": str(other.org.id)})
    assert client.session["organization"] == other.org.id


def test_its_word_ends_no_sessions_where_it_does_not_count(make_house: Callable[[], House]) -> None:
    """Whoever was vouched for signs nobody out who is known elsewhere, and is not offered to."""
    one, other = make_house(), make_house()
    with tenant(organization_id=other.org.id):
        member_invite(
            organization_id=other.org.id,
            name="Ben",
            role="employee",
            now=START,
            by=other.org.admin,
            email=one.email("ben"),
        )
    domains = f"{one.org.code}.example.org {other.org.code}.example.org"
    other.settings("set", issuer=other.provider.issuer, client_id=other.org.code, domains=domains)
    other.there("evil", one.email("ben"))
    ben, _ = by_password(one, "ben")
    evil, _ = other.enter("evil")
    assert 'action="/account/sign-out"' not in evil.get("/account").content.decode()
    assert "another one knows this account too" in evil.post("/account/sign-out").content.decode()
    assert (inside(ben), inside(evil)) == (True, True)
    assert 'action="/account/sign-out"' in ben.get("/account").content.decode()
    ben.post("/account/sign-out")
    assert (inside(ben), inside(evil)) == (False, False)
    alone, _ = one.enter("ada")
    alone.post("/account/sign-out")
    assert not inside(alone), "an account of one organization"


def test_signing_out_ends_our_session_and_says_that_the_other_goes_on(house: House) -> None:
    client, _ = house.enter("ben")
    page = client.post("/sign-out", follow=True)
    assert page.redirect_chain == [(f"/sign-in/at/{house.org.code}", 302)]
    assert "at your provider you are still signed in" in page.content.decode()
    assert not inside(client)


def test_passwords_are_switched_off_but_for_one_admin(house: House) -> None:
    ada, _ = by_password(house, "ada")
    assert "Sign in by your provider once yourself first" in house.settings("passwords-off", by=ada)
    ada, _ = house.enter("ada")
    with tenant(organization_id=house.org.id):
        User.objects.filter(email=house.email("ada")).update(password=make_password(None))
    assert "Choose a password of your own first" in house.settings("passwords-off", by=ada)
    assert inside(by_password(house, "ben")[0])
    with tenant(organization_id=house.org.id):
        User.objects.filter(email=house.email("ada")).update(password=make_password(PASSWORD))
    assert "Passwords are off" in house.settings("passwords-off", by=ada)
    client, page = by_password(house, "ben")
    assert ("lets nobody in by password" in page, inside(client)) == (True, False)
    assert "/sign-in/at" in page
    assert inside(by_password(house, "ada")[0]), "should the provider fail"
    assert inside(house.enter("ben")[0])
    with tenant(organization_id=house.org.id):
        Member.objects.filter(id=house.people["ada"]).update(role="employee")
        Member.objects.filter(id=house.people["ben"]).update(role="admin")
    assert not inside(by_password(house, "ada")[0]), "who is no admin any more keeps nothing"
    assert inside(by_password(house, "ben")[0]), "then any admin does"
    house.settings("off")
    assert inside(by_password(house, "ada")[0])


def test_who_is_invited_where_passwords_are_off_is_told_where_to_sign_in(house: House) -> None:
    with mail_server() as mails:
        with tenant(organization_id=house.org.id):
            Organization.objects.filter(id=house.org.id).update(delivery="live")
            IdentityProvider.objects.filter(organization_id=house.org.id).update(passwords_off=True)
            member_invite(
                organization_id=house.org.id,
                name="Cleo",
                role="employee",
                now=START,
                by=house.org.admin,
                email=house.email("cleo"),
                by_mail=True,
            )
        ((to, subject, url),) = letters(house.org, mails)
    assert (to, subject) == (house.email("cleo"), f"You were added to {house.org.code.title()}")
    assert url == f"/sign-in/at/{house.org.code}"
    house.there("cleo")
    assert inside(house.enter("cleo")[0])


def test_a_password_that_others_saw_is_not_asked_for(house: House) -> None:
    with tenant(organization_id=house.org.id):
        User.objects.filter(email=house.email("ben")).update(password_once=True)
    assert inside(house.enter("ben")[0])
    client, _ = by_password(house, "ben")
    assert client.get("/recoveries").headers["Location"] == "/password"


def test_the_secret_is_kept_encrypted_renewed_and_given_to_nobody_else(house: House) -> None:
    with tenant(organization_id=house.org.id):
        kept = bytes(IdentityProvider.objects.get(organization_id=house.org.id).secret)
    assert b"first" not in kept
    page = house.settings("set", issuer=house.provider.issuer, client_id=house.org.code, domains="x.example.org")
    assert "It is kept" in page
    assert "first" not in page.replace("first time", "").replace("yourself first", "")
    house.set_up(secret="", register="second")
    assert "invalid_client" in house.enter("ben")[1], "the old one counts no more there"
    house.set_up(secret="second", register=None)
    assert inside(house.enter("ben")[0])
    moved = house.settings(
        "set", issuer="https://login.evil.example", client_id=house.org.code, domains="x.example.org"
    )
    assert "Write the client secret" in moved
    with tenant(organization_id=house.org.id):
        assert IdentityProvider.objects.get(organization_id=house.org.id).issuer == house.provider.issuer


def test_a_provider_inside_the_house_is_asked_only_where_that_is_allowed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "PRIVATE_HOSTS", ())
    monkeypatch.setattr("makegood.organizations.openid._documents", {})
    client = Client(headers={"host": "127.0.0.1"})
    answer = client.get(f"/sign-in/at/{house.org.code}/go")
    assert (answer.status_code, "could not vouch for you" in answer.content.decode()) == (422, True)
    refused = house.settings("set", issuer="http://10.0.0.1", client_id="x", client_secret="x", domains="x.example.org")
    assert "Use https" in refused


def test_forgetting_an_account_there_lets_the_e_mail_find_its_member_again(house: House) -> None:
    house.enter("ben")
    house.there("new", house.email("ben"))
    assert "knew you by another account" in house.enter("new")[1]
    admin = signed_in(house.org, house.org.admin)
    admin.post(f"/settings/members/{house.people['ben']}/identity-off")
    assert inside(house.enter("new")[0])
    house.settings("forget")
    assert Client(headers={"host": "127.0.0.1"}).get(f"/sign-in/at/{house.org.code}").status_code == 404


def test_doors_of_nobody_say_so(house: House) -> None:
    client = Client(headers={"host": "127.0.0.1"})
    for path in ("", "/go", "/back?state=x&code=y"):
        answer = client.get(f"/sign-in/at/nobody{path}")
        assert (answer.status_code, "Nobody signs in that way" in answer.content.decode()) == (404, True)
    assert client.get("/sign-in/at", {"code": house.org.code.upper()}).headers["Location"].endswith(house.org.code)
    assert client.get("/sign-in/at", {"code": "../x"}).status_code == 200
    outside = client.get(f"/sign-in/at/{house.org.code}/back?error=access_denied&error_description=<b>x</b>&state=y")
    assert "<b>x" not in outside.content.decode()
    following = house.enter("ben", "https://evil.example/")[1]
    assert following == "/"

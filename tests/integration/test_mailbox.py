"""Mail in by IMAP, from a real server: each mail is taken once and in order, and what cannot be taken is kept."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from imapclient import IMAPClient
from tests.conftest import START, Org
from tests.integration.test_bounces import message, sent
from tests.support.bounces import postfix
from tests.support.mail_server import Dropping, MailHouse, mail_house
from tests.support.mailboxes import _no_demo, asides, each_once, mail, mailbox, numbers, read_all, reader, row, subjects
from tests.support.waiting import until

from makegood.customers.models import Customer
from makegood.customers.operations import Seen, customer_erase, customers_resolve
from makegood.failures.models import Signal
from makegood.journal.models import Entry
from makegood.listen.mail_in import mail_take
from makegood.listen.mailbox import operations, reading, working
from makegood.listen.mailbox.account import MailServerGone, UnableToReadMail
from makegood.listen.mailbox.operations import UnableToTakeMail, aside_drop, aside_try, mailbox_forget, mailbox_let
from makegood.listen.mailbox.queries import asides_open, mailbox_facts
from makegood.listen.mailbox.reading import GIVEN_UP_AFTER
from makegood.listen.mailbox.working import Mailboxes
from makegood.listen.models import MailAside, Mailbox
from makegood.messages.models import Message
from makegood.store.clocks import wall_now
from makegood.store.tenancy import tenant

__all__ = ["_no_demo"]
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def house() -> Iterator[MailHouse]:
    with mail_house() as running:
        yield running


@pytest.fixture
def user(org: Org, house: MailHouse) -> str:
    return mailbox(org, house)


def put(house: MailHouse, user: str, *which: int | bytes, at: datetime | None = None) -> None:
    house.put(*(one if isinstance(one, bytes) else mail(one) for one in which), user=user, at=at)


def test_all_that_comes_is_taken_once_in_order_and_the_mailbox_stays_as_it_is(
    org: Org, house: MailHouse, user: str
) -> None:
    put(house, user, *range(3))
    assert reader(org).read() == 3
    assert subjects(org) == numbers(0, 1, 2)
    assert reader(org).read() == 0
    put(house, user, 3)
    assert reader(org).read() == 1
    assert subjects(org) == numbers(0, 1, 2, 3)
    with house.line(user) as line:
        line.select_folder("INBOX")
        assert [sorted(flags) for flags in line.get_flags(line.search()).values()] == [[b"\\Recent"]] * 4 or all(
            b"\\Seen" not in flags for flags in line.get_flags(line.search()).values()
        )
    with tenant(organization_id=org.id):
        assert Signal.objects.filter(kind="complaint").count() == 4
        facts = mailbox_facts(organization_id=org.id)
    assert facts is not None
    assert (facts.taken, facts.trouble, facts.begun) == (4, "", True)


def test_what_lay_there_before_is_left_unless_it_is_asked_for(org: Org, house: MailHouse, user: str) -> None:
    put(house, user, 1, at=LONG_AGO)
    put(house, user, 2, at=wall_now() - timedelta(minutes=30))
    put(house, user, 3)
    assert reader(org).read() == 1
    put(house, user, 4, at=LONG_AGO)  # moved here from another folder: it is new here
    assert reader(org).read() == 1
    assert subjects(org) == numbers(3, 4)
    mailbox(org, house, user=user, all_there=True)
    reader(org).read()
    assert sorted(subjects(org)) == numbers(1, 2, 3, 4)


def test_a_mail_that_came_twice_is_taken_once(org: Org, house: MailHouse, user: str) -> None:
    put(house, user, 0, 0, 1)
    reader(org).read()
    put(house, user, 1, 0)
    reader(org).read()
    assert subjects(org) == numbers(0, 1)
    assert row(org).taken == 2


def test_other_numbers_for_the_same_mails_take_none_twice_and_lose_none(org: Org, house: MailHouse, user: str) -> None:
    with house.line(user) as line:
        line.create_folder("Care & Söhne")
    mailbox(org, house, user=user, folder="Care & Söhne")
    house.put(mail(8), mail(9), user=user, folder="Care & Söhne", at=LONG_AGO)
    house.put(*map(mail, range(3)), user=user, folder="Care & Söhne")
    reader(org).read()
    before = row(org).validity
    house.renumber(user, "Care & Söhne")
    house.put(mail(3), user=user, folder="Care & Söhne")
    reader(org).read()
    assert row(org).validity != before
    each_once(org, 4)
    house.put(mail(4), user=user, folder="Care & Söhne")
    reader(org).read()
    each_once(org, 5)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_lines_that_drop_lose_none_and_take_none_twice(org: Org, house: MailHouse, seed: int) -> None:
    dropping = Dropping(house.port, seed=seed, most=9_000)
    user = mailbox(org, house, port=dropping.port)
    put(house, user, *range(40))
    broken = read_all(reader(org), 40, org)
    dropping.stop()
    assert broken > 2
    each_once(org, 40)
    assert asides(org) == []


class Killed(BaseException):
    """The process is gone at this point."""


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_reader_killed_at_any_mail_goes_on_where_it_was(
    org: Org, house: MailHouse, user: str, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(house, user, *range(5))
    kills = 0

    def killed(**given: Any) -> object:
        nonlocal kills
        taken = mail_take(**given) if where == "after" else None
        kills += 1
        if kills % 2:
            raise Killed
        return taken or mail_take(**given)

    monkeypatch.setattr(operations, "mail_take", killed)
    for _ in range(12):
        try:
            reader(org).read()
        except Killed:
            continue
    assert kills >= 10
    each_once(org, 5)
    assert subjects(org) == numbers(*range(5))


def test_two_readers_at_once_take_each_mail_once(org: Org, house: MailHouse, user: str) -> None:
    put(house, user, *range(30))
    readers = [reader(org), reader(org)]
    taken: list[int] = []

    def run(one: reading.Reader) -> None:
        from django.db import connections

        taken.append(one.read())
        connections.close_all()

    threads = [threading.Thread(target=run, args=(one,)) for one in readers]
    for one in threads:
        one.start()
    for one in threads:
        one.join(300)
    assert sum(taken) == 30
    each_once(org, 30)


def test_a_database_that_is_full_loses_nothing(
    org: Org, house: MailHouse, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError

    put(house, user, *range(3))
    tries = 0

    def full(**given: Any) -> object:
        nonlocal tries
        tries += 1
        if tries in (1, 3):
            mail_take(**given)
            raise OperationalError("could not extend file: No space left on device")
        return mail_take(**given)

    monkeypatch.setattr(operations, "mail_take", full)
    for _ in range(2):
        with pytest.raises(OperationalError):
            reader(org).read()
    assert row(org).position == 1
    reader(org).read()
    assert subjects(org) == numbers(0, 1, 2)
    assert asides(org) == []


def test_what_nobody_foresaw_is_kept_told_of_and_tried_again_and_holds_nothing_up(
    org: Org, house: MailHouse, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(house, user, *range(3))
    said: list[str] = []

    def strange(**given: Any) -> object:
        if b"Number 1" in given["raw"]:
            raise LookupError("nobody foresaw this")
        return mail_take(**given)

    monkeypatch.setattr(operations, "mail_take", strange)
    assert reader(org, on_error=lambda kind, _, error: said.append(f"{kind} {type(error).__name__}")).read() == 2
    assert said == ["mail LookupError"]
    assert subjects(org) == numbers(0, 2)
    (aside,) = asides(org)
    assert (aside.state, aside.subject, aside.sender) == ("kept", "Number 1", "ana1@example.com")
    with tenant(organization_id=org.id):
        told = Message.objects.filter(kind="staff", subject="A mail could not be taken in")
        assert sorted(told.values_list("member_id", flat=True)) == sorted([org.admin, org.manager])
        with pytest.raises(UnableToTakeMail, match="again: look at it"):
            aside_try(organization_id=org.id, aside_id=aside.id)
    monkeypatch.undo()
    with tenant(organization_id=org.id):
        assert aside_try(organization_id=org.id, aside_id=aside.id)
    assert subjects(org) == numbers(0, 2, 1)
    (aside,) = asides(org)
    assert (aside.state, aside.raw, aside.subject) == ("done", None, "")


def test_a_mail_at_which_every_line_breaks_is_put_aside_and_fetched_again_when_asked(
    org: Org, house: MailHouse, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(house, user, *range(4))
    fetch = IMAPClient.fetch

    def breaking(self: IMAPClient, messages: Any, data: Any, modifiers: Any = None) -> Any:
        if 2 in messages and any("BODY" in str(one) for one in data):
            raise IMAPClient.AbortError("the line is gone")
        return fetch(self, messages, data, modifiers)

    monkeypatch.setattr(IMAPClient, "fetch", breaking)
    one = reader(org)
    broken = read_all(one, 3, org)
    assert GIVEN_UP_AFTER <= broken <= GIVEN_UP_AFTER + 2
    assert subjects(org) == numbers(0, 2, 3)
    (aside,) = asides(org)
    assert (aside.uid, aside.said) == (2, "The mail server does not hand it out.")
    monkeypatch.undo()
    with tenant(organization_id=org.id):
        assert not aside_try(organization_id=org.id, aside_id=aside.id)
    reader(org).read()
    assert subjects(org) == numbers(0, 2, 3, 1)
    assert [one.state for one in asides(org)] == ["done"]


def test_a_mail_of_which_the_server_tells_a_small_size_and_sends_a_large_one_is_put_aside(
    org: Org, house: MailHouse, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(house, user, mail(0, "x" * 5_000), 1)
    monkeypatch.setattr(reading, "_size", lambda *_: 100)
    monkeypatch.setattr(reading, "SIZE_LIMIT", 3_000)
    monkeypatch.setattr(reading, "ROOM", 1_000)
    one = reader(org)
    assert read_all(one, 1, org) >= GIVEN_UP_AFTER
    assert subjects(org) == numbers(1)
    assert [one.said for one in asides(org)] == ["The mail server does not hand it out."]


def test_lines_that_drop_while_nothing_is_fetched_put_nothing_aside(
    org: Org, house: MailHouse, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(house, user, 0)
    one = reader(org)
    one.read()
    with monkeypatch.context() as patched:
        patched.setattr(IMAPClient, "search", _raises)
        for _ in range(GIVEN_UP_AFTER + 2):
            with pytest.raises(MailServerGone):
                one.read()
    put(house, user, 1)
    assert one.read() == 1
    assert asides(org) == []


def _raises(*_: Any, **__: Any) -> None:
    raise IMAPClient.AbortError("the line is gone")


def test_of_a_mail_that_is_too_large_the_words_go_in_and_the_rest_is_said(
    org: Org, house: MailHouse, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "SIZE_LIMIT", 3_000)
    monkeypatch.setattr(reading, "MOST_BYTES_AT_ONCE", 2_000)
    monkeypatch.setattr(reading, "BEGINNING", 1_000)
    put(house, user, mail(0, "The lamp is broken.\r\n" + "photo " * 2_000), 1)
    assert reader(org).read() == 2
    (aside,) = asides(org)
    with tenant(organization_id=org.id):
        body = Message.objects.get(direction="in", subject="Number 0").body
        (shown,) = asides_open(organization_id=org.id)
    assert body.startswith("The lamp is broken.")
    assert body.endswith("photo phot")
    assert (shown.state, shown.here, shown.size > 12_000) == ("cut", False, True)
    assert aside.said.startswith("It is larger than we read")


@pytest.mark.parametrize("raw", [b"\x00\xff\xfe", b"\r\n", b"Subject\r\n\r\n", b"From: \xff\r\n\r\n\x00\x00"])
def test_what_is_hardly_a_mail_is_taken_all_the_same(org: Org, house: MailHouse, raw: bytes) -> None:
    taken = []
    with tenant(organization_id=org.id):
        taken.append(mail_take(organization_id=org.id, raw=raw, at=START).new)
        taken.append(mail_take(organization_id=org.id, raw=raw, at=START).new)
    assert taken == [True, False]


def test_a_mail_is_there_as_soon_as_it_comes_and_after_every_line_that_dropped(org: Org, house: MailHouse) -> None:
    dropping = Dropping(house.port)
    user = mailbox(org, house, port=dropping.port)
    boxes = Mailboxes()
    try:
        assert boxes.look(moment=0, only=[org.id]) == 1
        for number in range(3):
            until(lambda: row(org).looked_at is not None, "the first look")
            put(house, user, number)
            until(lambda wanted=number + 1: len(subjects(org)) == wanted, "the mail")
            dropping.drop()
    finally:
        boxes.close()
        dropping.stop()
    assert subjects(org) == numbers(0, 1, 2)


def test_one_process_reads_a_mailbox_until_it_stops_or_holds_it_no_more(
    org: Org, house: MailHouse, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = Mailboxes(), Mailboxes()
    try:
        assert first.look(moment=0, only=[org.id]) == 1
        assert first.look(moment=1, only=[org.id]) == 0
        assert second.look(moment=0, only=[org.id]) == 0
        first.close()
        assert second.look(moment=1, only=[org.id]) == 1
        with tenant(organization_id=org.id):
            Mailbox.objects.update(held_until=START)  # it was killed
        assert first.look(moment=100, only=[org.id]) == 1
        assert second.look(moment=100, only=[org.id]) == 0
        assert second._held == {}
        with tenant(organization_id=org.id):
            mailbox_let(organization_id=org.id, active=False, by=org.admin, now=START)
        first.look(moment=101, only=[org.id])
        assert first._held == {}
    finally:
        first.close()
        second.close()


def test_a_reader_as_of_other_settings_takes_nothing(org: Org, house: MailHouse, user: str) -> None:
    """Not even where another mailbox happens to be numbered alike."""
    put(house, user, 0)
    one = reader(org)

    def changed() -> None:
        mailbox(org, house, user="somebody-else")
        with tenant(organization_id=org.id):
            Mailbox.objects.update(validity=one._validity)

    with monkeypatched_begin(one, changed):
        assert one.read() == 0
    assert subjects(org) == []
    assert row(org).position == 0


class monkeypatched_begin:  # noqa: N801
    """Let something happen after a reader opened its folder, before it takes anything."""

    def __init__(self, one: reading.Reader, happens: Callable[[], object]) -> None:
        new = one._new
        one._new = lambda: (happens(), new())[1]  # type: ignore[method-assign,func-returns-value]

    def __enter__(self) -> None:
        """Nothing more."""

    def __exit__(self, *_: object) -> None:
        """Nothing more."""


def test_trouble_is_said_and_managers_are_told_once_it_lasts(org: Org, house: MailHouse) -> None:
    mailbox(org, house, secret="wrong")
    with pytest.raises(UnableToReadMail, match="does not take this user and password"):
        reader(org).read()
    told = Message.objects.filter(kind="staff", subject="The mailbox cannot be read")
    with tenant(organization_id=org.id):
        assert not told.exists()
        Mailbox.objects.update(trouble_at=row(org).trouble_at - timedelta(minutes=16))  # type: ignore[operator]
    for _ in range(2):
        with pytest.raises(UnableToReadMail):
            reader(org).read()
    with tenant(organization_id=org.id):
        assert sorted(told.values_list("member_id", flat=True)) == sorted([org.admin, org.manager])
    mailbox(org, house)
    reader(org).read()
    assert (row(org).trouble, row(org).trouble_at) == ("", None)


def test_a_bounce_in_the_mailbox_fails_its_message(org: Org, house: MailHouse, user: str) -> None:
    ours = sent(org)
    put(house, user, postfix(about=ours.message_id))
    reader(org).read()
    assert message(org, ours.id).state == "failed"


def test_erasing_forgets_what_was_put_aside_and_the_secret_is_never_in_the_clear(
    org: Org, house: MailHouse, user: str
) -> None:
    with tenant(organization_id=org.id):
        box = Mailbox.objects.get()
        assert b"open-sesame" not in bytes(box.secret)
        aside = MailAside.objects.create(
            organization_id=org.id, mailbox=box, validity=1, uid=1, size=9, said="x", sender="ana@example.com",
            subject="Ana", raw=b"I am Ana", kept_at=START,
        )  # fmt: skip
        (customer_id,) = customers_resolve(
            organization_id=org.id, seen=[Seen(identities=(("email", "ana@example.com"),))], now=START
        )
        customer_erase(organization_id=org.id, customer_id=customer_id, now=START, by=org.admin)
        aside.refresh_from_db()
        assert (aside.raw, aside.sender, aside.subject, aside.state) == (None, "", "", "kept")
        aside_drop(organization_id=org.id, aside_id=aside.id)
        assert asides_open(organization_id=org.id) == []
        mailbox_forget(organization_id=org.id, by=org.admin, now=START)
        assert mailbox_facts(organization_id=org.id) is None
        events = Entry.objects.filter(event__startswith="listen:mailbox:").order_by("id")
        assert list(events.values_list("event", "actor_id")) == [
            ("listen:mailbox:set", org.admin),
            ("listen:mailbox:forgotten", org.admin),
        ]
        assert Customer.objects.filter(id=customer_id).exists()


def test_pauses_between_lines_that_break_grow(org: Org, house: MailHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    mailbox(org, house, secret="wrong")
    one = reader(org)
    pauses: list[float] = []

    def paused(seconds: float | None = None) -> bool:
        pauses.append(seconds or 0)
        if len(pauses) == 10:
            one.stop.set()
        return True

    monkeypatch.setattr(one.stop, "wait", paused)
    monkeypatch.setattr(working.connections, "close_all", lambda: None)
    working._keep_reading(one, None)
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (2, 300)


def test_a_line_that_got_further_is_made_anew_at_once(
    org: Org, house: MailHouse, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(house, user, *range(10))
    one = reader(org)
    pauses: list[float] = []
    monkeypatch.setattr(reading, "MOST_AT_ONCE", 1)
    begin = one._batch

    def dropped(uids: Any, facts: Any) -> int:
        begin(uids, facts)
        raise OSError("the line is gone after one mail")

    def paused(seconds: float | None = None) -> bool:
        pauses.append(seconds or 0)
        if len(subjects(org)) == 10:
            one.stop.set()
        return True

    monkeypatch.setattr(one, "_batch", dropped)
    monkeypatch.setattr(one.stop, "wait", paused)
    monkeypatch.setattr(working.connections, "close_all", lambda: None)
    working._keep_reading(one, None)
    assert pauses == [1] * 10
    each_once(org, 10)

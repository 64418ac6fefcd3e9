"""Script in every text field: each form of every page is filled with it and sent, and whatever may show it is read.

The forms are those that the pages serve, walked from the routes. That none is forgotten is seen from the other side: every
place of the source that makes a form or a field to type into was served here, or stands in LEFT_OUT with the reason.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import urlsplit

import attrs
import pytest
from django.conf import settings
from django.db import connections
from django.http import HttpResponse
from django.urls import resolve, reverse
from django.utils.html import escape
from tests.conftest import START, Org
from tests.contract.test_rights_of_pages import path_of
from tests.functional.test_views import _no_throttle, _quick_passwords
from tests.support.asked import counted, drawn_in_templates, made_in_source, unescaped
from tests.support.forms import Reading, Served, reading
from tests.support.rights import World, world_of
from tests.support.who_may import PAGES

from makegood.config.middleware import POLICY
from makegood.console import permissions
from makegood.core.spreadsheets import RUNS
from makegood.messages.links import status_path
from makegood.messages.models import Message
from makegood.messages.smtp import Mail, written
from makegood.organizations.models import Member
from makegood.recoveries.models import Recovery
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]

SCRIPT = "=mg{}x\"' onmg=1><script>"
"""A formula for a spreadsheet, the end of an attribute, a handler and a script, and a number to know it by."""
MARKED = re.compile(r"mg(\d+)x")
LEAD_BACK = re.compile(r"(recovery|incident|promise|signal|mail|notice|view|member|data|hook|account|factor|passkey)-")
"""Addresses that answer a GET with a page that another address has, but for those of `OWN_PAGES`."""
OWN_PAGES = {
    "recovery-why", "recovery-others", "recovery-talk", "recovery-slip", "incident-new", "incident-sorry", "promise-new",
    "data-file", "data-report", "account-telling",
}  # fmt: skip
ORDER = {"recovery-say": -1, "recovery-step": 1, "recovery-pause": 2, "recovery-close": 3}
"""When what is not sent in between is sent: it changes the recovery so that other forms of its page are refused."""
DEEDS = {"incident-confirm"}
"""What nothing is typed for and is sent as it stands, since forms follow from it."""
OUTDATED = 409
OF_ONE = re.compile(r"_\d+$")
"""How the names of fields end that stand once for each of several."""

TAKES = {
    "chat_address": "", "emails": "m{}@example.org", "phones": "+44 20 7946 0958", "member_email": "m{}@example.org",
    "reply_address": "care@example.org", "mail_port": "", "mail_host": "", "mail_user": "", "mail_folder": "",
    "issuer": "https://login.example", "domains": "example.org", "model_url": "https://model.example/v1",
    "price": "12.50", "worth": "12.50", "ask_amount": "12.50", "budget": "12.50", "at_most": "12.50", "limit": "12.50",
    "member_limit": "12.50", "hours_code": "shop", "hours_mon": "09:00-17:00", "code": "123456", "website": "",
    "identity": "m{}@example.org", "email": "m{}@example.org", "contact": "m{}@example.org", "playbook": "",
    "typed": "somebody else", "hours_holidays": "", "days": "3", "token_port": "", "methods": "express: 2",
} | {f"hours_{day}": "" for day in ("tue", "wed", "thu", "fri", "sat", "sun")}  # fmt: skip
"""Fields that take an address, a number, a time, a code or a name that is known and refuse all else, with one of those:
a form is sent with script in these too, and, refused, once more with that."""
CHOSEN = {"recovery-cause": {"cause": "new"}, "settings-act": {"key_place": ""}}
"""What has to be chosen for what is typed to count."""
OVER_THERE = "kept once the mailbox could be read, and there is none here"
FOR_THE_DRAFT = "the letter is kept by recovery-say"
UNKEPT = {
    ("mail-act", "token_client"): OVER_THERE,
    ("mail-act", "token_folder"): OVER_THERE,
    ("mail-act", "token_host"): OVER_THERE,
    ("mail-act", "token_url"): OVER_THERE,
    ("mail-act", "token_user"): OVER_THERE,
    ("passkey-act", "passkey_name"): "kept with what a device answers",
    ("recovery-identify", "called"): "their customer has a name",
    ("recovery-lint", "subject"): FOR_THE_DRAFT,
    ("recovery-lint", "text"): FOR_THE_DRAFT,
    ("recovery-word-typed", "subject"): FOR_THE_DRAFT,
    ("recovery-word-typed", "text"): FOR_THE_DRAFT,
}
"""Fields whose words are not kept here though they may hold any, and why."""
BY_WORKERS = "a worker does it, one after the other: there it stands where the same words of one recovery do"
UNSHOWN = {
    ("promise-floor-nothing", "nothing"): "kept for whoever looks into the books; no page lists what is settled",
    ("recovery-floor-nothing", "nothing"): "kept for whoever looks into the books; no page lists what is settled",
    ("several-begin", "why_close"): BY_WORKERS,
    ("several-begin", "why_hand_over"): BY_WORKERS,
    ("several-begin", "why_pause"): BY_WORKERS,
    ("several-begin", "why_update"): BY_WORKERS,
}
"""Fields whose words are kept and stand on no page that is read here, and why."""

WORDLESS = "no words are typed into it: an amount, a time, a choice, or what another form was sent"
ONE_PERSON = "asked where somebody types an address that is another customer's; it is sent on, and kept with that one"
FIXED_FIRST = (
    "asked in a recovery whose next step is the fix; the same words are asked, kept and shown by recovery-step"
)
LEFT_OUT = {
    "console.building.data_file:_source_fields": (1, "asked of a file whose columns are named; test_data_in walks it"),
    "console.building.doubts:_ask": (1, WORDLESS),
    "console.building.doubts:_fields": (
        2,
        "asked where the fact that lacks is an amount or a name: here it is a number",
    ),
    "console.building.for_all:_above": (2, WORDLESS),
    "console.building.helping:anyway_field": (
        1,
        "asked where a list that the playbook demands is not done; here none is demanded",
    ),
    "console.building.next_action:_step": (3, FIXED_FIRST),
    "console.building.repaying:repay_next": (2, WORDLESS),
    "console.building.saying:once": (
        1,
        "made as the module is read, before anybody counts: sent here as recovery-say's keep",
    ),
    "console.building.staying:story_panel": (3, "asked once a customer allowed it; test_stories tells one"),
    "console.building.webhooks:_reply_form": (
        3,
        "asked of a help desk, which is somebody else's server: addresses only",
    ),
    "console.views.choosing:_choosing": (1, WORDLESS),
    "console.views.closed_days:_days_form": (1, WORDLESS),
    "console.views.closed_days:_place_form": (1, WORDLESS),
    "console.views.coding:_asking": (2, "a code of six digits, behind a password and a factor, which is kept nowhere"),
    "console.views.correcting:_screen": (1, WORDLESS),
    "console.views.factors:_password": (1, WORDLESS),
    "console.views.hours_use:_publish_form": (1, WORDLESS),
    "console.views.inbox:_shown": (1, "the demo's own inbox, once something was sent: it comes in as any mail does"),
    "console.views.joining:merge_screen": (2, ONE_PERSON),
    "console.views.ledgers:_forms": (2, WORDLESS),
    "console.views.playbooks:_publish_form": (1, WORDLESS),
    "console.views.saved:_again": (
        2,
        "the same question once more, where it came without the name: view-save keeps it",
    ),
    "console.views.setting_up:_first_page": (5, "asked of an installation that has no organization yet"),
}
"""Functions that make forms or fields which nobody meets here, how many of theirs, and why.

Each is drawn by the templates that draw all others.
"""
OWN_FIELDS = {
    "console/base.html": "what is searched for",
    "console/parts/customer_card.html": "the link of their page, read only",
    "console/parts/field.html": "every Field",
    "console/parts/next.html": "the letter",
    "public/report.html": "every Question",
    "public/status.html": "what the customer writes",
}
"""The templates that draw fields to type into; each is served here."""


@attrs.define
class Walk:
    """Everything that pages served and that was sent so far: which number went into which field, and where it showed."""

    world: World
    fields: dict[int, tuple[str, str]] = attrs.field(factory=dict)
    answered: dict[tuple[str, ...], int] = attrs.field(factory=dict)
    served: set[str] = attrs.field(factory=set)
    kept: set[int] = attrs.field(factory=set)
    shown: set[int] = attrs.field(factory=set)
    later: dict[tuple[str, str], None] = attrs.field(factory=dict)
    """Where to look for what was sent last: the pages that it was sent from, and those that it led to."""

    def read(self, who: str, path: str) -> list[Served]:
        """Read a page, and return its forms."""
        forms = self.look(path, self.world.people[who].get(path)).forms(path)
        self.served |= {plain(one.url) for one in forms}
        self.served |= {field.name for one in forms for field in one.fields if field.typed}
        return forms

    def look(self, path: str, answer: HttpResponse) -> Reading:
        """Look through an answer for what runs, and note which numbers stand in it."""
        text, found = looked_through(path, answer)
        self.shown |= {int(number) for number in MARKED.findall(text)}
        return found

    def round(self, pages: Iterable[tuple[str, str]]) -> None:
        """Read pages, and send each form of theirs that was not sent before; where its page is out of date, anew."""
        self.later = {}
        forms: dict[tuple[str, ...], tuple[str, str, Served]] = {}
        for who, path in dict.fromkeys(pages):
            for form in self.read(who, path):
                key = key_of(form)
                if key and key not in self.answered:
                    forms.setdefault(key, (who, path, form))
        for key, (who, path, form) in sorted(forms.items(), key=lambda one: (ORDER.get(one[0][0], 0), one[0])):
            self.later[who, path] = None
            if key[0] in ORDER:
                self.kept |= numbers_kept()
            self.send(key, who, form)
            if self.answered[key] == OUTDATED:
                for again in self.read(who, path):
                    if key_of(again) == key:
                        self.send(key, who, again)
        self.kept |= numbers_kept()

    def send(self, key: tuple[str, ...], who: str, form: Served) -> None:
        """Send a form full of script; and once more with what fits into those fields that cannot hold it."""
        strict = any(one.typed and takes(one.name) is not None for one in form.fields)
        for again in (False, True) if strict else (False,):
            typed = {}
            for one in form.fields:
                number = len(self.fields) + 1
                if one.typed and again and (fits := takes(one.name)) is not None:
                    typed[one.name] = fits.format(number)
                elif one.typed:
                    self.fields[number] = (key[0], OF_ONE.sub("", one.name))
                    typed[one.name] = SCRIPT.format(number)
            sent = form.filled(typed) | CHOSEN.get(key[0], {})
            sent |= {one.name: "a secret that nobody guesses" for one in form.fields if one.kind == "password"}
            answer = self.world.people[who].post(form.url, sent)
            assert answer.status_code < 500, form.url
            self.look(f"POST {form.url}", answer)
            self.answered[key] = answer.status_code
            if answer.status_code == 302:
                self.later[who, plain(answer.headers["Location"])] = None


def takes(name: str) -> str | None:
    """What fits into a field that cannot hold script; None for one that can."""
    return TAKES.get(OF_ONE.sub("", name))


def plain(url: str) -> str:
    """An address without what is asked of it."""
    return urlsplit(url).path


def key_of(form: Served) -> tuple[str, ...]:
    """What a form is known by: where it leads and what can be typed; nothing for one that is not to be sent."""
    found = resolve(plain(form.url))
    typed = sorted({re.sub("^(done|skip)_.*", r"\1", one.name) for one in form.fields if one.typed})
    if form.method != "post" or not (typed or found.url_name in DEEDS):
        return ()
    named = {part: value for part, value in found.kwargs.items() if part in ("section", "act", "how", "listed")}
    if found.url_name == "recovery-step":
        named = {}
        if "skip" in typed and found.kwargs["step"] != "stay":
            return ()
    return (str(found.url_name), *form.pressed, *typed, *(str(value) for value in named.values()))


def pages_of(world: World) -> Iterator[tuple[str, str]]:
    """Every page of the routes, each once, and who reads it."""
    for name in sorted(PAGES):
        if name != "settings" and (name in OWN_PAGES or not LEAD_BACK.match(name)):
            yield "admin", path_of(world, name)
    for section in sorted(permissions.SETTINGS):
        yield "admin", reverse("settings", args=[section])
    yield "admin", f"{reverse('several')}?pick=R-1"
    yield "admin", f"{reverse('settings', args=['mail'])}?by=token"
    yield "manager", f"{reverse('recoveries')}?view={world.names['view_id']}"
    yield "anonymous", world.status_url
    yield "anonymous", reverse("public-report", args=[world.org.code])
    yield "anonymous", reverse("public-thanks", args=[world.org.code])
    for door in ("sign-in", "sign-on-find", "forgotten"):
        yield "anonymous", reverse(door)


def things_of(world: World) -> Iterator[tuple[str, str]]:
    """The pages of every recovery that there is by now, the staff's and the customer's, and of who came last."""
    with tenant(organization_id=world.org.id):
        found = list(Recovery.objects.filter(organization_id=world.org.id).values_list("number", "thread__token"))
        newest = Member.objects.filter(organization_id=world.org.id).latest("id")
    for number, token in found:
        yield "admin", reverse("recovery", args=[f"R-{number}"])
        yield "anonymous", status_path(organization_id=world.org.id, token=token)
    yield "admin", reverse("recovery-why", args=["R-1", "owner"])
    yield "admin", reverse("member", args=[newest.id])


def looked_through(path: str, answer: HttpResponse) -> tuple[str, Reading]:
    """What an answer holds, once nothing of it runs: no script, no handler, no formula, and the policy says so, too."""
    text = answer.content.decode(errors="replace") if not answer.streaming else b"".join(answer).decode()
    kind = answer.headers["Content-Type"].partition(";")[0]
    assert answer.headers["Content-Security-Policy"] == POLICY, path
    assert answer.headers["X-Content-Type-Options"] == "nosniff", path
    found = reading(text if kind == "text/html" else "")
    assert found.runs == [], path
    if kind == "text/csv":
        cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
        assert [cell for cell in cells if cell.startswith(RUNS) and MARKED.search(cell)] == [], path
    elif kind == "image/svg+xml":
        assert "<script" not in text, path
    return text, found


def numbers_kept() -> set[int]:
    """The numbers that stand in the database, in whatever table."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
        tables = [name for (name,) in cursor.fetchall()]
        found = " UNION ".join(f"SELECT t::text FROM \"{one}\" t WHERE t::text ~ 'mg[0-9]+x'" for one in tables)
        cursor.execute(found)
        return {int(number) for (row,) in cursor.fetchall() for number in MARKED.findall(row)}


def mails_of(org: Org) -> Iterable[Mail]:
    """Everything that was written to somebody, as the mail that it would leave as."""
    with tenant(organization_id=org.id):
        rows = list(Message.objects.filter(organization_id=org.id, direction="out"))
    return [
        Mail(
            sender_name=row.subject or "x", sender="care@example.org", to="ana@example.org", reply_to="", body=row.body,
            subject=row.subject, message_id="<1@example.org>", references=(), sent_at=START, automatic=True,
        )
        for row in rows
    ]  # fmt: skip


def walked(world: World) -> tuple[Walk, dict[str, int]]:
    """Everything sent and read, and the functions of whose forms and fields some were met by nobody: how many."""
    walk, source = Walk(world), made_in_source()
    with counted() as made:
        walk.round(pages_of(world))
        walk.round([*pages_of(world), *things_of(world), *walk.later])
        for who, path in [*things_of(world), *walk.later]:
            walk.read(who, path)
    unmet = Counter(function for site, function in source.items() if not made.get(site, set()) & walk.served)
    return walk, dict(unmet)


def test_script_in_any_text_field_runs_nowhere(make_org: Callable[..., Org], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "PUBLIC_URL", "https://care.example.org")
    monkeypatch.setattr(settings, "EMAIL_URL", "smtp://127.0.0.1:1")
    monkeypatch.setattr(settings, "DEMO", False)
    world = world_of(make_org(), make_org())
    walk, unmet = walked(world)
    assert unmet == {function: count for function, (count, _) in LEFT_OUT.items()}, (
        "a form or a field that no page here serves: let pages_of or world_of lead to it, or say in LEFT_OUT why nobody "
        "meets it; what is served or gone is to be taken out of there"
    )
    fields = set(walk.fields.values())
    kept = {walk.fields[number] for number in walk.kept}
    shown = {walk.fields[number] for number in walk.kept & walk.shown}
    assert {one for one in fields - kept if takes(one[1]) is None} == set(UNKEPT)
    assert kept - shown == set(UNSHOWN)
    assert set(TAKES) <= {name for _, name in fields}
    for mail in mails_of(world.org):
        assert written(mail).get_content_type() == "text/plain"


def test_a_template_that_draws_fields_of_its_own_is_known() -> None:
    """Else what it asks for would be in no source that is counted above."""
    assert drawn_in_templates() == set(OWN_FIELDS)


def test_nothing_lets_words_through_as_they_are() -> None:
    """The pages are escaped by Django alone; what has to be markup is made by format_html, which escapes what it takes."""
    assert unescaped() == set()


@pytest.mark.parametrize(
    "page", ["<p>{}</p>", "<title>{}</title>", "<textarea>{}</textarea>", '<input value="{}">', "<a title='{}'>x</a>"]
)
def test_what_was_typed_is_seen_wherever_it_would_run(page: str) -> None:
    assert reading(page.replace("{}", SCRIPT.format(7))).runs != []
    assert reading(page.replace("{}", escape(SCRIPT.format(7)))).runs == []


@pytest.mark.parametrize(
    "page", ['<a href=" JavaScript:go()">x</a>', '<p style="color: red">x</p>', "<iframe></iframe>"]
)
def test_what_needs_no_end_of_an_attribute_is_seen_too(page: str) -> None:
    assert reading(page).runs != []

"""The customer's pages and mails in each language: nothing left unsaid, one thread over mail and status page."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import attrs
import pytest
from django.conf import settings
from django.test import Client
from tests.conftest import START, Org
from tests.support.given import email
from tests.support.recoveries import failure, makegood, open_for, step_to

from makegood.config.working import work_dry
from makegood.customers.models import Customer
from makegood.messages.links import status_path
from makegood.messages.models import Message
from makegood.messages.operations import message_received
from makegood.organizations.models import Organization
from makegood.public import reporting, views
from makegood.recoveries.models import Recovery, RecoveryFailure
from makegood.recoveries.operations import close, step_done, step_skip
from makegood.rules import phrases
from makegood.rules.phrases import catalogue, language_of, languages, phrase
from makegood.store.tenancy import tenant

NAME = "Zz Yy"
WHAT = "XK 12"
"""The only words on a page that are nobody's language: names and what was promised."""
ATTRIBUTES = ("aria-label", "title", "alt", "placeholder")


class Read(HTMLParser):
    """All that a page says: its text, and the labels that are only heard. Times are babel's business."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self.inside: list[str] = []
        self.language = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.language = found.get("lang") or self.language
        self.said += [found[name] or "" for name in ATTRIBUTES if name in found]
        if tag in ("time", "textarea", "style", "script"):
            self.inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if not self.inside and data.strip():
            self.said.append(" ".join(data.split()))


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every phrase and shipped text is put into brackets, so that whatever stands outside came from nowhere."""
    real = phrases.catalogue

    @functools.cache
    def marking(language: str) -> phrases.Catalogue:
        known = real(language)
        return attrs.evolve(
            known,
            phrases={name: f"⟦{text}⟧" for name, text in known.phrases.items()},
            shipped={text: f"⟦{known.shipped.get(text, text)}⟧" for text in real("de").shipped},
        )

    monkeypatch.setattr(phrases, "catalogue", marking)


@pytest.fixture(autouse=True)
def _many_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    """How often one address may try is tested elsewhere."""
    for name in ("UNKNOWN", "WRITES", "REPORTS"):
        monkeypatch.setattr(reporting if name == "REPORTS" else views, name, 10_000)


def client(language: str = "") -> Client:
    return Client(headers={"host": "127.0.0.1", **({"Accept-Language": language} if language else {})})


def unsaid(page: str) -> list[str]:
    """What a page says outside of the brackets of phrases."""
    left = []
    for text in Read(page).said:
        bare = text
        while re.search("⟦[^⟦⟧]*⟧", bare):
            bare = re.sub("⟦[^⟦⟧]*⟧", "", bare)
        bare = re.sub(rf"{NAME}|Zz|{WHAT}|R-\d+|[A-Z]{{2,5}}-?\w*|Org \d+", "", bare)
        if re.search(r"[^\W\d_]{2,}", bare):
            left.append(text)
    return left


def case_in(org: Org, language: str, **facts: Any) -> Recovery:
    """A recovery of a customer who speaks this language and has an e-mail address."""
    with tenant(organization_id=org.id):
        Organization.objects.filter(id=org.id).update(name=NAME)
        Customer.objects.filter(id=org.customer).update(name=NAME, language=language)
        email(org)
        return open_for(org, failure(org, what=WHAT, **facts))[-1]


def link_of(org: Org, recovery: Recovery) -> str:
    with tenant(organization_id=org.id):
        token = Recovery.objects.select_related("thread").get(id=recovery.id).thread.token
    return status_path(organization_id=org.id, token=token)


def rename(org: Org, recovery: Recovery, **facts: Any) -> None:
    """Set columns of a recovery, and give its owner a name that is nobody's language."""
    with tenant(organization_id=org.id):
        row = Recovery.objects.select_related("owner").get(id=recovery.id)
        row.owner.name = NAME
        row.owner.save(update_fields=["name"])
        Recovery.objects.filter(id=recovery.id).update(**facts)


def pages(org: Org, language: str) -> Iterator[tuple[str, str]]:
    """Every page that a customer may come upon, by what it is."""
    recovery = case_in(org, language)
    rename(org, recovery)
    link, web = link_of(org, recovery), client(language)

    def shown(path: str = "", posted: dict[str, str] | None = None) -> str:
        answer = web.post(link + path, posted) if posted is not None else web.get(link + path)
        if answer.status_code == 302:
            answer = web.get(answer.headers["Location"].partition("#")[0])
        return str(answer.content.decode())

    yield "open", shown()
    yield "nothing written", shown("/write", {"text": " "})
    yield "written", shown("/write", {"text": "XK"})
    yield "offer changed", shown("/offer", {"answer": "accept:0"})
    yield "nothing to rate", shown("/rate", {"score": "5"})
    with tenant(organization_id=org.id):
        failure_id = RecoveryFailure.objects.get(recovery_id=recovery.id).failure_id
        owed = {"part": "floor", "rule": "XK", "title": "Air passenger rights in the European Union: XK"}
        for state in ("accepted", "delivered"):
            makegood(org, recovery, failure_id, at=START, **owed | {"rule": f"X-{state[:1]}"}, state=state)
        given = makegood(
            org, recovery, failure_id, at=START, state="offered", title="Credit for the next order", settled_at=None,
            next_at=START + timedelta(days=3),
        )  # fmt: skip
    yield "offered", shown()
    for state in ("accepted", "declined", "expired", "delivered"):
        with tenant(organization_id=org.id):
            type(given).objects.filter(id=given.id).update(state=state, settled_at=START, next_at=None)
        yield state, shown()
    yield "no score", shown("/rate", {"score": "9"})
    yield "rated", shown("/rate", {"score": "6"})
    yield "tapped", shown("/rate", {"empathy": "6"})
    with tenant(organization_id=org.id):
        close(organization_id=org.id, recovery_id=recovery.id, by=org.manager, now=START, reason="XK")
    yield "closed", shown()
    step_to(org, START + timedelta(days=settings.STATUS_DAYS))
    yield "ended", shown()
    yield "unknown", str(web.get("/s/nothing").content.decode())
    form = f"/r/{org.code}"
    yield "form", str(web.get(form).content.decode())
    yield "form refused", str(web.post(form, {"what": "", "cost": "", "contact": ""}).content.decode())
    report = {"what": WHAT, "cost": "time", "contact": "zz@example.com", "name": NAME}
    yield "contact refused", str(web.post(form, report | {"contact": "12"}).content.decode())
    yield "thanks", str(web.post(form, report, follow=True).content.decode())
    yield "thanks unfollowed", str(client(language).get(form + "/thanks").content.decode())
    yield "no such form", str(web.get("/r/nobody-at-all").content.decode())
    strict = Client(enforce_csrf_checks=True, headers={"host": "127.0.0.1", "Accept-Language": language})
    yield "form too old", str(strict.post(form, report).content.decode())
    with pytest.MonkeyPatch.context() as few:
        few.setattr(views, "UNKNOWN", 0)
        yield "too many", str(web.get("/s/nothing").content.decode())


@pytest.mark.usefixtures("marked")
@pytest.mark.parametrize("language", languages())
def test_no_page_says_anything_untranslated(org: Org, language: str) -> None:
    seen = {}
    for what, page in pages(org, language):
        assert Read(page).language == language, what
        assert "⟦" in page, what
        seen[what] = unsaid(page)
    assert {what: texts for what, texts in seen.items() if texts} == {}
    assert len(seen) == 24


@pytest.mark.parametrize("language", languages())
def test_a_thread_over_mail_and_status_page_is_in_the_customers_language(org: Org, language: str) -> None:
    recovery = case_in(org, language)
    rename(org, recovery)
    work_dry(only=[org.id])
    with tenant(organization_id=org.id):
        thread = Recovery.objects.select_related("thread").get(id=recovery.id).thread
        written = list(Message.objects.filter(thread_id=thread.id, direction="out").order_by("id"))
        assert {(one.kind, one.state, one.channel) for one in written} >= {("acknowledgement", "sent", "mail")}
        assert [language_of(one.body, told="xx") for one in written] == [language] * len(written)
        assert all(WHAT not in one.body and one.subject.endswith(NAME) for one in written)
        message_received(
            organization_id=org.id, key="a", at=START, body="XK by mail", token=thread.token, mail="person"
        )
    web = client("en" if language != "en" else "de")
    web.post(link_of(org, recovery) + "/write", {"text": "XK on the page"})
    page = str(web.get(link_of(org, recovery)).content.decode())
    read = Read(page)
    assert read.language == language, "the customer's language, whatever the browser asks for"
    for text in (written[0].body.splitlines()[2], "XK by mail", "XK on the page"):
        assert text in page.replace("&#x27;", "'")
    said = catalogue(language).phrases
    assert said["write.send"] in read.said
    assert said["notice.written"].format(owner=NAME) in " ".join(read.said)


def test_times_and_money_are_written_as_the_language_writes_them(org: Org) -> None:
    recovery = case_in(org, "de")
    with tenant(organization_id=org.id):
        failure_id = RecoveryFailure.objects.get(recovery_id=recovery.id).failure_id
        makegood(org, recovery, failure_id, at=START, state="offered", settled_at=None, value_minor=123_450)
    page = str(client().get(link_of(org, recovery)).content.decode()).replace("\xa0", " ")
    assert "im Wert von 1.234,50 €" in page


def test_the_organizations_language_serves_whose_own_is_unknown(org: Org) -> None:
    recovery = case_in(org, "")
    with tenant(organization_id=org.id):
        Organization.objects.filter(id=org.id).update(language="pt")
    assert Read(str(client("de").get(link_of(org, recovery)).content.decode())).language == "pt"
    assert Read(str(client().get(f"/r/{org.code}").content.decode())).language == "pt"


@pytest.mark.parametrize(
    ("asked", "given"),
    [("fr-CA,fr;q=0.9,en;q=0.8", "fr"), ("it,es;q=0.7", "es"), ("it", "en"), ("de;q=0,*", "en"), ("%%%;q=x", "en")],
)
def test_a_visitor_nobody_knows_is_answered_as_the_browser_asks(org: Org, asked: str, given: str) -> None:
    assert Read(str(client(asked).get(f"/r/{org.code}").content.decode())).language == given


def test_who_reports_in_a_language_is_written_to_in_it(org: Org) -> None:
    report = {"what": WHAT, "cost": "time", "contact": "zz@example.com", "name": NAME}
    client("es-MX,es;q=0.9").post(f"/r/{org.code}", report)
    with tenant(organization_id=org.id):
        assert Customer.objects.get(organization_id=org.id, name=NAME).language == "es"
        bodies = Message.objects.filter(organization_id=org.id, direction="out").values_list("body", flat=True)
        assert {language_of(body, told="xx") for body in bodies} == {"es"}


@pytest.mark.parametrize("language", languages())
def test_what_is_put_right_is_said_by_what_was_lost_and_not_as_a_colleague_noted_it(org: Org, language: str) -> None:
    recovery = case_in(org, language, loss="goods")
    told = phrase("fixed.goods", language=language)
    page = client().get(link_of(org, recovery)).content.decode()
    assert told[1:] not in page
    with tenant(organization_id=org.id):
        step_done(
            organization_id=org.id, recovery_id=recovery.id, step="fix", by=org.employee, note="Sent anew", now=START
        )
    page = client().get(link_of(org, recovery)).content.decode()
    assert told[:1].upper() + told[1:] in page
    assert "Sent anew" not in page


def test_why_a_fix_was_left_out_is_ours_to_know(org: Org) -> None:
    recovery = case_in(org, "en")
    with tenant(organization_id=org.id):
        step_skip(
            organization_id=org.id, recovery_id=recovery.id, step="fix", by=org.employee, reason="A fraud", now=START
        )
    assert "A fraud" not in client().get(link_of(org, recovery)).content.decode()

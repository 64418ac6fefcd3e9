"""Every language says everything: phrases, templates and what ships with the rules, by the same rules of wording."""

from __future__ import annotations

import ast
import re
import string
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from itertools import product
from pathlib import Path

import pytest

from makegood.core.money import Money
from makegood.core.wording import Case, signed_for
from makegood.messages.judging import judge
from makegood.recoveries.words import (
    Told,
    Voice,
    acknowledgement,
    apology,
    follow_up,
    offered,
    outcome,
    reminder,
    score_request,
)
from makegood.rules import phrases
from makegood.rules.phrases import (
    UnknownPhrase,
    accepted,
    by_moment,
    catalogue,
    in_sentence,
    language_of,
    languages,
    locale_for,
    on_day,
    phrase,
    shipped,
    spoken,
)
from makegood.rules.templates import LOSSES, filled, names, template
from makegood.rules.yaml_text import data_of

SOURCE = Path(phrases.__file__).parents[1]
PUBLIC = SOURCE / "public"
TEMPLATES = sorted((PUBLIC / "templates").rglob("*.html"))
OTHERS = [one for one in languages() if one != "en"]
PLACES = string.Formatter()
AT = datetime(2026, 5, 5, 12, 0, tzinfo=UTC)
FACTS = {
    "customer": "Ana Ferreira", "organization": "Porto Post", "owner": "Rui Alves", "role": "X-7", "amount": "€6.90",
    "status_url": "https://example.test/s/abc", "what": "XK 12", "when": "3.5.", "fix": "XK 13", "remedy": "XK 14",
    "next_by": "5.5.", "word": "XK 15", "answer": "XK 16",
}  # fmt: skip
SORRY = {
    "en": r"\bsorry\b", "de": r"tut mir leid", "fr": r"présente mes excuses", "es": r"\blo siento\b",
    "pt": r"\bpeço desculpa\b",
}  # fmt: skip
HEDGED = {
    "en": r"\b(?:if|any) (?:we|you|this|inconvenience)",
    "de": r"\b(?:falls|sollte[nt]?|unannehmlichkeit\w*|etwaige\w*|eventuell\w*|womöglich)\b",
    "fr": r"\b(?:si (?:vous|nous|cela|jamais)|éventuel\w*|désagrément\w*|malheureusement)\b",
    "es": r"\b(?:si (?:le|usted|ha|hubo|algo)|posibles?|eventual\w*|molestias|lamentablemente)\b",
    "pt": r"\b(?:se (?:lhe|houve|isto|algo)|eventua\w*|possíve\w*|incómodos?|infelizmente)\b",
}
"""Conditional and passing apologies, in each language's own words."""


def places(text: str) -> set[str]:
    """The named places of a phrase or template."""
    return {place for _, place, _, _ in PLACES.parse(text) if place}


def test_five_languages_and_english_first() -> None:
    assert languages() == ("en", "de", "es", "fr", "pt")


@pytest.mark.parametrize("language", languages())
def test_a_catalogue_says_every_phrase_with_the_same_places(language: str) -> None:
    english, known = catalogue("en").phrases, catalogue(language).phrases
    assert set(known) == set(english)
    assert [name for name, text in known.items() if not isinstance(text, str) or not text.strip()] == []
    assert {name: places(text) for name, text in known.items()} == {
        name: places(text) for name, text in english.items()
    }


@pytest.mark.parametrize("language", OTHERS)
def test_no_phrase_was_left_in_english(language: str) -> None:
    english, known = catalogue("en").phrases, catalogue(language).phrases
    assert {name for name in known if known[name] == english[name]} <= {"error", "title.named"}
    assert [text for text in known.values() if language_of(text, told=language) != language] == []


@pytest.mark.parametrize("language", languages())
def test_every_template_is_there_with_the_same_places(language: str) -> None:
    assert names(language) == names()
    assert {name: places(template(name, language)) for name in names()} == {
        name: places(template(name)) for name in names()
    }


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("name", names())
def test_a_template_is_written_in_its_language_and_sorry_only_where_it_apologises(name: str, language: str) -> None:
    text = filled(name, language=language, **FACTS)
    assert language_of(text, told="xx") == language
    assert "{" not in text
    assert len(re.findall(SORRY[language], text, re.IGNORECASE)) == ("apology" in name)
    assert not re.search(HEDGED[language], text, re.IGNORECASE)
    assert "https://example.test/s/abc" in text


@cache
def shipped_texts() -> list[str]:
    """All that playbooks and packs say to customers."""
    rules = resources.files("makegood.rules")
    found: dict[str, None] = {}
    for one in sorted((rules / "playbooks").iterdir(), key=lambda one: one.name):
        if one.name.endswith(".yaml"):
            book = data_of(one.read_text(encoding="utf-8"))
            found |= {fix["says"]: None for fix in book["fixes"].values()}
            found |= {remedy["title"]: None for remedy in book["remedies"]}
    for one in sorted((rules / "floors").iterdir(), key=lambda one: one.name):
        if one.name.endswith(".yaml"):
            found[data_of(one.read_text(encoding="utf-8"))["title"]] = None
    return list(found)


@pytest.mark.parametrize("language", OTHERS)
def test_what_ships_with_playbooks_and_packs_is_said_in_every_language(language: str) -> None:
    texts = shipped_texts()
    assert len(texts) > 50
    assert [text for text in texts if shipped(text, language=language) == text] == []
    assert set(catalogue(language).shipped) <= set(texts), "nothing is translated that nobody says"


def test_what_an_organization_wrote_itself_stays_as_it_wrote_it() -> None:
    assert shipped("I have baked it again", language="de") == "I have baked it again"
    title = "Air passenger rights in the European Union: 250.00 EUR"
    assert shipped(title, language="de") == "Fluggastrechte in der Europäischen Union: 250.00 EUR"
    assert shipped("Credit for the next order", language="en") == "Credit for the next order"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_page_template_holds_a_word_of_its_own(path: Path) -> None:
    """Whatever a template says, it says through a phrase: text, labels, titles, alternatives."""
    source = path.read_text(encoding="utf-8")
    labels = re.findall(
        r'\b(?:aria-label|title|alt|placeholder)="([^"]*)"', re.sub(r'{% say "[^"]*"[^%]*%}', "", source)
    )
    bare = re.sub(r"<[^>]*>", " ", re.sub(r"{%.*?%}|{{.*?}}", "", re.sub(r"(?s){#.*?#}", "", source)))
    said = [re.sub(r"{%.*?%}|{{.*?}}", "", one) for one in labels] + bare.split()
    assert [one for one in said if re.search(r"[^\W\d_]", one)] == []
    used = re.findall(r'{% say "([^"]*)"', source)
    assert [name for name in used if name not in catalogue("en").phrases] == []


@pytest.mark.parametrize("name", ["views.py", "building.py", "viewmodels.py"])
def test_no_page_is_given_a_sentence_of_its_own_by_the_code(name: str) -> None:
    """A literal of two words or more is a docstring, a query or the text of an error, never something to be read."""
    tree = ast.parse((PUBLIC / name).read_text(encoding="utf-8"))
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr | ast.Raise | ast.Assert):
            skipped |= {id(one) for one in ast.walk(node)}
    found = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped
    ]
    assert [one for one in found if re.search(r"[A-Za-z]{2,} [A-Za-z]{2,}", one) and not one.startswith("SELECT")] == []


def test_a_language_is_found_by_its_code_and_else_the_next_one_serves() -> None:
    assert spoken("de-AT", "fr") == "de"
    assert spoken("", "pt_BR") == "pt"
    assert spoken("it", "es") == "es"
    assert spoken("xx", "") == "en"
    assert spoken("../en", "e") == "en"


def test_dates_are_told_as_the_language_tells_them_in_the_zone() -> None:
    zone = "Asia/Tokyo"
    assert [on_day(AT, zone=zone, language=one) for one in languages()] == [
        "on Tuesday 5 May", "am Dienstag, 5. Mai", "el martes 5 de mayo", "le mardi 5 mai", "no dia 5 de maio",
    ]  # fmt: skip
    assert [by_moment(AT, zone=zone, language=one) for one in languages()] == [
        "Tuesday 5 May, 21:00", "Dienstag, 5. Mai, 21:00 Uhr", "martes 5 de mayo, 21:00", "mardi 5 mai à 21:00",
        "5 de maio (terça-feira), 21:00",
    ]  # fmt: skip


def test_the_locale_is_the_one_told_where_it_is_known() -> None:
    assert [locale_for(one) for one in ("", "en", "de", "de-CH", "pt-BR", "pt", "de-XX", "it")] == [
        "en_GB", "en_GB", "de_DE", "de_CH", "pt_BR", "pt_PT", "de_DE", "en_GB",
    ]  # fmt: skip


def test_a_noun_keeps_its_capital_where_the_language_writes_it_so() -> None:
    assert in_sentence("Guthaben", language="de") == "Guthaben"
    assert in_sentence("Credit", language="en") == "credit"
    assert in_sentence("VIP seat", language="en") == "VIP seat"


def test_a_phrase_that_a_language_lacks_is_said_in_english_and_an_unknown_one_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(catalogue("de").phrases, "skip")
    assert phrase("skip", language="de") == "Skip to the content"
    with pytest.raises(UnknownPhrase):
        phrase("no.such", language="de")


def told(language: str, **facts: object) -> Told:
    """What the words of a broken promise need."""
    values: dict[str, object] = {
        "voice": Voice(organization="Porto Post", zone="UTC"), "customer": "Ana Ferreira", "owner": "Rui Alves",
        "title": "", "what": "XK 12", "promised": True, "kind": "broken_promise", "loss": "time",
        "fault": "ours", "incident": False, "happened_at": AT, "fix": "I am putting right what went wrong",
        "next_at": AT, "status_url": "https://example.test/s/abc", "language": language, **facts,
    }  # fmt: skip
    return Told(**values)  # type: ignore[arg-type]


def test_a_promise_due_as_a_day_ends_was_of_that_day() -> None:
    """A shop's file names the day; what was due on Friday is broken as Saturday begins."""
    saturday = datetime(2026, 11, 21, tzinfo=UTC)
    for about in (
        told("en", happened_at=saturday),
        told("en", happened_at=saturday, incident=True, same_at=saturday),
        told("en", happened_at=saturday, incident=True, same_at=saturday, promised=False),
    ):
        for _, body in (acknowledgement(about), apology(about)):
            assert "Friday 20 November" in body
            assert "Saturday" not in body
    _, reported = apology(told("en", happened_at=saturday, promised=False))
    assert "Saturday 21 November" in reported


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("loss", LOSSES)
def test_all_that_the_product_writes_is_in_the_language_with_its_facts(loss: str, language: str) -> None:
    about = told(language, loss=loss)
    for subject, body in (
        acknowledgement(about), apology(about), score_request(about), follow_up(about),
        offered(about, remedy="Credit for the next order", worth=Money(minor=1000, currency="EUR")),
        reminder(about, remedy="Credit for the next order", until_at=AT),
    ):  # fmt: skip
        assert language_of(body, told="xx") == language
        assert ("Credit for" in body, "I am putting right" in body) == (False, False) or language == "en"
        assert "XK 12" in body or "Credit" in body or language != "en"
        assert subject.endswith("Porto Post")
        assert "Ana Ferreira" in body.splitlines()[0]


@pytest.mark.parametrize("language", languages())
def test_whom_nobody_can_name_is_greeted_without_a_name(language: str) -> None:
    _, body = acknowledgement(told(language, customer="the man with the red bike"))
    assert body.splitlines()[0] == catalogue(language).phrases["mail.greeting"]


RANT = "i paid twice for my sofa. Your shop is useless and I want a manager NOW!!"


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("kind", ["complaint", "other", "wrong_charge", "rework", "outage", "interaction"])
@pytest.mark.parametrize("told_at", [None, AT])
def test_no_letter_says_again_what_a_customer_wrote_or_a_colleague_noted(
    told_at: datetime | None, kind: str, language: str
) -> None:
    facts = {"what": RANT, "promised": False, "kind": kind, "told_at": told_at}
    about = told(language, **facts)
    letters = [
        acknowledgement(about), score_request(about), follow_up(about), outcome(about),
        offered(about, remedy="Credit for the next order", worth=Money(minor=1000, currency="EUR")),
    ]  # fmt: skip
    sorry = [
        (fault, apology(told(language, **facts, loss=loss, fault=fault)))
        for loss, fault in product(LOSSES, ("ours", "unknown"))
    ]
    sorry += [(fault, apology(told(language, **facts, fault=fault, fixed=True))) for fault in ("ours", "unknown")]
    for _, body in (*letters, *(said for _, said in sorry)):
        assert "sofa" not in body
        assert "useless" not in body
        assert language_of(body, told="xx") == language
    for fault, (_, body) in sorry:
        assert not judge(text=body, kind="apology", language=language, case=Case(fault=fault)).blocks
    for _, body in letters:
        assert not judge(text=body, kind="", language=language, case=Case(fault="ours")).blocks


@pytest.mark.parametrize(
    ("language", "seen", "heard"),
    [
        ("en", "We have seen that", "You told us on Tuesday 5 May what happened."),
        ("de", "wir haben es gesehen", "Sie haben uns gesagt (am Dienstag, 5. Mai), was passiert ist."),
        ("fr", "Nous l\u2019avons vu", "Vous nous avez dit, le mardi 5 mai, ce qui s\u2019est passé."),
        ("es", "Lo hemos visto", "Usted nos contó, el martes 5 de mayo, lo que pasó."),
        ("pt", "Já vimos", "Disse-nos, no dia 5 de maio, o que aconteceu."),
    ],
)
def test_we_have_not_seen_what_a_customer_told_us(language: str, seen: str, heard: str) -> None:
    facts = {"what": RANT, "promised": False, "kind": "complaint", "happened_at": AT - timedelta(days=9)}
    _, theirs = acknowledgement(told(language, **facts, told_at=AT))
    assert heard in theirs
    assert seen not in theirs
    _, ours = acknowledgement(told(language, **facts))
    assert heard not in ours
    assert seen in ours


@pytest.mark.parametrize("fault", ["ours", "unknown"])
@pytest.mark.parametrize(
    ("language", "call"),
    [
        ("en", "I will call you"),
        ("de", "Ich rufe Sie"),
        ("fr", "je vous appelle"),
        ("es", "le llamo"),
        ("pt", "ligo-lhe"),
    ],
)
def test_nobody_without_a_number_is_promised_a_call(language: str, call: str, fault: str) -> None:
    for phone in (True, False):
        _, body = apology(told(language, loss="attention", fault=fault, phone=phone))
        assert (call in body) == phone
        assert not judge(text=body, kind="apology", language=language, case=Case(fault=fault)).blocks


@pytest.mark.parametrize("language", languages())
def test_nobody_is_greeted_as_customer(language: str) -> None:
    _, body = acknowledgement(told(language, customer=" "))
    assert body.splitlines()[0] == catalogue(language).phrases["mail.greeting"]


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("kind", ["broken_promise", "wrong_charge", "interaction", "complaint"])
def test_what_went_wrong_has_words_even_where_nobody_said(kind: str, language: str) -> None:
    _, body = acknowledgement(told(language, what="", promised=False, kind=kind))
    assert language_of(body, told="xx") == language


def test_the_rules_that_judge_are_those_of_the_language_written() -> None:
    german = filled("apology.time.ours", language="de", **FACTS)
    unchecked = judge(text=german, kind="apology", language="en", case=Case(fault="ours"))
    assert [one["rule"] for one in unchecked.findings] == ["wording.unchecked"]
    evasive = "We are sorry if you were upset. We apologise for any inconvenience that this may have caused you."
    assert judge(text=evasive, kind="apology", language="de", case=Case(fault="ours")).blocks


def test_a_few_borrowed_words_change_no_language() -> None:
    assert language_of("Der Termin ist im Showroom, see you there, das ist sicher.", told="de") == "de"
    assert language_of("Ok", told="fr") == "fr"


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("", ()),
        ("de-AT,de;q=0.9,en;q=0.8", ("de-AT", "de", "en")),
        ("en;q=0.5,fr", ("fr", "en")),
        ("de;q=0,*", ()),
        ("%%%;q=x, pt;q=0.3", ("pt",)),
        ("fr;q=inf", ()),
    ],
)
def test_what_a_browser_asks_for_is_read_in_its_order(header: str, found: tuple[str, ...]) -> None:
    assert accepted(header) == found


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("loss", LOSSES)
def test_what_was_put_right_is_said_of_every_loss_in_every_language(loss: str, language: str) -> None:
    """It stands where what is coming stood, as a sentence without capital and full stop, and passes the rules."""
    said = catalogue(language).phrases[f"fixed.{loss}"]
    assert language == "en" or said != phrase(f"fixed.{loss}")
    assert said[0].islower()
    assert not said.endswith(".")
    for name in ("apology.fixed.ours", "apology.fixed.other", "update", "incident.update", "outcome", "follow_up"):
        text = filled(name, language=language, **FACTS | {"fix": said})
        assert said[1:] in text
        kind = "apology" if "apology" in name else "update"
        case = Case(fault="ours" if name.endswith("ours") else "unknown")
        assert not judge(text=text, kind=kind, language=language, case=case).blocks


@pytest.mark.parametrize("language", languages())
def test_to_whom_an_answer_goes_can_be_said_of_another(language: str) -> None:
    """Whoever signs for the owner says to whom an answer goes: the clause stands so in each letter that has it."""
    mine = phrase("mail.to_me", language=language)
    assert all(mine in template(name, language) for name in ("outcome", "follow_up"))
    assert "Ines Duarte" in phrase("mail.to_owner", language=language, owner="Ines Duarte")


@pytest.mark.parametrize("language", languages())
def test_a_title_is_said_as_it_was_given_and_none_is_made_up(language: str) -> None:
    for word in (acknowledgement, apology, follow_up):
        for incident in (False, True):
            plain = word(told(language, incident=incident))[1]
            assert plain.rstrip().endswith("Rui Alves\nPorto Post")
            assert not re.search(r"Rui Alves, (and|und|y|et|e) ", plain)
            assert not re.search(r" ,|,,|, *\.|\{|\}", plain)
            assert "Filialleiter" in word(told(language, incident=incident, title="Filialleiter"))[1] or (
                word is not apology
            )


def test_who_stands_in_does_not_sign_with_anothers_title() -> None:
    text = "I am sorry.\n\nJoris Vos\nmanager, Lumen & Co\n"
    signed = signed_for(text=text, me="Daan Smit", names=["Joris Vos", "Daan Smit"], house="Lumen & Co")
    assert signed == "I am sorry.\n\nDaan Smit, for Joris Vos\nLumen & Co\n"
    assert signed_for(text=text, me="Joris Vos", names=["Joris Vos"], house="Lumen & Co") == text

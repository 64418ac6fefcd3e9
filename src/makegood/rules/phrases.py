"""What customers read in their own language: the phrases of pages and mails, dates, and texts that ship with rules.

A language is two catalogues in `wording/`: `pages.xx.yaml` and `templates.xx.yaml`. Adding both adds the language.
What a catalogue lacks is said in English, word for word.
"""

from __future__ import annotations

import functools
import re
from datetime import datetime
from decimal import Decimal
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

import attrs
from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime
from babel.numbers import format_currency, format_decimal

from makegood.core.money import EXPONENTS, Money
from makegood.rules import yaml_text

ENGLISH = "en"
CODE = re.compile(r"[a-z]{2}")
LANGUAGE_RANGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
WEIGHT = re.compile(r"[01](?:\.\d{0,3})?")
MOST_HEADER = 500
WORD = re.compile(r"[^\W\d_]+")
SURE = 3
"""A text is taken for another language than the one told only with this many of its commonest words, and more of them
than of the told one's by this factor."""


class UnknownPhrase(KeyError):
    """There is no phrase of this name: write it into pages.en.yaml first."""


@attrs.frozen(kw_only=True)
class Catalogue:
    """One language: its `phrases` by name, its CLDR patterns of a day and a moment, what ships by its English text."""

    language: str
    locale: str
    day: str
    moment: str
    when: str
    lower_nouns: bool
    common: frozenset[str]
    phrases: dict[str, str]
    shipped: dict[str, str]


@functools.cache
def languages() -> tuple[str, ...]:
    """List the languages that pages and mails speak (ISO 639-1), English first."""
    folder = resources.files("makegood.rules") / "wording"
    names = [one.name for one in folder.iterdir() if re.fullmatch(r"pages\.[a-z]{2}\.yaml", one.name)]
    return tuple(sorted((name[6:8] for name in names), key=lambda code: (code != ENGLISH, code)))


@functools.cache
def catalogue(language: str) -> Catalogue:
    """Load the catalogue of one of `languages()`."""
    source = resources.files("makegood.rules") / "wording" / f"pages.{language}.yaml"
    document = yaml_text.data_of(source.read_text(encoding="utf-8"))
    return Catalogue(
        language=document["language"],
        locale=document["locale"],
        day=document["day"],
        moment=document["moment"],
        when=document["when"],
        lower_nouns=document["lower_nouns"],
        common=frozenset(document["common"].split()),
        phrases=document["phrases"],
        shipped=document.get("shipped", {}),
    )


def spoken(*wanted: str) -> str:
    """This function will return the first of these languages (`de`, `de-AT`, or "") that is spoken, else English."""
    codes = [one.strip().lower().replace("_", "-").partition("-")[0] for one in wanted]
    return next((code for code in codes if CODE.fullmatch(code) and code in languages()), ENGLISH)


def accepted(header: str) -> tuple[str, ...]:
    """This function will list the languages that an Accept-Language header asks for, the dearest first."""
    found = []
    for part in header[:MOST_HEADER].split(","):
        code, _, quality = part.strip().partition(";q=")
        if LANGUAGE_RANGE.fullmatch(code) and (not quality or WEIGHT.fullmatch(quality)) and float(quality or 1) > 0:
            found.append((-float(quality or 1), code))
    return tuple(code for _, code in sorted(found, key=lambda one: one[0]))


def phrase(name: str, /, *, language: str = ENGLISH, **facts: Any) -> str:
    """This function will return one phrase with its places filled; what a language lacks is said in English.

    Raises UnknownPhrase for a name that English has not.
    """
    text = catalogue(spoken(language)).phrases.get(name) or catalogue(ENGLISH).phrases.get(name)
    if text is None:
        raise UnknownPhrase(name)
    return text.format_map(facts) if facts else text


def shipped(text: str, *, language: str) -> str:
    """This function will translate a text that ships with the rules; what an organization wrote itself stays."""
    known = catalogue(spoken(language)).shipped
    title, colon, rest = text.partition(": ")
    return known.get(text) or (f"{known[title]}{colon}{rest}" if title in known else text)


@functools.cache
def _fixes() -> dict[str, str]:
    """What customers are told of each fix that ships, by the title that staff read."""
    folder = resources.files("makegood.rules") / "playbooks"
    books = [one for one in folder.iterdir() if one.name.endswith(".yaml")]
    found: dict[str, str] = {}
    for one in sorted(books, key=lambda one: one.name):
        for fix in yaml_text.data_of(one.read_text(encoding="utf-8"))["fixes"].values():
            found.setdefault(fix["title"], fix["says"])
    return found


def gap_in(text: str) -> str:
    """This function will return the mark in a text that a person is to write over, in any language; "" for none."""
    said = " ".join(text.split())
    return next((gap for one in languages() if (gap := catalogue(one).phrases["mail.gap"]) in said), "")


def fix_told(title: str, *, language: str) -> str:
    """This function will tell a customer of a fix by its title: in their language where it ships, else as written."""
    return shipped(_fixes().get(title, title), language=language)


def in_sentence(text: str, *, language: str) -> str:
    """This function will lower the first letter of a thing named inside a sentence, where the language does so."""
    if text[1:2].isupper() or not catalogue(spoken(language)).lower_nouns:
        return text
    return text[:1].lower() + text[1:]


def locale_for(language: str) -> str:
    """This function will return the locale of dates and amounts: the one told (`pt_BR`), else the catalogue's."""
    wanted = language.strip().replace("-", "_")
    if "_" in wanted and spoken(wanted) == wanted[:2].lower():
        try:
            return str(Locale.parse(wanted))
        except (UnknownLocaleError, ValueError):
            pass
    return catalogue(spoken(language)).locale


def number(count: int, *, language: str) -> str:
    """This function will write a whole number as a language does: "5,000", "5.000"."""
    return str(format_decimal(count, locale=locale_for(language)))


def amount(money: Money, *, language: str) -> str:
    """This function will write an amount as a language does: "€10.00", "10,00 €"."""
    value = Decimal(money.minor).scaleb(-EXPONENTS.get(money.currency, 2))
    return str(format_currency(value, money.currency, locale=locale_for(language)))


def _written(at: datetime, pattern: str, zone: str, language: str) -> str:
    return str(format_datetime(at.astimezone(ZoneInfo(zone)), pattern, locale=locale_for(language)))


def on_day(at: datetime, *, zone: str, language: str) -> str:
    """This function will tell a moment's day in a zone, to follow a clause: "on Tuesday 3 May"."""
    known = catalogue(spoken(language))
    return known.when.format(day=_written(at, known.day, zone, language))


def by_moment(at: datetime, *, zone: str, language: str) -> str:
    """This function will tell a moment in a zone, to follow "by": "Thursday 5 May, 12:00"."""
    return _written(at, catalogue(spoken(language)).moment, zone, language)


def language_of(text: str, *, told: str) -> str:
    """This function will return the language that a text is written in: the one told, unless another surely is.

    It counts each language's commonest words, so a few borrowed words change nothing.
    """
    words = [word.lower() for word in WORD.findall(text)]
    counts = {one: sum(word in catalogue(one).common for word in words) for one in languages()}
    best = max(counts, key=lambda one: counts[one])
    mine = counts.get(told[:2].lower(), 0)
    return best if best != told[:2].lower() and counts[best] >= SURE and counts[best] >= SURE * mine else told

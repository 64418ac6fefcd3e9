"""Who is meant, read out of one typed line: addresses and numbers of several countries apart from the name."""

from __future__ import annotations

import pytest

from makegood.core.contacts import Contact, contact_of, phone_plain, why_no_email, why_no_phone

ANNA = "Anna de Vries"


@pytest.mark.parametrize(
    ("line", "emails", "phones", "name"),
    [
        ("Anna de Vries anna@example.com 06 12345678", ["anna@example.com"], ["0612345678"], ANNA),
        ("anna@example.com", ["anna@example.com"], [], ""),
        ("Anna de Vries <anna@example.com>, 06-12345678", ["anna@example.com"], ["0612345678"], ANNA),
        ("06 12345678 Anna de Vries", [], ["0612345678"], ANNA),
        ("Anna de Vries +31 6 1234 5678", [], ["+31612345678"], ANNA),
        ("Anna de Vries (020) 123 45 67", [], ["0201234567"], ANNA),
        ("Anna de Vries, tel. +44 (0)20 7946 0958", [], ["+442079460958"], ANNA),
        ("Anna de Vries mobile: 07700 900123 e-mail: anna@example.com", ["anna@example.com"], ["07700900123"], ANNA),
        ("Anna de Vries (555) 010-4477", [], ["5550104477"], ANNA),
        ("Anna de Vries +1 555-010-4477", [], ["+15550104477"], ANNA),
        ("Anna de Vries 555.010.4477", [], ["5550104477"], ANNA),
        ("Anna de Vries 01 23 45 67 89", [], ["0123456789"], ANNA),
        ("Anna de Vries +49 30/901820", [], ["+4930901820"], ANNA),
        ("Anna de Vries 912 345 678", [], ["912345678"], ANNA),
        ("0612345678; anna@example.com; Anna de Vries", ["anna@example.com"], ["0612345678"], ANNA),
        ("Anna a@example.com b@example.org", ["a@example.com", "b@example.org"], [], "Anna"),
        ("555 0104", [], ["5550104"], ""),
        ("+351 912-345-678", [], ["+351912345678"], ""),
        ("Anna de Vries", [], [], ANNA),
        ("The lady at till 3", [], [], "The lady at till 3"),
        ("the man with the red bike (2)", [], [], "the man with the red bike (2)"),
        ("Anna, order 100200300400", [], [], "Anna, order 100200300400"),
        ("Anna, room 4711", [], [], "Anna, room 4711"),
        ("Anna born 01.12.1980", [], [], "Anna born 01.12.1980"),
        ("Anna 2026-11-22", [], [], "Anna 2026-11-22"),
        ("", [], [], ""),
    ],
)
def test_a_line_is_read(line: str, emails: list[str], phones: list[str], name: str) -> None:
    assert contact_of(text=line) == Contact(emails=tuple(emails), phones=tuple(phones), name=name)


@pytest.mark.parametrize(("line", "name"), [("Mr. T 0612345678", "Mr. T"), ("Anna t: 0612345678", "Anna")])
def test_a_letter_names_a_number_only_with_a_point_or_a_colon(line: str, name: str) -> None:
    assert contact_of(text=line) == Contact(phones=("0612345678",), name=name)


def test_the_surest_comes_first() -> None:
    assert contact_of(text="06 12345678 anna@example.com").identities == (
        ("email", "anna@example.com"),
        ("phone", "0612345678"),
    )


@pytest.mark.parametrize("typed", ["+31 6 12345678", "+31-6-12345678", "+31.6.12345678", "+31 (0)6 12 34 56 78"])
def test_one_number_is_one_however_it_is_typed(typed: str) -> None:
    assert phone_plain(text=typed) == "+31612345678"


@pytest.mark.parametrize("text", ["ana@example.com", "ANA.FERREIRA+x@mail.example.co.uk", "jörg@bücher.example"])
def test_an_address_is_one(text: str) -> None:
    assert why_no_email(text=text) == ""


@pytest.mark.parametrize("text", ["none", "keine", "post.example", "ana@@example.com", "ana@post..example", "a@b"])
def test_what_stands_for_no_address_is_refused_with_what_to_do(text: str) -> None:
    assert why_no_email(text=text) == f"{text!r} is no e-mail address: write it like ana@example.com, or leave it empty"


@pytest.mark.parametrize("text", ["+49 151 7019181", "06 12345678", "12345", "+44 20 7946 0958 ext 12"])
def test_a_number_is_one(text: str) -> None:
    assert why_no_phone(text=text) == ""


@pytest.mark.parametrize("text", ["see note", "1234", "0000000000", "-"])
def test_what_stands_for_no_number_is_refused(text: str) -> None:
    assert why_no_phone(text=text).startswith(f"{text!r} is no phone number: ")

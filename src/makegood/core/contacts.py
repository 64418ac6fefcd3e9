"""Reading who is meant out of one line that somebody typed: e-mail addresses, phone numbers, and the name that is left.

A number counts as a phone number where the line is nothing else, or where it looks like one: it begins with +, 0 or
a bracket, or has nine digits or more. Dates, and numbers that are called an order, a booking or a room, stay.
"""

from __future__ import annotations

import re

import attrs

EMAIL = re.compile(r"[^@\s<>,;()]+@[^@\s<>,;()]+\.[^@\s<>,;()]+")
PHONE = re.compile(r"(?<![\w#/+.-])[+(]?\(?\d(?:[\s().\-/]{0,3}\d){6,14}(?![\w@])")
WHOLE = re.compile(r"\+?[\d\s().\-/]{7,30}")
DATE = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d{2}-\d{2}")
LABEL = re.compile(
    r"\b(?:e-?mail|mail|tel|telephone|telefoon|telefon|phone|mobile|mob|cell|handy|[tm](?=\s*[.:]))\s*[.:]*\s*$",
    re.IGNORECASE,
)
NUMBERED = re.compile(
    r"\b(?:order|booking|receipt|invoice|reference|ref|card|room|till|table|number|no|nr|id)\W{0,3}$", re.IGNORECASE
)
TRUNK = re.compile(r"^(\+\s?\d{1,3}\s?)\(0\)")
SURE_DIGITS = 9
FEWEST_DIGITS = 5
"""Of a phone number in a file: an extension of the house has four at most."""


@attrs.frozen(kw_only=True)
class Contact:
    """What one line said of somebody; phone numbers keep their + and their digits alone."""

    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    name: str = ""

    @property
    def identities(self) -> tuple[tuple[str, str], ...]:
        """(kind, value) pairs, the surest first."""
        return (*(("email", one) for one in self.emails), *(("phone", one) for one in self.phones))


def phone_plain(*, text: str) -> str:
    """This function will return a phone number as it is dialled from abroad: "+44 (0)20 7946 0958" is +442079460958."""
    return re.sub(r"[^\d+]", "", TRUNK.sub(r"\1", text.strip()))


def why_no_email(*, text: str) -> str:
    """This function will say what to do about a text that stands where an e-mail address belongs; nothing if it is one.

    Whoever is known by such a text is everybody who has it: "none" in two rows would make two people one.
    """
    if EMAIL.fullmatch(text) and ".." not in text:
        return ""
    return f"{text[:60]!r} is no e-mail address: write it like ana@example.com, or leave it empty"


def why_no_phone(*, text: str) -> str:
    """This function will say the same of a phone number: five digits or more, and not one digit over and over."""
    digits = [letter for letter in text if letter.isdigit()]
    if len(digits) >= FEWEST_DIGITS and len(set(digits)) > 1:
        return ""
    return f"{text[:60]!r} is no phone number: write it like +49 30 901820, or leave it empty"


def contact_of(*, text: str) -> Contact:
    """This function will read a line such as "Anna de Vries <anna@example.com>, 06 12345678", in any order."""
    rest = " ".join(text.split())
    if WHOLE.fullmatch(rest) and 7 <= len(re.sub(r"\D", "", rest)) <= 15:
        return Contact(phones=(phone_plain(text=rest),))
    emails = tuple(dict.fromkeys(one.strip(".'\"") for one in EMAIL.findall(rest)))
    rest = _without(rest, [found.span() for found in EMAIL.finditer(rest)])
    numbers = [found for found in PHONE.finditer(rest) if _is_phone(rest, found)]
    phones = tuple(dict.fromkeys(phone_plain(text=found.group()) for found in numbers))
    rest = _without(rest, [found.span() for found in numbers])
    name = " ".join(re.sub(r"[<>,;()]", " ", rest).split()) if emails or phones else rest
    return Contact(emails=emails, phones=phones, name=name.strip(" -/|:") if emails or phones else name)


def _is_phone(text: str, found: re.Match[str]) -> bool:
    said = found.group()
    if DATE.fullmatch(said) or NUMBERED.search(text[: found.start()]):
        return False
    return said[0] in "+(0" or sum(letter.isdigit() for letter in said) >= SURE_DIGITS


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    """Take these out, each with the word that names it ("tel.") where one stands before it."""
    for start, end in reversed(spans):
        text = f"{LABEL.sub('', text[:start])} {text[end:]}"
    return text

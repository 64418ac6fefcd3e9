"""Which words of a letter may be the number of an order, as its writer copied it. What they are is for others to say.

A word is one where it looks like no other word: digits with letters or enough of them, or whatever stands behind a word
for a number. It is only ever compared whole with references that are known, so that nothing is guessed from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

MOST_WORDS = 50
"""So many words of a letter are taken for numbers, the first ones."""
MOST_LETTERS = 20_000
"""So much of a letter is read, from its beginning."""
LONGEST = 120
SHORTEST, SHORTEST_BEHIND = 4, 3
"""How long a number is at least: alone, and behind a word for one."""
DIGITS = 5
"""Digits alone are a number from so many on: fewer are a year, a price or a day."""
CODE = 5
"""Capitals without a digit are a booking's code from so many on, behind a word for one."""
WORD = re.compile(r"(?P<mark>[#№]\s?)?(?P<word>[^\W_](?:[\w/.\-]*[^\W_])?)")
BEHIND = frozenset(
    "no nr num number n nº ref reference order booking reservation invoice receipt"  # English
    " nummer bestellung bestellnummer auftrag auftragsnummer buchung buchungsnummer referenz rechnung"  # German
    " numéro numero commande référence réservation facture"  # French
    " número pedido referencia reserva factura"  # Spanish
    " encomenda referência fatura".split()  # Portuguese
)
"""Words for a number, in the languages that customers are written to in."""


def references_in(*, text: str) -> tuple[str, ...]:
    """This function will find the words of a text that may be an order's number, as they are written, in their order.

    At most MOST_WORDS of its first MOST_LETTERS letters. Two numbers with a stroke between them are told apart, too.
    """
    found: dict[str, None] = {}
    for word in _words(text[:MOST_LETTERS]):
        found.setdefault(word)
        if len(found) == MOST_WORDS:
            break
    return tuple(found)


def _words(text: str) -> Iterator[str]:
    before = ""
    for match in WORD.finditer(text):
        word = match["word"]
        behind = match["mark"] is not None or before in BEHIND
        for one in (word, *word.split("/")) if "/" in word else (word,):
            if _may_be(one, behind=behind):
                yield one
        before = word.casefold()


def _may_be(word: str, *, behind: bool) -> bool:
    if not (SHORTEST_BEHIND if behind else SHORTEST) <= len(word) <= LONGEST:
        return False
    digits = sum(letter.isdigit() for letter in word)
    if not digits:
        return behind and len(word) >= CODE and word.isupper()
    return behind or digits >= DIGITS or any(letter.isalpha() for letter in word)

"""Invented people, the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator

FIRST = (
    "Ana Amara Bilal Bea Caio Chen Clara Daan Dina Elif Emil Farah Femi Greta Hana Hugo Ines Ivo Jana Joris Kofi Lena"
    " Liam Luca Mads Maya Milan Nadia Noor Olga Omar Pia Priya Rafa Rosa Sami Sanne Sara Tariq Tess Umar Vera Wim Yara"
    " Yuki Zoe"
).split()
LAST = (
    "Alves Bakker Becker Castro Cohen Costa Dekker Diaz Ekström Farouk Ferreira Fischer Garcia Haddad Hansen Ito Jansen"
    " Kaya Khan Kim Kowalski Larsen Lopez Mensah Meyer Moreau Nakamura Novak Okafor Oliveira Papadopoulos Patel Petrov"
    " Ramos Rossi Santos Schmidt Silva Singh Suzuki Tanaka Torres Visser Weber Yilmaz Zhang"
).split()


def people(*, seed: int) -> Iterator[tuple[str, str]]:
    """Yield (name, e-mail) without end; the addresses are in a domain that can never exist."""
    rnd = random.Random(seed)  # invented people need no secrecy
    number = 0
    while True:
        number += 1
        first, last = rnd.choice(FIRST), rnd.choice(LAST)
        yield f"{first} {last}", f"{first}.{last}.{number}@example.invalid".lower()

"""Names of people as files hold them: the last name first with a comma, or in two columns. Pure.

A name of a company may hold a comma, too: "Müller, Söhne & Co. KG". What looks like one stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from makegood.listen.intake.columns import FAMILY, GIVEN
from makegood.listen.intake.values import Way

LAST_FIRST = "last"
NAMES = {
    "": "As they are read: Anna Müller",
    LAST_FIRST: "The last name first, with a comma: Müller, Anna",
}
NEARLY_ALL = 0.9
FEWEST = 3
MOST_WORDS = 4
COMPANY = re.compile(
    r"[&+/\d]|\b(?:AG|KG|SE|UG|SA|SL|AB|AS|OY|NV|BV|EG|OHG|KGaA)\b|\b[SBNe]\.\s?[ALV]\.|(?i:\b(?:gmbh|mbh|gbr|co|cie|ltd"
    r"|limited|llc|llp|inc|corp|plc|company|group|gruppe|holding|sons|s[oö]hne|t[oö]chter|partner|sarl|srl|lda|ltda|fils"
    r"|hijos|hermanos|filhos|irm[aã]os)\b)"
)
AFTER = frozenset(("jr", "sr", "ii", "iii", "iv", "phd", "md", "esq", "mba", "msc", "bsc", "dds"))
"""What stands after a comma without being a first name."""
FIRST_WORDS = frozenset(
    ("vorname", "vornamen", "firstname", "forename", "givenname", "given", "prenom", "prenoms", "nombres")
)
LAST_WORDS = frozenset(
    (
        "nachname", "nachnamen", "familienname", "zuname", "lastname", "surname", "familyname", "apellido", "apellidos",
        "apelido", "apelidos", "sobrenome", "sobrenomes",
    )
)  # fmt: skip
LAST_BESIDE = frozenset(("name", "nom"))
"""What a last name is called beside a first one ("Name, Vorname"), and a whole name alone."""
FIRST_BESIDE = frozenset(("nombre", "nome"))
"""What a first name is called beside a last one ("Nombre, Apellidos"), and a whole name alone."""


def parts_named(word: str) -> tuple[str, ...]:
    """Return which parts of a name the name of a column speaks of, in its order: GIVEN, FAMILY, both, or neither.

    `word` is as `drafting.plain_word` leaves it.
    """
    if word in ("first", "last"):
        return (GIVEN,) if word == "first" else (FAMILY,)
    tokens = word.replace("nom de famille", "lastname").replace("nombre de pila", "firstname").split()
    said: list[str] = []
    for position, part in enumerate(tokens):
        before = tokens[position - 1] if position else ""
        if part in FIRST_WORDS or (part == "name" and before in ("first", "given")):
            said.append(GIVEN)
        elif part in LAST_WORDS or (part == "name" and before in ("last", "family")):
            said.append(FAMILY)
        elif part in LAST_BESIDE or part in FIRST_BESIDE:
            said.append("")
    found = set(said)
    if "" in found and len(said) > 1:
        other = FAMILY if GIVEN in found else GIVEN
        said = [one or other for one in said] if len(found) > 1 else []
    return tuple(dict.fromkeys(one for one in said if one))


def names_way(*, word: str, seen: Sequence[str]) -> Way:
    """Work out whether a column of names has the last name first, by the column's own name or by its values."""
    parts = parts_named(word)
    commas = [text for text in seen if "," in text]
    if parts == (FAMILY, GIVEN) and (commas or not seen):
        return Way(way=LAST_FIRST, why="its header says the last name first")
    if parts:
        return Way(way="", why="")
    likely = [text for text in seen if _split(text) is not None]
    if len(likely) >= FEWEST and len(likely) >= NEARLY_ALL * len(seen):
        return Way(way=LAST_FIRST, why=f"nearly all look like {likely[0]}")
    return Way(way="", why="")


def name_plain(text: str, way: str) -> str:
    """Return a name as it is read: "Müller, Anna" is Anna Müller where the last name stands first."""
    found = _split(text) if way == LAST_FIRST else None
    return text if found is None else f"{found[1]} {found[0]}"


def name_whole(row: Mapping[str, str]) -> str:
    """Put a name together that stands in two columns."""
    return " ".join(" ".join((row.get(GIVEN, ""), row.get(FAMILY, ""))).split())


def _split(text: str) -> tuple[str, str] | None:
    """The last name and the first, where a text has just these, and looks like no company."""
    last, comma, first = (part.strip() for part in text.partition(","))
    if not comma or not last or not first or "," in first or COMPANY.search(text):
        return None
    if first.rstrip(".").replace(".", "").lower() in AFTER:
        return None
    if max(len(last.split()), len(first.split())) > MOST_WORDS:
        return None
    return last, first

"""Drafting a mapping from a file's header and some of its values: what is what, and why that is thought. Pure.

Nothing is decided here: a person sees each guess with its reason, and may change it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import attrs

from makegood.listen.datasets.numbered import Problems
from makegood.listen.intake import values
from makegood.listen.intake.columns import AMOUNTS, CALLED, FAMILY, GIVEN, KINDS, NAMED, TIMES, WHO, columns_for
from makegood.listen.intake.person_names import FIRST_BESIDE, LAST_BESIDE, names_way, parts_named
from makegood.listen.intake.reading import Sheet
from makegood.listen.intake.values import Way

MOST_SAMPLES = 2000
MOSTLY = 0.8
LEAST_TOKEN = 4
SMALL = frozenset(("of", "the", "der", "de", "du", "des", "d", "del", "la", "el", "do", "da"))
SPELT = {
    **dict.fromkeys(("no", "n", "nr", "num", "nro", "nummer", "numero"), "number"),
    **dict.fromkeys(("cod", "codigo"), "code"),
}
EXACT, PARTLY, LOOKS, ONLY = 1.0, 0.6, 0.5, 0.3
KIND_WHY = {
    "promises": "it says when something is due",
    "purchases": "it has a reference, a day and a total",
    "charges": "it has a reference, a day and an amount, and speaks of payments",
    "customers": "it says who somebody is and how to reach them",
    "places": "it has codes and names",
    "members": "it has e-mails, names and what people do",
}
NEEDS_SOMEBODY = ("promises", "purchases", "charges", "customers")
Samples = Mapping[str, Sequence[str]]


@attrs.frozen(kw_only=True)
class Guess:
    """Which column of the file a column of ours is, how sure that is (0 to 1), and why."""

    column: str
    sure: float
    why: str


@attrs.frozen(kw_only=True)
class Draft:
    """A mapping as it is guessed: `guesses` by our column, and how dates, amounts and names are written."""

    kind: str
    why: str
    guesses: Mapping[str, Guess]
    dates: Way
    amounts: Way
    names: Way


class _Passed(Problems):
    def add_whole(self, row: int, text: str) -> None:
        """Pass over a row that cannot be read."""


def samples_of(sheet: Sheet) -> dict[str, list[str]]:
    """Return values of each column that are not empty, from rows spread over all of the file."""
    apart = max(1, sheet.rows // MOST_SAMPLES)
    found: dict[str, list[str]] = {column: [] for column in sheet.header}
    for number, row in sheet.told(_Passed(sheet.name)):
        if number % apart == 0 or number <= MOST_SAMPLES // 10:
            for column, text in row.items():
                if text:
                    found[column].append(text)
    return found


def plain_word(text: str) -> str:
    """Return a column's name in small letters without accents, its words apart: "OrderDate" is "order date"."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    letters = unicodedata.normalize("NFKD", apart.casefold())
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[\W_]+", " ", bare).split())


@lru_cache(maxsize=4096)
def _spelt_out(word: str) -> str:
    """Return what is the same however it is shortened: "no tienda" and "numero de tienda" are "number tienda"."""
    said = [SPELT.get(token, token) for token in word.split() if token not in SMALL]
    return " ".join(said) or word


def drafted(*, header: Sequence[str], samples: Samples, kind: str = "") -> Draft:
    """Guess which column is what, for files of this kind or of the likeliest."""
    if kind:
        return _drafted(kind, "you said so", header, samples)
    drafts = [_drafted(one, KIND_WHY[one], header, samples) for one in KINDS]
    return max(drafts, key=lambda draft: (not lacking(draft.kind, draft.guesses), _spoken_of(draft), *_weight(draft)))


def _spoken_of(draft: Draft) -> bool:
    """Whether any of the columns that the kind needs is called so, and not only looks it: each list has dates."""
    needed = KINDS[draft.kind][1].needed
    return not needed or any(draft.guesses[name].sure > ONLY for name in needed if name in draft.guesses)


def _weight(draft: Draft) -> tuple[float, bool]:
    """How much of a file a draft explains; of two that explain as much, the one that knows the code of a place."""
    return sum(guess.sure for guess in draft.guesses.values()), "code" in draft.guesses


def lacking(kind: str, chosen: Mapping[str, object]) -> list[str]:
    """Say in words which columns a mapping cannot do without and has not."""
    there = {name for name, column in chosen.items() if column}
    there |= {"name"} if there & {GIVEN, FAMILY} else set()
    missing = [CALLED[name].label for name in KINDS[kind][1].needed if name not in there]
    if kind in NEEDS_SOMEBODY and not any(chosen.get(name) for name in WHO):
        missing.append("something to know the customer by, such as E-mail")
    return missing


def _drafted(kind: str, why: str, header: Sequence[str], samples: Samples) -> Draft:
    table = KINDS[kind][1]
    offers: list[tuple[float, int, int, str, Guess]] = []
    for place, name in enumerate(columns_for(kind)):
        for position, column in enumerate(header):
            guess = _guess(name, column, samples.get(column, ()))
            if guess is not None:
                offers.append((-guess.sure, place, position, name, guess))
    guesses: dict[str, Guess] = {}
    taken: set[str] = set()
    for _, _, _, name, guess in sorted(offers, key=lambda one: one[:3]):
        if name not in guesses and guess.column not in taken:
            guesses[name] = guess
            taken.add(guess.column)
    _only_ones(table.needed, header, samples, guesses, taken)
    _total_needs_day(kind, guesses)
    _names_in_two(guesses)
    ordered = {name: guesses[name] for name in columns_for(kind) if name in guesses}
    named = ordered["name"].column if kind in NAMED and "name" in ordered else ""
    return Draft(
        kind=kind,
        why=why,
        guesses=ordered,
        dates=written(ordered, samples, TIMES, values.date_order),
        amounts=written(ordered, samples, AMOUNTS, values.decimals),
        names=names_way(word=plain_word(named), seen=samples.get(named, ())) if named else Way(way="", why=""),
    )


def _names_in_two(guesses: dict[str, Guess]) -> None:
    """Take "Name" beside a first name for the last one, and "Nombre" beside a last name for the first one.

    What is a whole name for sure stands for both.
    """
    whole = guesses.get("name")
    for part, other, words in ((FAMILY, GIVEN, LAST_BESIDE), (GIVEN, FAMILY, FIRST_BESIDE)):
        if whole and other in guesses and part not in guesses and plain_word(whole.column) in words:
            why = f"it stands beside {guesses[other].column}"
            guesses[part] = attrs.evolve(guesses.pop("name"), why=why)
            return
    if whole:
        guesses.pop(GIVEN, None)
        guesses.pop(FAMILY, None)


def written(
    guesses: Mapping[str, Guess], samples: Samples, names: Sequence[str], judge: Callable[[Sequence[str]], Way]
) -> Way:
    """Work out how all columns of one sort are written."""
    return judge([text for name in names if name in guesses for text in samples.get(guesses[name].column, ())])


def _guess(name: str, column: str, seen: Sequence[str]) -> Guess | None:
    fits = FITS.get(name)
    if fits is not None and seen and sum(map(fits[0], seen)) < MOSTLY * len(seen):
        return None
    if name not in WHO and name not in TIMES and seen and sum(map(values.is_email, seen)) > len(seen) / 2:
        return None
    word, words = plain_word(column), CALLED[name].words
    parts = parts_named(word)
    of_parts = name in (GIVEN, FAMILY) or (bool(parts) and name in ("name", "handle"))
    exact = _spelt_out(word) in map(_spelt_out, (*words, plain_word(name), plain_word(CALLED[name].label)))
    if of_parts:
        exact = parts == (name,) or (name == "name" and len(parts) > 1)
    if exact or of_parts:
        return Guess(column=column, sure=EXACT, why="people usually call it so") if exact else None
    if any(_speaks_of(word, one) for one in words):
        return Guess(column=column, sure=PARTLY, why="its name is much like what people call it")
    if name in ("email", "phone") and seen and fits is not None:
        return Guess(column=column, sure=LOOKS, why=f"its values look like {fits[1]}")
    return None


def _speaks_of(word: str, known: str) -> bool:
    """Tell whether a column's name holds a known one; one word alone only as the name's last, which says what it is."""
    tokens, parts = word.split(), known.split()
    return set(parts) <= set(tokens) and (len(parts) > 1 or (len(known) >= LEAST_TOKEN and tokens[-1] == known))


FITS: dict[str, tuple[Callable[[str], bool], str]] = {
    "email": (values.is_email, "e-mail addresses"),
    "phone": (values.is_phone, "telephone numbers"),
    **dict.fromkeys(TIMES, (values.is_time, "dates")),
    **dict.fromkeys(AMOUNTS, (values.is_amount, "amounts")),
}


def _only_ones(
    needed: Sequence[str], header: Sequence[str], samples: Samples, guesses: dict[str, Guess], taken: set[str]
) -> None:
    """Guess a needed column that no name gave, where just one column's values could be it."""
    for name in needed:
        if name in guesses or name not in (*TIMES, *AMOUNTS, "reference"):
            continue
        could = [column for column in header if column not in taken and _could(name, samples.get(column, ()))]
        if len(could) == 1:
            said = FITS[name][1] if name in FITS else "all different"
            why = f"it is the only column left whose values are {said}"
            guesses[name] = Guess(column=could[0], sure=ONLY, why=why)
            taken.add(could[0])


def _total_needs_day(kind: str, guesses: dict[str, Guess]) -> None:
    """Take a promise's total for what it is worth where no column is the day on which it was bought."""
    if kind == "promises" and "total" in guesses and "made_at" not in guesses:
        total = guesses.pop("total")
        why = f"{total.why}; without a day on which it was bought it is no purchase"
        guesses.setdefault("value", attrs.evolve(total, why=why))


def _is_no_reference(text: str) -> bool:
    return values.is_time(text) or values.is_email(text) or (values.is_amount(text) and not text.isdigit())


def _could(name: str, seen: Sequence[str]) -> bool:
    if not seen:
        return False
    if name == "reference":
        return len(set(seen)) == len(seen) and not any(map(_is_no_reference, seen))
    return all(map(FITS[name][0], seen)) and not (name in AMOUNTS and all(text.isdigit() for text in seen))

"""What files say in words of their own where ours is a code: somebody's role, a language, the places they serve. Pure.

What is none of these words stays as it is, so that who checks the row says what to do about it.
"""

from __future__ import annotations

import re
from functools import lru_cache

from babel import Locale

from makegood.listen.intake.drafting import plain_word

SPOKEN = ("en", "de", "fr", "es", "pt")
"""Languages whose names of roles and languages are known, as those of columns are."""
BESIDE = ("ca", "cs", "da", "eu", "gl", "hu", "it", "nl", "no", "pl", "ro", "ru", "sv", "tr", "uk")
"""Languages of neighbours, known by what they call themselves as well: "català"."""
JOBS = {
    "employee": """
        employee | staff | associate | sales associate | sales assistant | mitarbeiter | angestellte | angestellter |
        verkaufer | employe | vendeur | empleado | empleada | dependiente | dependienta | vendedor | vendedora |
        funcionario | funcionaria | empregado | empregada | colaborador
        """,
    "manager": """
        manager | store manager | shop manager | branch manager | team leader | supervisor | leiter | filialleiter |
        marktleiter | teamleiter | responsable | responsable de magasin | directeur de magasin | encargado | encargada |
        encargado de tienda | gerente | gerente de tienda | responsable de tienda | jefe de tienda | jefa de tienda |
        gerente de loja | responsavel | encarregado | encarregada
        """,
    "finance": """
        finance | accounting | accountant | bookkeeper | buchhaltung | buchhalter | finanzen | comptabilite |
        comptable | finances | contabilidad | contable | finanzas | contabilidade | contabilista | financas
        """,
    "admin": "admin | administrator | administrateur | administrador | administradora",
}
ROLE_OF = {" ".join(word.split()): role for role, words in JOBS.items() for word in words.split("|")}
ENDING = re.compile(r"(?: (?:a|o|e|in|ra|ora|euse|trice|m|w|d|f|h|x))+$")
"""Both genders in one word, as they are left by `plain_word`: "Encargado/a", "Mitarbeiter:in", "Leiter (m/w/d)"."""
CODE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-[A-Za-z]{2})?")
"""What is a language's code already, as de or pt-BR: "ga" is Irish, and no name of another one."""
APART = re.compile(r"[\s,;|+]+")


def role_plain(text: str) -> str:
    """Return our role for what a job is called: "Encargado/a" is a manager, "Buchhaltung" finance."""
    word = plain_word(text)
    return ROLE_OF.get(word) or ROLE_OF.get(ENDING.sub("", word)) or text


def language_plain(text: str) -> str:
    """Return the code of a language that is called by its name: "Inglés" is en."""
    return text if CODE.fullmatch(text.strip()) else _languages().get(plain_word(text), text)


def places_plain(text: str) -> str:
    """Return codes of places with a space between, however the file parts them: "H01, H02" is "H01 H02"."""
    return " ".join(filter(None, APART.split(text)))


@lru_cache(maxsize=1)
def _languages() -> dict[str, str]:
    found = {"castellano": "es"}
    for locale in SPOKEN:
        names = Locale(locale).languages
        for code in sorted(names, key=lambda code: (len(code), code)):
            if code.isalpha():
                found.setdefault(plain_word(names[code]), code)
    return found | {plain_word(Locale(code).languages[code]): code for code in BESIDE}

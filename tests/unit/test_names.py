"""How somebody is called: by first name or by title and last, and a description is none."""

from __future__ import annotations

import pytest

from makegood.core.names import code_of, described, first_name


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("Ana Ferreira", "Ana"),
        ("  Ana  ", "Ana"),
        ("The lady at till 3", ""),
        ("the man with the red bike", ""),
        ("An old man", ""),
        ("An Nguyen", "An"),
        ("My Linh", "My"),
        ("man with a dog", ""),
        ("Thea Berg", "Thea"),  # begins like an article, and is none
        ("山田 太郎", "山田"),  # a script without small letters
        ("", ""),
        ("Mrs Amina Hale", "Mrs Hale"),
        ("Mrs Amina Hale, flat 3", "Mrs Hale"),
        ("Prof. Dr. Jana Weber", "Prof. Dr. Weber"),
        ("Frau Weber", "Frau Weber"),
        ("M. Hugo Petit", "M. Petit"),
        ("M Petit", "M"),  # an initial, as far as anybody can tell
        ("Hale, Amina", "Amina"),
        ("Amina, flat 3", "Amina"),
        ("Don Hale", "Don"),
        ("Srta. Nuñez", "Srta. Nuñez"),
        ("Ferreira, Ana Maria", "Ana"),
        ("Ferreira, Dr. Ana", "Dr. Ferreira"),
        ("Smith, Mr John", "Mr Smith"),
        ("Amina, Room 214", "Amina"),
        ("Weber, Zimmer 12", "Weber"),
        ("Dra. Ana Ferreira", "Dra. Ferreira"),
        ("Doña María García", "Doña María"),
        ("Sr. Juan García López", "Sr. Juan García López"),  # called García, as far as a Spaniard is concerned
        ("Mr John Smith Jr.", "Mr Smith"),
        ("Mr. & Mrs. Smith", ""),
        ("Herr und Frau Weber", ""),
    ],
)
def test_only_a_name_is_called(name: str, called: str) -> None:
    assert first_name(name=name) == called
    assert described(name=name) is bool(name.strip() and not called and "Frau" not in name and "Mrs." not in name)


@pytest.mark.parametrize("name", ["Mrs", "Dr.", "Mrs, flat 3", ",", " , "])
def test_a_title_alone_names_nobody(name: str) -> None:
    assert first_name(name=name) == ""


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Laden Köln", "laden-koln"),
        ("Straße 7", "strasse-7"),
        ("Ångström & Søn", "angstrom-son"),
        ("Café Łódź", "cafe-lodz"),
        ("渋谷 1", "渋谷-1"),  # ASCII would lose what tells it from every other shop
        ("—", ""),
    ],
)
def test_a_code_is_in_ascii_where_no_letter_is_lost_by_it(name: str, code: str) -> None:
    assert code_of(name=name) == code

"""Names of people in files: the last name first with a comma, or in two columns; and a company's stays as it is."""

from __future__ import annotations

import pytest

from makegood.listen.datasets.numbered import Collected
from makegood.listen.intake.columns import FAMILY, GIVEN
from makegood.listen.intake.drafting import drafted, lacking, plain_word, samples_of
from makegood.listen.intake.person_names import LAST_FIRST, name_plain, names_way, parts_named
from makegood.listen.intake.reading import sheet_of
from makegood.listen.intake.turning import Columns, UnusableColumns, refuse_open, turned

COMPANY = "Müller, Söhne & Co. KG"


@pytest.mark.parametrize(
    ("header", "parts"),
    [
        ("Nachname, Vorname", (FAMILY, GIVEN)), ("Name, Vorname", (FAMILY, GIVEN)), ("Nom, prénom", (FAMILY, GIVEN)),
        ("Last name, first name", (FAMILY, GIVEN)), ("LastName_FirstName", (FAMILY, GIVEN)),
        ("Apellidos, nombre", (FAMILY, GIVEN)), ("Apelido, Nome", (FAMILY, GIVEN)), ("Vorname Nachname", (GIVEN, FAMILY)),
        ("Vorname", (GIVEN,)), ("FirstName", (GIVEN,)), ("Customer first name", (GIVEN,)), ("Prénom", (GIVEN,)),
        ("Nachname", (FAMILY,)), ("surname", (FAMILY,)), ("Apellidos", (FAMILY,)), ("Nom de famille", (FAMILY,)),
        ("Name", ()), ("Customer name", ()), ("User name", ()), ("Nombre del cliente", ()), ("Store name", ()),
    ],
)  # fmt: skip
def test_a_header_says_which_parts_of_a_name_it_holds(header: str, parts: tuple[str, ...]) -> None:
    assert parts_named(plain_word(header)) == parts


@pytest.mark.parametrize(
    ("header", "seen", "way"),
    [
        ("Nachname, Vorname", ["Müller, Anna"], LAST_FIRST),
        ("Nachname, Vorname", ["Müller Anna"], ""),  # without a comma nobody knows where it ends
        ("Vorname, Nachname", ["Anna, Müller"] * 5, ""),
        ("Name", ["Müller, Anna", "Köhler, Jürgen", "Da Silva, Inês"], LAST_FIRST),
        ("Name", ["Müller, Anna", "Köhler, Jürgen"], ""),  # too few to say so
        ("Name", ["Müller, Anna"] * 9 + ["Anna Müller"], LAST_FIRST),
        ("Name", ["Müller, Anna"] * 8 + ["Anna Müller"], ""),
        ("Name", [COMPANY] * 20, ""),
        ("Name", ["Smith, Jr."] * 20, ""),
        ("Name", [], ""),
    ],
)
def test_the_last_name_stands_first_where_the_header_or_nearly_all_values_say_so(
    header: str, seen: list[str], way: str
) -> None:
    assert names_way(word=plain_word(header), seen=seen).way == way


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Müller, Anna", "Anna Müller"), ("von der Leyen, Ursula", "Ursula von der Leyen"), ("Müller,Anna", "Anna Müller"),
        ("Müller, Dr. Anna", "Dr. Anna Müller"), ("Anna Müller", "Anna Müller"), (COMPANY, COMPANY),
        ("Schmidt, Weber GmbH", "Schmidt, Weber GmbH"), ("Acme, Inc.", "Acme, Inc."), ("King, Jr.", "King, Jr."),
        ("Hotel Adlon, Berlin, Mitte", "Hotel Adlon, Berlin, Mitte"), ("Müller,", "Müller,"), (", Anna", ", Anna"),
        ("Sá, Ana", "Ana Sá"), ("Filiale 12, Mitte", "Filiale 12, Mitte"), ("García S.L., Ventas", "García S.L., Ventas"),
    ],
)  # fmt: skip
def test_a_name_is_turned_and_a_companys_is_not(text: str, plain: str) -> None:
    assert name_plain(text, LAST_FIRST) == plain
    assert name_plain(text, "") == text


@pytest.mark.parametrize(
    ("header", "row", "given", "family"),
    [
        ("Vorname;Nachname;E-Mail", "Anna;Müller;a@b.example", "Vorname", "Nachname"),
        ("Customer first name;Customer last name;Email", "Anna;Müller;a@b.example", "Customer first name", "Customer last name"),
        ("Name;Vorname;E-Mail", "Müller;Anna;a@b.example", "Vorname", "Name"),
        ("Prénom;Nom;Courriel", "Zoé;Petit;z@b.example", "Prénom", "Nom"),
        ("Nombre;Apellidos;Correo", "Eva;García;e@b.example", "Nombre", "Apellidos"),
        ("Nome;Apelido;E-mail", "Inês;Silva;i@b.example", "Nome", "Apelido"),
        ("First;Last;Email", "Anna;Müller;a@b.example", "First", "Last"),
    ],
)  # fmt: skip
def test_two_columns_are_put_together(header: str, row: str, given: str, family: str) -> None:
    sheet = sheet_of(name="f.csv", content=f"{header}\n{row}\n".encode())
    found = drafted(header=sheet.header, samples=samples_of(sheet))
    columns = {name: guess.column for name, guess in found.guesses.items()}
    assert (found.kind, columns[GIVEN], columns[FAMILY], "name" in columns) == ("customers", given, family, False)
    rows = turned(
        sheet=sheet, mapping=Columns(kind="customers", columns=columns), problems=Collected("f", said={})
    ).rows()
    told = [row for _, row in rows][1]
    cells = dict(zip(header.split(";"), row.split(";"), strict=True))
    assert told["name"] == f"{cells[given]} {cells[family]}"
    assert not {GIVEN, FAMILY} & told.keys()


def test_a_whole_name_beside_its_parts_is_taken_whole_and_people_may_have_two_columns() -> None:
    sheet = sheet_of(name="f.csv", content=b"Customer name,First name,Last name,Email\nAna Lima,Ana,Lima,a@b.example\n")
    found = drafted(header=sheet.header, samples=samples_of(sheet))
    assert set(found.guesses) == {"name", "email"}
    assert lacking("members", {"email": "E-Mail", GIVEN: "Vorname"}) == []
    with pytest.raises(UnusableColumns, match="not both"):
        refuse_open(mapping=Columns(kind="customers", columns={"name": "Name", GIVEN: "Vorname"}))
    with pytest.raises(UnusableColumns, match="last name stands first"):
        refuse_open(mapping=Columns(kind="customers", columns={}, names="backwards"))

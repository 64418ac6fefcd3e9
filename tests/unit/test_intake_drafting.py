"""Files that people bring: what they are, which column is what and why, and nothing that can be read two ways guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from makegood.core.spreadsheets import defused
from makegood.listen.datasets.numbered import Collected, Problems
from makegood.listen.datasets.recorded import UnusableData
from makegood.listen.intake.columns import CALLED, KINDS
from makegood.listen.intake.drafting import Draft, drafted, lacking, plain_word, samples_of
from makegood.listen.intake.reading import MOST_BYTES, MOST_COLUMNS, MOST_ROWS, Sheet, name_plain, sheet_of
from makegood.listen.intake.report import report_csv
from makegood.listen.intake.turning import Columns, UnusableColumns, refuse_open, turned
from makegood.listen.intake.values import UnreadableTime, date_order, decimals, is_amount, is_time, time_plain


def sheet(text: str, name: str = "f.csv", encoding: str = "utf-8") -> Sheet:
    return sheet_of(name=name, content=text.encode(encoding))


def draft(text: str, name: str = "f.csv") -> Draft:
    read = sheet(text, name)
    return drafted(header=read.header, samples=samples_of(read))


@pytest.mark.parametrize(
    ("kind", "header", "row", "columns"),
    [
        # one export of a shop in each of the five languages, and one of each other kind
        ("promises", "Order ID,Order Date,Due Date,Delivered At,Total,E-mail,Customer Name,Store Code",
         "A1,2026-03-01,2026-03-05,,12.50,a@b.example,Ana,s1",
         "reference made_at due_at kept_at total email name place"),
        ("promises", "Bestellnummer,Bestelldatum,Liefertermin,Geliefert am,Gesamtbetrag,E-Mail,Kunde,Filiale",
         'A1,01.03.2026,05.03.2026,,"1.250,00",a@b.example,Jörg,s1',
         "reference made_at due_at kept_at total email name place"),
        ("promises", "N° commande,Date de commande,Livraison prévue,Livré le,Montant,Courriel,Nom,Magasin",
         'A1,2026-03-01,2026-03-05,,"12,50",a@b.example,Zoé,s1',
         "reference made_at due_at kept_at total email name place"),
        ("promises", "Pedido,Fecha de pedido,Fecha de entrega,Entregado,Importe,Correo electrónico,Cliente,Tienda",
         'A1,2026-03-01,2026-03-05,,"12,50",a@b.example,Eva,s1',
         "reference made_at due_at kept_at total email name place"),
        ("promises", "Nº encomenda,Data da encomenda,Data de entrega,Entregue em,Preço total,E-mail do cliente,Nome,Loja",
         'A1,2026-03-01,2026-03-05,,"12,50",a@b.example,Inês,s1',
         "reference made_at due_at kept_at total email name place"),
        ("purchases", "Order number,Order date,Grand total,Currency,Email", "A1,2026-03-01,12.50,EUR,a@b.example",
         "reference placed_at total currency email"),
        ("charges", "Transaction ID,Payment date,Amount,Type,Email,Payment method",
         "T1,2026-03-01,12.50,refund,a@b.example,card", "reference charged_at amount kind email tender"),
        ("customers", "Kundennummer,Name,Telefon,Sprache", "K7,Jörg,+49 170 1234567,de", "loyalty name phone language"),
        ("places", "Store Code,Store Name,Type", "s1,Shop 1,store", "code name kind"),
        ("members", "email,name,role,stores,daily limit", "bo@b.example,Bo,employee,s1,50", "email name role places limit"),
    ],
)  # fmt: skip
def test_a_header_says_what_is_what(kind: str, header: str, row: str, columns: str) -> None:
    found = draft(f"{header}\n{row}\n")
    assert found.kind == kind
    names = [column.strip() for column in header.split(",")]
    assert {name: guess.column for name, guess in found.guesses.items()} == dict(
        zip(columns.split(), names, strict=True)
    )
    assert lacking(kind, found.guesses) == []
    assert found.why
    assert all(guess.why for guess in found.guesses.values())


def test_a_list_of_shops_is_no_list_of_customers() -> None:
    found = draft("Store name,Store no,Type,Timezone,Phone\nShop 1,F01,store,Europe/Berlin,030 5501001\n")
    assert found.kind == "places"
    assert found.guesses["code"].column == "Store no"


@pytest.mark.parametrize(
    ("header", "row", "kind", "columns"),
    [
        ("Nº tienda\tDenominación\tFormato\tProvincia\tHuso horario\tTeléfono",
         "H01\tCasa Olivar Vigo\tTienda\tVIGO\tEurope/Madrid\t986 123 456", "places",
         {"code": "Nº tienda", "name": "Denominación", "zone": "Huso horario"}),
        ("Apellidos y nombre;Correo corporativo;Puesto;Equipo;Tiendas;Tope diario",
         '"Puig Ruiz, Noa";noa@b.example;Encargado/a;;H01;100,00', "members",
         {"email": "Correo corporativo", "name": "Apellidos y nombre", "role": "Puesto", "team": "Equipo",
          "places": "Tiendas", "limit": "Tope diario"}),
        ("Cód. cliente;Nombre;Apellidos;Móvil", "CO1;Noa;Puig;612 34 56 78", "customers",
         {"loyalty": "Cód. cliente", "phone": "Móvil", "given_name": "Nombre", "family_name": "Apellidos"}),
        # a day on which a shop opened, or somebody joined, is nothing that is due
        ("Nº tienda;Denominación;Provincia;Huso horario;Teléfono;Apertura",
         "H01;Casa Olivar Vigo;VIGO;Europe/Madrid;986 123 456;18/11/2012", "places",
         {"code": "Nº tienda", "name": "Denominación", "zone": "Huso horario"}),
        ("Cód. cliente;Nombre;Apellidos;Móvil;DNI;Fecha de alta", "CO1;Noa;Puig;612 34 56 78;12345678Z;18/11/2012",
         "customers",
         {"loyalty": "Cód. cliente", "phone": "Móvil", "given_name": "Nombre", "family_name": "Apellidos"}),
        ("Nº de pedido;Bezeichnung;Filial-Nr.;Entrega prevista;Correo", "A1;Mesa;H01;05/03/2026;a@b.example",
         "promises", {"reference": "Nº de pedido", "due_at": "Entrega prevista", "what": "Bezeichnung",
                      "email": "Correo"}),
    ],
)  # fmt: skip
def test_what_is_shortened_is_what_it_stands_for(header: str, row: str, kind: str, columns: dict[str, str]) -> None:
    found = draft(f"{header}\n{row}\n")
    assert found.kind == kind
    assert {name: guess.column for name, guess in found.guesses.items()} == columns
    assert lacking(kind, found.guesses) == []


def test_a_column_that_is_called_as_we_call_it_is_known() -> None:
    found = draft("Name;Work e-mail;Job;Stores;May give a day\nBo;bo@b.example;manager;F01;50\n")
    assert found.kind == "members"
    assert (found.guesses["role"].column, found.guesses["limit"].column) == ("Job", "May give a day")


def test_values_tell_what_names_do_not() -> None:
    found = draft("X,Y,Z,Due\nA1,ana@b.example,12.50,2026-03-05\nA2,bo@b.example,7.00,2026-03-06\n")
    guess = found.guesses["email"]
    assert (found.kind, guess.column, guess.why) == ("promises", "Y", "its values look like e-mail addresses")
    assert found.guesses["reference"].column == "X"
    assert "all different" in found.guesses["reference"].why


def test_a_total_without_its_day_is_what_the_promise_is_worth() -> None:
    """What is guessed can be tried as it is: a total needs the day on which it was bought."""
    found = draft('Bestellnr,Kunde,E-Mail,Liefertermin,Betrag\nA1,Jörg,a@b.example,30.11.2026,"89,90"\n')
    assert found.kind == "promises"
    assert "total" not in found.guesses
    assert found.guesses["value"].column == "Betrag"
    assert "no purchase" in found.guesses["value"].why


def test_a_name_whose_values_are_something_else_is_not_believed() -> None:
    found = draft("email,order date,total,reference\nno,soon,much,A1\nno,soon,much,A2\n")
    assert set(found.guesses) == {"reference"}


def test_every_kind_has_words_for_every_column() -> None:
    for _, table in KINDS.values():
        assert set(table.columns) <= set(CALLED)
    for called in CALLED.values():
        assert [plain_word(word) for word in called.words] == list(called.words)


def test_words_are_compared_without_accents_case_and_signs() -> None:
    assert [plain_word(text) for text in ("OrderDate", "Fällig_am", "N° commande", "E-Mail")] == [
        "order date", "fallig am", "n commande", "e mail",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "way"),
    [
        (["13/02/2026", "01/02/2026"], "dmy"),
        (["02/13/2026", "01/02/2026"], "mdy"),
        (["01.02.2026"], "dmy"),  # nobody writes the month first with points
        (["2026-02-01", "2026/02/01"], ""),
        (["03/03/2026"], ""),  # both ways are the same day
        (["01/02/2026"], "ask"),
        (["13/02/2026", "02/13/2026"], "ask"),
    ],
)
def test_dates_that_can_be_read_two_ways_are_asked(values: list[str], way: str) -> None:
    found = date_order(values)
    assert found.way == way
    assert bool(found.why) == bool(way)


@pytest.mark.parametrize(
    ("values", "way"),
    [
        (["1.234,56", "12"], ","),
        (["1,234.56"], "."),
        (["12,5"], ","),
        (["€ 12.50"], "."),
        (["12", "1 250"], ""),
        (["1.234"], "ask"),
        (["1,234", "9"], "ask"),
        (["12,50", "12.50"], "ask"),
    ],
)
def test_amounts_that_can_be_read_two_ways_are_asked(values: list[str], way: str) -> None:
    assert decimals(values).way == way


@pytest.mark.parametrize(
    ("text", "order", "plain"),
    [
        ("31/12/2026", "dmy", "2026-12-31"),
        ("12/31/2026", "mdy", "2026-12-31"),
        ("1.3.26 9:05", "dmy", "2026-03-01T09:05:00"),
        ("12/31/2026, 11:59 PM", "mdy", "2026-12-31T23:59:00"),
        ("12/31/2026 12:05 am", "mdy", "2026-12-31T00:05:00"),
        ("2026-12-31", "", "2026-12-31"),
        ("2026/12/31 14:30:10", "mdy", "2026-12-31T14:30:10"),
        ("2026-12-31T14:30:10.123Z", "", "2026-12-31T14:30:10Z"),
        ("2026-12-31 14:30+01:00", "", "2026-12-31T14:30:00+01:00"),
    ],
)
def test_dates_of_any_country_are_written_as_ours(text: str, order: str, plain: str) -> None:
    assert is_time(text)
    assert time_plain(text, order) == plain


@pytest.mark.parametrize(
    ("text", "order"),
    [("31/12/2026", ""), ("31/12/2026", "mdy"), ("2026-13-01", ""), ("soon", "dmy"), ("31/12/2026 x", "dmy"),
     ("31/12/2026 13:00 pm", "dmy"), ("31/12-2026", "dmy"), ("", "dmy"), ("31.11.2026", "dmy"),
     ("1.12.2026 24:01", "dmy"), ("1.12.1926", "dmy")],
)  # fmt: skip
def test_what_is_no_date_is_refused(text: str, order: str) -> None:
    with pytest.raises(UnreadableTime):
        time_plain(text, order)


@given(st.text(max_size=40), st.sampled_from(["", "dmy", "mdy"]))
def test_any_text_is_a_date_or_refused(text: str, order: str) -> None:
    is_amount(text)
    try:
        plain = time_plain(text, order)
    except UnreadableTime:
        return
    assert plain[4] == plain[7] == "-"


@pytest.mark.parametrize(
    ("encoding", "said"), [("utf-8", 0), ("utf-8-sig", 0), ("utf-16", 1), ("cp1252", 1), ("latin-1", 1)]
)
def test_encodings_are_read_and_said(encoding: str, said: int) -> None:
    read = sheet("name,email\nJörg,j@b.example\n", encoding=encoding)
    rows = [row for _, row in read.told(Problems("f.csv"))][1:]
    assert rows == [{"name": "Jörg", "email": "j@b.example"}]
    assert len(read.notes) == said


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b\n1,5;2,5\n", ";"),
        ("a\tb\n1\t2\n", "\t"),
        ("a\n1\n", ","),
        ('"x;y",b\n1,2\n', ","),
        ("Nachname, Vorname;Ort\nMüller, Anna;Köln\n", ";"),
    ],
)
def test_separators_are_found(text: str, delimiter: str) -> None:
    assert sheet(text).delimiter == delimiter


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04rest", "is a zip or an Excel file"),
        (b"\x1f\x8b\x08", "is packed: unpack it"),
        (b"\xd0\xcf\x11\xe0", "is an old Excel file"),
        (b"%PDF-1.7", "is a PDF"),
        (b"", "is empty"),
        (b"  \n", "is empty"),
        (b"a,b\n", "has no rows"),
        (b"a,\n1,2\n", "column 2 has no name"),
        (b"a,a\n1,2\n", "names the column 'a' twice"),
        (b"a,b\n1,\x002\n", "holds zero bytes"),
        (b"a\n\x81\n", "neither UTF-8 nor Windows-1252"),
        (b"\xff\xfe\x00\x00a", "is in UTF-32"),
        (b"\xff\xfea", "begins as UTF-16"),
        (b'a,b\n"1,2\n', "is no CSV"),
        (b"x" * 121 + b",b\n1,2\n", "more than 120 letters"),
    ],
)
def test_what_is_no_table_is_refused_in_words(content: bytes, said: str) -> None:
    with pytest.raises(UnusableData, match=said) as error:
        sheet_of(name="f.csv", content=content)
    assert "\n" not in str(error.value)


SHOWN = "Nº;Fecha;Importe;Correo\nA1;01/03/2026;12,50;a@b.example\n"


@pytest.mark.parametrize(
    "last",
    ["TOTAL;;12,50;", "Total clientes: 4000", "Gesamt;;;", '"Total general";;"1.234,50";', "Suma:;;12,50;\n\n", "Somme;;;\n;;;\n", "totales"],
)  # fmt: skip
def test_a_last_row_that_adds_up_is_left_out_and_said(last: str) -> None:
    read = sheet(SHOWN + last)
    assert (read.rows, "only adds the others up" in read.notes[-1]) == (1, True)
    assert [row["Nº"] for _, row in read.told(Problems("f.csv"))] == ["", "A1"]


@pytest.mark.parametrize(
    "last",
    ["Total;02/03/2026;12,50;b@b.example", "Suma Wholefoods;hi@b.example;;", "Total Nord;T12;;", "Totalmente;;;", "TOTAL-1;;12,50;", ";;12,50;", '"de\nTotal";02/03/2026;1,00;'],
)  # fmt: skip
def test_a_last_row_that_is_one_stays(last: str) -> None:
    assert sheet(SHOWN + last).rows == 2


def test_a_sum_in_the_middle_is_a_row_and_rows_without_a_value_are_none() -> None:
    read = sheet(f"{SHOWN}TOTAL;;12,50;\n;;;\nA2;02/03/2026;1,00;c@b.example\n;;;\n")
    assert [row["Nº"] for _, row in read.told(Problems("f.csv"))] == ["", "A1", "TOTAL", "A2"]


def test_a_list_in_json_and_another_kind_of_file_are_refused() -> None:
    with pytest.raises(UnusableData, match="one JSON list"):
        sheet('[{"a": 1}]', name="f.json")
    with pytest.raises(UnusableData, match=r"neither \.csv nor \.jsonl"):
        sheet("a\n1\n", name="f.xml")


def test_limits_hold_at_their_edge() -> None:
    wide = ",".join(f"c{n}" for n in range(MOST_COLUMNS))
    assert len(sheet(f"{wide}\n{wide}\n").header) == MOST_COLUMNS
    with pytest.raises(UnusableData, match="columns"):
        sheet(f"{wide},more\n{wide},more\n")
    assert sheet("a\n" + "1\n" * MOST_ROWS).rows == MOST_ROWS
    with pytest.raises(UnusableData, match="rows: split it"):
        sheet("a\n" + "1\n" * (MOST_ROWS + 1))
    cell = "x" * 100_000 + "\n"
    whole = "a\n" + cell * (MOST_BYTES // len(cell))
    assert sheet(whole + "y" * (MOST_BYTES - len(whole))).rows == MOST_BYTES // len(cell) + 1
    with pytest.raises(UnusableData, match="larger than 20 MB"):
        sheet(whole + "y" * (MOST_BYTES - len(whole) + 1))


@pytest.mark.parametrize(
    ("name", "plain"),
    [("../../etc/orders.csv", "orders.csv"), ("C:\\data\\orders.csv", "orders.csv"), ("..", "file.csv"), ("", "file.csv"),
     ("a\nb\x1b[2J.csv", "ab[2J.csv"), ("x" * 300 + ".csv", "x" * 116 + ".csv")],
)  # fmt: skip
def test_a_name_is_only_a_name(name: str, plain: str) -> None:
    assert name_plain(name) == plain


MAPPED = Columns(
    kind="promises",
    columns={"reference": "Nr", "due_at": "Termin", "total": "Summe", "made_at": "Am", "email": "Mail"},
    order="dmy",
    decimal=",",
)


def test_rows_are_told_under_our_columns_and_every_problem_in_the_files_own_words() -> None:
    text = (
        "Nr;Am;Termin;Summe;Mail;Rest\nA1;01.03.2026;05.03.2026 17:00;€ 1.250,50;a@b.example;x\n"
        "A2;01.03.2026;31.02.26;12,50;a@b.example;\nA3;soon;05.03.2026;12.5x;a@b.example;\nA4;1;2\n"
    )
    problems = Collected("f.csv", said=MAPPED.columns)
    rows = list(turned(sheet=sheet(text), mapping=MAPPED, problems=problems).rows())
    told = {"reference": "A1", "due_at": "2026-03-05T17:00:00", "total": "1250.50", "made_at": "2026-03-01"}
    assert rows[1] == (2, told | {"email": "a@b.example"})
    assert [number for number, _ in rows] == [1, 2]
    assert {(one.row, one.column) for one in problems.found} == {(3, "Termin"), (4, "Am"), (4, "Summe"), (5, "")}
    assert problems.found[0].text.startswith("'31.02.26' is no date: February 2026 has 28 days; write")
    assert "write it like 31/12/2026" in next(one.text for one in problems.found if one.column == "Am")
    assert "it has 3 values where the header has 6" in problems.found[-1].text


def test_roles_languages_and_places_are_read_as_files_say_them() -> None:
    mapping = Columns(kind="members", columns={"email": "M", "name": "N", "role": "R", "places": "P", "language": "L"})
    said = [
        ("Encargado/a", "H01, H02", "Inglés", "manager", "H01 H02", "en"),
        ("Mitarbeiter:in", "H01;H02", "Deutsch", "employee", "H01 H02", "de"),
        ("Leiter (m/w/d)", "H01", "castellano", "manager", "H01", "es"),
        ("Contabilidad", "", "pt-BR", "finance", "", "pt-BR"),
        ("ADMINISTRADOR", "H01 | H02", "català", "admin", "H01 H02", "ca"),
        ("admin", "a/b", "de", "admin", "a/b", "de"),
        # what is none of them is left to whoever checks it
        ("Administrativo", "", "?", "Administrativo", "", "?"),
    ]
    text = "M\tN\tR\tP\tL\n" + "".join(f"a@b.example\tA\t{r}\t{p}\t{spoken}\n" for r, p, spoken, *_ in said)
    rows = list(turned(sheet=sheet(text), mapping=mapping, problems=Problems("f.csv")).rows())[1:]
    assert [(row["role"], row["places"], row["language"]) for _, row in rows] == [
        (role, places, language) for *_, role, places, language in said
    ]


def test_an_open_question_is_not_passed_over() -> None:
    for mapping in (
        Columns(kind="promises", columns={}, order="ask"),
        Columns(kind="promises", columns={}, decimal="ask"),
    ):
        with pytest.raises(UnusableColumns, match="Say whether"):
            refuse_open(mapping=mapping)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\uff1d1"])
def test_a_report_runs_nothing(text: str) -> None:
    assert defused(text) == f"'{text}"
    assert f"'{text}" in report_csv([(2, text, "is no date")])
    assert defused("total") == "total"

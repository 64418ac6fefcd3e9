"""What anybody may send, in shapes that make a careless reader work for the square of their length.

Each is so long that such a reader would need minutes, and up to hours, of the processor: the bound is far from both.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from makegood.listen.bounces import bounce_of
from makegood.listen.intake.reading import sheet_of
from makegood.listen.mail import parse
from makegood.listen.mail_headers import LONGEST, PARAMETERS
from makegood.listen.mail_html import AMPERSANDS_LIMIT, HTML_LIMIT, html_to_text

FAR_FROM_BOTH = 20.0
HEAD = b"From: MAILER-DAEMON@x.example\r\nSubject: Undelivered\r\n"
TEXT = HEAD + b"Content-Type: text/plain\r\n\r\n"
HTML = HEAD + b"Content-Type: text/html\r\n\r\n"
SHAPES: dict[str, tuple[Callable[[bytes], object], bytes]] = {
    "blank lines in a bounce": (bounce_of, TEXT + b"\n" * 300_000 + b"x"),
    "lines that quote nothing in a bounce": (bounce_of, TEXT + b"> \n" * 100_000 + b"x"),
    "marks of a quote in a bounce": (bounce_of, TEXT + b">" * 300_000 + b"x"),
    "numbers with points in a bounce": (bounce_of, TEXT + b"5.1.1" + b".1" * 150_000 + b"x"),
    "a type with quotes and semicolons": (parse, HEAD + b'Content-Type: text/plain; a="' + b'\\";' * 150_000 + b"\r\n\r\nx"),
    "a bounce's type with them": (bounce_of, HEAD + b'Content-Type: text/plain; a="' + b'\\";' * 150_000 + b"\r\n\r\nx"),
    "a file's name with them": (
        parse, HEAD + b'Content-Disposition: attachment; filename="' + b'\\";' * 150_000 + b"\r\n\r\nx"
    ),
    "elements that others end": (parse, HTML + b"<b>x</i>" * 250_000),
    "elements that go on behind their block": (parse, HTML + b"<div><b>x</div>" * 130_000),
    "ampersands": (parse, HTML + b"&" * HTML_LIMIT),
    "a number of points in a file": (
        lambda content: sheet_of(name="orders.csv", content=content), b"a,b,c,d\n1,2,3,4\nTotal,1" + b"." * 100_000 + b"x\n"
    ),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_it_is_read_in_a_time_that_grows_with_its_length(shape: str) -> None:
    read, content = SHAPES[shape]
    began = time.process_time()
    read(content)
    assert time.process_time() - began < FAR_FROM_BOTH


def test_a_row_that_adds_up_is_left_out_up_to_forty_letters_of_a_number() -> None:
    for letters, rows in ((40, 1), (41, 2)):
        content = f"a,b,c,d\n1,2,3,4\nTotal,{'1' * letters},,\n".encode()
        assert sheet_of(name="orders.csv", content=content).rows == rows


def test_of_a_type_the_parameters_are_read_that_anybody_writes() -> None:
    for more, read in ((PARAMETERS - 2, True), (PARAMETERS - 1, False)):
        assert (_in_utf_16("; a=b" * more) == "é") is read
    for more, read in ((LONGEST - 100, True), (LONGEST, False)):
        assert (_in_utf_16("; a=" + "b" * more) == "é") is read


def _in_utf_16(parameters: str) -> str:
    head = f"Content-Type: text/plain{parameters}; charset=utf-16-le\r\n\r\n"
    return parse(head.encode() + "é".encode("utf-16-le")).text


def test_of_the_html_of_all_parts_so_much_is_read_as_of_one() -> None:
    part = "--b\r\nContent-Type: text/html\r\n\r\n<p>" + "x" * (HTML_LIMIT // 2 - 10) + "</p> the last\r\n"
    mail = parse(("Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part * 2 + "--b--").encode())
    assert any("HTML longer" in one for one in mail.defects)
    alone = parse(("Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part + "--b--").encode())
    assert not any("HTML longer" in one for one in alone.defects)


def test_html_full_of_ampersands_still_gives_its_words() -> None:
    assert html_to_text("<p>a</p>" + "&amp;" * AMPERSANDS_LIMIT).startswith("a &&")
    assert html_to_text("<p>a</p>" + "&amp;" * (AMPERSANDS_LIMIT - 1)).startswith("a\n")


def test_an_element_that_another_ends_stands_on_and_one_that_its_block_ends_does_not() -> None:
    deep = 500
    assert "\n" in html_to_text("<div><section>a</div>" * deep), "each block ends what stands in it"
    assert "\n" in html_to_text("<div><b>a</b></div>" * deep)
    assert "\n" not in html_to_text("<div><b>a</div>" * deep), "bold goes on behind its block"

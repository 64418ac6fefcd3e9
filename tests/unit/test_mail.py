"""Any bytes are read as a mail without an error: kinds, new text, threading, charsets, limits, and the command."""

from __future__ import annotations

import base64
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.mail_kinds import KINDS, NO_MAILS

from makegood.cli.mail import mail as command
from makegood.listen.mail import DEPTH_LIMIT, PARTS_LIMIT, SIZE_LIMIT, TEXT_LIMIT, parse, thread_tokens
from makegood.listen.mail_decoding import charset, decode_bytes
from makegood.listen.mail_html import NESTING_LIMIT, html_to_text
from makegood.listen.mail_text import new_text

DATA = Path(os.environ.get("MAKEGOOD_DATA", Path(__file__).parents[2] / "../shared/data")) / "emails"
QUICK_SECONDS = 10  # a machine under load; quadratic work on these would take minutes
KEYS = [
    "file", "kind", "from", "to", "subject", "sent_at", "text", "message_id", "in_reply_to", "references", "attachments",
    "defects",
]  # fmt: skip


def written(body: str = "Hello", **headers: str) -> bytes:
    """A mail with these headers (an underscore is a hyphen)."""
    given = {
        "From": "Ana Diaz <ana@guest.test>",
        "To": "help@shop.test",
        "Date": "Mon, 2 Mar 2026 10:00:00 +0100",
        **headers,
    }
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in given.items() if value)
    return f"{head}\r\n{body}".encode()


def test_a_plain_reply() -> None:
    read = parse(
        written(
            "Thanks, but it still leaks.\r\n\r\nOn Sun, 1 Mar 2026 at 09:00, Shop <help@shop.test> wrote:\r\n> All well?\r\n",
            Subject="Re: =?utf-8?q?Caf=C3=A9?=",
            Message_ID="<b@guest.test>",
            In_Reply_To="<a@shop.test>",
            References="<0@shop.test> <a@shop.test>",
        )
    )
    assert read.as_dict() == {
        "kind": "person",
        "from": "ana@guest.test",
        "to": ["help@shop.test"],
        "subject": "Re: Café",
        "sent_at": "2026-03-02T10:00:00+01:00",
        "text": "Thanks, but it still leaks.",
        "message_id": "b@guest.test",
        "in_reply_to": "a@shop.test",
        "references": ["0@shop.test", "a@shop.test"],
        "attachments": [],
        "defects": [],
    }
    assert read.sender_name == "Ana Diaz"


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({}, "person"),
        ({"From": "no-reply@portal.test"}, "person"),  # portals relay guests' words
        ({"Auto_Submitted": "no"}, "person"),
        ({"Auto_Submitted": "auto-replied"}, "auto-reply"),  # RFC 3834
        ({"Auto_Submitted": "auto-generated"}, "auto-reply"),
        ({"Subject": "Automatic reply: your order"}, "auto-reply"),
        ({"Subject": "=?utf-8?q?R=C3=A9ponse_automatique_:?= absence"}, "auto-reply"),
        ({"Subject": "Abwesenheitsnotiz: Danke"}, "auto-reply"),
        ({"Subject": "Your office is out of coffee"}, "person"),
        ({"X_Autoreply": "yes"}, "auto-reply"),
        ({"Return_Path": "<>"}, "auto-reply"),
        ({"Return_Path": "<>", "From": "postmaster@isp.test"}, "bounce"),
        ({"From": "MAILER-DAEMON@isp.test"}, "bounce"),
        ({"From": "Mail Delivery Subsystem <x@isp.test>"}, "bounce"),
        ({"X_Failed_Recipients": "ana@guest.test"}, "bounce"),
        ({"Content_Type": "multipart/report; report-type=delivery-status; boundary=x"}, "bounce"),  # RFC 3464
        ({"Content_Type": "multipart/report; report-type=disposition-notification; boundary=x"}, "auto-reply"),
        ({"List_Id": "<talk.list.test>"}, "list"),  # RFC 2919
        ({"List_Unsubscribe": "<mailto:off@list.test>"}, "list"),  # RFC 2369
        ({"Precedence": "bulk"}, "list"),
        ({"Sender": "owner-talk@list.test"}, "list"),
        ({"List_Id": "<talk.list.test>", "Auto_Submitted": "auto-replied"}, "auto-reply"),
        ({"List_Id": "<talk.list.test>", "From": "MAILER-DAEMON@isp.test"}, "bounce"),
    ],
)
def test_kinds(headers: dict[str, str], kind: str) -> None:
    assert parse(written(**headers)).kind == kind


@pytest.mark.parametrize(
    ("body", "new"),
    [
        ("Hello\n\n> Hi", "Hello"),
        ("Hello\n\n-----Original Message-----\nFrom: a@b.test\nHi", "Hello"),
        (
            "Hello\n________________________________\nFrom: A <a@b.test>\nSent: Monday\nTo: B\nSubject: Hi\n\nHi",
            "Hello",
        ),
        ("Hallo\n\nVon: A <a@b.test>\nGesendet: Montag\nAn: B\nBetreff: Hi\n\nHi", "Hallo"),
        ("Hallo\n\nAm 01.03.2026 um 09:00 schrieb A <a@b.test>:\n\nHi", "Hallo"),
        ("Bonjour\n\nLe lun. 2 mars 2026 à 09:00,\nA <a@b.test> a écrit :\n> Salut", "Bonjour"),
        # Answers between and under the quoted lines stay.
        ("On 1 Mar 2026 at 09:00, A <a@b.test> wrote:\n> Which room?\n12\n> Which day?\nToday", "12\nToday"),
        ("Hello\n-- \nAna\n+34 600 000 000", "Hello"),
        ("Hello\n\nBest regards,\nAna Diaz\nDiaz Ltd\n+34 600 000 000", "Hello"),
        ("Hello\n\nSent from my iPhone", "Hello"),
        ("Hello\n\nAna Diaz\nana@guest.test", "Hello"),
        # What only looks like a signature or like history stays: these are the customer's words.
        ("Thanks, but it still does not work", "Thanks, but it still does not work"),
        ("- the door\n- the lamp", "- the door\n- the lamp"),
        ("Regards\nPS the tap still drips", "Regards\nPS the tap still drips"),
        (
            "Broken twice.\nBest regards,\nAna\nand nobody came to look at it",
            "Broken twice.\nBest regards,\nAna\nand nobody came to look at it",
        ),
        (
            "From: London\nTo: Paris\nDate: 3 May\nThe seat was wet",
            "From: London\nTo: Paris\nDate: 3 May\nThe seat was wet",
        ),
        ("On Monday your agent wrote:\nwait, and nothing came", "On Monday your agent wrote:\nwait, and nothing came"),
        (">50 % off was promised", ">50 % off was promised"),
        (
            "---------- Forwarded message ---------\nFrom: a@b.test\nIt broke",
            "---------- Forwarded message ---------\nFrom: a@b.test\nIt broke",
        ),
        ("> Hi", ""),
        ("", ""),
    ],
)
def test_new_text(body: str, new: str) -> None:
    assert new_text(body, sender_name="Ana Diaz")[0] == new


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>Two<br>three</p>", "One\n\nTwo\nthree"),
        ("<style>p{}</style><script>x</script><title>t</title><div>Hi&nbsp;&amp; bye</div>", "Hi & bye"),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
        ("<div>New</div><blockquote>Old</blockquote>", "New\n\n> Old"),
        (
            '<div>New</div><div class="gmail_quote">On x wrote:<blockquote>Old</blockquote></div>',
            "New\n> On x wrote:\n>\n> Old",
        ),
        ('New<hr id="stopSpelling">Old', "New\n-----Original Message-----\nOld"),
        ("<div>never closed", "never closed"),
        ("</div></p><b>", ""),
    ],
)
def test_html_to_text(html: str, text: str) -> None:
    assert [line.rstrip(" >") for line in html_to_text(html).split("\n")] == [
        line.rstrip(" >") for line in text.split("\n")
    ]


def test_html_nested_without_end_still_gives_its_words() -> None:
    assert html_to_text("<div>" * (NESTING_LIMIT + 1) + "it &amp; leaks<br>again") == "it & leaks again"
    assert html_to_text("<div>" * NESTING_LIMIT + "it leaks<br>again") == "it leaks\nagain"


def test_an_html_mail_is_read_without_its_history() -> None:
    body = '<div>It works</div><div class="gmail_quote">On 1 Mar 2026 wrote:<blockquote>Does it?</blockquote></div>'
    assert parse(written(body, Content_Type="text/html; charset=utf-8")).text == "It works"


@pytest.mark.parametrize(
    ("label", "codec", "text"),
    [
        ("us-ascii", "ascii", "cafe"), ("utf-8", "utf-8", "café"), ("iso-8859-1", "cp1252", "café “x”"),
        ("iso-8859-2", "iso8859-2", "žluťoučký"), ("iso-8859-3", "iso8859-3", "ĉapelo"), ("iso-8859-15", "iso8859-15", "5 €"),
        ("windows-1251", "cp1251", "привет"), ("koi8-r", "koi8-r", "привет"), ("Shift_JIS", "cp932", "かきく"),
        ("iso-2022-jp", "iso2022_jp", "かきく"), ("euc-kr", "cp949", "한국말"), ("gb2312", "gb18030", "镜头拉近"),
        ("big5", "big5", "軟體"), ("windows-1252", "cp1252", "naïve"), ("utf-16", "utf-16", "café"),
        ("no-such-charset", "utf-8", "café"), ("", "cp1252", "déjà vu"),
    ],
)  # fmt: skip
def test_charsets(label: str, codec: str, text: str) -> None:
    raw = (
        b"From: a@b.test\r\nContent-Type: text/plain; charset="
        + label.encode()
        + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    )
    assert parse(raw + base64.b64encode(text.encode(codec))).text == text


def test_a_codec_that_is_no_charset_is_not_used() -> None:
    assert [charset(label) for label in ("rot13", "punycode", "unicode_escape", "idna", "zlib", "x\x00")] == [None] * 6
    assert decode_bytes(b"caf\xe9", "rot13") == ("café", False)


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("a@b.test", ["a@b.test"]),
        ('"Diaz, Ana" <a@b.test>, c@d.test', ["a@b.test", "c@d.test"]),
        ("A Group:Ana <a@b.test>,c@d.test;", ["a@b.test", "c@d.test"]),
        ("Undisclosed recipients:;", []),
        ("boss@bank.test <thief@evil.test>", ["thief@evil.test"]),  # a display name is no address
        ("a@b.test c@d.test", ["a@b.test", "c@d.test"]),
        ("<@relay.test:a@b.test>", ["a@b.test"]),
        ("=?utf-8?q?J=C3=B8rn?= <a@b.test>", ["a@b.test"]),
        ("a@b.test (Ana)", ["a@b.test"]),
        ('"unclosed <a@b.test>', ["a@b.test"]),
    ],
)
def test_addresses(header: str, found: list[str]) -> None:
    assert list(parse(written(To=header)).to) == found


@pytest.mark.parametrize(
    ("value", "sent_at"),
    [
        ("Mon, 2 Mar 2026 10:00:00 -0000", datetime(2026, 3, 2, 10, tzinfo=UTC)),  # no zone is taken as UTC
        ("2 Mar 2026 10:00 +0000", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("", None),
        ("yesterday", None),
        ("Mon, 99 Foo 99999 10:00:00 +9999", None),
        ("Fri, 31 Dec 9999 23:59:59 -1200", None),  # beyond the calendar in UTC
    ],
)
def test_dates(value: str, sent_at: datetime | None) -> None:
    read = parse(written(Date=value))
    assert read.sent_at == sent_at
    assert bool(read.defects) == (sent_at is None)


def test_thread_tokens_in_order_of_trust() -> None:
    read = parse(
        written(
            To="Help <reply+tok-1@shop.test>",
            Cc="reply+tok-2@shop.test",
            Delivered_To="reply+tok-0@shop.test",
            In_Reply_To="<b@shop.test>",
            References="<a@shop.test> <b@shop.test>",
        )
    )
    assert thread_tokens(read) == ("tok-0", "tok-1", "tok-2", "b@shop.test", "a@shop.test")
    assert thread_tokens(parse(b"")) == ()


def test_attachments_have_a_name_without_a_path_and_their_decoded_size() -> None:
    body = (
        "--x\r\nContent-Type: text/plain\r\n\r\nSee the picture\r\n--x\r\nContent-Type: image/png\r\n"
        'Content-Disposition: attachment; filename="../../etc/p\x07ic.png"\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--x--'
    )
    read = parse(written(body, Content_Type="multipart/mixed; boundary=x"))
    assert read.text == "See the picture"
    assert [(one.filename, one.content_type, one.size) for one in read.attachments] == [("pic.png", "image/png", 3)]


def test_of_two_forms_of_one_text_the_plain_one_is_taken() -> None:
    body = "--x\r\nContent-Type: text/plain\r\n\r\nplain\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>html</p>\r\n--x--"
    kind = "multipart/alternative; boundary=x"
    assert parse(written(body, Content_Type=kind)).text == "plain"
    assert parse(written(body.replace("\r\nplain", "\r\n "), Content_Type=kind)).text == "html"


def test_a_wrong_boundary_is_mended() -> None:
    body = "--y\r\nContent-Type: text/plain\r\n\r\nfound\r\n--y--"
    assert parse(written(body, Content_Type="multipart/mixed; boundary=x")).text == "found"


def test_nothing_that_the_database_or_utf8_cannot_hold_is_kept() -> None:
    read = parse(b"From: a@b.test\nSubject: a\x00b\xff\nContent-Type: text/plain; charset=utf-8\n\nx\x00y \xed\xa0\x80")
    told = json.dumps(read.as_dict(), ensure_ascii=False)
    told.encode("utf-8")
    assert "\\u0000" not in told


def test_limits() -> None:
    larger = written("x" * SIZE_LIMIT)
    assert "larger than 25 MiB: the rest was not read" in parse(larger[: SIZE_LIMIT + 1]).defects
    assert not [one for one in parse(larger[:SIZE_LIMIT]).defects if "larger" in one]
    long = parse(written("word " * (TEXT_LIMIT // 4)))
    assert len(long.text) <= TEXT_LIMIT
    assert any("text longer" in one for one in long.defects)
    many = "".join(f"--x\r\n\r\n{number}\r\n" for number in range(PARTS_LIMIT + 5))
    assert (
        "too many parts: some were not read" in parse(written(many, Content_Type="multipart/mixed; boundary=x")).defects
    )


@pytest.mark.parametrize("levels", [DEPTH_LIMIT + 2, 3_000])
def test_parts_within_parts_without_end(levels: int) -> None:
    head = "".join(f"Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n" for level in range(levels))
    assert parse(b"From: a@b.test\r\n" + head.encode() + b"\r\nhi").defects


@pytest.mark.parametrize(
    "text",
    ["(" * 50_000, "<" * 50_000, '"' * 50_000, "a@" * 25_000, "=?utf-8?q?" * 5_000, ", " * 25_000],
)
def test_hostile_headers_end_quickly(text: str) -> None:
    began = perf_counter()
    parse(written(From=text, To=text, Subject=text, References=text, Date=text, Content_Type=text))
    assert perf_counter() - began < QUICK_SECONDS


@pytest.mark.parametrize(
    "text",
    [
        "<div>" * 50_000,
        "<b>x" * 50_000,
        "<table><tr><td>" * 20_000,
        "<p>" * 50_000,
        "<li>" * 50_000,
        "<td>" * 50_000,
        "<pre>x</pre>" * 50_000,
        "<!--" * 50_000,
        "On 2026 wrote:\n" * 20_000 + "> x",
        "--\n" * 50_000,
        "From: x\n" * 50_000,
        "schrieb " * 100_000,
    ],
)
@pytest.mark.parametrize("kind", ["text/plain", "text/html"])
def test_hostile_bodies_end_quickly(text: str, kind: str) -> None:
    began = perf_counter()
    assert "HTML could not be read" not in parse(written(text, Content_Type=kind)).defects
    assert perf_counter() - began < QUICK_SECONDS


MAILS = [
    written("Thanks, it works\r\n> old", Subject="Re: =?utf-8?q?x?=", Message_ID="<a@b.test>"),
    written(
        "--x\r\nContent-Type: text/html\r\n\r\n<p>hi</p>\r\n--x--", Content_Type="multipart/alternative; boundary=x"
    ),
    written("YQ==", Content_Transfer_Encoding="base64", Content_Type="text/plain; charset*=utf-8''koi8-r"),
    written(
        "--x\r\nContent-Type: message/rfc822\r\n\r\nFrom: q@q.test\r\n\r\nin\r\n--x--",
        Content_Type="multipart/report; boundary=x",
    ),
]


def told(raw: bytes) -> dict[str, Any]:
    """What the command would print, after a way through UTF-8 and back."""
    line: dict[str, Any] = json.loads(json.dumps(parse(raw).as_dict(), ensure_ascii=False).encode("utf-8"))
    return line


@given(st.binary(max_size=2_000))
def test_any_bytes_are_read(raw: bytes) -> None:
    assert list(told(raw)) == KEYS[1:]


@settings(max_examples=200)
@given(
    st.sampled_from(MAILS),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 12), st.binary(max_size=12)), max_size=6),
)
def test_a_spoilt_mail_is_read(raw: bytes, changes: list[tuple[int, int, bytes]]) -> None:
    for at, cut, put in changes:
        raw = raw[:at] + put + raw[at + cut :]
    assert list(told(raw)) == KEYS[1:]


@given(
    st.sampled_from(
        [
            "From",
            "To",
            "Subject",
            "Date",
            "Message-ID",
            "References",
            "Content-Type",
            "Content-Disposition",
            "Content-Transfer-Encoding",
        ]
    ),
    st.text(max_size=80),
)
def test_any_header_is_read(name: str, value: str) -> None:
    raw = f"{name}: {value}\r\nFrom: a@b.test\r\n\r\nbody".encode("utf-8", "surrogatepass")
    assert list(told(raw)) == KEYS[1:]


def test_the_command_prints_one_line_each(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(written("Hello"))
    (tmp_path / "b").write_bytes(b"")
    run = CliRunner().invoke(command, [str(tmp_path / "a.eml"), str(tmp_path / "b")], standalone_mode=False)
    lines = [json.loads(line) for line in run.stdout_bytes.decode("utf-8").splitlines()]
    assert [list(line) for line in lines] == [KEYS, KEYS]
    assert (run.return_value, [line["text"] for line in lines]) == (0, ["Hello", ""])
    assert "empty" in lines[1]["defects"]


def test_a_file_that_cannot_be_read_is_named_and_the_others_still_told(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(written("Hello"))
    run = CliRunner().invoke(command, [str(tmp_path / "none"), str(tmp_path), str(tmp_path / "a.eml")])
    assert run.exit_code != 0
    assert len(run.stdout.splitlines()) == 1
    assert "none" in run.stderr


@pytest.mark.data
def test_every_mail_beside_the_project_is_of_the_kind_that_was_read_by_hand() -> None:
    if not DATA.is_dir():
        pytest.skip("the mails beside the project (MAKEGOOD_DATA) are absent")
    files = {str(path.relative_to(DATA)): path for path in sorted(DATA.rglob("*")) if path.is_file()}
    assert set(files) == set(KINDS)
    lines = {name: told(path.read_bytes()) for name, path in files.items()}
    assert {name: line["kind"] for name, line in lines.items()} == KINDS
    assert all({"no headers", "empty"} & set(lines[name]["defects"]) for name in NO_MAILS)


@pytest.mark.data
def test_only_the_new_words_of_the_replies_beside_the_project_are_kept() -> None:
    if not DATA.is_dir():
        pytest.skip("the mails beside the project (MAKEGOOD_DATA) are absent")
    replies = sorted((DATA / "talon" / "standard_replies").iterdir())
    assert {path.name: parse(path.read_bytes()).text for path in replies} == {path.name: "Hello" for path in replies}
    pages = sorted((DATA / "talon" / "html_replies").iterdir())
    texts = {path.name: parse(b"Content-Type: text/html; charset=utf-8\n\n" + path.read_bytes()).text for path in pages}
    assert len(set(texts.values())) == 1
    assert all("quote" not in text and "How are" not in text for text in texts.values())

"""`makegood due` as a program sees it: output, exit status, one line on stderr."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from makegood.cli.main import main

BERLIN = {
    "zone": "Europe/Berlin",
    "weekly": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    "holidays": ["2026-12-25"],
}
ANY_DAY = {"zone": "Europe/Berlin", "weekly": {day: [["00:00", "24:00"]] for day in ("sat", "sun")}}


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Run the command as the shell does; a calendar given is written to a file first."""

    def _run(*arguments: str, calendar: object = None) -> tuple[int, str, str]:
        if calendar is not None:
            file = tmp_path / "calendar.json"
            text = calendar if isinstance(calendar, bytes) else json.dumps(calendar).encode()
            file.write_bytes(text)
            arguments = (*arguments, "--calendar", str(file))
        monkeypatch.setattr(sys, "argv", ["makegood", "due", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return ended.value.code, out, err

    return _run


@pytest.mark.parametrize(
    ("arguments", "calendar", "due"),
    [
        # no calendar: the offset of the start
        (["--start", "2026-01-02T16:30-05:00", "--minutes", "60"], None, "2026-01-02T17:30:00-05:00"),
        (["--start", "2026-01-02T16:30Z", "--minutes", "60"], None, "2026-01-02T17:30:00+00:00"),
        # a calendar: its zone, also where the start is in another offset
        (["--start", "2026-01-02T16:30+01:00", "--minutes", "60"], BERLIN, "2026-01-05T09:30:00+01:00"),
        (["--start", "2026-01-02T15:30Z", "--minutes", "60"], BERLIN, "2026-01-05T09:30:00+01:00"),
        # no offset: local to the calendar, in winter and in summer
        (["--start", "2026-01-02T16:30", "--minutes", "60"], BERLIN, "2026-01-05T09:30:00+01:00"),
        (["--start", "2026-07-03 16:30", "--minutes", "60"], BERLIN, "2026-07-06T09:30:00+02:00"),
        # pauses, with an offset and local, more than one
        (
            ["--start", "2026-01-05T10:00", "--minutes", "60", "--pause", "2026-01-05T10:15/2026-01-05T10:45", "--pause", "2026-01-05T10:00Z/2026-01-05T10:30Z"],
            BERLIN,
            "2026-01-05T12:00:00+01:00",
        ),
        # a pause that goes on
        (["--start", "2026-01-05T10:00Z", "--minutes", "60", "--pause", "2026-01-05T10:15Z/"], None, None),
        # the hour that is twice, told apart by its offset
        (["--start", "2026-10-25T02:30+02:00", "--minutes", "60"], ANY_DAY, "2026-10-25T02:30:00+01:00"),
    ],
)  # fmt: skip
def test_the_deadline_is_printed_with_its_offset_and_reasons(run, arguments, calendar, due) -> None:
    status, out, err = run(*arguments, "--json", calendar=calendar)
    found = json.loads(out)
    assert (status, err) == (0, "")
    assert list(found) == ["due", "reasons"]
    assert found["due"] == due
    assert all(list(reason) == ["rule", "evidence", "grade", "text"] for reason in found["reasons"])
    assert found["reasons"][0]["rule"] == "clock.start"


def test_a_calendar_file_may_begin_with_a_byte_order_mark(run) -> None:
    status, out, _ = run(
        "--start", "2026-01-02T16:30", "--minutes", "30", calendar=b"\xef\xbb\xbf" + json.dumps(BERLIN).encode()
    )
    assert status == 0
    assert out.startswith("Friday 2026-01-02T17:00:00+01:00\n")


def test_people_are_told_weekday_deadline_and_why(run) -> None:
    status, out, _ = run("--start", "2026-01-02T16:30", "--minutes", "60", calendar=BERLIN)
    assert status == 0
    assert out.splitlines() == [
        "Monday 2026-01-05T09:30:00+01:00",
        "  The clock starts at 2026-01-02T16:30:00+01:00 and allows 60 minutes.",
        "  Only working hours count, by the calendar of Europe/Berlin.",
        "  The allowed time (60 minutes) is used up at 2026-01-05T09:30:00+01:00.",
    ]


def test_people_are_told_that_an_open_pause_keeps_the_deadline_unknown(run) -> None:
    status, out, _ = run("--start", "2026-01-02T16:30Z", "--minutes", "60", "--pause", "2026-01-02T16:30Z/")
    assert status == 0
    assert out.startswith("unknown while the pause is open\n")


START = ["--start", "2026-01-02T16:30Z"]


@pytest.mark.parametrize(
    ("arguments", "calendar", "says"),
    [
        # the start
        (["--minutes", "1"], None, "Missing option '--start'"),
        (["--start", "yesterday", "--minutes", "1"], None, "'yesterday' is not a moment: write date and time"),
        (["--start", "2026-02-30T10:00Z", "--minutes", "1"], None, "is not a moment"),
        (["--start", "2026-01-02", "--minutes", "1"], BERLIN, "'2026-01-02' is not a moment"),
        (["--start", "2026-01-02T16:30", "--minutes", "1"], None, "has no offset and there is no calendar: write one"),
        (["--start", "1026-01-02T16:30Z", "--minutes", "1"], None, "outside the years"),
        # a wall-clock time that is twice, and one that is never
        (["--start", "2026-10-25T02:30", "--minutes", "1"], BERLIN, "happens twice in Europe/Berlin, as the clocks change: write its offset"),
        (["--start", "2026-03-29T02:30", "--minutes", "1"], BERLIN, "happens never in Europe/Berlin"),
        # the minutes
        (START, None, "Missing option '--minutes'"),
        ([*START, "--minutes", "soon"], None, "'soon' is not a valid integer"),
        ([*START, "--minutes", "-1"], None, "give 0 or more"),
        ([*START, "--minutes", "999999999999"], BERLIN, "allow fewer minutes, or open more hours"),
        # the pauses
        ([*START, "--minutes", "1", "--pause", "2026-01-02T16:30Z"], None, "is not a pause: write two moments with / between"),
        ([*START, "--minutes", "1", "--pause", "2026-01-02T17:30Z/2026-01-02T16:30Z"], None, "swap the two moments"),
        ([*START, "--minutes", "1", "--pause", "/2026-01-02T16:30Z"], None, "'' is not a moment"),
        # the calendar
        ([*START, "--minutes", "1", "--calendar", "no-such-file.json"], None, "No such file"),
        ([*START, "--minutes", "1", "--calendar", "."], None, "Is a directory"),
        ([*START, "--minutes", "1"], b"zone: UTC", "is not a JSON calendar"),
        ([*START, "--minutes", "1"], b"\xff\xfe\x00", "is not a JSON calendar"),
        ([*START, "--minutes", "1"], b"[" * 100_000, "is not a JSON calendar"),
        ([*START, "--minutes", "1"], b'{"zone": "UTC", "zone": "Europe/Berlin"}', "holds 'zone' twice: keep one"),
        ([*START, "--minutes", "1"], [], "A calendar is an object"),
        ([*START, "--minutes", "1"], {**BERLIN, "zone": "Mars/Olympus"}, "Time zone 'Mars/Olympus' is unknown"),
        ([*START, "--minutes", "1"], {**BERLIN, "weekly": {}}, "no working minute"),
    ],
)  # fmt: skip
def test_unusable_input_ends_with_2_and_one_line_that_says_what_to_do(run, arguments, calendar, says) -> None:
    status, out, err = run(*arguments, calendar=calendar)
    assert (status, out) == (2, "")
    assert err.startswith("makegood: ")
    assert says in err
    assert err.count("\n") == 1


def test_the_command_does_not_load_django() -> None:
    code = "import sys, makegood.cli.due; sys.exit('django' in sys.modules)"
    root = Path(__file__).parents[2] / "src"
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(root)}, check=False).returncode == 0

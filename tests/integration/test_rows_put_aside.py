"""A few wrong rows of a file are put aside and the right ones taken: nothing is lost, and nobody is written to for want of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import count

import pytest
from tests.conftest import START, Org

from makegood.failures.models import Failure
from makegood.journal.models import Effect, Entry
from makegood.listen.intake.folder_files import folder_file_bring
from makegood.listen.intake.operations import UnableToTakeFile, header_key, intake_seen
from makegood.listen.intake.working import files_work
from makegood.listen.models import FileMapping, Intake
from makegood.messages.models import Message
from makegood.organizations.models import Place
from makegood.promises.models import Promise, Source, UnreadWord
from makegood.store.clocks import clock_step
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

HEAD = "Order,Purchase,Due,Kept,E-mail"
COLUMNS = {"reference": "Order", "purchase": "Purchase", "due_at": "Due", "kept_at": "Kept", "email": "E-mail"}
_keys = count()


def row(n: object, *, purchase: str = "", due: str = "2026-03-03 12:00", kept: str = "") -> str:
    return f"{n},{purchase},{due},{kept},{str(n).lower()}@example.com"


GOOD = [row(f"G{n}") for n in range(20)]


def known(org: Org, *, kind: str = "promises", columns: dict[str, str] | None = None) -> None:
    """Let the columns be known."""
    columns = columns or COLUMNS
    plan = {"kind": kind, "columns": columns, "order": "", "decimal": "", "source": "web", "name": "Web shop",
            "playbook": "default", "live_from": None}  # fmt: skip
    header = list(columns.values())
    with tenant(organization_id=org.id):
        FileMapping.objects.create(
            organization_id=org.id, header_key=header_key(header), header=header, name="Web", plan=plan, kept_at=START,
            used_at=START,
        )  # fmt: skip


def left(org: Org, rows: Sequence[str], head: str = HEAD) -> Intake:
    """Take a file out of the folder; return it as it ended."""
    with tenant(organization_id=org.id):
        content = "\n".join([head, *rows, ""]).encode()
        intake_id = folder_file_bring(
            organization_id=org.id, name="night.csv", content=content, file_key=f"key{next(_keys)}"
        )
    files_work(only=[org.id])
    return again(org, intake_id)


def again(org: Org, intake_id: int) -> Intake:
    with tenant(organization_id=org.id):
        return Intake.objects.get(organization_id=org.id, id=intake_id)


def promises(org: Org) -> int:
    with tenant(organization_id=org.id):
        return Promise.objects.filter(organization_id=org.id).count()


def later(org: Org, hours: int) -> None:
    with tenant(organization_id=org.id):
        clock_step(organization_id=org.id, moment_at=START + timedelta(hours=hours))
    tick_dry(only=[org.id])


def gates(org: Org) -> dict[str, int]:
    with tenant(organization_id=org.id):
        found = list(Failure.objects.filter(organization_id=org.id).values_list("gate", flat=True))
    return {gate: found.count(gate) for gate in found}


def test_the_right_rows_are_taken_and_the_wrong_wait_until_a_person_has_seen_to_them(org: Org) -> None:
    known(org)
    one = left(org, [*GOOD, row("W", due="soon")])
    assert (one.state, one.unseen, promises(org)) == ("done", True, 20)
    assert (one.result["counts"]["new"], one.result["counts"]["refused"], one.result["aside"]) == (20, 1, [22])
    assert one.result["problems"] == [[22, "Due", "'soon' is no date: write it like 2026-12-31 or 2026-12-31 14:30"]]
    assert bytes(one.content or b"").decode("utf-8-sig").splitlines() == [HEAD, row("W", due="soon")]
    with tenant(organization_id=org.id):
        told = Message.objects.filter(organization_id=org.id, kind="staff").values_list("member_id", "subject")
        assert sorted(told) == [
            (who, "1 row of a file could not be taken in") for who in sorted([org.admin, org.manager])
        ]
        assert Effect.objects.filter(organization_id=org.id, kind="staff").count() == 2
    mended = left(org, [row("W")])
    assert (mended.state, mended.unseen, mended.result["new"], promises(org)) == ("done", None, 1, 21)
    whole = left(org, [*GOOD, row("W")])
    assert (whole.state, whole.result["new"], promises(org)) == ("done", 0, 21), "nothing twice"
    with tenant(organization_id=org.id):
        intake_seen(organization_id=org.id, intake_id=one.id, by=org.manager, now=START)
        with pytest.raises(UnableToTakeFile, match="seen to this file already"):
            intake_seen(organization_id=org.id, intake_id=one.id, by=org.manager, now=START)
        seen = Entry.objects.get(organization_id=org.id, event="listen:file:seen")
        assert (seen.subject_id, seen.actor_id) == (one.id, org.manager)
    assert (again(org, one.id).unseen, again(org, one.id).content) == (False, None)


@pytest.mark.parametrize(("right", "taken"), [(9, True), (8, False)])
def test_at_the_tenth_the_whole_file_waits(org: Org, right: int, taken: bool) -> None:
    known(org)
    one = left(org, [*GOOD[:right], row("W", due="soon")])
    assert (one.state, promises(org)) == (("done", right) if taken else ("failed", 0))
    assert one.unseen
    assert one.result["waits"] is not taken


def test_rows_of_one_order_stay_together_and_of_two_that_differ_neither_is_believed(org: Org) -> None:
    known(org)
    rows = [*GOOD, row("A1", purchase="A"), row("A2", purchase="A", due="x"), row("B"), row("B", due="2026-03-04")]
    one = left(org, [*rows, *(row(f"H{n}") for n in range(20))])
    assert one.result["aside"] == [22, 23, 24, 25]
    assert (one.result["counts"]["refused"], one.result["counts"]["held"], promises(org)) == (2, 2, 40)
    said = {number: text for number, _, text in one.result["problems"]}
    assert said[22] == "it is right, and put aside with row 23, to which it belongs"
    assert left(org, [row("A1", purchase="A"), row("A2", purchase="A"), row("B")]).result["new"] == 3


def test_a_place_inside_of_one_that_is_put_aside_waits_with_it(org: Org) -> None:
    columns = {"code": "Code", "name": "Name", "parent": "Inside", "zone": "Zone"}
    known(org, kind="places", columns=columns)
    shops = [f"s{n},Shop {n},," for n in range(20)]
    rows = [*shops, "north,North,,Europe/Nowhere", "n1,Shop North,north,"]
    one = left(org, rows, head="Code,Name,Inside,Zone")
    assert (one.state, one.result["aside"]) == ("done", [22, 23])
    with tenant(organization_id=org.id):
        assert not Place.objects.filter(organization_id=org.id, code__in=["north", "n1"]).exists()
        assert Place.objects.filter(organization_id=org.id, code__startswith="s").count() >= 20


def test_of_an_order_whose_row_could_not_be_read_a_person_decides_before_the_customer_hears(org: Org) -> None:
    """The row may have said that it was delivered. A needless apology costs more than silence."""
    known(org)
    left(org, [*GOOD, row("K"), row("S")])
    done = [row(f"G{n}", kept="2026-03-03 10:00") for n in range(19)]
    with tenant(organization_id=org.id):
        clock_step(organization_id=org.id, moment_at=START + timedelta(hours=26))
    one = left(org, [*done, GOOD[19], row("K", kept="yes"), row("S", kept="no")])
    with tenant(organization_id=org.id):
        assert UnreadWord.objects.filter(organization_id=org.id, file_id=one.id).count() == 2
    assert left(org, [row("S")]).state == "done", "a row about it was read: nothing is in doubt any more"
    later(org, 40)
    assert gates(org) == {"contact": 2, "review": 1}
    with tenant(organization_id=org.id):
        (failure,) = Failure.objects.filter(organization_id=org.id, gate="review")
        assert failure.gate_reasons[0]["rule"] == "gate.word_unread"
        intake_seen(organization_id=org.id, intake_id=one.id, by=org.manager, now=START)
        assert not UnreadWord.objects.filter(organization_id=org.id).exists()


@pytest.mark.parametrize(
    ("wrong", "heard"),
    [
        (row("G1", kept="yes"), True),
        (row("N", due="soon"), True),  # a new one, of which nothing can be late
        ("G1,,2026-03-03 12:00,yes,ana,ana@example.com", True),  # an unquoted comma
        ("N,,2026-03-03 12:00,,ana,ana@example.com", False),
        (",,2026-03-03 12:00,2026-03-03 10:00,g1@example.com", False),
    ],
)
def test_a_row_that_does_not_say_of_which_order_it_is_leaves_its_source_unheard(
    org: Org, wrong: str, heard: bool
) -> None:
    known(org)
    left(org, GOOD)
    with tenant(organization_id=org.id):
        before = Source.objects.get(organization_id=org.id, code="web").heard_until
        clock_step(organization_id=org.id, moment_at=START + timedelta(hours=30))
    one = left(org, [*(row(f"G{n}", kept="2026-03-03 10:00") for n in range(2, 20)), wrong])
    with tenant(organization_id=org.id):
        after = Source.objects.get(organization_id=org.id, code="web").heard_until
    assert (one.state, one.result["unheard"]) == ("done", not heard)
    assert (after > before) is heard

"""The rules as a library: without Django or anything but attrs and PyYAML, and as the guide says."""

import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import attrs
import pytest
from tests.unit.test_floors_golden import TABLES

from makegood import rules
from makegood.cli.main import main
from makegood.core.floors import UnusableFacts
from makegood.core.money import Money
from makegood.rules.pack_clauses import SIMPLE, TYPES
from makegood.rules.packs import floor, load, names, parse

PAGE = (Path(__file__).parents[2] / "docs" / "guides" / "floors-as-a-library.md").read_text(encoding="utf-8")
GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "floors.md"
BLOCKS = dict(re.findall(r"```(\w+)\n(.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL))
ALLOWED = {"attr", "attrs", "yaml", "_yaml", "tzdata", "makegood"}

ALONE = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names and top not in ALLOWED and not top.startswith("_sysconfigdata"):
            raise ImportError(f"{name} must not be imported")

sys.meta_path.insert(0, Blocked())
"""


def run_alone(code):
    """Run code in a process of its own, in which only the standard library, attrs and PyYAML can be imported."""
    return subprocess.run(
        [sys.executable, "-c", f"ALLOWED = {ALLOWED!r}\n{ALONE}\n{code}"],
        check=False,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )


PROGRAMS = re.findall(r"```python\n(.*?)```.*?```text\n(.*?)```", PAGE, flags=re.DOTALL)


def test_the_page_has_its_programs():
    assert [program.count("import") for program, _ in PROGRAMS] == [1, 1, 1]


@pytest.mark.parametrize(("program", "printed"), PROGRAMS)
def test_a_program_of_the_page_runs_alone_and_prints_what_it_says(program, printed):
    done = run_alone(program + "\nimport sys; assert not any(name.startswith('django') for name in sys.modules)")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(printed)
    assert all(line.startswith("- ") for line in done.stdout.removeprefix(printed).splitlines())


def test_the_guide_s_program_runs_alone():
    done = run_alone(BLOCKS["python"])
    assert (done.returncode, done.stderr) == (0, "")
    assert "3231" in done.stdout


PUBLIC = {
    "floor": "(*, pack: 'Pack | str | Path', facts: 'Mapping[str, object]') -> 'FloorDecision'",
    "load": "(name: 'str | Path') -> 'Pack'",
    "names": "() -> 'tuple[str, ...]'",
    "parse": "(text: 'str', *, where: 'str') -> 'Pack'",
    "read_cases": "(text: 'str', *, where: 'str') -> 'tuple[PackCase, ...]'",
    "differences": "(*, pack: 'Pack', cases: 'Iterable[PackCase]') -> 'Iterator[str]'",
    "edges": "(*, pack: 'Pack', cases: 'Iterable[PackCase]') -> 'Edges'",
}
TYPES_MADE = {
    "Owed": ["amount", "form", "due_by", "rule", "cite", "evidence_needed", "claim_required"],
    "FloorDecision": ["owed", "reasons"],
    "Reason": ["rule", "evidence", "grade", "text"],
    "Money": ["minor", "currency"],
    "PackCase": ["case", "cite", "facts", "owed", "refused", "reasons", "evidence", "grade", "checked"],
    "Edges": ["tried", "unheld"],
}
ERRORS = {"NoSuchPack", "UnusableCases", "UnusableFacts", "UnusablePack"}


def test_the_public_interface_stays():
    """A program of somebody else's breaks where this test has to be changed otherwise than by adding."""
    assert set(rules.__all__) == {*PUBLIC, *TYPES_MADE, *ERRORS, "Pack"}
    assert {name: str(inspect.signature(getattr(rules, name))) for name in PUBLIC} == PUBLIC
    for name, fields in TYPES_MADE.items():
        assert [one.name for one in attrs.fields(getattr(rules, name))] == fields
    for name in ERRORS:
        assert issubclass(getattr(rules, name), ValueError)
    with pytest.raises(AttributeError, match="has no attribute 'ceiling'"):
        rules.ceiling  # noqa: B018


def test_every_pack_loads_alone():
    done = run_alone("from makegood.rules.packs import load, names; print(*[load(name).name for name in names()])")
    assert (done.returncode, done.stderr) == (0, "")
    assert "uk-ofcom" in done.stdout.split()


def test_what_is_blocked_cannot_be_imported():
    done = run_alone("import django")
    assert done.returncode == 1
    assert "django must not be imported" in done.stderr


@pytest.fixture
def shop():
    return parse(BLOCKS["yaml"], where="corner-shop.yaml")


def test_the_guide_s_contract_owes_what_it_says(shop, tmp_path, capsys, monkeypatch):
    (tmp_path / "corner-shop.yaml").write_text(BLOCKS["yaml"], encoding="utf-8")
    (tmp_path / "facts.json").write_text(BLOCKS["json"], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["makegood", "floor", "corner-shop.yaml", "--facts", "facts.json"])
    with pytest.raises(SystemExit) as done:
        main()
    assert done.value.code == 0
    assert capsys.readouterr().out.splitlines()[0] == BLOCKS["text"].strip()
    before = {name: at.replace("2026", "2025") for name, at in json.loads(BLOCKS["json"]).items()}
    assert floor(pack=shop, facts=before).owed[0].amount == Money(minor=600, currency="EUR")
    assert floor(pack=tmp_path / "corner-shop.yaml", facts=before) == floor(pack=shop, facts=before)


def test_the_guide_s_table_of_cases_is_told_as_it_says(tmp_path, capsys, monkeypatch):
    (tmp_path / "corner-shop.yaml").write_text(BLOCKS["yaml"], encoding="utf-8")
    (tmp_path / "corner-shop.jsonl").write_text(BLOCKS["jsonl"], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    command = ["makegood", "floor", "corner-shop.yaml", "--cases", "corner-shop.jsonl", "--edges"]
    monkeypatch.setattr(sys, "argv", command)
    with pytest.raises(SystemExit) as done:
        main()
    assert (done.value.code, capsys.readouterr().out) == (1, BLOCKS["console"])


def test_the_guide_counts_the_cases_of_the_packs():
    lines = sum(len(path.read_text().splitlines()) for path in TABLES.glob("*.jsonl"))
    told = " ".join(GUIDE.read_text(encoding="utf-8").split())
    assert f"{lines} cases in `tests/golden/floors`" in told


SHOP = [  # the guide's contract: facts, what is owed in cents by rule
    ({"fulfilled_at": "2026-05-08T23:59:00+02:00"}, {}),  # clause 7: on the day
    ({"fulfilled_at": "2026-05-09T00:00:00+02:00"}, {"late": 300}),  # clause 7: a day late
    ({"fulfilled_at": "2026-05-14T09:00:00+02:00"}, {"late": 1800}),  # clause 7: six days
    ({"fulfilled_at": "2026-05-15T09:00:00+02:00"}, {"late": 2000}),  # clause 7: at most twenty euros
    ({"fulfilled_at": "2026-05-15T09:00:00+02:00", "storm": True}, {}),  # clause 9
    ({"fulfilled_at": "2026-05-08T09:00:00+02:00", "damaged": True}, {"damaged": 4990}),  # clause 8
    ({"fulfilled_at": "2026-05-09T09:00:00+02:00", "damaged": True, "storm": True}, {"damaged": 4990}),
    ({"fulfilled_at": "2026-05-09T09:00:00+02:00", "damaged": True}, {"late": 300, "damaged": 4990}),
]


@pytest.mark.parametrize(("facts", "due"), SHOP)
def test_the_guide_s_contract_at_its_edges(shop, facts, due):
    facts = {"event_at": "2026-05-08T23:59:00+02:00", "order_price": {"minor": 4990, "currency": "EUR"}, **facts}
    decision = floor(pack=shop, facts=facts)
    assert {one.rule.split(".")[1].split("@")[0]: one.amount.minor for one in decision.owed} == due
    assert {one.grade for one in decision.reasons} == {None}


def test_the_guide_s_contract_refuses_what_it_does_not_know(shop):
    with pytest.raises(UnusableFacts, match="fulfilled_at is missing: when the order came"):
        floor(pack=shop, facts={"event_at": "2026-05-08T23:59:00+02:00"})


def test_the_guide_names_every_pack_and_every_part():
    text = GUIDE.read_text(encoding="utf-8")
    assert all(f"`{name}`" in text for name in names())
    assert all(f"{{{kind}" in text for kind in SIMPLE)
    assert all(kind in text for kind in TYPES)


def test_a_pack_is_given_by_name_by_path_or_itself():
    facts = {"event_at": "2025-06-02T09:00:00+01:00", "happened": "missed_appointment"}
    assert floor(pack="uk-ofcom", facts=facts) == floor(pack=load("uk-ofcom"), facts=facts)

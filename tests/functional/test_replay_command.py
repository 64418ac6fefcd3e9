"""`makegood replay` of the guide's own mapping: what it says to a person, and that it goes on where it stood."""

from __future__ import annotations

import re
from pathlib import Path

from tests.functional.commands import temporary_home

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guides" / "mapping-files.md"


def test_the_guides_orders_are_lived_through_and_gone_on_with(tmp_path: Path) -> None:
    rows, mapping = re.findall(r"```(?:csv|yaml)\n(.*?)```", GUIDE.read_text(), re.DOTALL)[:2]
    (tmp_path / "orders.csv").write_text(rows)
    (tmp_path / "orders.yaml").write_text(mapping)
    with temporary_home(ready=True) as home:
        first = home.run("replay", tmp_path / "orders.yaml")
        assert "Promises: 2 made, 1 kept, 0 broken, 0 released, 1 open" in first.stdout
        assert "Complaints about broken promises: none" in first.stdout
        later = home.run("replay", tmp_path / "orders.yaml", "--until", "2026-03-31T00:00:00+01:00").stdout
        assert "Promises: 2 made, 1 kept, 1 broken, 0 released, 0 open" in later
        assert "Messages, none of which left the replay: " in later
        assert "{" not in later

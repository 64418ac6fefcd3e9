"""No module has grown into two: each has one idea, in at most 500 lines."""

from __future__ import annotations

from pathlib import Path

import pytest

MOST = 500
ROOT = Path(__file__).parents[2]


def too_long(root: Path) -> dict[str, int]:
    """The modules below these folders of a project that have more lines than MOST, and how many."""
    modules = [one for folder in ("src", "tests", "benchmarks") for one in sorted((root / folder).rglob("*.py"))]
    lengths = {str(one.relative_to(root)): len(one.read_text().splitlines()) for one in modules}
    return {name: length for name, length in lengths.items() if length > MOST}


def test_no_module_is_over_500_lines() -> None:
    assert too_long(ROOT) == {}


@pytest.mark.parametrize(("lines", "found"), [(MOST, {}), (MOST + 1, {"src/long.py": MOST + 1})])
def test_a_module_is_too_long_from_its_501st_line(tmp_path: Path, lines: int, found: dict[str, int]) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "long.py").write_text("pass\n" * lines)
    assert too_long(tmp_path) == found

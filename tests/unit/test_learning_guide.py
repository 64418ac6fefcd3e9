"""The programs of the guide on learning run as they stand, and say what they should."""

import re
from pathlib import Path

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "learning.md"


def test_the_guides_programs_run(capsys):
    for program in re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL):
        exec(compile(program, str(GUIDE), "exec"), {})
    drawn, difference, proposed, first, *_ = capsys.readouterr().out.splitlines()
    assert drawn.startswith(("voucher", "note", "nothing extra"))
    assert "'upgrade': 0.0" in drawn
    assert difference.startswith("shown: +0.5")
    assert "not shown" in proposed
    assert first.startswith("employee m3: offered 300 less than others in the same 12 cases")

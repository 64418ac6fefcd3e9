"""What the command line says to somebody who names no command."""

from __future__ import annotations

import pytest

from makegood.cli.main import main


@pytest.mark.parametrize(("words", "said"), [([], "  serve "), (["playbook"], "  check ")])
def test_without_a_command_the_help_is_printed_whole(
    words: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["makegood", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (2, "")
    assert err.startswith("Usage: ")
    assert any(line.startswith(said) for line in err.splitlines()), err
    assert max(map(len, err.splitlines())) <= 80

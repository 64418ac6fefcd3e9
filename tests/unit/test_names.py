"""How somebody is called: by first name, and a description is none."""

from __future__ import annotations

import pytest

from makegood.core.names import described, first_name


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("Ana Ferreira", "Ana"),
        ("  Ana  ", "Ana"),
        ("The lady at till 3", ""),
        ("the man with the red bike", ""),
        ("An old man", ""),
        ("An Nguyen", "An"),
        ("My Linh", "My"),
        ("man with a dog", ""),
        ("Thea Berg", "Thea"),  # begins like an article, and is none
        ("山田 太郎", "山田"),  # a script without small letters
        ("", ""),
    ],
)
def test_only_a_name_is_called(name: str, called: str) -> None:
    assert first_name(name=name) == called
    assert described(name=name) is bool(name.strip() and not called)

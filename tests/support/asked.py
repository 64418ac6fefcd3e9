"""Where the code makes forms and asks for words, by function: found in the source, and counted as pages are served.

And where it draws fields, or lets words through unescaped.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, Final

import pytest

import makegood
from makegood.console.viewmodels.forms import Field, Form
from makegood.public.viewmodels import Question

MADE: Final = {"console": (Form, Field), "public": (Question,)}
WRITING: Final = (*MADE, "keeping")
"""The rooms that write HTML."""
CHOSEN: Final = {
    "hidden", "radio", "select", "checkbox", "checkboxes", "number", "date", "time", "datetime-local", "password", "file",
}  # fmt: skip
"""Kinds of fields into which no words are typed, or that are never shown again."""
HOUSE: Final = Path(makegood.__path__[0])

DRAWS: Final = re.compile(r"""<textarea\b|<input\b(?![^>]*type="(?:hidden|checkbox|radio|file|submit)")""")
UNESCAPED: Final = re.compile(
    r"""\|\s*safe(?:seq)?\b|autoescape\s+off|\bmark_safe\b|\bSafeString\((?!""\))|\b__html__\b"""
)

Site = tuple[str, int]
"""A file of the house and the line at which something is made."""


def made_in_source() -> dict[Site, str]:
    """Return every place that makes a form, or a field to type into, with the function that it is in: module:name."""
    found = {}
    for face, made in MADE.items():
        names = {one.__name__ for one in made}
        for path in sorted((HOUSE / face).rglob("*.py")):
            module, text = ".".join(path.relative_to(HOUSE).with_suffix("").parts), path.read_text()
            tree = ast.parse(text if any(f"{name}(" in text for name in names) else "")
            for function, call in _calls(tree, ""):
                if _called(call) in names and not _chosen(call):
                    found[str(path), call.lineno] = f"{module}:{function or 'once'}"
    return found


def drawn_in_templates() -> set[str]:
    """Return the templates that draw a field to type into, rather than include one that does."""
    found = set()
    for face in MADE:
        under = HOUSE / face / "templates"
        found |= {str(path.relative_to(under)) for path in under.rglob("*.html") if DRAWS.search(path.read_text())}
    return found


def unescaped() -> set[str]:
    """Return the templates and modules of the pages that let words through as they are."""
    paths = [path for face in WRITING for kind in ("*.html", "*.py") for path in (HOUSE / face).rglob(kind)]
    return {str(path.relative_to(HOUSE)) for path in paths if UNESCAPED.search(path.read_text())}


def _calls(node: ast.AST, function: str) -> Iterator[tuple[str, ast.Call]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call):
            yield function, child
        yield from _calls(child, child.name if isinstance(child, ast.FunctionDef) and not function else function)


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _chosen(call: ast.Call) -> bool:
    kinds = [word.value.value for word in call.keywords if word.arg == "kind" and isinstance(word.value, ast.Constant)]
    return bool(set(kinds) & CHOSEN)


@contextmanager
def counted() -> Iterator[dict[Site, set[str]]]:
    """Yield where forms and fields are made while the block runs, with the addresses or names that they have."""
    found: dict[Site, set[str]] = defaultdict(set)

    def counting(init: Any) -> Any:
        def begin(self: Any, *args: Any, **named: Any) -> None:
            init(self, *args, **named)
            frame = sys._getframe(1)
            found[frame.f_code.co_filename, frame.f_lineno].add(self.action if isinstance(self, Form) else self.name)

        return begin

    with pytest.MonkeyPatch.context() as patch:
        for one in chain(*MADE.values()):
            patch.setattr(one, "__init__", counting(one.__init__))
        yield found

"""Which journal events the code can write, read off its source: every `Happened(event=...)`, and what it may be."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

import attrs

Function = ast.FunctionDef
NONE: frozenset[str] = frozenset()


class Unreadable(LookupError):
    """What an expression may come to cannot be read off the source: name it in the table of the test."""


@attrs.frozen(slots=False)
class Module:
    """One module's source: its functions, and what it names at its top; parsed once somebody asks."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The module, parsed."""
        return ast.parse(self.text)

    @cached_property
    def _calls(self) -> dict[str, list[tuple[Function, ast.Call]]]:
        found: dict[str, list[tuple[Function, ast.Call]]] = {}
        for function in ast.walk(self.tree):
            if isinstance(function, ast.FunctionDef):
                for call in ast.walk(function):
                    if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
                        found.setdefault(call.func.id, []).append((function, call))
        return found

    def calls(self, name: str) -> Sequence[tuple[Function, ast.Call]]:
        """The calls of a name, each with a function that holds it."""
        return self._calls.get(name, ()) if f"{name}(" in self.text else ()


def modules_read(root: Path) -> list[Module]:
    """Every module under a folder."""
    return [
        Module(str(path.relative_to(root)), path.read_text())
        for path in sorted(root.rglob("*.py"))
        if "migrations" not in path.parts
    ]


def events_written(modules: list[Module]) -> tuple[dict[str, set[str]], set[str]]:
    """Each event with the modules that write it, and the modules of which one could not be read."""
    found: dict[str, set[str]] = {}
    unread: set[str] = set()
    for module in modules:
        for function, call in module.calls("Happened"):
            (event,) = [word.value for word in call.keywords if word.arg == "event"]
            try:
                for name in _values(event, function, module, modules):
                    found.setdefault(name, set()).add(module.path)
            except Unreadable:
                unread.add(module.path)
    return found, unread


def _values(node: ast.expr, function: Function, module: Module, modules: list[Module]) -> frozenset[str]:
    """All strings that an expression may come to."""
    match node:
        case ast.Constant(value=str(text)):
            return frozenset({text})
        case ast.IfExp(body=one, orelse=other):
            return _values(one, function, module, modules) | _values(other, function, module, modules)
        case ast.JoinedStr(values=parts):
            texts = {""}
            for part in parts:
                inner = part.value if isinstance(part, ast.FormattedValue) else part
                texts = {begun + end for begun in texts for end in _values(inner, function, module, modules)}
            return frozenset(texts)
        case ast.Dict(values=values):
            return NONE.union(*(_values(value, function, module, modules) for value in values))
        case ast.Call(func=ast.Name(id="MappingProxyType"), args=[said]) | ast.Subscript(value=said):
            return _values(said, function, module, modules)
        case ast.Name(id=name):
            return _named(name, function, module, modules)
    raise Unreadable(ast.unparse(node))


def _named(name: str, function: Function, module: Module, modules: list[Module]) -> frozenset[str]:
    """What a name stands for: set here, given by every caller, or set at the module's top."""
    if given := [value for target, value in _set(function) if target == name]:
        return NONE.union(*(_values(value, function, module, modules) for value in given))
    names = [one.arg for one in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]
    if name in names:
        return _given(name, names.index(name), function, module, modules)
    top = [value for target, value in _set(module.tree) if target == name]
    if not top:
        raise Unreadable(name)
    return NONE.union(*(_values(value, function, module, modules) for value in top))


def _set(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    for one in ast.walk(node):
        match one:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, value
            case ast.For(target=ast.Name(id=name), iter=ast.Tuple(elts=values)):
                yield from ((name, value) for value in values)


def _given(name: str, position: int, function: Function, module: Module, modules: list[Module]) -> frozenset[str]:
    found = NONE
    for caller in [module] if function.name.startswith("_") else modules:
        for outer, call in caller.calls(function.name):
            said = [word.value for word in call.keywords if word.arg == name] or call.args[position : position + 1]
            for value in said:
                found |= _values(value, outer, caller, modules)
    if not found:
        raise Unreadable(f"{function.name}({name})")
    return found

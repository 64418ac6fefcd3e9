"""YAML is read without tags, a key only once, and never so deep that reading it could end the process."""

from __future__ import annotations

from itertools import pairwise

import pytest
import yaml

from makegood.rules import yaml_text
from makegood.rules.yaml_text import DEEPEST, MOST_VALUES, data_of, node_of


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


def test_what_is_nested_as_deep_as_is_stated_is_read():
    data = data_of(nested(DEEPEST))
    for _ in range(DEEPEST - 1):
        (data,) = data
    assert data == []


@pytest.mark.parametrize("read", [data_of, node_of])
@pytest.mark.parametrize("text", [nested(DEEPEST + 1), "- " * 100_000, "[" * 100_000, "? " * 100_000])
def test_what_is_nested_deeper_is_refused_and_the_process_lives(read, text):
    with pytest.raises(yaml.YAMLError):
        read(text)


def test_one_level_too_deep_is_told_with_its_line():
    with pytest.raises(yaml.MarkedYAMLError) as refused:
        data_of("\n\n" + nested(DEEPEST + 1))
    assert refused.value.problem == f"is nested deeper than {DEEPEST} levels"
    assert refused.value.problem_mark.line == 2


def repeated(times: int) -> str:
    """A text that says as many values as it has characters by the thousand, once every alias is written out."""
    return f"- &a [{', '.join(['x'] * 999)}]\n" + "- *a\n" * (times - 1)


def laughing(levels: int) -> str:
    """A short text that says ten to the power of `levels` values."""
    names = "abcdefghijklmnop"[:levels]
    lines = [f"{names[0]}: &{names[0]} [{', '.join(['ha'] * 10)}]"]
    lines += [f"{one}: &{one} [{', '.join([f'*{before}'] * 10)}]" for before, one in pairwise(names)]
    return "\n".join(lines)


def test_as_many_values_are_read_as_is_stated_those_of_an_alias_counted_where_it_stands():
    rows = MOST_VALUES // 1000
    assert len(data_of(repeated(rows - 1) + "- [" + "x, " * 998 + "]")) == rows
    assert [len(row) for row in data_of(repeated(2))] == [999, 999]


@pytest.mark.parametrize("read", [data_of, node_of])
@pytest.mark.parametrize("text", [repeated(MOST_VALUES // 1000), laughing(12), "x: &a [*a, *a]"])
def test_a_short_text_that_says_more_is_refused_before_anything_is_made_of_it(read, text):
    with pytest.raises(yaml.MarkedYAMLError) as refused:
        read(text)
    assert refused.value.problem == f"says more than {MOST_VALUES:,} values, those of each alias counted"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\na: 2", "'a' stands twice"),
        ("? [a]\n: 1", "['a'] cannot be a key"),
        ("a: !!python/object:os.system {}", "could not determine a constructor"),
        ("a: &x 1\nb: *y", "found undefined alias"),
    ],
)
def test_what_a_rule_file_may_not_hold_is_refused(text, problem):
    with pytest.raises(yaml.MarkedYAMLError) as refused:
        data_of(text)
    assert problem in refused.value.problem


def test_a_date_that_is_none_is_refused():
    with pytest.raises(ValueError, match="month must be in"):
        data_of("a: 2025-13-01")


def test_it_is_read_in_c_where_the_library_has_it():
    assert not yaml.__with_libyaml__ or issubclass(yaml_text._Once, yaml.CSafeLoader)

"""YAML is read without tags, a key only once, and never so deep that reading it could end the process."""

from __future__ import annotations

import pytest
import yaml

from makegood.rules import yaml_text
from makegood.rules.yaml_text import DEEPEST, data_of, node_of


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

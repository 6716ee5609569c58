"""Every attack has its test, and the index of them names tests that are there."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.isolation.attacks import ATTACKS

ROOT = Path(__file__).resolve().parents[2]


@cache
def names_in(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("attack", ATTACKS)
def test_each_attack_has_a_test(attack):
    shown_by = ATTACKS[attack]
    assert shown_by
    for name in shown_by:
        path, _, test = name.partition("::")
        assert test in names_in(path), f"“{attack}” is said to be shown by {name}, which is not there any more."

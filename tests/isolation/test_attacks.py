"""Every attack has its test, and the index of them names tests that are there, run, and can fail."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.isolation.attacks import ATTACKS
from tests.isolation.recorded import RECORDED, SAYS_ITSELF, UNRECORDED

ROOT = Path(__file__).resolve().parents[2]


Function = ast.FunctionDef | ast.AsyncFunctionDef
CHECKS = {"raises", "fail"}


@cache
def functions_in(path: str) -> dict[str, Function]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, Function)}


@cache
def is_left_out(path: str) -> bool:
    """Whether the module skips itself, or is skipped by its mark."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return any(_skips(node) for node in tree.body if isinstance(node, ast.Expr | ast.Assign))


def _skips(node: ast.AST) -> bool:
    words = {getattr(part, "attr", getattr(part, "id", "")) for part in ast.walk(node)}
    return bool(words & {"skip", "xfail", "importorskip"})


def _checks(path: str, node: Function, seen: frozenset[str] = frozenset()) -> bool:
    """Whether it asserts, or calls a helper of its module or of another test module that may."""
    if any(isinstance(part, ast.Assert) for part in ast.walk(node)):
        return True
    called = {getattr(c.func, "attr", getattr(c.func, "id", "")) for c in ast.walk(node) if isinstance(c, ast.Call)}
    if called & CHECKS:
        return True
    known = functions_in(path)
    helpers = [known[name] for name in called & known.keys() - seen]
    return any(_checks(path, helper, seen | {helper.name}) for helper in helpers)


@pytest.mark.parametrize("attack", ATTACKS)
def test_each_attack_has_a_test(attack):
    _check(attack, ATTACKS[attack])


@pytest.mark.parametrize("attack", RECORDED)
def test_each_attack_has_a_test_that_it_is_recorded(attack):
    _check(attack, RECORDED[attack])


def test_of_each_attack_it_is_said_where_it_is_recorded():
    said = [*RECORDED, *UNRECORDED, *SAYS_ITSELF]
    assert sorted(said) == sorted(ATTACKS), "an attack is recorded by one test or another, or a reason says why not"


def _check(attack, shown_by):
    assert shown_by
    for name in shown_by:
        path, _, test = name.partition("::")
        node = functions_in(path).get(test)
        assert node is not None, f"“{attack}” is said to be shown by {name}, which is not there any more."
        left_out = is_left_out(path) or any(_skips(mark) for mark in node.decorator_list)
        assert not left_out, f"“{attack}” is said to be shown by {name}, which is skipped."
        assert _checks(path, node), f"“{attack}” is said to be shown by {name}, which checks nothing."


def test_an_emptied_and_a_skipped_test_show_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.isolation.test_attacks.ROOT", tmp_path)
    text = "import pytest\n\ndef test_a():\n    1\n\n@pytest.mark.skip\ndef test_b():\n    assert 1\n"
    (tmp_path / "emptied.py").write_text(text + "\ndef test_c():\n    _held()\n\ndef _held():\n    assert 1\n")
    with pytest.raises(AssertionError, match="checks nothing"):
        _check("an attack", ["emptied.py::test_a"])
    with pytest.raises(AssertionError, match="is skipped"):
        _check("an attack", ["emptied.py::test_b"])
    _check("an attack", ["emptied.py::test_c"])

"""A state is named by its choice, never by a word in quotes: a renamed state then breaks what asks for it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [path for path in (ROOT / "apps").rglob("*.py") if "migrations" not in path.parts]
NAMES = {"state", "stage"}


def quoted(tree: ast.AST) -> Iterator[int]:
    """Lines where a state is compared with a word, or rows are asked for by one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.Attribute) and node.left.attr in NAMES:
            found = [word for side in node.comparators for word in ast.walk(side)]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            named = [given for given in node.keywords if (given.arg or "").removesuffix("__in") in NAMES]
            asks = node.func.attr in {"filter", "exclude", "get"}
            found = [word for given in named for word in ast.walk(given.value)] if asks else []
        else:
            continue
        if any(isinstance(word, ast.Constant) and isinstance(word.value, str) for word in found):
            yield node.lineno


def test_no_state_is_asked_for_by_a_word():
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in SOURCES
        for line in quoted(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not found

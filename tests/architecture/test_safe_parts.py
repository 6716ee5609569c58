"""Parts that are safe are joined by Django, never by a plain string: a page would show their tags as words."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("apps", "platform/portal", "platform/foundation")
SAFE = {"SafeString", "mark_safe", "format_html", "format_html_join", "name_cell", "state_cell", "ago", "moment", "day"}


def faults_of(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id=name)), attr="join")) if name in SAFE:
                yield f"line {node.lineno}: joins with {name}(…): use format_html_join"
            case ast.FormattedValue(value=ast.Call(func=ast.Name(id=name))) if name in SAFE:
                yield f"line {node.lineno}: puts {name}(…) into an f-string: use format_html"
            case ast.BinOp(op=ast.Mod(), right=ast.Call(func=ast.Name(id=name))) if name in SAFE:
                yield f"line {node.lineno}: puts {name}(…) into a plain string: use format_html"
            case _:
                pass


def test_no_module_makes_a_plain_string_of_safe_parts():
    files = [file for place in PLACES for file in sorted((ROOT / place).rglob("*.py"))]
    assert len(files) > 300
    found = [f"{file.relative_to(ROOT)}, {fault}" for file in files for fault in faults_of(ast.parse(file.read_text()))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "code", ['SafeString(" ").join(tags)', 'f"{ago(moment)} by {who}"', '"%s, once" % state_cell(word, label)']
)
def test_each_way_is_seen(code):
    assert list(faults_of(ast.parse(code)))


@pytest.mark.parametrize(
    "code", ['format_html_join(" ", "{}", tags)', 'format_html("{} {}", ago(moment), who)', 'f"{n}"']
)
def test_what_stays_safe_is_let_be(code):
    assert not list(faults_of(ast.parse(code)))

"""What Debian 12's Python 3.11.2 lacks although it is called 3.11: it came with a later release of the same series."""

from __future__ import annotations

import ast

from portal.launcher.home import ROOT

# Names of tarfile's extraction filters (3.11.4), and calls that take them as an argument.
FILTERS = {"data_filter", "tar_filter", "fully_trusted_filter", "FilterError"}
TAKING_ONE = {"extract", "extractall", "unpack_archive"}


def _newer(tree: ast.AST) -> list[int]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    filtered = [
        call.lineno
        for call in calls
        if call.func.attr in TAKING_ONE and any(word.arg == "filter" for word in call.keywords)
    ]
    named = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in FILTERS]
    return [*filtered, *named]


def test_nothing_asks_for_more_than_the_oldest_python_has():
    sources = [path for part in ("platform", "apps", "bench", "docker") for path in (ROOT / part).rglob("*.py")]
    found = {path: _newer(ast.parse(path.read_text(encoding="utf-8"))) for path in sources}
    assert {str(path): lines for path, lines in found.items() if lines} == {}


def test_what_is_looked_for_is_found():
    assert _newer(ast.parse("archive.extractall(into, filter='data')\ntarfile.data_filter")) == [1, 2]

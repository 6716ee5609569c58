"""In the child: whether a SELECT makes its rows of one input row by row, so that new rows in give new rows out.

Read off DuckDB's own tree. A part of the query that does not read the growing input may do as it likes: it is the same
for every row. The part that reads it may filter, compute, unnest and look things up; it may not count, sort or compare
rows with each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from duckdb import DuckDBPyConnection

from foundation.lake.adapters import child_statement as statement
from foundation.lake.adapters.child_macros import Macros

_MODIFIERS = {
    "DISTINCT_MODIFIER": "DISTINCT",
    "ORDER_MODIFIER": "ORDER BY",
    "LIMIT_MODIFIER": "LIMIT",
    "LIMIT_PERCENT_MODIFIER": "LIMIT",
}
# On which sides of a join a row of the growing input is kept or dropped for itself.
_SIDES = {"INNER": "both", "LEFT": "left", "RIGHT": "right", "SEMI": "left", "ANTI": "left"}


def construct_against(connection: DuckDBPyConnection, sql: str, growing: str) -> str:
    """The first construct that speaks against it, as SQL writes it; empty where none does."""
    tree = statement.tree_of(connection, sql)["statements"][0]["node"]
    found = connection.execute(
        "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'aggregate'"
    )
    aggregates = {str(name).lower() for (name,) in found.fetchall()}
    return _Reading(growing.lower(), aggregates, Macros(connection)).query(tree)


class _Reading:
    def __init__(self, growing: str, aggregates: set[str], macros: Macros) -> None:
        self._growing, self._aggregates, self._macros = growing, aggregates, macros

    def query(self, node: dict[str, Any]) -> str:
        """A query that reads the growing input, once and in its FROM."""
        if node.get("type") != "SELECT_NODE":
            return str(node.get("setop_type") or node.get("type", "")).replace("_", " ")
        named = (node.get("cte_map") or {}).get("map") or []
        if self._reads(named) or any(entry["key"].lower() == self._growing for entry in named):
            return "WITH"
        for modifier in node.get("modifiers") or ():
            return _MODIFIERS.get(modifier.get("type"), "ORDER BY")
        if (
            node.get("group_expressions")
            or node.get("group_sets")
            or node.get("aggregate_handling") != "STANDARD_HANDLING"
        ):
            return "GROUP BY"
        for part, word in (("having", "HAVING"), ("qualify", "QUALIFY"), ("sample", "SAMPLE")):
            if node.get(part):
                return word
        expressions = [node.get("select_list"), node.get("where_clause")]
        return self._expressions(expressions) or self._source(node.get("from_table") or {})

    def _source(self, table: dict[str, Any]) -> str:
        if table.get("sample"):
            return "SAMPLE"
        kind = table.get("type")
        if kind == "BASE_TABLE":
            return "" if str(table.get("table_name", "")).lower() == self._growing else "FROM"
        if kind == "SUBQUERY":
            return self.query((table.get("subquery") or {}).get("node") or {})
        if kind == "JOIN":
            return self._join(table)
        return "FROM" if kind in ("EMPTY", None) else str(kind).replace("_", " ")

    def _join(self, table: dict[str, Any]) -> str:
        left, right = self._reads(table.get("left")), self._reads(table.get("right"))
        kind, reference = str(table.get("join_type", "")), str(table.get("ref_type", ""))
        if left and right:
            return "JOIN"
        if reference == "POSITIONAL":
            return "POSITIONAL JOIN"
        kept = _SIDES.get(kind, "")
        if kept not in ("both", "left" if left else "right") or (reference == "ASOF" and not left):
            return f"{kind} JOIN"
        against = self._expressions([table.get("condition")])
        return against or self._source(table["left"] if left else table["right"])

    def _expressions(self, expressions: list[Any]) -> str:
        for node in _nodes(expressions):
            if node.get("class") == "WINDOW":
                return "OVER"
            if node.get("class") == "SUBQUERY" and self._reads(node):
                return "SELECT"
            if node.get("class") == "FUNCTION" and self._aggregated(str(node.get("function_name", "")).lower()):
                return str(node["function_name"])
        return ""

    def _aggregated(self, name: str) -> bool:
        """Whether it takes rows together, as also a macro does in which there is such a function."""
        if name in self._aggregates:
            return True
        inner = (node for tree in self._macros.trees(name) for node in _nodes(tree) if node.get("class") == "FUNCTION")
        return any(self._aggregated(str(node.get("function_name", "")).lower()) for node in inner)

    def _reads(self, part: Any) -> bool:
        return any(
            node.get("type") == "BASE_TABLE" and str(node.get("table_name", "")).lower() == self._growing
            for node in _nodes(part)
        )


def _nodes(part: Any) -> Iterator[dict[str, Any]]:
    """Every node of a part of the tree, itself included."""
    waiting = [part]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)

"""In the child: what in a SELECT could answer other rows tomorrow over the same inputs, by the engine's own account.

Read off DuckDB's tree, and DuckDB's catalogue says which functions read the clock, roll dice or tell of the session,
and what its macros stand for. What cannot be decided without the data (ties in ORDER BY, in ARG_MAX and in MODE, sums
of floating numbers) is not told.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any

from duckdb import DuckDBPyConnection

from foundation.lake.adapters import child_statement as statement
from foundation.lake.adapters.child_macros import Macros

# Read without brackets, where no column is called so; the engine's catalogue lists only some of them.
_CLOCK_WORDS = frozenset({"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"})
_CLOCK = _CLOCK_WORDS | {
    "now",
    "today",
    "get_current_time",
    "get_current_timestamp",
    "transaction_timestamp",
    "current_localtime",
    "current_localtimestamp",
}
# They take the first row that comes, or keep all in the order in which they come.
_OF_THE_ORDER = frozenset(
    {
        "any_value",
        "arbitrary",
        "array_agg",
        "first",
        "first_value",
        "group_concat",
        "last",
        "last_value",
        "list",
        "listagg",
        "nth_value",
        "string_agg",
    }
)
# Sketches that keep some of the rows: which ones, chance or the order decides.
_OF_CHANCE = frozenset({"approx_quantile", "approx_top_k", "reservoir_quantile"})
# What they are given first comes out in an order of its own, whatever the one in which it was gathered; a LIST of
# distinct values with an ORDER BY is parsed as such a call.
_SORTING = frozenset({"array_reverse_sort", "array_sort", "list_reverse_sort", "list_sort"})
_GATHERING = frozenset({"array_agg", "list"})
_WINDOWS_OF_THE_ORDER = _OF_THE_ORDER | {"lag", "lead", "ntile", "row_number"}


def unsteady(connection: DuckDBPyConnection, sql: str, columns: Collection[str]) -> list[dict[str, Any]]:
    """Each {"reason": clock | chance | order | sample, "name", "position"}; `columns` are the inputs' own."""
    rows = connection.execute(
        "SELECT DISTINCT function_name FROM duckdb_functions() "
        "WHERE stability IN ('VOLATILE', 'CONSISTENT_WITHIN_QUERY')"
    ).fetchall()
    volatile = {str(name).lower() for (name,) in rows} | _OF_CHANCE
    reading = _Reading(volatile, {name.lower() for name in columns}, Macros(connection))
    found = [one for node in _nodes(statement.tree_of(connection, sql)["statements"]) for one in reading.of(node)]
    return sorted(found, key=lambda one: one["position"])


class _Reading:
    def __init__(self, volatile: set[str], columns: set[str], macros: Macros) -> None:
        self._volatile, self._columns, self._macros = volatile, columns, macros
        # What the node above sorts, which comes first; kept, so that no other node is taken for one of them.
        self._sorted: dict[int, dict[str, Any]] = {}

    def of(self, node: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """What speaks against one node of the tree."""
        kind = node.get("class")
        if kind == "COLUMN_REF":
            yield from self._word(node)
        if kind == "FUNCTION":
            yield from self._function(node)
        if kind == "WINDOW" and not _ordered_window(node) and self._goes_by_rows(node):
            yield _said("order", f"{self._named(node)} OVER", node)
        if node.get("type") == "JOIN" and node.get("ref_type") == "POSITIONAL":
            yield _said("sample", "POSITIONAL JOIN", node)
        if isinstance(node.get("sample"), dict):
            yield _said("sample", "SAMPLE", node)
        if isinstance(node.get("modifiers"), list):
            yield from _modifiers(node["modifiers"])

    def _word(self, node: dict[str, Any]) -> Iterator[dict[str, Any]]:
        names = [str(name).lower() for name in node.get("column_names") or ()]
        if len(names) == 1 and names[0] in _CLOCK_WORDS and names[0] not in self._columns:
            yield _said("clock", names[0], node)

    def _function(self, node: dict[str, Any]) -> Iterator[dict[str, Any]]:
        name = self._named(node)
        if name in _SORTING:
            self._sorted |= {id(one): one for one in node["children"][:1] if self._named(one) in _GATHERING}
        if name in _CLOCK or (name == "age" and len(node.get("children") or ()) == 1):
            yield _said("clock", name, node)
        elif name in self._volatile:
            yield _said("chance", name, node)
        elif name in _OF_THE_ORDER and not self._in_order(node):
            yield _said("order", name, node)
        else:
            yield from self._meant(name, node)

    def _in_order(self, node: dict[str, Any]) -> bool:
        return id(node) in self._sorted or _decided((node.get("order_bys") or {}).get("orders"))

    def _meant(self, name: str, node: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """What is in the macro of this name, told where it is called."""
        inner = (one for tree in self._macros.trees(name) for part in _nodes(tree) for one in self.of(part))
        if first := next(inner, None):
            yield _said(first["reason"], name, node)

    def _goes_by_rows(self, node: dict[str, Any]) -> bool:
        return self._named(node) in _WINDOWS_OF_THE_ORDER or _counts_rows(node)

    @staticmethod
    def _named(node: dict[str, Any]) -> str:
        return str(node.get("function_name", "")).lower()


def _ordered_window(node: dict[str, Any]) -> bool:
    same = [_shape(one) for one in node.get("partitions") or ()]
    return _decided(node.get("orders"), same) or _decided(node.get("arg_orders"), same)


def _decided(orders: list[dict[str, Any]] | None, same: Collection[str] = ()) -> bool:
    """Whether an ORDER BY puts anything in order; constants do not, nor what is the `same` in all the rows."""
    by = [order["expression"] for order in orders or ()]
    return any(one.get("class") != "CONSTANT" and _shape(one) not in same for one in by)


def _shape(part: Any) -> str:
    """What an expression is, wherever it stands and whatever its letters are."""

    def bare(one: Any) -> Any:
        if isinstance(one, dict):
            return {name: bare(value) for name, value in one.items() if name not in ("alias", "query_location")}
        return [bare(value) for value in one] if isinstance(one, list) else one

    return json.dumps(bare(part)).lower()


def _counts_rows(node: dict[str, Any]) -> bool:
    """A frame of so many rows before or behind: without an order these are whichever come."""
    return any(str(node.get(side, "")).endswith("_ROWS") for side in ("start", "end"))


def _modifiers(modifiers: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """A cut of rows that nothing has put in order: LIMIT, or one row of each by DISTINCT ON."""
    if any(one.get("type") == "ORDER_MODIFIER" and one.get("orders") for one in modifiers):
        return
    for one in modifiers:
        if one.get("type") in ("LIMIT_MODIFIER", "LIMIT_PERCENT_MODIFIER"):
            yield _said("order", "LIMIT", _first_placed(one))
        if one.get("type") == "DISTINCT_MODIFIER" and one.get("distinct_on_targets"):
            yield _said("order", "DISTINCT ON", one["distinct_on_targets"][0])


def _first_placed(part: Any) -> dict[str, Any]:
    return next((node for node in _nodes(part) if "query_location" in node), {})


def _said(reason: str, name: str, node: dict[str, Any]) -> dict[str, Any]:
    place = node.get("query_location")
    # The engine writes the largest number where it knows no place.
    known = isinstance(place, int) and place < 2**32
    return {"reason": reason, "name": name, "position": place if known else 0}


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

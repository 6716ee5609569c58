"""In the child: what in a SELECT may bring values of later rows to the moment of an earlier one.

A join as of a moment sees the row's own time and nothing of how its values came about. Read off DuckDB's tree: windows
that reach past their row, and aggregates that are over all moments. It is told for a warning, since a table that does
not change with time is honest; what a plain join or a condition brings from later is not told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from duckdb import DuckDBPyConnection

from foundation.lake.adapters import child_statement as statement

Node = dict[str, Any]

# How far a row is along its partition cannot be said before the last row is there, whatever the frame.
_OF_THE_WHOLE = frozenset({"percent_rank", "cume_dist", "ntile", "fill"})
# Where nothing orders their arguments they count along the window's order and look at no frame.
_ALONG_THE_ORDER = frozenset({"row_number", "rank", "dense_rank", "rank_dense"})
_STEPS = {"lead": 1, "lag": -1}
_RANGES = frozenset(
    {
        "COMPARE_LESSTHAN",
        "COMPARE_LESSTHANOREQUALTO",
        "COMPARE_GREATERTHAN",
        "COMPARE_GREATERTHANOREQUALTO",
        "COMPARE_BETWEEN",
    }
)
_LATEST = frozenset({"max", "arg_max", "argmax", "max_by"})


def ahead(connection: DuckDBPyConnection, sql: str, moments: Collection[str]) -> list[Node]:
    """Each {"reason": later | whole | all, "name", "position"}; `moments` are the answer's own times."""
    rows = connection.execute(
        "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'aggregate'"
    ).fetchall()
    tree = statement.tree_of(connection, sql)["statements"]
    reading = _Reading({str(name).lower() for (name,) in rows}, _sources_of(tree, moments))
    found = [one for node in _nodes(tree) for one in reading.of(node)]
    return sorted(found, key=lambda one: one["position"])


class _Reading:
    def __init__(self, aggregates: set[str], moments: set[str]) -> None:
        self._aggregates, self._moments = aggregates, moments

    def of(self, node: Node) -> Iterator[Node]:
        if node.get("class") == "WINDOW" and (reason := self._window(node)):
            yield _said(reason, f"{_name(node)} OVER", node)
        if node.get("type") == "SELECT_NODE" and (first := self._over_all(node)):
            yield _said("all", _name(first), first)

    def _window(self, node: Node) -> str:
        """Why the window holds later rows; empty where it does not."""
        # All rows of a partition are of one moment.
        if any(self._of_time(one) for one in node.get("partitions") or ()):
            return ""
        name, orders, inner = _name(node), node.get("orders") or [], node.get("arg_orders") or []
        if name in _OF_THE_WHOLE and not inner:
            return "whole"
        if name in _ALONG_THE_ORDER and not inner:
            return ""
        if not orders:
            return "whole"
        backwards = orders[0].get("type") == "DESCENDING"
        if name in _STEPS:
            return "later" if _steps(node, _STEPS[name]) * (-1 if backwards else 1) > 0 else ""
        return "later" if _beyond(node, "start" if backwards else "end") else ""

    def _over_all(self, select: Node) -> Node | None:
        """The first aggregate of a SELECT whose rows are of many moments, where nothing holds them to earlier ones."""
        shown = select.get("select_list") or []
        found = [one for one in _own(shown) if one.get("class") == "FUNCTION" and _name(one) in self._aggregates]
        if not found:
            return None
        groups = _groups(select, shown, found)
        # Whose time is not known is told of only where everything is thrown together.
        held = any(self._of_time(one) for one in groups) if self._moments else bool(groups)
        if held or self._bounded(select) or any(self._latest(one) for one in found):
            return None
        return found[0]

    def _latest(self, node: Node) -> bool:
        """The row's time is that of the last row in it."""
        named = str(node.get("alias", "")).lower() in self._moments
        return _name(node) in _LATEST and (named or self._of_time(node))

    def _bounded(self, select: Node) -> bool:
        """A comparison by more or less, of the time where that is known: rows up to a moment, as far as can be told."""
        parts = (select.get("where_clause"), select.get("from_table"))
        ranges = [one for one in _own(parts) if one.get("type") in _RANGES]
        return any(self._of_time(one) for one in ranges) if self._moments else bool(ranges)

    def _of_time(self, part: Any) -> bool:
        return bool(self._moments & set(_columns(part)))


def _steps(node: Node, sign: int) -> int:
    """By how many rows LEAD or LAG goes on; what is not written as a number may be any."""
    offset = node.get("offset_expr")
    if offset is None:
        return sign
    value = _number(offset)
    return 1 if value is None else sign * (value > 0) - sign * (value < 0)


def _beyond(node: Node, side: str) -> bool:
    """Whether the frame of a window goes past its row on that side."""
    bound, past = str(node.get(side, "")), "FOLLOWING" if side == "end" else "PRECEDING"
    if bound.startswith("CURRENT_ROW"):
        return False
    value = _number(node.get(f"{side}_expr"))
    if bound.startswith(f"EXPR_{past}"):
        return value is None or value > 0
    if bound.startswith("EXPR_"):
        return value is not None and value < 0
    return bound == f"UNBOUNDED_{past}"


def _number(node: Any) -> float | None:
    if isinstance(node, dict) and node.get("class") == "CONSTANT":
        value = (node.get("value") or {}).get("value")
        return value if isinstance(value, int | float) else None
    return None


def _groups(select: Node, shown: list[Node], aggregates: list[Node]) -> list[Node]:
    """What the rows are grouped by; a place in the list stands for what is there, and ALL for all but aggregates."""
    if select.get("aggregate_handling") == "FORCE_AGGREGATES":
        return [one for one in shown if not any(node is inner for inner in aggregates for node in _nodes(one))]
    found = []
    for one in select.get("group_expressions") or ():
        place = _number(one)
        at = int(place) - 1 if place is not None else -1
        found.append(shown[at] if 0 <= at < len(shown) else one)
    return found


def _sources_of(tree: Any, moments: Collection[str]) -> set[str]:
    """The names of the time's column, and of those that it is called from further inside."""
    known = {name.lower() for name in moments if name}
    selects = [node for node in _nodes(tree) if node.get("type") == "SELECT_NODE"] if known else []
    while True:
        found = {
            name
            for select in selects
            for one in select.get("select_list") or ()
            if str(one.get("alias", "")).lower() in known
            for name in _columns(one)
        }
        if found <= known:
            return known
        known |= found


def _columns(part: Any) -> Iterator[str]:
    for node in _nodes(part):
        if node.get("class") == "COLUMN_REF" and node.get("column_names"):
            yield str(node["column_names"][-1]).lower()


def _name(node: Node) -> str:
    return str(node.get("function_name", "")).lower()


def _said(reason: str, name: str, node: Node) -> Node:
    place = node.get("query_location")
    # The engine writes the largest number where it knows no place.
    known = isinstance(place, int) and place < 2**32
    return {"reason": reason, "name": name, "position": place if known else 0}


def _own(part: Any) -> Iterator[Node]:
    """The nodes of a part that belong to its own SELECT: what is within another one or a window is left out."""
    waiting = [part]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, dict):
            if node.get("type") == "SELECT_NODE" or node.get("class") == "WINDOW":
                continue
            yield node
            waiting[:0] = list(node.values())
        elif isinstance(node, list | tuple):
            waiting[:0] = list(node)


def _nodes(part: Any) -> Iterator[Node]:
    """Every node of a part of the tree, itself included."""
    waiting = [part]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list | tuple):
            waiting.extend(node)

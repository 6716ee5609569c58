"""In the child: what of SQL is allowed at all, and how its errors are told without telling a value."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import duckdb
from duckdb import DuckDBPyConnection

TABLE_FUNCTIONS = frozenset({"range", "generate_series", "unnest"})
# Functions that tell of the engine, reach files or other queries, or hold a state.
REFUSED_FUNCTIONS = frozenset(
    [
        "current_setting",
        "getenv",
        "getvariable",
        "nextval",
        "currval",
        "query",
        "query_table",
        "read_text",
        "read_blob",
        "write_log",
        "txid_current",
        "current_query",
        "current_schemas",
        "add_parquet_key",
        "in_search_path",
        "pg_sleep",
        "sleep_ms",
    ]
)
_SOURCES = frozenset(
    [
        "BASE_TABLE",
        "TABLE_FUNCTION",
        "SUBQUERY",
        "JOIN",
        "EMPTY",
        "EMPTY_FROM",
        "EXPRESSION_LIST",
        "COLUMN_DATA",
        "PIVOT",
    ]
)
_OTHER_SOURCES = frozenset({"SHOW_REF", "CTE", "DELIM_GET", "BOUND_TABLE_REF"})


class Refused(Exception):
    """SQL that is not run; `said` goes to the parent, which finds the words."""

    def __init__(self, reason: str, **said: Any) -> None:
        super().__init__(reason)
        self.said = {"refused": reason, **said}


class Failed(Refused):
    """SQL that is allowed and wrong."""

    def __init__(self, **said: Any) -> None:
        super().__init__("failed")
        self.said = said


def check(connection: DuckDBPyConnection, sql: str, inputs: dict[str, Any] | None) -> set[str]:
    """The tables a single SELECT reads; with `inputs`, they must be among them."""
    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error as error:
        raise Refused("syntax", **explained(error)) from None
    if len(statements) != 1:
        raise Refused("not_one", count=len(statements))
    if statements[0].type != duckdb.StatementType.SELECT:
        raise Refused("not_select", what=statements[0].type.name)
    return _tables(tree_of(connection, sql), inputs)


def bind(connection: DuckDBPyConnection, sql: str) -> None:
    """Names and types are looked up, nothing is run; here the engine still tells where a mistake is."""
    prefix = "PREPARE bound AS "
    try:
        connection.execute(prefix + sql)
    except duckdb.Error as error:
        raise Failed(**explained(error, before=len(prefix))) from None


def check_columns(names: list[str]) -> None:
    """Every column of the answer has a name of its own."""
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:
            raise Refused("same_column", name=name)
        seen.add(name.lower())


def normal_form(connection: DuckDBPyConnection, sql: str) -> str:
    """The same query without comments and without a semicolon at its end."""
    row = connection.execute("SELECT json_deserialize_sql(json_serialize_sql(?::VARCHAR))", [sql]).fetchone()
    return str(row[0]) if row else sql


def tree_of(connection: DuckDBPyConnection, sql: str) -> dict[str, Any]:
    """The query as DuckDB parses it: `json_serialize_sql`."""
    row = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchone()
    tree: dict[str, Any] = json.loads(row[0]) if row else {"error": True}
    if tree.get("error") or len(tree.get("statements", [])) != 1:
        raise Refused("not_select", what="other")
    return tree


def _tables(tree: dict[str, Any], inputs: dict[str, Any] | None) -> set[str]:
    known = None if inputs is None else {name.lower() for name in inputs}
    found = set()
    for node, own in _walk(tree):
        _check_functions(node)
        if node.get("type") == "BASE_TABLE" and "table_name" in node:
            name, place = node["table_name"], node.get("query_location")
            if node.get("catalog_name") or node.get("schema_name") or node.get("at_clause"):
                raise Refused("foreign_table", name=_dotted(node), position=place)
            if name.lower() in own:
                continue
            if known is not None and name.lower() not in known:
                raise Refused("unknown_table", name=name, position=place)
            found.add(name)
    return found


def _check_functions(node: dict[str, Any]) -> None:
    kind, place = str(node.get("type")), node.get("query_location")
    if kind in _OTHER_SOURCES and "sample" in node:
        raise Refused("not_select", what="SHOW")
    if kind == "TABLE_FUNCTION" and isinstance(node.get("function"), dict):
        name = str(node["function"].get("function_name", "?"))
        if name.lower() not in TABLE_FUNCTIONS:
            raise Refused("table_function", name=name, position=place)
    elif "from_table" in node and isinstance(node["from_table"], dict):
        source = node["from_table"].get("type")
        if source not in _SOURCES:
            raise Refused("not_select", what=str(source))
    if node.get("class") == "FUNCTION":
        name = str(node.get("function_name", "")).lower()
        if name in REFUSED_FUNCTIONS or name.startswith(("duckdb_", "pragma_", "pg_", "has_", "ducklake_")):
            raise Refused("function", name=name, position=place)


def _walk(tree: dict[str, Any]) -> Iterator[tuple[dict[str, Any], frozenset[str]]]:
    """Every node, with the names that the queries round it have given to queries of their own (WITH)."""
    waiting: list[tuple[Any, frozenset[str]]] = [(tree, frozenset())]
    while waiting:
        node, names = waiting.pop()
        if isinstance(node, dict):
            yield node, names
            waiting.extend(_below(node, names))
        elif isinstance(node, list):
            waiting.extend((item, names) for item in node)


def _below(node: dict[str, Any], names: frozenset[str]) -> Iterator[tuple[Any, frozenset[str]]]:
    """The parts of a node, with what each may name: a name of WITH holds for those after it and the query's own body.

    The engine looks names up like that too; whatever it finds elsewhere is a table, or a view of the engine's own.
    """
    for entry in (node.get("cte_map") or {}).get("map", []):
        yield entry, names
        names |= {entry["key"].lower()}
    recursive = node.get("type") == "RECURSIVE_CTE_NODE"
    for part, value in node.items():
        if part == "cte_map":
            continue
        # Only the second half of a recursive query goes on from itself.
        yield value, names | {node["cte_name"].lower()} if recursive and part == "right" else names


def _dotted(node: dict[str, Any]) -> str:
    return ".".join(part for part in (node.get("catalog_name"), node.get("schema_name"), node["table_name"]) if part)


def explained(error: Exception, *, before: int = 0) -> dict[str, Any]:
    """The class of the error, its place, and names out of it; the parent shows a name only where the user wrote it."""
    text = str(error)
    found = re.search(r"\{.*\}", text, re.DOTALL)
    told = _object(found.group(0)) if found else {}
    kind = told.get("exception_type") or _kind_in(text) or type(error).__name__.removesuffix("Exception")
    said: dict[str, Any] = {"error": kind}
    if str(told.get("position", "")).isdigit():
        said["position"] = int(told["position"]) - before
    message = str(told.get("exception_message", text))
    said["names"] = [told["name"]] if told.get("name") else re.findall(r'"([^"]{1,120})"', message)[:1]
    return said


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _kind_in(text: str) -> str | None:
    found = re.search(r"\b([A-Z][A-Za-z]+(?: [A-Za-z]+){0,3}) Error:", text)
    return found.group(1) if found else None

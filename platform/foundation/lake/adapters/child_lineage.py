"""In the child: from which columns of its inputs each column of a SELECT takes its values.

sqlglot reads the query, names every column's table and expands stars; DuckDB says which columns the answer really has,
and where the two differ nothing is told. A column's sources are those its values are computed from; what only decides
which rows come (WHERE, ON, GROUP BY, ORDER BY) is none. What cannot be told is unknown, and never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa
import sqlglot
from duckdb import DuckDBPyConnection
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from foundation.lake.adapters import child_statement as statement
from foundation.quoting import identifier

Source = tuple[str, str]
Found = frozenset[Source] | None  # None: it cannot be told
_DIALECT = "duckdb"
_NO_COLUMNS: frozenset[Source] = frozenset()
# Their columns depend on what is in the data, or on the order of columns, or reach outside of what sqlglot names.
_UNTOLD = (exp.Pivot, exp.PositionalColumn, exp.Columns)
_MOST_NODES = 20_000
_MOST_ROUNDS = 50


def warm() -> None:
    """Load every module that a query may need: behind the walls none can be read."""
    sources_of("WITH c AS (SELECT a FROM t) SELECT *, a + 1 AS b FROM c JOIN t USING (a)", {"t": ["a"]}, ["a", "b"])


def run(user: DuckDBPyConnection, job: dict[str, Any]) -> dict[str, Any]:
    """Answer a job of kind `lineage`: {"lineage": [[column, [[input, column], …] or null], …]}."""
    statement.check(user, job["sql"], job["inputs"])
    for name, given in job["inputs"].items():
        columns = ", ".join(f"NULL::{kind} AS {identifier(column)}" for column, kind in given["columns"])
        empty = user.execute(f"SELECT {columns} LIMIT 0").to_arrow_reader(1).read_all()
        user.register(name, empty if empty.num_columns else pa.table({"none": []}))
    statement.bind(user, job["sql"])
    answered = list(user.sql(job["sql"]).columns)
    statement.check_columns(answered)
    inputs = {name: [column for column, _ in given["columns"]] for name, given in job["inputs"].items()}
    found = sources_of(job["sql"], inputs, answered)
    return {
        "lineage": [
            [column, None if sources is None else [list(source) for source in sorted(sources)]]
            for column, sources in zip(answered, found, strict=True)
        ]
    }


def sources_of(sql: str, inputs: Mapping[str, list[str]], answered: list[str]) -> list[Found]:
    """For each column of the answer its sources, named as in `inputs`; all unknown where the query is beyond us."""
    unknown: list[Found] = [None] * len(answered)
    root = scope_of(sql, inputs, _UNTOLD)
    if root is None or [name.lower() for name in _names(root)] != [name.lower() for name in answered]:
        return unknown
    names = {(name.lower(), column.lower()): (name, column) for name, columns in inputs.items() for column in columns}
    return _Walk(names).answer(root, len(answered))


def scope_of(sql: str, inputs: Mapping[str, Iterable[str]], untold: tuple[type[exp.Expr], ...] = ()) -> Scope | None:
    """The query with every column's table named and stars expanded; `inputs` has the columns of each.

    None where it is beyond sqlglot, or larger than anybody writes, or has something of what is `untold`.
    """
    schema: dict[str, object] = {
        name.lower(): {column.lower(): "UNKNOWN" for column in columns} for name, columns in inputs.items()
    }
    try:
        tree = sqlglot.parse_one(sql, dialect=_DIALECT)
        if any(count > _MOST_NODES or isinstance(node, untold) for count, node in enumerate(tree.walk())):
            return None
        tree = qualify(tree, schema=schema, dialect=_DIALECT, validate_qualify_columns=False, quote_identifiers=False)
        return build_scope(tree)
    except (SqlglotError, RecursionError):
        return None


class _Walk:
    """Sources of columns by scope. Recursive queries are gone through until nothing new is found."""

    def __init__(self, names: Mapping[Source, Source]) -> None:
        self._names = names
        self._known: dict[tuple[int, int], Found] = {}
        self._busy: set[tuple[int, int]] = set()
        self._kept: list[Scope] = []  # ids of scopes stay theirs for as long as they live
        self._again = False
        self._whole: dict[int, Scope] = {}

    def answer(self, root: Scope, count: int) -> list[Found]:
        # Inside a recursive query sqlglot takes its first half for the query itself.
        self._whole = {id(one.expression.this): one for one in root.traverse() if one.set_operation_scopes}
        before: list[Found] = []
        for _round in range(_MOST_ROUNDS):
            self._busy.clear()
            self._again = False
            self._done: set[tuple[int, int]] = set()
            found = [self._column(root, index) for index in range(count)]
            if not self._again or found == before:
                return found
            before = found
        return [None] * count

    def _column(self, scope: Scope, index: int) -> Found:
        key = (id(scope), index)
        if key in self._busy:
            self._again = True
            return self._known.get(key, _NO_COLUMNS)
        if key in self._done:
            return self._known[key]
        self._busy.add(key)
        self._kept.append(scope)
        found = self._compute(scope, index)
        self._busy.discard(key)
        self._known[key] = found
        self._done.add(key)
        return found

    def _compute(self, scope: Scope, index: int) -> Found:
        if scope.set_operation_scopes:
            return self._of_set(scope, index)
        selects = scope.expression.selects if isinstance(scope.expression, exp.Query) else []
        if index >= len(selects):
            return None
        return self._expression(scope, selects[index])

    def _of_set(self, scope: Scope, index: int) -> Found:
        """A column of UNION, INTERSECT or EXCEPT: what stands at its place in each part, or has its name."""
        parts = scope.set_operation_scopes
        if not scope.expression.args.get("by_name"):
            return _joined(self._column(one, index) for one in parts)
        name = _names(scope)[index].lower()
        places = [(one, [found.lower() for found in _names(one)]) for one in parts]
        return _joined(self._column(one, names.index(name)) for one, names in places if name in names)

    def _expression(self, scope: Scope, expression: exp.Expr) -> Found:
        found: list[Found] = []
        for node in expression.walk(prune=lambda one: isinstance(one, exp.Query)):
            if isinstance(node, exp.Query):
                found.append(self._query(scope, node))
            elif isinstance(node, exp.Column):
                found.append(self._reference(scope, node))
            elif isinstance(node, exp.Window) and node.args.get("alias"):
                found.append(self._window(scope, node.args["alias"].name))
            elif isinstance(node, exp.TableColumn):
                found.append(None)  # a whole row as one value
            elif isinstance(node, exp.Star) and not isinstance(node.parent, exp.Count):
                found.append(None)
        return _joined(found)

    def _window(self, scope: Scope, name: str) -> Found:
        """What a window by name (WINDOW w AS …) looks at; one may build on another."""
        for window in scope.expression.args.get("windows") or ():
            if window.name.lower() == name.lower():
                return self._expression(scope, window)
        return None

    def _query(self, scope: Scope, query: exp.Expr) -> Found:
        """A query inside an expression: what it says depends on every column that it names."""
        meant = query.unnest()
        inner = next((one for one in scope.subquery_scopes if one.expression is meant), None)
        if inner is None:
            return None
        return _joined(self._all(inner))

    def _all(self, scope: Scope) -> Iterator[Found]:
        for one in scope.set_operation_scopes or ():
            yield from self._all(one)
        if scope.set_operation_scopes:
            return
        for column in scope.columns:
            yield self._reference(scope, column)

    def _reference(self, scope: Scope, column: exp.Column) -> Found:
        source: Any = None
        at: Scope | None = scope
        while at is not None and source is None:
            source = at.sources.get(column.table) if column.table else None
            at = at.parent
        if source is None:
            return None
        if isinstance(source, Scope):
            return self._from_scope(scope, source, column.name)
        if not isinstance(source, exp.Table):
            return None
        if isinstance(source.this, exp.Func):
            return self._expression(scope, source.this)
        named = self._names.get((source.name.lower(), column.name.lower()))
        return None if named is None else frozenset({named})

    def _from_scope(self, scope: Scope, source: Scope, name: str) -> Found:
        if isinstance(source.expression, exp.UDTF):
            return self._from_function(scope, source, name)
        source = self._whole.get(id(source.expression), source)
        for index, found in enumerate(_names(source)):
            if found.lower() == name.lower():
                return self._column(source, index)
        return None

    def _from_function(self, scope: Scope, source: Scope, name: str) -> Found:
        """Rows made of values: all their columns come from whatever the values were computed from."""
        if isinstance(source.expression, exp.Lateral):
            inner = source.subquery_scopes
            return self._from_scope(scope, inner[0], name) if len(inner) == 1 else None
        found: list[Found] = []
        for node in source.expression.walk():
            if isinstance(node, exp.Query | exp.Star) and node is not source.expression:
                return None
            if isinstance(node, exp.Column):
                found.append(self._reference(scope, node))
        return _joined(found)


def _joined(parts: Iterable[Found]) -> Found:
    found: set[Source] = set()
    for part in parts:
        if part is None:
            return None
        found |= part
    return frozenset(found)


def _names(scope: Scope) -> list[str]:
    """The columns of a query in their order; the engine names those of a set as in its first part, then what is new."""
    parts = scope.set_operation_scopes
    if not parts:
        return list(scope.expression.named_selects) if isinstance(scope.expression, exp.Query) else []
    names = _names(parts[0])
    if scope.expression.args.get("by_name"):
        known = {name.lower() for name in names}
        names += [name for part in parts[1:] for name in _names(part) if name.lower() not in known]
    return names

"""In the child: by which expression over each input's own columns a SELECT dates its rows.

The event time of an answer is followed through CTEs, subqueries and unions down to the inputs. Where nothing on the way
makes it coarser (`a + b * INTERVAL 1 HOUR`, a cast to a moment) it is the row's time as it stands; where something does
(`date_trunc`, `max`, a cast to a day) it is what went in there. So it is where the same span is put on every time: an
answer that is dated an hour later may hold what came in that hour. What cannot be told is unknown, and never guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from duckdb import DuckDBPyConnection
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.scope import Scope

from foundation.lake.adapters import child_statement as statement
from foundation.lake.adapters.child_lineage import scope_of

_DIALECT = "duckdb"
_MOST_DEEP = 200
# What makes no moment coarser.
_BACK = (exp.Sub, exp.DateSub, exp.TimestampSub)
_FORWARD = (exp.Add, exp.DateAdd, exp.TimestampAdd, exp.Interval, exp.Mul)
_EXACT = (exp.Paren, exp.Coalesce, exp.Greatest, exp.AtTimeZone, *_FORWARD, *_BACK)
# What makes a moment out of what is none.
_MAKERS = (exp.StrToTime, exp.TimestampFromParts, exp.UnixToTime, exp.TsOrDsToTimestamp, exp.DateFromParts)
_MAKERS_BY_NAME = frozenset({"strptime", "try_strptime", "make_timestamp", "make_timestamptz", "make_date", "epoch_ms"})
_MOMENT, _DAY = "TIMESTAMP", "DATE"
# The names of FROM, each with the query in which it stands, by which a row of an input is reached.
_Path: TypeAlias = tuple[tuple[int, str], ...]
_Row: TypeAlias = tuple[str, _Path]


@dataclass(frozen=True)
class _Found:
    """Times of one input (`alias` to expressions), and whether the whole is one of them as it stands."""

    times: tuple[tuple[str, str], ...] = ()
    exact: bool = True
    moved_back: bool = False


class _Unknown(Exception):
    """It cannot be told."""


def warm() -> None:
    """Load every module that a query may need: behind the walls none can be read."""
    times_of("WITH c AS (SELECT t + INTERVAL 1 DAY AS m FROM a) SELECT m FROM c", {"a": {"t": "TIMESTAMP"}}, "m")


def run(user: DuckDBPyConnection, job: dict[str, Any]) -> dict[str, Any]:
    """Answer a job of kind `times`: {"times": [what `times_of` says of each column, …]}."""
    statement.check(user, job["sql"], job["inputs"])
    inputs = {name: dict(given["columns"]) for name, given in job["inputs"].items()}
    return {"times": [times_of(job["sql"], inputs, column) for column in job["moments"]]}


def times_of(sql: str, inputs: Mapping[str, Mapping[str, str]], moment: str) -> dict[str, Any] | None:
    """{"inputs": {input: [expression, …]}, "exact", "moved_back"} of a column of the answer; None where unknown.

    `inputs` has the SQL type of each column; names stand in the expressions as the inputs have them. It is `exact`
    where the column says them as they stand, and `moved_back` where the SQL takes something off them.
    """
    root = scope_of(sql, inputs)
    if root is None:
        return None
    try:
        found = _Times(inputs).of_column(root, moment.lower(), 0)
    except (SqlglotError, RecursionError, _Unknown):
        return None
    told: dict[str, list[str]] = {}
    for name, expression in found.times:
        if expression not in told.setdefault(name, []):
            told[name].append(expression)
    return {"exact": found.exact, "moved_back": found.moved_back, "inputs": told}


class _Times:
    def __init__(self, inputs: Mapping[str, Mapping[str, str]]) -> None:
        self._columns = {
            (name.lower(), column.lower()): (name, column, kind.upper())
            for name, columns in inputs.items()
            for column, kind in columns.items()
        }

    def of_column(self, scope: Scope, name: str, deep: int) -> _Found:
        """The times that a query's column holds, by its name."""
        if deep > _MOST_DEEP:
            raise _Unknown
        if parts := scope.set_operation_scopes:
            names = [one.lower() for one in _names(parts[0])]
            by_name = bool(scope.expression.args.get("by_name"))
            place = names.index(name) if name in names else -1
            found = [self._of_part(one, name if by_name else place, deep) for one in parts]
            return _together(found, exact=all(one.exact for one in found))
        for select in scope.expression.selects if isinstance(scope.expression, exp.Query) else []:
            if select.alias_or_name.lower() == name:
                return self._of(scope, select.unalias(), deep + 1)
        raise _Unknown

    def _of_part(self, scope: Scope, which: str | int, deep: int) -> _Found:
        names = [one.lower() for one in _names(scope)]
        if isinstance(which, str):
            return self.of_column(scope, which, deep + 1) if which in names else _Found()
        if not 0 <= which < len(names):
            raise _Unknown
        return self.of_column(scope, names[which], deep + 1)

    def _of(self, scope: Scope, node: exp.Expr, deep: int) -> _Found:
        if deep > _MOST_DEEP:
            raise _Unknown
        if isinstance(node, exp.Column):
            return self._of_reference(scope, node, deep)
        if isinstance(node, exp.Query):
            raise _Unknown
        inner = [self._of(scope, child, deep + 1) for child in _children(node)]
        found = _together(inner, exact=all(one.exact for one in inner) and _keeps(node), back=_takes_off(node))
        if found.times:
            whole = self._whole(scope, node, deep) if found.exact and not _puts_on(node) else None
            return replace(found, times=(whole,)) if whole else found
        if _makes(node) and any(True for _column in node.find_all(exp.Column)):
            whole = self._whole(scope, node, deep)
            return _Found((whole,) if whole else (), whole is not None)
        return _Found()

    def _of_reference(self, scope: Scope, column: exp.Column, deep: int) -> _Found:
        source = _source_of(scope, column)
        if isinstance(source, Scope):
            return self.of_column(source, column.name.lower(), deep + 1)
        name, own, kind = self._own(source, column)
        return _Found(((name, _quoted(own)),)) if kind.startswith((_MOMENT, _DAY)) else _Found()

    def _own(self, source: Any, column: exp.Column) -> tuple[str, str, str]:
        if not isinstance(source, exp.Table) or isinstance(source.this, exp.Func):
            raise _Unknown
        named = self._columns.get((source.name.lower(), column.name.lower()))
        if named is None:
            raise _Unknown
        return named

    def _whole(self, scope: Scope, node: exp.Expr, deep: int) -> tuple[str, str] | None:
        """The expression over one input's own columns; None where it is over several rows, also of the same input."""
        rows: set[_Row] = set()
        try:
            whole = self._written_out(scope, node, (rows, ()), deep)
        except _Unknown:
            return None
        return (rows.pop()[0], whole.sql(dialect=_DIALECT)) if len(rows) == 1 else None

    def _written_out(self, scope: Scope, node: exp.Expr, found: tuple[set[_Row], _Path], deep: int) -> exp.Expr:
        """A copy in which each column is what it is made of; _Unknown where that is more than one row's.

        `found` gets the rows that it is over: the input of each, and the way to it through the names of FROM.
        """
        if deep > _MOST_DEEP:
            raise _Unknown
        if isinstance(node, exp.Query | exp.AggFunc | exp.Window):
            raise _Unknown
        if not isinstance(node, exp.Column):
            copied = node.copy()
            for own, child in zip(_columns_of(copied), _columns_of(node), strict=True):
                made = self._written_out(scope, child, found, deep + 1)
                if own is copied:
                    return made
                own.replace(made)
            if any(isinstance(one, exp.Query | exp.AggFunc | exp.Window) for one in copied.walk()):
                raise _Unknown
            return copied
        source, (rows, path) = _source_of(scope, node), found
        path = (*path, (id(scope), node.table))
        if not isinstance(source, Scope):
            name, own_name, _kind = self._own(source, node)
            rows.add((name, path))
            return exp.column(exp.to_identifier(own_name, quoted=True))
        if source.set_operation_scopes or not isinstance(source.expression, exp.Query):
            raise _Unknown
        for select in source.expression.selects:
            if select.alias_or_name.lower() == node.name.lower():
                return exp.paren(self._written_out(source, select.unalias(), (rows, path), deep + 1))
        raise _Unknown


def _source_of(scope: Scope, column: exp.Column) -> Any:
    at: Scope | None = scope
    while at is not None:
        if column.table and (source := at.sources.get(column.table)) is not None:
            if isinstance(source, Scope) and isinstance(source.expression, exp.UDTF):
                raise _Unknown
            return source
        at = at.parent
    raise _Unknown


def _together(parts: Sequence[_Found], *, exact: bool, back: bool = False) -> _Found:
    times = tuple(time for one in parts for time in one.times)
    return _Found(times, exact, bool(times) and (back or any(one.moved_back for one in parts)))


def _keeps(node: exp.Expr) -> bool:
    """Whether a time that goes in comes out as fine as it was."""
    if isinstance(node, exp.Cast):
        return node.to.sql(dialect=_DIALECT).upper().startswith((_MOMENT, "DATETIME"))
    return isinstance(node, _EXACT)


def _takes_off(node: exp.Expr) -> bool:
    """Whether it takes something off a time, also by putting on what is less than nothing."""
    if isinstance(node, _BACK):
        return True
    texts = (str(one.this) for one in node.find_all(exp.Literal) if one.is_string)
    less = any(text.lstrip().startswith("-") for text in texts) or node.find(exp.Neg) is not None
    return isinstance(node, _FORWARD) and less


def _puts_on(node: exp.Expr) -> bool:
    """Whether it puts the same span on every time."""
    if not isinstance(node, exp.Add | exp.DateAdd | exp.TimestampAdd) or _takes_off(node):
        return False
    return not all(any(True for _column in child.find_all(exp.Column)) for child in (node.this, node.expression))


def _makes(node: exp.Expr) -> bool:
    if isinstance(node, exp.Add | exp.Sub | exp.DateAdd | exp.DateSub):
        # A span that is put on a moment, such as the seconds since 1970.
        return any(isinstance(one.unnest(), exp.Cast) and _makes(one.unnest()) for one in (node.this, node.expression))
    if isinstance(node, exp.Cast):
        return node.to.sql(dialect=_DIALECT).upper().startswith((_MOMENT, _DAY))
    if isinstance(node, exp.Anonymous):
        return str(node.this).lower() in _MAKERS_BY_NAME
    return isinstance(node, _MAKERS)


def _columns_of(node: exp.Expr) -> list[exp.Column]:
    return list(node.find_all(exp.Column))


def _children(node: exp.Expr) -> Iterator[exp.Expr]:
    yield from (child for child in node.iter_expressions() if not isinstance(child, exp.DataType))


def _names(scope: Scope) -> list[str]:
    parts: Sequence[Scope] = scope.set_operation_scopes or ()
    if parts:
        return _names(parts[0])
    return list(scope.expression.named_selects) if isinstance(scope.expression, exp.Query) else []


def _quoted(name: str) -> str:
    return exp.to_identifier(name, quoted=True).sql(dialect=_DIALECT)

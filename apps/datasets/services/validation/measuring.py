"""A suite asked of a table: all conditions of rows in one pass of the lake, the rest with a query each."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from uuid import UUID

from apps.datasets.choices import TABLE_KINDS, ExpectationKind, ResultState, Severity, ValueFamily
from apps.datasets.services.validation import compiling, user_sql
from apps.datasets.services.validation.compiling import ROW_KINDS, Ground, Other, Rule, Unchecked
from apps.datasets.services.validation.expectations import Expectation
from apps.datasets.services.validation.user_sql import Wanted
from foundation.lake.ports import Column, Known, Lake, TableAt
from foundation.quoting import identifier
from foundation.quoting import literal as text_literal

if TYPE_CHECKING:
    import pyarrow as pa

Kind = ExpectationKind
# Seconds from 1970 to the beginning of the year 1, and to the end of 9999.
_FIRST_S, _LAST_S = -62_135_596_800, 253_402_300_799
# Rows of a file from which on another scan of it costs less than what may be passed over unread.
_LARGE_FILE = 1_000_000
# A statement of hundreds of scans would take longer to plan than to run.
_MOST_SCANS = 24
_WANTED = {Severity.QUARANTINE: Wanted.ALL, Severity.BLOCK: Wanted.FIRST}


@dataclass(frozen=True, kw_only=True)
class Before:
    """The last version: how many rows it had, and its profile (`foundation.lake.ports.Inspected`)."""

    row_count: int
    profile: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a suite is asked of. With `into`, the rows at `at` will be merged into a table that is there, where they
    replace the rows of the same `key`."""

    tenant_id: UUID
    tables: Lake
    at: TableAt
    now: datetime
    others: Mapping[str, TableAt] = field(default_factory=dict)
    before: Before | None = None
    into: TableAt | None = None
    key: tuple[str, ...] = ()
    # Whether the rows at fault are wanted too, and not their number alone.
    for_good: bool = False
    # How long all that users wrote as SQL may take together, in seconds.
    sql_s: float = 3600.0


@dataclass(frozen=True, kw_only=True)
class Result:
    """What came of one expectation; `failing` and `keys` are what its rows are set aside by."""

    id: str
    state: ResultState
    failed_rows: int | None = None
    share: float = 0.0
    seconds: float = 0.0
    found: Mapping[str, Any] = field(default_factory=dict)
    problem: Mapping[str, Any] | None = None
    failing: str = ""
    keys: pa.Table | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "state": self.state.value,
            "failed_rows": self.failed_rows,
            "share": self.share,
            "seconds": round(self.seconds, 4),
            "found": dict(self.found),
            "problem": self.problem,
        }


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Rows that were looked at, and a result for each expectation in the order of the suite."""

    row_count: int
    results: list[Result]
    inputs: Mapping[str, TableAt]
    suite: Sequence[Expectation]


def measure(suite: Sequence[Expectation], asked: Asked) -> Measured:
    """Ask the whole suite."""
    known = asked.tables.known(asked.at)
    ground, inputs = _ground(suite, asked, known)
    rules: dict[str, Rule] = {}
    problems: dict[str, Unchecked] = {}
    for one in suite:
        if one.kind in ROW_KINDS:
            try:
                rules[one.id] = compiling.rule_of(one, ground)
            except Unchecked as gap:
                problems[one.id] = gap
    began = time.perf_counter()
    rows, counts = _one_pass(asked.tables, inputs, rules, known)
    spent = time.perf_counter() - began
    results: list[Result] = []
    left = asked.sql_s
    for one in suite:
        if one.kind not in ROW_KINDS and one.kind not in TABLE_KINDS:
            results.append(_alone(one, asked, ground, inputs, rules, rows, left))
            left -= results[-1].seconds
        elif one.id in problems:
            results.append(_unchecked(one, problems[one.id], rows))
        elif one.id in counts:
            results.append(_of_rows(one, counts[one.id], rows, spent, rules[one.id].failing))
        else:
            results.append(_alone(one, asked, ground, inputs, rules, rows, left))
    return Measured(row_count=rows, results=results, inputs=inputs, suite=suite)


def _ground(suite: Sequence[Expectation], asked: Asked, known: Known) -> tuple[Ground, dict[str, TableAt]]:
    inputs, others = {"_rows": asked.at}, {}
    for place, one in enumerate(one for one in suite if one.id in asked.others):
        at = asked.others[one.id]
        columns = {column.name: column for column in asked.tables.schema(at)}
        others[one.id] = Other(alias=f"_other{place}", at=at, columns=columns)
        inputs[f"_other{place}"] = at
    columns = {column.name: column for column in asked.tables.schema(asked.at)}
    if asked.into is None:
        return Ground(columns=columns, others=others, complete=known.complete), inputs
    inputs["_into"] = asked.into
    there = {column.name for column in asked.tables.schema(asked.into)}
    whole = _whole(columns, there, asked.key)
    return Ground(columns=columns, others=others, whole=whole, complete=known.complete), inputs


def _whole(columns: Mapping[str, Column], there: set[str], key: Sequence[str]) -> str:
    """All rows that there will be: the new ones, and those that they do not replace."""
    told = [f"i.{identifier(column)}" if column in there else f"NULL AS {identifier(column)}" for column in columns]
    met = " AND ".join(f"i.{identifier(column)} = n.{identifier(column)}" for column in key)
    stay = f" WHERE NOT EXISTS (SELECT 1 FROM _rows n WHERE {met})" if key else ""
    mine = ", ".join(f"n.{identifier(column)}" for column in columns)
    return f"(SELECT {mine} FROM _rows n UNION ALL SELECT {', '.join(told)} FROM _into i{stay})"


def _one_pass(
    tables: Lake, inputs: Mapping[str, TableAt], rules: Mapping[str, Rule], known: Known
) -> tuple[int, dict[str, int]]:
    """The number of rows, and of those that fail each rule that looks at nothing but the row, or is proven to be met.

    One statement reads the columns once. Of large files each bare comparison is counted in a scan of its own beside
    it: of most parts of such a file its smallest and largest value say enough, and the column is never read.
    """
    large = known.files and known.rows / known.files >= _LARGE_FILE
    counted, beside = {"rows": "count(*)"}, dict[str, str]()
    for place, rule in enumerate(rules.values()):
        more = len(beside) < _MOST_SCANS
        if rule.proof and more:
            beside[f"f{place}"] = rule.proof
        elif rule.bare and more and large:
            beside[f"f{place}"] = f"SELECT count(*) FROM _rows WHERE {rule.bare}"
        elif not rule.count:
            counted[f"f{place}"] = f"count_if({rule.failing})::BIGINT"
    pass_ = ", ".join(f"{figure} AS {place}" for place, figure in counted.items())
    scans = "".join(f", ({query}) AS {place}" for place, query in beside.items())
    found = _first(tables, f"SELECT one.*{scans} FROM (SELECT {pass_} FROM _rows) one", inputs)
    counts = {key: int(found.get(f"f{place}", 1) or 0) for place, key in enumerate(rules)}
    # What was not proven is counted by itself.
    return int(found["rows"]), {key: n for key, n in counts.items() if not rules[key].count or not n}


def _count(tables: Lake, rule: Rule, inputs: Mapping[str, TableAt]) -> int:
    """How many rows fail a rule that looks further than the row."""
    if rule.screen and not _first(tables, f"SELECT ({rule.screen}) AS n", inputs)["n"]:
        return 0
    return int(_first(tables, f"SELECT ({rule.count}) AS n", inputs)["n"])


def _first(tables: Lake, sql: str, inputs: Mapping[str, TableAt]) -> dict[str, Any]:
    found: dict[str, Any] = tables.query(sql, inputs).read_all().to_pylist()[0]
    return found


def _unchecked(one: Expectation, gap: Unchecked, rows: int, seconds: float = 0.0) -> Result:
    return Result(id=one.id, state=ResultState.UNCHECKED, problem=gap.problem, seconds=seconds)


def _of_rows(
    one: Expectation, failed: int, rows: int, seconds: float, failing: str = "", keys: pa.Table | None = None
) -> Result:
    share = failed / rows if rows else 0.0
    passed = not failed or (one.kind is Kind.NOT_NULL and share <= one.parameters.get("share", 0.0))
    return Result(
        id=one.id,
        state=ResultState.PASSED if passed else ResultState.FAILED,
        failed_rows=failed,
        share=share,
        seconds=seconds,
        failing=failing,
        keys=keys,
    )


def _alone(
    one: Expectation,
    asked: Asked,
    ground: Ground,
    inputs: Mapping[str, TableAt],
    rules: Mapping[str, Rule],
    rows: int,
    left: float,
) -> Result:
    """What takes a query of its own; SQL that a user wrote has so many seconds left."""
    began = time.perf_counter()
    try:
        if one.id in rules:
            failed = _count(asked.tables, rules[one.id], inputs)
            return _of_rows(one, failed, rows, time.perf_counter() - began, rules[one.id].failing)
        if one.kind in TABLE_KINDS:
            state, seen = _TABLE[one.kind](one, asked, ground, inputs, rows)
            return Result(id=one.id, state=state, found=seen, seconds=time.perf_counter() - began)
        wanted = _WANTED.get(one.severity, Wanted.NONE) if asked.for_good else Wanted.NONE
        at_fault = user_sql.rows_at_fault(one, asked.tenant_id, asked.at, ground, wanted=wanted, most_s=left)
        spent = time.perf_counter() - began
        return _of_rows(one, at_fault.count, rows, spent, at_fault.failing, at_fault.keys)
    except Unchecked as gap:
        return _unchecked(one, gap, rows, time.perf_counter() - began)


def _state(passed: bool) -> ResultState:
    return ResultState.PASSED if passed else ResultState.FAILED


def _fresh(
    one: Expectation, asked: Asked, ground: Ground, inputs: Mapping[str, TableAt], rows: int
) -> tuple[ResultState, dict[str, Any]]:
    column = compiling.column_of(ground, one.column)
    if compiling.family_of(column.type) not in {ValueFamily.DATE, ValueFamily.TIME}:
        raise Unchecked("not_comparable", column=column.name, type=column.type)
    value = f"w.{identifier(column.name)}"
    sql = f"SELECT max(epoch({value})) FILTER (WHERE isfinite({value})) AS newest FROM {ground.whole} w"
    newest = _first(asked.tables, sql, inputs)["newest"]
    if newest is None:
        return ResultState.FAILED, {"newest": None}
    # The lake knows years that no datetime has.
    moment = datetime.fromtimestamp(min(max(float(newest), _FIRST_S), _LAST_S), tz=asked.now.tzinfo)
    fresh = asked.now.timestamp() - float(newest) <= one.parameters["hours"] * 3600
    return _state(fresh), {"newest": moment.isoformat(timespec="seconds")}


def _row_count(
    one: Expectation, asked: Asked, ground: Ground, inputs: Mapping[str, TableAt], rows: int
) -> tuple[ResultState, dict[str, Any]]:
    if asked.into is not None:
        rows = int(_first(asked.tables, f"SELECT count(*) AS n FROM {ground.whole} w", inputs)["n"])
    last, said = asked.before.row_count if asked.before else None, one.parameters
    passed = said.get("min", 0) <= rows <= said.get("max", rows)
    if "change" in said and last:
        passed = passed and abs(rows - last) <= said["change"] * last
    return _state(passed), {"rows": rows, "last": last}


def _distribution(
    one: Expectation, asked: Asked, ground: Ground, inputs: Mapping[str, TableAt], rows: int
) -> tuple[ResultState, dict[str, Any]]:
    column = compiling.column_of(ground, one.column)
    profiles = asked.before.profile.get("columns", []) if asked.before else []
    before = next((known for known in profiles if known["name"] == column.name), None)
    if before is None:
        return ResultState.PASSED, {"shift": None}
    conditions, counts = bins_of(before, column, asked.before.row_count if asked.before else 0)
    if not conditions:
        return ResultState.PASSED, {"shift": None}
    parts = [f"count(*) FILTER (WHERE {condition}) AS b{place}" for place, condition in enumerate(conditions)]
    found = _first(asked.tables, f"SELECT {', '.join(parts)} FROM {ground.whole} w", inputs)
    moved = compiling.shift(one.parameters["measure"], counts, [int(found[f"b{i}"]) for i in range(len(conditions))])
    return _state(moved <= one.parameters["threshold"]), {"shift": round(moved, 4)}


def bins_of(before: Mapping[str, Any], column: Column, rows: int) -> tuple[list[str], list[int]]:
    """The last version's bins as conditions over `w`, with what it had in each: ranges, or the most frequent texts and
    the rest. What the last version had nowhere falls into the outermost bin."""
    value, histogram = f"w.{identifier(column.name)}", before.get("histogram") or {}
    counts, edges = histogram.get("counts") or [], histogram.get("edges") or []
    family = compiling.family_of(column.type)
    if len(counts) > 1 and family in {ValueFamily.WHOLE, ValueFamily.NUMBER}:
        real = column.type in {"FLOAT", "DOUBLE"}
        value = f"(CASE WHEN isfinite({value}) THEN {value} END)" if real else value
        tops = [compiling.literal(edge) for edge in edges[1:-1]]
        return _ranges(value, tops), list(counts)
    if len(counts) > 1 and family in {ValueFamily.DATE, ValueFamily.TIME}:
        measure = f"(CASE WHEN isfinite({value}) THEN epoch({value}) END)"
        tops = [repr(datetime.fromisoformat(edge).timestamp()) for edge in edges[1:-1]]
        return _ranges(measure, tops), list(counts)
    top = [known for known in before.get("top") or [] if len(known["value"] or "") < 200]
    if not top:
        return [], []
    listed = [text_literal(known["value"]) for known in top]
    value = f"{value}::VARCHAR"
    rest = f"coalesce({value} NOT IN ({', '.join(listed)}), false)"
    counts = [int(known["count"]) for known in top]
    others = max(0, rows - int(before.get("nulls", 0)) - sum(counts))
    return [*(f"{value} = {text}" for text in listed), rest], [*counts, others]


def _ranges(value: str, tops: Sequence[str]) -> list[str]:
    """Bins that end with their upper edge, as the profile counts them."""
    first, last = [f"{value} <= {tops[0]}"], [f"{value} > {tops[-1]}"]
    between = [f"{value} > {low} AND {value} <= {high}" for low, high in pairwise(tops)]
    return [*first, *between, *last]


_TABLE = {Kind.FRESHNESS: _fresh, Kind.ROW_COUNT: _row_count, Kind.DISTRIBUTION: _distribution}

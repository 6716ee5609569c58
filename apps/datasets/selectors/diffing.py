"""Two versions row by row, told apart by a key: what came, what went, what changed, and examples of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.datasets.choices import RowChangeKind
from apps.datasets.models import DatasetVersion
from apps.datasets.selectors.masking import guessable, masks
from apps.datasets.selectors.reading import table_at
from foundation import lake
from foundation.errors import Invalid
from foundation.identity import Actor
from foundation.quoting import identifier

# Versions of up to so many rows are compared row by row; of larger ones a sample of their keys, the same in both.
MOST_ROWS = 5_000_000
EXAMPLES = 20


@dataclass(frozen=True)
class RowDiff:
    """Counts by key. `one_in`: of larger versions one key in so many was looked at, and the counts are of those."""

    key: list[str]
    added: int
    removed: int
    changed: int
    same: int
    one_in: int = 1
    # How many of the rows that changed differ in each column, the most frequent first.
    columns: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Example:
    """One row that differs: its key, and of each column that differs what stood there before and after."""

    kind: RowChangeKind
    key: dict[str, Any]
    cells: list[tuple[str, Any, Any]]


@dataclass(frozen=True)
class _Pair:
    """The names that both versions have, as the SQL calls them by their place: keys k0…, other columns c0…."""

    key: list[str]
    columns: list[str]
    inputs: dict[str, Any]
    one_in: int

    def side(self, name: str) -> str:
        keys = [f"{identifier(column)} AS k{i}" for i, column in enumerate(self.key)]
        rest = [f"{identifier(column)} AS c{i}" for i, column in enumerate(self.columns)]
        cut = f" WHERE hash({', '.join(map(identifier, self.key))}) % {self.one_in} = 0" if self.one_in > 1 else ""
        return f"SELECT true AS there, {', '.join([*keys, *rest])} FROM {name}{cut}"  # noqa: S608 - names are quoted

    @property
    def joined(self) -> str:
        on = " AND ".join(f"x.k{i} IS NOT DISTINCT FROM y.k{i}" for i in range(len(self.key)))
        return f"({self.side('a')}) x FULL OUTER JOIN ({self.side('b')}) y ON {on}"

    @property
    def differs(self) -> str:
        either = " OR ".join(f"x.c{i} IS DISTINCT FROM y.c{i}" for i in range(len(self.columns)))
        return f"x.there AND y.there AND ({either or 'false'})"


def likely_key(*, actor: Actor, before: DatasetVersion, after: DatasetVersion) -> list[str]:
    """A column of which every row has a value of its own in both versions; empty where there is none."""
    hidden = guessable(actor, before, after)
    unique = [{c["name"] for c in v.profile.get("columns", []) if c.get("unique")} for v in (before, after)]
    return [name for name in after.column_names if name in unique[0] & unique[1] and name not in hidden][:1]


def diff_rows(*, actor: Actor, before: DatasetVersion, after: DatasetVersion, key: Sequence[str]) -> RowDiff:
    """Counted in the lake; Invalid where the key does not name one row each."""
    pair = _pair(actor, before, after, key)
    _check_unique(actor, pair, before, after)
    each = "".join(
        f", count(*) FILTER (x.there AND y.there AND x.c{i} IS DISTINCT FROM y.c{i})" for i in range(len(pair.columns))
    )
    sql = (
        f"SELECT count(*) FILTER (x.there IS NULL), count(*) FILTER (y.there IS NULL), "  # noqa: S608 - names are quoted
        f"count(*) FILTER ({pair.differs}), count(*){each} FROM {pair.joined}"
    )
    added, removed, changed, all_of_them, *by_column = _first(actor, sql, pair)
    moved = sorted(zip(pair.columns, by_column, strict=True), key=lambda one: -one[1])
    return RowDiff(
        key=pair.key,
        added=added,
        removed=removed,
        changed=changed,
        same=all_of_them - added - removed - changed,
        one_in=pair.one_in,
        columns={name: count for name, count in moved if count},
    )


def diff_examples(
    *,
    actor: Actor,
    before: DatasetVersion,
    after: DatasetVersion,
    key: Sequence[str],
    kind: str = "",
    offset: int = 0,
    limit: int = EXAMPLES,
) -> list[Example]:
    """Rows that differ, of one kind or of all, page by page; values as the actor may see them.

    They come in an order that says nothing of masked values: that of their keys' hashes.
    """
    pair = _pair(actor, before, after, key)
    alone = "WHEN x.there IS NULL THEN 'added' WHEN y.there IS NULL THEN 'removed'"
    word = f"CASE {alone} WHEN {pair.differs} THEN 'changed' END"
    keys = ", ".join(f"coalesce(x.k{i}, y.k{i}) AS k{i}" for i in range(len(pair.key)))
    sides = ", ".join(f"x.c{i} AS x{i}, y.c{i} AS y{i}" for i in range(len(pair.columns)))
    named = ", ".join(f"k{i}" for i in range(len(pair.key)))
    sql = (
        f"SELECT * FROM (SELECT {word} AS kind, {keys}{', ' if sides else ''}{sides} FROM {pair.joined}) "  # noqa: S608
        f"WHERE kind IS NOT NULL{' AND kind = ?' if kind else ''} "
        f"ORDER BY kind, hash({named}) LIMIT {int(limit)} OFFSET {int(offset)}"
    )
    rows = lake.for_tenant(actor.tenant_id).query(sql, pair.inputs, [kind] if kind else None).read_all().to_pylist()
    covered = {**masks(actor, before), **masks(actor, after)}
    return [_example(row, pair, covered) for row in rows]


def _example(row: Mapping[str, Any], pair: _Pair, covered: Mapping[str, Any]) -> Example:
    def shown(name: str, value: Any) -> Any:
        return covered[name](value) if name in covered else value

    kind = RowChangeKind(row["kind"])
    cells = [
        (name, shown(name, row[f"x{i}"]), shown(name, row[f"y{i}"]))
        for i, name in enumerate(pair.columns)
        if kind is not RowChangeKind.CHANGED or _differ(row[f"x{i}"], row[f"y{i}"])
    ]
    return Example(kind, {name: shown(name, row[f"k{i}"]) for i, name in enumerate(pair.key)}, cells)


def _differ(one: Any, other: Any) -> bool:
    """As the lake has it: two that are not a number are the same."""
    return bool(one != other) and not (one != one and other != other)


def comparable(actor: Actor, before: DatasetVersion, after: DatasetVersion) -> list[str]:
    """The columns that both have in the same type, but for those that the actor could guess at."""
    types, hidden = {column["name"]: column["type"] for column in before.schema}, guessable(actor, before, after)
    shared = [column["name"] for column in after.schema if types.get(column["name"]) == column["type"]]
    return [name for name in shared if name not in hidden]


def _pair(actor: Actor, before: DatasetVersion, after: DatasetVersion, key: Sequence[str]) -> _Pair:
    shared, wanted = comparable(actor, before, after), list(dict.fromkeys(key))
    if hidden := [name for name in wanted if name in guessable(actor, before, after)]:
        sentence = _("You see these masked, so they name no row for you: %(names)s. Choose others as the key.")
        raise Invalid(sentence % {"names": ", ".join(hidden)}, fields={"key": [_("Choose others.")]})
    if missing := [name for name in wanted if name not in shared]:
        sentence = _("Not in both versions in the same type, so no key: %(names)s.") % {"names": ", ".join(missing)}
        raise Invalid(sentence, fields={"key": [sentence]})
    if not wanted:
        sentence = _("Choose the columns that name a row, so that a changed one is told from one that came or went.")
        raise Invalid(sentence, fields={"key": [sentence]})
    most = max(before.row_count or 0, after.row_count or 0)
    rest = [name for name in shared if name not in wanted]
    return _Pair(wanted, rest, {"a": table_at(before), "b": table_at(after)}, max(1, -(-most // MOST_ROWS)))


def _check_unique(actor: Actor, pair: _Pair, before: DatasetVersion, after: DatasetVersion) -> None:
    named = ", ".join(f"k{i}" for i in range(len(pair.key)))
    for side, version in (("a", before), ("b", after)):
        counted = f"SELECT count(*) AS n FROM ({pair.side(side)}) GROUP BY {named} HAVING count(*) > 1"  # noqa: S608
        [several] = _first(actor, f"SELECT count(*) FROM ({counted})", pair)  # noqa: S608 - ours
        if several:
            sentence = ngettext(
                "In %(version)s %(count)s key occurs more than once, so it names no row: add a column to the key.",
                "In %(version)s %(count)s keys occur more than once, so they name no row: add a column to the key.",
                several,
            ) % {"version": version, "count": f"{several:,}"}
            raise Invalid(sentence, fields={"key": [sentence]})


def _first(actor: Actor, sql: str, pair: _Pair) -> list[int]:
    table = lake.for_tenant(actor.tenant_id).query(sql, pair.inputs).read_all()
    return [int(column[0].as_py() or 0) for column in table.columns]

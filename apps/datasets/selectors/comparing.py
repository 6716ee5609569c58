"""What changed between two versions of a dataset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from apps.datasets.models import DatasetVersion
from apps.datasets.selectors.reading import table_at
from foundation import lake
from foundation.identity import Actor

# Rows are compared one by one up to this many in both versions together; beyond it only counts and profiles are.
_MOST_ROWS = 5_000_000


@dataclass(frozen=True)
class ColumnChange:
    """One column in both versions; a side is None where the column is not there."""

    name: str
    change: str  # added, removed, retyped, moved (figures differ) or same
    before: dict[str, Any] | None
    after: dict[str, Any] | None


@dataclass(frozen=True)
class RowChange:
    """How many rows are only in one of the versions, by all columns that both have."""

    removed: int
    added: int


def compare(before: DatasetVersion, after: DatasetVersion) -> list[ColumnChange]:
    """Column by column, in the order of the later version, the removed ones last."""
    left, right = _described(before), _described(after)
    names = [*right, *(name for name in left if name not in right)]
    return [
        ColumnChange(name, _change(left.get(name), right.get(name)), left.get(name), right.get(name)) for name in names
    ]


def changed_rows(*, actor: Actor, before: DatasetVersion, after: DatasetVersion) -> RowChange | None:
    """Counted in the lake over the columns that both versions have in the same type; None where it would take long."""
    if (before.row_count or 0) + (after.row_count or 0) > _MOST_ROWS:
        return None
    types = {column["name"]: column["type"] for column in before.schema}
    shared = [c["name"] for c in after.schema if types.get(c["name"]) == c["type"]]
    if not shared:
        return None
    columns = ", ".join('"' + name.replace('"', '""') + '"' for name in shared)
    one, other = f"SELECT {columns} FROM a", f"SELECT {columns} FROM b"  # noqa: S608 - names are quoted
    sql = (
        f"SELECT (SELECT count(*) FROM ({one} EXCEPT ALL {other})) AS removed, "  # noqa: S608
        f"(SELECT count(*) FROM ({other} EXCEPT ALL {one})) AS added"
    )
    inputs = {"a": table_at(before), "b": table_at(after)}
    found = lake.for_tenant(actor.tenant_id).query(sql, inputs).read_all().to_pylist()[0]
    return RowChange(removed=found["removed"], added=found["added"])


def _described(version: DatasetVersion) -> dict[str, dict[str, Any]]:
    profiles = {column["name"]: column for column in version.profile.get("columns", [])}
    rows = version.row_count or 0
    return {
        column["name"]: {
            **profiles.get(column["name"], {}),
            "type": column["type"],
            "class": column.get("class", ""),
            "missing": profiles.get(column["name"], {}).get("nulls", 0) / rows if rows else 0.0,
        }
        for column in version.schema
    }


def _change(before: dict[str, Any] | None, after: dict[str, Any] | None) -> str:
    if before is None:
        return "added"
    if after is None:
        return "removed"
    if before["type"] != after["type"]:
        return "retyped"
    figures = ("missing", "distinct", "min", "max", "mean", "top")
    return "same" if all(before.get(name) == after.get(name) for name in figures) else "moved"

"""What changed between two versions of a dataset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from apps.datasets.models import DatasetVersion
from apps.datasets.selectors.diffing import comparable
from apps.datasets.selectors.drifting import FAR, STEADY, drift
from apps.datasets.selectors.masking import guessable, profile_for
from apps.datasets.selectors.reading import table_at
from foundation import lake
from foundation.identity import Actor
from foundation.quoting import identifier

# Rows are compared one by one up to this many in both versions together; beyond it only counts and profiles are.
_MOST_ROWS = 5_000_000


@dataclass(frozen=True)
class ColumnChange:
    """One column in both versions; a side is None where the column is not there."""

    name: str
    change: str  # added, removed, retyped, moved (figures differ), same or masked (that is not told)
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    # ("psi" or "tv", how far): see `drifting`; None where the profiles do not say.
    drift: tuple[str, float] | None = None

    @property
    def tone(self) -> str:
        """How much that is: steady, moved or far; empty where nothing is known."""
        if self.drift is None:
            return ""
        return "steady" if self.drift[1] < STEADY else "moved" if self.drift[1] < FAR else "far"


@dataclass(frozen=True)
class RowChange:
    """How many rows are only in one of the versions, by all columns that both have."""

    removed: int
    added: int


def compare(*, actor: Actor, before: DatasetVersion, after: DatasetVersion) -> list[ColumnChange]:
    """Column by column, in the order of the later version, the removed ones last; figures as the actor may know them.

    Whether a column moved, and how far, is said of masked ones too, unless the actor could guess at their values by
    versions of their own: each guess would be nearer or further.
    """
    left, right = _described(before, before.profile), _described(after, after.profile)
    shown = _described(before, profile_for(actor, before)), _described(after, profile_for(actor, after))
    names = [*right, *(name for name in left if name not in right)]
    hidden = guessable(actor, before, after)
    return [
        ColumnChange(
            name,
            _change(left.get(name), right.get(name), told=name not in hidden),
            shown[0].get(name),
            shown[1].get(name),
            None if name in hidden else drift(left.get(name), right.get(name)),
        )
        for name in names
    ]


def changed_rows(*, actor: Actor, before: DatasetVersion, after: DatasetVersion) -> RowChange | None:
    """Counted in the lake over the columns that both versions have in the same type; None where it would take long."""
    if (before.row_count or 0) + (after.row_count or 0) > _MOST_ROWS:
        return None
    shared = comparable(actor, before, after)
    if not shared:
        return None
    columns = ", ".join(map(identifier, shared))
    one, other = f"SELECT {columns} FROM a", f"SELECT {columns} FROM b"  # noqa: S608 - names are quoted
    sql = (
        f"SELECT (SELECT count(*) FROM ({one} EXCEPT ALL {other})) AS removed, "  # noqa: S608
        f"(SELECT count(*) FROM ({other} EXCEPT ALL {one})) AS added"
    )
    inputs = {"a": table_at(before), "b": table_at(after)}
    found = lake.for_tenant(actor.tenant_id).query(sql, inputs).read_all().to_pylist()[0]
    return RowChange(removed=found["removed"], added=found["added"])


def _described(version: DatasetVersion, profile: dict[str, Any]) -> dict[str, dict[str, Any]]:
    profiles = {column["name"]: column for column in profile.get("columns", [])}
    rows = version.row_count or 0
    return {
        column["name"]: {
            **profiles.get(column["name"], {}),
            "type": column["type"],
            "class": column.get("class", ""),
            "present": rows - profiles.get(column["name"], {}).get("nulls", 0),
            "missing": profiles.get(column["name"], {}).get("nulls", 0) / rows if rows else 0.0,
        }
        for column in version.schema
    }


def _change(before: dict[str, Any] | None, after: dict[str, Any] | None, *, told: bool) -> str:
    if before is None:
        return "added"
    if after is None:
        return "removed"
    if before["type"] != after["type"]:
        return "retyped"
    if not told:
        return "masked"
    figures = ("missing", "distinct", "min", "max", "mean", "top")
    return "same" if all(before.get(name) == after.get(name) for name in figures) else "moved"

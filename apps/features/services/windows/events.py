"""The table of a windows view's events: what the kernel reads of them, and how far their source was taken in.

Each row has the keys, the event time and the moment it became known in µs, the values, and the step by which it came.
Its mark says how far the source is in it; the mark of the view's own table says which steps are in that one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from apps.datasets.choices import growing_table
from apps.features.choices import KnownSince
from apps.features.services.windows.plans import Plan, stored_value
from foundation.lake import Lake
from foundation.quoting import identifier
from runtime.entity_keys import MOST_BYTES

if TYPE_CHECKING:
    from apps.features.models import FeatureView

# What the kernel calls the table of events, and windows the table that they select them out of.
ALIAS = "events"
_BESIDE = ("ht_", "hw_")
# From the year 1 on, and so long before the year 10 000 that every window has left by then.
_FIRST_US, _LAST_US = -62_135_596_800_000_000, 248_000_000_000_000_000


@dataclass(frozen=True)
class Mark:
    """Up to `step` what came is in: the source as of `snapshot`, with its `rows`; at `whole` it was begun anew.

    Where rows were erased from the source and its past forgotten, that snapshot has fewer: nothing else tells of it.
    """

    step: int
    whole: int
    table: str
    snapshot: int
    rows: int

    def said(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))


def events_table(view: FeatureView) -> str:
    return f"we_{view.pk.hex}"


def rows_table(view: FeatureView) -> str:
    return f"fv_{view.pk.hex}"


def staging_table(view: FeatureView) -> str:
    """Where what came lies until it is in; whoever reads it does so at the snapshot that he wrote himself."""
    return f"wn_{view.pk.hex}"


def tables_of(view_id: UUID) -> list[str]:
    """All that a view may have in the lake; one of SQL has the first alone, and for a while those beside it."""
    return [f"{prefix}{view_id.hex}" for prefix in ("fv_", "we_", "wn_", *_BESIDE)]


def beside_tables(view: FeatureView) -> tuple[str, str]:
    """Where rows as of a moment lie, and those over all, while the one is held against the other."""
    then, whole = (f"{prefix}{view.pk.hex}" for prefix in _BESIDE)
    return then, whole


def source_table(view: FeatureView) -> str:
    """The growing table of the stream that the view follows."""
    return growing_table(UUID(view.windows["source"]["dataset"]))


def alias_of(view: FeatureView) -> str:
    """What its SELECT calls the table that it reads."""
    return str(view.windows["source"].get("alias", ALIAS))


def mark_of(tables: Lake, view: FeatureView) -> tuple[Mark | None, str]:
    """How far the source is taken in, and the mark itself; None where nothing is."""
    said = tables.mark_of(events_table(view))
    return (Mark(**json.loads(said)), said) if said else (None, "")


def events_sql(view: FeatureView, plan: Plan, *, step: int, arrived_us: int) -> str:
    """What the view's own SELECT gives, as rows of the table of events; it holds a user's SQL, so it runs apart.

    A row without a key or an event time is of no entity, or of no moment, and one whose key is longer than any store
    takes is of none that could be asked for: it is kept without a time, and counted.
    """
    types: Mapping[str, str] = view.windows["columns"]
    moment = _moment(view.event_time, types)
    known = {
        KnownSince.EVENT: moment,
        KnownSince.COLUMN: f"coalesce({_moment(view.created_column, types)}, {moment})",
        KnownSince.ARRIVAL: str(arrived_us),
    }[KnownSince(view.windows["known_since"])]
    columns = [f"{identifier(key)} AS {name}" for name, key in zip(plan.key_names, plan.keys, strict=True)]
    if view.windows["known_since"] == KnownSince.COLUMN:
        # What never becomes known is seen by nobody, in a join as in a window.
        moment = f"CASE WHEN {_never(view.created_column, types)} THEN NULL ELSE {moment} END"
    columns += [f"{moment} AS t", f"CAST({known} AS BIGINT) AS known"]
    columns += [f"{stored_value(name, types[name])} AS {plan.value(name)}" for name in plan.columns]
    # Of a missing key this is unknown, which is not true either.
    there = " AND ".join(f"strlen({name}::VARCHAR) <= {MOST_BYTES}" for name in plan.key_names)
    # A comment at the end of the user's last line ends with that line.
    return (
        f"SELECT * REPLACE (CASE WHEN {there} THEN t END AS t), CAST({step} AS INTEGER) AS step "  # noqa: S608
        f"FROM (SELECT {', '.join(columns)} FROM (\n{view.sql.strip().rstrip(';')}\n) AS told) AS taken"
    )


def _never(column: str, types: Mapping[str, str]) -> str:
    name = identifier(column)
    far = f" OR {name} > '9999-12-31'" if _is_day(column, types) else ""
    return f"({name} = 'infinity' OR {_microseconds(column, types)} > {_LAST_US}{far})"


def _moment(column: str, types: Mapping[str, str]) -> str:
    name, microseconds = identifier(column), _microseconds(column, types)
    inside = f"isfinite({name}) AND {microseconds} BETWEEN {_FIRST_US} AND {_LAST_US}"
    return f"CASE WHEN {inside} THEN {microseconds} END"


def _microseconds(column: str, types: Mapping[str, str]) -> str:
    """Days reach further than microseconds do: of such a day there are none, where the engine would fail."""
    name = identifier(column)
    told = f"epoch_us({name})"
    return f"CASE WHEN {name} BETWEEN '0001-01-01' AND '9999-12-31' THEN {told} END" if _is_day(column, types) else told


def _is_day(column: str, types: Mapping[str, str]) -> bool:
    return types.get(column, "").upper() == "DATE"

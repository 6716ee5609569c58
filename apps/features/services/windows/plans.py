"""What the kernel of windows is told: keys, slide and aggregations, and how values lie in the table of events."""

from __future__ import annotations

from dataclasses import dataclass

from apps.features.choices import WindowFunction
from foundation.quoting import identifier

_SECOND = 1_000_000
# Of numbers beyond it the whole part would not fit, sums of a hundred million of them included.
_YEARS = ("0001-01-01", "9999-12-31 23:59:59.999999")
_TIMES = frozenset({"DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"})
_LARGEST = "1.2676506002282294e30"  # 2^100


@dataclass(frozen=True)
class Aggregation:
    """One declared aggregate; `type` is the column's in the table of events, empty where rows are counted."""

    name: str
    function: WindowFunction
    column: str
    seconds: int
    quantile: float | None
    type: str

    @property
    def window_us(self) -> int:
        return self.seconds * _SECOND

    @property
    def gives(self) -> str:
        """The SQL type of its values."""
        whole = self.type in {"BIGINT", "BOOLEAN"}
        match self.function:
            case WindowFunction.COUNT | WindowFunction.DISTINCT:
                return "BIGINT"
            case WindowFunction.SUM:
                return "BIGINT" if whole else "DOUBLE"
            case WindowFunction.MEAN | WindowFunction.QUANTILE:
                return "DOUBLE"
            case _:
                return self.type


@dataclass(frozen=True)
class Plan:
    """All that the kernel is told. In the table of events keys are k0, k1, …, values v0, v1, … in this order.

    Without aggregations each event is a row (`row_by_row`), and there is no slide.
    """

    keys: tuple[str, ...]
    event_time: str
    created: str
    slide_seconds: int
    columns: tuple[str, ...]
    aggregations: tuple[Aggregation, ...]

    @property
    def slide_us(self) -> int:
        return self.slide_seconds * _SECOND

    @property
    def longest_us(self) -> int:
        return max(one.window_us for one in self.aggregations)

    @property
    def key_names(self) -> list[str]:
        return [f"k{place}" for place in range(len(self.keys))]

    def value(self, column: str) -> str:
        return f"v{self.columns.index(column)}"


def stored_type(type: str) -> str:
    """The type that a column's values have in the table of events; empty where no function takes it."""
    kind = type.upper()
    if kind in {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"}:
        return "BIGINT"
    if kind in {"HUGEINT", "UBIGINT", "UHUGEINT", "FLOAT", "DOUBLE"} or kind.startswith("DECIMAL"):
        return "DOUBLE"
    plain = kind in {"BOOLEAN", "VARCHAR", "DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"}
    return kind if plain else ""


def stored_value(name: str, type: str) -> str:
    """The SQL of a value on its way into the table of events: what is not finite, or too large, is missing."""
    wanted, column = stored_type(type), identifier(name)
    if wanted in _TIMES:
        # Outside these years, of a moment in any zone, lies what no program holds; infinity is beyond both ends.
        first, last = ("0001-01-02", "9999-12-30 23:59:59.999999") if "ZONE" in wanted else _YEARS
        inside = f"{column} BETWEEN '{first}' AND '{last}'::{wanted}"
        return f"CASE WHEN {inside} THEN {column} END"
    if wanted != "DOUBLE":
        return f"CAST({column} AS {wanted})"
    number = f"CAST({column} AS DOUBLE)"
    # Adding zero makes one zero of two.
    return f"CASE WHEN isfinite({number}) AND abs({number}) < {_LARGEST} THEN {number} + 0.0 END"

"""What is said to a lake and by it: tables, columns, files, conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    # As in `lake`: not before the children have left the network.
    import pyarrow as pa

Mode = Literal["create", "append", "replace"]
Operator = Literal["=", "!=", "<", "<=", ">", ">=", "contains", "is null", "is not null"]
FileFormat = Literal["csv", "parquet", "jsonl", "arrow", "excel", "zip"]


@dataclass(frozen=True)
class TableAt:
    """A table as it was at one snapshot: the same rows for ever."""

    table: str
    snapshot: int


@dataclass(frozen=True)
class Column:
    """A column: its name, its SQL type (`BIGINT`, `VARCHAR`, `TIMESTAMP`, …) and whether it may be empty."""

    name: str
    type: str
    nullable: bool = True


@dataclass(frozen=True)
class Unsteady:
    """Something in a SELECT by which it could answer other rows over the same inputs.

    `reason` is clock, chance, order or sample; `name` is SQL's word for it, `line` where it stands, from 1.
    """

    reason: str
    name: str
    line: int


@dataclass(frozen=True)
class Ahead:
    """Something in a SELECT that may bring values of later rows to the moment of an earlier one.

    `reason` is later (a window reaches past its row), whole (it is over its whole partition) or all (an aggregate over
    all moments); `name` is SQL's word for it, `line` where it stands, from 1.
    """

    reason: str
    name: str
    line: int


@dataclass(frozen=True)
class RowTimes:
    """By what a column of a SELECT's answer dates the rows of its inputs: {input: expressions over its own columns}.

    It is `exact` where the column holds them as they stand, and not where it makes them coarser (`date_trunc`, `max`);
    `moved_back` where the SQL takes something off them.
    """

    inputs: Mapping[str, Sequence[str]]
    exact: bool
    moved_back: bool


@dataclass(frozen=True)
class Until:
    """What was there by a moment (aware): of each input that is `dated`, the rows whose times are no later.

    Each group of expressions over the input's own columns is one time of a row, the least of them; a row is there once
    all its times have come. One that has none was always there, as are all rows of an input that is not dated. With
    `turned` the rows of every input come in the opposite order.
    """

    moment: datetime
    dated: Mapping[str, Sequence[Sequence[str]]]
    turned: bool = False


@dataclass(frozen=True)
class Known:
    """What is known of a table before any of it is read: how many rows there are at most, in how many files, and which
    columns have a value in every row (and a number, where they hold numbers). Other columns may have one too."""

    rows: int
    files: int
    complete: frozenset[str]


@dataclass(frozen=True)
class Inspected:
    """What is known of a table once it was read back; for the digest see `Lake.digest`.

    The profile is plain JSON:
    {"rows": n, "columns": [{"name", "type", "kind": "number"|"time"|"boolean"|"text"|"other", "nulls", "distinct"
    (about), "unique" (counted, not estimated: every row has a text or whole number of its own), "min", "max" (number;
    time as ISO text; text: shortest and longest length as "min_length", "max_length"), "mean", "std", "quantiles":
    {"0.01"…"0.99"} (numbers and times), "top": [{"value", "count"}] (none where nearly every value differs),
    "histogram": {"edges": [n + 1], "counts": [n]} (numbers and times; a count is of values above its left edge up to
    its right one, the first edge included)}], "sampled": rows looked at for quantiles, histograms and what is frequent
    (not there where these were all; counts are of all rows all the same)}
    Numbers that are not finite are left out of mean, std, quantiles and histogram and counted as "not_finite".

    `values` are, of columns of text, numbers and times, up to 4 000 that are there, spread over the rows and the same
    ones each time: texts cut after 1 000 signs (of wide tables sooner), moments as their days.
    """

    digest: str
    profile: dict[str, Any]
    values: Mapping[str, pa.ChunkedArray] = field(repr=False)


@dataclass(frozen=True)
class Condition:
    """One condition of a preview: `value` is text or number, compared after a cast to the column's type."""

    column: str
    operator: Operator
    value: Any = None


@dataclass(frozen=True)
class Span:
    """The rows whose `column` is after `since` and not after `until`; None: open on that side. Values as text."""

    column: str
    since: str | None = None
    until: str | None = None


@dataclass(frozen=True)
class LakeFile:
    """A file of a table on this machine, the key that opens it (base64) and the file of its deleted rows, if any."""

    path: str
    key: str | None = field(repr=False)
    deleted: LakeFile | None = None


@dataclass(frozen=True)
class UserFile:
    """A user's file on this machine; `name` is what its owner knows it by. Options are those of `write_from_file`."""

    path: Path
    format: FileFormat
    name: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Coming:
    """A file that lies nowhere yet: how many bytes it has, and these, as often as they are asked for."""

    size: int
    pieces: Callable[[], Iterator[bytes]]


@dataclass(frozen=True)
class Failing:
    """Rows that meet any of OUR OWN conditions, which are named by a key each.

    A condition names the row's columns as `_rows."column"`, and may look into `inputs` and `keys`, under these names.
    """

    conditions: Mapping[str, str]
    inputs: Mapping[str, TableAt] = field(default_factory=dict)
    keys: Mapping[str, pa.Table] = field(default_factory=dict)


@dataclass(frozen=True)
class Marks:
    """What the columns are called that a table of rows set aside has before the data's own: a number from 1 on, the
    keys of the conditions that the row met and the columns corrected since (lists of texts)."""

    number: str
    reasons: str
    mended: str

"""A report on a table of features and a label; where the rows come from is the caller's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from apps.features.choices import ColumnRole, Suspicion

if TYPE_CHECKING:
    import pyarrow as pa

    from apps.features.services.relations.scores import Codes, Numbers

# So many columns are looked at in one go; wide tables stay small.
AT_ONCE = 16
_ALMOST_PERFECT = {"auc": 0.98, "r2": 0.97}
_NEARLY_ALL = 0.95
_FEWEST_IDENTIFIERS = 20
# As a trainer takes labels (runtime.training.targets).
_MOST_CLASSES, _MOST_WHOLE = 100, 10
Column = dict[str, Any]


def measured(
    columns: Sequence[Column],
    label: str,
    read: Callable[[Sequence[str]], pa.Table],
    counts: Mapping[str, tuple[float, bool]] | None = None,
    rows: int | None = None,
) -> dict[str, Any]:
    """The report, as plain JSON: {"rows", "looked_at", "label": {"name", "task"}, "columns": [one for each feature]}.

    A column is {"name", "type", "source", "kind": "number"|"text"|"truth"|"moment"|"other", "missing" (a share),
    "distinct", "relation": {"measure": "pearson"|"correlation_ratio"|"cramers_v", "value", "spearman"?} or None,
    "alone": {"measure": "auc"|"r2", "value"} or None, "suspicions": [`Suspicion`]}; see `scores` for the measures.

    `read` gives the rows of some columns together with the label; `counts` are of all rows, where those are not all:
    the share of values that are missing, and whether all others are the same. `rows` is how many rows there are.
    """
    features = [column for column in columns if column["role"] == ColumnRole.FEATURE]
    found: list[Column] = []
    looked_at, task = 0, ""
    for start in range(0, len(features), AT_ONCE):
        some = features[start : start + AT_ONCE]
        table = read([*(column["name"] for column in some), label])
        looked_at, target = table.num_rows, _Target(table.column(label))
        task = target.task
        found += [_column(column, table.column(column["name"]), target, counts) for column in some]
    whole = looked_at if rows is None else rows
    return {"rows": whole, "looked_at": looked_at, "label": {"name": label, "task": task}, "columns": found}


class _Target:
    """The label as numbers or as classes, as a trainer would take it; the rows where it is there."""

    def __init__(self, column: pa.ChunkedArray) -> None:
        import numpy as np

        values, kind = _values(column)
        self.task, self.numbers, self.codes = "", values, _codes(values, kind)
        there = self.codes >= 0
        distinct = len(np.unique(self.codes[there]))
        whole = kind == "truth" or (kind == "number" and bool(np.all(values[there] == np.rint(values[there]))))
        if distinct >= 2 and kind in {"number", "truth", "text"}:
            if distinct == 2 and (whole or kind == "text"):
                self.task = "binary"
            elif kind == "text":
                self.task = "multiclass" if distinct <= _MOST_CLASSES else ""
            else:
                self.task = "multiclass" if whole and distinct <= _MOST_WHOLE else "regression"
        if kind == "text" and self.task == "binary":
            self.numbers = self.codes.astype(float)
        self.there = there


def _values(column: pa.ChunkedArray) -> tuple[Any, str]:
    """The values and their kind; what expressions know no such values of is "other"."""
    import numpy as np
    import pyarrow as pa

    from runtime.expressions import kinds

    kind = _kind(column.type)
    if kind == "other":
        return np.zeros(len(column)), kind
    if kind == "text":
        dictionary = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        return (dictionary if pa.types.is_dictionary(column.type) else dictionary.dictionary_encode()), kind
    values = kinds.column(kind, column)  # type: ignore[arg-type]
    if kind == "moment":
        whole = values.view(np.int64).astype(float)
        return np.where(np.isnat(values), np.nan, whole), kind
    return values, kind


def _kind(arrow_type: Any) -> str:
    import pyarrow as pa

    types = pa.types
    if types.is_boolean(arrow_type):
        return "truth"
    if types.is_integer(arrow_type) or types.is_floating(arrow_type) or types.is_decimal(arrow_type):
        return "number"
    if types.is_string(arrow_type) or types.is_large_string(arrow_type) or types.is_dictionary(arrow_type):
        return "text"
    return "moment" if types.is_timestamp(arrow_type) or types.is_date(arrow_type) else "other"


def _codes(values: Any, kind: str) -> Codes:
    """Classes as whole numbers, -1 where missing."""
    import numpy as np
    import pyarrow.compute as pc

    if kind == "text":
        found: Codes = pc.fill_null(values.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
        return found
    place: Codes = np.unique(values, return_inverse=True)[1].astype(np.int64)
    return np.where(np.isnan(values), -1, place)


def _column(
    column: Column, values: pa.ChunkedArray, target: _Target, counts: Mapping[str, tuple[float, bool]] | None
) -> Column:
    import numpy as np

    given, kind = _values(values)
    rows = max(1, len(values))
    codes = _codes(given, kind) if kind != "other" else np.zeros(len(values), np.int64)
    there = codes >= 0
    distinct = len(np.unique(codes[there])) if kind != "other" else None
    missing, constant = values.null_count / rows, kind != "other" and (distinct or 0) <= 1
    if counts is not None:
        missing, constant = counts[column["name"]]
    relation, alone = None, None
    if target.task and kind != "other" and not constant:
        relation = _relation(given, codes, kind, target)
        alone = _alone(given, codes, kind, target)
    report: Column = {
        "name": column["name"],
        "type": column["type"],
        "source": column["source"],
        "kind": kind,
        "missing": missing,
        "distinct": distinct,
        "relation": relation,
        "alone": alone,
    }
    unique = distinct is not None and distinct >= _FEWEST_IDENTIFIERS and distinct == int(there.sum())
    named = kind == "text" or (kind == "number" and bool(np.all(given[there] == np.rint(given[there]))))
    report["suspicions"] = _suspicions(report, constant=constant, identifier=unique and named)
    return report


def _suspicions(report: Column, *, constant: bool, identifier: bool) -> list[str]:
    alone = report["alone"]
    perfect = alone is not None and alone["value"] >= _ALMOST_PERFECT[alone["measure"]]
    found = {
        Suspicion.FORETELLS: perfect,
        Suspicion.MISSING: report["missing"] >= _NEARLY_ALL,
        Suspicion.CONSTANT: constant and report["missing"] < 1,
        Suspicion.IDENTIFIER: identifier and not perfect,
    }
    return [one.value for one, holds in found.items() if holds]


def _relation(given: Any, codes: Codes, kind: str, target: _Target) -> dict[str, Any] | None:
    """Over the rows in which both are there."""
    import numpy as np

    from apps.features.services.relations import scores

    both = (codes >= 0) & target.there
    classes = target.codes[both]
    if kind == "text":
        if target.task == "regression":
            return _said("correlation_ratio", scores.correlation_ratio(codes[both], target.numbers[both]))
        return _said("cramers_v", scores.cramers_v(codes[both], classes))
    numbers: Numbers = np.asarray(given, dtype=float)[both]
    if target.task == "multiclass":
        return _said("correlation_ratio", scores.correlation_ratio(classes, numbers))
    y = target.numbers[both].astype(float)
    found = _said("pearson", scores.pearson(numbers, y))
    return {**found, "spearman": scores.spearman(numbers, y)} if found else None


def _said(measure: str, value: float | None) -> dict[str, Any] | None:
    return None if value is None else {"measure": measure, "value": value}


def _alone(given: Any, codes: Codes, kind: str, target: _Target) -> dict[str, Any] | None:
    import numpy as np

    from apps.features.services.relations import scores

    numeric, classes = kind != "text", target.task != "regression"
    groups = np.asarray(given, dtype=float) if numeric else codes
    label = target.codes if classes else target.numbers
    there = target.there
    value = scores.alone(groups[there], label[there], numeric=numeric, classes=classes)
    return _said("auc" if classes else "r2", value)

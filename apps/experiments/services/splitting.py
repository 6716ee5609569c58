"""How the rows of a training set are parted: proposed from what is in it, checked before a run waits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from apps.experiments.choices import SplitKind
from apps.experiments.errors import RunRefused
from apps.features import selectors as features
from foundation import lake
from foundation.quoting import identifier

TEST_FRACTION = 0.2
# Where validation and test begin among the rows in order of time.
_SHARES = (0.7, 0.85)
_QUANTILES = """
    SELECT quantile_disc({column}, {validation}) AS validation, quantile_disc({column}, {test}) AS test,
        min({column}) AS first, max({column}) AS last
    FROM rows"""


def suggested(training_set: Any) -> dict[str, Any]:
    """By time where rows have one, by group where they belong to one, else by chance."""
    if training_set.event_time and (found := _by_time(training_set)):
        return found
    if training_set.group:
        return {"kind": SplitKind.GROUP.value, "column": training_set.group, "test_fraction": TEST_FRACTION}
    return {"kind": SplitKind.RANDOM.value, "test_fraction": TEST_FRACTION}


def _by_time(training_set: Any) -> dict[str, Any] | None:
    """The last 15 % of the rows for testing, the 15 % before for validation, from midnight on where days allow."""
    column = identifier(training_set.event_time)
    sql = _QUANTILES.format(column=column, validation=_SHARES[0], test=_SHARES[1])
    reader = lake.for_tenant(training_set.tenant_id).query(sql, {"rows": features.training_table(training_set)})
    (row,) = reader.read_all().to_pylist()
    if row["first"] is None or row["test"] is None:
        return None
    times = {name: _in_utc(value) for name, value in row.items()}
    starts = {name: _midnight(times[name]) for name in ("validation", "test")}
    if not times["first"] < starts["validation"] < starts["test"] <= times["last"]:
        starts = {name: times[name] for name in ("validation", "test")}
    if not times["first"] < starts["validation"] < starts["test"] <= times["last"]:
        return None
    written = {f"{name}_start": moment.isoformat().replace("+00:00", "Z") for name, moment in starts.items()}
    return {"kind": SplitKind.TIME.value, "column": training_set.event_time, **written}


def _in_utc(value: Any) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.combine(value, datetime.min.time())
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def checked_split(training_set: Any, split: Mapping[str, Any] | None) -> dict[str, Any]:
    """The split as it will be used, or RunRefused naming what it lacks."""
    if not split:
        return suggested(training_set)
    kind = split.get("kind")
    if kind == SplitKind.TIME:
        return _time_split(training_set, split)
    fraction = split.get("test_fraction", 0.2)
    if not isinstance(fraction, int | float) or not 0.05 <= fraction <= 0.5:
        raise RunRefused(
            _("The test share is between 0.05 and 0.5; %(given)s is not.") % {"given": fraction},
            fields={"split.test_fraction": [_("Between 0.05 and 0.5.")]},
        )
    if kind == SplitKind.GROUP:
        column = split.get("column") or training_set.group
        _check_column(training_set, column, "split.column")
        return {"kind": kind, "column": column, "test_fraction": fraction}
    if kind == SplitKind.RANDOM:
        return {"kind": kind, "test_fraction": fraction}
    raise RunRefused(
        _("A split is by time, group or random; “%(kind)s” is none of them.") % {"kind": kind},
        fields={"split.kind": [_("Unknown kind of split.")]},
    )


def _time_split(training_set: Any, split: Mapping[str, Any]) -> dict[str, Any]:
    column = split.get("column") or training_set.event_time
    _check_column(training_set, column, "split.column")
    checked = {"kind": SplitKind.TIME.value, "column": column}
    for name in ("validation_start", "test_start"):
        given = split.get(name)
        if given:
            if parse_datetime(str(given)) is None:
                raise RunRefused(
                    _("“%(given)s” is not a time like 2013-07-01T00:00:00Z.") % {"given": given},
                    fields={f"split.{name}": [_("Not a time.")]},
                )
            checked[name] = str(given)
    if "test_start" not in checked:
        raise RunRefused(
            _("A split by time needs the moment from which on rows are for testing."),
            fields={"split.test_start": [_("Give a time.")]},
        )
    return checked


def checked_slice(training_set: Any, part: Mapping[str, Any]) -> dict[str, Any]:
    _check_column(training_set, part.get("column"), "slices")
    return {name: str(part[name]) for name in ("name", "column", "from", "to") if part.get(name) is not None}


def _check_column(training_set: Any, column: Any, field: str) -> None:
    names = [found["name"] for found in training_set.columns]
    if column not in names:
        raise RunRefused(
            _("The training set has no column “%(name)s”. It has: %(names)s.")
            % {"name": column, "names": ", ".join(n for n in names if not n.startswith("__"))},
            fields={field: [_("Unknown column.")]},
        )

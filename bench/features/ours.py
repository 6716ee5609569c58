"""Runs under the launcher's `run`: defines views over the files as people do, then joins, writes and reads.

`python -m bench.features.ours FOLDER OUT ROUNDS ONLINE` writes {"join": {"ours", "hand"}}, each {"seconds", "rows",
"known"}, and what `online.measure` answers.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from bench.features import online
from bench.features.data import FEATURES_EACH, ONLINE_FEATURES, VIEWS
from bench.features.hand import ByHand
from sanad.client import Client

PROJECT = "bench"


def main(folder: Path, out: Path, rounds: int, count: int) -> int:
    client = _client()
    labels = _pushed(client, folder / "labels.parquet")
    views = _views(client, folder)
    _settings()
    _rest()
    found = {"join": _joins(labels, views[:VIEWS], folder, rounds), **online.measure(client, views[-1], folder, count)}
    out.write_text(json.dumps(found))
    return 0


def _client() -> Client:
    people = json.loads((Path(os.environ["SANAD_HOME"]) / "credentials.json").read_text())["people"]
    token = next(person["token"] for person in people if person["role"] == "scientist")
    os.environ["BENCH_TOKEN"] = token
    client = Client(os.environ["SANAD_URL"], token, PROJECT)
    client.projects.ensure(PROJECT, name="Bench", purpose="Features")
    client.features.entity("customer", ["customer"])
    return client


def _pushed(client: Client, file: Path) -> dict[str, Any]:
    version = client.datasets.push(file, name=file.stem)
    client.datasets.classify(version["id"], {column["name"]: "public" for column in version["schema"]})
    return version


def _views(client: Client, folder: Path) -> list[dict[str, Any]]:
    named = {f"view{n}": [f"f{n}{i}" for i in range(FEATURES_EACH)] for n in range(VIEWS)}
    named["now"] = [f"f{n}" for n in range(ONLINE_FEATURES)]
    made = []
    for name, features in named.items():
        version = _pushed(client, folder / f"{name}.parquet")
        began = time.perf_counter()
        sql = f'SELECT customer, "at", created, {", ".join(features)} FROM source'  # noqa: S608
        view = client.features.define(
            name,
            entity="customer",
            sql=sql,
            inputs={"source": version["id"]},
            event_time="at",
            created_column="created",
        )
        print(f"features: {name} computed and marked in {time.perf_counter() - began:.1f} s", flush=True)
        made.append(view)
    return made


def _settings() -> None:
    import django

    django.setup()


def _rest() -> None:
    """Until all that was defined is online: nobody else's side has workers that are busy beside it."""
    from apps.features.models import Materialisation
    from foundation.tenancy import find_tenant, scope

    until = time.monotonic() + 300
    while time.monotonic() < until:
        with scope(find_tenant("demo").pk):
            if not Materialisation.objects.filter(ended_at=None).exists():
                return
        time.sleep(0.1)
    raise TimeoutError("The views were not online within five minutes.")


def _joins(labels: dict[str, Any], made: list[dict[str, Any]], folder: Path, rounds: int) -> dict[str, Any]:
    """Ours and the one by hand take turns, so that what slows one slows the other: the bar between them is narrow."""
    sides = {"ours": _our_join(labels, made), "hand": ByHand(folder).join}
    seconds: dict[str, list[float]] = {side: [] for side in sides}
    told: dict[str, Any] = {}
    for _round in range(rounds):
        for side, join in sides.items():
            began = time.perf_counter()
            found = join()
            seconds[side].append(time.perf_counter() - began)
            told[side] = {"rows": found.num_rows, "known": found.num_rows - found.column("f00").null_count}
    return {side: {"seconds": seconds[side], **told[side]} for side in sides}


def _our_join(labels: dict[str, Any], made: list[dict[str, Any]]) -> Callable[[], pa.Table]:
    """Gives all labels with what was known of each, as one table in memory: as feast answers."""
    from apps.datasets.models import DatasetVersion
    from apps.datasets.selectors import table_at
    from apps.features.adapters.asof import join_sql
    from apps.features.models import FeatureView
    from apps.features.ports import Labels
    from apps.features.selectors import view_table
    from apps.features.services.joining import seen_as
    from foundation import lake
    from foundation.tenancy import find_tenant, scope

    tenant = find_tenant("demo")
    with scope(tenant.pk):
        base = table_at(DatasetVersion.objects.get(pk=labels["id"]))
        views = [FeatureView.objects.select_related("entity").get(pk=view["id"]) for view in made]
    keys = {"customer": "customer"}
    joined = [seen_as(n, view, {"keys": keys, "features": view.feature_names}) for n, view in enumerate(views)]
    sql = join_sql(Labels(("at", "customer", "label"), "at", "label"), joined)
    inputs = {"base": base, **{f"v{n}": view_table(view) for n, view in enumerate(views)}}
    tables = lake.for_tenant(tenant.pk)
    return lambda: tables.query(sql, inputs).read_all()


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))

"""What programs write to make features, said with the project's own first dataset so that it runs as it stands."""

from __future__ import annotations

import json
import re
from typing import Any

from apps.datasets import selectors as datasets
from apps.features.views.history_snippets import of_list
from foundation.web.requests import PortalRequest

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_UNKNOWN = [{"name": "id", "type": "VARCHAR"}, {"name": "value", "type": "DOUBLE"}]
# A view wants to know when its values held; what has no time of its own is said to have held for long.
_LONG_AGO = "TIMESTAMP '2000-01-01' AS event_time"


_ON_DEMAND = """client.on_demand.define(
    "trip_context",
    request={"distance_km": "number", "booked": "moment"},
    features={"long_trip": "distance_km > 100", "booked_at_night": "hour(booked, 4) < 6"},
)"""


def of_page(request: PortalRequest, shown: str) -> str:
    if shown == "on_demand":
        return _ON_DEMAND
    if shown == "history":
        return of_list()
    rows = datasets.visible_datasets(actor=request.actor, project_id=request.project.pk)
    dataset: Any = next((row for row in rows[:20] if getattr(row, "latest_id", None)), None)
    schema = dataset.latest_schema if dataset else _UNKNOWN
    columns = [column for column in schema if _PLAIN.fullmatch(column["name"])] or _UNKNOWN
    name, table = (dataset.name, datasets.sql_name(dataset)) if dataset else ("my_table", "my_table")
    found = f'table = client.datasets.find({json.dumps(name, ensure_ascii=False)})["latest_version"]["id"]\n'
    if shown == "services":
        return 'view = client.features.get("my_view")["id"]\nclient.feature_services.define("my_service", [view])'
    if shown == "entities":
        return f'client.features.entity("my_entity", {{"{columns[0]["name"]}": "text"}}, description="…")'
    return found + (_training_set(columns) if shown == "sets" else _view(columns, table))


def _time(columns: list[dict[str, Any]]) -> str:
    times = (c["name"] for c in columns if c["type"].upper().startswith(("TIMESTAMP", "DATE")))
    return next(times, "")


def _training_set(columns: list[dict[str, Any]]) -> str:
    time = _time(columns)
    when = f', event_time="{time}"' if time else ""
    return f'client.training_sets.create("my_set", base_version=table, label="{columns[-1]["name"]}"{when})'


def _view(columns: list[dict[str, Any]], table: str) -> str:
    time = _time(columns)
    key, *rest = [column["name"] for column in columns if column["name"] != time] or ["id"]
    sql = " ".join(["SELECT", ", ".join([key, time or _LONG_AGO, *rest[-1:]]), "FROM", table])
    return (
        f'client.features.entity("my_entity", ["{key}"])\n'
        f'client.features.define(\n    "my_view", entity="my_entity", event_time="{time or "event_time"}",\n'
        f'    sql="{sql}", inputs={{"{table}": table}})'
    )

"""What programs write to make features, said with the project's own first dataset so that it runs as it stands."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from apps.datasets import selectors as datasets
from apps.features.views.history_snippets import of_list
from foundation.web.requests import PortalRequest

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_UNKNOWN = [{"name": "id", "type": "VARCHAR"}, {"name": "value", "type": "DOUBLE"}]
# A view wants to know when its values held; what has no time of its own is said to have held for long.
_LONG_AGO = "TIMESTAMP '2000-01-01' AS event_time"


@dataclass(frozen=True)
class Table:
    """A version with its columns, those alone that SQL takes without quotes. `alias` is what SQL calls it."""

    name: str
    alias: str
    version: str
    columns: list[dict[str, Any]]

    @property
    def time(self) -> str:
        times = (c["name"] for c in self.columns if c["type"].upper().startswith(("TIMESTAMP", "DATE")))
        return next(times, "")

    @property
    def key(self) -> str:
        return self._others[0]

    @property
    def last(self) -> str:
        return str(self.columns[-1]["name"])

    @property
    def select(self) -> str:
        """A view of it: a key, a time, and one feature where there is one."""
        key, *rest = self._others
        return " ".join(["SELECT", ", ".join([key, self.time or _LONG_AGO, *rest[-1:]]), "FROM", self.alias])

    @property
    def _others(self) -> list[str]:
        return [column["name"] for column in self.columns if column["name"] != self.time] or ["id"]


_ON_DEMAND = """client.on_demand.define(
    "trip_context",
    request={"distance_km": "number", "booked": "moment"},
    features={"long_trip": "distance_km > 100", "booked_at_night": "hour(booked, 4) < 6"},
)"""


_DATA = 'client.datasets.push("my_table.csv", name="my_table")'


def of_page(request: PortalRequest, shown: str) -> str:
    """`shown` is a list of the feature store, or “data” where there is none yet to make anything of."""
    if shown == "data":
        return _DATA
    if shown == "on_demand":
        return _ON_DEMAND
    if shown == "history":
        return of_list()
    table = first_table(request)
    columns = table.columns
    found = f'table = client.datasets.find({json.dumps(table.name, ensure_ascii=False)})["latest_version"]["id"]\n'
    if shown == "services":
        return 'view = client.features.get("my_view")["id"]\nclient.feature_services.define("my_service", [view])'
    if shown == "entities":
        return f'client.features.entity("my_entity", {{"{columns[0]["name"]}": "text"}}, description="…")'
    return found + (_training_set(table) if shown == "sets" else _view(table))


def first_table(request: PortalRequest) -> Table:
    """Of the project's first dataset with rows; without one it is made up."""
    rows = datasets.visible_datasets(actor=request.actor, project_id=request.project.pk)
    dataset: Any = next((row for row in rows[:20] if getattr(row, "latest_id", None)), None)
    if dataset is None:
        return Table("my_table", "my_table", "…", _UNKNOWN)
    return table_of(dataset, dataset.latest_id, dataset.latest_schema)


def table_of(dataset: Any, version_id: Any, schema: list[dict[str, Any]]) -> Table:
    columns = [column for column in schema if _PLAIN.fullmatch(column["name"])] or _UNKNOWN
    return Table(dataset.name, datasets.sql_name(dataset), str(version_id), columns)


def _training_set(table: Table) -> str:
    when = f', event_time="{table.time}"' if table.time else ""
    return f'client.training_sets.create("my_set", base_version=table, label="{table.last}"{when})'


def _view(table: Table) -> str:
    return (
        f'client.features.entity("my_entity", ["{table.key}"])\n'
        f'client.features.define(\n    "my_view", entity="my_entity", event_time="{table.time or "event_time"}",\n'
        f'    sql="{table.select}", inputs={{"{table.alias}": table}})'
    )

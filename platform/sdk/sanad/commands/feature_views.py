"""Entities and feature views."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from sanad.client import Client
from sanad.commands import windows
from sanad.commands.arguments import add, chosen, group, inputs_of, pair, sql_file, text_of
from sanad.historical import show_step
from sanad.output import show, table, tell


def add_to(acts: Any) -> None:
    feature = group(acts, "feature", "feature views and their entities")
    entity = add(feature, "entity", feature_entity, "define what features belong to")
    entity.add_argument("name")
    entity.add_argument("--key", action="append", required=True, help="a column that names one of them")
    define = add(feature, "define", feature_define, "define a feature view and wait for its rows")
    define.add_argument("name")
    sql_file(define)
    define.add_argument("--entity", required=True)
    define.add_argument("--event-time", required=True, help="the column that says when a value was true")
    define.add_argument("--created", default="", help="the column that says when it became known, where that is later")
    define.add_argument("--ttl", type=int, metavar="SECONDS", help="how long a value counts; without it, for ever")
    windows.add_to(feature)
    add(feature, "list", feature_list, "feature views of the project")
    history = add(feature, "history", feature_history, "features as they were known at the time of each of your rows")
    history.add_argument("rows", help="a file (Parquet, Arrow, CSV), or a dataset or version like flights@v3")
    history.add_argument("--feature", action="append", required=True, metavar="VIEW:FEATURE", help="or VIEW:*")
    history.add_argument("--event-time", default="event_timestamp", help="the column with each row's time; UTC")
    history.add_argument(
        "--key", action="append", default=[], metavar="KEY=COLUMN", help="which column holds a join key"
    )
    history.add_argument("--full-names", action="store_true", help="call them view__feature")
    history.add_argument("--ignore-known-since", action="store_true", help="see corrections early; it is recorded")
    history.add_argument("--form", choices=("parquet", "arrow", "csv"), default="parquet")
    history.add_argument("--into", required=True, help="the file to write")
    online = add(feature, "online", feature_online, "the newest values for one entity")
    online.add_argument("view", nargs="+")
    online.add_argument("--key", action="append", required=True, metavar="NAME=VALUE")
    again = add(feature, "materialise", feature_materialise, "put all newest values of a view online again")
    again.add_argument("view")
    fresh = add(feature, "freshness", feature_freshness, "how old the latest event online may be before it is an alert")
    fresh.add_argument("view")
    fresh.add_argument("seconds", type=int, nargs="?", help="without it, any age")


def feature_entity(client: Client, said: Namespace) -> None:
    show(client.features.entity(said.name, said.key), as_json=said.json)


def feature_define(client: Client, said: Namespace) -> None:
    view = client.features.define(
        said.name,
        entity=said.entity,
        sql=text_of(said.sql),
        inputs=inputs_of(client, said),
        event_time=said.event_time,
        created_column=said.created,
        ttl_seconds=said.ttl,
    )
    show(chosen(view, ("id", "name", "version", "state", "row_count")), as_json=said.json)


def feature_list(client: Client, said: Namespace) -> None:
    table(client.features.list(), ("id", "name", "entity_name", "state", "row_count"), as_json=said.json)


def feature_history(client: Client, said: Namespace) -> None:
    found = client.features.historical(
        said.rows,
        said.feature,
        event_time=said.event_time,
        keys=dict(pair(text) for text in said.key),
        full_names=said.full_names,
        ignore_known_since=said.ignore_known_since,
        told=show_step,
    )
    if found.thing["warning"]:
        tell(found.thing["warning"])
    tell(f"Written to {found.save(said.into, form=said.form, exact=True)}")
    show(chosen(found.thing, ("id", "row_count", "kept_until", "leakage_proof")), as_json=said.json)


def feature_online(client: Client, said: Namespace) -> None:
    views = [client.features.get(name)["id"] for name in said.view]
    table(client.features.online(views, [dict(pair(text) for text in said.key)]), (), as_json=True)


def feature_materialise(client: Client, said: Namespace) -> None:
    done = client.features.materialise(said.view)
    show(chosen(done, ("id", "state", "kind", "keys_written", "watermark")), as_json=said.json)


def feature_freshness(client: Client, said: Namespace) -> None:
    view = client.features.freshness(said.view, said.seconds)
    show(chosen(view, ("id", "name", "freshness_seconds", "event_age_seconds", "stale_since")), as_json=said.json)

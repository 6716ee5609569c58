"""Entities and feature views."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from sanad.client import Client
from sanad.commands import windows
from sanad.commands.arguments import (
    add,
    chosen,
    described,
    description_of,
    inputs_named,
    only_tried,
    pair,
    sql_file,
    text_of,
)
from sanad.historical import show_step
from sanad.output import show, table, tell, tell_warnings

_VIEW = "its id, its name for the newest version, or “NAME v2”"


def add_to(features: Any) -> None:
    """To the commands of features as a file."""
    entity = add(features, "entity", features_entity, "define what features belong to")
    entity.add_argument("name")
    key = "a column that names one of them, and what it holds: text, whole number, truth, date or moment"
    entity.add_argument("--key", action="append", required=True, metavar="NAME[:TYPE]", help=key)
    described(entity)
    define = add(features, "define", features_define, "define a feature view and wait for its rows")
    define.add_argument("name")
    sql_file(define, more="; or one stream alone, like stream:clicks, and the view follows it")
    define.add_argument("--entity", required=True)
    define.add_argument("--event-time", required=True, help="the column that says when a value was true")
    define.add_argument("--created", default="", help="the column that says when it became known, where that is later")
    timeless = "a name in the SQL whose rows hold at all times; rows of others may not change what was known before"
    define.add_argument("--timeless", action="append", default=[], metavar="NAME", help=timeless)
    define.add_argument(
        "--ttl", type=windows.span, metavar="SPAN", help="how long a value counts, like 7d; without it, for ever"
    )
    only_tried(define, shows="the first rows")
    described(define)
    windows.add_to(features)
    add(features, "views", features_views, "feature views of the project")
    history = add(features, "history", features_history, "features as they were known at the time of each of your rows")
    history.add_argument("rows", help="a file (Parquet, Arrow, CSV), or a dataset or version like flights@v3")
    history.add_argument("--feature", action="append", default=[], metavar="VIEW:FEATURE", help="or VIEW:*")
    history.add_argument("--service", default="", help="a feature service, or name@2; its features are taken")
    time = "the column with each row's time; in UTC where no zone is given. Without it, event_timestamp"
    history.add_argument("--event-time", default="event_timestamp", help=time)
    history.add_argument(
        "--key", action="append", default=[], metavar="KEY=COLUMN", help="which column holds a join key"
    )
    value = "which column holds a value that on-demand features ask for, where it is called otherwise"
    history.add_argument("--request", action="append", default=[], metavar="VALUE=COLUMN", help=value)
    history.add_argument("--full-names", action="store_true", help="call them view__feature")
    history.add_argument("--ignore-known-since", action="store_true", help="see corrections early; it is recorded")
    history.add_argument("--form", choices=("parquet", "arrow", "csv"), default="parquet")
    history.add_argument("--into", required=True, help="the file to write")
    add(features, "histories", features_histories, "features of the past that were asked for and are kept still")
    forget = add(features, "forget", features_forget, "keep nothing of features of the past that were asked for")
    forget.add_argument("history", help="their id")
    online = add(features, "online", features_online, "the newest values for one entity")
    online.add_argument("view", nargs="*", help=_VIEW)
    online.add_argument("--service", default="", help="a feature service instead of views, or “NAME v2”")
    online.add_argument("--key", action="append", required=True, metavar="NAME=VALUE")
    asked = "a value that the service's on-demand features ask for"
    online.add_argument("--request", action="append", default=[], metavar="NAME=VALUE", help=asked)
    again = add(
        features, "materialise", features_materialise, "materialise a view again: put all its newest values online"
    )
    again.add_argument("view", help=_VIEW)
    fresh = add(
        features, "freshness", features_freshness, "how old the latest event online may be before it is an alert"
    )
    fresh.add_argument("view", help=_VIEW)
    fresh.add_argument("seconds", type=windows.span, nargs="?", metavar="SPAN", help="like 2h; without it, any age")
    beside = "what was served of a view beside what a training set would have joined"
    skew = add(features, "skew", features_skew, beside)
    skew.add_argument("view", help=_VIEW)
    watch = add(features, "watch-skew", features_watch_skew, "how much is compared, and from where on it is an alert")
    watch.add_argument("view", help=_VIEW)
    watch.add_argument("share", type=float, help="which part of what is served is compared, from 0 to 1")
    watch.add_argument("limit", type=float, help="which part of that may differ, from 0 to 1")


def features_entity(client: Client, said: Namespace) -> None:
    typed = dict(text.partition(":")[::2] for text in said.key)
    keys = typed if any(typed.values()) else list(typed)
    show(client.features.entity(said.name, keys, **description_of(said)), as_json=said.json)


def features_define(client: Client, said: Namespace) -> None:
    meant = {"event_time": said.event_time, "created_column": said.created, "timeless_inputs": said.timeless}
    sql, inputs = text_of(said.sql), inputs_named(said)
    if said.tried:
        windows.show_rows(client.features.preview(sql, inputs, **meant), said)
        return
    words = {**meant, "ttl_seconds": said.ttl, **description_of(said)}
    view = client.features.define(said.name, entity=said.entity, sql=sql, inputs=inputs, **words)
    tell_warnings(view)
    show(chosen(view, windows.SHOWN), as_json=said.json)


def features_views(client: Client, said: Namespace) -> None:
    table(client.features.list(), ("id", "name", "number", "entity_name", "state", "row_count"), as_json=said.json)


def features_history(client: Client, said: Namespace) -> None:
    found = client.features.historical(
        said.rows,
        said.feature,
        service=said.service,
        event_time=said.event_time,
        keys=dict(pair(text) for text in said.key),
        request=dict(pair(text) for text in said.request),
        full_names=said.full_names,
        ignore_known_since=said.ignore_known_since,
        told=show_step,
    )
    tell_warnings(found.thing)
    tell(f"Written to {found.save(said.into, form=said.form, exact=True)}")
    show(chosen(found.thing, ("id", "row_count", "kept_until", "leakage_proof", "warnings")), as_json=said.json)


def features_histories(client: Client, said: Namespace) -> None:
    table(client.features.histories(), ("id", "state", "row_count", "created_at", "kept_until"), as_json=said.json)


def features_forget(client: Client, said: Namespace) -> None:
    client.features.history(said.history).delete()
    tell("Nothing of it is kept.")


def features_online(client: Client, said: Namespace) -> None:
    entity, request = (dict(pair(text) for text in words) for words in (said.key, said.request))
    views = [client.features.get(name)["id"] for name in said.view]
    rows = client.features.online(views, [entity], service=said.service, requests=[request] if request else None)
    table(rows, (), as_json=True)


def features_materialise(client: Client, said: Namespace) -> None:
    done = client.features.materialise(said.view)
    show(chosen(done, ("id", "state", "kind", "keys_written", "watermark")), as_json=said.json)


def features_freshness(client: Client, said: Namespace) -> None:
    view = client.features.freshness(said.view, said.seconds)
    show(chosen(view, ("id", "name", "freshness_seconds", "event_age_seconds", "stale_since")), as_json=said.json)


def features_skew(client: Client, said: Namespace) -> None:
    found = client.features.skew(said.view)
    if said.json:
        show(found, as_json=True)
    else:
        rows = [{**one, "compared": found["compared"]} for one in found["features"]]
        table(rows, ("name", "compared", "different", "gap"), as_json=False)


def features_watch_skew(client: Client, said: Namespace) -> None:
    view = client.features.watch_skew(said.view, share=said.share, limit=said.limit)
    show(chosen(view, ("id", "name", "skew_share", "skew_limit", "skewed_since")), as_json=said.json)

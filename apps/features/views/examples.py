"""What a definition is called and made of, for the programs on the pages that define: see `foundation.web.equals`.

Of a thing of which the next version is defined it is what the thing is now; else what the project has makes an example
that runs as it stands.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from apps.datasets import selectors as datasets
from apps.features import selectors, services
from apps.features.choices import BuildState, EventSource, KnownSince
from apps.features.views.snippets import first_table, table_of
from apps.streams import selectors as streams
from foundation.web.requests import PortalRequest

Words = dict[str, Any]
_DAY_S, _HOUR_S = 86_400, 3_600
_COUNTED = [{"name": "events_24h", "function": "count", "column": "", "seconds": _DAY_S, "quantile": None}]


def of_view(request: PortalRequest, view: Any = None) -> Words:
    if view is not None:
        read = services.inputs_said(view)
        named = _versions(request, read.values())
        said = {alias: named.get(pk, pk) for alias, pk in read.items()}
        if view.follows_stream:
            pk, called = _stream(request, view)
            read, said = dict.fromkeys(read, pk), dict.fromkeys(read, f"stream:{called}")
        words: Words = {"name": view.name, "sql": view.sql, "event_time": view.event_time, "inputs": read}
        words |= {"said": said, **_of_entity(view.entity)}
        words |= {"created_column": services.created_said(view), "ttl": view.ttl_seconds}
        words["timeless"] = list(view.timeless_inputs)
    else:
        table = first_table(request)
        words = {"name": "my_view", "sql": table.select, "event_time": table.time or "event_time"}
        words |= {"inputs": {table.alias: table.version}, "said": {table.alias: table.name}}
        words |= {"created_column": "", "ttl": None, "timeless": [], **_new_entity(table.key)}
    timeless = (part for name in words["timeless"] for part in ("--timeless", name))
    return {**words, "options": [*_repeated("--input", words["said"]), *timeless, *_times(words)]}


def of_windows(request: PortalRequest, view: Any = None) -> Words:
    """Its options hold the source, the aggregations, and when events count as known where that is said."""
    if view is not None:
        words = {**_declared(request, view), **_of_entity(view.entity)}
        return {**words, "options": _windows_options(words, words["version"])}
    table = first_table(request)
    words = {
        "name": "my_windows",
        "event_time": table.time or "event_time",
        "version": table.version,
        "stream": None,
        "stream_called": None,
        "sql": "",
        "slide": _HOUR_S,
        "aggregations": _COUNTED,
        "known_since": "",
        "created_column": "",
        "ttl": None,
        **_new_entity(table.key),
    }
    return {**words, "options": _windows_options(words, table.name)}


def _declared(request: PortalRequest, view: Any) -> Words:
    told = view.windows
    of_version = told["source"]["kind"] == EventSource.VERSION
    stream, called = (None, None) if of_version else _stream(request, view)
    return {
        "name": view.name,
        "event_time": view.event_time,
        "version": told["source"]["id"] if of_version else None,
        "stream": stream,
        "stream_called": called,
        "sql": view.sql,
        "slide": told["slide_seconds"],
        "aggregations": [{part: one[part] for part in _COUNTED[0]} for one in told["aggregations"]],
        "known_since": told["known_since"],
        "created_column": view.created_column if told["known_since"] == KnownSince.COLUMN else "",
        "ttl": view.ttl_seconds,
    }


def _windows_options(words: Mapping[str, Any], dataset: Any) -> list[str]:
    source = ["--stream", words["stream_called"]] if words["stream_called"] else ["--dataset", dataset]
    select = ["--sql", "events.sql"] if words["sql"] else []
    known = ["--known-since", words["known_since"]] if words["known_since"] else []
    made = {one["name"]: _aggregation(one) for one in words["aggregations"]}
    return [
        *source,
        *select,
        "--slide",
        f"{words['slide']}s",
        *_repeated("--aggregation", made),
        *known,
        *_times(words),
    ]


def _times(words: Mapping[str, Any]) -> list[str]:
    """Since when values are known and how long they hold, where that is said."""
    created = ["--created", words["created_column"]] if words["created_column"] else []
    return [*created, *(["--ttl", f"{words['ttl']}s"] if words["ttl"] else [])]


def _aggregation(one: Mapping[str, Any]) -> str:
    last = [] if one["quantile"] is None else [str(one["quantile"])]
    return ":".join([one["function"], one["column"], f"{one['seconds']}s", *last])


def of_service(request: PortalRequest, service: Any = None) -> Words:
    if service is None:
        view = _ready(request).first()
        parts = [{"view": str(view.pk) if view else "…", "features": None}]
        return {"name": "my_service", "views": parts, "on_demand": [], "options": ["--view", str(view or "my_view")]}
    actor = request.actor
    views = selectors.views_of_service(actor=actor, service=service)
    made = selectors.on_demand_of_service(actor=actor, service=service)
    return {
        "name": service.name,
        "views": [{"view": str(view.pk), "features": list(names)} for view, names in views],
        "on_demand": [{"id": str(one.pk), "features": list(names)} for one, names in made],
        "options": [*_parts("--view", views), *_parts("--on-demand", made)],
    }


def _parts(option: str, parts: Iterable[tuple[Any, Iterable[str]]]) -> list[str]:
    return [word for thing, names in parts for word in (option, f"{thing}:{','.join(names)}")]


def of_on_demand(view: Any = None) -> Words:
    name: str = view.name if view else "trip_context"
    asked: Words = dict(view.request) if view else {"distance_km": "number"}
    values: Words = dict.fromkeys(view.inputs) if view else {"distance_km": 120}
    made_of = view.features if view else [{"name": "long_trip", "expression": "distance_km > 100"}]
    features: Words = {one["name"]: one["expression"] for one in made_of}
    uses: Words = {part["view"]: list(part["features"]) for part in view.uses} if view else {}
    options = [*_repeated("--feature", features), *_repeated("--request", asked)]
    return {
        "name": name,
        "request": asked,
        "features": features,
        "uses": uses,
        "values": values,
        "values_said": json.dumps(values, ensure_ascii=False),
        "feature_list": [{"name": one, "expression": text} for one, text in features.items()],
        "use_list": [{"view": pk, "features": names} for pk, names in uses.items()],
        "options": [*options, *(word for pk in uses for word in ("--view", pk))],
    }


def of_training_set(request: PortalRequest, base: Any, service: Any = None) -> Words:
    """Of the version `base` once it is chosen; with a view that its columns have the keys of, or with the service."""
    table = table_of(base.dataset, base.pk, base.schema) if base else first_table(request)
    there = {column["name"] for column in table.columns}
    joined = _ready(request) if table.time and service is None else ()
    view = next((one for one in joined if there.issuperset(one.entity.join_keys)), None)
    when = ["--event-time", table.time] if table.time else []
    named = ["--view", str(view)] if view else []
    named += ["--service", str(service)] if service else []
    return {
        "name": "my_set",
        "base": str(base) if base else table.name,
        "version": table.version,
        "label": table.last,
        "event_time": table.time,
        "views": [{"view": str(view.pk)}] if view else [],
        "view_names": [str(view)] if view else [],
        "service": str(service.pk) if service else None,
        "options": [*when, *named],
    }


def _ready(request: PortalRequest) -> Any:
    rows = selectors.visible_views(actor=request.actor, project_id=request.project.pk, newest_only=True)
    return rows.filter(state=BuildState.READY).select_related("entity").order_by("name")


def _stream(request: PortalRequest, view: Any) -> tuple[str, str]:
    """The id of the stream that a view follows, and what it is called by; of one that is gone only its name is left."""
    source = view.windows["source"]
    if streams.streams_seen(actor=request.actor).filter(pk=source["id"]).exists():
        return source["id"], source["id"]
    return "…", source["name"]


def _versions(request: PortalRequest, ids: Iterable[str]) -> dict[str, str]:
    """What versions are called, of those that may be seen."""
    seen = datasets.visible_versions(actor=request.actor).filter(pk__in=set(ids)).select_related("dataset")
    return {str(one.pk): str(one) for one in seen}


def _of_entity(entity: Any) -> Words:
    keys = dict.fromkeys(entity.join_keys, "")
    return {"entity": entity.name, "keys": list(keys), "key_options": _repeated("--key", keys, sign="")}


def _new_entity(key: str) -> Words:
    return {"entity": "my_entity", "keys": [key], "key_options": ["--key", key]}


def _repeated(option: str, words: Mapping[str, Any], sign: str = "=") -> list[str]:
    return [part for name, value in words.items() for part in (option, f"{name}{sign}{value}")]

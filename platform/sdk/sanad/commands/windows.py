"""Windows over events, declared in one command."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError, Namespace
from typing import Any

from sanad.client import Client
from sanad.commands.arguments import add, chosen, described, description_of, only_tried, text_of
from sanad.output import show, table, tell_warnings

# Of a view that was just defined.
SHOWN = ("id", "name", "number", "state", "row_count", "warnings", "similar")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_SPAN = re.compile(r"([1-9][0-9]{0,9})([smhd]?)")


def add_to(features: Any) -> None:
    """To the commands of features as a file."""
    windows = add(features, "windows", features_windows, "define windows over events and wait for their rows")
    windows.add_argument("name")
    windows.add_argument("--entity", required=True)
    source = windows.add_mutually_exclusive_group(required=True)
    source.add_argument("--stream", help="its name or id: its events are followed as they come")
    source.add_argument("--dataset", help="its newest version, or the version named")
    windows.add_argument(
        "--sql",
        default="",
        metavar="FILE",
        help="a SELECT from the table `events`, - for stdin; without it, all of them",
    )
    windows.add_argument("--event-time", required=True, help="the column that says when an event happened")
    windows.add_argument("--created", default="", help="the column that says when it became known")
    known = "when an event counts as known: at its time, at that of the column --created, or when it came here"
    windows.add_argument("--known-since", default="", choices=("event", "column", "arrival"), help=known)
    windows.add_argument("--slide", type=span, required=True, help="how often values change, like 5m")
    windows.add_argument(
        "--aggregation",
        type=aggregation,
        action="append",
        required=True,
        metavar="NAME=FUNCTION:COLUMN:WINDOW",
        help="like late_2h=mean:late:2h, flights_2h=count::2h or worst_24h=quantile:delay:24h:0.9",
    )
    windows.add_argument(
        "--ttl", type=span, metavar="SPAN", help="how long a value counts, like 7d; without it, for ever"
    )
    only_tried(windows, shows="the first events")
    described(windows)


def features_windows(client: Client, said: Namespace) -> None:
    source = {"stream": client.streams.get(said.stream)["id"]} if said.stream else {}
    events = source or {"version": client.datasets.newest(said.dataset)}
    events["sql"] = text_of(said.sql) if said.sql else ""
    if said.tried:
        show_rows(client.features.preview_events(**events), said)
        return
    view = client.features.define_windows(
        said.name,
        entity=said.entity,
        event_time=said.event_time,
        slide_seconds=said.slide,
        aggregations=said.aggregation,
        **events,
        known_since=said.known_since,
        created_column=said.created,
        ttl_seconds=said.ttl,
        **description_of(said),
    )
    tell_warnings(view)
    show(chosen(view, SHOWN), as_json=said.json)


def show_rows(found: dict[str, Any], said: Namespace) -> None:
    """The rows of a look, a line each, and what to know of them first."""
    tell_warnings(found)
    rows = [dict(zip(found["columns"], row, strict=True)) for row in found["rows"]]
    table(rows, found["columns"], as_json=said.json)


def span(text: str) -> int:
    """Seconds of what is written like 90s, 5m, 2h or 1d; a number alone is seconds."""
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ArgumentTypeError(f"“{text}” is no span of time; write 90s, 5m, 2h or 1d.")
    return int(found[1]) * _UNITS[found[2] or "s"]


def aggregation(text: str) -> dict[str, Any]:
    """NAME=FUNCTION:COLUMN:WINDOW, of a quantile with :Q behind it."""
    name, equals, rest = text.partition("=")
    parts = rest.split(":")
    if not equals or len(parts) not in (3, 4):
        raise ArgumentTypeError(
            f"“{text}” is no aggregation; write NAME=FUNCTION:COLUMN:WINDOW (a count has no column: NAME=count::2h)."
        )
    try:
        quantile = float(parts[3]) if len(parts) == 4 else None
    except ValueError:
        raise ArgumentTypeError(f"“{parts[3]}” is no quantile; write a number from 0 to 1.") from None
    return {"name": name, "function": parts[0], "column": parts[1], "seconds": span(parts[2]), "quantile": quantile}

"""Training sets."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from sanad.client import Client
from sanad.commands.arguments import add, chosen, group, only_tried, pair
from sanad.output import show, table, tell_warnings


def add_to(acts: Any) -> None:
    training = group(acts, "training-set", "training sets")
    create = add(training, "create", training_create, "join labels with features as they were known; proves it")
    create.add_argument("name")
    create.add_argument("--base", required=True, help="dataset (its newest version) or version that holds the label")
    create.add_argument("--label", required=True)
    create.add_argument(
        "--feature", action="append", help="a column of the base to learn from; without it, all but keys"
    )
    create.add_argument("--view", action="append", default=[], help="a feature view to join")
    create.add_argument("--service", default="", help="a feature service, whose views are joined")
    create.add_argument(
        "--on-demand", action="append", default=[], metavar="NAME", help="on-demand features, their request in columns"
    )
    create.add_argument(
        "--request",
        action="append",
        default=[],
        metavar="VALUE=COLUMN",
        help="the column that holds a value that on-demand features ask for, where it is called otherwise",
    )
    create.add_argument("--event-time", default="", help="when each label was set; without it, no join and no order")
    create.add_argument("--group", default="", help="rows that share this column stay together in a split")
    create.add_argument("--ignore-known-since", action="store_true", help="see corrections early; it is recorded")
    create.add_argument("--from", dest="start", metavar="TIME")
    create.add_argument("--to", dest="end", metavar="TIME")
    only_tried(create, shows="what some of its rows say of each feature")
    add(training, "list", training_list, "training sets of the project")
    show_one = add(training, "show", training_show, "what it was made of, and the proof that nothing leaked")
    show_one.add_argument("training_set", help="its name or id")
    remove = add(training, "remove", training_remove, "move one that failed or was cancelled into the bin")
    remove.add_argument("training_set", help="its id, or “NAME v2”")
    report = add(training, "report", training_report, "what each feature has to do with the label, and what is odd")
    report.add_argument("training_set", help="its name or id")


def _reckoned(client: Client, said: Namespace) -> list[dict[str, Any]]:
    """On-demand features that are named, and those of the service where columns are said for what they ask."""
    columns = {name: str(column) for name, column in map(pair, said.request)}
    views = [client.on_demand.get(name) for name in said.on_demand]
    if columns and said.service:
        views += [client.on_demand.get(part["id"]) for part in client.feature_services.get(said.service)["on_demand"]]
    if unknown := sorted(set(columns) - {name for view in views for name in view["request"]}):
        raise ValueError(f"No on-demand feature asks for {', '.join(unknown)}.")
    asked = [(view, {name: column for name, column in columns.items() if name in view["request"]}) for view in views]
    return [{"id": view["id"], "request": request} for view, request in asked]


def _joined(client: Client, said: Namespace) -> dict[str, Any]:
    """What is joined to what, in the words of the client."""
    return {
        "base_version": client.datasets.newest(said.base),
        "label": said.label,
        "features": said.feature,
        "event_time": said.event_time,
        "group": said.group,
        "window_start": said.start,
        "window_end": said.end,
        "views": [{"view": client.features.get(name)["id"]} for name in said.view],
        "service": client.feature_services.get(said.service)["id"] if said.service else None,
        "on_demand": _reckoned(client, said),
        "ignore_known_since": said.ignore_known_since,
    }


def training_create(client: Client, said: Namespace) -> None:
    words = _joined(client, said)
    if said.tried:
        show(client.training_sets.preview(**words), as_json=said.json)
        return
    made = client.training_sets.create(said.name, **words)
    tell_warnings(made)
    show(chosen(made, ("id", "name", "state", "row_count", "leakage_proof", "warnings")), as_json=said.json)


def training_list(client: Client, said: Namespace) -> None:
    table(client.training_sets.list(), ("id", "name", "label", "state", "row_count"), as_json=said.json)


def training_show(client: Client, said: Namespace) -> None:
    show(client.training_sets.get(said.training_set), as_json=said.json)


def training_remove(client: Client, said: Namespace) -> None:
    show(chosen(client.training_sets.remove(said.training_set), ("id", "name", "number", "state")), as_json=said.json)


def training_report(client: Client, said: Namespace) -> None:
    report = client.training_sets.report(client.training_sets.get(said.training_set)["id"])
    if said.json:
        show(report, as_json=True)
        return
    rows = [
        {
            "name": one["name"],
            "missing": "" if one["missing"] is None else round(one["missing"], 4),
            "alone": _figure(one["alone"]),
            "relation": _figure(one["relation"]),
            "suspicions": ", ".join(one["suspicions"]),
        }
        for one in report.get("columns", [])
    ]
    table(rows, ("name", "missing", "alone", "relation", "suspicions"), as_json=False)


def _figure(said: dict[str, Any] | None) -> str:
    return f"{said['measure']} {said['value']:.3f}" if said else ""

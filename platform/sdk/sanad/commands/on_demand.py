"""On-demand features: defined, tried, asked."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from sanad.client import Client
from sanad.commands.arguments import add, as_json, chosen, group, pair
from sanad.output import show, table, tell_warnings

_TYPES = "a value of the request: number, whole number, text, truth, date or moment"
_SAID = "its id, its name for the newest version, or “NAME v2”"
_MARKED = ("id", "name", "number", "deprecated_at", "deprecated_because", "deprecated_for")
SHOWN = ("id", "name", "number", "features", "request")


def add_to(acts: Any) -> None:
    on_demand = group(acts, "on-demand", "features that are reckoned at the moment of a request")
    define = add(on_demand, "define", on_demand_define, "define some, or their next version")
    define.add_argument("name")
    expression = "like ratio='paid / max(seats, 1)'; again for more"
    define.add_argument("--feature", action="append", required=True, metavar="NAME=EXPRESSION", help=expression)
    define.add_argument("--request", action="append", default=[], metavar="NAME=TYPE", help=_TYPES)
    define.add_argument("--view", action="append", default=[], help="a feature view whose features expressions name")
    looked = "only show what they give for these values of the request and of features; nothing is kept"
    define.add_argument("--try", dest="tried", type=as_json, metavar="JSON", help=looked)
    define.add_argument("--tag", action="append", default=[])
    define.add_argument("--description", default="")
    define.add_argument("--owner", default="", metavar="EMAIL", help="a member; without it, you")
    edit = add(on_demand, "edit", on_demand_edit, "say something else about them; the version stays")
    edit.add_argument("name", help="or id")
    edit.add_argument("--description")
    edit.add_argument("--owner", metavar="EMAIL", help="a member; an empty one for nobody")
    edit.add_argument("--tag", action="append", help="all tags that they have from now on")
    deprecate = add(on_demand, "deprecate", on_demand_deprecate, "mark a version, and tell whoever uses it")
    deprecate.add_argument("name", help=_SAID)
    deprecate.add_argument("reason")
    deprecate.add_argument("--instead", default="", help="those to take instead: their id or name")
    add(on_demand, "restore", on_demand_restore, "withdraw a deprecation").add_argument("name", help=_SAID)
    remove = add(on_demand, "remove", on_demand_remove, "move a version into the bin: nobody chooses or asks it")
    remove.add_argument("name", help=_SAID)
    remove.add_argument("confirmation", help="its name with its version, like “trip_context v2”")
    remove.add_argument("--break-chain", action="store_true", help="though things were made from it")
    add(on_demand, "list", on_demand_list, "on-demand features of the project")
    add(on_demand, "show", on_demand_show, "their expressions, and what these ask for").add_argument(
        "name", help="or id"
    )
    tried = add(on_demand, "try", on_demand_try, "what they give for these values")
    tried.add_argument("name", help="or id")
    tried.add_argument("values", type=as_json, metavar="JSON", help='e.g. {"distance_km": 12}')
    online = add(on_demand, "online", on_demand_online, "what they are now for one entity and request")
    online.add_argument("name", help="or id")
    online.add_argument("--key", action="append", default=[], metavar="NAME=VALUE")
    online.add_argument("--request", type=as_json, default={}, metavar="JSON")


def on_demand_define(client: Client, said: Namespace) -> None:
    meant: dict[str, Any] = {
        "features": dict(_words(text) for text in said.feature),
        "request": dict(_words(text) for text in said.request),
        "uses": {client.features.get(name)["id"]: None for name in said.view},
    }
    if said.tried is not None:
        (found,) = client.on_demand.try_definition([said.tried], **meant)
        show(found, as_json=said.json)
        return
    words = {"tags": said.tag, "description": said.description, "owner": said.owner}
    made = client.on_demand.define(said.name, **meant, **words)
    tell_warnings(made)
    show(chosen(made, (*SHOWN, "similar")), as_json=said.json)


def on_demand_edit(client: Client, said: Namespace) -> None:
    words = {"description": said.description, "owner": said.owner, "tags": said.tag}
    named = {name: value for name, value in words.items() if value is not None}
    changed = client.on_demand.edit(client.on_demand.get(said.name)["id"], **named)
    show(chosen(changed, ("id", "name", "number", "description", "owner", "tags")), as_json=said.json)


def on_demand_deprecate(client: Client, said: Namespace) -> None:
    marked = client.on_demand.deprecate(said.name, said.reason, instead=said.instead or None)
    show(chosen(marked, _MARKED), as_json=said.json)


def on_demand_restore(client: Client, said: Namespace) -> None:
    show(chosen(client.on_demand.restore(said.name), _MARKED), as_json=said.json)


def on_demand_remove(client: Client, said: Namespace) -> None:
    removed = client.on_demand.remove(said.name, said.confirmation, break_chain=said.break_chain)
    show(chosen(removed, ("id", "name", "number", "removed_at")), as_json=said.json)


def _words(text: str) -> tuple[str, str]:
    name, equals, words = text.partition("=")
    if not equals:
        raise ValueError(f"This is NAME=WORDS, and {text!r} is not.")
    return name.strip(), words.strip()


def on_demand_list(client: Client, said: Namespace) -> None:
    table(client.on_demand.list(), ("id", "name", "number", "tags", "deprecated_at"), as_json=said.json)


def on_demand_show(client: Client, said: Namespace) -> None:
    show(client.on_demand.get(said.name), as_json=said.json)


def on_demand_try(client: Client, said: Namespace) -> None:
    (found,) = client.on_demand.try_values(client.on_demand.get(said.name)["id"], [said.values])
    show(found, as_json=said.json)


def on_demand_online(client: Client, said: Namespace) -> None:
    row = {"entity": dict(pair(text) for text in said.key), "request": said.request}
    (found,) = client.on_demand.online(client.on_demand.get(said.name)["id"], [row])
    show(found, as_json=said.json)

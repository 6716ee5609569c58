"""Features as a file in Git, what is said about them, and the named sets that models use."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from sanad.client import Client
from sanad.commands import catalogue, feature_views
from sanad.commands.arguments import add, described, description_of, group, text_of
from sanad.errors import NotFound
from sanad.output import show, table, tell
from sanad.resource import Thing

_VIEW = "of the view: its id, its name for the newest version, or “NAME v2”"
_SERVICE = "of the service: its id, its name for the newest version, or “NAME v2”"


def add_to(acts: Any) -> None:
    features = group(acts, "features", "entities, feature views and services: as a file, and one by one")
    plan = add(features, "plan", features_plan, "what a file would change; nothing is kept")
    apply = add(features, "apply", features_apply, "make a file true, all of it or nothing")
    for parser in (plan, apply):
        parser.add_argument("file", help="in YAML; - reads what is piped in")
        parser.add_argument("--all", action="store_true", help="name also what is not in the file and stays")
    apply.add_argument("--plan", default="", metavar="DIGEST", help="only if the plan of this digest still holds")
    apply.add_argument("--wait", action="store_true", help="until every new version of a view is computed")
    export = add(features, "export", features_export, "what is there, as a file")
    export.add_argument("--to", type=Path, help="a file; without it, it is printed")
    catalogue.add_to(features)
    feature_views.add_to(features)
    add(features, "entities", features_entities, "what features are about")
    about = add(features, "edit-entity", features_edit_entity, "change description, owner or tags of an entity")
    about.add_argument("entity", help="its name")
    edit = add(features, "edit", features_edit, "change description, owner or tags; the version stays")
    edit.add_argument("view", help=_VIEW)
    _says(about)
    _says(edit)
    deprecate = add(features, "deprecate", features_deprecate, "mark a version, and tell whoever uses it")
    deprecate.add_argument("view", help=_VIEW)
    deprecate.add_argument("reason")
    deprecate.add_argument("--instead", default="", help="the view to take instead: its id or name")
    add(features, "restore", features_restore, "withdraw a deprecation").add_argument("view", help=_VIEW)
    remove = add(features, "remove", features_remove, "move a version into the bin, and its values offline")
    remove.add_argument("view", help=_VIEW)
    remove.add_argument("confirmation", help="its name with its version, like “weather v2”")
    remove.add_argument("--break-chain", action="store_true", help="though things were made from it")
    _services(group(acts, "feature-service", "named sets of features that models use"))


def _services(service: Any) -> None:
    define = add(service, "define", service_define, "define one, or its next version")
    define.add_argument("name")
    what = "a view, or some of its features: VIEW or VIEW:one,another; again for more"
    define.add_argument("--view", action="append", default=[], help=what)
    define.add_argument("--on-demand", action="append", default=[], help="on-demand features, said alike")
    described(define)
    add(service, "list", service_list, "the services of the project")
    for word, act, said in (
        ("show", service_show, "which features it holds"),
        ("restore", service_restore, "withdraw a deprecation"),
        ("remove", service_remove, "move a version that nothing was made of into the bin"),
    ):
        add(service, word, act, said).add_argument("service", help=_SERVICE)
    edit = add(service, "edit", service_edit, "change description, owner or tags; the version stays")
    edit.add_argument("service", help=_SERVICE)
    _says(edit)
    deprecate = add(service, "deprecate", service_deprecate, "mark a version, and tell whoever uses it")
    deprecate.add_argument("service", help=_SERVICE)
    deprecate.add_argument("reason")
    deprecate.add_argument("--instead", default="", help="the service to take instead: its id or name")


def _says(parser: ArgumentParser) -> None:
    """What is said anew about a thing that is there; `_said` reads it."""
    parser.add_argument("--description")
    parser.add_argument("--owner", help="a member's email")
    parser.add_argument("--tag", action="append", help="again for more; they take the place of those before")


def features_plan(client: Client, said: Namespace) -> None:
    _tell_plan(client.feature_definitions.plan(text_of(said.file)), said, done=False)


def features_apply(client: Client, said: Namespace) -> None:
    made = client.feature_definitions.apply(text_of(said.file), plan=said.plan)
    _tell_plan(made, said, done=True)
    if said.wait:
        client.feature_definitions.wait(made)


def features_export(client: Client, said: Namespace) -> None:
    text = client.feature_definitions.export()
    if said.to:
        said.to.write_text(text, encoding="utf-8")
        tell(f"{said.to} is written.")
    else:
        sys.stdout.write(text)


def features_entities(client: Client, said: Namespace) -> None:
    table(client.features.entities(), ("id", "name", "join_keys", "owner", "tags"), as_json=said.json)


def features_edit_entity(client: Client, said: Namespace) -> None:
    found = next((one for one in client.features.entities() if said.entity in (one["name"], one["id"])), None)
    if found is None:
        raise NotFound(f"There is no entity {said.entity!r} here.")
    show(client.features.edit_entity(found["id"], **_said(said)), as_json=said.json)


def features_edit(client: Client, said: Namespace) -> None:
    show(client.features.edit(_view(client, said.view), **_said(said)), as_json=said.json)


def _said(said: Namespace) -> dict[str, Any]:
    words = {"description": said.description, "owner": said.owner, "tags": said.tag}
    return {key: word for key, word in words.items() if word is not None}


def features_deprecate(client: Client, said: Namespace) -> None:
    instead = _view(client, said.instead) if said.instead else None
    show(client.features.deprecate(_view(client, said.view), said.reason, instead=instead), as_json=said.json)


def features_restore(client: Client, said: Namespace) -> None:
    show(client.features.restore(_view(client, said.view)), as_json=said.json)


def features_remove(client: Client, said: Namespace) -> None:
    asked = client.features.remove(_view(client, said.view), said.confirmation, break_chain=said.break_chain)
    show(asked, as_json=said.json)


def service_define(client: Client, said: Namespace) -> None:
    parts = [_part(client.features, "view", one) for one in said.view]
    made = [_part(client.on_demand, "id", one) for one in said.on_demand]
    defined = client.feature_services.define(said.name, parts, on_demand=made, **description_of(said))
    show(defined, as_json=said.json)


def service_list(client: Client, said: Namespace) -> None:
    rows = client.feature_services.list()
    table(rows, ("id", "name", "number", "owner", "deprecated_at"), as_json=said.json)


def service_show(client: Client, said: Namespace) -> None:
    show(client.feature_services.get(said.service), as_json=said.json)


def service_edit(client: Client, said: Namespace) -> None:
    show(client.feature_services.edit(_service(client, said.service), **_said(said)), as_json=said.json)


def service_deprecate(client: Client, said: Namespace) -> None:
    instead = _service(client, said.instead) if said.instead else None
    marked = client.feature_services.deprecate(_service(client, said.service), said.reason, instead=instead)
    show(marked, as_json=said.json)


def service_restore(client: Client, said: Namespace) -> None:
    show(client.feature_services.restore(_service(client, said.service)), as_json=said.json)


def service_remove(client: Client, said: Namespace) -> None:
    client.feature_services.remove(_service(client, said.service))
    tell("removed")


def _tell_plan(plan: Thing, said: Namespace, *, done: bool) -> None:
    if said.json:
        show(plan, as_json=True)
        return
    for step in plan["steps"]:
        version = f" v{step['number']}" if step["number"] else ""
        sys.stdout.write(f"{_SIGNS[step['action']]} {step['section']} {step['name']}{version}: {step['action']}\n")
        for change in step["changes"]:
            sys.stdout.write(f"    {change['field']}: {_line(change['before'])} -> {_line(change['after'])}\n")
        for note in step["notes"]:
            sys.stdout.write(f"    ! {note}\n")
    for left in plan["left"] if said.all else ():
        sys.stdout.write(f"  {left['section']} {left['name']}: not in the file, stays\n")
    if plan["left"] and not said.all:
        sys.stdout.write(f"  not in the file, and stay as they are: {len(plan['left'])} (--all names them)\n")
    count = sum(step["action"] != "unchanged" for step in plan["steps"])
    tell(f"{count} changed." if done else f"{count} would change. Plan {plan['digest']}")


_SIGNS = {"new": "+", "new version": "+", "described": "~", "unchanged": " "}


def _line(value: str) -> str:
    return " ".join(value.split()) or "(nothing)"


def _view(client: Client, said: str) -> str:
    found: str = client.features.get(said)["id"]
    return found


def _service(client: Client, said: str) -> str:
    found: str = client.feature_services.get(said)["id"]
    return found


def _part(things: Any, word: str, said: str) -> dict[str, Any]:
    name, _colon, features = said.partition(":")
    return {word: things.get(name)["id"], "features": features.split(",") if features else None}

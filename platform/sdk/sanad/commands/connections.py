"""Ways to where data lies already."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

from sanad.client import Client
from sanad.commands.arguments import add, group
from sanad.output import show, table, tell

_NAME = "of the connection: its name or id"


def add_to(acts: Any) -> None:
    link = group(acts, "connection", "ways to where data lies already: databases, object stores, files over HTTP")
    add(link, "list", connection_list, "the connections that are open to the project")
    create = add(link, "create", connection_create, "make one, with --project for that project alone")
    create.add_argument("name")
    create.add_argument("kind", choices=("postgresql", "mysql", "s3", "http", "valkey", "kafka"))
    create.add_argument("--description", default="", help="what it is for")
    create.add_argument("--at-once", type=int, default=2, help="how many ingestions read through it at the same time")
    edit = add(link, "edit", connection_edit, "change what is named; what is not stays")
    edit.add_argument("connection", help=_NAME)
    edit.add_argument("--name")
    edit.add_argument("--description")
    edit.add_argument("--at-once", type=int)
    for parser in (create, edit):
        one = "one setting, again for more; docs/cli.md lists those of each kind"
        parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help=one)
        why = 'JSON like {"password": "…"}; in a command a secret would stay in histories'
        parser.add_argument("--secrets-file", type=Path, help=why)
    for word, act, said in (
        ("show", connection_show, "what it is told, and how its last test went"),
        ("test", connection_test, "ask what it leads to, step by step"),
        ("delete", connection_delete, "end it, with its secrets"),
    ):
        add(link, word, act, said).add_argument("connection", help=_NAME)
    things = add(link, "things", connection_things, "tables, folders and files there")
    things.add_argument("connection", help=_NAME)
    things.add_argument("--prefix", default="", help="how the names begin")
    preview = add(link, "preview", connection_preview, "one thing there: columns, about how many rows, some of them")
    preview.add_argument("connection", help=_NAME)
    preview.add_argument("place", help="as `sanad connection things` names it")


def connection_list(client: Client, said: Namespace) -> None:
    table(client.connections.list(), ("name", "kind", "project", "standing", "tested_at"), as_json=said.json)


def connection_show(client: Client, said: Namespace) -> None:
    show(client.connections.get(said.connection), as_json=said.json)


def connection_create(client: Client, said: Namespace) -> None:
    words = {"description": said.description, "at_once": said.at_once, "project": client.project or None}
    made = client.connections.create(said.name, said.kind, _settings(said.set), secrets=_secrets(said), **words)
    show(made, as_json=said.json)


def connection_edit(client: Client, said: Namespace) -> None:
    words = {"name": said.name, "description": said.description, "at_once": said.at_once}
    named: dict[str, Any] = {key: word for key, word in words.items() if word is not None}
    if said.set:
        named["settings"] = _settings(said.set)
    if said.secrets_file:
        named["secrets"] = _secrets(said)
    show(client.connections.edit(_id(client, said), **named), as_json=said.json)


def connection_test(client: Client, said: Namespace) -> None:
    show(client.connections.test(_id(client, said)), as_json=said.json)


def connection_delete(client: Client, said: Namespace) -> None:
    client.connections.delete(_id(client, said))
    tell("deleted")


def connection_things(client: Client, said: Namespace) -> None:
    rows = client.connections.things(_id(client, said), said.prefix)
    table(rows, ("name", "kind", "rows", "bytes", "changed_at"), as_json=said.json)


def connection_preview(client: Client, said: Namespace) -> None:
    show(client.connections.preview(_id(client, said), said.place), as_json=said.json)


def _settings(said: list[str]) -> dict[str, object]:
    """`port=5432` is a number and `path_style=true` a yes; all else is text."""
    found: dict[str, object] = {}
    for one in said:
        name, equals, value = one.partition("=")
        if not equals:
            raise ValueError(f"--set takes NAME=VALUE; {one!r} has no sign of equality.")
        found[name] = {"true": True, "false": False}.get(value, int(value) if value.isdigit() else value)
    return found


def _secrets(said: Namespace) -> dict[str, str]:
    return dict(json.loads(said.secrets_file.read_text())) if said.secrets_file else {}


def _id(client: Client, said: Namespace) -> str:
    found: str = client.connections.get(said.connection)["id"]
    return found

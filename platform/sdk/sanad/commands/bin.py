"""What was deleted under Settings and of data, restored or deleted for ever."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from sanad.client import Client
from sanad.commands.arguments import add, group
from sanad.output import show, table, tell

_NAME = "of what lies there, or its id as the list shows it"


def add_to(acts: Any) -> None:
    bin_acts = group(acts, "bin", "what was deleted: groups, webhooks, streams, ingestions, connections and others")
    add(bin_acts, "list", bin_list, "what lies there, and until when it can be restored")
    add(bin_acts, "restore", bin_restore, "bring it back as it was").add_argument("name", help=_NAME)
    delete = add(bin_acts, "delete", bin_delete, "delete it for ever")
    delete.add_argument("name", help=_NAME)
    delete.add_argument("--confirm", required=True, metavar="NAME", help="its name, once more")


def bin_list(client: Client, said: Namespace) -> None:
    columns = ("id", "kind", "name", "deleted_by", "deleted_at", "kept_until")
    table(client.bin.list(), columns, as_json=said.json)


def bin_restore(client: Client, said: Namespace) -> None:
    show(client.bin.restore(client.bin.get(said.name)["id"]), as_json=said.json)


def bin_delete(client: Client, said: Namespace) -> None:
    client.bin.delete(client.bin.get(said.name)["id"], confirmation=said.confirm)
    tell("deleted for ever")

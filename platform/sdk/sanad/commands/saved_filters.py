"""Filters of lists, saved under names."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from sanad.client import Client
from sanad.commands.arguments import add, group
from sanad.output import show, table, tell

_ID = "the id, as `sanad filter list` shows it"
_YES = {"yes": True, "no": False}


def add_to(acts: Any) -> None:
    saved = group(acts, "filter", "filters of lists, saved under names: your own, and those that are shared")
    listed = add(saved, "list", filter_list, "those of the project's lists, or all without --project")
    listed.add_argument("--of", help="the path of one list, as in data/")
    save = add(saved, "save", filter_save, "save a list's query; with --project of a list of that project")
    save.add_argument("name")
    save.add_argument("list", help="its path, as in data/ or settings/members/")
    save.add_argument("query", help="what the list's address says behind the question mark")
    save.add_argument("--shared", action="store_true", help="everybody who may open the list finds it there")
    save.add_argument("--default", action="store_true", help="the list opens with it for you")
    save.add_argument("--replace", action="store_true", help="in place of your own of the same name")
    edit = add(saved, "edit", filter_edit, "change what is named; what is not stays")
    edit.add_argument("filter", help=_ID)
    edit.add_argument("--name")
    edit.add_argument("--query")
    edit.add_argument("--shared", choices=tuple(_YES))
    edit.add_argument("--default", choices=tuple(_YES), help="whether the list opens with it for you")
    for word, act, said in (("show", filter_show, "one of them"), ("delete", filter_delete, "delete it")):
        add(saved, word, act, said).add_argument("filter", help=_ID)


def filter_list(client: Client, said: Namespace) -> None:
    rows = client.saved_filters.list(of=said.of)
    table(rows, ("id", "name", "list", "project", "query", "shared", "default"), as_json=said.json)


def filter_show(client: Client, said: Namespace) -> None:
    show(client.saved_filters.get(said.filter), as_json=said.json)


def filter_save(client: Client, said: Namespace) -> None:
    flags = {"shared": said.shared, "default": said.default, "replace": said.replace}
    made = client.saved_filters.save(said.name, said.list, said.query, project=client.project or None, **flags)
    show(made, as_json=said.json)


def filter_edit(client: Client, said: Namespace) -> None:
    flags = {name: _YES[word] for name in ("shared", "default") if (word := getattr(said, name))}
    words = {name: word for name in ("name", "query") if (word := getattr(said, name)) is not None}
    show(client.saved_filters.edit(said.filter, **words, **flags), as_json=said.json)


def filter_delete(client: Client, said: Namespace) -> None:
    client.saved_filters.delete(said.filter)
    tell("deleted")

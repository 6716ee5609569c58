"""Who of the platform is let in for support, and the archives that a tenant takes with it."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from sanad.client import Client
from sanad.commands.arguments import add, chosen, group
from sanad.output import show, table, tell

SUPPORT = ("id", "operator_name", "level", "state", "hours", "ends_at", "reason")
EXPORT = ("id", "state", "asked_at", "expires_at", "byte_count", "sha256", "failure")


def add_to(acts: Any) -> None:
    support = group(acts, "support", "who of the platform may come in for some hours; for administrators")
    add(support, "list", support_list, "who asks and who may come in, newest first")
    add(support, "operators", support_operators, "whom one could let in")
    give = add(support, "give", support_give, "let an operator in without being asked")
    give.add_argument("operator", help="name or id of one of those whom `operators` lists")
    give.add_argument("--reason", required=True, help="what for, in a sentence")
    give.add_argument("--level", choices=["viewer", "admin"], default="viewer")
    give.add_argument("--hours", type=int, default=4, help="1 to 72; 4 where it is not said")
    for word, act, said in (
        ("grant", support_grant, "let in whoever asked, for the hours that they asked for"),
        ("refuse", support_refuse, "refuse a request"),
        ("end", support_end, "send the operator out at once"),
    ):
        add(support, word, act, said).add_argument("support", help="its id")
    _add_exports(acts)


def _add_exports(acts: Any) -> None:
    export = group(acts, "export", "archives of everything that the organisation brought; for its own administrators")
    add(export, "list", export_list, "archives, newest first")
    start = add(export, "start", export_start, "have one made and wait until it is ready")
    start.add_argument("--no-wait", action="store_true", help="leave it to its job")
    add(export, "show", export_show, "how it stands, and how far its job is").add_argument("export", help="its id")
    add(export, "watch", export_watch, "wait until it is ready").add_argument("export", help="its id")
    fetch = add(export, "fetch", export_fetch, "write the ZIP to a file, held against its SHA-256")
    fetch.add_argument("export", help="its id")
    fetch.add_argument("into", help="the file to write")


def support_list(client: Client, said: Namespace) -> None:
    table(client.support.list(), SUPPORT, as_json=said.json)


def support_operators(client: Client, said: Namespace) -> None:
    table(client.support.operators(), ("id", "name"), as_json=said.json)


def support_give(client: Client, said: Namespace) -> None:
    given = client.support.give(said.operator, reason=said.reason, level=said.level, hours=said.hours)
    show(chosen(given, SUPPORT), as_json=said.json)


def support_grant(client: Client, said: Namespace) -> None:
    show(chosen(client.support.grant(said.support), SUPPORT), as_json=said.json)


def support_refuse(client: Client, said: Namespace) -> None:
    show(chosen(client.support.refuse(said.support), SUPPORT), as_json=said.json)


def support_end(client: Client, said: Namespace) -> None:
    show(chosen(client.support.end(said.support), SUPPORT), as_json=said.json)


def export_list(client: Client, said: Namespace) -> None:
    table(client.exports.list(), EXPORT, as_json=said.json)


def export_start(client: Client, said: Namespace) -> None:
    begun = client.exports.start()
    if not said.no_wait:
        begun = client.exports.wait(begun["id"])
    show(chosen(begun, EXPORT), as_json=said.json)


def export_show(client: Client, said: Namespace) -> None:
    export = client.exports.get(said.export)
    show(chosen(export, EXPORT) | {"job": export["job"]}, as_json=said.json)
    if job := export["job"]:
        tell(f"{job['step']} {job['percent'] or 0:.0f} %")


def export_watch(client: Client, said: Namespace) -> None:
    show(chosen(client.exports.wait(said.export), EXPORT), as_json=said.json)


def export_fetch(client: Client, said: Namespace) -> None:
    tell(f"Written to {client.exports.download(said.export, said.into)}")

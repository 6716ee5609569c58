"""Data that comes in again and again."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Any

from sanad.client import Client
from sanad.commands.arguments import add, as_json, chosen, group
from sanad.output import show, table, tell

MODES = ("full", "append", "upsert")
_SAID = "its id, or the name of a dataset into which one alone comes"
_SHORT = ("id", "dataset_name", "connection_name", "place", "mode", "cron", "zone", "state", "next_at", "last_state")
_RUN = ("id", "dataset_name", "number", "state", "row_count", "failure", "created_at")


def add_to(acts: Any) -> None:
    kind = group(acts, "ingestion", "data that comes into datasets again and again")
    listed = add(kind, "list", ingestion_list, "those of the project")
    listed.add_argument("--dataset", default="", help="of one dataset: its name or id")
    create = add(kind, "create", ingestion_create, "have something read into a dataset again and again")
    create.add_argument("dataset", help="its name or id; a new name makes a new one")
    create.add_argument("connection", help="its name or id")
    create.add_argument("place", help="as `sanad connection things` names it")
    _words(create)
    edit = add(kind, "edit", ingestion_edit, "change what is named; what is not stays")
    edit.add_argument("ingestion", help=_SAID)
    edit.add_argument("--place")
    edit.add_argument("--connection", help="read through this one from now on: its name or id")
    _words(edit)
    run = add(kind, "run", ingestion_run, "read now")
    backfill = add(kind, "backfill", ingestion_run, "read a span of the cursor anew; it replaces what is there of it")
    run.add_argument("--estimate", action="store_true", help="say what it will probably take, and start nothing")
    backfill.set_defaults(estimate=False)
    for parser in (run, backfill):
        parser.add_argument("ingestion", help=_SAID)
        parser.add_argument("--no-wait", action="store_true", help="only begin it")
    run.set_defaults(since="", until="", count=False)
    backfill.add_argument("--since", default="", help="what comes after this value")
    backfill.add_argument("--until", default="", help="up to and with this value")
    backfill.add_argument("--count", action="store_true", help="only say how many rows would be replaced")
    for word, act, said in (
        ("show", ingestion_show, "what is read, how and when"),
        ("pause", ingestion_pause, "let nothing be due until it is resumed"),
        ("resume", ingestion_resume, "let it be due again"),
        ("runs", ingestion_runs, "the versions that it brought or tried to bring"),
        ("delete", ingestion_delete, "end it; the versions that it brought stay"),
    ):
        add(kind, word, act, said).add_argument("ingestion", help=_SAID)


def _words(parser: ArgumentParser) -> None:
    parser.add_argument("--pattern", help='which files of a folder, like "*.csv"')
    parser.add_argument("--options", type=as_json, metavar="JSON", help='e.g. {"missing": ["NA"]}')
    parser.add_argument("--mode", choices=(*MODES, "incremental"), help="what becomes of the rows that are there")
    parser.add_argument("--key", action="append", metavar="COLUMN", help="a column that names a row, again for more")
    parser.add_argument("--cursor", metavar="COLUMN", help="by which new rows are known: its values only grow")
    parser.add_argument("--cron", help='five fields, like "30 6 * * 1-5"')
    parser.add_argument("--zone", help="in which they are read, like Asia/Dubai")
    parser.add_argument("--after", metavar="DATASET", help="also after each new version of this one")
    parser.add_argument("--review", action="store_true", default=None, help="wait for a person to commit each version")


def _said(said: Namespace) -> dict[str, Any]:
    names = ("pattern", "options", "mode", "key", "cursor", "cron", "zone", "after", "review")
    return {name: value for name in names if (value := getattr(said, name)) is not None}


def ingestion_list(client: Client, said: Namespace) -> None:
    table(client.ingestions.list(said.dataset), _SHORT, as_json=said.json)


def ingestion_create(client: Client, said: Namespace) -> None:
    made = client.ingestions.create(said.dataset, said.connection, said.place, **_said(said))
    show(made, as_json=said.json)


def ingestion_edit(client: Client, said: Namespace) -> None:
    words = _said(said)
    if said.place is not None:
        words["place"] = said.place
    if said.connection:
        words["connection"] = client.connections.get(said.connection)["id"]
    if words.get("after"):
        words["after"] = client.datasets.get(words["after"])["id"]
    show(client.ingestions.edit(_id(client, said), **words), as_json=said.json)


def ingestion_show(client: Client, said: Namespace) -> None:
    show(client.ingestions.get(said.ingestion), as_json=said.json)


def ingestion_run(client: Client, said: Namespace) -> None:
    if said.estimate:
        show(client.ingestions.estimate(_id(client, said)), as_json=said.json)
        return
    if said.count:
        show(client.ingestions.span(_id(client, said), since=said.since, until=said.until), as_json=said.json)
        return
    version = client.ingestions.run(_id(client, said), since=said.since, until=said.until, wait=not said.no_wait)
    show(chosen(version, _RUN), as_json=said.json)


def ingestion_pause(client: Client, said: Namespace) -> None:
    show(client.ingestions.pause(_id(client, said)), as_json=said.json)


def ingestion_resume(client: Client, said: Namespace) -> None:
    show(client.ingestions.resume(_id(client, said)), as_json=said.json)


def ingestion_runs(client: Client, said: Namespace) -> None:
    table(client.ingestions.runs(_id(client, said)), _RUN, as_json=said.json)


def ingestion_delete(client: Client, said: Namespace) -> None:
    client.ingestions.delete(_id(client, said))
    tell("deleted")


def _id(client: Client, said: Namespace) -> str:
    found: str = client.ingestions.get(said.ingestion)["id"]
    return found

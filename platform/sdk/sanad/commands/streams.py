"""Events on their way into datasets."""

from __future__ import annotations

import base64
import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sanad.client import Client
from sanad.commands.arguments import add, group, pair
from sanad.output import show, table, tell

_NAME = "of the stream: its name or id"
_TYPES = "text, whole, number, flag, time, day, nested"


def add_to(acts: Any) -> None:
    stream = group(acts, "stream", "events on their way into datasets: from brokers, or sent to the portal")
    add(stream, "list", stream_list, "the project's streams, with how far they came")
    create = add(stream, "create", stream_create, "make one; it runs at once")
    create.add_argument("name")
    create.add_argument("--dataset", default="", help="that it feeds: its name or id; a new one of its name without")
    create.add_argument("--connection", help="to a broker, by name or id; without one events are sent by `push`")
    create.add_argument("--topic", default="", help="or the key of the stream")
    create.add_argument("--begin", default="earliest", choices=("earliest", "latest"))
    create.add_argument("--format", default="json", choices=("json", "avro", "protobuf"))
    create.add_argument("--message", default="", help="of Protobuf: the message's name with its package")
    edit = add(stream, "edit", stream_edit, "change what is named; what is not stays")
    edit.add_argument("stream", help=_NAME)
    edit.add_argument("--name")
    for parser in (create, edit):
        parser.add_argument(
            "--column", action="append", default=[], metavar="NAME:TYPE", help=f"{_TYPES}; NAME:TYPE! must be there"
        )
        parser.add_argument(
            "--tokenise",
            action="append",
            default=[],
            metavar="COLUMN",
            help="of --column: replace its values by tokens",
        )
        parser.add_argument("--schema-file", type=Path, help="Avro in JSON, or a FileDescriptorSet of Protobuf")
        parser.add_argument("--event-time", help="the column by which late events are told")
        parser.add_argument("--lateness", help="how late an event may be, like 00:05:00")
        parser.add_argument("--late", choices=("keep", "quarantine"), help="what becomes of those that are later")
        parser.add_argument("--cut", choices=("hand", "hour", "day", "rows"), help="when a version is made")
        parser.add_argument("--cut-rows", type=int, help="rows between two versions")
    for word, act, said in (
        ("show", stream_show, "what it is told, and how far it came"),
        ("pause", stream_pause, "let events wait where they are"),
        ("resume", stream_resume, "let it go on where it stopped"),
        ("cut", stream_cut, "make a version of the dataset out of what came so far"),
        ("quarantine", stream_quarantine, "what lies in quarantine, by rule"),
        ("quarantined", stream_quarantined, "single events in quarantine, with the values that fit"),
        ("replay", stream_replay, "read the quarantined events again"),
        ("discard", stream_discard, "drop the quarantined events"),
        ("delete", stream_delete, "end it; its rows stay"),
    ):
        add(stream, word, act, said).add_argument("stream", help=_NAME)
    mend = add(stream, "mend", stream_mend, "make a row of an event in quarantine, with other values")
    mend.add_argument("stream", help=_NAME)
    mend.add_argument("place", help="of the event, as `quarantined` says it")
    mend.add_argument("--set", action="append", default=[], metavar="COLUMN=VALUE", help="VALUE as JSON, or as text")
    suggest = add(stream, "suggest", stream_suggest, "the columns that example events suggest, as --column takes them")
    suggest.add_argument("file", help="of events, one JSON object in each line; - for standard input")
    push = add(stream, "push", stream_push, "send events, one JSON object in each line")
    push.add_argument("stream", help=_NAME)
    push.add_argument("file", help="of events; - for standard input")


def stream_list(client: Client, said: Namespace) -> None:
    columns = ("name", "state", "per_second", "lag", "rows", "quarantined", "committed_at")
    table(client.streams.list(), columns, as_json=said.json)


def stream_show(client: Client, said: Namespace) -> None:
    show(client.streams.get(said.stream), as_json=said.json)


def stream_create(client: Client, said: Namespace) -> None:
    words: dict[str, Any] = {"topic": said.topic, "begin": said.begin, "format": said.format, "message": said.message}
    if said.connection:
        words["connection"] = client.connections.get(said.connection)["id"]
    dataset = client.datasets.get(said.dataset)["id"] if said.dataset else ""
    show(client.streams.create(said.name, dataset, _columns(said), **words, **_told(said)), as_json=said.json)


def stream_edit(client: Client, said: Namespace) -> None:
    words = _told(said)
    if said.name:
        words["name"] = said.name
    if said.column or said.tokenise:
        words["columns"] = _columns(said)
    show(client.streams.edit(_id(client, said), **words), as_json=said.json)


def stream_pause(client: Client, said: Namespace) -> None:
    show(client.streams.pause(_id(client, said)), as_json=said.json)


def stream_resume(client: Client, said: Namespace) -> None:
    show(client.streams.resume(_id(client, said)), as_json=said.json)


def stream_cut(client: Client, said: Namespace) -> None:
    show(client.streams.cut(_id(client, said)), as_json=said.json)


def stream_quarantine(client: Client, said: Namespace) -> None:
    rows = client.streams.quarantine(_id(client, said))
    table(rows, ("rule", "column", "events", "first", "last"), as_json=said.json)


def stream_quarantined(client: Client, said: Namespace) -> None:
    rows = client.streams.quarantined(_id(client, said))
    table(rows, ("place", "at", "rule", "column", "size", "fields"), as_json=said.json)


def stream_mend(client: Client, said: Namespace) -> None:
    values = dict(pair(one, "--set takes COLUMN=VALUE") for one in said.set)
    show(client.streams.mend(_id(client, said), said.place, **values), as_json=said.json)


def stream_replay(client: Client, said: Namespace) -> None:
    show(client.streams.replay(_id(client, said)), as_json=said.json)


def stream_discard(client: Client, said: Namespace) -> None:
    show(client.streams.discard(_id(client, said)), as_json=said.json)


def stream_delete(client: Client, said: Namespace) -> None:
    client.streams.delete(_id(client, said))
    tell("deleted")


def stream_push(client: Client, said: Namespace) -> None:
    show(client.streams.push(_id(client, said), _lines(said.file)), as_json=said.json)


def stream_suggest(client: Client, said: Namespace) -> None:
    examples = [line.decode() for _number, line in zip(range(200), _lines(said.file), strict=False)]
    table(client.streams.suggest(examples), ("name", "type"), as_json=said.json)


def _lines(file: str) -> Iterator[bytes]:
    if file == "-":
        yield from (line.strip() for line in sys.stdin.buffer if line.strip())
        return
    with Path(file).open("rb") as lines:
        yield from (line.strip() for line in lines if line.strip())


def _columns(said: Namespace) -> list[dict[str, object]]:
    """`price:number` or `id:whole!`."""
    found: list[dict[str, object]] = []
    for one in said.column:
        name, colon, kind = one.rpartition(":")
        if not colon:
            raise ValueError(f"--column takes NAME:TYPE; {one!r} has no colon.")
        column: dict[str, object] = {"name": name, "type": kind.rstrip("!"), "required": kind.endswith("!")}
        found.append({**column, "tokenise": True} if name in said.tokenise else column)
    if unknown := [name for name in said.tokenise if name not in {one["name"] for one in found}]:
        raise ValueError(f"--tokenise names {unknown[0]!r}; name it with --column too, as all columns are.")
    return found


def _told(said: Namespace) -> dict[str, Any]:
    named = ("event_time", "lateness", "late", "cut", "cut_rows")
    words = {name: value for name in named if (value := getattr(said, name)) is not None}
    if said.schema_file:
        words["event_schema"] = base64.b64encode(said.schema_file.read_bytes()).decode()
    return words


def _id(client: Client, said: Namespace) -> str:
    found: str = client.streams.get(said.stream)["id"]
    return found

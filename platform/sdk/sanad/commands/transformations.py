"""SQL that makes one dataset of others: set up, changed, run, paused."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Any

from sanad.client import Client
from sanad.commands.arguments import add, chosen, group, text_of
from sanad.output import show, table, tell

SHOWN = ("id", "name", "output_name", "state", "last_state", "last_note", "next_at")
PASS = ("created_at", "state", "version", "mode", "definition", "note")


def add_to(acts: Any) -> None:
    transform = group(acts, "transform", "SQL that makes one dataset of others, by itself")
    create = add(transform, "create", transform_create, "set one up; its dataset is made where it is new")
    create.add_argument("name")
    create.add_argument("--output", required=True, help="the dataset that it makes: a name or id")
    _definition(create)
    define = add(transform, "define", transform_define, "say how its rows are made from now on")
    define.add_argument("transformation", help="its name or id")
    _definition(define)
    add(transform, "list", transform_list, "transformations of the project")
    for name, act, said in (
        ("passes", transform_passes, "what was made or left out, and why"),
        ("pause", transform_pause, "let nothing begin it"),
        ("resume", transform_resume, "let it run again"),
        ("delete", transform_delete, "delete it; its dataset stays"),
    ):
        add(transform, name, act, said).add_argument("transformation", help="its name or id")
    run = add(transform, "run", transform_run, "make it now of its inputs' newest versions")
    run.add_argument("transformation", help="its name or id")
    run.add_argument("--estimate", action="store_true", help="say what it will probably take, and start nothing")
    run.add_argument("--below", action="store_true", help="then all that is made of it, too")


def _definition(parser: ArgumentParser) -> None:
    parser.add_argument("sql", metavar="SQL_FILE", help="a file with one SELECT; - reads standard input")
    parser.add_argument("--growing", default="", metavar="INPUT", help="read new rows of this input alone")
    parser.add_argument("--cron", default="", help='by the clock, such as "0 6 * * 1-5"')
    parser.add_argument("--time-zone", default="UTC", help="of the clock, such as Asia/Dubai")
    parser.add_argument("--by-hand", action="store_true", help="not when an input has a new version")
    parser.add_argument("--review", action="store_true", help="each version waits for a person")


def _words(said: Namespace) -> dict[str, Any]:
    trigger = "cron" if said.cron else "hand" if said.by_hand else "input"
    return {
        "sql": text_of(said.sql),
        "mode": "incremental" if said.growing else "full",
        "growing": said.growing,
        "trigger": trigger,
        "cron": said.cron,
        "time_zone": said.time_zone if said.cron else "",
        "review": said.review,
    }


def transform_create(client: Client, said: Namespace) -> None:
    made = client.transformations.create(said.name, output=said.output, **_words(said))
    show(chosen(made, SHOWN), as_json=said.json)


def transform_define(client: Client, said: Namespace) -> None:
    show(chosen(client.transformations.define(said.transformation, **_words(said)), SHOWN), as_json=said.json)


def transform_list(client: Client, said: Namespace) -> None:
    table(client.transformations.list(), SHOWN, as_json=said.json)


def transform_passes(client: Client, said: Namespace) -> None:
    table(client.transformations.passes(said.transformation), PASS, as_json=said.json)


def transform_run(client: Client, said: Namespace) -> None:
    if said.estimate:
        show(client.transformations.estimate(said.transformation), as_json=said.json)
        return
    show(chosen(client.transformations.run(said.transformation, below=said.below), SHOWN), as_json=said.json)


def transform_pause(client: Client, said: Namespace) -> None:
    show(chosen(client.transformations.pause(said.transformation), SHOWN), as_json=said.json)


def transform_resume(client: Client, said: Namespace) -> None:
    show(chosen(client.transformations.resume(said.transformation), SHOWN), as_json=said.json)


def transform_delete(client: Client, said: Namespace) -> None:
    client.transformations.delete(said.transformation)
    tell("Deleted; its dataset stays.")

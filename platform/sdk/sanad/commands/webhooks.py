"""Addresses that are told what happens."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from sanad.client import Client
from sanad.commands.arguments import add, group, text_of
from sanad.output import show, table, tell

_NAME = "of the webhook: its description, address or id"


def add_to(acts: Any) -> None:
    hook = group(acts, "webhook", "addresses that are told what happens, signed; for administrators")
    add(hook, "list", webhook_list, "the tenant's webhooks")
    create = add(
        hook,
        "create",
        webhook_create,
        "make one, with --project for the events of that one alone; the answer holds its secret, once",
    )
    create.add_argument("address")
    create.add_argument("--description", default="", help="what listens there")
    create.add_argument(
        "--event", action="append", help="a kind like run.succeeded or a family like run, again for more; else all"
    )
    create.add_argument("--openlineage", metavar="NAMESPACE", help="tell lineage of data as OpenLineage has it")
    create.add_argument("--token-file", metavar="FILE", help="the token that the receiver asks for; - reads it")
    edit = add(hook, "edit", webhook_edit, "change what is named; its secret stays")
    edit.add_argument("name", help=_NAME)
    edit.add_argument("--address")
    edit.add_argument("--description")
    edit.add_argument("--event", action="append", help="as with create, in place of what it is told now")
    for word, act, said in (
        ("test", webhook_test, "send an event of no consequence"),
        ("pause", webhook_pause, "hold back what happens until it is enabled"),
        ("enable", webhook_enable, "send again, and what waited at once"),
        ("roll-secret", webhook_roll, "give it a new secret; for 24 hours both sign"),
        ("delete", webhook_delete, "put it into the bin; what waits and its log go for good"),
    ):
        add(hook, word, act, said).add_argument("name", help=_NAME)
    _add_deliveries(hook)


def _add_deliveries(hook: Any) -> None:
    log = add(hook, "deliveries", webhook_deliveries, "what was sent to it, the newest first")
    log.add_argument("name", help=_NAME)
    log.add_argument("--most", type=int, default=50)
    one = add(hook, "delivery", webhook_delivery, "one delivery, with its payload and attempts")
    again = add(hook, "replay", webhook_replay, "send one delivery again")
    for parser in (one, again):
        parser.add_argument("name", help=_NAME)
        parser.add_argument("delivery", help="its id")
    failed = add(hook, "replay-failed", webhook_replay_failed, "send again all that failed")
    failed.add_argument("name", help=_NAME)
    failed.add_argument("--hours", type=float, default=24, help="of so many hours; 24 where it is not said")


def webhook_edit(client: Client, said: Namespace) -> None:
    words = {"url": said.address, "description": said.description, "kinds": said.event}
    named = {key: word for key, word in words.items() if word is not None}
    show(client.webhooks.edit(client.webhooks.get(said.name)["id"], **named), as_json=said.json)


def webhook_list(client: Client, said: Namespace) -> None:
    table(client.webhooks.list(), ("description", "url", "state", "waiting", "failed"), as_json=said.json)


def webhook_create(client: Client, said: Namespace) -> None:
    words: dict[str, str] = {"description": said.description, "project": client.project}
    if said.openlineage:
        token = text_of(said.token_file).strip() if said.token_file else ""
        words |= {"shape": "openlineage", "namespace": said.openlineage, "token": token}
    show(client.webhooks.create(said.address, said.event or [], **words), as_json=said.json)


def webhook_test(client: Client, said: Namespace) -> None:
    show(client.webhooks.test(_id(client, said)), as_json=said.json)


def webhook_pause(client: Client, said: Namespace) -> None:
    show(client.webhooks.pause(_id(client, said)), as_json=said.json)


def webhook_enable(client: Client, said: Namespace) -> None:
    show(client.webhooks.enable(_id(client, said)), as_json=said.json)


def webhook_roll(client: Client, said: Namespace) -> None:
    show(client.webhooks.roll_secret(_id(client, said)), as_json=said.json)


def webhook_delete(client: Client, said: Namespace) -> None:
    client.webhooks.delete(_id(client, said))
    tell("deleted")


def webhook_deliveries(client: Client, said: Namespace) -> None:
    rows = client.webhooks.deliveries(_id(client, said), most=said.most)
    table(rows, ("id", "kind", "state", "status", "created_at"), as_json=said.json)


def webhook_delivery(client: Client, said: Namespace) -> None:
    show(client.webhooks.delivery(_id(client, said), said.delivery), as_json=said.json)


def webhook_replay(client: Client, said: Namespace) -> None:
    show(client.webhooks.replay(_id(client, said), said.delivery), as_json=said.json)


def webhook_replay_failed(client: Client, said: Namespace) -> None:
    count = client.webhooks.replay_failed(_id(client, said), hours=said.hours)
    show({"deliveries": count}, as_json=said.json)


def _id(client: Client, said: Namespace) -> str:
    found: str = client.webhooks.get(said.name)["id"]
    return found

"""Tokens of whoever asks; for administrators those of everybody."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from sanad.client import Client
from sanad.commands.arguments import add, group
from sanad.output import show, table, tell


def add_to(acts: Any) -> None:
    token = group(acts, "token", "your own tokens; administrators see everybody's")
    add(token, "list", token_list, "names, what they may, until when")
    create = add(
        token, "create", token_create, "make one of your own, with --project for that one alone; it is shown once"
    )
    create.add_argument("name", help="what will use it")
    create.add_argument("--scope", action="append", required=True, help="a permission or *, again for more")
    create.add_argument(
        "--from", dest="networks", action="append", help="an address or network it opens from, again for more"
    )
    create.add_argument("--days", type=int, default=30)
    add(token, "revoke", token_revoke, "void it everywhere within a second").add_argument("id", help="as the list says")


def token_list(client: Client, said: Namespace) -> None:
    table(client.tokens.list(), ("name", "scopes", "expires_at", "id"), as_json=said.json)


def token_create(client: Client, said: Namespace) -> None:
    words = {"project": said.project, "days": said.days, "networks": said.networks or ()}
    show(client.tokens.create(said.name, said.scope, **words), as_json=said.json)


def token_revoke(client: Client, said: Namespace) -> None:
    client.tokens.revoke(said.id)
    tell("revoked")

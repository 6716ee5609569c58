"""The keys that everything of a tenant is sealed with."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from sanad.client import Client
from sanad.commands.arguments import add, group
from sanad.output import show, table

_COLUMNS = ("number", "purpose", "state", "made_at", "wrapped_by", "with_own_key")


def add_to(acts: Any) -> None:
    key = group(acts, "key", "the keys that everything of the tenant is sealed with; for administrators")
    add(key, "list", key_list, "how they stand")
    rotate = add(key, "rotate", key_rotate, "make a new one; everything new is sealed under it")
    rotate.add_argument("--reseal", action="store_true", help="seal what is stored already under it, too")
    add(key, "rewrap", key_rewrap, "wrap them with the key-encryption key that the portal has now")
    bring = add(key, "bring", key_bring, "put a key of your own inside every wrap, or bring a withdrawn one again")
    way = bring.add_mutually_exclusive_group(required=True)
    way.add_argument("--file", help="holds 32 bytes in base64; - reads what is piped in")
    way.add_argument("--vault-key", default="", help="its name in Vault, which begins with the tenant's short name")
    withdraw = add(key, "withdraw", key_withdraw, "take it away: nothing of the tenant opens until it is back")
    withdraw.add_argument("tenant", help="the tenant's short name, typed to confirm")
    add(key, "release", key_release, "leave the keys to the portal again")


def key_list(client: Client, said: Namespace) -> None:
    table(client.keys.get()["keys"], _COLUMNS, as_json=said.json)


def key_rotate(client: Client, said: Namespace) -> None:
    show(client.keys.rotate(reseal=said.reseal), as_json=said.json)


def key_rewrap(client: Client, said: Namespace) -> None:
    show(client.keys.rewrap(), as_json=said.json)


def key_bring(client: Client, said: Namespace) -> None:
    # Never as an argument: those stand in the list of processes and in the shell's history.
    secret = "" if not said.file else sys.stdin.read() if said.file == "-" else Path(said.file).read_text()
    show(client.keys.bring(secret.strip(), vault_key=said.vault_key), as_json=said.json)


def key_withdraw(client: Client, said: Namespace) -> None:
    show(client.keys.withdraw(said.tenant), as_json=said.json)


def key_release(client: Client, said: Namespace) -> None:
    show(client.keys.release(), as_json=said.json)

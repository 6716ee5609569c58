"""The organisation itself."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from sanad.client import Client
from sanad.commands.arguments import add, group
from sanad.output import show


def add_to(acts: Any) -> None:
    tenant = group(acts, "tenant", "the organisation that the token is of")
    add(tenant, "show", tenant_show, "its names, its plan, and where its data may lie")
    edit = add(tenant, "edit", tenant_edit, "change its names or zones; for administrators")
    edit.add_argument("--name")
    edit.add_argument("--name-ar", help="its name in Arabic")
    edit.add_argument(
        "--zone",
        dest="zones",
        action="append",
        help="AE-ONSHORE, AE-DIFC, AE-ADGM or the ISO 3166 code of another country, again for more",
    )
    rule = add(tenant, "second-factor", second_factor, "whether members need one; or ask for one, or no longer")
    either = rule.add_mutually_exclusive_group()
    either.add_argument("--days", type=int, help="ask for one, from so many days from now on (0 to 90)")
    either.add_argument("--not-asked", action="store_true", help="ask for none any longer")


def tenant_show(client: Client, said: Namespace) -> None:
    show(client.tenant.get(), as_json=said.json)


def tenant_edit(client: Client, said: Namespace) -> None:
    changed = client.tenant.edit(name=said.name, name_ar=said.name_ar, zones=said.zones)
    show(changed, as_json=said.json)


def second_factor(client: Client, said: Namespace) -> None:
    if said.not_asked:
        found = client.tenant.ask_for_no_second_factor()
    elif said.days is not None:
        found = client.tenant.ask_for_second_factor(grace_days=said.days)
    else:
        found = client.tenant.second_factor_rule()
    show(found, as_json=said.json)

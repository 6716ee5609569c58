"""Groups, and roles in single projects."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from sanad.client import Client
from sanad.commands.arguments import add, group
from sanad.output import show, table, tell


def add_to(acts: Any) -> None:
    team = group(acts, "group", "people who are given roles in projects together; for administrators")
    add(team, "list", group_list, "the tenant's groups")
    create = add(team, "create", group_create, "make one; it opens nothing until it has people and roles")
    create.add_argument("name")
    create.add_argument("--description", default="")
    add(team, "people", group_people, "who is in it").add_argument("name")
    for word, act, said in (("add", group_add, "take a member in"), ("remove", group_remove, "take somebody out")):
        parser = add(team, word, act, said)
        parser.add_argument("name", help="of the group, or its id")
        parser.add_argument("email", help="of the member")
    edit = add(team, "edit", group_edit, "change its name or description")
    edit.add_argument("name")
    edit.add_argument("--name", dest="new_name", help="its new name")
    edit.add_argument("--description")
    add(team, "delete", group_delete, "put it into the bin, with the roles that it gives").add_argument("name")
    _add_roles(acts)


def _add_roles(acts: Any) -> None:
    role = group(acts, "role", "roles in the --project, beside those in the tenant")
    add(role, "list", role_list, "who has which")
    give = add(role, "give", role_give, "give one; another one of the same holder is replaced")
    give.add_argument("role", help="admin, scientist, officer, auditor or viewer")
    to = give.add_mutually_exclusive_group(required=True)
    to.add_argument("--to", dest="email", help="the e-mail of a member")
    to.add_argument("--group", help="the name of a group")
    to.add_argument("--service-account", dest="program", help="the name of a service account")
    add(role, "take-back", role_take_back, "take one back").add_argument("id", help="as the list names it")


def group_list(client: Client, said: Namespace) -> None:
    table(client.groups.list(), ("name", "people", "projects", "description"), as_json=said.json)


def group_create(client: Client, said: Namespace) -> None:
    show(client.groups.create(said.name, description=said.description), as_json=said.json)


def group_edit(client: Client, said: Namespace) -> None:
    words = {"name": said.new_name, "description": said.description}
    show(client.groups.edit(client.groups.get(said.name)["id"], **words), as_json=said.json)


def group_people(client: Client, said: Namespace) -> None:
    found = client.groups.people(client.groups.get(said.name)["id"])
    table(found, ("name", "email"), as_json=said.json)


def group_add(client: Client, said: Namespace) -> None:
    client.groups.add(client.groups.get(said.name)["id"], _member(client, said.email))
    tell(f"{said.email} is in {said.name}")


def group_remove(client: Client, said: Namespace) -> None:
    client.groups.remove(client.groups.get(said.name)["id"], _member(client, said.email))
    tell(f"{said.email} is out of {said.name}")


def group_delete(client: Client, said: Namespace) -> None:
    client.groups.delete(client.groups.get(said.name)["id"])
    tell(f"{said.name} is deleted")


def role_list(client: Client, said: Namespace) -> None:
    table(client.project_roles.list(), ("holder", "kind", "role", "id"), as_json=said.json)


def role_give(client: Client, said: Namespace) -> None:
    if said.email:
        kind, holder = "user", _member(client, said.email)
    elif said.group:
        kind, holder = "group", client.groups.get(said.group)["id"]
    else:
        kind, holder = "service_account", client.service_accounts.get(said.program)["id"]
    show(client.project_roles.give(kind, holder, said.role), as_json=said.json)


def role_take_back(client: Client, said: Namespace) -> None:
    client.project_roles.take_back(said.id)
    tell("taken back")


def _member(client: Client, email: str) -> str:
    """The id of the member of this e-mail."""
    return str(client.members.find(email)["user"])

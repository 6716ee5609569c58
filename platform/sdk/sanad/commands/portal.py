"""Projects, people, and whether all is well."""

from __future__ import annotations

import os
import subprocess
import sys
import webbrowser
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sanad.client import Client
from sanad.commands import login
from sanad.commands.arguments import add, group
from sanad.output import show, table, tell

_WITH_ARCHIVED = ("slug", "name", "archived_at", "deletion_due", "purpose")


def add_to(acts: Any) -> None:
    login.add_to(acts)
    add(acts, "open", open_portal, "open the portal in a browser")
    add(acts, "doctor", doctor, "say what is missing or sick, and how to mend it").set_defaults(opening=examine)
    project = group(acts, "project", "projects")
    listed = add(project, "list", project_list, "projects you can see")
    listed.add_argument("--archived", choices=["no", "only", "all"], default="no", help="otherwise no archived ones")
    for word, act, said in (
        ("archive", project_archive, "keep it as it is: read, and never written to"),
        ("restore", project_restore, "bring an archived project back"),
        ("keep", project_keep, "take its deletion back: it rests in the archive"),
    ):
        add(project, word, act, said).add_argument("slug")
    delete = add(project, "delete", project_delete, "delete an archived project for ever, after a wait")
    delete.add_argument("slug")
    delete.add_argument("--confirm", required=True, metavar="NAME", help="its name or short name")
    create = add(project, "create", project_create, "make a project")
    create.add_argument("slug")
    create.add_argument("--name", default="", help="otherwise the short name")
    create.add_argument("--purpose", required=True, help="what its models are for, in a sentence")
    member = group(acts, "member", "people of the tenant")
    add(member, "list", member_list, "who belongs to the tenant, and as what")
    add(member, "without-second-factor", member_without, "who has set up no second factor; for administrators")
    invite = add(member, "invite", member_invite, "invite somebody; the answer holds the one link they sign in with")
    invite.add_argument("email")
    invite.add_argument("--role", required=True, help="admin, scientist, officer, auditor or viewer")
    for word, act, said in (
        ("suspend", member_suspend, "keep the place of somebody who is away; it opens nothing"),
        ("restore", member_restore, "let somebody in again who is suspended"),
        ("new-password", member_new_password, "a link with which somebody sets a new password; it is shown once"),
        ("take-factors", member_take_factors, "take the second factors of somebody who lost them all"),
        ("unlock", member_unlock, "let somebody try again whose sign-ins failed too often"),
        ("remove", member_remove, "they are outside at once; what they did stays on the ledger"),
    ):
        add(member, word, act, said).add_argument("email", help="of the member")
    role = add(member, "role", member_role, "give a member another role in the tenant")
    role.add_argument("email", help="of the member")
    role.add_argument("role", help="admin, scientist, officer, auditor, viewer, or member (of chosen projects)")
    _add_programs(acts)


def _add_programs(acts: Any) -> None:
    program = group(acts, "service-account", "programs with a role of their own; for administrators")
    add(program, "list", program_list, "the tenant's programs")
    create = add(program, "create", program_create, "make one; it opens nothing until it is given a token")
    create.add_argument("name")
    create.add_argument("--role", required=True, help="scientist, auditor or viewer")
    token = add(
        program,
        "token",
        program_token,
        "give it a token, with --project for that one alone; the answer holds its one copy",
    )
    token.add_argument("name", help="of the service account, or its id")
    token.add_argument("--for", dest="purpose", required=True, help="what the token is for")
    token.add_argument(
        "--scope", action="append", help="a permission, again for more; otherwise all that its role may do"
    )
    token.add_argument(
        "--from", dest="networks", action="append", help="an address or network it opens from, again for more"
    )
    token.add_argument("--days", type=int, default=90)
    for word, act, said in (
        ("disable", program_disable, "void every token of it, for good"),
        ("enable", program_enable, "let it be given tokens again"),
    ):
        add(program, word, act, said).add_argument("name", help="of the service account, or its id")
    role = add(program, "role", program_role, "give it another role")
    role.add_argument("name", help="of the service account, or its id")
    role.add_argument("role", help="scientist, auditor or viewer")


def open_portal(client: Client, said: Namespace) -> None:
    webbrowser.open(client.url)
    tell(client.url)


def project_list(client: Client, said: Namespace) -> None:
    rows = client.projects.list(archived=said.archived)
    columns = ("slug", "name", "purpose") if said.archived == "no" else _WITH_ARCHIVED
    table(rows, columns, as_json=said.json)


def project_archive(client: Client, said: Namespace) -> None:
    show(client.projects.archive(said.slug), as_json=said.json)


def project_restore(client: Client, said: Namespace) -> None:
    show(client.projects.restore(said.slug), as_json=said.json)


def project_delete(client: Client, said: Namespace) -> None:
    show(client.projects.delete(said.slug, confirmation=said.confirm), as_json=said.json)


def project_keep(client: Client, said: Namespace) -> None:
    show(client.projects.keep(said.slug), as_json=said.json)


def project_create(client: Client, said: Namespace) -> None:
    show(client.projects.create(said.slug, said.name or said.slug, purpose=said.purpose), as_json=said.json)


def member_list(client: Client, said: Namespace) -> None:
    table(client.members.list(), ("name", "email", "role"), as_json=said.json)


def member_without(client: Client, said: Namespace) -> None:
    table(client.members.without_second_factor(), ("name", "email", "role"), as_json=said.json)


def member_invite(client: Client, said: Namespace) -> None:
    show(client.members.invite(said.email, said.role), as_json=said.json)


def member_suspend(client: Client, said: Namespace) -> None:
    show(client.members.suspend(client.members.find(said.email)["id"]), as_json=said.json)


def member_new_password(client: Client, said: Namespace) -> None:
    show(client.members.password_link(client.members.find(said.email)["id"]), as_json=said.json)


def member_take_factors(client: Client, said: Namespace) -> None:
    show(client.members.take_factors(client.members.find(said.email)["id"]), as_json=said.json)


def member_unlock(client: Client, said: Namespace) -> None:
    show(client.members.unlock(client.members.find(said.email)["id"]), as_json=said.json)


def member_role(client: Client, said: Namespace) -> None:
    show(client.members.change_role(client.members.find(said.email)["id"], said.role), as_json=said.json)


def member_remove(client: Client, said: Namespace) -> None:
    client.members.remove(client.members.find(said.email)["id"])
    tell(f"{said.email} is no longer a member")


def member_restore(client: Client, said: Namespace) -> None:
    show(client.members.restore(client.members.find(said.email)["id"]), as_json=said.json)


def program_list(client: Client, said: Namespace) -> None:
    table(client.service_accounts.list(), ("name", "role", "state"), as_json=said.json)


def program_role(client: Client, said: Namespace) -> None:
    show(
        client.service_accounts.change_role(client.service_accounts.get(said.name)["id"], said.role), as_json=said.json
    )


def program_create(client: Client, said: Namespace) -> None:
    show(client.service_accounts.create(said.name, said.role), as_json=said.json)


def program_token(client: Client, said: Namespace) -> None:
    account = client.service_accounts.get(said.name)
    words = {"scopes": said.scope or ["*"], "days": said.days, "networks": said.networks or []}
    made = client.service_accounts.create_token(account["id"], said.purpose, project=client.project, **words)
    show(made, as_json=said.json)


def program_disable(client: Client, said: Namespace) -> None:
    account = client.service_accounts.get(said.name)
    show(client.service_accounts.disable(account["id"]), as_json=said.json)


def program_enable(client: Client, said: Namespace) -> None:
    account = client.service_accounts.get(said.name)
    show(client.service_accounts.enable(account["id"]), as_json=said.json)


def doctor(client: Client, said: Namespace) -> None:
    """The portal as this client sees it."""
    checks: dict[str, Callable[[], object]] = {
        "portal answers": lambda: client.transport.get("/healthz"),
        "database answers": lambda: client.transport.get("/readyz"),
        "token is accepted": lambda: client.projects.list(),
    }
    for name, check in checks.items():
        check()
        tell(f"ok    {name}")


def examine(said: Namespace) -> int | None:
    """Exit code of the launcher's own examination where this client lies in a clone of the portal; else None."""
    platform = Path(__file__).resolve().parents[3]
    if not (platform / "portal" / "launcher").is_dir():
        return None
    command = [sys.executable, "-m", "portal.launcher", "doctor", *(["--json"] if said.json else [])]
    roads = [str(platform), str(platform / "sdk"), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(road for road in roads if road)}
    return subprocess.run(command, env=environment, check=False).returncode

"""Projects, people, and whether all is well."""

from __future__ import annotations

import os
import subprocess
import sys
import webbrowser
from argparse import Namespace
from pathlib import Path
from typing import Any

from sanad.client import Client
from sanad.commands import login
from sanad.commands.arguments import add, group
from sanad.output import show, table, tell


def add_to(acts: Any) -> None:
    login.add_to(acts)
    add(acts, "open", open_portal, "open the portal in a browser")
    add(acts, "doctor", doctor, "say what is missing or sick, and how to mend it").set_defaults(before=examine)
    project = group(acts, "project", "projects")
    add(project, "list", project_list, "projects you can see")
    create = add(project, "create", project_create, "make a project")
    create.add_argument("slug")
    create.add_argument("--name", default="", help="otherwise the short name")
    create.add_argument("--purpose", required=True, help="what its models are for, in a sentence")
    member = group(acts, "member", "people of the tenant")
    add(member, "list", member_list, "who belongs to the tenant, and as what")
    invite = add(member, "invite", member_invite, "invite somebody; the answer holds the one link they sign in with")
    invite.add_argument("email")
    invite.add_argument("--role", required=True, help="admin, scientist, officer, auditor or viewer")


def open_portal(client: Client, said: Namespace) -> None:
    webbrowser.open(client.url)
    tell(client.url)


def project_list(client: Client, said: Namespace) -> None:
    table(client.projects.list(), ("slug", "name", "purpose"), as_json=said.json)


def project_create(client: Client, said: Namespace) -> None:
    show(client.projects.create(said.slug, said.name or said.slug, purpose=said.purpose), as_json=said.json)


def member_list(client: Client, said: Namespace) -> None:
    table(client.members.list(), ("name", "email", "role"), as_json=said.json)


def member_invite(client: Client, said: Namespace) -> None:
    show(client.members.invite(said.email, said.role), as_json=said.json)


def doctor(client: Client, said: Namespace) -> None:
    """The portal as this client sees it."""
    checks = {
        "portal answers": lambda: client.transport.get("/healthz"),
        "database answers": lambda: client.transport.get("/readyz"),
        "token is accepted": client.projects.list,
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

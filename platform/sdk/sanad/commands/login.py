"""Signing in: where the token comes from when nobody wrote it on the command line, and which project is kept."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from getpass import getpass
from typing import Any

from sanad import profile
from sanad.checked import MAKE_ONE
from sanad.client import Client
from sanad.commands.arguments import add
from sanad.errors import NotFound
from sanad.output import tell


def add_to(acts: Any) -> None:
    what = "keep address and token in a profile that only you can read; without --token it asks, or reads what is piped"
    add(acts, "login", login, what).set_defaults(opening=ask_for_token)


def ask_for_token(said: Namespace) -> None:
    """Without --token: asked for on a terminal, read from what is piped. Not on the line, so not in the history."""
    kept = profile.load()
    url = said.url or kept.url
    # A kept token is for the portal that it was kept with, and goes to no other.
    known = os.environ.get("SANAD_TOKEN") or (kept.token if url.rstrip("/") == kept.url else "")
    if not url or said.token or known:
        return
    said.token = _typed(url) if sys.stdin and sys.stdin.isatty() else _piped()
    if not said.token:
        raise ValueError(
            f"No token was given: {MAKE_ONE} at {url}, then run sanad login --url {url} on a terminal and paste it, "
            f"pipe it (sanad login --url {url} < FILE), or set SANAD_TOKEN."
        )


def _typed(url: str) -> str:
    tell(f"If you have no token yet, {MAKE_ONE} at {url}; it is shown there once.")
    try:
        return getpass("Token (it stays hidden): ").strip()
    except EOFError:
        return ""


def _piped() -> str:
    return sys.stdin.readline().strip() if sys.stdin else ""


def login(client: Client, said: Namespace) -> None:
    project = _known_project(client, asked=bool(said.project or os.environ.get("SANAD_PROJECT")))
    place = profile.save(profile.Profile(client.url, client.transport.token, project))
    tell(f"Signed in to {client.url}{f', project {project}' if project else ''}; kept in {place}.")


def _known_project(client: Client, *, asked: bool) -> str:
    """The project to keep; one that is only left over from another portal is let go."""
    slugs = sorted(project["slug"] for project in client.projects.list())
    if not client.project or client.project in slugs:
        return client.project
    if not asked:
        return ""
    there = f"Projects: {', '.join(slugs)}." if slugs else "There is none yet: sign in without --project and make one."
    raise NotFound(f"There is no project {client.project!r} for this token at {client.url}. {there}")

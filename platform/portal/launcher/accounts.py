"""The user that PostgreSQL runs as: ourselves, or, since it refuses root, a user of its own."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from portal.launcher import linux
from portal.launcher.errors import Refusal

NAME = "sanad_postgres"


@dataclass(frozen=True)
class Account:
    name: str
    uid: int
    gid: int
    made_now: bool = False


def postgres_account() -> Account | None:
    """None: PostgreSQL runs as whoever starts the portal. As root: the user `sanad_postgres`, created when missing."""
    if os.geteuid() != 0:
        _require_name()
        return None
    made_now = False
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError:
        entry, made_now = _create(), True
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, made_now)


def _require_name() -> None:
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        raise Refusal(
            f"The user {os.geteuid()} has no line in /etc/passwd, and PostgreSQL asks for one. "
            "Add the line, start as a user who has one, or name a running server with DATABASE_URL."
        ) from None


def _create() -> pwd.struct_passwd:
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", "--user-group", NAME]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        reason = getattr(error, "stderr", "") or str(error)
        raise Refusal(
            f"PostgreSQL does not run as root, and its user {NAME} could not be created ({reason.strip()}). "
            "Create it, start the portal as another user, or name a running server with DATABASE_URL."
        ) from error
    return pwd.getpwnam(NAME)


def open_the_way(account: Account, *, ours: set[Path], places: tuple[Path, ...]) -> list[Path]:
    """Let the account walk to `places`: our own folders get 0711, folders above an access-list entry for this one user.

    Answers the folders above that were changed, so that it can be said aloud.
    """
    changed = []
    for folder in sorted({parent for place in places for parent in place.parents}):
        if linux.may_pass(folder, account.uid, account.gid):
            continue
        if folder in ours:
            folder.chmod(0o711)
        elif linux.let_pass(folder, account.uid):
            changed.append(folder)
        else:
            raise Refusal(
                f"PostgreSQL runs as the user {account.name}, who cannot pass through {folder}. "
                f"Run `chmod o+x {folder}`, move the portal elsewhere, or start it as a user who is not root."
            )
    return changed

"""One child process: its own session, its log file, and a death signal for when the launcher is killed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from portal.launcher import linux
from portal.launcher.accounts import Account
from portal.launcher.home import ROOT

KILL = signal.SIGKILL
ROTATE_AT = 16 * 1024 * 1024
KEEP = 3


def spawn(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    log: Path | None,
    account: Account | None = None,
    death_signal: int = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start a process; with `log` its output is appended there, else it is the launcher's own."""
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600) if log else None
    try:
        return subprocess.Popen(
            command,
            env=dict(environment),
            cwd="/" if account else ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if log else None,
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            preexec_fn=partial(_before_execution, death_signal, os.getpid()),
        )
    finally:
        if output is not None:
            os.close(output)


def _before_execution(death_signal: int, parent: int) -> None:
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    os.umask(0o077)
    linux.die_with_parent(death_signal, parent)


def signal_group(process: subprocess.Popen[bytes] | None, number: int) -> None:
    """Signal a process and what it started in its own session's first group."""
    if process is None:
        return
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return  # all of them are gone


def ending(code: int) -> str:
    """A return code in words."""
    if code >= 0:
        return f"exit code {code}"
    return f"signal {signal.Signals(-code).name}"


def rotate(log: Path) -> None:
    """Keep a log small. The file is copied and emptied, since the process holds it open (for appending)."""
    if not log.exists() or log.stat().st_size < ROTATE_AT:
        return
    for number in range(KEEP - 1, 0, -1):
        older = log.with_name(f"{log.name}.{number}")
        if older.exists():
            older.replace(log.with_name(f"{log.name}.{number + 1}"))
    shutil.copyfile(log, log.with_name(f"{log.name}.1"))
    os.truncate(log, 0)

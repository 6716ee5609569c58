"""A child of the sandbox: one job, then it ends. Started by foundation.lake.sandbox.children; knows no Django.

In: descriptor 0 is a socket; open files come over it, then one line of JSON, the job. Out: descriptor 1 takes lines of
JSON (`ready`, then the outcome), the descriptor named in the arguments takes rows as an Arrow stream.
"""

from __future__ import annotations

import codecs
import json
import os
import socket
import sys
import threading
from typing import Any

from foundation.lake.adapters import child_walls as walls

IDLE_S = 300
_ENCODINGS = ("utf-8-sig", "utf-16", "utf-16-le", "windows-1256", "windows-1252", "cp437", "ascii", "latin-1")


# Libraries print where they please; what they print must not be taken for an outcome.
_outcomes = os.fdopen(os.dup(1), "w")


class _WithoutPandas:
    """pyarrow looks for pandas when it is loaded and works without: half of its start, a quarter of its memory."""

    @staticmethod
    def find_spec(name: str, _path: object = None, _target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError("The sandbox does without it.", name=name)


def main(arguments: list[str]) -> None:
    """Build the walls, say ready, take one job, answer it."""
    os.dup2(2, 1)
    start = json.loads(arguments[1])
    built = [walls.leave_the_network()]
    sys.meta_path.insert(0, _WithoutPandas)
    # Everything is loaded before the walls close: behind them no module can be read.
    from foundation.lake.adapters import child_files, child_sql

    for encoding in _ENCODINGS:
        codecs.lookup(encoding)
    if start["reads_sql"]:
        from foundation.lake.adapters import child_lineage

        child_lineage.warm()
    engine = child_sql.prepare(start["httpfs"])
    built.append(walls.become(start["uid"], start["gid"]))
    walls.die_with(start["parent"])
    _say({"ready": [wall for wall in built if wall]})
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    channel = socket.socket(fileno=0)
    files, job = _take(channel)
    home = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
    # The folders above it belong to the portal and are closed to the child; through the open folder it gets at its own.
    job["folder"] = f"/proc/self/fd/{home}"
    walls.limit(memory_mb=job["memory_mb"], cpu_s=job["cpu_s"], file_mb=job["disk_mb"])
    # A pipe is no file that could be opened anew.
    built += [walls.confine_files(home, [] if job.get("piped") else files), walls.confine_calls()]
    threading.Thread(target=_end_with, args=(channel,), daemon=True).start()
    run = child_files.run if job["kind"] == "file" else child_sql.run
    try:
        outcome = run(engine, job, files, start["rows"]) if walls.suffice(built) else {"refused": "no_walls"}
        _say({"walls": [wall for wall in built if wall], **outcome})
    except BaseException as error:  # noqa: BLE001 - the parent hears the class; the text may hold values and stays here
        _say({"failed": type(error).__name__})
    os._exit(0)


def _take(channel: socket.socket) -> tuple[list[int], dict[str, Any]]:
    channel.settimeout(IDLE_S)
    files: list[int] = []
    try:
        while True:
            kind, received, _, _ = socket.recv_fds(channel, 1, 200)
            files += received
            if kind != b"F":
                break
    except TimeoutError:
        kind = b""
    if not kind:
        os._exit(0)
    channel.settimeout(None)
    with channel.makefile("rb") as lines:
        return files, json.loads(lines.readline())


def _end_with(channel: socket.socket) -> None:
    """The parent's end closes when the parent is gone or has lost interest."""
    channel.recv(1)
    os._exit(0)


def _say(message: dict[str, Any]) -> None:
    _outcomes.write(json.dumps(message) + "\n")
    _outcomes.flush()

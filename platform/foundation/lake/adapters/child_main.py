"""The sandbox's template and its children, forked from it: each takes one job, then it ends. Started by
foundation.lake.sandbox.template; knows no Django.

In a child: descriptor 0 is a socket; open files come over it, then one line of JSON, the job. Out: one pipe takes lines
of JSON (`ready`, then the outcome), another rows as an Arrow stream.
"""

from __future__ import annotations

import codecs
import gc
import json
import os
import socket
import sys
import threading
import traceback
from functools import cache
from typing import IO, Any, NoReturn

from foundation.lake.adapters import child_walls as walls

IDLE_S = 300
_ENCODINGS = ("utf-8-sig", "utf-16", "utf-16-le", "windows-1256", "windows-1252", "cp437", "ascii", "latin-1")


class _WithoutPandas:
    """pyarrow looks for pandas when it is loaded and works without: half of its start, a quarter of its memory."""

    @staticmethod
    def find_spec(name: str, _path: object = None, _target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError("The sandbox does without it.", name=name)


def main(arguments: list[str]) -> None:
    """Be the template: load everything, then fork a child for each that is asked for, until the portal is gone.

    In: descriptor 0 is a socket of packets of JSON: `ended` (a child's number, to be let go), or what a child is to be,
    with its socket, its pipe of outcomes and its pipe of rows. Out: the child's number, with a pidfd.
    """
    os.dup2(2, 1)
    start = json.loads(arguments[1])
    walls.die_with(start["parent"])
    sys.meta_path.insert(0, _WithoutPandas)
    # Everything is loaded before the walls close: behind them no module can be read.
    from foundation.lake.adapters import child_files, child_sql  # noqa: F401

    for encoding in _ENCODINGS:
        codecs.lookup(encoding)
    child_sql.rehearse(start["httpfs"])
    gc.collect()
    gc.freeze()
    control, template = socket.socket(fileno=0), os.getpid()
    while True:
        message, files, _flags, _sender = socket.recv_fds(control, 10_000, 3, socket.MSG_CMSG_CLOEXEC)
        if not message:
            os._exit(0)
        asked = json.loads(message)
        if "ended" in asked:
            os.waitpid(asked["ended"], 0)
            continue
        if asked["reads_sql"]:
            _load_the_reader_of_sql()
        child = os.fork()
        if child == 0:
            _be_a_child(asked, files, template, start["httpfs"])
        handle = os.pidfd_open(child)
        socket.send_fds(control, [json.dumps({"pid": child}).encode()], [handle])
        for file in (handle, *files):
            os.close(file)


@cache
def _load_the_reader_of_sql() -> None:
    """In the template, as soon as a child of it is to read SQL: most portals' processes never do."""
    from foundation.lake.adapters import child_lineage, child_times

    child_lineage.warm()
    child_times.warm()
    gc.freeze()


def _be_a_child(asked: dict[str, Any], files: list[int], template: int, httpfs: str) -> NoReturn:
    """Never back into the template's loop, whatever happens."""
    try:
        channel, outcomes, rows = files
        os.setsid()
        os.chdir(asked["folder"])
        os.dup2(channel, 0)
        os.close(channel)
        with os.fdopen(outcomes, "w") as said:
            _work(asked, said, rows, template, httpfs)
    except BaseException:  # noqa: BLE001 - nothing of a user's is here before the walls: the portal's log says why
        traceback.print_exc()
    os._exit(1)


def _work(asked: dict[str, Any], said: IO[str], rows: int, template: int, httpfs: str) -> None:
    """Build the walls, say ready, take one job, answer it."""
    from foundation.lake.adapters import child_files, child_sql

    built = [walls.leave_the_network()]
    engine = child_sql.prepare(httpfs)
    built.append(walls.become(asked["uid"], asked["gid"]))
    walls.die_with(template)
    _say(said, {"ready": [wall for wall in built if wall]})
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
        outcome = run(engine, job, files, rows) if walls.suffice(built) else {"refused": "no_walls"}
        _say(said, {"walls": [wall for wall in built if wall], **outcome})
    except BaseException as error:  # noqa: BLE001 - the parent hears the class; the text may hold values and stays here
        _say(said, {"failed": type(error).__name__})
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


def _say(outcomes: IO[str], message: dict[str, Any]) -> None:
    outcomes.write(json.dumps(message) + "\n")
    outcomes.flush()

"""Code that runs in a child, whatever got it there, is shut in: tried from inside, as root and as an ordinary user."""

from __future__ import annotations

from contextlib import closing

import pytest

from foundation.lake.adapters import child_walls
from foundation.lake.sandbox import children, places, template
from foundation.lake.sandbox.children import Limits

PROBE = """
import sys; sys.path.insert(0, sys.argv[2])
import ctypes, os, socket, subprocess, threading
from foundation.lake.adapters import child_main, child_sql

def tried(act):
    try:
        return f"done: {act()!r}"[:80]
    except BaseException as error:
        return type(error).__name__

def unix():
    socket.socket(socket.AF_UNIX).connect(os.environ.get("PG", "/tmp/x"))

def fork():
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    return pid

def thread():
    ran = []
    worker = threading.Thread(target=lambda: ran.append(1))
    worker.start()
    worker.join()
    return ran

def probe(engine, job, files, rows):
    parent = os.getppid()
    return {
        "uid": os.getuid(),
        "passwd": tried(lambda: open("/etc/passwd").read(10)),
        "root": tried(lambda: os.listdir("/")),
        "parent": tried(lambda: open(f"/proc/{parent}/environ", "rb").read(1)),
        "own memory map": tried(lambda: open("/proc/self/environ").read(1)),
        "write": tried(lambda: open("/tmp/sanad-wall", "w").close()),
        "own folder": tried(lambda: open(job["folder"] + "/x", "w").write("y")),
        "tcp": tried(lambda: socket.create_connection(("127.0.0.1", 22), 1)),
        "unix": tried(unix),
        "program": tried(lambda: subprocess.run(["/bin/true"]).returncode),
        "fork": tried(fork),
        "kill": tried(lambda: os.kill(parent, 0)),
        "ptrace": tried(lambda: ctypes.CDLL(None).ptrace(16, parent, 0, 0)),
        "thread": tried(thread),
    }

child_sql.run = probe
child_main.main(sys.argv)
"""


@pytest.fixture(params=["own user", "same user"])
def told(request, monkeypatch):
    """What the probe was able to do in a child that has, or has not, a user of its own."""
    monkeypatch.setattr(template, "_START", PROBE)
    if request.param == "same user":
        monkeypatch.setattr(places.os, "geteuid", lambda: 1)
    loaded = template.Template()
    with closing(loaded), children.Child(loaded) as child:
        assert child.wait_until_ready()
        child.give({"kind": "sql"}, [], Limits(seconds=20))
        said = child.outcome()
    said["own"] = request.param == "own user"
    return said


def test_code_in_a_child_is_shut_in(told):
    assert {"files", "calls"} <= set(told["walls"])
    for act in ("passwd", "root", "parent", "own memory map", "write", "tcp", "unix", "program", "fork", "kill"):
        assert told[act].endswith("Error"), (act, told[act])
    assert told["ptrace"] in ("done: -1", "PermissionError")


def test_it_may_do_its_work(told):
    assert told["own folder"] == "done: 1"
    assert told["thread"] == "done: [1]"


def test_a_portal_of_root_gives_each_child_a_user_of_its_own(told):
    if told["own"] and children.os.geteuid() == 0:
        assert 64_100 <= told["uid"] < 64_300
        assert "user" in told["walls"]


@pytest.mark.parametrize(
    ("built", "enough"),
    [
        (["user", "namespaces"], True),
        (["files", "calls"], True),
        (["user", "files"], False),
        (["namespaces", "calls"], False),
        ([None, None], False),
    ],
)
def test_without_walls_nothing_is_run(built, enough):
    assert child_walls.suffice(built) is enough

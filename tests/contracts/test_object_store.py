"""Every object store keeps the port's promises."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from datetime import timedelta
from pathlib import Path

import pytest

from foundation.clock import now
from foundation.storage.adapters.file import FileObjectStore

PLATFORM = Path(__file__).resolve().parents[2] / "platform"


@pytest.fixture(params=["file"])
def store(request, tmp_path):
    return {"file": lambda: FileObjectStore(tmp_path / "objects")}[request.param]()


def test_write_open_replace(store):
    store.write("t/a/b", iter([b"one", b"two"]))
    store.write("t/a/b", [b"three"])
    with store.open("t/a/b") as stream:
        assert stream.seekable()
        assert stream.read() == b"three"


def test_missing_objects(store):
    with pytest.raises(FileNotFoundError):
        store.open("t/none")
    assert not store.exists("t/none")
    assert not store.delete("t/none")
    assert list(store.list("t/")) == []


def test_a_key_may_be_another_keys_folder(store):
    store.write("t/a", [b"1"])
    store.write("t/a/b", [b"2"])
    assert list(store.list("t/a")) == ["t/a", "t/a/b"]


def test_a_failing_write_changes_nothing(store):
    def failing():
        yield b"half"
        raise OSError("the disk went away")

    store.write("t/a", [b"old"])
    with pytest.raises(OSError, match="went away"):
        store.write("t/a", failing())
    with store.open("t/a") as stream:
        assert stream.read() == b"old"
    assert list(store.list("t/")) == ["t/a"]


def test_a_killed_writer_leaves_nothing(tmp_path):
    root = tmp_path / "objects"
    writer = f"""
        import os, signal
        from pathlib import Path
        from foundation.storage.adapters.file import FileObjectStore
        def chunks():
            yield b"half"
            os.kill(os.getpid(), signal.SIGKILL)
            yield b"never"
        FileObjectStore(Path({str(root)!r})).write("t/a", chunks())
    """
    environment = {**os.environ, "PYTHONPATH": str(PLATFORM)}
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(writer)], env=environment, check=False)
    assert done.returncode == -9
    store = FileObjectStore(root)
    assert not store.exists("t/a")
    assert not list((root / ".drafts").iterdir())


def test_what_was_written_since_a_moment_can_be_left_out(store):
    store.write("t/a", [b"1"])
    assert list(store.list("t/", now() - timedelta(hours=1))) == []
    assert list(store.list("t/", now() + timedelta(hours=1))) == ["t/a"]

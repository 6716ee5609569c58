"""The process that the sandbox's children are forked from: what they need is loaded once, not for each.

It never sees anything that a user brought. Its children share the addresses of what it loaded with each other, and
nothing that they write.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from foundation.lake.adapters.extensions import extension

_PLATFORM = Path(__file__).resolve().parents[3]
_START = (
    "import gc, sys; gc.set_threshold(50_000, 20, 20); sys.path.insert(0, sys.argv[2]); "
    "from foundation.lake.adapters.child_main import main; main(sys.argv)"
)


class Template:
    """Started once; the kernel kills it, and its children, when the thread that started it ends."""

    def __init__(self) -> None:
        self._asking = threading.Lock()
        # A message is one packet: what is asked for and the files that belong to it come together.
        self._control, control = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        start = {"parent": os.getpid(), "httpfs": extension("httpfs")}
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", _START, json.dumps(start), str(_PLATFORM)],
            stdin=control.fileno(),
            env={"PATH": "/usr/bin:/bin", "HOME": "/", "LC_ALL": "C.UTF-8"},
            cwd="/",
            start_new_session=True,
        )
        control.close()

    def fork(self, child: dict[str, Any], files: Sequence[int]) -> tuple[int, int]:
        """A child that gets these open files: its number, and a descriptor (pidfd) that becomes readable as it ends.

        OSError where the template is gone.
        """
        with self._asking:
            socket.send_fds(self._control, [json.dumps(child).encode()], files)
            said, handles, _flags, _sender = socket.recv_fds(self._control, 1000, 1, socket.MSG_CMSG_CLOEXEC)
        if not handles:
            raise OSError("The template of the sandbox has ended.")
        return json.loads(said)["pid"], handles[0]

    def let_go(self, pid: int) -> None:
        """The child has ended and nobody asks about it any more: only now may its number become another's."""
        with self._asking, contextlib.suppress(OSError):
            self._control.sendall(json.dumps({"ended": pid}).encode())

    def alive(self) -> bool:
        return self._process.poll() is None

    def close(self) -> None:
        """End it, and with it whatever children it still has."""
        self._process.kill()
        self._process.wait()
        self._control.close()

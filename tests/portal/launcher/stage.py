"""The launcher with a short table: the embedded servers and one program that starts another out of its sight."""

from __future__ import annotations

import os
import sys

from portal.launcher import cli, environment, processes
from portal.launcher.probes import LogSays
from portal.launcher.specs import Spec

# The grandchild leaves its parent's session, as a daemon does; killing the process group does not reach it.
HIDER = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"], start_new_session=True)
print("hidden", flush=True)
time.sleep(1000)
"""


# Ends when it is told to.
WAITER = """
import pathlib, sys, time
while not pathlib.Path(sys.argv[1]).exists():
    time.sleep(0.05)
"""


def short_table(servers, options):
    rows = [
        processes._postgres(servers, servers.postgres),
        processes._valkey(servers, servers.valkey),
        Spec("hider", (sys.executable, "-c", HIDER), environment.common(servers), ready=LogSays("hidden")),
    ]
    if "STAGE_BROKEN" in os.environ:
        rows.append(Spec("broken", (sys.executable, "-c", "raise SystemExit('no disk')"), {}, ready=LogSays("never")))
    if "STAGE_BACKGROUND" in os.environ:
        command = (sys.executable, "-c", WAITER, str(servers.home.root / "go"))
        rows.append(Spec("waiter", command, {}, once=True, background=True, done="all is there"))
    return rows


if __name__ == "__main__":
    processes.table = short_table
    raise SystemExit(cli.main())

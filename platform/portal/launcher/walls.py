"""The doctor's look at what walls this machine has for runs, and for the SQL and files that people bring."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping

from foundation.engines.adapters.isolation import best_isolation
from foundation.lake.adapters.child_walls import suffice
from portal.launcher.findings import Finding, note, ok, sick
from portal.launcher.home import ROOT

_RUNS = {
    "root": "each has a user, files, processes and a network of its own",
    "user": "each has files, processes and a network of its own in a user namespace; the user is the portal's",
}
_ALLOW = (
    "Allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, and where AppArmor is, "
    "kernel.apparmor_restrict_unprivileged_userns=0; in a container CAP_SYS_ADMIN)"
)
_WALLS = {"user": "a user of its own", "namespaces": "no network", "files": "Landlock", "calls": "seccomp"}
# In a process of its own: a wall once built stays.
_TRY = """
import os
from foundation.lake.adapters import child_walls as walls
folder = os.open("/", os.O_RDONLY)
built = [walls.leave_the_network()]
walls.die_with(os.getppid())
print(*filter(None, [*built, walls.confine_files(folder, []), walls.confine_calls()]))
"""


def runs(given: Mapping[str, str]) -> Finding:
    if given.get("COMPUTE_ENGINE") == "docker":
        return ok("runs", "each has a container without network, capabilities or rights to write but its own folder")
    isolation = best_isolation()
    if isolation in _RUNS:
        return ok("runs", _RUNS[isolation])
    says = "The kernel allows no namespaces: recipes run without walls, and people's own code is refused."
    return note("runs", says, f"{_ALLOW}, or set COMPUTE_ENGINE=docker.")


def sandbox() -> Finding:
    """Where SQL and files that people bring are read; without walls enough, the portal refuses them."""
    environment = {"PYTHONPATH": str(ROOT / "platform")}
    tried = subprocess.run([sys.executable, "-c", _TRY], env=environment, capture_output=True, text=True, check=False)
    built = [*(["user"] if os.geteuid() == 0 else []), *tried.stdout.split()]
    says = ", ".join(words for name, words in _WALLS.items() if name in built)
    if suffice(built):
        return ok("SQL and files", f"read in a child with {says}")
    return sick(
        "SQL and files", f"Refused here, since the kernel gives too few walls ({says or 'none'}).", f"{_ALLOW}."
    )

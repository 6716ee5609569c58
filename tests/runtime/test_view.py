"""Which folders of the machine are shown to a workload because the interpreter and its packages lie there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CIRCLE = """
import sys
from runtime.keeper import view
sys.path.append(sys.argv[1])
print(*view.interpreter_folders(), sep="\\n")
"""


def test_links_in_a_circle_are_gone_over_once(tmp_path):
    """In a process of its own, which is ended where it would go round and round."""
    (tmp_path / "site-packages").symlink_to("other")
    (tmp_path / "other").symlink_to(tmp_path / "site-packages")
    command = [sys.executable, "-c", CIRCLE, str(tmp_path / "site-packages")]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "platform")}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")
    assert str(tmp_path) not in done.stdout
    assert str(Path(sys.executable).resolve().parents[1]) in done.stdout.splitlines()

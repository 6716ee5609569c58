"""A process that is killed leaves its folder to be swept; one that lives keeps it."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from foundation import folders
from foundation.folders import HeldFolder, held_folder

PLATFORM = Path(__file__).resolve().parents[2] / "platform"
KILLED = """
    import os, signal, sys
    from pathlib import Path
    from foundation.folders import HeldFolder
    (HeldFolder(Path(sys.argv[1]), "work-").path / "secret.csv").write_text("clear text")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def killed_process_in(home: Path) -> None:
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(home)]
    done = subprocess.run(command, env={"PYTHONPATH": str(PLATFORM)}, check=False)
    assert done.returncode == -9
    assert list(home.glob("work-*/secret.csv"))


def test_what_a_killed_process_left_is_swept_and_nothing_else(tmp_path):
    killed_process_in(tmp_path)
    living = HeldFolder(tmp_path, "work-")
    (tmp_path / "work-file").touch()
    assert folders.sweep(tmp_path, "work-") == 1
    assert set(tmp_path.iterdir()) == {living.path, tmp_path / "work-file"}
    living.leave()
    assert not living.path.exists()


def test_the_next_who_works_there_sweeps_first(tmp_path):
    killed_process_in(tmp_path)
    with held_folder(tmp_path, "work-") as folder:
        assert list(tmp_path.iterdir()) == [folder]
    assert list(tmp_path.iterdir()) == []


def test_a_failing_block_leaves_no_folder(tmp_path):
    with pytest.raises(ZeroDivisionError), held_folder(tmp_path, "work-") as folder:
        (folder / "half").write_bytes(b"half")
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_a_home_that_is_not_there_yet_has_nothing_to_sweep(tmp_path):
    assert folders.sweep(tmp_path / "none") == 0

"""What `make` says in a clone where nothing is installed yet, and what an installation leaves behind in it."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from portal.launcher.home import ROOT
from tests.support.tools import needs


@pytest.fixture
def fresh(tmp_path):
    """A clone without a virtual environment."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements").symlink_to(ROOT / "requirements")
    return tmp_path


@pytest.mark.parametrize(
    ("target", "code", "sentence"),
    [
        ("status", 2, "Nothing is installed here, so nothing runs: make up installs and starts it."),
        ("stop", 0, "Nothing is installed here, so nothing runs."),
        ("doctor", 2, "Nothing is installed yet: run make install."),
    ],
)
def test_before_anything_is_installed_a_sentence_says_so(fresh, target, code, sentence):
    needs("make")
    told = {"PATH": os.environ["PATH"]}
    done = subprocess.run(["make", target], cwd=fresh, env=told, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (code, f"{sentence}\n")
    assert "No such file" not in done.stderr


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a clone")
@pytest.mark.parametrize("left", ["platform/sdk/build/lib/sanad/cli.py", "platform/sdk/dist/sanad-0.1.0.tar.gz"])
def test_what_pip_leaves_beside_the_client_is_ignored(left):
    assert subprocess.run(["git", "check-ignore", "-q", left], cwd=ROOT, check=False).returncode == 0

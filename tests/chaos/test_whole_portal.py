"""A whole portal as `make up` starts it: the training worker dies under a run, the web process under writers."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.browser.portal import CLEAN
from tests.support.servers import ROOT

pytestmark = [pytest.mark.chaos, pytest.mark.slow]
A_MINUTE = 60


@pytest.fixture
def told(tmp_path):
    note = tmp_path / "told.json"
    environment = {name: os.environ[name] for name in CLEAN if name in os.environ}
    environment["PYTHONPATH"] = f"{ROOT}/platform:{ROOT}/platform/sdk:{ROOT}"
    story = [sys.executable, "-m", "tests.chaos.whole_portal", str(note)]
    command = [sys.executable, "-m", "portal.launcher", "run", "--port", "0", "--", *story]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return json.loads(note.read_text())


def test_a_killed_worker_is_followed_within_a_minute_and_a_killed_web_process_loses_nothing_that_it_answered(told):
    """One test, since two would start a portal each where tests run side by side."""
    worker, web = told["worker"], told["web"]
    assert worker["killed"] > 0
    assert worker["attempts"] == [1, 2]
    assert worker["seconds"] < A_MINUTE
    # The workload itself was not touched: the next worker followed the same one to its end.
    assert (worker["state"], worker["run_attempt"]) == ("succeeded", 1)
    assert web["killed"] > 0
    assert web["answered"] > 0 and web["unanswered"], "nobody was writing when it died"
    assert (web["lost"], web["untold"], web["ledger"]) == ([], [], True)

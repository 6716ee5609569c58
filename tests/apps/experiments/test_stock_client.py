"""The stock MLflow client, unmodified, against the portal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("stock_client.py")


def run_client(house, *arguments, **environment):
    """The client in a process of its own, as a user's would be: it knows the address and a token, nothing else."""
    told = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "MLFLOW_TRACKING_URI": house.tracking_uri,
        "MLFLOW_TRACKING_TOKEN": house.token,
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
        **environment,
    }
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *arguments], env=told, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-4000:] + done.stdout[-2000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


@pytest.mark.slow
def test_the_stock_client_works_unmodified(acme):
    found = run_client(acme, "everything")
    assert found["metrics"] == {"loss": 0.25, "auc": 0.9, "f1": 0.8}
    assert found["params"] == {"depth": "3"}
    assert found["artifact"] == "words\n"
    assert found["empty"] == ""
    assert found["predicted"] == 3
    assert found["searched"] == 1
    assert found["history"] == [1.0, 0.5, 0.25]
    assert found["default_experiment"] == "Default"

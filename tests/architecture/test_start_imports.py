"""What a process of the portal loads when it starts: a dozen of them do, so a large library waits for its use."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Tables and numbers, engines, trackers, fonts, pictures, name servers: whoever needs them imports them where he does.
LATER = {
    "PIL",
    "boto3",
    "botocore",
    "dns",
    "docker",
    "duckdb",
    "fontTools",
    "kubernetes",
    "mlflow",
    "numpy",
    "onnx",
    "pandas",
}
LATER |= {"plotly", "pyarrow", "pymysql", "qrcode", "scim2_models", "sklearn", "torch", "typst"}


def test_large_libraries_wait_until_they_are_used():
    told = {**os.environ, "PYTHONPATH": f"{ROOT}/platform:{ROOT}/platform/sdk:{ROOT}"}
    ask = "import django, json, sys; django.setup(); import portal.urls; print(json.dumps(sorted(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", ask], env=told, capture_output=True, text=True, check=True)
    loaded = set(json.loads(answer.stdout))
    assert {"apps.tenants.tasks", "apps.tenants.views.scim"} <= loaded, "Without tasks and pages this proves nothing."
    assert loaded & LATER == set()


def test_the_launcher_is_read_without_django_s_settings():
    told = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}/platform:{ROOT}/platform/sdk"}
    command = [sys.executable, "-m", "portal.launcher", "--help"]
    answer = subprocess.run(command, cwd=ROOT, env=told, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr

"""What a process of the portal loads when it starts: a dozen of them do, so a large library waits for its use."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

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
    "rich",
}
LATER |= {"plotly", "pyarrow", "pymysql", "qrcode", "scim2_models", "sklearn", "torch", "typst"}

# What pages alone need: passkeys; what describes the REST surface, and brings REST framework's own tests along.
OF_PAGES = {"fido2", "jinja2", "rest_framework.test"}
MANAGE = "import runpy, sys; sys.argv = ['manage.py', 'version']; runpy.run_path('manage.py', run_name='__main__')"


def test_large_libraries_wait_until_they_are_used():
    told = {**os.environ, "PYTHONPATH": f"{ROOT}/platform:{ROOT}/platform/sdk:{ROOT}"}
    say = "print(json.dumps(sorted(sys.modules)))"
    ask = f"import django, json, sys; django.setup(); {say}; import portal.urls; {say}"
    answer = subprocess.run([sys.executable, "-c", ask], env=told, capture_output=True, text=True, check=True)
    before, loaded = (set(json.loads(line)) for line in answer.stdout.splitlines())
    assert before & (LATER | OF_PAGES) == set()
    assert {"apps.tenants.tasks", "apps.tenants.views.scim"} <= loaded, "Without tasks and pages this proves nothing."
    assert loaded & LATER == set()


@pytest.mark.parametrize("begin", ["import portal.wsgi", "import portal.asgi", "import portal.working", MANAGE])
def test_the_collector_rests_while_a_process_loads_and_never_looks_through_what_stays(begin):
    told = {**os.environ, "PYTHONPATH": f"{ROOT}/platform:{ROOT}/platform/sdk:{ROOT}"}
    tell = (
        "import gc, json; print(json.dumps([gc.get_freeze_count(), gc.get_stats()[2]['collections'], gc.isenabled()]))"
    )
    command = [sys.executable, "-c", f"{begin}; {tell}"]
    answer = subprocess.run(command, cwd=ROOT, env=told, capture_output=True, text=True, check=True)
    frozen, looked, works = json.loads(answer.stdout.splitlines()[-1])
    # Beside it by chance: what Celery or Django load at their first use.
    assert (frozen > 200_000, looked <= 1, works) == (True, True, True), (frozen, looked)


def test_the_launcher_is_read_without_django_s_settings():
    told = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}/platform:{ROOT}/platform/sdk"}
    command = [sys.executable, "-m", "portal.launcher", "--help"]
    answer = subprocess.run(command, cwd=ROOT, env=told, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr

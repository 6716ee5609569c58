"""Starting, stopping, and refusing to start."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

from tests.gateway.stage import ROOT, Stage, wait_until


def _start(**environment: str) -> subprocess.CompletedProcess[str]:
    given = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "platform"), **environment}
    return subprocess.run(
        [sys.executable, "-m", "gateway"], env=given, capture_output=True, text=True, timeout=20, check=False
    )


def test_without_its_secret_it_says_so(tmp_path: Path) -> None:
    ended = _start(SANAD_HOME=str(tmp_path), REDIS_URL="redis://localhost")
    assert ended.returncode == 2
    missing = "gateway: SANAD_GATEWAY_SECRET is missing; the gateway cannot start without it"
    assert ended.stderr == f"{missing} (or SANAD_GATEWAY_SECRET_FILE).\n"


def test_a_port_in_use_is_said(shared: Stage, tmp_path: Path) -> None:
    ended = _start(
        SANAD_HOME=str(tmp_path), REDIS_URL="redis://localhost", SANAD_GATEWAY_SECRET="s", SANAD_PORT=str(shared.port)
    )
    assert ended.returncode == 2 and "set SANAD_PORT to another" in ended.stderr


def test_it_stops_politely(stage: Stage) -> None:
    stage.route(revisions=[stage.start_replica("one")])
    stage.start_gateway()
    key, statuses = stage.key(), []
    asking = threading.Thread(target=lambda: statuses.append(stage.infer(key, {"wish": "sleep", "seconds": 1}).status))
    asking.start()
    wait_until(lambda: b"in_flight_requests 1.0" in stage.ask("GET", "/gatewayz/metrics").body)
    assert stage.stop("gateway") == 0
    asking.join()
    assert statuses == [200]
    assert not (stage.run / "door.sock").exists() and not (stage.run / "gateway-internal.sock").exists()


def test_it_starts_before_the_portal_and_finds_it(stage: Stage) -> None:
    stage.route(revisions=[stage.start_replica("one")])
    stage.kill("portal")
    stage.start_gateway()
    key = stage.key()
    assert stage.infer(key).status == 503
    stage.start_portal()
    wait_until(lambda: stage.infer(key).status == 200)


def test_nothing_of_django_is_loaded() -> None:
    code = "import gateway.main, sys; print({'django', 'portal', 'foundation', 'apps'} & set(sys.modules))"
    given = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "platform")}
    found = subprocess.run([sys.executable, "-c", code], env=given, capture_output=True, text=True, check=True)
    assert found.stdout == "set()\n"

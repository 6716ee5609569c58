"""The small parts by themselves: what is hard to see from outside."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from gateway import protocol
from gateway.admission import Admission
from gateway.breaker import FAILURES_TO_OPEN, Breaker
from gateway.config import ConfigRefused, GatewayConfig
from gateway.forwarding import _nobody
from gateway.limiter import AddressLimiter
from gateway.paths import inference_path, is_internal
from gateway.problems import Refused
from gateway.routes import Revision, Route, RoutingTable
from gateway.sketch import Sketch, quantiles
from gateway.spill import Batch, Spill

NEEDED = {"SANAD_HOME": "/srv/sanad", "SANAD_GATEWAY_SECRET": "s", "REDIS_URL": "redis://localhost"}


def revision(number: int, weight: float = 1, attempt: int = 1) -> Revision:
    return Revision(f"id-{number}", number, f"unix:/{number}-{attempt}", weight, attempt)


def route(*revisions: Revision) -> Route:
    return Route("acme/churn", "t", "p", "d", revisions)


def test_sockets_lie_beside_the_portals() -> None:
    config = GatewayConfig.from_environment({**NEEDED, "SANAD_WEB_SOCKET": "/tmp/short/run/web.sock"})
    assert str(config.door_socket) == "/tmp/short/run/door/door.sock" and config.stale_limit_s == 900
    assert GatewayConfig.from_environment(NEEDED).internal_socket == Path("/srv/sanad/run/gateway-internal.sock")


def test_secrets_come_from_files_too(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("kept\n")
    given = {**NEEDED, "SANAD_GATEWAY_SECRET_FILE": str(tmp_path / "secret")}
    assert GatewayConfig.from_environment(given).secrets == ("kept",)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"SANAD_HOME": ""}, "SANAD_HOME is missing"),
        ({"SANAD_PORT": "http"}, "SANAD_PORT is 'http'"),
        ({"SANAD_GATEWAY_STALE_LIMIT": "-1"}, "whole number above 0"),
        ({"SANAD_GATEWAY_SECRET_FILE": "/nowhere"}, "/nowhere, which cannot be read"),
    ],
)
def test_a_wrong_setting_is_a_sentence(change: dict[str, str], word: str) -> None:
    with pytest.raises(ConfigRefused, match=word):
        GatewayConfig.from_environment({**NEEDED, **change})


def test_split_is_exact_over_many_keys_and_moves_few_when_it_changes() -> None:
    before = route(revision(1, 90), revision(2, 10))
    after = route(revision(1, 80), revision(2, 20))
    keys = [f"key-{number}" for number in range(10_000)]
    chosen = {key: before.choose(key) for key in keys}
    share = sum(one is not None and one.number == 2 for one in chosen.values()) / len(keys)
    assert 0.09 < share < 0.11
    moved = [key for key in keys if chosen[key].number != after.choose(key).number]  # type: ignore[union-attr]
    assert 0.08 < len(moved) / len(keys) < 0.12
    assert {chosen[key].number for key in moved} == {1}  # type: ignore[union-attr]


def test_a_weight_of_zero_is_never_chosen() -> None:
    served = route(revision(1, 0), revision(2, 5), revision(3, 0))
    assert {served.choose(f"key-{number}").number for number in range(500)} == {2}  # type: ignore[union-attr]
    assert route(revision(1, 0)).choose("key") is None and route().choose("key") is None


def test_another_replica_of_the_revision_stands_in_first() -> None:
    one = revision(1)
    twin = Revision(one.id, 1, "unix:/twin", 0, 1)
    assert route(one, twin, revision(2, 9), revision(3, 0)).others(one) == [twin, revision(2, 9)]


def test_a_route_that_cannot_be_read_does_not_hide_the_others() -> None:
    good = {"tenant_id": "t", "project_id": "p", "deployment_id": "d", "revisions": []}
    bad = {**good, "revisions": [{"id": "1", "number": 1, "address": "file:///etc/passwd", "weight": 1, "attempt": 1}]}
    table = RoutingTable.parse(3, {"acme/good": good, "acme/bad": bad, "acme/worse": None})
    assert set(table.routes) == {"acme/good"}


@pytest.mark.parametrize(
    ("address", "served"),
    [
        ("unix:/a.sock", True), ("http://127.0.0.1:9", True), ("http://[::1]:9", True), ("http://localhost:9", True),
        ("http://10.0.0.7:9", False), ("http://replica.example", False), ("http://", False),
    ],
)  # fmt: skip
def test_no_prediction_goes_to_another_machine_in_clear(address: str, served: bool) -> None:
    revisions = [{"id": "1", "number": 1, "address": address, "weight": 1, "attempt": 1}]
    given = {"tenant_id": "t", "project_id": "p", "deployment_id": "d", "revisions": revisions}
    assert set(RoutingTable.parse(3, {"acme/a": given}).routes) == ({"acme/a"} if served else set())


def test_routes_come_back_from_the_disk_as_they_were() -> None:
    served = Route("acme/churn", "t", "p", "d", (revision(1, 2.5),), shadow=(revision(2),), max_body_bytes=5, log=False)
    assert Route.parse("acme/churn", served.as_document()) == served


@pytest.mark.parametrize(
    ("word", "status"),
    [("key-withdrawn", 423), ("key-destroyed", 410), ("tenant-suspended", 403), ("tenant-deleted", 410), ("", 423)],
)
def test_a_closed_tenants_deployment_says_why_it_answers_nobody(word: str, status: int) -> None:
    closed = {"tenant_id": "t", "project_id": "p", "deployment_id": "d", "revisions": [], "locked": "Closed."}
    refused = _nobody(Route.parse("a/b", {**closed, "locked_by": word}))
    assert (refused.status, refused.slug, str(refused)) == (status, word or "key-withdrawn", "Closed.")
    kept = Route.parse("a/b", {**closed, "locked_by": word})
    assert Route.parse("a/b", kept.as_document()) == kept


def test_what_is_being_started_says_so_and_when_to_ask_again() -> None:
    unserved = {"tenant_id": "t", "project_id": "p", "deployment_id": "d", "revisions": []}
    starting, stopped = (Route.parse("a/b", {**unserved, "starting": state}) for state in (True, False))
    assert (str(_nobody(starting)), _nobody(starting).retry_after_s) == (
        "This deployment is being started; ask again in a few seconds.",
        2,
    )
    assert str(_nobody(stopped)) == "No revision of this deployment receives traffic."
    assert Route.parse("a/b", starting.as_document()).starting


def test_only_a_newer_attempt_outdates() -> None:
    table = RoutingTable.parse(1, {"a/b": route(revision(1, attempt=2)).as_document()})
    assert table.is_outdated(revision(1, attempt=1)) and not table.is_outdated(revision(1, attempt=2))
    assert not table.is_outdated(revision(9))


def test_breaker_opens_tries_one_and_closes() -> None:
    breaker = Breaker()
    for _ in range(FAILURES_TO_OPEN):
        assert breaker.admits(10.0)
        breaker.failed(10.0)
    assert not breaker.admits(10.4)
    assert breaker.admits(10.6) and not breaker.admits(10.7)
    breaker.succeeded()
    assert breaker.admits(10.7)


def test_limiter_refills_and_gives_back() -> None:
    limiter = AddressLimiter(per_second=1, burst=2)
    assert [limiter.take("a", 0.0) for _ in range(3)] == [True, True, False]
    assert limiter.take("b", 0.0)
    assert limiter.take("a", 1.0) and not limiter.take("a", 1.0)
    limiter.give_back("a", 1.0)
    assert limiter.take("a", 1.0)


def test_limiter_takes_a_network_of_ipv6_as_one_address() -> None:
    limiter = AddressLimiter(per_second=1, burst=2)
    assert [limiter.take(f"2001:db8:0:7::{host:x}", 0.0) for host in (1, 2, 3)] == [True, True, False]
    limiter.give_back("2001:db8:0:7:ffff::9", 0.0)
    assert limiter.take("2001:db8:0:7::4", 0.0) and not limiter.take("2001:db8:0:7::5", 0.0)
    assert limiter.take("2001:db8:0:8::1", 0.0)
    assert limiter.take("::ffff:203.0.113.7", 0.0) and limiter.take("203.0.113.7", 0.0)
    assert not limiter.take("203.0.113.7", 0.0) and limiter.take("::ffff:203.0.113.8", 0.0)


def test_admission_frees_its_places() -> None:
    admission = Admission(2, 1)
    with admission.slot("a"):
        with pytest.raises(Refused) as full, admission.slot("a"):
            pass
        assert full.value.status == 429
        with admission.slot("b"), pytest.raises(Refused) as busy, admission.slot("c"):
            pass
        assert busy.value.status == 503
    assert admission.in_flight == 0


def test_quantiles_are_within_three_per_cent() -> None:
    sketches = [Sketch(), Sketch()]
    for number in range(1, 10_001):
        sketches[number % 2].add(number / 1e5)
    for wanted, found in zip((0.5, 0.95, 0.99), quantiles(sketches, (0.5, 0.95, 0.99)), strict=True):
        assert found == pytest.approx(wanted / 10, rel=0.03)
    assert quantiles([Sketch()], (0.5,)) == [None] and quantiles([], (0.5,)) == [None]
    odd = Sketch()
    for seconds in (-1.0, 0.0, 1e9):
        odd.add(seconds)
    assert sum(odd.buckets) == 3


def test_spill_keeps_order_over_a_restart_and_skips_half_a_line(tmp_path: Path) -> None:
    file = tmp_path / "log.spill"
    spill = Spill(file, 10_000)
    batches = [Batch("s", f"token-{number}", [b'{"n": 1}', "سند".encode()]) for number in range(3)]
    assert all(spill.append(batch) for batch in batches[:2])
    found, place = spill.oldest()
    assert found == batches[0]
    spill.done(place)
    with file.open("ab") as broken:
        broken.write(b'["s", "hal')
    again, seen = Spill(file, 10_000), []
    again.append(batches[2])
    while again.waiting:
        found, place = again.oldest()
        seen.append(found)
        again.done(place)
    assert seen == [batches[1], None, batches[2]]
    assert not file.exists() and list(tmp_path.iterdir()) == []


def test_spill_ends_at_its_bound_and_at_half_a_line(tmp_path: Path) -> None:
    spill = Spill(tmp_path / "log.spill", 60)
    assert [spill.append(Batch("s", "t", [b"x" * 12])) for _ in range(3)] == [True, True, False]
    assert spill.size <= 60
    (tmp_path / "log.spill").write_bytes(b'["s", "hal')
    half = Spill(tmp_path / "log.spill", 60)
    found, place = half.oldest()
    assert found is None
    half.done(place)
    assert not half.waiting


@pytest.mark.parametrize(
    "path", [b"/internal", b"/x/..//INTERNAL/", b"/%2569nternal", b"/%25252525252569", b"/\\internal"]
)
def test_every_spelling_of_internal_is_seen(path: bytes) -> None:
    assert is_internal(path)


@pytest.mark.parametrize(
    "path", [b"/", b"/t/internal/", b"/internals", b"/api/v1/runs?x=/internal", b"/100%", b"/t/%D8%B3"]
)
def test_other_paths_are_not_internal(path: bytes) -> None:
    assert not is_internal(path)


def test_inference_paths() -> None:
    path = inference_path(b"/inference/acme/churn/v2/models/a%20b/infer")
    assert (
        path is not None and path.is_oip and path.is_prediction and (path.tenant, path.deployment) == ("acme", "churn")
    )
    assert inference_path(b"/inference/acme/churn/v2x") is None


async def _served(seconds: float, request: bytes) -> bytes:
    """What a server with the front door's protocol sends back to a client that sends this and no more."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass

    config = uvicorn.Config(app, lifespan="off", log_config=None)
    config.load()
    state, loop = ServerState(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: protocol.FrontDoorProtocol(config, state, {}), "127.0.0.1", 0)
    sweeping = asyncio.create_task(protocol.FrontDoorProtocol.sweep())
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(request)
    try:
        async with asyncio.timeout(seconds):
            return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        sweeping.cancel()
        writer.close()
        server.close()


@pytest.mark.parametrize(
    "request_",
    [b"", b"GET / HTT", b"GET / HTTP/1.1\r\nHost: x\r\n", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc"],
)
def test_a_sender_who_stops_half_way_is_let_go(monkeypatch: pytest.MonkeyPatch, request_: bytes) -> None:
    monkeypatch.setattr(protocol, "HEAD_WITHIN_S", 0.2)
    monkeypatch.setattr(protocol, "BODY_SILENCE_S", 0.2)
    monkeypatch.setattr(protocol, "SWEEP_EVERY_S", 0.05)
    assert asyncio.run(_served(5, request_)) == b""


def test_endless_trailers_are_ended() -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"
    answer = asyncio.run(_served(5, head + b"X-Trailer: " + b"a" * 300_000))
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400")  # reset, where more was on its way

"""The benchmark itself: what it writes, when it fails, and that its client counts answers alone."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bench.cli import AREAS, main
from bench.load import WrongAnswer, ask
from bench.rows import Row

REQUEST = b"POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}"
KEYS = {"area", "case", "unit", "ours", "peer", "peer_name", "limit", "ratio_peer", "ratio_limit", "machine", "runs"}


def row(ours: list[float], bar: float | None = 5) -> Row:
    return Row.of_rates(
        "serving", "single-row", "requests/s", ours=ours, peer=[10, 20, 30], peer_name="peer", limit=[400] * 3,
        machine={"cores": 2}, bar=bar,
    )  # fmt: skip


def test_ratios_are_of_medians_and_larger_is_better_for_us():
    made = row([200, 100, 1000])
    assert (made.ours, made.peer, made.ratio_peer, made.ratio_limit, made.spread) == (200, 20, 10, 0.5, 10)
    assert set(made.as_json()) >= KEYS


def test_a_bar_is_missed_below_it_and_only_where_there_is_one():
    assert row([99, 99, 99]).missed
    assert not row([100, 100, 100]).missed
    assert not row([1, 1, 1], bar=None).missed


@pytest.mark.parametrize(
    "area",
    [
        name
        for name in AREAS
        if name
        not in {"serving", "pages", "storage", "ingestion", "streams", "replay", "validation", "sizes", "features"}
    ],
)
def test_an_area_without_a_measurement_says_so_and_invents_no_row(area: str, tmp_path: Path, capsys):
    assert main(["--only", area, "--json", str(tmp_path / "rows.json")]) == 0
    assert capsys.readouterr().out == f"{area}: not measured yet.\n"
    assert json.loads((tmp_path / "rows.json").read_text()) == []


def test_the_client_counts_what_was_answered():
    with answering(200) as address:
        seen = ask(address, [REQUEST], seconds=0.3, warm_s=0.1)
    assert seen.rate > 10
    assert 0 < seen.p50_ms <= seen.p99_ms


def test_no_figure_comes_out_of_answers_that_are_no_predictions():
    with answering(500) as address, pytest.raises(WrongAnswer, match="500 Internal Server Error"):
        ask(address, [REQUEST], seconds=0.3, warm_s=0.1)


@contextmanager
def answering(status: int) -> Iterator[tuple[str, int]]:
    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[0], server.server_port
    finally:
        server.shutdown()
        server.server_close()

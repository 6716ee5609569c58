"""A container's log is read from a byte on, without holding or asking again for what came before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("docker")

from foundation.engines import LOG_PIECE
from foundation.engines.adapters.container_logs import BOUNDED, ContainerLogs

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Container:
    """Answers as the Engine API does; `sent` counts the bytes that went over its socket."""

    id = "c1"

    def __init__(self, said, digits=9):
        self.said, self.digits, self.sent = said, digits, 0

    def logs(self, *, stream, follow, timestamps, since=0.0):
        assert stream and timestamps and not follow
        return self._frames(since)

    def _frames(self, since):
        for moment, text in self.said:
            if moment.timestamp() > since:
                self.sent += len(text)
                yield self._stamp(moment) + b" " + text

    def _stamp(self, moment):
        fraction = f".{moment.microsecond:06d}000"[: self.digits + 1] if self.digits else ""
        return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z".encode()


FRAMES = st.lists(st.tuples(st.integers(0, 1_500_000), st.binary(max_size=12)), max_size=30)


@given(FRAMES, st.lists(st.integers(0, 400), max_size=8), st.sampled_from([0, 9]))
def test_from_every_offset_the_rest_is_read_whoever_read_before(frames, offsets, digits):
    """Also where an engine tells moments in whole seconds, as Podman does."""
    said, moment = [], NOON
    for later, text in frames:
        moment += timedelta(microseconds=later)
        said.append((moment, text))
    whole = b"".join(text for _, text in said)
    container, logs = Container(said, digits), ContainerLogs()
    for offset in offsets:
        assert logs.read(container, offset) == whole[offset:]


def test_who_follows_a_log_is_sent_what_is_new_and_little_more():
    container, logs = Container([]), ContainerLogs()
    offset = 0
    for second in range(200):
        container.said.append((NOON + timedelta(seconds=second), b"x" * 1000))
        offset += len(logs.read(container, offset))
    assert offset == 200_000
    assert container.sent <= 2 * offset


def test_a_piece_is_bounded_and_what_was_skipped_is_not_held():
    container = Container([(NOON, b"x" * 16_384)] * 1000)
    assert len(ContainerLogs().read(container, 5_000_000)) == LOG_PIECE
    assert container.sent < 5_000_000 + 2 * LOG_PIECE


def test_the_engine_keeps_no_more_than_a_bounded_log():
    assert BOUNDED.config == {"max-size": "128m", "max-file": "2"}

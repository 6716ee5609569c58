"""Every anchor sink that keeps what it is given keeps the port's promises."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from foundation.ledger.adapters.anchor_file import FileAnchors
from foundation.ledger.errors import AnchorConflict
from foundation.ledger.signing import SignedCheckpoint

TENANT = UUID("11111111-2222-3333-4444-555555555555")


@pytest.fixture(params=["file"])
def sink(request, tmp_path):
    return {"file": lambda: FileAnchors(tmp_path / "anchors")}[request.param]()


def checkpoint(size: int, root: str = "") -> SignedCheckpoint:
    return SignedCheckpoint(TENANT, size, root or f"{size:064x}", "2026-03-05T00:00:00.000000Z", "ab" * 32, "c2ln")


def test_a_sink_that_was_given_nothing_has_nothing(sink):
    assert (sink.newest(TENANT), list(sink.read(TENANT)), sink.tenants()) == (None, [], [])
    sink.set_aside(TENANT, "mark")


def test_checkpoints_are_kept_oldest_first_and_as_they_were(sink):
    for size in (1, 5, 9):
        sink.deliver(checkpoint(size))
    assert list(sink.read(TENANT)) == [checkpoint(1), checkpoint(5), checkpoint(9)]
    assert sink.newest(TENANT) == checkpoint(9)


def test_delivering_twice_is_the_same_as_once(sink):
    for size in (1, 5, 5):
        sink.deliver(checkpoint(size))
    assert [kept.tree_size for kept in sink.read(TENANT)] == [1, 5]


@pytest.mark.parametrize("other", [checkpoint(3), checkpoint(5, "ff" * 32)])
def test_what_is_older_or_another_history_is_refused(sink, other):
    sink.deliver(checkpoint(5))
    with pytest.raises(AnchorConflict):
        sink.deliver(other)
    assert list(sink.read(TENANT)) == [checkpoint(5)]


def test_each_tenant_has_its_own(sink):
    beside = replace(checkpoint(2), tenant_id=uuid4())
    sink.deliver(checkpoint(5))
    sink.deliver(beside)
    assert set(sink.tenants()) == {TENANT, beside.tenant_id}
    assert sink.newest(beside.tenant_id) == beside


def test_a_tenant_that_was_set_aside_begins_anew(sink):
    sink.deliver(checkpoint(5))
    sink.set_aside(TENANT, "20260305")
    assert (sink.newest(TENANT), sink.tenants()) == (None, [])
    sink.deliver(checkpoint(1))
    assert list(sink.read(TENANT)) == [checkpoint(1)]

"""The chain of an object runs in the order of the data's way, also among things of one kind."""

from __future__ import annotations

from uuid import UUID

import pytest

from foundation.web import chain
from foundation.web.chain import ChainNode, Link, chain_of

FILE, RAW, DERIVED, SET = (UUID(int=number) for number in range(1, 5))
MADE_FROM = {
    ("source", FILE): (),
    ("dataset_version", RAW): (("source", FILE),),
    ("dataset_version", DERIVED): (("dataset_version", RAW),),
    ("training_set", SET): (("dataset_version", DERIVED), ("dataset_version", RAW)),
}


@pytest.fixture
def world(monkeypatch):
    """A file became a dataset, from which another was derived, from which a training set was made."""

    def finder(kind):
        return lambda _actor, pk: Link(ChainNode(kind, f"{kind} {pk.int}"), MADE_FROM[kind, pk])

    def followers(kind):
        return lambda _actor, pk: [above for above, below in MADE_FROM.items() if (kind, pk) in below]

    kinds = {kind for kind, _pk in MADE_FROM}
    monkeypatch.setattr(chain, "_finders", {kind: finder(kind) for kind in kinds})
    monkeypatch.setattr(chain, "_upwards", {kind: [followers(kind)] for kind in kinds})


@pytest.mark.parametrize("start", [("dataset_version", DERIVED), ("training_set", SET)])
def test_what_a_dataset_was_derived_from_stands_before_it(world, start):
    names = [node.name for node in chain_of(None, *start)]
    assert names == ["source 1", "dataset_version 2", "dataset_version 3", "training_set 4"]


def test_the_object_itself_is_marked_and_nothing_comes_twice(world):
    nodes = chain_of(None, "dataset_version", DERIVED)
    assert [node.name for node in nodes if node.current] == ["dataset_version 3"]
    assert len(nodes) == 4


def test_what_is_not_there_has_no_chain(world):
    assert chain_of(None, "alert", SET) == []

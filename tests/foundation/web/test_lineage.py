"""The picture of lineage: walked by level, drawn by layers, and nothing named that the reader may not see."""

from __future__ import annotations

import itertools
import time
from uuid import UUID

import pytest

from foundation.errors import NotFound
from foundation.web import lineage
from foundation.web.lineage import Thing, Whole, graph_of, path_of, place, things


def pk(number):
    return UUID(int=number)


FILE, RAW1, RAW2, SECRET, MART, VIEW, RUN = (
    ("source", pk(1)),
    ("v", pk(2)),
    ("v", pk(3)),
    ("v", pk(4)),
    ("v", pk(5)),
    ("view", pk(6)),
    ("run", pk(7)),
)
RAW, MARTS = Whole("dataset", pk(20), "raw"), Whole("dataset", pk(21), "mart")


def thing(reference, *made_from, **more):
    return Thing(reference[0], reference[1], f"{reference[0]} {reference[1].int}", made_from=made_from, **more)


WORLD = {
    one.reference: one
    for one in (
        thing(FILE),
        thing(RAW1, FILE, part_of=RAW, columns=("a", "b"), same_columns=True),
        thing(RAW2, FILE, part_of=RAW, columns=("a", "b"), same_columns=True),
        thing(SECRET, columns=("s",)),
        thing(
            MART,
            RAW2,
            SECRET,
            part_of=MARTS,
            columns=("x", "y", "z"),
            sources={"x": ((RAW2, "A"),), "y": ((RAW2, "a"), (SECRET, "s")), "z": None},
        ),
        thing(VIEW, MART, columns=("f",), sources={"f": ((MART, "x"),)}),
        thing(RUN, VIEW, columns=(), same_columns=True),
    )
}


@pytest.fixture
def world(monkeypatch):
    """Two versions of a file's rows; a mart of the newer one and of something that the reader may not see."""
    calls = []

    def finder(kind):
        def find(actor, ids):
            calls.append(("find", kind))
            return [WORLD[kind, one] for one in ids if (kind, one) in WORLD and (kind, one) != SECRET]

        return find

    def followers(kind):
        def follow(actor, ids):
            calls.append(("above", kind))
            return [(one, high) for one in ids for high, made in WORLD.items() if (kind, one) in made.made_from]

        return follow

    kinds = {kind for kind, _ in WORLD}
    monkeypatch.setattr(things, "_finders", {kind: finder(kind) for kind in kinds})
    monkeypatch.setattr(things, "_above", {kind: [followers(kind)] for kind in kinds})
    monkeypatch.setattr(
        things, "_wholes", {"dataset": ("v", lambda actor, one: [r[1] for r in (RAW2, RAW1)] if one == pk(20) else [])}
    )
    return calls


def test_versions_are_one_node_until_it_is_opened(world):
    graph = graph_of(None, ("dataset", pk(20)))
    assert [(n.kind, n.name, len(n.things), n.current) for n in graph.nodes.values()] == [
        ("dataset", "raw", 2, True),
        ("source", "source 1", 1, False),
        ("dataset", "mart", 1, False),
        ("view", "view 6", 1, False),
        ("run", "run 7", 1, False),
    ]
    opened = graph_of(None, ("dataset", pk(20)), opened=[f"dataset:{pk(20)}"])
    assert [n.name for n in opened.nodes.values() if n.current] == ["v 3", "v 2"]


def test_what_may_not_be_seen_has_neither_name_nor_id(world):
    graph = graph_of(None, MART)
    hidden = [node for node in graph.nodes.values() if node.hidden]
    assert [(n.key, n.name, n.things) for n in hidden] == [("hidden:1", "", [])]
    assert ("hidden:1", f"dataset:{pk(21)}") in [(e.start, e.end) for e in graph.edges]
    with pytest.raises(NotFound):
        graph_of(None, SECRET)


def test_depth_and_direction_bound_the_walk_and_it_says_that_there_is_more(world):
    near = graph_of(None, MART, depth=1)
    assert {node.name for node in near.nodes.values() if not node.hidden} == {"mart", "raw", "view 6"}
    assert near.cut
    assert not graph_of(None, MART, depth=4).cut
    assert "view 6" not in {n.name for n in graph_of(None, MART, above=False).nodes.values()}
    assert "raw" not in {n.name for n in graph_of(None, MART, below=False).nodes.values()}


def test_a_level_costs_a_query_for_each_kind(world):
    graph_of(None, ("dataset", pk(20)))
    assert len(world) <= 14


def test_a_column_is_followed_both_ways_and_what_cannot_be_told_is_said(world):
    graph = graph_of(None, ("dataset", pk(20)))
    path = path_of(graph.walked, graph.walked.things[RAW2], "a")
    assert dict(path.columns.items()) == {
        FILE: {"a"},
        RAW2: {"a"},
        MART: {"x", "y"},
        VIEW: {"f"},
        RUN: {"f"},
    }
    assert path.untold == {MART}
    assert (FILE, RAW1) not in path.links
    assert path_of(graph_of(None, MART).walked, WORLD[MART], "z").untold == {MART}


def test_edges_run_forwards_and_mirrored_where_the_script_does():
    edges = [("a", "b"), ("b", "c"), ("a", "c"), ("d", "c")]
    found = place("abcd", edges)
    assert found.layers == {"a": 0, "b": 1, "c": 2, "d": 1}
    for start, end in edges:
        route = found.routes[start, end]
        assert found.corners[start][0] < route[0][0] < route[-1][0] <= found.corners[end][0]
    mirrored = place("abcd", edges, rtl=True)
    assert mirrored.corners["a"][0] > mirrored.corners["c"][0]
    assert all(route[0][0] > route[-1][0] for route in mirrored.routes.values())


def test_nodes_never_overlap_and_circles_end():
    keys = [f"n{i}" for i in range(60)]
    edges = [(keys[i], keys[(i * 7 + 3) % 60]) for i in range(60)] + [
        (keys[i], keys[(i * 5 + 1) % 60]) for i in range(60)
    ]
    found = place(keys, edges)
    assert set(found.corners) == set(keys)
    for layer in set(found.layers.values()):
        tops = sorted(found.corners[key][1] for key in keys if found.layers[key] == layer)
        assert all(below - above >= 62 for above, below in itertools.pairwise(tops))
    assert set(found.routes) <= set(edges)


def test_two_hundred_nodes_are_placed_at_once():
    keys = [f"n{i}" for i in range(200)]
    edges = [(keys[i // 2], keys[i]) for i in range(1, 200)] + [(keys[i // 3], keys[i]) for i in range(3, 200, 2)]
    begun = time.process_time()
    found = place(keys, edges)
    assert time.process_time() - begun < 0.3
    assert len(found.corners) == 200


def test_nothing_at_all_is_a_small_picture():
    assert place([], []).width >= 0
    assert lineage.place(["a"], []).corners == {"a": (0, 0)}

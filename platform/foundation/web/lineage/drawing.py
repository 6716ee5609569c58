"""What is drawn of what was walked: versions of one thing as one node until it is opened, and what may not be seen."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from foundation.identity import Actor
from foundation.web.lineage.things import Reference, Thing, Walked, walk

DEEPEST = 12
MOST_NODES = 200


@dataclass
class Node:
    """A node of the picture: one thing, or the versions of one, newest first. A hidden one says nothing but that."""

    key: str
    kind: str
    name: str
    url: str = ""
    things: list[Thing] = field(default_factory=list)
    current: bool = False
    whole: bool = False
    hidden: bool = False

    @property
    def newest(self) -> Thing | None:
        return self.things[0] if self.things else None

    @property
    def reference(self) -> Reference | None:
        return self.things[0].reference if self.things else None


@dataclass(frozen=True)
class Edge:
    """What `end` was made from: `start`. Broken where the link into `end` is not proven; the reason is a sentence."""

    start: str
    end: str
    broken_reason: str = ""


@dataclass
class Graph:
    """Nodes and edges round one of them. `cut` where there is more than is shown."""

    walked: Walked
    nodes: dict[str, Node]
    edges: list[Edge]
    key_of: dict[Reference, str]
    cut: bool = False

    @property
    def current(self) -> Node | None:
        return next((node for node in self.nodes.values() if node.current), None)

    def before(self, key: str) -> list[Node]:
        """What a node was made from."""
        return [self.nodes[edge.start] for edge in self.edges if edge.end == key]

    def behind(self, key: str) -> list[Node]:
        """What was made from a node."""
        return [self.nodes[edge.end] for edge in self.edges if edge.start == key]


def graph_of(
    actor: Actor,
    start: Reference,
    *,
    depth: int = DEEPEST,
    below: bool = True,
    above: bool = True,
    opened: Collection[str] = (),
) -> Graph:
    """The picture round a thing or a whole, `depth` steps each way; NotFound where the actor does not see it.

    `opened` are the keys of wholes whose versions are drawn one by one.
    """
    found = walk(actor, start, depth=min(max(depth, 1), DEEPEST), below=below, above=above)
    graph = Graph(found, {}, [], {}, found.cut)
    for reference in sorted(found.things, key=lambda one: found.far.get(one, 0)):
        _add(graph, found.things[reference], opened)
    for number, reference in enumerate(sorted(found.hidden, key=str), start=1):
        key = graph.key_of[reference] = f"hidden:{number}"
        graph.nodes[key] = Node(key, "hidden", "", hidden=True)
    _keep_nearest(graph)
    for node in graph.nodes.values():
        node.things.sort(key=lambda thing: (thing.at is not None, thing.at), reverse=True)
        node.current = any(reference in found.start for reference in (thing.reference for thing in node.things))
    _join(graph)
    if not found.start:
        _alone(graph, start)
    return graph


def _add(graph: Graph, thing: Thing, opened: Collection[str]) -> None:
    whole = thing.part_of
    key = f"{whole.kind}:{whole.pk}" if whole else ""
    if whole is None or key in opened:
        key = f"{thing.kind}:{thing.pk}"
        graph.nodes[key] = Node(key, thing.kind, thing.name, thing.url)
    elif key not in graph.nodes:
        graph.nodes[key] = Node(key, whole.kind, whole.name, whole.url, whole=True)
    graph.nodes[key].things.append(thing)
    graph.key_of[thing.reference] = key


def _keep_nearest(graph: Graph) -> None:
    """Those that were found first are nearest; the rest is left out and said to be."""
    for key in list(graph.nodes)[MOST_NODES:]:
        del graph.nodes[key]
        graph.cut = True
    graph.key_of = {reference: key for reference, key in graph.key_of.items() if key in graph.nodes}


def _join(graph: Graph) -> None:
    edges: dict[tuple[str, str], str] = {}
    for low, high in graph.walked.links:
        pair = graph.key_of.get(low), graph.key_of.get(high)
        if pair[0] is None or pair[1] is None or pair[0] == pair[1]:
            continue
        thing = graph.walked.things.get(low)
        edges.setdefault((pair[0], pair[1]), thing.broken_reason if thing else "")
    graph.edges = [Edge(start, end, reason) for (start, end), reason in edges.items()]


def _alone(graph: Graph, start: Reference) -> None:
    """A whole without any version: a node of its own, whose name the page knows."""
    key = f"{start[0]}:{start[1]}"
    graph.nodes.setdefault(key, Node(key, start[0], "", current=True, whole=True))

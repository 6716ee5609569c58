"""Where the nodes of a directed graph stand and how its edges run: layers from left to right, few crossings.

The layered method of Sugiyama, Tagawa and Toda (1981): layers by longest path, places in a layer by the median of the
neighbours' places, swept to and fro; an edge over several layers is led through a place of its own in each.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

Key = str
_SWEEPS = 4
_SLIM = 1.5  # of the room between nodes: what a passing edge takes


@dataclass(frozen=True)
class Placed:
    """Corners of nodes (left, top), points of edges from start to end, and the size of it all; all in pixels."""

    corners: Mapping[Key, tuple[int, int]]
    routes: Mapping[tuple[Key, Key], tuple[tuple[int, int], ...]]
    layers: Mapping[Key, int]
    width: int
    height: int


@dataclass(frozen=True)
class Measure:
    """The size of a node and the room between nodes."""

    width: int = 184
    height: int = 62
    across: int = 48
    between: int = 18


def place(
    keys: Sequence[Key], edges: Iterable[tuple[Key, Key]], *, measure: Measure | None = None, rtl: bool = False
) -> Placed:
    """Place nodes so that edges run forwards, which is leftwards where the script does; circles are cut somewhere."""
    size = measure or Measure()
    forward = _without_circles(keys, list(dict.fromkeys((a, b) for a, b in edges if a != b)))
    layers = _layers(keys, forward)
    rows, chains = _rows(keys, forward, layers)
    tops = _tops(rows, chains, size)
    depth = max(layers.values(), default=0) + 1
    width = depth * size.width + (depth - 1) * size.across
    height = int(max((top for top in tops.values()), default=0)) + size.height

    def left(layer: int) -> int:
        return (depth - 1 - layer if rtl else layer) * (size.width + size.across)

    corners = {key: (left(layers[key]), int(tops[key])) for key in keys}
    routes = {}
    for (start, end, flipped), chain in chains.items():
        points = _points(chain, layers, tops, size, left, rtl=rtl)
        routes[(end, start) if flipped else (start, end)] = tuple(reversed(points)) if flipped else tuple(points)
    return Placed(corners, routes, layers, width, height)


_Forward = list[tuple[Key, Key, bool]]


def _without_circles(keys: Sequence[Key], edges: list[tuple[Key, Key]]) -> _Forward:
    """Edges as they run in the picture; one that closes a circle runs backwards (True). Depth first, no recursion."""
    after: dict[Key, list[Key]] = {key: [] for key in keys}
    for start, end in edges:
        after[start].append(end)
    done: set[Key] = set()
    open_: set[Key] = set()
    back: set[tuple[Key, Key]] = set()
    entered = {end for _start, end in edges}
    for root in sorted(keys, key=lambda key: key in entered):
        stack = [(root, iter(after[root]))] if root not in done else []
        open_.update(key for key, _rest in stack)
        while stack:
            key, rest = stack[-1]
            follower = next(rest, None)
            if follower is None:
                stack.pop()
                open_.discard(key)
                done.add(key)
            elif follower in open_:
                back.add((key, follower))
            elif follower not in done:
                open_.add(follower)
                stack.append((follower, iter(after[follower])))
    forward = [(start, end, False) for start, end in edges if (start, end) not in back]
    there = {(start, end) for start, end, _flipped in forward}
    # Where both ways are drawn, the way back needs no second line through the layers.
    return forward + [(end, start, True) for start, end in edges if (start, end) in back and (end, start) not in there]


def _layers(keys: Sequence[Key], forward: _Forward) -> dict[Key, int]:
    after: dict[Key, list[Key]] = {key: [] for key in keys}
    entering = dict.fromkeys(keys, 0)
    for start, end, _flipped in forward:
        after[start].append(end)
        entering[end] += 1
    layers = dict.fromkeys(keys, 0)
    ready = [key for key in keys if not entering[key]]
    order = []
    while ready:
        key = ready.pop(0)
        order.append(key)
        for follower in after[key]:
            layers[follower] = max(layers[follower], layers[key] + 1)
            entering[follower] -= 1
            if not entering[follower]:
                ready.append(follower)
    for key in reversed(order):
        # What nothing enters stands right before its first follower, not at the far end.
        if after[key] and not any(end == key for _start, end, _flipped in forward):
            layers[key] = min(layers[follower] for follower in after[key]) - 1
    return layers


_Chains = dict[tuple[Key, Key, bool], list[Key]]


def _rows(keys: Sequence[Key], forward: _Forward, layers: dict[Key, int]) -> tuple[list[list[Key]], _Chains]:
    """The order in each layer, with stand-ins where long edges pass; and each edge's way through them."""
    rows: list[list[Key]] = [[] for _layer in range(max(layers.values(), default=0) + 1)]
    for key in keys:
        rows[layers[key]].append(key)
    chains: _Chains = {}
    for number, (start, end, flipped) in enumerate(forward):
        chain = [start]
        for layer in range(layers[start] + 1, layers[end]):
            stand_in = f"\0{number}.{layer}"
            rows[layer].append(stand_in)
            chain.append(stand_in)
        chains[start, end, flipped] = [*chain, end]
    before: dict[Key, list[Key]] = {}
    behind: dict[Key, list[Key]] = {}
    for chain in chains.values():
        for one, other in itertools.pairwise(chain):
            before.setdefault(other, []).append(one)
            behind.setdefault(one, []).append(other)
    for sweep in range(_SWEEPS):
        forwards = sweep % 2 == 0
        for layer in range(1, len(rows)) if forwards else range(len(rows) - 2, -1, -1):
            beside = {key: place for place, key in enumerate(rows[layer - 1 if forwards else layer + 1])}
            _sort(rows[layer], before if forwards else behind, beside)
    return rows, chains


def _sort(row: list[Key], neighbours: Mapping[Key, list[Key]], beside: Mapping[Key, int]) -> None:
    here = {key: place for place, key in enumerate(row)}

    def wish(key: Key) -> float:
        places = [beside[other] for other in neighbours.get(key, ()) if other in beside]
        return median(places) if places else here[key]

    row.sort(key=lambda key: (wish(key), here[key]))


def _tops(rows: list[list[Key]], chains: _Chains, size: Measure) -> dict[Key, float]:
    """Heights: each node as near to the middle of its neighbours as those above it allow."""
    step = size.height + size.between
    slim = size.between * _SLIM

    def room(key: Key) -> float:
        return slim if key.startswith("\0") else step

    tops: dict[Key, float] = {}
    for row in rows:
        top = 0.0
        for key in row:
            tops[key] = top
            top += room(key)
    beside: dict[Key, list[Key]] = {}
    for chain in chains.values():
        for one, other in itertools.pairwise(chain):
            beside.setdefault(one, []).append(other)
            beside.setdefault(other, []).append(one)
    for sweep in range(_SWEEPS * 2):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wishes = [
                sum(tops[other] for other in beside[key]) / len(beside[key]) if key in beside else tops[key]
                for key in row
            ]
            _settle(row, wishes, tops, room)
    least = min(tops.values(), default=0.0)
    return {key: top - least for key, top in tops.items()}


def _settle(row: list[Key], wishes: list[float], tops: dict[Key, float], room: Callable[[Key], float]) -> None:
    """Blocks of nodes that would overlap move together, to the mean of what they wish for."""
    blocks: list[tuple[list[Key], float, float]] = []  # keys, mean wish of their first one's top, height
    for key, wish in zip(row, wishes, strict=True):
        keys, first, height = [key], wish, room(key)
        while blocks and blocks[-1][1] + blocks[-1][2] > first:
            above, wanted, tall = blocks.pop()
            first = (wanted * len(above) + (first - tall) * len(keys)) / (len(above) + len(keys))
            keys, height = above + keys, tall + height
        blocks.append((keys, first, height))
    for keys, first, _height in blocks:
        top = first
        for key in keys:
            tops[key] = top
            top += room(key)


def _points(
    chain: list[Key],
    layers: dict[Key, int],
    tops: dict[Key, float],
    size: Measure,
    left: Callable[[int], int],
    *,
    rtl: bool,
) -> list[tuple[int, int]]:
    """From the side of the first node to the side of the last one, through the middle of each stand-in."""
    start = layers[chain[0]]
    points = []
    for number, key in enumerate(chain):
        x = left(start + number)
        y = int(tops[key] + (size.between * _SLIM / 2 if key.startswith("\0") else size.height / 2))
        near, far = (x + size.width, x) if rtl else (x, x + size.width)
        if number:
            points.append((near, y))
        if number < len(chain) - 1:
            points.append((far, y))
    return points

"""The way of one column through what was walked: where its values come from, and what was made of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from foundation.web.lineage.things import ColumnReference, Reference, Thing, Walked


@dataclass
class Path:
    """The columns on the way by their things, the links between them, and the things where it cannot be told."""

    columns: dict[Reference, set[str]] = field(default_factory=dict)
    links: set[tuple[Reference, Reference]] = field(default_factory=set)
    untold: set[Reference] = field(default_factory=set)


def path_of(found: Walked, start: Thing, column: str) -> Path:
    """The way of a column in both directions; names of columns hold whatever their case."""
    path = Path()
    _follow(found, path, (start.reference, column), up=False)
    _follow(found, path, (start.reference, column), up=True)
    return path


def _follow(found: Walked, path: Path, start: ColumnReference, *, up: bool) -> None:
    above: dict[Reference, list[Reference]] = {}
    for low, high in found.links:
        above.setdefault(low, []).append(high)
    waiting, seen = [start], {start}
    while waiting:
        reference, column = waiting.pop()
        path.columns.setdefault(reference, set()).add(column)
        if reference not in found.things:
            continue
        steps = _made_of(found, path, reference, column, above) if up else _made_from(found, path, reference, column)
        for step in steps:
            path.links.add((reference, step[0]) if up else (step[0], reference))
            if step not in seen:
                seen.add(step)
                waiting.append(step)


def _made_from(found: Walked, path: Path, reference: Reference, column: str) -> list[ColumnReference]:
    thing = found.things[reference]
    if thing.same_columns:
        return [(low, column) for low in thing.made_from if _may_have(found, low, column)]
    told = {name.lower(): sources for name, sources in thing.sources.items()}
    sources = told.get(column.lower())
    if sources is None:
        if thing.made_from:
            path.untold.add(reference)
        return []
    return [source for source in sources if source[0] in found.things or source[0] in found.hidden]


def _made_of(
    found: Walked, path: Path, reference: Reference, column: str, above: dict[Reference, list[Reference]]
) -> list[ColumnReference]:
    steps: list[ColumnReference] = []
    for high in above.get(reference, []):
        thing = found.things.get(high)
        if thing is None:
            continue
        if thing.same_columns:
            steps += [(high, column)] if not thing.columns or _has(thing, column) else []
            continue
        for name in thing.columns or tuple(thing.sources):
            sources = thing.sources.get(name)
            if sources is None:
                path.untold.add(high)
            elif any(low == reference and source.lower() == column.lower() for low, source in sources):
                steps.append((high, name))
    return steps


def _may_have(found: Walked, reference: Reference, column: str) -> bool:
    thing = found.things.get(reference)
    return thing is not None and (not thing.columns or _has(thing, column))


def _has(thing: Thing, column: str) -> bool:
    return column.lower() in {name.lower() for name in thing.columns}

"""A key of whole numbers that were counted up is known to be one without a hash table."""

from __future__ import annotations

_MOST_EDGES = 20_000


def out_of_turn(value: str, complete: bool) -> str:
    """A query for a figure that is 0 only where no `value` of the rows `w` comes twice; missing ones count for nothing.

    Most keys are counted up, and lie in about the order in which they were given. The values are cut into runs, each
    step of which goes up by 1 to 1000, so that within a run none comes twice. If the beginnings and ends of all runs,
    sorted, take turns, no two runs share a value. As DOUBLE two large values may become the same, but never change
    places: then the figure is 1, as for a column of many runs (which costs little, since reading ends there). A tenth
    of the time of a hash table. The NULL at the end shows where the last run ends; wherever it comes, no end is missed.
    """
    present = "" if complete else f" WHERE {value} IS NOT NULL"
    values = f"SELECT {value}::DOUBLE AS value FROM _rows w{present} UNION ALL SELECT NULL"
    # One comparison for both bounds of the step.
    cuts = (
        f"SELECT value, before FROM (SELECT value, lag(value) OVER () AS before FROM ({values}))"
        f" WHERE (abs(value - before - 500.5) < 500) IS NOT TRUE LIMIT {_MOST_EDGES}"
    )
    edges = f"SELECT unnest([value, before]) AS value, unnest([false, true]) AS ends FROM ({cuts})"
    placed = (
        f"SELECT ends, row_number() OVER (ORDER BY value, ends) % 2 = 0 AS even FROM ({edges}) WHERE value IS NOT NULL"
    )
    return (
        f"SELECT (count(*) >= {_MOST_EDGES} OR count(*) % 2 = 1 OR coalesce(bool_or(ends <> even), false))::INT"
        f" FROM ({placed})"
    )

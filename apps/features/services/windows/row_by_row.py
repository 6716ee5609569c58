"""Rows of a view by SQL that follows a stream: each event that the SELECT gives is a row, with a mark of whether it is
the latest one that is known at some moment (`adapters.asof`).

Nothing here depends on the order in which events came. Of those with one key, one event time and one moment from which
they are known there is one row: the others would be seen by nobody.
"""

from __future__ import annotations

from apps.features.adapters.asof import SHOWN
from apps.features.services.windows.plans import Plan
from foundation.quoting import identifier

_FROM_NOTHING = -1


def rows_sql(plan: Plan, *, after: int = _FROM_NOTHING) -> str:
    """The rows over the input `events`: all of them, or those that events after a step make or mark otherwise.

    What came changes nothing before the moment from which it is seen, and there what its key had seen by then.
    """
    keys = ", ".join(plan.key_names)
    seen = "SELECT *, greatest(t, known) AS s FROM events WHERE t IS NOT NULL"
    values = ", ".join(f"{plan.value(name)} := {plan.value(name)}" for name in plan.columns)
    before = f"max(latest) OVER (PARTITION BY {keys} ORDER BY s RANGE UNBOUNDED PRECEDING)"
    alone = f"row_number() OVER (PARTITION BY {keys}, s ORDER BY t DESC, known DESC) = 1"
    return (
        f"WITH seen AS ({seen}), "  # noqa: S608 - our own names
        f"came AS (SELECT {keys}, min(s) AS low FROM seen WHERE step > {int(after)} GROUP BY {keys}), "
        f"earlier AS (SELECT {keys}, max(t) AS most FROM seen JOIN came USING ({keys}) WHERE s < low GROUP BY {keys}), "
        f"one AS (SELECT {keys}, t, known, s, min(struct_pack({values})) AS told FROM seen JOIN came USING ({keys}) "
        f"WHERE s >= low GROUP BY {keys}, t, known, s), "
        f"held AS (SELECT one.*, greatest(t, most) AS latest FROM one LEFT JOIN earlier USING ({keys})), "
        f"marked AS (SELECT *, t = {before} AND {alone} AS shown FROM held) "
        f"SELECT {_columns(plan)}, shown AS {SHOWN} FROM marked ORDER BY s, t, {keys}"
    )


def _columns(plan: Plan) -> str:
    """As the SELECT calls them; in the order in which a view of windows has them."""
    columns = [f"{name} AS {identifier(key)}" for name, key in zip(plan.key_names, plan.keys, strict=True)]
    columns.append(f"make_timestamp(t) AS {identifier(plan.event_time)}")
    columns += [f"make_timestamp(known) AS {identifier(plan.created)}"] if plan.created else []
    columns += [f"told.{plan.value(name)} AS {identifier(name)}" for name in plan.columns]
    return ", ".join(columns)

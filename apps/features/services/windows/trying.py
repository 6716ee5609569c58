"""Windows tried before they are made: the kernel over the first events, in the two steps in which it is computed.

The user's SELECT runs apart, the kernel's own SQL in the lake, over rows that are kept nowhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from apps.features.services.naming import column_list
from apps.features.services.windows.declaring import plan_of
from apps.features.services.windows.events import ALIAS, events_sql
from apps.features.services.windows.kernel import change_points_sql
from apps.features.services.windows.plans import Plan
from foundation import lake
from foundation.identity import Actor
from foundation.lake import LakeFailed, SqlFailed
from foundation.lake.ports import TableAt
from foundation.quoting import identifier

if TYPE_CHECKING:
    from apps.features.models import FeatureView

# The kernel holds each change point against all that its windows see: fifty quantiles of so many take some seconds.
_EVENTS, _SAMPLE_ROWS = 1_000, 10_000
# What arrives is taken to be known at its own time: how windows go on, not how they begin with what is old already.
_BEFORE_ALL_US = -(1 << 62)


def notes_on_windows(actor: Actor, view: FeatureView, at: TableAt) -> tuple[str, ...]:
    """What computing the view over its first events tells, in words; it need not be saved.

    The same events are looked at but once, within `lake.sandbox.asked_once`.
    """
    plan = plan_of(view)
    events = events_sql(view, plan, step=1, arrived_us=_BEFORE_ALL_US)
    question = ("windows", actor.tenant_id, events, change_points_sql(plan), at)
    return lake.sandbox.once(question, lambda: _tried(actor, plan, events, at))


def _tried(actor: Actor, plan: Plan, events: str, at: TableAt) -> tuple[str, ...]:
    try:
        found = _counted(actor, plan, events, at)
    except (SqlFailed, LakeFailed) as failure:
        said = _("Over the first events the windows could not be computed: %(sentence)s")
        return (said % {"sentence": failure.sentence},)
    if not found["events"]:
        return ()
    if not found["points"]:
        said = _(
            "Over the first events no window holds anything: each has no key or time, or became known only when its "
            "windows had closed."
        )
        return (said,)
    missing = [one.name for place, one in enumerate(plan.aggregations) if not found[f"n{place}"]]
    if not missing:
        return ()
    said = _("Over the first events %(features)s is missing throughout. Is it of the right column?")
    return (said % {"features": column_list(missing)},)


def _counted(actor: Actor, plan: Plan, events: str, at: TableAt) -> dict[str, Any]:
    """How many events there are, how many change points, and in how many of them each aggregate has a value."""
    limits: dict[str, Any] = {"limit_rows": _EVENTS, "sample_rows": _SAMPLE_ROWS, "timeout_s": 20}
    rows = lake.sandbox.run(actor.tenant_id, events, {ALIAS: at}, **limits).read_all()
    counts = "".join(f", count({identifier(one.name)}) AS n{place}" for place, one in enumerate(plan.aggregations))
    sql = f"SELECT count(*) AS points{counts} FROM ({change_points_sql(plan)})"  # noqa: S608 - names are quoted
    (found,) = lake.for_tenant(actor.tenant_id).query(sql, {ALIAS: rows}).read_all().to_pylist()
    return {**found, "events": rows.num_rows}

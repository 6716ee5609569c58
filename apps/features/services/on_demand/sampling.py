"""A definition tried on rows that are there: some of the newest of the views that it uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from apps.features import policies, selectors
from apps.features.choices import BuildState
from apps.features.services.on_demand.defining import check_definition
from apps.features.services.on_demand.reckoning import reckoned
from foundation import lake
from foundation.identity import Actor
from foundation.quoting import identifier

if TYPE_CHECKING:
    from apps.projects.models import Project

SAMPLE_ROWS = 8


def try_on_sample(
    *,
    actor: Actor,
    project: Project,
    features: Sequence[Mapping[str, Any]],
    request: Mapping[str, str] | None = None,
    uses: Sequence[Mapping[str, Any]] = (),
    given: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """The used features of some rows of their views, the newest first, with what is made of them; nothing is kept.

    Values of the request are those `given`, the same in each row. What the actor sees masked is left out, and missing
    to the expressions. Rows of several views are put side by side, though they need not be of one entity.
    """
    policies.check_can_define(actor, project)
    found = check_definition(actor=actor, project=project, request=request or {}, uses=uses, features=features)
    rows: list[dict[str, Any]] = [{} for _row in range(SAMPLE_ROWS)]
    there = 0
    for part in found.uses:
        newest = _newest(actor, part)
        there = max(there, len(newest))
        for row, more in zip(rows, newest, strict=False):
            row |= more
    definition = {"inputs": found.inputs, "features": found.features}
    asked = {name: value for name, value in given.items() if name in found.request}
    return [{**row, **reckoned(definition, {**row, **asked}, found.request)} for row in rows[:there]]


def _newest(actor: Actor, part: Mapping[str, Any]) -> list[dict[str, Any]]:
    view = selectors.get_view(actor=actor, view_id=part["view"])
    if view.state != BuildState.READY:
        return []
    masks = selectors.masks_of_view(actor, view)
    names = [name for name in part["features"] if name not in masks]
    if not names:
        return []
    columns = ", ".join(identifier(name) for name in names)
    sql = f"SELECT {columns} FROM rows ORDER BY {identifier(view.event_time)} DESC LIMIT {SAMPLE_ROWS}"  # noqa: S608
    found: list[dict[str, Any]] = (
        lake.for_tenant(view.tenant_id).query(sql, {"rows": selectors.view_table(view)}).read_all().to_pylist()
    )
    return found

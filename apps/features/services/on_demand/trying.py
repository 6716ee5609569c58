"""A definition tried before it is made: its expressions over the first rows of the views that it uses.

They go through the evaluator as a batch, as for a training set, and some of them singly, as for a request.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from apps.features import selectors
from apps.features.choices import BuildState
from apps.features.models import OnDemandView
from apps.features.services.naming import column_list
from apps.features.services.on_demand.columns import DerivedColumns
from foundation import lake
from foundation.identity import Actor
from foundation.lake.ports import TableAt
from foundation.quoting import identifier

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS, _ROWS_WITHOUT_VIEWS = 1_000, 64
# What stands for a value of a request: a zero, a sign, nothing in a text, both truths, and times far apart.
_BROUGHT: dict[str, Sequence[Any]] = {
    "number": (1.0, 0.0, -2.5, 100.0),
    "text": ("a", ""),
    "truth": (True, False),
    "moment": (1_704_110_400_000_000, 951_782_400_000_000),
}
_Part = tuple[TableAt, tuple[str, ...]]


def notes_on_expressions(actor: Actor, view: OnDemandView) -> tuple[str, ...]:
    """What the expressions give over rows that are there, in words; the view need not be saved.

    A feature is tried where all that it is made of has rows and is clear to the actor. The same is looked at but once,
    within `lake.sandbox.asked_once`.
    """
    parts = tuple(_parts(actor, view))
    there = {*view.request, *(name for _at, names in parts for name in names)}
    tried = [one["name"] for one in view.features if one["from"] and there.issuperset(one["from"])]
    if not tried:
        return ()
    question = ("expressions", actor.tenant_id, view.definition_digest, parts)
    return lake.sandbox.once(question, lambda: tuple(_tried(actor, view, parts, tried)))


def _parts(actor: Actor, view: OnDemandView) -> list[_Part]:
    """Of each view that has rows where they lie, and what of them is taken and clear to the actor."""
    found = []
    for part in view.uses:
        used = selectors.get_view(actor=actor, view_id=part["view"])
        if used.state != BuildState.READY or not used.row_count:
            continue
        masks = selectors.masks_of_view(actor, used)
        if names := tuple(name for name in part["features"] if name not in masks):
            found.append((selectors.view_table(used), names))
    return found


def _tried(actor: Actor, view: OnDemandView, parts: Sequence[_Part], names: list[str]) -> list[str]:
    columns = _columns(actor, view, parts)
    derived = DerivedColumns(view, {name: name for name in columns}, names)
    derived.of_batch(_batch(columns))
    notes = []
    if missing := [name for name in names if derived.missing[name] == derived.rows]:
        said = _("Over the first rows of its views %(features)s is missing throughout. Is that what is meant?")
        if view.request:
            said = _(
                "Tried with some values of our own for what a request brings, %(features)s is missing throughout. Is "
                "that what is meant?"
            )
        notes.append(said % {"features": column_list(missing)})
    if derived.differences:
        said = _("%(count)d values differ between a batch and single rows: no training set would be kept.")
        notes.append(said % {"count": derived.differences})
    return notes


def _columns(actor: Actor, view: OnDemandView, parts: Sequence[_Part]) -> dict[str, Any]:
    """Rows of several views side by side, though they need not be of one entity; beside them what a request brings."""
    tables = [_first_rows(actor, at, names) for at, names in parts]
    rows = min((table.num_rows for table in tables), default=_ROWS_WITHOUT_VIEWS)
    found = {name: table.column(name).slice(0, rows) for table in tables for name in table.column_names}
    return {**found, **_brought(view, rows)}


def _first_rows(actor: Actor, at: TableAt, names: Sequence[str]) -> pa.Table:
    columns = ", ".join(map(identifier, names))
    sql = f"SELECT {columns} FROM rows LIMIT {_ROWS}"  # noqa: S608 - names are quoted
    return lake.for_tenant(actor.tenant_id).query(sql, {"rows": at}).read_all()


def _brought(view: OnDemandView, rows: int) -> dict[str, Any]:
    """Of each value of a request what may come, so that all of them meet one another where there are rows enough."""
    import pyarrow as pa

    found, turns = {}, 1
    for name in sorted(view.request):
        kind = view.inputs[name]
        values = _BROUGHT[kind]
        told = [values[row // turns % len(values)] for row in range(rows)]
        found[name] = pa.array(told, pa.timestamp("us") if kind == "moment" else None)
        turns *= len(values)
    return found


def _batch(columns: dict[str, Any]) -> pa.RecordBatch:
    import pyarrow as pa

    whole = {name: values.combine_chunks() if hasattr(values, "chunks") else values for name, values in columns.items()}
    return pa.RecordBatch.from_pydict(whole)

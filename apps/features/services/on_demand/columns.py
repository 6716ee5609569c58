"""On-demand features of a training set: what they are made of there, and their columns, written with the join.

The joined rows go by in batches through the evaluator that serves requests, so memory is bounded by one batch. Of the
first rows each is reckoned singly, too, as for a request, and compared: a difference keeps the set from being kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from apps.features import selectors
from apps.features.errors import DefinitionRefused, LeakageFound
from apps.features.models import OnDemandView, TrainingSet
from apps.features.services.naming import column_list
from foundation.identity import Actor
from foundation.words import kept as _

if TYPE_CHECKING:
    import pyarrow as pa

    from apps.projects.models import Project

CHECKED_ROWS = 200


@dataclass(frozen=True)
class Taken:
    """On-demand features that a training set takes, and the base columns that stand for the values of a request."""

    view: OnDemandView
    request: dict[str, str]
    names: list[str]

    def as_json(self) -> dict[str, Any]:
        return {"id": str(self.view.pk), "request": self.request, "features": self.names}

    def needed(self) -> set[str]:
        return needed_for(self.view, self.names)


@dataclass
class DerivedColumns:
    """One on-demand view in one training set, and what was counted while its columns were written."""

    view: OnDemandView
    # {input of the expressions: column of the joined rows}
    columns: dict[str, str]
    names: list[str]
    rows: int = 0
    checked: int = 0
    differences: int = 0
    missing: dict[str, int] = field(default_factory=dict)
    # What they are called in the rows that come out; as in the view where nothing is said.
    called: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For the proof: counts, and what the features are derived from."""
        return {
            "view": str(self.view),
            "on_demand_id": str(self.view.pk),
            "digest": self.view.definition_digest,
            "features": self.names,
            "from": sorted(set(self.columns.values())),
            "rows": self.rows,
            "missing": {name: self.missing.get(name, 0) for name in self.names},
            "checked": self.checked,
            "differences": self.differences,
        }

    def definition(self) -> dict[str, Any]:
        whole = self.view.definition()
        inputs = {name: kind for name, kind in whole["inputs"].items() if name in self.columns}
        return {"inputs": inputs, "features": [one for one in whole["features"] if one["name"] in self.names]}

    def of_batch(self, batch: pa.RecordBatch) -> dict[str, pa.Array]:
        from runtime.expressions import program_of

        program = program_of(self.definition())
        given = {name: batch.column(column) for name, column in self.columns.items()}
        found = program.batch(given, batch.num_rows)
        self.rows += batch.num_rows
        for name, values in found.items():
            self.missing[name] = self.missing.get(name, 0) + values.null_count
        more = min(CHECKED_ROWS - self.checked, batch.num_rows)
        if more > 0:
            self._compare(program, {name: one.slice(0, more) for name, one in given.items()}, found, more)
        return found

    def _compare(self, program: Any, given: Mapping[str, pa.Array], found: Mapping[str, pa.Array], rows: int) -> None:
        cells = {name: values.to_pylist() for name, values in given.items()}
        batch = {name: values.slice(0, rows).to_pylist() for name, values in found.items()}
        for at in range(rows):
            single = program.row({name: values[at] for name, values in cells.items()})
            self.differences += sum(_plain(single[name]) != batch[name][at] for name in self.names)
        self.checked += rows


def _plain(value: Any) -> Any:
    """A moment as a table has it: in UTC, without its zone."""
    return value.replace(tzinfo=None) if hasattr(value, "tzinfo") else value


def taken(
    *, actor: Actor, project: Project, given: Sequence[Any], types: Mapping[str, str], label: str, chosen: Sequence[Any]
) -> list[Taken]:
    """What is asked for, checked against the base columns and the joined views; an id alone takes all by their names.

    `given` holds ids or {"id", "request": {value: base column}, "features": names or None}.
    """
    found = [_taken(actor, project, one if isinstance(one, Mapping) else {"id": one}, types) for one in given]
    joined = {(str(view.pk), name) for view, _keys, names in chosen for name in names}
    for one in found:
        check_request_columns(one, types, label)
        _check_joined(actor, one, joined)
    return found


def _taken(actor: Actor, project: Project, part: Mapping[str, Any], types: Mapping[str, str]) -> Taken:
    view = selectors.get_on_demand_view(actor=actor, on_demand_id=UUID(str(part["id"])))
    if view.project_id != project.pk:
        raise _refused(_("%(view)s belongs to another project.") % {"view": view})
    names = list(part.get("features") or view.feature_names)
    if unknown := [name for name in names if name not in view.feature_names]:
        raise _refused(_("%(view)s has no feature %(names)s.") % {"view": view, "names": column_list(unknown)})
    asked = part.get("request") or {}
    if unknown := [name for name in asked if name not in view.request]:
        raise _refused(_("%(view)s asks for no value %(names)s.") % {"view": view, "names": column_list(unknown)})
    needed = needed_for(view, names)
    return Taken(view, {name: asked.get(name, name) for name in view.request if name in needed}, names)


def needed_for(view: OnDemandView, names: Sequence[str]) -> set[str]:
    """What these features of it are made of: values of the request, and features of views."""
    return {source for one in view.features if one["name"] in names for source in one["from"]}


def check_request_columns(one: Taken, types: Mapping[str, str], label: str = "") -> None:
    """DefinitionRefused where a column that stands for a value of a request is not there, or holds something else."""
    from runtime.expressions import DECLARED, kind_of_sql

    for name, column in one.request.items():
        values = {"view": one.view, "name": name, "column": column}
        if column not in types:
            said = _("%(view)s needs “%(name)s”, but the data has no column “%(column)s”. Say which column holds it.")
            raise _refused(said % values)
        if column == label:
            said = _("“%(column)s” is what is to be predicted, so %(view)s cannot be reckoned from it.")
            raise _refused(said % values)
        if kind_of_sql(types[column]) != DECLARED[one.view.request[name]]:
            said = _("%(view)s takes “%(name)s” as %(declared)s; the column “%(column)s” is of type %(type)s.")
            raise _refused(said % {**values, "declared": one.view.request[name], "type": types[column]})


def _check_joined(actor: Actor, one: Taken, joined: set[tuple[str, str]]) -> None:
    needed = one.needed()
    for part in one.view.uses:
        if lacking := [name for name in part["features"] if name in needed and (part["view"], name) not in joined]:
            view = selectors.get_view(actor=actor, view_id=UUID(part["view"]))
            said = _("%(on_demand)s is made of %(names)s of %(view)s. Join these features, too.")
            raise _refused(said % {"on_demand": one.view, "names": column_list(lacking), "view": view})


def _refused(sentence: str) -> DefinitionRefused:
    return DefinitionRefused(sentence, fields={"on_demand": [sentence]})


def derived_of(training_set: TrainingSet) -> list[DerivedColumns]:
    """The on-demand features of a training set, with the joined columns that they are made of."""
    ids = [UUID(part["id"]) for part in training_set.on_demand]
    views = {str(view.pk): view for view in OnDemandView.objects.filter(tenant_id=training_set.tenant_id, pk__in=ids)}
    found = []
    for part in training_set.on_demand:
        view = views[part["id"]]
        columns = {name: part["request"].get(name, name) for name in sorted(needed_for(view, part["features"]))}
        found.append(DerivedColumns(view, columns, part["features"]))
    return found


def request_columns(training_set: TrainingSet) -> list[str]:
    """Base columns that stand for values of requests."""
    return sorted({column for part in training_set.on_demand for column in part["request"].values()})


def check_alike(derived: Sequence[DerivedColumns]) -> None:
    """LeakageFound where a row reckoned singly was another one than in its batch."""
    if differences := sum(one.differences for one in derived):
        raise LeakageFound(
            _("%(count)d on-demand values differ between a batch and single rows; nothing is kept.")
            % {"count": differences}
        )


def only_needed(training_set: TrainingSet) -> set[str]:
    """Columns that on-demand features alone are made of: they are not kept."""
    kept = {*training_set.base_features, training_set.group, training_set.label, training_set.event_time}
    kept |= {column for part in training_set.views for column in part["keys"].values()}
    return set(request_columns(training_set)) - kept


def widened(
    rows: pa.RecordBatchReader, without: Collection[str], derived: Sequence[DerivedColumns]
) -> pa.RecordBatchReader:
    """Joined rows with the derived columns beside them, and without those that only they needed."""
    import pyarrow as pa

    kept = [name for name in rows.schema.names if name not in without]
    fields = [rows.schema.field(name) for name in kept]
    empty = pa.RecordBatch.from_arrays([pa.nulls(0, one.type) for one in rows.schema], schema=rows.schema)
    more = {one.called.get(name, name): v.type for one in derived for name, v in one.of_batch(empty).items()}
    schema = pa.schema([*fields, *(pa.field(name, kind) for name, kind in more.items())])

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in rows:
            made = {one.called.get(name, name): v for one in derived for name, v in one.of_batch(batch).items()}
            arrays = [*(batch.column(name) for name in kept), *(made[name] for name in more)]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    return pa.RecordBatchReader.from_batches(schema, batches())

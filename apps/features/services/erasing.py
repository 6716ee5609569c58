"""A person taken out of what was made of versions: feature views with their values online, and training sets.

Each that was made of a reached version is destroyed whole, as versions are; the newest, and what it is made of, is
made anew from the successors by its own definition.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Max, QuerySet

from apps.datasets import selectors as datasets
from apps.datasets import services as dataset_services
from apps.datasets.choices import ErasedKind
from apps.datasets.services import Reached, Search
from apps.features import selectors
from apps.features.choices import NEXT, BuildState
from apps.features.events import (
    FeatureViewDefined,
    FeatureViewDestroyed,
    FeatureViewFailed,
    TrainingSetDefined,
    TrainingSetDestroyed,
    TrainingSetFailed,
)
from apps.features.models import FeatureView, TrainingSet
from apps.features.services.building import build_training_set, end_unmade_set
from apps.features.services.computing import compute_view, end_unmade_view
from apps.features.services.defining import definition_digest
from apps.features.services.online import drop_online
from apps.projects.services import lock_project
from foundation import lake, ledger, states, storage
from foundation.clock import now
from foundation.errors import PortalError, Unavailable
from foundation.identity import Actor
from foundation.jobs import JobHandle
from foundation.lake.ports import TableAt

Thing = TypeVar("Thing", FeatureView, TrainingSet)


class ViewReach(dataset_services.Reach):
    rank = 20
    kinds = frozenset({ErasedKind.FEATURE_VIEW})

    def look(self, search: Search) -> list[Reached]:
        rows = selectors.visible_views(actor=search.actor, project_id=search.project_id)
        ready = list(rows.filter(state=BuildState.READY).exclude(lake_snapshot=None).order_by("created_at"))
        found = []
        for view in ready:
            count = _rows_in(search, selectors.view_table(view))
            if count or _inputs(view) & search.reached:
                found.append(_reached(ErasedKind.FEATURE_VIEW, view, count, _inputs(view), ready))
        return found

    def rebuild(self, job: JobHandle, erasure_id: UUID, search: Search, found: Sequence[Reached]) -> None:
        for one in found:
            _rebuild_view(job, erasure_id, search, one.id)

    def successor(self, successor_id: UUID) -> str:
        return _name_of_ready(FeatureView, successor_id)

    def begin(self, actor: Actor, ids: Collection[UUID]) -> None:
        _begin(FeatureView, ids)

    def clear(self, job: JobHandle, ids: Collection[UUID]) -> None:
        with job.scope():
            views = list(FeatureView.objects.filter(pk__in=ids))
        for view in views:
            drop_online(view)
            storage.delete(view.tenant_id, view.profile_key)

    def tables(self, ids: Collection[UUID]) -> list[str]:
        return [f"fv_{pk.hex}" for pk in _with_unmade(FeatureView, ids)]

    def end(self, actor: Actor, ids: Collection[UUID]) -> None:
        for view in _ended(FeatureView, ids):
            view.first_profile, view.online_keys, view.online_at = {}, None, None
            view.save()
            gone = FeatureViewDestroyed(view_id=view.pk, digest=view.digest)
            ledger.record(gone, actor=actor, project_id=view.project_id, subject=("feature_view", view.pk))

    def unfinished(self, search: Search) -> list[str]:
        rows = selectors.visible_views(actor=search.actor, project_id=search.project_id)
        return [str(view) for view in rows.filter(state=BuildState.BUILDING) if _inputs(view) & search.reached]


class TrainingSetReach(dataset_services.Reach):
    rank = 30
    kinds = frozenset({ErasedKind.TRAINING_SET})

    def look(self, search: Search) -> list[Reached]:
        rows = selectors.visible_training_sets(actor=search.actor, project_id=search.project_id)
        ready = list(rows.filter(state=BuildState.READY).exclude(lake_snapshot=None).order_by("created_at"))
        found = []
        for row in ready:
            count = _rows_in(search, selectors.training_table(row))
            if count or _is_made_of(row, search, count):
                found.append(_reached(ErasedKind.TRAINING_SET, row, count, _parts(row), ready))
        return found

    def rebuild(self, job: JobHandle, erasure_id: UUID, search: Search, found: Sequence[Reached]) -> None:
        for one in found:
            _rebuild_set(job, erasure_id, search, one.id)

    def successor(self, successor_id: UUID) -> str:
        return _name_of_ready(TrainingSet, successor_id)

    def begin(self, actor: Actor, ids: Collection[UUID]) -> None:
        _begin(TrainingSet, ids)

    def tables(self, ids: Collection[UUID]) -> list[str]:
        return [f"ts_{pk.hex}" for pk in _with_unmade(TrainingSet, ids)]

    def end(self, actor: Actor, ids: Collection[UUID]) -> None:
        for row in _ended(TrainingSet, ids):
            row.save()
            gone = TrainingSetDestroyed(training_set_id=row.pk, digest=row.digest)
            ledger.record(gone, actor=actor, project_id=row.project_id, subject=("training_set", row.pk))

    def unfinished(self, search: Search) -> list[str]:
        rows = selectors.visible_training_sets(actor=search.actor, project_id=search.project_id)
        return [str(row) for row in rows.filter(state=BuildState.BUILDING) if _parts(row) & search.reached]


def _inputs(view: FeatureView) -> set[UUID]:
    return {UUID(pk) for pk in view.inputs.values()}


def _views(row: TrainingSet) -> set[UUID]:
    return {UUID(part["view"]) for part in row.views}


def _parts(row: TrainingSet) -> set[UUID]:
    return {row.base_version_id, *_views(row)}


def _is_made_of(row: TrainingSet, search: Search, count: int | None) -> bool:
    """Whether something of the person may be in it. Counted to none by its own column, its views alone may hold it."""
    return bool((_parts(row) if count is None else _views(row)) & search.reached)


def _rows_in(search: Search, at: TableAt) -> int | None:
    """How many rows are the person's by any column that stands for the one searched; None where there is no such."""
    names = selectors.columns_meant(actor=search.actor, project_id=search.project_id, column=search.column)
    if search.dataset_id is not None:
        # Elsewhere a column of this name may name something else: what was made of the dataset is reached by that.
        return None
    try:
        there = [column.name for column in lake.for_tenant(search.actor.tenant_id).schema(at) if column.name in names]
    except lake.TableMissing:
        return None  # nobody is in a table that is not there
    return max((search.count(at, column) for column in there), default=None)


def _reached(
    kind: ErasedKind, thing: Thing, rows: int | None, inputs: Iterable[UUID], ready: Sequence[Thing]
) -> Reached:
    newest = max(one.number for one in ready if one.name == thing.name)
    return Reached(
        kind=kind,
        id=thing.pk,
        name=str(thing),
        rows=rows,
        digest=thing.digest,
        inputs=tuple(inputs),
        newest=thing.number == newest,
    )


def _name_of_ready(model: type[Thing], pk: UUID) -> str:
    made = model.objects.filter(pk=pk, state=BuildState.READY).first()
    return str(made) if made else ""


def _begin(model: type[Thing], ids: Collection[UUID]) -> None:
    rows = model.objects.select_for_update(of=("self",)).filter(pk__in=ids, state=BuildState.READY).order_by("pk")
    for row in rows:
        states.move(row, BuildState.DESTROYING, NEXT)
        row.save(update_fields=["state"])


def _with_unmade(model: type[Thing], ids: Collection[UUID]) -> set[UUID]:
    """These, and those of their projects that failed or were cancelled: their rows were dropped, and not their keys."""
    projects = model.objects.filter(pk__in=ids).values("project_id")
    unmade: QuerySet[Any] = model.objects.filter(
        project_id__in=projects, state__in=[BuildState.FAILED, BuildState.CANCELLED]
    )
    return {*ids, *unmade.values_list("pk", flat=True)}


def _ended(model: type[Thing], ids: Collection[UUID]) -> Iterable[Thing]:
    """Those that are being destroyed, as destroyed; to be saved by the caller."""
    rows = model.objects.select_for_update(of=("self",)).filter(pk__in=ids, state=BuildState.DESTROYING)
    for row in rows.order_by("pk"):
        states.move(row, BuildState.DESTROYED, NEXT)
        row.destroyed_at, row.lake_table = now(), ""
        yield row


def _rebuild_view(job: JobHandle, erasure_id: UUID, search: Search, pk: UUID) -> None:
    new = dataset_services.successor_id(erasure_id, pk)
    with job.scope():
        old = FeatureView.objects.select_related("entity").get(pk=pk)
        inputs = {alias: _now(erasure_id, search, UUID(given)) for alias, given in old.inputs.items()}
        if not FeatureView.objects.filter(pk=new).exists():
            if not all(_version_is_there(job.actor, given) for given in inputs.values()):
                return
            _define_view(job.actor, old, new, inputs)
    try:
        compute_view(job=job, view_id=new)
    except Unavailable:
        raise
    except PortalError as refusal:
        with job.scope():
            end_unmade_view(new, BuildState.FAILED, refusal.sentence, FeatureViewFailed, job.actor)


def _define_view(actor: Actor, old: FeatureView, new: UUID, inputs: dict[str, UUID]) -> None:
    kept = ("project_id", "entity", "name", "description", "sql", "event_time", "created_column", "ttl_seconds")
    view = FeatureView.objects.create(
        pk=new,
        tenant_id=old.tenant_id,
        number=_next_number(old),
        inputs={alias: str(pk) for alias, pk in inputs.items()},
        features=old.features,
        definition_digest=definition_digest(
            old.sql, inputs, old.entity, old.event_time, old.created_column, old.ttl_seconds
        ),
        created_by=actor.user,
        **{name: getattr(old, name) for name in kept},
    )
    defined = FeatureViewDefined(view_id=view.pk, number=view.number, definition_digest=view.definition_digest)
    ledger.record(defined, actor=actor, project_id=view.project_id, subject=("feature_view", view.pk))


def _rebuild_set(job: JobHandle, erasure_id: UUID, search: Search, pk: UUID) -> None:
    new = dataset_services.successor_id(erasure_id, pk)
    with job.scope():
        old = TrainingSet.objects.get(pk=pk)
        base = _now(erasure_id, search, old.base_version_id)
        views = [{**part, "view": str(_now(erasure_id, search, UUID(part["view"])))} for part in old.views]
        if not TrainingSet.objects.filter(pk=new).exists():
            ready = FeatureView.objects.filter(pk__in=[part["view"] for part in views], state=BuildState.READY).count()
            if not _version_is_there(job.actor, base) or ready < len({part["view"] for part in views}):
                return
            _define_set(job.actor, old, new, base, views)
    try:
        build_training_set(job=job, training_set_id=new)
    except Unavailable:
        raise
    except PortalError as refusal:
        with job.scope():
            end_unmade_set(new, BuildState.FAILED, refusal.sentence, TrainingSetFailed, job.actor)


def _define_set(actor: Actor, old: TrainingSet, new: UUID, base: UUID, views: list[dict[str, Any]]) -> None:
    kept = ("project_id", "name", "description", "label", "event_time", "group", "window_start", "window_end")
    known = datasets.get_version(actor=actor, version_id=base).column_names
    of_views = {name for part in views for name in part["features"]}
    row = TrainingSet.objects.create(
        pk=new,
        tenant_id=old.tenant_id,
        number=_next_number(old),
        base_version_id=base,
        base_features=[name for name in old.base_features if name in known],
        views=views,
        # Building adds the keys and the times that prove the join.
        columns=[c for c in old.columns if c["role"] not in {"key", "proof"} and c["name"] in {*known, *of_views}],
        created_by=actor.user,
        **{name: getattr(old, name) for name in kept},
    )
    defined = TrainingSetDefined(training_set_id=row.pk, base_version_id=base, number=row.number)
    ledger.record(defined, actor=actor, project_id=row.project_id, subject=("training_set", row.pk))


def _now(erasure_id: UUID, search: Search, pk: UUID) -> UUID:
    """What stands in the place of a thing: its successor where it was reached, else itself."""
    return dataset_services.successor_id(erasure_id, pk) if pk in search.reached else pk


def _version_is_there(actor: Actor, pk: UUID) -> bool:
    try:
        datasets.table_at(datasets.get_version(actor=actor, version_id=pk))
    except PortalError:
        return False
    return True


def _next_number(old: FeatureView | TrainingSet) -> int:
    lock_project(project_id=old.project_id)
    same = type(old).objects.filter(project_id=old.project_id, name=old.name)
    return 1 + (same.aggregate(n=Max("number"))["n"] or 0)

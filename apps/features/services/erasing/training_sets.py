"""Training sets without a person, joined anew from what took the place of their parts."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.datasets import selectors as datasets
from apps.datasets import services as dataset_services
from apps.datasets.choices import ErasedKind
from apps.datasets.services import Search
from apps.features import selectors
from apps.features.choices import BuildState
from apps.features.events import TrainingSetDefined, TrainingSetDestroyed, TrainingSetFailed
from apps.features.models import FeatureService, FeatureView, OnDemandView, TrainingSet
from apps.features.services.building import build_training_set, end_unmade_set
from apps.features.services.drifting import forget_drift
from apps.features.services.erasing.followers import successor_of
from apps.features.services.erasing.tables import TableReach, next_number, now_of, version_is_there
from apps.tenants.choices import BinKind
from foundation import ledger, storage
from foundation.errors import PortalError, Unavailable
from foundation.identity import Actor
from foundation.jobs import JobHandle


class TrainingSetReach(TableReach[TrainingSet]):
    rank = 30
    kinds = frozenset({ErasedKind.TRAINING_SET})
    kind, model, prefix = ErasedKind.TRAINING_SET, TrainingSet, "ts_"
    bin_kind = BinKind.TRAINING_SET

    def clear(self, job: JobHandle, ids: Collection[UUID]) -> None:
        with job.scope():
            rows = list(TrainingSet.objects.filter(pk__in=ids))
        for row in rows:
            storage.delete(row.tenant_id, row.report_key)
            forget_drift(row)

    def _visible(self, search: Search) -> QuerySet[TrainingSet]:
        return selectors.visible_training_sets(actor=search.actor, project_id=search.project_id)

    def _parts(self, thing: TrainingSet) -> set[UUID]:
        return {thing.base_version_id, *_views(thing)}

    def _is_made_of(self, thing: TrainingSet, search: Search, count: int | None) -> bool:
        """Counted to none by its own column, its views alone may hold the person."""
        return bool((self._parts(thing) if count is None else _views(thing)) & search.reached)

    def _rebuild(self, job: JobHandle, erasure_id: UUID, search: Search, pk: UUID) -> None:
        new = dataset_services.successor_id(erasure_id, pk)
        with job.scope():
            old = TrainingSet.objects.get(pk=pk)
            base = now_of(erasure_id, search, old.base_version_id)
            views = [{**part, "view": str(now_of(erasure_id, search, UUID(part["view"])))} for part in old.views]
            if not TrainingSet.objects.filter(pk=new).exists():
                ready = FeatureView.objects.filter(
                    pk__in=[part["view"] for part in views], state=BuildState.READY
                ).count()
                if not version_is_there(job.actor, base) or ready < len({part["view"] for part in views}):
                    return
                _define_set(job.actor, old, new, base, views, erasure_id)
        try:
            build_training_set(job=job, training_set_id=new, in_quota=False)
        except Unavailable:
            raise
        except PortalError as refusal:
            with job.scope():
                end_unmade_set(new, BuildState.FAILED, refusal.sentence, TrainingSetFailed, job.actor)

    def _gone(self, thing: TrainingSet) -> ledger.Event:
        return TrainingSetDestroyed(training_set_id=thing.pk, digest=thing.digest)


def _views(row: TrainingSet) -> set[UUID]:
    return {UUID(part["view"]) for part in row.views}


def _define_set(
    actor: Actor, old: TrainingSet, new: UUID, base: UUID, views: list[dict[str, Any]], erasure_id: UUID
) -> None:
    kept = (
        "project_id",
        "name",
        "description",
        "label",
        "event_time",
        "group",
        "window_start",
        "window_end",
    )
    on_demand = [
        {**part, "id": str(successor_of(OnDemandView, erasure_id, UUID(part["id"])))} for part in old.on_demand
    ]
    service_id = old.service_id and successor_of(FeatureService, erasure_id, old.service_id)
    known = datasets.get_version(actor=actor, version_id=base).column_names
    # On-demand features name columns by their names, which the successors have as well.
    of_views = {name for part in [*views, *old.on_demand] for name in part["features"]}
    row = TrainingSet.objects.create(
        pk=new,
        tenant_id=old.tenant_id,
        number=next_number(old),
        base_version_id=base,
        base_features=[name for name in old.base_features if name in known],
        views=views,
        service_id=service_id,
        on_demand=on_demand,
        # Building adds the keys and the times that prove the join.
        columns=[c for c in old.columns if c["role"] not in {"key", "proof"} and c["name"] in {*known, *of_views}],
        created_by=actor.user,
        ignores_known_since=old.ignores_known_since,
        **{name: getattr(old, name) for name in kept},
    )
    defined = TrainingSetDefined(training_set_id=row.pk, base_version_id=base, number=row.number)
    ledger.record(defined, actor=actor, project_id=row.project_id, subject=("training_set", row.pk))

"""Feature views without a person, with their values online."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.datasets import services as dataset_services
from apps.datasets.choices import ErasedKind
from apps.datasets.services import Reached, Search
from apps.features import selectors
from apps.features.choices import BuildState, EventSource
from apps.features.events import FeatureViewDefined, FeatureViewDestroyed, FeatureViewFailed
from apps.features.models import FeatureView
from apps.features.services import windows
from apps.features.services.computing import compute_view, end_unmade_view
from apps.features.services.defining import WATCHED, definition_digest
from apps.features.services.drifting import forget_drift
from apps.features.services.erasing.followers import follow_successors
from apps.features.services.erasing.tables import TableReach, next_number, now_of, version_is_there
from apps.features.services.online import drop_online
from apps.tenants.choices import BinKind
from foundation import ledger, storage
from foundation.errors import PortalError, Unavailable
from foundation.identity import Actor
from foundation.jobs import JobHandle


class ViewReach(TableReach[FeatureView]):
    rank = 20
    kinds = frozenset({ErasedKind.FEATURE_VIEW})
    follows = frozenset({"on_demand_view", "feature_service"})
    kind, model, prefix = ErasedKind.FEATURE_VIEW, FeatureView, "fv_"
    bin_kind = BinKind.FEATURE_VIEW
    # The work that destroys what was removed may wait, or have failed.
    kept = selectors.KEPT | Q(state=BuildState.DESTROYING, removed=True)

    def clear(self, job: JobHandle, ids: Collection[UUID]) -> None:
        with job.scope():
            views = list(FeatureView.objects.filter(pk__in=ids))
        for view in views:
            drop_online(view)
            storage.delete(view.tenant_id, view.profile_key)
            forget_drift(view)

    def tables(self, ids: Collection[UUID]) -> list[str]:
        """Those of windows have events beside their rows, and all had a place where rows lay for a while."""
        mine = [UUID(table.removeprefix(self.prefix)) for table in super().tables(ids)]
        return [table for view_id in mine for table in windows.tables_of(view_id)]

    def rebuild(self, job: JobHandle, erasure_id: UUID, search: Search, found: Sequence[Reached]) -> None:
        super().rebuild(job, erasure_id, search, found)
        with job.scope():
            follow_successors(job.actor, erasure_id, [one.id for one in found])

    def _visible(self, search: Search) -> QuerySet[FeatureView]:
        """But for those that follow a stream: they are not made anew, and lose the person with it (`WindowReach`)."""
        rows = selectors.visible_views(actor=search.actor, project_id=search.project_id)
        # A view that has no source has no such path, and what is unknown would be left out as well.
        return rows.exclude(windows__source__kind__isnull=False, windows__source__kind=EventSource.STREAM.value)

    def _parts(self, thing: FeatureView) -> set[UUID]:
        return {UUID(pk) for pk in thing.inputs.values()}

    def _rebuild(self, job: JobHandle, erasure_id: UUID, search: Search, pk: UUID) -> None:
        new = dataset_services.successor_id(erasure_id, pk)
        with job.scope():
            old = FeatureView.objects.select_related("entity").get(pk=pk)
            inputs = {alias: now_of(erasure_id, search, UUID(given)) for alias, given in old.inputs.items()}
            if not FeatureView.objects.filter(pk=new).exists():
                if not all(version_is_there(job.actor, given) for given in inputs.values()):
                    return
                _define_view(job.actor, old, new, inputs)
        try:
            # It takes the place of the old one, which goes at once: an erasure is not held up by a quota.
            compute_view(job=job, view_id=new, in_quota=False)
        except Unavailable:
            raise
        except PortalError as refusal:
            with job.scope():
                end_unmade_view(new, BuildState.FAILED, refusal.sentence, FeatureViewFailed, job.actor)

    def _gone(self, thing: FeatureView) -> ledger.Event:
        thing.first_profile, thing.online_keys, thing.online_at = {}, None, None
        thing.online_bytes = thing.online_event_at = thing.stale_since = None
        return FeatureViewDestroyed(view_id=thing.pk, digest=thing.digest)


def _define_view(actor: Actor, old: FeatureView, new: UUID, inputs: dict[str, UUID]) -> None:
    kept = [
        "project_id",
        "entity",
        "name",
        "kind",
        "description",
        "owner_id",
        "tags",
        "sql",
        "event_time",
        "created_column",
        "ttl_seconds",
        "timeless_inputs",
        "hindsight",
        *WATCHED,
    ]
    told = windows.from_successor(old.windows, inputs)
    view = FeatureView.objects.create(
        pk=new,
        tenant_id=old.tenant_id,
        number=next_number(old),
        inputs={alias: str(pk) for alias, pk in inputs.items()},
        features=old.features,
        windows=told,
        definition_digest=definition_digest(
            *(old.sql, inputs, old.entity, old.event_time, old.created_column, old.ttl_seconds),
            *([told] if told else []),
            *([{"timeless": old.timeless_inputs}] if old.timeless_inputs else []),
        ),
        created_by=actor.user,
        **{name: getattr(old, name) for name in kept},
    )
    defined = FeatureViewDefined(view_id=view.pk, number=view.number, definition_digest=view.definition_digest)
    ledger.record(defined, actor=actor, project_id=view.project_id, subject=("feature_view", view.pk))

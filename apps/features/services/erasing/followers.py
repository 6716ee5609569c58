"""On-demand features and services that name a view without rows: their next version takes what came in its place.

The features are called and typed as before, so what was said of them holds of the successor. Only the newest version of
a name goes on; what pins an older one keeps it, and its page says what to do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Max, QuerySet

from apps.datasets import services as dataset_services
from apps.features.choices import GONE, BuildState
from apps.features.events import FeatureServiceDefined, OnDemandViewDefined
from apps.features.models import FeatureService, FeatureView, OnDemandView
from apps.features.services.on_demand.defining import Definition
from apps.features.services.serving import service_digest
from apps.projects.services import lock_project
from foundation import ledger
from foundation.identity import Actor

_Named = FeatureService | OnDemandView


def follow_successors(actor: Actor, erasure_id: UUID, old_ids: Sequence[UUID]) -> None:
    """Have what names these views name their successors, where those are ready and have the same features.

    Each is made once for an erasure, however often it is tried.
    """
    olds = FeatureView.objects.filter(pk__in=old_ids).order_by("project_id")
    taken: dict[UUID, dict[str, str]] = {}
    for old in olds:
        new = FeatureView.objects.filter(
            pk=dataset_services.successor_id(erasure_id, old.pk), state=BuildState.READY
        ).first()
        if new is not None and _kinds(new) == _kinds(old):
            taken.setdefault(old.project_id, {})[str(old.pk)] = str(new.pk)
    for project_id, views in taken.items():
        lock_project(project_id=project_id)
        computed = {
            str(one.pk): str(_next_on_demand(actor, erasure_id, one, views))
            for one in _newest(OnDemandView.objects.filter(removed_at=None), project_id)
            if views.keys() & set(one.view_ids)
        }
        for service in _newest(FeatureService.objects.filter(removed_at=None), project_id):
            _next_service(actor, erasure_id, service, views, computed)


def successor_of(model: type[_Named], erasure_id: UUID, pk: UUID) -> UUID:
    """What took its place in this erasure; itself where nothing did."""
    new = dataset_services.successor_id(erasure_id, pk)
    return new if model._default_manager.filter(pk=new).exists() else pk


def _kinds(view: FeatureView) -> list[tuple[str, str]]:
    return [(feature["name"], feature["type"]) for feature in view.features]


def _newest(there: QuerySet[Any], project_id: UUID) -> list[Any]:
    rows = there.filter(project_id=project_id)
    return list(rows.order_by("name", "-number").distinct("name"))


def _next_on_demand(actor: Actor, erasure_id: UUID, old: OnDemandView, views: Mapping[str, str]) -> UUID:
    pk = dataset_services.successor_id(erasure_id, old.pk)
    uses = [{**part, "view": views.get(part["view"], part["view"])} for part in old.uses]
    found = Definition(old.request, uses, old.inputs, old.features)
    new = OnDemandView.objects.create(
        pk=pk,
        number=_number(old),
        uses=uses,
        definition_digest=found.digest,
        created_by=actor.user,
        **_kept(old, "request", "inputs", "features"),
    )
    defined = OnDemandViewDefined(on_demand_view_id=pk, number=new.number, definition_digest=found.digest)
    ledger.record(defined, actor=actor, project_id=new.project_id, subject=("on_demand_view", pk))
    return pk


def _next_service(
    actor: Actor, erasure_id: UUID, old: FeatureService, views: Mapping[str, str], computed: Mapping[str, str]
) -> None:
    parts = [{**part, "view": views.get(part["view"], part["view"])} for part in old.views]
    on_demand = [{**part, "id": computed.get(part["id"], part["id"])} for part in old.on_demand]
    named = [part["view"] for part in parts]
    if (parts, on_demand) == (old.views, old.on_demand) or _is_gone(named):
        return
    digest = service_digest(parts, on_demand)
    new = FeatureService.objects.create(
        pk=dataset_services.successor_id(erasure_id, old.pk),
        number=_number(old),
        views=parts,
        on_demand=on_demand,
        definition_digest=digest,
        created_by=actor.user,
        **_kept(old),
    )
    defined = FeatureServiceDefined(service_id=new.pk, number=new.number, definition_digest=digest)
    ledger.record(defined, actor=actor, project_id=new.project_id, subject=("feature_service", new.pk))


def _is_gone(view_ids: Sequence[str]) -> bool:
    return FeatureView.objects.filter(pk__in=view_ids, state__in=GONE).exists()


def _number(old: _Named) -> int:
    same = type(old)._default_manager.filter(project_id=old.project_id, name=old.name)
    return 1 + (same.aggregate(n=Max("number"))["n"] or 0)


def _kept(old: _Named, *more: str) -> dict[str, Any]:
    names = ("tenant_id", "project_id", "name", "description", "owner_id", "tags", *more)
    return {name: getattr(old, name) for name in names}

"""Who may listen to the feature store's topics, how its things stand in a chain, and which tables they keep."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.datasets import services as datasets
from apps.features import selectors, services
from apps.features.choices import BuildState
from apps.projects import services as projects
from apps.streams import services as streams
from apps.tenants import services as tenants
from apps.tenants.choices import BinKind
from foundation import ledger, live
from foundation.errors import NotFound
from foundation.identity import Actor
from foundation.lake import keeping
from foundation.ledger import RecordedEvent
from foundation.web import chain, lineage

_CHANGES = (
    "dataset_version.column_classified",
    "dataset_version.columns_classified",
    "feature_service.defined",
    "feature_service.binned",
    "feature_service.removed",
    "feature_service.restored",
    "feature_view.binned",
    "feature_view.destroyed",
    "feature_view.ready",
    "feature_view.removal_requested",
    "feature_view.removed",
    "feature_view.restored",
    "feature_view.skew_watched",
)

# After these somebody may see less than before: what they were admitted to is asked for anew.
_LESS = (
    "group.deleted",
    "group.left",
    "membership.removed",
    "membership.role_changed",
    "membership.suspended",
    "permission.taken_back",
    "project_role.taken_back",
    "service_account.disabled",
    "service_account.role_changed",
    "support.ended",
    "tenant.suspended",
)


def register() -> None:
    _keep_catalogue()
    services.register_on_demand(services.OnDemandOfProject())
    tenants.register_export("features", services.feature_part)
    tenants.register_kept("features", services.tables_measured)
    for kind in _CHANGES:
        ledger.subscribe(kind, name="features.plans", handler=_plans_changed)
    ledger.subscribe("token.revoked", name="features.readers", handler=_token_revoked)
    for kind in _LESS:
        ledger.subscribe(kind, name="features.readers", handler=_may_see_less)
    for word in ("column_classified", "columns_classified"):
        ledger.subscribe(f"dataset_version.{word}", name="features.readers", handler=_may_be_masked)
    live.register_topic("feature_view", check=lambda actor, pk: selectors.get_view(actor=actor, view_id=pk))
    live.register_topic(
        "training_set", check=lambda actor, pk: selectors.get_training_set(actor=actor, training_set_id=pk)
    )
    chain.register("feature_view", _view_link)
    chain.register("on_demand_view", _on_demand_link)
    chain.register("training_set", _training_set_link)
    chain.register_upwards("dataset_version", _made_of_version)
    chain.register_upwards("feature_view", _made_of_view)
    chain.register_upwards("on_demand_view", _made_on_demand)
    lineage.register("feature_view", selectors.view_things)
    lineage.register("on_demand_view", selectors.on_demand_things)
    lineage.register("training_set", selectors.training_set_things)
    lineage.register_above("dataset_version", selectors.made_of_versions)
    lineage.register_above("feature_view", selectors.made_of_views)
    lineage.register_above("on_demand_view", selectors.made_on_demand)
    tenants.register_bin(BinKind.FEATURE_VIEW, services.FeatureViewBin())
    tenants.register_bin(BinKind.TRAINING_SET, services.TrainingSetBin())
    tenants.register_bin(BinKind.FEATURE_SERVICE, services.FeatureServiceBin())
    tenants.register_bin(BinKind.ON_DEMAND_VIEW, services.OnDemandBin())
    projects.register_farewell("features", services.FeatureFarewell())
    datasets.register_reach(services.ViewReach())
    datasets.register_reach(services.TrainingSetReach())
    datasets.register_reach(services.ViewMentionReach())
    datasets.register_reach(services.WindowReach())
    streams.register_follower(services.stream_committed)
    keeping.register("fv_", named=selectors.view_tables_named, over=selectors.views_over)
    keeping.register("we_", named=selectors.sources_followed, over=selectors.views_over, grows=True)
    for beside in ("wn_", "ht_", "hw_"):
        keeping.register(beside, over=selectors.views_over)
    keeping.register("ts_", named=selectors.set_tables_named, over=selectors.sets_over)
    keeping.register("hr_", named=selectors.retrieval_tables_named, over=selectors.retrievals_over)
    keeping.register("hl_", over=selectors.joins_over)
    keeping.register("js_", over=selectors.joins_over)
    live.register_topic("retrieval", check=lambda actor, pk: selectors.get_retrieval(actor=actor, retrieval_id=pk))
    for kind in ("feature_view.binned", "feature_view.destroyed", "feature_view.removed", "dataset_version.destroyed"):
        ledger.subscribe(kind, name="features.retrievals", handler=_forget_what_rests_on)


def _forget_what_rests_on(event: RecordedEvent) -> None:
    gone = event.payload.get("view_id") or event.payload["version_id"]
    services.forget_retrievals_of(event.tenant_id, {UUID(gone)})


def _plans_changed(_event: RecordedEvent) -> None:
    """What the gateway knows of views may have changed with this: it asks anew."""
    services.plans_changed()


def _token_revoked(event: RecordedEvent) -> None:
    services.end_readers_of(token_id=UUID(event.payload["token_id"]))


def _may_see_less(event: RecordedEvent) -> None:
    """Names at the store of one person or service account end; where a group or the tenant lost something, all do."""
    told = event.payload
    holder = told.get("user_id") or told.get("service_account_id")
    if told.get("holder") in {"user", "service_account"}:
        holder = told["holder_id"]
    services.end_readers_in(tenant_id=event.tenant_id, holder_id=UUID(holder) if holder else None)


def _may_be_masked(event: RecordedEvent) -> None:
    """Who reads views of this version opened all of its values, which may be masked for them from now on."""
    if selectors.is_read_by_views(UUID(event.payload["version_id"])):
        services.end_readers_in(tenant_id=event.tenant_id)


def _keep_catalogue() -> None:
    """What is searched for follows what happens to views, training sets and classes, in that order."""
    for word in ("defined", "ready", "binned", "restored", "destroyed", "removed"):
        ledger.subscribe(f"feature_view.{word}", name="features.catalogue", handler=_view_changed)
    ledger.subscribe("training_set.ready", name="features.catalogue", handler=_training_set_ready)
    for word in ("column_classified", "columns_classified"):
        ledger.subscribe(f"dataset_version.{word}", name="features.catalogue", handler=_classes_said)
    # By a name of its own, from the first event on: what was defined before it was kept up is noted as well.
    for word in ("defined", "binned", "restored", "removed"):
        ledger.subscribe(f"on_demand_view.{word}", name="features.catalogue_on_demand", handler=_on_demand_changed)
    ledger.subscribe("training_set.ready", name="features.catalogue_on_demand", handler=_training_set_ready)


def _on_demand_changed(event: RecordedEvent) -> None:
    services.note_on_demand(on_demand_id=UUID(event.payload["on_demand_view_id"]))


def _view_changed(event: RecordedEvent) -> None:
    services.note_view(view_id=UUID(event.payload["view_id"]))


def _training_set_ready(event: RecordedEvent) -> None:
    services.note_training_set(training_set_id=UUID(event.payload["training_set_id"]))


def _classes_said(event: RecordedEvent) -> None:
    services.note_classes(tenant_id=event.tenant_id, version_id=UUID(event.payload["version_id"]))


def _view_link(actor: Actor, view_id: UUID) -> chain.Link | None:
    try:
        view = selectors.get_view(actor=actor, view_id=view_id)
    except NotFound:
        return None
    node = chain.ChainNode(
        kind="feature_view",
        name=str(view),
        state=view.state,
        state_label=str(BuildState(view.state).label),
        at=view.created_at,
        url=reverse("features:view_detail", args=[actor.tenant.slug, view.project.slug, view.pk]),
        digest=selectors.digest_for(actor, view) or view.definition_digest,
        actor=str(view.created_by or ""),
        owner_id=view.created_by_id,
        broken_reason=selectors.destroyed_in_words(view),
    )
    return chain.Link(
        node, made_from=tuple(("dataset_version", UUID(pk)) for pk in dict.fromkeys(view.inputs.values()))
    )


def _on_demand_link(actor: Actor, on_demand_id: UUID) -> chain.Link | None:
    try:
        view = selectors.get_on_demand_view(actor=actor, on_demand_id=on_demand_id, removed=True)
    except NotFound:
        return None
    node = chain.ChainNode(
        kind="on_demand_view",
        name=str(view),
        at=view.created_at,
        url=reverse("features:on_demand_detail", args=[actor.tenant.slug, view.project.slug, view.pk]),
        digest=view.definition_digest,
        actor=str(view.created_by or ""),
        owner_id=view.created_by_id,
        broken_reason=selectors.removed_in_words(view),
    )
    return chain.Link(node, made_from=tuple(("feature_view", UUID(pk)) for pk in view.view_ids))


def _training_set_link(actor: Actor, training_set_id: UUID) -> chain.Link | None:
    try:
        row = selectors.get_training_set(actor=actor, training_set_id=training_set_id)
    except NotFound:
        return None
    violations = row.leakage_proof.get("violations", 0)
    leaked = str(_("%(count)d values are younger than their label") % {"count": violations}) if violations else ""
    node = chain.ChainNode(
        kind="training_set",
        name=str(row),
        state=row.state,
        state_label=str(BuildState(row.state).label),
        at=row.created_at,
        url=reverse("features:training_set_detail", args=[actor.tenant.slug, row.project.slug, row.pk]),
        digest=selectors.digest_for(actor, row),
        actor=str(row.created_by or ""),
        owner_id=row.created_by_id,
        broken_reason=selectors.destroyed_in_words(row) or leaked,
    )
    below = [("feature_view", UUID(part["view"])) for part in row.views]
    below += [("on_demand_view", UUID(part["id"])) for part in row.on_demand]
    return chain.Link(node, made_from=(*below, ("dataset_version", row.base_version_id)))


def _made_of_version(actor: Actor, version_id: UUID) -> Iterable[chain.Reference]:
    sets = selectors.training_sets_of_version(actor=actor, version_id=version_id)
    views = selectors.views_of_version(actor=actor, version_id=version_id)
    return [*(("training_set", row.pk) for row in sets), *(("feature_view", view.pk) for view in views)]


def _made_of_view(actor: Actor, view_id: UUID) -> Iterable[chain.Reference]:
    rows = selectors.visible_training_sets(actor=actor).filter(views__contains=[{"view": str(view_id)}])
    made = [("training_set", pk) for pk in rows.values_list("pk", flat=True)]
    on_demand = selectors.visible_on_demand_views(actor=actor).filter(uses__contains=[{"view": str(view_id)}])
    return [*made, *(("on_demand_view", view.pk) for view in on_demand)]


def _made_on_demand(actor: Actor, on_demand_id: UUID) -> Iterable[chain.Reference]:
    return [("training_set", row.pk) for row in selectors.training_sets_with(actor=actor, on_demand_id=on_demand_id)]

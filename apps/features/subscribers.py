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
from apps.tenants import services as tenants
from foundation import ledger, live
from foundation.errors import NotFound
from foundation.identity import Actor
from foundation.lake import keeping
from foundation.ledger import RecordedEvent
from foundation.web import chain, lineage


def register() -> None:
    _keep_catalogue()
    tenants.register_export("features", services.feature_part)
    tenants.register_kept("features", services.tables_measured)
    live.register_topic("feature_view", check=lambda actor, pk: selectors.get_view(actor=actor, view_id=pk))
    live.register_topic(
        "training_set", check=lambda actor, pk: selectors.get_training_set(actor=actor, training_set_id=pk)
    )
    chain.register("feature_view", _view_link)
    chain.register("training_set", _training_set_link)
    chain.register_upwards("dataset_version", _made_of_version)
    chain.register_upwards("feature_view", _made_of_view)
    lineage.register("feature_view", selectors.view_things)
    lineage.register("training_set", selectors.training_set_things)
    lineage.register_above("dataset_version", selectors.made_of_versions)
    lineage.register_above("feature_view", selectors.made_of_views)
    projects.register_farewell("features", services.FeatureFarewell())
    datasets.register_reach(services.ViewReach())
    datasets.register_reach(services.TrainingSetReach())
    datasets.register_reach(services.ViewMentionReach())
    keeping.register("fv_", named=selectors.view_tables_named, over=selectors.views_over)
    keeping.register("ts_", named=selectors.set_tables_named, over=selectors.sets_over)


def _keep_catalogue() -> None:
    """What is searched for follows what happens to views, training sets and classes, in that order."""
    for word in ("defined", "ready", "destroyed"):
        ledger.subscribe(f"feature_view.{word}", name="features.catalogue", handler=_view_changed)
    ledger.subscribe("training_set.ready", name="features.catalogue", handler=_training_set_ready)
    for word in ("column_classified", "columns_classified"):
        ledger.subscribe(f"dataset_version.{word}", name="features.catalogue", handler=_classes_said)


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
    return chain.Link(node, made_from=(*below, ("dataset_version", row.base_version_id)))


def _made_of_version(actor: Actor, version_id: UUID) -> Iterable[chain.Reference]:
    sets = selectors.training_sets_of_version(actor=actor, version_id=version_id)
    views = selectors.views_of_version(actor=actor, version_id=version_id)
    return [*(("training_set", row.pk) for row in sets), *(("feature_view", view.pk) for view in views)]


def _made_of_view(actor: Actor, view_id: UUID) -> Iterable[chain.Reference]:
    rows = selectors.visible_training_sets(actor=actor)
    return [("training_set", row.pk) for row in rows if any(part["view"] == str(view_id) for part in row.views)]

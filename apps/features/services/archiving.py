"""What features give to a tenant's archive: how views, services and training sets were defined, what features mean."""

from __future__ import annotations

from collections.abc import Iterator

from apps.features import selectors
from apps.tenants import services as tenants
from foundation.identity import Actor


def feature_part(actor: Actor) -> Iterator[tenants.File]:
    """One file of JSON each; what they computed comes again from the datasets and the definitions.

    What was removed goes along, and says by its `state`, or by `binned` and `removed_at`, whether it lies in the bin.
    """
    with tenants.in_scope_of(actor):
        entities = list(selectors.visible_entities(actor=actor))
        views = list(selectors.visible_views(actor=actor).select_related("project"))
        on_demand = list(selectors.visible_on_demand_views(actor=actor, removed=True))
        services = list(selectors.visible_services(actor=actor, removed=True))
        sets = list(selectors.visible_training_sets(actor=actor).select_related("project"))
        features = selectors.visible_features(actor=actor, every_version=True, with_binned=True)
        described = list(features.exclude(description=""))
    yield "features/entities.json", tenants.as_json([tenants.fields_of(row) for row in entities])
    told = [{"view": str(row.home), "feature": row.name, "description": row.description} for row in described]
    yield "features/descriptions.json", tenants.as_json(told)
    parts = (("views", views), ("on_demand", on_demand), ("services", services), ("training_sets", sets))
    for kind, rows in parts:
        for row in rows:
            path = f"features/{row.project.slug}/{kind}/{row.name}-v{row.number}.json"
            yield path, tenants.as_json(tenants.fields_of(row))

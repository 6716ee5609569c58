"""One of each thing of the feature store, and the address of every page of it."""

from __future__ import annotations

import pytest
from django.urls import reverse

from apps.features import selectors, services
from apps.features.urls import project_patterns
from tests.apps.features.stage import deliver_events

HERE = {"tenant": "acme", "project": "flights"}


@pytest.fixture
def things(made, project, scientist, written):
    """One of each thing that an address under features names, by the name of its variable."""
    view, training_set = made
    by = {"actor": scientist, "project": project}
    computed = services.define_on_demand(
        **by,
        name="context",
        request={"bar": "number"},
        uses=[{"view": str(view.pk), "features": None}],
        features=[{"name": "much", "expression": "spent > bar"}],
    )
    parts = {"views": [{"view": view.pk, "features": ["spent"]}], "on_demand": [{"id": computed.pk, "features": None}]}
    service = services.define_service(**by, name="spenders", **parts)
    asked = {"event_time": "seen", "features": ["spending:spent"], "keys": {"person": "customer"}}
    retrieval = services.ask_for_history(**by, base_version_id=training_set.base_version_id, upload_id=None, **asked)
    deliver_events()
    feature = selectors.visible_features(actor=scientist, project_id=project.pk).filter(view=view).first()
    return {
        "view_id": view.pk,
        "entity_id": view.entity_id,
        "service_id": service.pk,
        "on_demand_id": computed.pk,
        "training_set_id": training_set.pk,
        "retrieval_id": retrieval.pk,
        "feature_id": feature.pk,
    }


def addresses(things):
    """Every address of a page under features, by its name; rows and charts are files, and no pages."""
    for pattern in project_patterns:
        words = {name: things[name] for name in pattern.pattern.converters if name in things}
        if words.keys() == pattern.pattern.converters.keys() and not str(pattern.pattern).endswith(".json"):
            yield pattern.name, reverse(f"features:{pattern.name}", kwargs={**HERE, **words})


def main_of(client, path):
    answer = client.get(path)
    return answer.content.decode().partition("<main")[2].partition("</main>")[0] if answer.status_code == 200 else ""

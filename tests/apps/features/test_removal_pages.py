"""The pages that remove a version say what is in the way before anything is typed, and offer no form then."""

from __future__ import annotations

from apps.deployments.models import Revision
from apps.features import services
from tests.apps.features.shared import *  # noqa: F403
from tests.apps.features.test_registry import by, deployed, service

__all__ = ["by", "deployed", "service"]

FEATURES = "/t/acme/p/flights/features/"
TYPED = 'name="confirmation"'


def test_a_view_that_a_model_and_a_service_use_is_not_offered_for_removal(
    deployed, view, service, admin, scientist, client_as
):
    client, here = client_as(admin), f"{FEATURES}views/{view.pk}/remove/"
    page = client.get(here).content.decode()
    assert "carrier_delay v1 is used by models that answer predictions: Late flights r1." in page
    assert "carrier_delay v1 is part of feature services: late_flights v1." in page
    assert f'<a href="{FEATURES}services/{service.pk}/"' in page
    assert f'<a href="/t/acme/p/flights/deployments/{deployed.deployment_id}/"' in page
    assert (TYPED in page, 'aria-disabled="true"' in page) == (False, True)
    refused = client.post(here, {"confirmation": "carrier_delay v1", "break_chain": "on"})
    assert (refused.status_code, "part of feature services" in refused.content.decode()) == (422, True)

    Revision.objects.update(state="stopped")
    deployed.model_version.run.training_set.__class__.objects.update(service=None)
    page = client.get(here).content.decode()
    assert ("part of feature services" in page, "answer predictions:" in page) == (True, False)
    services.remove_service(actor=scientist, service=service)
    page = client.get(here).content.decode()
    assert (TYPED in page, 'name="break_chain"' in page, "In the way" in page) == (True, True, False)
    assert "The same by program" in page


def test_on_demand_features_that_a_service_and_a_training_set_use_are_not_either(
    view, by, define, flights, run_jobs, scientist, client_as
):
    features = [{"name": "much", "expression": "recent_delay * 2"}]
    computed = services.define_on_demand(**by, name="context", uses=[{"view": str(view.pk)}], features=features)
    client, here = client_as(scientist), f"{FEATURES}on-demand/{computed.pk}/remove/"
    page = client.get(here).content.decode()
    assert (TYPED in page, "In the way" in page) == (True, False)
    service = services.define_service(**by, name="late_flights", views=[], on_demand=[{"id": computed.pk}])
    parts = {"views": [{"view": view.pk}], "on_demand": [{"id": computed.pk}]}
    row = define.training_set(flights, "flights", event_time="moment", features=[], **parts)
    run_jobs()

    page = client.get(here).content.decode()
    assert "context v1 is part of feature services: late_flights v1." in page
    assert "context v1 was used for flights v1 (Training set), which name it for good." in page
    assert f'<a href="{FEATURES}services/{service.pk}/"' in page
    assert f'<a href="{FEATURES}training-sets/{row.pk}/"' in page
    assert (TYPED in page, 'aria-disabled="true"' in page) == (False, True)


def test_a_service_says_on_its_page_why_it_stays(deployed, service, by, view, client_as, scientist):
    client = client_as(scientist)
    page = client.get(f"{FEATURES}services/{service.pk}/").content.decode()
    assert "late_flights v1 was used for flights v1 (Training set)" in page
    assert f"{service.pk}/remove/" not in page
    free = services.define_service(**by, name="other", views=[{"view": view.pk, "features": None}])
    assert f"{free.pk}/remove/" in client.get(f"{FEATURES}services/{free.pk}/").content.decode()

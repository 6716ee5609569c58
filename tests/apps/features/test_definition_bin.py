"""What has no rows lies in the bin as well: services and on-demand features come back, or leave their number."""

from __future__ import annotations

import json

import pytest

from apps.features import selectors, services
from apps.features.choices import BuildState
from apps.features.models import FeatureService, FeatureView, OnDemandView
from apps.tenants import services as tenants
from apps.tenants.models import BinnedThing
from foundation.errors import AccessDenied, Conflict, Invalid, NotFound
from foundation.identity import Actor
from tests.apps.features.shared import *  # noqa: F403
from tests.apps.features.stage import LONG_AFTER, deliver_events, end_of_bin
from tests.support.history import acts_on, done_by
from tests.support.undo import press_undo

HERE = "/t/acme/p/flights/features/"


@pytest.fixture
def by(scientist, project):
    return {"actor": scientist, "project": project}


@pytest.fixture
def computed(view, by):
    uses = [{"view": str(view.pk), "features": None}]
    return services.define_on_demand(
        **by, name="context", uses=uses, features=[{"name": "much", "expression": "recent_delay * 2"}]
    )


@pytest.fixture
def service(by, view, computed):
    parts = {"views": [{"view": view.pk}], "on_demand": [{"id": computed.pk}]}
    return services.define_service(**by, name="late_flights", **parts)


def in_bin(thing):
    return BinnedThing.objects.get(thing_id=thing.pk)


def restore(actor, thing):
    return tenants.restore(actor=actor, binned=in_bin(thing))


def test_a_service_in_the_bin_is_asked_by_nobody_and_comes_back(service, scientist, viewer, by, project, client_as):
    asked = {"actor": scientist, "asked": {"service": "late_flights", "project": project.slug}}
    services.online_plan(**asked)
    services.remove_service(actor=scientist, service=service)
    with pytest.raises(NotFound):
        services.online_plan(**asked)
    with pytest.raises(NotFound, match="late_flights v1 lies in the bin"):
        selectors.get_service(actor=scientist, service_id=service.pk)
    assert not selectors.visible_services(actor=scientist).exists()
    with pytest.raises(AccessDenied):
        restore(viewer, service)
    page = client_as(scientist).get(f"{HERE}services/{service.pk}/").content.decode()
    assert "moved it into the bin" in page
    assert [act for act in ("remove", "deprecate", "edit") if f"{HERE}services/{service.pk}/{act}/" in page] == []
    assert services.define_service(**by, name="late_flights", views=service.views).number == 2

    restore(scientist, service)
    service.refresh_from_db()
    assert (service.removed_at, service.binned) == (None, False)
    assert {one.number for one in selectors.visible_services(actor=scientist)} == {1, 2}


def test_the_button_that_removed_a_service_takes_that_back(service, scientist, client_as):
    client = client_as(scientist)
    gone = client.post(f"{HERE}services/{service.pk}/remove/")
    assert FeatureService.objects.get().binned
    press_undo(client, gone["Location"])
    assert not FeatureService.objects.get().binned


def test_what_was_removed_for_good_is_on_the_ledger_and_nowhere_else(service, scientist, client_as, api_as):
    assert api_as(scientist).delete(f"/api/v1/feature-services/{service.pk}/").status_code == 204
    [row] = api_as(scientist).get("/api/v1/bin/").json()["results"]
    assert (row["kind"], row["name"]) == ("feature_service", "late_flights v1")
    assert end_of_bin() == 1
    assert client_as(scientist).get(f"{HERE}services/{service.pk}/").status_code == 404
    by_whom = (("defined", scientist), ("binned", scientist), ("removed", Actor.system(scientist.tenant, "bin")))
    wanted = [done_by(actor, f"feature_service.{word}") for word, actor in by_whom]
    assert acts_on("feature_service", service) == wanted


def test_on_demand_features_come_back_with_what_was_said_of_them(computed, scientist, api_as):
    deliver_events()
    [feature] = selectors.visible_features(actor=scientist).filter(on_demand=computed)
    services.describe_feature(actor=scientist, feature=feature, description="Twice as late")
    services.remove_on_demand(actor=scientist, view=computed, confirmation="context v1")
    deliver_events()
    assert not selectors.visible_features(actor=scientist, every_version=True).filter(on_demand=computed).exists()
    assert api_as(scientist).get("/api/v1/on-demand-views/?project=flights").json()["results"] == []
    restore(scientist, computed)
    deliver_events()
    [back] = selectors.visible_features(actor=scientist).filter(on_demand=computed)
    assert (back.pk, back.current, back.description) == (feature.pk, True, "Twice as late")


def test_nothing_comes_back_without_what_it_is_made_of(service, computed, view, scientist, admin, run_jobs, client_as):
    services.remove_service(actor=scientist, service=service)
    services.remove_on_demand(actor=scientist, view=computed, confirmation="context v1")
    services.ask_to_remove_view(actor=admin, view=view, confirmation=str(view), break_chain=True)
    run_jobs()
    shown = client_as(scientist).get(f"{HERE}services/{service.pk}/")
    assert shown.status_code == 200 and "context v1" in shown.content.decode(), "it names what lies there beside it"
    with pytest.raises(NotFound, match="context v1: It lies in the bin"):
        selectors.get_on_demand_view(actor=scientist, on_demand_id=computed.pk)
    with pytest.raises(Conflict, match=r"context v1 is made of “carrier_delay v1”, in the bin as well\. Restore that"):
        restore(scientist, computed)
    with pytest.raises(Conflict, match="late_flights v1 is made of “carrier_delay v1”, in the bin as well"):
        restore(scientist, service)
    restore(admin, view)
    with pytest.raises(Conflict, match="late_flights v1 is made of “context v1”, in the bin as well"):
        restore(scientist, service)
    page = f"/t/acme/p/flights/data/bin/{in_bin(service).pk}/restore/"
    refused = client_as(scientist).post(page)
    assert refused.status_code == 422 and "Restore that first." in refused.content.decode()
    restore(scientist, computed)
    restore(scientist, service)
    assert not OnDemandView.objects.get().binned and not FeatureService.objects.get().binned


def test_what_it_was_made_of_may_be_gone_for_good(service, computed, view, scientist):
    services.remove_service(actor=scientist, service=service)
    FeatureView.objects.update(state=BuildState.DESTROYED)
    with pytest.raises(Conflict, match=r"“carrier_delay v1”, which is gone for good\. Define a new version instead"):
        restore(scientist, service)


def test_what_is_made_of_a_view_in_the_bin_says_so(computed, view, flights, by, admin, scientist, client_as):
    services.ask_to_remove_view(actor=admin, view=view, confirmation=str(view), break_chain=True)
    page = client_as(scientist).get(f"{HERE}on-demand/{computed.pk}/").content.decode()
    assert "carrier_delay v1 lies in the bin, so nothing is answered online" in page
    asked = {"base_version_id": flights.pk, "event_time": "moment", "features": ["context:much"]}
    with pytest.raises(Invalid, match="carrier_delay v1 lies in the bin, of which context v1 is made"):
        services.ask_for_history(**by, **asked)


def test_the_archive_of_an_organisation_holds_what_lies_in_the_bin(
    service, computed, view, flights, define, by, admin, scientist, run_jobs
):
    deliver_events()
    [feature] = selectors.visible_features(actor=scientist).filter(view=view)
    services.describe_feature(actor=scientist, feature=feature, description="How late of late")
    failed = define.training_set(flights, "late", event_time="moment", features=["carrier"], window_start=LONG_AFTER)
    run_jobs()
    failed.refresh_from_db()
    services.ask_to_remove_training_set(actor=admin, training_set=failed)
    services.remove_service(actor=scientist, service=service)
    services.remove_on_demand(actor=scientist, view=computed, confirmation="context v1")
    services.ask_to_remove_view(actor=admin, view=view, confirmation=str(view), break_chain=True)
    run_jobs()
    deliver_events()

    files = {path: json.loads(b"".join(content)) for path, content in services.feature_part(admin)}
    for path, mark in (
        ("views/carrier_delay-v1", ("state", "binned")),
        ("training_sets/late-v1", ("state", "binned")),
        ("on_demand/context-v1", ("binned", True)),
        ("services/late_flights-v1", ("binned", True)),
    ):
        assert mark in files[f"features/flights/{path}.json"].items()
    [told] = files["features/descriptions.json"]
    assert told == {"view": "carrier_delay v1", "feature": "recent_delay", "description": "How late of late"}

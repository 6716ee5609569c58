"""The bin by REST, client and command line."""

from __future__ import annotations

import pytest

from apps.tenants import services
from apps.tenants.models import BinnedThing, Webhook
from foundation.tenancy import scope
from tests.apps.tenants.bin_stage import binned, group, guest, make_webhook, webhook
from tests.support.people import make_person

__all__ = ["group", "guest", "webhook"]
REST = "/api/v1/bin/"


@pytest.fixture
def client(api_as, admin):
    return api_as(admin)


def test_it_is_listed_and_shown_without_what_is_kept(client, admin, group, webhook):
    services.delete_group(actor=admin, group=group)
    assert client.delete(f"/api/v1/webhooks/{webhook.pk}/").status_code == 204
    first, second = client.get(REST).json()["results"]
    assert [row["kind"] for row in (first, second)] == ["webhook", "group"]
    assert set(second) == {
        *("id", "kind", "thing_id", "project", "name", "people", "roles", "deleted_at", "deleted_by", "kept_until"),
    }
    assert (second["name"], second["people"], second["roles"]) == ("Fraud team", 2, 1)
    assert (second["thing_id"], second["deleted_by"]) == (str(group.pk), str(admin.user))
    assert client.get(f"{REST}{second['id']}/").json() == second


def test_it_is_restored_once(client, group):
    assert client.delete(f"/api/v1/groups/{group.pk}/").status_code == 204
    address = f"{REST}{binned().pk}/"
    answer = client.post(f"{address}restore/")
    expected = {"kind": "group", "thing_id": str(group.pk), "name": "Fraud team", "left_out": []}
    assert (answer.status_code, answer.json()) == (200, expected)
    assert client.get(f"/api/v1/groups/{group.pk}/").json()["people"] == 2
    assert client.post(f"{address}restore/").status_code == 404


def test_a_taken_name_is_a_conflict_in_words(client, admin, group):
    services.delete_group(actor=admin, group=group)
    services.create_group(actor=admin, name="Fraud team")
    answer = client.post(f"{REST}{binned().pk}/restore/")
    assert answer.status_code == 409 and "Rename or delete that one" in answer.json()["detail"]


def test_for_ever_wants_the_name(client, admin, group):
    services.delete_group(actor=admin, group=group)
    address = f"{REST}{binned().pk}/"
    assert client.delete(address).status_code == 422
    refused = client.delete(f"{address}?confirmation=Fraud")
    assert refused.status_code == 422 and refused.json()["errors"] == {"confirmation": ["Type Fraud team to confirm."]}
    assert client.delete(f"{address}?confirmation=Fraud%20team").status_code == 204
    assert not BinnedThing.objects.exists() and client.get(address).status_code == 404


def test_others_are_refused_and_another_tenant_is_told_nothing(api_as, admin, tenant, other_tenant, scientist, officer):
    services.webhooks.delete_webhook(actor=admin, webhook=make_webhook(admin))
    address = f"{REST}{binned().pk}/"
    builder, reader = api_as(scientist), api_as(officer)
    assert builder.get(REST).json()["results"] == [], "what lies there of data alone"
    assert builder.post(f"{address}restore/").status_code == 404
    assert builder.delete(f"{address}?confirmation=8.8.8.8").status_code == 404
    assert reader.get(REST).status_code == reader.post(f"{address}restore/").status_code == 403
    assert reader.delete(f"{address}?confirmation=8.8.8.8").status_code == 403
    with scope(other_tenant.pk):
        stranger = api_as(make_person(other_tenant, "admin"))
    assert stranger.get(REST).json()["results"] == []
    assert stranger.post(f"{address}restore/").status_code == 404
    assert stranger.delete(f"{address}?confirmation=8.8.8.8").status_code == 404
    with scope(tenant.pk):
        assert BinnedThing.objects.count() == 1 and not Webhook.objects.exists()

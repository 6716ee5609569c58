"""An API key that was withdrawn reads no feature any more, from the next request on."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from apps.features import services
from apps.features.services.online import online_store
from apps.tenants import services as tenants
from foundation import clock
from foundation.identity.models import ApiToken
from tests.apps.features.stage import deliver_events

ONLINE = "/api/v1/feature-views/online/"


@pytest.fixture
def withdraw(scientist):
    def withdrawing(row):
        tenants.revoke_token(actor=scientist, token=row, now=clock.now())

    return withdrawing


def test_the_next_request_over_rest_is_refused_and_another_key_goes_on(view, scientist, api_as, withdraw):
    api, another = api_as(scientist), api_as(scientist)
    first, _second = ApiToken.objects.filter(user=scientist.user).order_by("created_at", "pk")
    asked = {"views": [str(view.pk)], "entities": [{"carrier": "AA"}]}

    def read(client):
        return client.post(ONLINE, asked, content_type="application/json")

    assert read(api).json()["results"][0]["features"] == {"recent_delay": 50}
    withdraw(first)
    refused = read(api)
    assert (refused.status_code, b"recent_delay" in refused.content) == (401, False)
    assert read(another).json()["results"][0]["features"] == {"recent_delay": 50}


def test_the_name_at_the_store_that_was_given_to_the_key_ends_with_it(view, scientist, api_as, withdraw):
    api_as(scientist)
    key = ApiToken.objects.get(user=scientist.user)
    deliver_events("features.readers")
    before = set(online_store().admitted("sanad-reader"))
    for token_id in (key.pk, uuid4()):
        services.admit_reader(
            actor=replace(scientist, token_id=token_id), asked={"views": [str(view.pk)]}, now=clock.now()
        )
    given = set(online_store().admitted("sanad-reader")) - before
    assert len(given) == 2
    withdraw(key)
    deliver_events("features.readers")
    (left,) = given & set(online_store().admitted("sanad-reader"))
    assert key.pk.hex not in left
    services.end_readers_in(tenant_id=view.tenant_id)

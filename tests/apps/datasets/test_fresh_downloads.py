"""Rows leave the portal with somebody who just proved who they are, or with a token."""

from dataclasses import replace

import pytest

from apps.datasets import services
from foundation.access import StepUpRequired
from tests.apps.tenants.test_step_up import age


def test_a_session_left_open_downloads_nothing(ingested, scientist, client_as, api_as):
    version = ingested("delays.csv", b"carrier,delay\nUA,3\nAA,5\n")
    address = f"/t/acme/p/flights/data/versions/{version.pk}/rows.parquet"
    with pytest.raises(StepUpRequired):
        services.parquet_stream(actor=replace(scientist, stale=True), version=version)

    fresh = client_as(scientist)
    assert fresh.get(address).status_code == 200
    assert age(fresh).get(address).status_code == 403
    by_rest = age(client_as(scientist, Accept="application/json")).get(f"/api/v1/dataset-versions/{version.pk}/export/")
    assert by_rest.status_code == 403
    assert by_rest.json()["type"].endswith("/step-up-required")
    assert api_as(scientist).get(f"/api/v1/dataset-versions/{version.pk}/export/").status_code == 200

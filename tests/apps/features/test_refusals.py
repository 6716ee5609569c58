"""SQL and inputs of a feature view that reach for another tenant's data stand on the ledger of whoever wrote them."""

from __future__ import annotations

import json
from urllib.parse import urlencode
from uuid import uuid4

import pytest

DELAYS = b"carrier,moment,delay\nAA,2013-01-01 09:00:00,5\n"
PREVIEW = "/api/v1/feature-views/preview/"


@pytest.fixture
def delays(ingested):
    return ingested("delays.csv", DELAYS)


def preview(client, sql, version_id):
    asked = {"project": "flights", "sql": sql, "inputs": {"delays": str(version_id)}}
    return client.post(PREVIEW, json.dumps(asked), content_type="application/json")


def test_sql_that_names_another_tenants_table_is_told_to_the_ledger(
    api_as, scientist, delays, tenant, other_tenant, refused_events
):
    answer = preview(api_as(scientist), f"SELECT * FROM lake.t_{other_tenant.pk.hex}.secrets", delays.pk)

    assert answer.status_code == 422
    (event,) = refused_events(tenant)
    assert (event["route"], event["status"], event["reason"]) == ("api/v1/feature-views/preview", 422, "sql-refused")
    assert "secrets" not in str(event)
    assert refused_events(other_tenant) == []


def test_the_same_above_a_form(client_as, scientist, delays, tenant, refused_events):
    fields = {"act": "preview", "sql": "SELECT * FROM read_csv('/etc/passwd')", "name": "x"}
    answer = client_as(scientist).post(
        "/t/acme/p/flights/features/views/new/", urlencode(fields), content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 422
    assert [event["reason"] for event in refused_events(tenant)] == ["sql-refused"]


def test_another_tenants_version_as_input_is_told_to_the_ledger(api_as, scientist, delays, tenant, refused_events):
    assert preview(api_as(scientist), "SELECT * FROM delays", uuid4()).status_code == 404
    assert [(event["status"], event["reason"]) for event in refused_events(tenant)] == [(404, "not-found")]


def test_a_slip_in_a_query_is_no_refusal(api_as, scientist, delays, tenant, refused_events):
    client = api_as(scientist)
    assert preview(client, "SELECT * FROM delay", delays.pk).status_code == 422
    assert preview(client, "SELEC * FROM delays", delays.pk).status_code == 422
    assert preview(client, "SELECT nothing FROM delays", delays.pk).status_code == 422
    assert refused_events(tenant) == []

"""SQL and inputs of a feature view that reach for another tenant's data stand on the ledger of whoever wrote them."""

from __future__ import annotations

import json
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from foundation.errors import Conflict

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


def test_no_feature_is_made_of_a_column_that_nobody_has_classified(ingested_raw, scientist, project, api_as, carrier):
    from apps.datasets import services as datasets
    from apps.features import services

    delays = ingested_raw("delays.csv", DELAYS)
    words = {"actor": scientist, "project": project, "entity": carrier, "event_time": "moment"}
    words |= {"inputs": {"d": delays.pk}}

    def define(name, sql):
        return services.define_view(**words, name=name, sql=sql)

    for sql in ("SELECT carrier, moment, delay FROM d", "SELECT * FROM d", "FROM d", "SELECT d.* FROM d"):
        with pytest.raises(
            Conflict, match=r"no feature is made of them: carrier, moment, delay.*tab=profile"
        ) as refusal:
            define("a", sql)
        assert refusal.value.details["columns"] == ["carrier", "moment", "delay"]
    datasets.classify_columns(actor=scientist, version=delays, classes={"carrier": "public", "moment": "public"})
    with pytest.raises(Conflict, match="no feature is made of them: delay"):
        define("a", "SELECT carrier, moment, delay FROM d")
    assert define("b", "SELECT carrier, moment, count(*) AS n FROM d GROUP BY ALL").number == 1
    base = {"actor": scientist, "project": project, "name": "set", "base_version_id": delays.pk}
    with pytest.raises(Conflict, match="no feature is made of them: delay"):
        services.define_training_set(**base, label="carrier")
    assert services.define_training_set(**base, label="carrier", features=["moment"]).number == 1
    answer = preview(api_as(scientist), "SELECT delay FROM delays", delays.pk)
    assert (answer.status_code, "delay" in answer.json()["detail"]) == (409, True), answer.content

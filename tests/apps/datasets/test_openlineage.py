"""What is told as OpenLineage has it: valid by its specification, once each and in order, over real HTTP."""

from __future__ import annotations

import json
from datetime import datetime
from ipaddress import ip_network
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from apps.datasets import services
from apps.tenants import services as tenants
from apps.tenants.models import WebhookDelivery
from foundation import ledger
from foundation.clock import now
from foundation.errors import Conflict, Invalid
from tests.support.receivers import receiving


@pytest.fixture
def place(settings, tmp_path):
    settings.OUTBOUND_ALLOW = [ip_network("127.0.0.1/32")]
    settings.LEDGER_SIGNING_KEY_FILE = tmp_path / "secrets" / "ledger-signing.pem"
    settings.LEDGER_ANCHOR_FOLDER = tmp_path / "anchors"


def check_facet(facet):
    """Base facet: who says it, and where its shape is defined."""
    assert urlsplit(facet["_producer"]).scheme in {"http", "https"}
    name = facet["_schemaURL"].rpartition("/")[2]
    assert facet["_schemaURL"].startswith("https://openlineage.io/spec/facets/")
    needed = {
        "ErrorMessageRunFacet": {"message", "programmingLanguage"},
        "JobTypeJobFacet": {"processingType", "integration"},
        "SchemaDatasetFacet": {"fields"},
        "DatasourceDatasetFacet": {"name", "uri"},
        "DatasetVersionDatasetFacet": {"datasetVersion"},
        "OwnershipDatasetFacet": {"owners"},
        "ColumnLineageDatasetFacet": {"fields"},
        "DataQualityMetricsInputDatasetFacet": {"columnMetrics"},
        "OutputStatisticsOutputDatasetFacet": {"rowCount"},
    }[name]
    assert needed <= facet.keys()


def check_run_event(said):
    """What OpenLineage 2-0-2 says of a RunEvent: what must be there, and of which form."""
    assert {"eventTime", "producer", "schemaURL", "run", "job"} <= said.keys()
    assert said["schemaURL"] == "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
    assert said["eventType"] in {"START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"}
    assert datetime.fromisoformat(said["eventTime"]).tzinfo is not None
    assert str(UUID(said["run"]["runId"])) == said["run"]["runId"]
    datasets = [*said["inputs"], *said["outputs"]]
    assert all(isinstance(one["namespace"], str) and one["name"] for one in (said["job"], *datasets))
    for holder in (said["run"], said["job"], *datasets):
        for part in ("facets", "inputFacets", "outputFacets"):
            for facet in holder.get(part, {}).values():
                check_facet(facet)


def test_lineage_is_told_over_http_once_and_in_order(place, admin, scientist, project, written, run_jobs):
    trips = written("trips", b"carrier,delay\nAA,1\nBB,2\n")
    ledger.sequence_once()  # what was before is not told
    with receiving() as server:
        webhook, secret = tenants.webhooks.create_webhook(
            actor=admin,
            url=f"{server.url}/api/v1/lineage",
            kinds=[],
            shape="openlineage",
            namespace="sanad-test",
            token="open sesame",
            now=now(),
        )
        assert secret == ""
        late = services.create_dataset(actor=scientist, project=project, name="late")
        sql = "SELECT carrier AS who, delay * 2 AS twice FROM trips"
        services.derive_version(actor=scientist, dataset=late, sql=sql, inputs={"trips": trips.pk})
        bad = "SELECT CAST(carrier AS INTEGER) AS n FROM trips"
        services.derive_version(actor=scientist, dataset=late, sql=bad, inputs={"trips": trips.pk})
        run_jobs()
        tenants.webhooks.send_test_event(actor=admin, webhook=webhook, now=now())
        for _round in range(4):
            ledger.sequence_once()
            ledger.dispatch_once(name="tenants.webhooks")
            run_jobs()
        heard = [json.loads(one.body) for one in server.heard]
        assert all(one.headers["authorization"] == "Bearer open sesame" for one in server.heard)
    for said in heard:
        check_run_event(said)
    of_version = {}
    for said in heard:
        of_version.setdefault(said["run"]["runId"], []).append(said["eventType"])
    assert sorted(of_version.values()) == [["OTHER"], ["START", "COMPLETE"], ["START", "FAIL"]]

    done = next(said for said in heard if said["eventType"] == "COMPLETE")
    assert done["job"]["name"] == "flights.late.sql"
    assert [one["name"] for one in done["inputs"]] == ["flights.trips"]
    output = done["outputs"][0]
    assert output["outputFacets"]["outputStatistics"]["rowCount"] == 2
    assert output["facets"]["columnLineage"]["fields"]["twice"]["inputFields"] == [
        {"namespace": "sanad-test", "name": "flights.trips", "field": "delay"}
    ]
    failed = next(said for said in heard if said["eventType"] == "FAIL")
    assert "does not fit" in failed["run"]["facets"]["errorMessage"]["message"]
    assert "AA" not in json.dumps(failed)
    delivery = WebhookDelivery.objects.filter(webhook=webhook).first()
    assert "open sesame" not in json.dumps([one.request_headers for one in delivery.attempts.all()])

    with pytest.raises(Conflict, match="token"):
        tenants.webhooks.roll_webhook_secret(actor=admin, webhook=webhook, now=now())
    with pytest.raises(Invalid, match="namespace"):
        tenants.webhooks.create_webhook(actor=admin, url=f"{server.url}/x", kinds=[], shape="openlineage", now=now())

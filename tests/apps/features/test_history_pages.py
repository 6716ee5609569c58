"""The pages of features of the past: rows first, then what is wanted, a look, the join, its proof, and its end."""

from __future__ import annotations

import io
import json

import pyarrow.parquet as pq
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.datasets.models import Upload
from apps.features import selectors, services
from apps.features.choices import BuildState
from apps.features.models import Retrieval
from foundation import lake
from tests.apps.features.test_retrievals import ROWS, WANTED, as_order

FEATURES = "/t/acme/p/flights/features/"
NEW = f"{FEATURES}history/new/"


@pytest.fixture
def client(client_as, scientist):
    return client_as(scientist)


@pytest.fixture
def service(view, project, scientist):
    """A service of a view, and of a feature that is made of one of it which the service leaves out."""
    by = {"actor": scientist, "project": project}
    uses = [{"view": str(view.pk), "features": None}]
    features = [{"name": "much", "expression": "recent_delay > bar"}]
    computed = services.define_on_demand(**by, name="context", uses=uses, request={"bar": "number"}, features=features)
    return services.define_service(**by, name="delays", views=[], on_demand=[{"id": str(computed.pk)}])


def chosen(client, path, **more):
    """The fields of the form as it comes, with more typed in."""
    form = client.get(path).context["form"]
    first = {name: form[name].initial for name in form.fields}
    typed = {name: value for name, value in {**first, **more}.items() if value not in (None, False, "")}
    return typed, {name.split("_")[0]: name for name in form.fields}


def test_from_a_file_to_rows_and_their_end(
    client, client_as, viewer, view, run_jobs, scientist, django_capture_on_commit_callbacks
):
    assert "Nobody asked for features of the past" in client.get(FEATURES, {"show": "history"}).content.decode()
    assert "up to 32 MB" in client.get(NEW).content.decode()
    nothing = client.post(NEW, {"act": "send"})
    assert nothing.status_code == 422
    assert "Choose a file" in nothing.content.decode()
    broken = client.post(NEW, {"act": "send", "file": SimpleUploadedFile("rows.parquet", b"PAR1 not really")})
    assert broken.status_code == 422
    sent = client.post(NEW, {"act": "send", "file": SimpleUploadedFile("rows.csv", ROWS)})
    assert sent.status_code == 303
    path = sent["Location"]
    assert "First rows of <bdi>rows.csv</bdi>" in client.get(path).content.decode()

    typed, _named = chosen(client, path)
    refused = client.post(path, {**typed, "act": "look"})
    assert refused.status_code == 422
    assert "Choose a feature service, or features of a view." in refused.content.decode()
    use, take = f"use_{view.pk.hex}", f"take_{view.pk.hex}"
    typed |= {use: "on", take: ["recent_delay"]}
    looked = client.post(path, {**typed, "act": "look"})
    assert looked.status_code == 200, looked.context["form"].errors
    glance = looked.context["glance"]
    assert (glance.looked_at, [(one.joined, one.missing, one.expired) for one in glance.views]) == (7, [(4, 3, 0)])
    pairs = zip(glance.rows.column("carrier").to_pylist(), glance.rows.column("recent_delay").to_pylist(), strict=True)
    assert as_order(pairs) == as_order(WANTED)
    assert not Retrieval.objects.exists()
    assert not [one for one in lake.for_tenant(view.tenant_id).tables() if one.startswith(("hl_", "hr_"))]
    assert Upload.objects.get(filename="rows.csv").used_at is None

    made = client.post(path, typed)
    row = Retrieval.objects.get()
    here = f"{FEATURES}history/{row.pk}/"
    assert made["Location"] == here
    assert "this page follows by itself" in client.get(here).content.decode()
    assert "used already" in client.post(path, typed).content.decode()
    run_jobs()
    row.refresh_from_db()
    assert (row.state, row.row_count, row.made_from) == (BuildState.READY, 7, "rows.csv"), row.failure
    assert row.byte_count
    for tab, said in (
        ("", "Nothing leaked"),
        ("rows", "recent_delay"),
        ("asked", "carrier_delay v1"),
        ("programs", "client.features.history("),
        ("activity", "joined 7 rows"),
    ):
        assert said in client.get(here, {"tab": tab}).content.decode(), tab
    parquet = pq.read_table(io.BytesIO(b"".join(client.get(f"{here}rows/parquet/"))))
    assert parquet.num_rows == 7
    assert client.get(f"{here}rows/delta/").status_code == 404

    other = client_as(viewer)
    seen = other.get(here, {"tab": "rows"}).content.decode()
    assert "DLX" not in seen
    assert not other.get(here).context["may_read"].allowed
    assert other.get(f"{here}rows/csv/").status_code == 403
    assert other.post(f"{here}delete/").status_code == 403
    assert other.get(NEW).status_code == 403
    listed = client.get(FEATURES, {"show": "history", "by": "me", "q": "rows.csv"}).content.decode()
    assert "recent_delay" in listed
    file = json.loads(b"".join(client.get(FEATURES, {"show": "history", "export": "json"})))
    assert [one["row_count"] for one in file] == [7]
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(f"{here}delete/")["Location"] == f"{FEATURES}?show=history"
    assert client.get(here).status_code == 404
    assert not lake.for_tenant(view.tenant_id).exists(row.lake_table)


def test_a_service_with_what_is_made_of_features_is_asked_of_a_version(
    client, service, view, ingested, run_jobs, scientist
):
    rows = ingested(
        "labels.csv", b"airline,moment,limit_at\n" + b"AA,2013-01-10 09:00:00,10\nDLX,2013-01-05 00:00:00,10\n"
    )
    path = f"{NEW}?base={rows.pk}&service={service.pk}"
    typed, named = chosen(client, path)
    assert typed["service"] == str(service.pk)
    lacks = client.post(path, {**typed, "act": "look"})
    assert "The rows have no column “carrier”" in lacks.content.decode()
    typed |= {named["key"]: "airline", named["value"]: "limit_at"}
    looked = client.post(path, {**typed, "act": "look"})
    assert looked.status_code == 200, looked.content.decode()
    assert looked.context["glance"].rows.column_names == ["airline", "moment", "limit_at", "much"]
    assert client.post(path, typed).status_code == 303
    run_jobs()
    row = Retrieval.objects.get()
    assert row.state == BuildState.READY, row.failure
    table = lake.for_tenant(row.tenant_id).read(selectors.retrieval_table(row)).read_all()
    found = {one["airline"]: one["much"] for one in table.to_pylist()}
    assert found == {"AA": True, "DLX": False}
    assert not [name for name in table.column_names if name.startswith("__of_")]
    assert [one["name"] for one in row.columns] == ["airline", "moment", "limit_at", "much"]
    (derived,) = row.leakage_proof["derived"]
    assert (derived["from"], derived["differences"]) == (["bar", "recent_delay"], 0)
    page = client.get(f"{FEATURES}history/{row.pk}/", {"tab": "asked"}).content.decode()
    assert "delays v1" in page
    assert "what on-demand features are made of" in page


def test_what_a_reader_sees_masked_shows_in_no_look(view, flights, scientist, project):
    from dataclasses import replace
    from uuid import UUID

    from apps.datasets import selectors as datasets
    from apps.datasets import services as dataset_services

    version = datasets.versions_by_id({UUID(next(iter(view.inputs.values())))})[0]
    for covered, classes in ((version, {"delay": "personal"}), (flights, {"late": "personal"})):
        dataset_services.classify_columns(actor=scientist, version=covered, classes=classes)
    masked = replace(scientist, scopes=frozenset({"feature.define", "feature.view", "dataset.view"}))
    words = {"project": project, "event_time": "moment", "base_version_id": flights.pk}
    shown = [
        services.look_at_history(actor=one, features=["carrier_delay:*"], **words).rows for one in (scientist, masked)
    ]
    assert {5, 50, 7} & set(shown[0].column("recent_delay").to_pylist())
    assert not {5, 50, 7} & set(shown[1].column("recent_delay").to_pylist())
    assert not {0, 1} & set(shown[1].column("late").to_pylist())

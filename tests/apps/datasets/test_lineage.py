"""The picture of lineage on real versions: what SQL made, column by column, and what a stranger sees of it."""

from __future__ import annotations

import time

import pytest

from apps.datasets import services
from apps.datasets.models import Dataset, DatasetVersion


def page(client, kind, pk, **query):
    answer = client.get(f"/t/acme/p/flights/data/lineage/{kind}/{pk}/", query)
    assert answer.status_code == 200, answer.content.decode()[-2000:]
    return answer.content.decode()


@pytest.fixture
def chain(scientist, project, written, run_jobs):
    """Trips and carriers, and what SQL made of both."""
    trips = written("trips", b"carrier,delay\nAA,1\nBB,2\n")
    carriers = written("carriers", b"carrier,title\nAA,First\nBB,Second\n")
    late = services.create_dataset(actor=scientist, project=project, name="late")
    version = services.derive_version(
        actor=scientist,
        dataset=late,
        sql="SELECT title, max(delay) AS worst FROM trips JOIN carriers USING (carrier) GROUP BY ALL",
        inputs={"trips": trips.pk, "carriers": carriers.pk},
    )
    run_jobs()
    version.refresh_from_db()
    return trips, carriers, version


def test_columns_are_kept_with_the_version_and_followed_on_the_page(chain, client_as, api_as, scientist):
    trips, _carriers, late = chain
    assert late.source["column_sources"] == {"title": [["carriers", "title"]], "worst": [["trips", "delay"]]}
    client = client_as(scientist)
    text = page(client, "dataset", trips.dataset_id)
    assert "Lineage of trips" in text
    assert f"/data/lineage/dataset/{late.dataset_id}/" in text
    assert "carriers" not in text  # only what lies on its own ways
    text = page(client, "dataset_version", late.pk, column="worst")
    assert text.count("s-lineage-edge s-lineage-lit") == 2  # from the file to trips, from trips to late
    assert text.count("s-lineage-edge s-lineage-dim") == 2
    _programs_read_nodes_edges_and_columns(api_as(scientist), trips, late)
    unknown = "00000000-0000-4000-8000-000000000000"
    assert client.get(f"/t/acme/p/flights/data/lineage/dataset/{unknown}/").status_code == 404
    assert client.get(f"/t/acme/p/flights/data/lineage/nothing/{late.pk}/").status_code == 404
    known = {key: value for key, value in late.source.items() if key != "column_sources"}
    DatasetVersion.objects.filter(pk=late.pk).update(source=known)  # as versions of before stand
    assert "cannot be told" in page(client, "dataset_version", late.pk, column="worst")


def test_queries_do_not_grow_with_the_picture(
    chain, client_as, scientist, project, written, django_assert_max_num_queries
):
    client = client_as(scientist)
    trips, _carriers, late = chain
    page(client, "dataset", trips.dataset_id)  # what is asked once
    with django_assert_max_num_queries(60) as few:
        page(client, "dataset", trips.dataset_id)
    more = [
        Dataset(tenant=project.tenant, project=project, name=f"more {number}", slug=f"more-{number}")
        for number in range(190)
    ]
    Dataset.objects.bulk_create(more)
    made = {"kind": "sql", "sql": "", "inputs": {"a": str(trips.pk), "b": str(late.pk)}}
    DatasetVersion.objects.bulk_create(
        DatasetVersion(tenant=project.tenant, project=project, dataset=one, state="ready", number=1, source=made)
        for one in more
    )
    begun = time.process_time()
    with django_assert_max_num_queries(60) as many:
        text = page(client, "dataset", trips.dataset_id)
    assert time.process_time() - begun < 1.5  # about 0.3 s for 195 nodes, templates included
    assert "more 189" in text
    assert len(many.captured_queries) <= len(few.captured_queries) + 4


def _programs_read_nodes_edges_and_columns(api, trips, late):
    found = api.get(f"/api/v1/datasets/{late.dataset_id}/lineage/", {"direction": "below", "depth": 1}).json()
    assert {node["name"] for node in found["nodes"]} == {"late", "trips", "carriers"}
    assert found["cut"]  # the files behind them
    thing = next(node["things"][0] for node in found["nodes"] if node["current"])
    assert thing["sources"]["worst"] == [{"kind": "dataset_version", "id": str(trips.pk), "column": "delay"}]
    assert api.get(f"/api/v1/datasets/{late.dataset_id}/lineage/", {"depth": 99}).status_code == 422

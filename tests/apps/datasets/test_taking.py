"""A version of another dataset or project is taken over whole: pinned, with its classes, and its chain leads back."""

from __future__ import annotations

import pytest

from apps.datasets import selectors, services
from apps.datasets.choices import VersionState
from apps.projects import services as projects
from foundation import lake
from foundation.errors import Conflict, NotFound
from foundation.web.chain import chain_of

CSV = b"contact,amount\na@example.test,1\nb@example.test,2\n"


@pytest.fixture
def elsewhere(scientist):
    """Another project of the same organisation."""
    return projects.create_project(actor=scientist, slug="weather", name="Weather", purpose="Forecasts")


@pytest.fixture
def given(written, scientist):
    version = written("people.csv", CSV)
    return services.classify_column(actor=scientist, version=version, column="contact", column_class="personal")


def test_it_is_a_version_of_ones_own_with_the_classes_of_the_other(given, scientist, elsewhere, run_jobs, written):
    target = services.create_dataset(actor=scientist, project=elsewhere, name="Their people")
    version = services.take_version(actor=scientist, dataset=target, version_id=given.pk)
    written("people.csv", CSV + b"c@example.test,3\n", dataset=given.dataset)
    run_jobs()
    version.refresh_from_db()
    assert (version.state, version.project_id, version.digest) == (VersionState.REVIEW, elsewhere.pk, given.digest)
    assert [column["class"] for column in version.schema] == ["personal", ""]
    assert [node.name for node in chain_of(scientist, "dataset_version", version.pk)][-2:] == [
        "people.csv v1",
        "Their people",
    ]
    assert version.pk in {found.pk for found in selectors.versions_made_from(actor=scientist, version_id=given.pk)}
    assert lake.for_tenant(version.tenant_id).count(selectors.table_at(version)) == 2


def test_what_is_not_committed_or_not_ones_own_is_not_taken(given, scientist, other_scientist, project, ingested):
    target = services.create_dataset(actor=scientist, project=project, name="Mine")
    waiting = ingested("waits.csv", CSV, review=True)
    with pytest.raises(Conflict, match="is not committed"):
        services.take_version(actor=scientist, dataset=target, version_id=waiting.pk)
    with pytest.raises(NotFound):
        selectors.get_version(actor=other_scientist, version_id=given.pk)
    assert given not in selectors.versions_to_take(actor=other_scientist)


def test_the_page_and_the_rest_surface_take_it_over(given, scientist, elsewhere, client_as, api_as, run_jobs):
    page = client_as(scientist).get(f"/t/acme/p/{elsewhere.slug}/data/take/").content.decode()
    assert "people.csv v1" in page and "<optgroup" in page
    address, chosen = f"/t/acme/p/{elsewhere.slug}/data/take/", {"version": str(given.pk), "dataset": "", "name": ""}
    refused = client_as(scientist).post(address, chosen)
    assert (refused.status_code, "Give the new dataset a name" in refused.content.decode()) == (422, True)
    assert client_as(scientist).post(address, {**chosen, "name": "Taken"}).status_code == 303
    target = services.create_dataset(actor=scientist, project=elsewhere, name="By REST")
    made = api_as(scientist).post(
        f"/api/v1/datasets/{target.pk}/versions/", {"dataset_version": str(given.pk)}, content_type="application/json"
    )
    assert made.status_code == 202, made.content
    run_jobs()
    rows = selectors.visible_versions(actor=scientist).filter(project=elsewhere)
    assert sorted((row.state, row.row_count) for row in rows) == [("ready", 2), ("review", 2)]

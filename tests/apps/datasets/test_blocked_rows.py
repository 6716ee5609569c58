"""The first rows that block a version: kept to be looked at, masked, sealed, and gone with what they came from."""

from __future__ import annotations

import io
from datetime import timedelta

import pyarrow.csv
import pytest
from django.utils.translation import override

from apps.datasets import selectors, services
from apps.datasets.choices import VersionState
from apps.datasets.models import Quarantine
from foundation import lake, ledger
from foundation.clock import now
from foundation.errors import Conflict

GOOD = b"id,region,email\n1,north,a@x.ae\n"
ROWS = [(n, "nowhere" if n in {3, 40, 41} or n > 60 else "north", f"p{n}@x.ae" if n != 5 else "") for n in range(1, 91)]
CSV = b"id,region,email\n" + "".join(f"{n},{region},{email}\n" for n, region, email in ROWS).encode()
SUITE = [
    {"kind": "in_set", "columns": ["region"], "parameters": {"values": ["north"]}, "severity": "block"},
    {"kind": "not_null", "columns": ["email"], "severity": "block"},
    {"kind": "sql_condition", "columns": [], "parameters": {"sql": "id <> 7"}, "severity": "block"},
    {"kind": "in_range", "columns": ["id"], "parameters": {"max": 10}, "severity": "quarantine"},
]


@pytest.fixture
def good(scientist, ingested):
    return ingested("people.csv", GOOD)


@pytest.fixture
def blocked(scientist, good, ingested):
    services.save_suite(actor=scientist, dataset=good.dataset, expectations=SUITE)
    return ingested("people.csv", CSV, dataset=good.dataset)


@pytest.fixture
def sample(scientist, blocked):
    return selectors.quarantine_of(actor=scientist, version=blocked)


def test_the_first_rows_of_each_expectation_are_kept_with_their_places_and_nothing_else_is(
    scientist, viewer, good, blocked, sample
):
    region, email, seven, _range = [one["id"] for one in sample.suite.expectations]
    found = services.rows_of(actor=scientist, quarantine=sample, limit=100)
    reasons = {row.number: row.reasons for row in found.rows}
    assert reasons == {5: [email], 7: [seven], **{number: [region] for number in (3, 40, 41, *range(61, 78))}}
    assert {row.number: row.values[0] for row in found.rows} == {number: number for number in reasons}
    masked = services.rows_of(actor=viewer, quarantine=sample)
    assert masked.hidden == {"email"} and {row.values[2] for row in masked.rows} <= {"•••"}
    # The version is not there: no table, no number, and what is expected of the dataset counts as it did.
    assert blocked.state == VersionState.FAILED and selectors.latest_ready(good.dataset) == good
    assert not lake.for_tenant(blocked.tenant_id).exists(f"ds_{blocked.pk.hex}")
    assert selectors.rows_aside(actor=scientist, dataset_id=good.dataset_id) == 0
    assert "p40@x.ae" not in blocked.failure and "nowhere" not in blocked.failure
    told = str([event.payload for event in ledger.events_of(subject=("dataset_version", blocked.pk))])
    assert "nowhere" not in told and "dataset_version.rows_quarantined" not in told


def test_a_sample_is_looked_at_and_not_worked_with(scientist, sample, project, client_as):
    for act in (
        lambda: services.replay_rows(actor=scientist, quarantine=sample, everything=True),
        lambda: services.discard_rows(actor=scientist, quarantine=sample, everything=True, reason_given="x"),
        lambda: services.mend_rows(actor=scientist, quarantine=sample, column="region", value="north", numbers=[3]),
    ):
        with pytest.raises(Conflict, match="to be looked at"):
            act()
    browser, home = client_as(scientist), f"/t/{project.tenant.slug}/p/{project.slug}/data/"
    version = browser.get(f"{home}versions/{sample.version_id}/").content.decode()
    assert f"{home}quarantine/{sample.pk}/" in version and "See the rows" in version
    page = browser.get(f"{home}quarantine/{sample.pk}/").content.decode()
    assert "p40@x.ae" in page and 'name="act"' not in page and 'name="row"' not in page
    assert browser.get(f"{home}quarantine/{sample.pk}/3/").status_code == 303
    own = b"".join(services.export_rows(actor=scientist, quarantine=sample, form="csv"))
    assert pyarrow.csv.read_csv(io.BytesIO(own)).num_rows == sample.row_count == 22


def test_programs_find_the_rows_by_the_report(scientist, blocked, sample, api_as):
    api = api_as(scientist)
    report = api.get(f"/api/v1/dataset-versions/{blocked.pk}/validation/").json()
    assert report["quarantine"] == str(sample.pk)
    rows = api.get(f"/api/v1/quarantines/{sample.pk}/rows/").json()
    assert rows["count"] == 22 and api.get(f"/api/v1/quarantines/{sample.pk}/").json()["is_sample"] is True


def test_a_sentence_on_a_failure_is_read_in_the_readers_language(scientist, blocked, project, client_as):
    with override("ar"):
        said = blocked.failure_said
    assert said != blocked.failure and "rows fail" not in said and "“email”" in said
    assert blocked.failure_said == blocked.failure
    browser = client_as(scientist)
    address = f"/t/{project.tenant.slug}/p/{project.slug}/data/versions/{blocked.pk}/"
    page = browser.get(address, headers={"accept-language": "en"}).content.decode()
    assert "rows fail" in page


def test_a_person_is_erased_from_it_and_it_goes_with_what_is_destroyed(admin, sample, project, run_jobs):
    services.erase_person(actor=admin, project=project, column="email", value="p40@x.ae")
    run_jobs()
    sample.refresh_from_db()
    emails = {row.values[2] for row in services.rows_of(actor=admin, quarantine=sample, limit=100).rows}
    assert sample.row_count == 21 and "p40@x.ae" not in emails and "p41@x.ae" in emails
    # Whoever is in a version too: with the version's table go those of versions that failed.
    services.erase_person(actor=admin, project=project, column="email", value="a@x.ae")
    run_jobs()
    assert not Quarantine.objects.filter(pk=sample.pk).exists()
    assert not lake.for_tenant(project.tenant_id).exists(f"qr_{sample.version_id.hex}")


def test_a_sample_is_forgotten_after_a_month_unless_it_is_held(scientist, officer, sample, tenant):
    later = now() + timedelta(days=31)
    assert services.forget_samples(now=now() + timedelta(days=29)) == 0
    hold = services.place_hold(actor=officer, dataset=sample.dataset, reason="Case 1")
    assert services.forget_samples(now=later) == 0
    services.release_hold(actor=officer, hold=hold, reason="over")
    assert services.forget_samples(now=later) == 1
    assert not Quarantine.objects.filter(pk=sample.pk).exists()

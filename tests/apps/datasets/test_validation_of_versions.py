"""Every version passes what is expected of its dataset, whichever way its rows come."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pytest

from apps.datasets import selectors, services
from apps.datasets.choices import ReportOutcome, VersionState
from apps.datasets.models import Quarantine, ValidationReport
from apps.datasets.services.validation import validating
from apps.projects import services as projects
from foundation import lake, ledger
from foundation.errors import AccessDenied, Conflict, Invalid, NotFound

CSV = b"id,region,amount\n1,north,2.5\n2,south,\n3,nowhere,4.0\n4,north,9.0\n"
REGIONS = {"kind": "in_set", "columns": ["region"], "parameters": {"values": ["north", "south"]}}
AMOUNT = {"kind": "not_null", "columns": ["amount"]}


@pytest.fixture
def expecting(scientist, project):
    """A dataset of whose rows something is expected."""

    def make(*expectations, name="people.csv"):
        dataset = services.create_dataset(actor=scientist, project=project, name=name)
        services.save_suite(actor=scientist, dataset=dataset, expectations=list(expectations), reason="first")
        return dataset

    return make


def rows_of(version, at=None):
    tables = lake.for_tenant(version.tenant_id)
    return sorted(row["id"] for row in tables.read(at or selectors.table_at(version)).read_all().to_pylist())


def test_a_suite_is_kept_whole_with_number_author_and_reason(scientist, viewer, expecting):
    dataset = expecting({**REGIONS, "severity": "warn"})
    first = selectors.newest_suite(dataset)
    assert (first.number, first.created_by, first.reason, len(first.digest)) == (1, scientist.user, "first", 64)
    again = services.save_suite(actor=scientist, dataset=dataset, expectations=first.expectations)
    assert again.pk == first.pk, "the same once more is no change"
    second = services.save_suite(actor=scientist, dataset=dataset, expectations=[], after=1)
    with pytest.raises(Conflict, match="Somebody saved"):
        services.save_suite(actor=scientist, dataset=dataset, expectations=[{**AMOUNT, "severity": "warn"}], after=1)
    third = services.restore_suite(actor=scientist, dataset=dataset, number=1)
    same = [{key: value for key, value in one.items() if key != "id"} for one in third.expectations]
    assert services.save_suite(actor=scientist, dataset=dataset, expectations=same).pk == third.pk, "known without ids"
    assert (second.number, third.number, third.expectations) == (2, 3, first.expectations)
    kinds = [event.kind for event in ledger.events_of(subject=("dataset", dataset.pk))]
    assert kinds.count("dataset.suite_saved") == 3
    with pytest.raises(AccessDenied, match="what is expected"):
        services.save_suite(actor=viewer, dataset=dataset, expectations=[])
    with pytest.raises(NotFound):
        services.restore_suite(actor=scientist, dataset=dataset, number=77)


def test_a_block_fails_the_version_with_expectation_column_and_rows_and_no_value(scientist, ingested, expecting):
    dataset = expecting({**AMOUNT, "severity": "warn"})
    good = ingested("people.csv", CSV, dataset=dataset)
    services.save_suite(actor=scientist, dataset=dataset, expectations=[{**REGIONS, "severity": "block"}])
    bad = ingested("people.csv", CSV, dataset=dataset)
    assert bad.state == VersionState.FAILED
    assert "“region” is one of" in bad.failure and "1 row fails" in bad.failure and "nowhere" not in bad.failure
    assert selectors.latest_ready(dataset) == good
    assert selectors.report_of(actor=scientist, version=good).outcome == ReportOutcome.WARNED
    assert selectors.report_of(actor=scientist, version=bad).outcome == ReportOutcome.BLOCKED
    assert not lake.for_tenant(bad.tenant_id).exists(f"ds_{bad.pk.hex}")


def test_a_quarantine_takes_bad_rows_out_and_lets_the_good_ones_pass(scientist, ingested, expecting):
    dataset = expecting({**REGIONS, "severity": "quarantine"}, {**AMOUNT, "severity": "quarantine"})
    version = ingested("people.csv", CSV, dataset=dataset)
    assert (version.state, version.row_count, rows_of(version)) == (VersionState.READY, 2, [1, 4])
    quarantine = selectors.quarantine_of(actor=scientist, version=version)
    assert (quarantine.first_count, rows_of(version, quarantine.at)) == (2, [2, 3])
    suite = selectors.newest_suite(dataset)
    found = services.rows_of(actor=scientist, quarantine=quarantine)
    reasons = {row.values[0]: row.reasons for row in found.rows}
    assert reasons == {3: [suite.expectations[0]["id"]], 2: [suite.expectations[1]["id"]]}
    report = selectors.report_of(actor=scientist, version=version)
    assert (report.outcome, report.row_count, report.suite) == (ReportOutcome.QUARANTINED, 4, suite)
    assert [one["failed_rows"] for one in report.results] == [1, 1]
    events = {event.kind: event for event in ledger.events_of(subject=("dataset_version", version.pk))}
    assert events["dataset_version.validated"].payload["report_digest"] == report.digest
    assert "nowhere" not in str([event.payload for event in events.values()])


def test_where_no_row_is_good_all_lie_in_quarantine_and_the_version_fails(scientist, ingested, expecting):
    dataset = expecting({"kind": "in_range", "columns": ["id"], "parameters": {"min": 10}, "severity": "quarantine"})
    version = ingested("people.csv", CSV, dataset=dataset)
    assert version.state == VersionState.FAILED and "Not one of the 4 rows" in version.failure
    assert selectors.quarantine_of(actor=scientist, version=version).row_count == 4


def dying(monkeypatch, step):
    """A step of the validation at which the worker is killed, the first time that it comes there."""
    real, killed = getattr(validating, step), []

    def dies_once(*given, **named):
        if not killed:
            killed.append(step)
            raise ConnectionError("killed")
        return real(*given, **named)

    monkeypatch.setattr(validating, step, dies_once)
    return killed


@pytest.mark.parametrize("step", ["_keep_report", "_set_aside", "_keep_quarantine"])
def test_a_job_killed_around_the_quarantine_gives_the_same_version(
    scientist, ingested, expecting, run_jobs, monkeypatch, step
):
    dataset = expecting({**REGIONS, "severity": "quarantine"})
    whole = ingested("people.csv", CSV, dataset=dataset)
    killed = dying(monkeypatch, step)
    version = ingested("people.csv", CSV, dataset=dataset)
    assert killed and version.state == VersionState.INGESTING
    run_jobs(also_later=True)
    version.refresh_from_db()
    assert (version.state, version.digest, version.row_count) == (VersionState.READY, whole.digest, 3)
    quarantine = Quarantine.objects.get(version=version)
    assert (quarantine.row_count, rows_of(version, quarantine.at)) == (1, [3])


def test_whoever_finds_the_rows_set_aside_keeps_what_was_found(scientist, ingested, expecting, monkeypatch):
    """A pull does not read again what lies in the lake: its next attempt sees the good rows alone."""
    dataset = expecting({**REGIONS, "severity": "quarantine"})
    version = ingested("people.csv", CSV, dataset=dataset, run=False)
    tables = lake.for_tenant(version.tenant_id)
    table = f"ds_{version.pk.hex}"
    import pyarrow as pa

    at = tables.write(table, pa.table({"id": [1, 2, 3], "region": ["north", "south", "nowhere"]}), mark="12")
    job = Heard(scientist)
    dying(monkeypatch, "_keep_quarantine")
    with pytest.raises(ConnectionError):
        validating.validate(job=job, version=version, tables=tables, at=at)
    assert not Quarantine.objects.filter(version=version).exists()
    # Meanwhile somebody expects more; what was set aside already was judged by what was expected then.
    more = [{"kind": "in_set", "columns": ["region"], "parameters": {"values": ["moon"]}, "severity": "block"}]
    services.save_suite(actor=scientist, dataset=dataset, expectations=more)
    for _again in range(2):
        good = validating.validate(job=job, version=version, tables=tables, at=tables.current(table))
        assert (rows_of(version, good), tables.mark_of(table)) == ([1, 2], "12")
        quarantine = Quarantine.objects.get(version=version)
        assert (quarantine.row_count, rows_of(version, quarantine.at), quarantine.suite.number) == (1, [3], 1)
    assert ValidationReport.objects.get(version=version).outcome == ReportOutcome.QUARANTINED


class Heard:
    """A job as far as the validation asks for one."""

    def __init__(self, actor):
        self.actor = actor

    def scope(self):
        return contextlib.nullcontext()

    def progress(self, *_said):
        pass

    def raise_if_cancelled(self):
        pass


def test_no_way_in_goes_round_what_is_expected(scientist, project, ingested, expecting, run_jobs, uploaded):
    """A file by the SDK's calls, SQL over versions; a connection goes the same way (`completing.complete`)."""
    free = ingested("free.csv", CSV)
    dataset = expecting({**REGIONS, "severity": "block"})
    derived = services.derive_version(
        actor=scientist, dataset=dataset, sql="SELECT * FROM free", inputs={"free": free.pk}
    )
    run_jobs()
    derived.refresh_from_db()
    assert derived.state == VersionState.FAILED and "“region” is one of" in derived.failure
    callers = {
        path.name
        for path in Path(services.__file__).parent.rglob("*.py")
        if re.search(r"\bfinish\(", path.read_text()) and path.name != "completing.py"
    }
    assert callers == {"versions.py"}, "only the successors of an erasure, whose rows were held to it before"


def test_a_foreign_key_leads_within_the_project_alone(scientist, ingested, expecting, project_of_others):
    there = ingested("regions.csv", b"name\nnorth\nsouth\n")
    key = {"kind": "foreign_key", "columns": ["region"], "severity": "quarantine"}
    key["parameters"] = {"dataset": str(there.dataset_id), "columns": ["name"]}
    version = ingested("people.csv", CSV, dataset=expecting(key))
    assert (version.row_count, rows_of(version)) == (3, [1, 2, 4])
    key["parameters"] = {"dataset": str(project_of_others), "columns": ["name"]}
    with pytest.raises(Invalid, match="not in this project"):
        expecting(key, name="other.csv")


@pytest.fixture
def project_of_others(scientist):
    """A dataset of another project, which the same person may see."""
    other = projects.create_project(actor=scientist, slug="trains", name="Trains", purpose="Predict late trains")
    return services.create_dataset(actor=scientist, project=other, name="theirs").pk


def test_expectations_are_tried_on_the_newest_version_before_they_are_kept(scientist, viewer, ingested, expecting):
    dataset = services.create_dataset(actor=scientist, project=ingested("x.csv", CSV).project, name="tried")
    with pytest.raises(Conflict, match="no version to try"):
        services.try_suite(actor=scientist, dataset=dataset, expectations=[])
    version = ingested("people.csv", CSV, dataset=dataset)
    tried, found = services.try_suite(actor=scientist, dataset=dataset, expectations=[{**REGIONS, "severity": "block"}])
    assert (tried, found.row_count, found.results[0].failed_rows) == (version, 4, 1)
    assert selectors.newest_suite(dataset) is None
    with pytest.raises(AccessDenied):
        services.try_suite(actor=viewer, dataset=dataset, expectations=[])
    with pytest.raises(Invalid, match="no_such"):
        condition = {"kind": "sql_condition", "parameters": {"sql": "no_such > 1"}, "severity": "warn"}
        services.save_suite(actor=scientist, dataset=dataset, expectations=[condition])

"""A person leaves the inference log: rows, lines set aside, and the broker's own files; counts stay."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from django.conf import settings

from apps.datasets import services as datasets
from apps.datasets.choices import ErasedKind, ErasureState
from apps.deployments import selectors as deployments
from apps.monitoring import services
from apps.monitoring.adapters.valkey import ValkeyInferenceStream, stream_at
from apps.monitoring.models import DriftWindow, TrafficMinute
from apps.tenants.models import UsageSpan
from foundation.lake import shredding
from tests.apps.monitoring.stage import broker, entry, log, log_on_disk, waiting
from tests.apps.monitoring.test_draining import in_lake
from tests.foundation.storage.test_shredding import everything_on_disk, holding


@pytest.fixture(autouse=True)
def with_keys_of_the_tenant(settings):
    settings.LAKE_KEYS = "foundation.lake.keys.keys_of"


@pytest.fixture(autouse=True)
def gateway(monkeypatch):
    """A gateway that keeps so many bytes for the log, or None where it is silent."""
    said = {"waiting": 0}
    monkeypatch.setattr(deployments.gateway, "read_waiting", lambda socket: said["waiting"])
    return said


@pytest.fixture
def person():
    """What names the person: in no other test, since streams of other tests' tenants stay in the broker."""
    return f'person "{uuid4().hex}" 79'


@pytest.fixture
def asked(revision, monitor, flowers, person):
    """Somebody asked about the person and about others; half of it is in the lake, half still waits in the stream."""
    persons, others = [{**flowers[0], "who": person}], [{**row, "who": "person-1"} for row in flowers[1:4]]
    log(entry(revision, persons), entry(revision, others))
    services.drain_once()
    log(entry(revision, [*persons, *others]))
    return revision


@pytest.fixture
def erase(admin, project, person):
    return lambda: datasets.erase_person(actor=admin, project=project, column="who", value=person)


@pytest.mark.django_db(transaction=True)
def test_rows_of_the_person_are_in_no_byte_of_log_and_broker_and_counts_stay(asked, person, erase, run_jobs, tenant):
    counted = sum(minute.rows for minute in TrafficMinute.objects.all())
    erasure = erase()
    run_jobs()

    erasure.refresh_from_db()
    assert erasure.state == ErasureState.ERASED
    assert waiting(tenant) == 0
    assert [("who" in row["features"], " 79" in row["features"]) for row in in_lake(asked)] == [(True, False)] * 6
    things = {one.kind: one.row_count for one in erasure.things.all()}
    assert things == {ErasedKind.INFERENCE_LOG: 2, ErasedKind.BROKER: None}
    assert all(one.erased_at for one in erasure.things.all())
    assert sum(minute.rows for minute in TrafficMinute.objects.all()) == counted + 4
    assert DriftWindow.objects.exists()
    assert holding({"canary": person.split('"')[1].encode()}, *everything_on_disk()) == set()
    # What is left of the log is what counts as stored.
    kept = UsageSpan.objects.get(subject_id=asked.deployment_id, ended_at=None)
    assert kept.byte_count == log_on_disk(asked) > 0


def test_a_look_counts_logged_rows_and_names_the_deployment(asked, admin, project, person):
    found = datasets.find_person(actor=admin, project=project, column="who", value=person)
    assert [(one.kind, one.id, one.rows) for one in found] == [(ErasedKind.INFERENCE_LOG, asked.deployment_id, 1)]


def test_what_was_set_aside_goes_where_it_holds_the_value(asked, person, erase, run_jobs, tenant):
    stream, name = stream_at(settings.REDIS_URL), f"sanad:inference:{tenant.pk}"
    escaped = json.dumps(person)[1:-1].encode()
    broker().xadd(name, {"entry": b'{"broken": "' + escaped})
    broker().xadd(name, {"entry": b'{"broken": "person-1'})
    services.drain_once()
    assert len(stream.aside(str(tenant.pk))) == 2
    erasure = erase()
    run_jobs()
    assert [blob for _pk, blob in stream.aside(str(tenant.pk))] == [b'{"broken": "person-1']
    assert erasure.things.get(kind=ErasedKind.SET_ASIDE).row_count == 1


def test_what_the_gateway_still_keeps_is_waited_for(asked, erase, run_jobs, gateway):
    gateway["waiting"] = 700
    erasure = erase()
    run_jobs()
    erasure.refresh_from_db()
    assert erasure.state == ErasureState.ERASING
    gateway["waiting"] = 0
    run_jobs(also_later=True)
    erasure.refresh_from_db()
    assert erasure.state == ErasureState.ERASED


@pytest.mark.parametrize("where", [(shredding, "shred_past"), (ValkeyInferenceStream, "rewrite_files")])
def test_killed_in_the_log_the_next_worker_ends_it_and_counts(asked, erase, run_jobs, monkeypatch, where):
    erasure = erase()

    def killed(*_args, **_words):
        raise ConnectionError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(*where, killed)
        run_jobs()
    run_jobs(also_later=True)
    erasure.refresh_from_db()
    assert erasure.state == ErasureState.ERASED
    assert not [row for row in in_lake(asked) if "79" in row["features"]]
    assert erasure.things.get(kind=ErasedKind.INFERENCE_LOG).row_count >= 1


def test_a_broker_that_lets_nobody_rewrite_its_files_is_named(asked, erase, run_jobs, monkeypatch):
    monkeypatch.setattr(ValkeyInferenceStream, "rewrite_files", lambda stream: False)
    erasure = erase()
    run_jobs()
    assert "have whoever runs it do so" in erasure.things.get(kind=ErasedKind.BROKER).note


def test_with_one_dataset_named_logs_are_left(asked, admin, project, scientist, person):
    dataset = datasets.create_dataset(actor=scientist, project=project, name="people")
    look = datasets.find_person(actor=admin, project=project, column="who", value=person, dataset=dataset)
    assert look == []

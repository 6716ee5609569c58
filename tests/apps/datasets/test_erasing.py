"""A person's rows leave datasets: no byte of them is left, and everybody else's stay."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

from apps.datasets import selectors, services
from apps.datasets.choices import ErasedKind, ErasureState, VersionState
from apps.datasets.models import Erasure
from apps.datasets.services.erasing import sealing
from apps.tenants import services as tenants
from apps.tenants.choices import ExportState
from apps.tenants.models import TenantExport
from foundation import lake, ledger, storage
from foundation.access import StepUpRequired
from foundation.errors import AccessDenied, Conflict, Invalid
from foundation.jobs.models import Job
from foundation.web.chain import chain_of
from tests.apps.datasets.erasing_stage import (
    CANARY,
    OTHER,
    PERSON,
    WITH,
    WITHOUT,
    versions_of,
    who_is_in,
    with_keys_of_the_tenant,
)
from tests.foundation.storage.test_shredding import everything_on_disk, holding

__all__ = ["with_keys_of_the_tenant"]


@pytest.mark.django_db(transaction=True)
def test_no_byte_of_the_person_is_left_and_everybody_else_stays(ingested, admin, project, run_jobs, tenant):
    first = ingested("people.csv", WITH)
    ingested("people.csv", WITH + b"person-99,1,plain\n", dataset=first.dataset)
    untouched, elsewhere = ingested("untouched.csv", WITHOUT), ingested("cities.csv", OTHER)

    erasure = services.erase_person(actor=admin, project=project, column="who", value=PERSON)
    run_jobs()

    erasure.refresh_from_db()
    assert (erasure.state, erasure.version_count, erasure.row_count) == (ErasureState.ERASED, 3, 5)
    assert bytes(erasure.sealed) == b""
    needles = {PERSON: PERSON.encode(), CANARY: CANARY.encode()}
    assert holding(needles, *everything_on_disk()) == set()
    destroyed, ready = VersionState.DESTROYED, VersionState.READY
    assert versions_of(first.dataset) == [(1, destroyed, 22), (2, destroyed, 23), (3, ready, 21)]
    assert versions_of(elsewhere.dataset) == [(1, destroyed, 2), (2, ready, 1)]
    newest = selectors.latest_ready(first.dataset)
    assert who_is_in(newest) == {*(f"person-{n}" for n in range(20)), "person-99"}
    assert newest.profile["rows"] == 21
    assert versions_of(untouched.dataset) == [(1, ready, 2)]
    assert lake.for_tenant(tenant.pk).digest(selectors.table_at(untouched)) == untouched.digest
    link = chain_of(admin, "dataset_version", newest.pk)
    assert [node.name for node in link if node.broken_reason] == ["people.csv v2"]


def test_a_look_first_counts_and_changes_and_keeps_nothing(written, admin, project):
    version = written("people.csv", WITH)
    found = services.find_person(actor=admin, project=project, column="who", value=PERSON)
    assert [(one.kind, one.id, one.rows) for one in found] == [(ErasedKind.DATASET_VERSION, version.pk, 2)]
    assert services.find_person(actor=admin, project=project, column="amount", value="7")[0].rows == 1
    assert services.find_person(actor=admin, project=project, column="who", value="' OR 1=1 --") == []
    assert not Erasure.objects.exists()


def test_a_column_that_no_dataset_has_is_refused_with_what_there_is(written, admin, project):
    written("people.csv", WITH)
    with pytest.raises(Invalid, match=r"has a column whoo\. Did you mean who\? There are: ") as refused:
        services.find_person(actor=admin, project=project, column="whoo", value=PERSON)
    assert list(refused.value.fields) == ["column"]
    with pytest.raises(Invalid, match=r"No dataset here has a column zzz\. There are: amount, note, who"):
        services.erase_person(actor=admin, project=project, column="zzz", value=PERSON)
    with pytest.raises(Invalid, match='has a column wh"o'):
        services.find_person(actor=admin, project=project, column='wh"o', value="' OR 1=1 --")


@pytest.mark.parametrize("typed", [PERSON.upper(), f"{PERSON} ", f"  {PERSON.lower()}"])
def test_rows_that_differ_only_in_capitals_or_spaces_are_told_and_never_called_nowhere(written, admin, project, typed):
    written("people.csv", WITH)
    for ask in (services.find_person, services.erase_person):
        with pytest.raises(Invalid, match=r"2 rows differ from it only in capitals .*: people.csv v1 \(2\)") as refused:
            ask(actor=admin, project=project, column="who", value=typed)
        assert list(refused.value.fields) == ["value"]
        assert PERSON not in refused.value.sentence
    assert not Erasure.objects.exists()


def test_a_value_that_stands_with_a_space_in_the_rows_is_found_as_it_stands(written, admin, project):
    written("people.csv", b'who,amount\n" Mona ",1\n')
    with pytest.raises(Invalid, match="1 row differs"):
        services.find_person(actor=admin, project=project, column="who", value="Mona")
    assert [one.rows for one in services.find_person(actor=admin, project=project, column="who", value=" Mona ")] == [1]


def test_the_value_stands_in_no_job_and_no_entry_of_the_ledger(written, admin, project, tenant, run_jobs):
    written("people.csv", WITH)
    erasure = services.erase_person(actor=admin, project=project, column="who", value=PERSON)
    assert PERSON.encode() not in bytes(erasure.sealed)
    run_jobs()
    ledger.sequence_once()
    entries = ledger.entries_about(tenant_id=tenant.pk, subjects=[("erasure", erasure.pk)])
    assert [entry.event.kind for entry in entries] == ["dataset.erasure_requested", "dataset.person_erased"]
    assert [entry.event.payload["subject_digest"] for entry in entries] == [erasure.subject_digest] * 2
    jobs = [str((job.title, job.arguments, job.step, job.failure)) for job in Job.objects.all()]
    assert jobs
    assert [said for said in (*jobs, str([entry.event.payload for entry in entries])) if PERSON in said] == []


def test_the_digest_is_the_tenants_own(tenant, other_tenant):
    digest = sealing.digest_of_value
    assert digest(tenant.pk, PERSON) == digest(tenant.pk, PERSON)
    assert digest(tenant.pk, PERSON) != digest(other_tenant.pk, PERSON)


def test_one_dataset_alone_where_it_is_named(written, admin, project, run_jobs):
    people, cities = written("people.csv", WITH), written("cities.csv", OTHER)
    services.erase_person(actor=admin, project=project, column="who", value=PERSON, dataset=cities.dataset)
    run_jobs()
    people.refresh_from_db()
    assert people.state == VersionState.READY
    assert who_is_in(selectors.latest_ready(cities.dataset)) == {"person-3"}


def test_a_dataset_of_that_person_alone_has_no_successor(written, admin, project, run_jobs):
    version = written("one.csv", f"who\n{PERSON}\n".encode())
    services.erase_person(actor=admin, project=project, column="who", value=PERSON)
    run_jobs()
    assert versions_of(version.dataset) == [(1, VersionState.DESTROYED, 1)]


def test_the_ledger_names_the_digest_of_what_was_erased_where(written, admin, project, run_jobs, tenant):
    version = written("people.csv", WITH)
    erasure = services.erase_person(actor=admin, project=project, column="who", value=PERSON)
    run_jobs()
    ledger.sequence_once()
    erasure.refresh_from_db()
    lines = services.summary_lines(erasure)
    last = ledger.entries_about(tenant_id=tenant.pk, subjects=[("erasure", erasure.pk)])[-1].event.payload
    assert last["summary_digest"] == erasure.summary_digest == hashlib.sha256(lines).hexdigest()
    head, _broker, thing = [json.loads(line) for line in lines.splitlines()]
    assert head["subject_digest"] == erasure.subject_digest
    assert (thing["id"], thing["digest"], thing["rows"]) == (str(version.pk), version.digest, 2)
    assert thing["erased_at"]
    assert PERSON.encode() not in lines


def test_what_sql_made_of_the_rows_is_made_anew_without_them(written, admin, scientist, project, run_jobs):
    version = written("people.csv", WITH)
    derived = services.create_dataset(actor=scientist, project=project, name="amounts")
    sql, inputs = "SELECT who AS customer, amount FROM a", {"a": version.pk}
    services.derive_version(actor=scientist, dataset=derived, sql=sql, inputs=inputs)
    run_jobs()
    found = services.find_person(actor=admin, project=project, column="who", value=PERSON)
    assert [(one.name, one.rows) for one in found] == [("people.csv v1", 2), ("amounts v1", None)]

    services.erase_person(actor=admin, project=project, column="who", value=PERSON)
    run_jobs()
    assert versions_of(derived) == [(1, VersionState.DESTROYED, 22), (2, VersionState.READY, 20)]
    made = selectors.latest_ready(derived)
    assert made.source["inputs"] == {"a": str(selectors.latest_ready(version.dataset).pk)}
    rows = lake.for_tenant(made.tenant_id).read(selectors.table_at(made)).read_all()
    assert PERSON not in rows["customer"].to_pylist()


def test_rows_that_were_discarded_are_destroyed_with_the_others(ingested, admin, scientist, project, run_jobs, tenant):
    version = ingested("people.csv", WITH)
    waiting = ingested("seen.csv", WITH, review=True)
    services.discard_version(actor=scientist, version=waiting)
    services.erase_person(actor=admin, project=project, column="who", value=PERSON)
    run_jobs()
    kept = lake.for_tenant(tenant.pk).tables()
    assert f"ds_{waiting.pk.hex}" not in kept
    assert f"ds_{version.pk.hex}" not in kept


def test_only_an_administrator_freshly_proved_and_with_words_that_say_something(written, admin, scientist, project):
    written("people.csv", WITH)
    words = {"project": project, "column": "who", "value": PERSON}
    for act in (services.find_person, services.erase_person):
        with pytest.raises(AccessDenied, match="Only an administrator"):
            act(actor=scientist, **words)
        with pytest.raises(StepUpRequired):
            act(actor=replace(admin, stale=True), **words)
        with pytest.raises(Invalid, match="which value names this person"):
            act(actor=admin, **{**words, "value": "  "})
    with pytest.raises(Invalid, match="No row here has this value"):
        services.erase_person(actor=admin, **{**words, "value": "nobody"})


@pytest.mark.django_db(transaction=True)
def test_archives_of_the_tenant_that_hold_the_rows_go_too(ingested, admin, project, run_jobs, tenant):
    ingested("people.csv", WITH)
    tenants.ask_for_export(actor=admin)
    with pytest.raises(Conflict, match="an archive of the organisation"):
        services.erase_person(actor=admin, project=project, column="who", value=PERSON)
    run_jobs()
    archive = TenantExport.objects.get()
    assert storage.exists(tenant.pk, archive.object_key)
    erasure = services.erase_person(actor=admin, project=project, column="who", value=PERSON)
    run_jobs()
    assert not storage.exists(tenant.pk, archive.object_key)
    assert TenantExport.objects.get().state == ExportState.ERASED, "listed as what became of it"
    erased = erasure.things.get(kind=ErasedKind.ARCHIVE)
    assert (bool(erased.erased_at), erased.note) == (True, "1 archive that lay ready")

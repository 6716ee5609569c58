"""A version destroyed for good: nobody reads it again, what was made from it says so, and the rest stays as it is."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

import pytest

from apps.approvals.choices import CaseState
from apps.datasets import policies, selectors, services
from apps.datasets.choices import VersionState
from apps.datasets.models import DatasetVersion
from apps.features import services as features
from apps.tenants.models import UsageSpan
from foundation import lake, ledger, storage
from foundation.access import StepUpRequired
from foundation.errors import AccessDenied, Conflict, Invalid
from foundation.lake import shredding
from foundation.lake.keys import PURPOSE
from foundation.ledger.dispatch import dispatch_once
from foundation.storage.errors import KeyDestroyed
from foundation.web.chain import ChainNode, chain_of
from tests.apps.datasets.test_keeping import digest_of, files_of, stored, upload_of
from tests.apps.tenants.test_step_up import age
from tests.foundation.storage.test_shredding import everything_on_disk, forms, holding

CANARY = "CANARY-DESTROYED"
CSV = b"id,who,late\n" + b"".join(b"%d,CANARY-DESTROYED-%d,%d\n" % (n, n % 7, n % 2) for n in range(60))
HARMLESS = b"id,who,late\n" + b"".join(b"%d,somebody,%d\n" % (n, n % 2) for n in range(60))


@pytest.fixture(autouse=True)
def with_keys_of_the_tenant(settings):
    settings.LAKE_KEYS = "foundation.lake.keys.keys_of"


@pytest.fixture
def destroyed(admin, run_jobs):
    def destroy(version, **words):
        services.ask_to_destroy(actor=admin, version=version, confirmation=str(version), **words)
        run_jobs()
        version = DatasetVersion.objects.get(pk=version.pk)
        assert version.state == VersionState.DESTROYED
        return version

    return destroy


def address(version, act=""):
    return f"/t/acme/p/flights/data/versions/{version.pk}/{act}"


@pytest.mark.django_db(transaction=True)
def test_no_byte_that_is_left_gives_the_rows_back_and_other_versions_keep_theirs(ingested, tenant, destroyed):
    doomed = ingested("people.csv", CSV)
    kept = ingested("people.csv", HARMLESS, dataset=doomed.dataset)
    raw = upload_of(doomed)
    # What a killed worker may have left of the file.
    storage.put(tenant.pk, f"uploads/{raw.pk.hex}/000000000000000", CSV)
    needles = {CANARY: CANARY.encode()}
    for file in lake.for_tenant(tenant.pk).files_of(selectors.table_at(doomed)):
        needles |= forms("key of its file", base64.b64decode(file.key))
    needles |= forms("key of the lake", storage.purpose_key(tenant.pk, PURPOSE, 1))
    assert doomed.profile["columns"][1]["top"][0]["value"].startswith(CANARY), "the profile holds values"
    paths, facts = files_of(doomed), (doomed.digest, doomed.schema, doomed.row_count, doomed.number)

    gone = destroyed(doomed)

    assert holding(needles, *everything_on_disk()) == set()
    assert [path for path in paths if Path(path).exists()] == []
    assert (stored(raw), gone.profile) == ([], {})
    assert not storage.exists(tenant.pk, gone.profile_key)
    storage.keyring.forget(tenant.pk)
    with pytest.raises(KeyDestroyed):
        storage.purpose_key(tenant.pk, PURPOSE, 1)
    assert (gone.digest, gone.schema, gone.row_count, gone.number) == facts, "what it was stays on record"
    assert digest_of(kept) == kept.digest
    assert kept.profile["rows"] == 60


@pytest.mark.django_db(transaction=True)
def test_the_same_search_finds_a_value_that_lies_in_a_table_of_the_portal(ingested):
    version = ingested("people.csv", HARMLESS)
    DatasetVersion.objects.filter(pk=version.pk).update(failure=CANARY)
    assert holding({CANARY: CANARY.encode()}, *everything_on_disk()) == {CANARY}


def test_preview_download_and_training_refuse_with_a_sentence(ingested, destroyed, client_as, admin, scientist):
    version = destroyed(ingested("people.csv", CSV))
    for act in (
        lambda: selectors.table_at(version),
        lambda: list(services.parquet_stream(actor=scientist, version=version)),
        lambda: services.derive_version(
            actor=scientist, dataset=version.dataset, sql="SELECT * FROM a", inputs={"a": version.pk}
        ),
        lambda: features.define_training_set(
            actor=scientist, project=version.project, name="late", base_version_id=version.pk, label="late"
        ),
    ):
        with pytest.raises(Conflict, match="was destroyed: nobody can read its rows"):
            act()
    page = client_as(admin).get(address(version)).content.decode()
    assert "this is what stays on record" in page
    assert version.digest in page
    assert CANARY not in page


def test_its_chain_shows_the_broken_link_and_why(ingested, destroyed, scientist, run_jobs):
    version = ingested("people.csv", CSV)
    derived = derive(scientist, version, run_jobs)
    destroyed(version, break_chain=True)
    broken = [n for n in chain_of(scientist, "dataset_version", derived.pk) if n.broken_reason]
    assert [(node.name, node.broken_reason[:24]) for node in broken] == [("people.csv v1", "its rows were destroyed ")]
    assert digest_of(derived) == derived.digest, "what was made from it keeps what it has"


def test_what_was_made_from_it_is_named_until_somebody_confirms(ingested, admin, scientist, run_jobs, client_as):
    version = ingested("people.csv", CSV)
    derive(scientist, version, run_jobs)
    with pytest.raises(Invalid, match=r"Made from this version: people\.csv v2\.") as refusal:
        services.ask_to_destroy(actor=admin, version=version, confirmation="people.csv v1")
    assert list(refusal.value.fields) == ["break_chain"]
    page = client_as(admin).get(address(version, "destroy/")).content.decode()
    assert "people.csv v2" in page
    assert 'name="break_chain"' in page
    version.refresh_from_db()
    assert version.state == VersionState.READY


def derive(scientist, version, run_jobs):
    derived = services.derive_version(
        actor=scientist, dataset=version.dataset, sql="SELECT id FROM a", inputs={"a": version.pk}
    )
    run_jobs()
    derived.refresh_from_db()
    return derived


def test_an_open_case_that_rests_on_it_holds_it_and_a_decided_one_does_not():
    def case(state):
        return ChainNode(kind="approval_case", name="Promotion of late v1", state=state)

    with pytest.raises(Conflict, match="“Promotion of late v1” is open and rests on this version"):
        policies.check_nobody_decides([ChainNode(kind="run", name="run", state="done"), case(CaseState.OPEN)])
    policies.check_nobody_decides([case(CaseState.GRANTED)])


def test_only_an_administrator_may_by_typing_its_name_and_freshly_proved(
    ingested, admin, scientist, officer, client_as
):
    version = ingested("people.csv", CSV)
    for actor in (scientist, officer):
        with pytest.raises(AccessDenied, match="Only an administrator"):
            services.ask_to_destroy(actor=actor, version=version, confirmation=str(version))
    with pytest.raises(Invalid, match=r"Type people\.csv v1"):
        services.ask_to_destroy(actor=admin, version=version, confirmation="people.csv v2")
    with pytest.raises(StepUpRequired):
        services.ask_to_destroy(actor=replace(admin, stale=True), version=version, confirmation=str(version))
    assert age(client_as(admin)).post(address(version, "destroy/")).status_code == 403
    assert client_as(scientist).get(address(version, "destroy/")).status_code == 403
    refused = client_as(admin).post(address(version, "destroy/"), {"confirmation": "no"})
    assert (refused.status_code, "Type people.csv v1 to confirm" in refused.content.decode()) == (422, True)
    version.refresh_from_db()
    assert version.state == VersionState.READY


def test_a_page_and_a_program_do_the_same(ingested, admin, client_as, api_as, run_jobs):
    by_page, by_rest = ingested("a.csv", CSV), ingested("b.csv", CSV)
    sent = client_as(admin).post(address(by_page, "destroy/"), {"confirmation": "a.csv v1"})
    assert (sent.status_code, sent["Location"]) == (303, address(by_page))
    api, words = api_as(admin), {"content_type": "application/json"}
    answer = api.post(f"/api/v1/dataset-versions/{by_rest.pk}/destroy/", {"confirmation": "b.csv v1"}, **words)
    assert (answer.status_code, answer.json()["state"]) == (202, "destroying")
    assert "nobody can read them" in client_as(admin).get(address(by_page)).content.decode()
    run_jobs()
    assert api.get(f"/api/v1/dataset-versions/{by_rest.pk}/").json()["state"] == "destroyed"
    again = api.post(f"/api/v1/dataset-versions/{by_rest.pk}/destroy/", {"confirmation": "b.csv v1"}, **words)
    assert again.status_code == 409


def test_the_ledger_says_who_and_which_rows_and_no_value(ingested, destroyed, tenant):
    version = destroyed(ingested("people.csv", CSV))
    ledger.sequence_once()
    entries = ledger.entries_about(tenant_id=tenant.pk, subjects=[("dataset_version", version.pk)])
    said = {entry.event.kind: entry.event.payload for entry in entries}
    wanted = {"dataset_id": str(version.dataset_id), "version_id": str(version.pk), "digest": version.digest}
    assert said["dataset_version.destroy_requested"] == {**wanted, "made_from_it": 0}
    assert said["dataset_version.destroyed"] == wanted


def test_a_worker_killed_on_the_way_is_followed_by_one_that_ends_it(ingested, admin, monkeypatch, run_jobs, tenant):
    version, kept = ingested("people.csv", CSV), ingested("kept.csv", HARMLESS)
    services.ask_to_destroy(actor=admin, version=version, confirmation=str(version))

    def killed(*_args):
        raise ConnectionError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(shredding, "_destroy_keys_before", killed)
        run_jobs()
    version.refresh_from_db()
    assert version.state == VersionState.DESTROYING
    assert digest_of(kept) == kept.digest
    run_jobs(also_later=True)
    version.refresh_from_db()
    assert version.state == VersionState.DESTROYED
    assert digest_of(kept) == kept.digest
    assert storage.keyring.living_numbers(tenant.pk, purpose=PURPOSE) == [3]


def test_one_that_failed_for_good_is_asked_for_again(ingested, admin, monkeypatch, run_jobs, client_as):
    version = ingested("people.csv", CSV)
    services.ask_to_destroy(actor=admin, version=version, confirmation=str(version))

    def broken(**_named):
        raise Conflict("The lake is broken.")

    with monkeypatch.context() as patched:
        patched.setattr(shredding, "shred", broken)
        run_jobs()
    version.refresh_from_db()
    assert (version.state, version.failure) == (VersionState.DESTROYING, "The lake is broken.")
    assert "The lake is broken." in client_as(admin).get(address(version)).content.decode()
    services.ask_to_destroy(actor=admin, version=version, confirmation=str(version))
    with pytest.raises(Conflict, match="There is work on this version"):
        services.ask_to_destroy(actor=admin, version=version, confirmation=str(version))
    run_jobs()
    version.refresh_from_db()
    assert (version.state, version.failure) == (VersionState.DESTROYED, "")


def test_an_older_version_is_the_newest_to_be_read_again(ingested, destroyed):
    first = ingested("people.csv", HARMLESS)
    second = destroyed(ingested("people.csv", CSV, dataset=first.dataset))
    assert selectors.latest_ready(first.dataset) == first
    assert ingested("people.csv", HARMLESS, dataset=first.dataset).number == second.number + 1, "numbers are not reused"


def test_its_storage_is_no_longer_paid_for(ingested, destroyed):
    version = ingested("people.csv", CSV)
    ledger.sequence_once()
    dispatch_once()
    assert [span.ended_at for span in UsageSpan.objects.filter(subject_id=version.pk)] == [None]
    destroyed(version)
    ledger.sequence_once()
    dispatch_once()
    assert None not in [span.ended_at for span in UsageSpan.objects.filter(subject_id=version.pk)]

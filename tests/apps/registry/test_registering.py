"""From a run to a signed version: what is kept, what the gates say, what happens half-way."""

import json

import pytest
from django.urls import reverse

from apps.compliance import policies as compliance
from apps.experiments import selectors as experiments
from apps.registry import selectors, services
from apps.registry.choices import GateState, Stage
from apps.registry.errors import ArtifactRefused
from apps.tenants import services as tenants
from apps.tenants.selectors import held
from foundation import jobs, ledger, storage
from foundation.errors import AccessDenied, Conflict, Invalid, NotFound, OverQuota, Unavailable
from foundation.tenancy import scope
from runtime.signature import key_id
from tests.support.history import acts_on, done_by


def kinds_of(version):
    return [event.kind for event in ledger.events_of(subject=("model_version", version.pk))]


def test_a_run_becomes_a_signed_candidate_that_every_gate_has_looked_at(registered, iris_artifact):
    version = registered()

    assert (version.stage, str(version), version.card_number) == (Stage.CANDIDATE, "flowers v1", 1)
    assert version.input_schema["target"]["task"] == "multiclass"
    assert version.metrics == json.loads((iris_artifact / "sanad" / "metrics.json").read_text())
    assert [entry["name"] for entry in version.evaluation["importance"]["features"]]
    assert version.evaluation["calibration"]["points"]
    assert {gate.gate: gate.state for gate in version.gates.all()}["signature"] == GateState.PASSED
    assert len(version.gates.all()) == 6
    assert kinds_of(version).count("model_version.registered") == 1
    assert "flowers v1" in version.card and "younger than their label: 0 of 150 rows, counted" in version.card


def test_the_files_come_out_as_they_were_signed(registered, tmp_path):
    version = registered()
    folder = services.unpack_artifact(version, tmp_path)

    assert (folder / "sanad" / "schema.json").exists()
    assert (folder / "model.skops").exists()


def test_a_changed_archive_is_refused_by_name_and_the_gate_says_so(registered, scientist, tmp_path):
    version = registered()
    whole = storage.read(version.tenant_id, version.artifact_key)
    storage.put(version.tenant_id, version.artifact_key, whole.replace(b'"seed"', b'"sead"', 1))

    with pytest.raises(ArtifactRefused, match=r"manifest\.json"):
        services.unpack_artifact(version, tmp_path)
    assert "Signature" in services.request_promotion(actor=scientist, version=version).refusal


def test_numbers_rise_within_a_model_and_one_key_signs_all(registered):
    first, second, other = registered(), registered(), registered(name="others")

    assert [str(v) for v in (first, second, other)] == ["flowers v1", "flowers v2", "others v1"]
    assert first.signing_key == other.signing_key
    assert len(first.signing_key.key_id) == len(key_id_of(first))


def key_id_of(version):
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    return key_id(load_pem_public_key(services.public_key_pem(version)))


def test_only_a_succeeded_run_has_a_model(finished_run, scientist):
    run = finished_run(state="failed")
    with pytest.raises(Conflict, match="succeeded"):
        services.register_version(actor=scientist, run_id=run.pk, name="flowers")


@pytest.mark.parametrize("name", ["Flowers", "late flights", "", "-a", "نموذج", "a" * 64])
def test_a_name_that_is_no_part_of_an_address_is_refused_at_its_field(finished_run, scientist, name):
    run = finished_run()
    with pytest.raises(Invalid) as refusal:
        services.register_version(actor=scientist, run_id=run.pk, name=name)
    assert list(refusal.value.fields) == ["name"]


def test_a_viewer_registers_nothing(finished_run, viewer):
    with pytest.raises(AccessDenied, match=r"model\.register"):
        services.register_version(actor=viewer, run_id=finished_run().pk, name="flowers")


def test_another_tenants_run_and_version_are_not_found(registered, other_scientist):
    version = registered()
    with scope(other_scientist.tenant_id):
        with pytest.raises(NotFound):
            services.register_version(actor=other_scientist, run_id=version.run_id, name="mine")
        with pytest.raises(NotFound):
            selectors.get_model_version(actor=other_scientist, version_id=version.pk)


def test_files_that_cannot_be_fetched_end_as_failed_with_the_reason(finished_run, scientist, run_jobs, monkeypatch):
    run = finished_run()

    def away(run, into):
        raise Unavailable("The tracking server does not answer.")

    monkeypatch.setattr(experiments, "download_model", away)
    version = services.register_version(actor=scientist, run_id=run.pk, name="flowers")
    run_jobs(also_later=True)
    version = selectors.get_model_version(actor=scientist, version_id=version.pk)

    assert (version.stage, version.artifact_digest) == (Stage.FAILED, "")
    assert "does not answer" in version.failure
    assert acts_on("model_version", version) == [
        done_by(scientist, "model_version.requested"),
        done_by(None, "model_version.failed"),
    ]


def test_gates_that_could_not_look_leave_a_signed_version_that_says_so_until_they_have(
    registered, scientist, client_as, monkeypatch
):
    def broken(*, actor, version):
        raise TypeError

    monkeypatch.setattr("apps.registry.services.registering.decide_gates", broken)
    version = registered()

    assert (version.stage, version.gates.count()) == (Stage.CANDIDATE, 0)
    assert "did not expect" in version.failure
    shown = client_as(scientist).get(reverse("registry:version_detail", args=["acme", "flights", version.pk]))
    assert "The gates could not look at it" in shown.content.decode()

    services.request_promotion(actor=scientist, version=version)
    version = selectors.get_model_version(actor=scientist, version_id=version.pk)
    assert (version.failure, version.gates.count()) == ("", 6)


def test_a_cancelled_registration_names_who_did_and_is_reported_on_by_nobody(
    finished_run, scientist, officer, client_as
):
    version = services.register_version(actor=scientist, run_id=finished_run().pk, name="flowers")
    jobs.cancel_of(actor=officer, subject=("model_version", version.pk))
    version = selectors.get_model_version(actor=scientist, version_id=version.pk)

    assert (version.stage, version.failure) == (Stage.CANCELLED, "Cancelled by The officer.")
    assert acts_on("model_version", version) == [
        done_by(scientist, "model_version.requested"),
        done_by(officer, "model_version.cancelled"),
    ]
    shown = client_as(scientist).get(reverse("registry:version_detail", args=["acme", "flights", version.pk]))
    assert "Cancelled by The officer." in shown.content.decode()
    with pytest.raises(Conflict, match="not registered completely"):
        compliance.check_can_make_report(officer, version)


def test_the_tenants_first_key_stands_on_the_ledger_once(registered, scientist, tenant):
    first = registered()
    registered()

    made = [act for act in acts_on("tenant", tenant) if act[0] == "tenant.signing_key_made"]
    assert made == [done_by(scientist, "tenant.signing_key_made")]
    [event] = [e for e in ledger.events_of(subject=("tenant", tenant.pk)) if e.kind == "tenant.signing_key_made"]
    assert event.payload == {"signing_key_id": first.signing_key.key_id}


def test_a_worker_that_died_before_the_gates_were_asked_is_made_good(finished_run, scientist, run_jobs, monkeypatch):
    from apps.registry.services import registering

    asked = []

    def dies_once(**given):
        asked.append(given)
        if len(asked) == 1:
            raise ConnectionError("the worker is gone")
        return real(**given)

    real = registering.decide_gates
    monkeypatch.setattr(registering, "decide_gates", dies_once)
    version = services.register_version(actor=scientist, run_id=finished_run().pk, name="flowers")
    run_jobs(also_later=True)
    version = selectors.get_model_version(actor=scientist, version_id=version.pk)

    assert (version.stage, len(version.gates.all()), len(asked)) == (Stage.CANDIDATE, 6, 2)


def test_the_card_is_written_by_people_and_two_at_once_do_not_lose_a_word(registered, scientist, viewer):
    version = registered()
    services.edit_card(actor=scientist, version=version, card="# Ours", seen_number=1)

    with pytest.raises(Conflict, match="Somebody changed the card"):
        services.edit_card(actor=scientist, version=version, card="# Theirs", seen_number=1)
    with pytest.raises(AccessDenied):
        services.edit_card(actor=viewer, version=version, card="# Mine", seen_number=2)
    event = ledger.events_of(subject=("model_version", version.pk))[0]
    assert event.kind == "model_version.card_changed"
    assert "Ours" not in str(event.payload)


def test_a_version_counts_as_stored_with_its_commit_and_once(registered, project):
    before = held.stored(tenant_id=project.tenant_id, project_id=project.pk)
    version = registered()
    assert held.stored(tenant_id=project.tenant_id, project_id=project.pk) == before + version.artifact_bytes
    ledger.sequence_once()
    ledger.dispatch_once(name="registry.usage")
    assert held.stored(tenant_id=project.tenant_id, project_id=project.pk) == before + version.artifact_bytes


def test_without_room_no_version_is_begun_and_one_that_does_not_fit_is_not_kept(
    admin, scientist, project, finished_run, registered
):
    tenants.set_quota(actor=admin, project_id=project.pk, storage_bytes=1)
    version = registered()
    assert version.stage == Stage.FAILED
    assert "bytes of storage" in version.failure
    assert not storage.exists(version.tenant_id, version.artifact_key)
    tenants.set_quota(actor=admin, project_id=project.pk, storage_bytes=0)
    with pytest.raises(OverQuota, match="This project's quota allows 0 bytes"):
        services.register_version(actor=scientist, run_id=finished_run().pk, name="flowers")

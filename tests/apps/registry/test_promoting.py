"""The way to production: gates, a case that another person decides, one version that serves."""

import pytest
from django.utils.translation import override

from apps.approvals import selectors as approvals_selectors
from apps.approvals import services as approvals
from apps.registry import policies, selectors, services
from apps.registry.choices import NEXT, Stage
from apps.registry.errors import ArtifactRefused
from apps.registry.models import ModelVersion
from foundation import access, ledger
from foundation.errors import AccessDenied, Conflict
from foundation.identity import Actor
from tests.apps.registry.conftest import deliver


def test_the_table_of_stages_names_every_stage():
    assert set(NEXT) == set(Stage)
    assert {target for targets in NEXT.values() for target in targets} <= set(Stage)


def test_a_case_carries_what_was_known_when_it_was_asked(registered, scientist):
    version = registered()
    case = services.request_promotion(actor=scientist, version=version).case

    assert case.subject_digest == version.artifact_digest
    assert case.evidence["gates"]["signature"] == "passed"
    assert case.evidence["comparison"]["serving"] is None
    assert case.evidence["metric"]["name"] == "log_loss"


def test_an_officers_word_puts_the_version_into_production(registered, scientist, officer):
    case = services.request_promotion(actor=scientist, version=registered()).case
    approvals.decide(actor=officer, case=case, verdict="granted", reason="Good figures.")
    deliver()
    version = selectors.get_model_version(actor=scientist, version_id=case.subject_id)

    assert version.stage == Stage.PRODUCTION
    assert selectors.production_version(actor=scientist, model_id=version.model_id) == version
    told = ledger.events_of(subject=("model_version", version.pk))[0]
    assert (told.kind, told.actor_kind, told.request_id) == ("model_version.promoted", "system", officer.request_id)


def test_what_served_before_retires_and_may_come_back(promoted, registered, scientist):
    first, second = promoted(), registered()
    promoted(second)

    stages = {v.number: v.stage for v in ModelVersion.objects.all()}
    assert stages == {1: Stage.RETIRED, 2: Stage.PRODUCTION}
    promoted(selectors.get_model_version(actor=scientist, version_id=first.pk))
    assert {v.number: v.stage for v in ModelVersion.objects.all()} == {1: Stage.PRODUCTION, 2: Stage.RETIRED}


@pytest.fixture
def candidate(registered):
    return registered()


@pytest.fixture
def granted(asked, officer, candidate):
    """A case that an officer has granted, about the candidate unless said otherwise; nothing has followed yet."""

    def grant(**changes):
        return approvals.decide(actor=officer, case=asked(candidate, **changes), verdict="granted", reason="Good.")

    return grant


def promote(actor, version, case):
    return services.promote_version(actor=actor, version_id=version.pk, case_id=case.pk)


def test_the_portal_promotes_what_was_granted(candidate, granted, tenant):
    assert promote(Actor.system(tenant, "approval"), candidate, granted()).stage == Stage.PRODUCTION


@pytest.mark.parametrize("role", ["scientist", "officer", "admin"])
def test_nobody_promotes_by_hand_not_even_what_was_granted(candidate, granted, role, request):
    with pytest.raises(AccessDenied, match="never by hand"):
        promote(request.getfixturevalue(role), candidate, granted())


def test_a_case_of_another_kind_promotes_nothing(candidate, granted, tenant):
    with pytest.raises(Conflict, match="something else than flowers v1"):
        promote(Actor.system(tenant), candidate, granted(kind="data.release"))


def test_a_case_about_another_version_promotes_nothing(candidate, granted, registered, tenant):
    beside = registered()
    other = granted(subject=("model_version", beside.pk), subject_digest=beside.artifact_digest)
    with pytest.raises(Conflict, match="something else than flowers v1"):
        promote(Actor.system(tenant), candidate, other)


def test_a_case_that_was_not_granted_promotes_nothing(candidate, asked, officer, tenant):
    case = asked(candidate)
    with pytest.raises(Conflict, match="Only a granted approval promotes"):
        promote(Actor.system(tenant), candidate, case)
    approvals.decide(actor=officer, case=case, verdict="refused", reason="Not yet.")
    with pytest.raises(Conflict, match="this one is: Refused"):
        promote(Actor.system(tenant), candidate, case)


def test_an_approval_of_another_artifact_promotes_nothing(candidate, granted, tenant):
    case = granted()
    ModelVersion.objects.filter(pk=candidate.pk).update(artifact_digest="f" * 64)
    with pytest.raises(ArtifactRefused, match="another artifact"):
        promote(Actor.system(tenant), candidate, case)


def test_a_candidate_that_is_worse_opens_no_case_and_the_gates_say_why(promoted, registered, scientist):
    promoted()
    worse = registered(metrics={"test": {"log_loss": 4.0}})

    verdict = access.ask(policies.check_can_ask_promotion, scientist, worse)
    assert not verdict.allowed
    assert "Worse than flowers v1 in production" in verdict.reason
    asked = services.request_promotion(actor=scientist, version=worse)
    assert asked.case is None
    assert "Not worse than production" in asked.refusal
    assert [gate.gate for gate in asked.failed] == ["metric"]


def test_a_refusal_names_every_gate_that_has_not_passed(promoted, registered, scientist):
    promoted()
    worse = registered(metrics={"test": {"log_loss": 4.0}}, manifest={"seed": 1})
    asked = services.request_promotion(actor=scientist, version=worse)

    assert {gate.gate for gate in asked.failed} == {"metric", "manifest"}
    assert "Worse than flowers v1" in asked.refusal and "manifest lacks data" in asked.refusal


def test_a_gate_that_failed_before_may_pass_when_asked_anew(promoted, registered, scientist):
    promoted()
    version = registered(metrics={"test": {"log_loss": 4.0}})
    version.metrics = {"test": {"log_loss": 0.01}}
    version.save(update_fields=["metrics"])

    assert services.request_promotion(actor=scientist, version=version).case.state == "open"


def test_leakage_and_missing_manifests_close_the_way(registered, scientist):
    from tests.apps.registry.stage import make_training_set

    project = registered().project
    leaky = make_training_set(
        scientist, project, leakage_proof={"rows": 9, "violations": 1, "mismatches": 0, "by_time": True}
    )
    gates = {g.gate: g for g in registered(training_set=leaky, manifest={"seed": 1}).gates.all()}

    assert gates["leakage"].state == "failed" and gates["leakage"].figures["violations"] == 1
    assert gates["manifest"].state == "failed" and "packages" in gates["manifest"].sentence


def test_gates_speak_the_readers_language_and_one_to_programs(registered):
    gates = list(registered(manifest={"seed": 1}).gates.all())

    with override("ar"):
        arabic = {gate.gate: (gate.said, gate.sentence) for gate in gates}
    for gate in gates:
        assert gate.said == gate.sentence, "English is the language of the source"
        assert arabic[gate.gate][0] != gate.sentence == arabic[gate.gate][1]


def test_the_comparison_says_what_is_better_and_what_changed(promoted, registered, scientist):
    serving = promoted(metrics={"test": {"accuracy": 0.8, "log_loss": 0.5, "own_figure": 1}})
    version = registered(metrics={"test": {"accuracy": 0.9, "log_loss": 0.6, "own_figure": 2}})
    found = selectors.comparison(actor=scientist, version=version, serving=serving)

    verdicts = [(m["name"], m["verdict"]) for m in found["metrics"]]
    assert verdicts == [("log_loss", "worse"), ("accuracy", "better"), ("own_figure", "")]
    assert [m["name"] for m in found["metrics"] if m["primary"]] == ["log_loss"]
    assert {f["name"]: f["same"] for f in found["facts"]}["recipe"] is True
    assert {f["name"]: f["same"] for f in found["facts"]}["training_set"] is False
    assert found["features"]["added"] == [] and len(found["features"]["all"]) == 4


def test_a_version_that_serves_or_waits_may_be_retired(promoted, registered, scientist, viewer):
    version = promoted()
    assert not access.ask(policies.check_can_retire, viewer, version)
    assert services.retire_version(actor=scientist, version=version).stage == Stage.RETIRED
    with pytest.raises(Conflict, match="not in use"):
        services.retire_version(actor=scientist, version=version)


def test_the_officer_sees_the_evidence_panel_and_a_changed_artifact_voids_the_case(registered, scientist, officer):
    version = registered()
    case = services.request_promotion(actor=scientist, version=version).case
    panel = approvals_selectors.evidence_panel(actor=officer, case=case)

    assert panel.template == "registry/partials/evidence.html"
    assert panel.context["version"] == version
    assert approvals_selectors.void_reason(actor=officer, case=case) == ""
    ModelVersion.objects.filter(pk=version.pk).update(artifact_digest="e" * 64)
    assert "void" in approvals_selectors.void_reason(actor=officer, case=case)

"""Who serves how much: splits, the way back, stopping and starting, and the number the gateway watches."""

from uuid import uuid4

import pytest
from django.urls import reverse

from apps.deployments import policies, selectors, services
from apps.deployments.choices import NEXT, RevisionState
from apps.deployments.errors import NothingToRollBackTo, SplitRefused
from apps.deployments.models import Revision
from foundation import access, jobs, ledger
from foundation.errors import AccessDenied, Conflict, Invalid, NotFound
from foundation.tenancy import scope
from tests.apps.deployments.stage import shares
from tests.support.history import acts_on, done_by


def by_number(deployment):
    return {revision.number: revision for revision in deployment.revisions.all()}


def test_the_table_of_states_names_every_state():
    assert set(NEXT) == set(RevisionState)


def test_a_new_revision_takes_over_once_it_answers(deployed):
    assert shares(deployed(revisions=3)) == {1: 0, 2: 0, 3: 100}


def test_only_what_is_approved_may_be_deployed(registered, scientist):
    with pytest.raises(Conflict, match="not approved for production"):
        services.deploy_version(actor=scientist, version_id=registered().pk, slug="flowers")


@pytest.mark.parametrize("slug", ["Flowers", "a/b", "-a", "زهور", "a" * 64])
def test_an_address_that_is_none_is_refused_at_its_field(promoted, scientist, slug):
    with pytest.raises(Invalid) as refusal:
        services.deploy_version(actor=scientist, version_id=promoted().pk, slug=slug)
    assert list(refusal.value.fields) == ["slug"]


@pytest.mark.parametrize("size", ["", "enormous", "a-word-longer-than-its-column"])
def test_a_size_that_is_none_is_refused_before_anything_waits(promoted, scientist, api_as, size):
    body = {"model_version": str(promoted().pk), "slug": "flowers", "resource_class": size}
    answer = api_as(scientist).post("/api/v1/deployments/", body, content_type="application/json")
    assert answer.status_code == 422 and "resource_class" in answer.json()["errors"]
    with pytest.raises(Invalid, match=r"There are: small, medium, large\."):
        services.deploy_version(
            actor=scientist, version_id=body["model_version"], slug="flowers", resource_class="enormous"
        )
    assert not Revision.objects.exists()


def test_an_address_serves_one_model(deployed, promoted, scientist):
    deployed()
    with pytest.raises(Conflict, match="serves another model"):
        services.deploy_version(actor=scientist, version_id=promoted(name="others").pk, slug="flowers")


def test_a_split_shares_the_traffic_and_stands_on_the_ledger(deployed, scientist, again):
    deployment = deployed(revisions=2)
    one, two = by_number(deployment)[1], by_number(deployment)[2]
    before = selectors.routes_version()
    services.set_split(actor=scientist, deployment=deployment, split={one.pk: 10, two.pk: 90})

    assert shares(again(deployment)) == {1: 10, 2: 90}
    assert selectors.routes_version() == before + 1
    event = ledger.events_of(subject=("deployment", deployment.pk))[0]
    assert sorted(event.payload["split"]) == ["1:10", "2:90"]


@pytest.mark.parametrize(("first", "second"), [(10, 80), (60, 60), (-10, 110)])
def test_shares_that_do_not_make_100_are_refused(deployed, scientist, first, second):
    deployment = deployed(revisions=2)
    one, two = by_number(deployment)[1], by_number(deployment)[2]
    with pytest.raises(SplitRefused, match="100"):
        services.set_split(actor=scientist, deployment=deployment, split={one.pk: first, two.pk: second})


def test_nothing_goes_to_a_revision_that_is_not_ready_or_not_here(deployed, scientist):
    deployment = deployed(revisions=2)
    one = by_number(deployment)[1]
    services.stop_revision(actor=scientist, revision=one)
    with pytest.raises(SplitRefused, match="not ready"):
        services.set_split(actor=scientist, deployment=deployment, split={one.pk: 100})
    with pytest.raises(SplitRefused, match="no revision"):
        services.set_split(actor=scientist, deployment=deployment, split={uuid4(): 100})


def test_roll_back_goes_to_the_newest_ready_one_before(deployed, scientist, again):
    deployment = deployed(revisions=3)
    services.stop_revision(actor=scientist, revision=by_number(deployment)[2])
    target = services.roll_back(actor=scientist, deployment=deployment)

    assert target.number == 1
    assert shares(again(deployment)) == {1: 100, 2: 0, 3: 0}
    kinds = [event.kind for event in ledger.events_of(subject=("deployment", deployment.pk))]
    assert kinds[:2] == ["deployment.rolled_back", "deployment.split_changed"]


def test_without_a_way_back_the_button_says_so(deployed, scientist):
    deployment = deployed()
    verdict = access.ask(policies.check_can_roll_back, scientist, deployment)

    assert (verdict.allowed, verdict.reason) == (False, "There is no earlier revision that is ready to serve.")
    with pytest.raises(NothingToRollBackTo):
        services.roll_back(actor=scientist, deployment=deployment)


def test_what_serves_is_not_stopped_and_what_runs_is_not_restarted(deployed, scientist):
    serving = by_number(deployed())[1]
    with pytest.raises(Conflict, match="serves 100%"):
        services.stop_revision(actor=scientist, revision=serving)
    with pytest.raises(Conflict, match="runs already"):
        services.restart_revision(actor=scientist, revision=serving)


def test_a_stopped_revision_starts_again_without_traffic(deployed, scientist, again):
    deployment = deployed(revisions=2)
    services.stop_revision(actor=scientist, revision=by_number(deployment)[1])
    revision = services.restart_revision(actor=scientist, revision=by_number(again(deployment))[1])

    assert (revision.state, revision.traffic_percent) == (RevisionState.STARTING, 0)
    assert acts_on("revision", revision)[-2:] == [
        done_by(scientist, "revision.stopped"),
        done_by(scientist, "revision.restarted"),
    ]


def test_who_stops_a_queued_start_has_stopped_it_and_nothing_failed(promoted, scientist, officer, again):
    revision = services.deploy_version(actor=scientist, version_id=promoted().pk, slug="flowers")
    stopped = services.stop_revision(actor=scientist, revision=revision)

    assert stopped.state == RevisionState.STOPPED
    assert acts_on("revision", stopped) == [
        done_by(scientist, "revision.requested"),
        done_by(scientist, "revision.stopped"),
    ]


def test_a_cancelled_start_leaves_it_stopped_by_whoever_cancelled(
    promoted, scientist, officer, client_as, monkeypatch, django_capture_on_commit_callbacks
):
    from apps.deployments.services import stopping

    ended = []
    monkeypatch.setattr(stopping, "_end_replica", ended.append)
    revision = services.deploy_version(actor=scientist, version_id=promoted().pk, slug="flowers")
    with django_capture_on_commit_callbacks(execute=True):
        jobs.cancel_of(actor=officer, subject=("revision", revision.pk))
    revision.refresh_from_db()

    assert (revision.state, revision.failure) == (RevisionState.STOPPED, "Cancelled by The officer.")
    assert acts_on("revision", revision)[-1] == done_by(officer, "revision.stopped")
    assert ended == [revision]
    place = reverse("deployments:deployment_detail", args=["acme", "flights", revision.deployment_id])
    assert "Cancelled by The officer." in client_as(scientist).get(place).content.decode()


def test_a_start_told_to_stop_while_it_ran_leaves_no_replica_behind(
    promoted, scientist, monkeypatch, django_capture_on_commit_callbacks
):
    from apps.deployments.services import stopping
    from foundation.jobs import choices, runner
    from foundation.jobs.models import JobTicket

    ended = []
    monkeypatch.setattr(stopping, "_end_replica", ended.append)
    revision = services.deploy_version(actor=scientist, version_id=promoted().pk, slug="flowers")
    claim = runner.take(JobTicket.objects.get().job_id)
    services.stop_revision(actor=scientist, revision=revision)
    with django_capture_on_commit_callbacks(execute=True):
        runner.settle(claim, runner.Outcome(choices.JobState.CANCELLED))

    assert ended == [revision]
    assert acts_on("revision", revision)[1:] == [done_by(scientist, "revision.stopped")]


def test_a_viewer_changes_nothing_and_another_tenant_sees_nothing(deployed, viewer, other_scientist):
    deployment = deployed(revisions=2)
    for act in (services.roll_back, services.set_split):
        with pytest.raises(AccessDenied, match=r"deployment\.change"):
            act(actor=viewer, deployment=deployment, **({"split": {}} if act is services.set_split else {}))
    with scope(other_scientist.tenant_id), pytest.raises(NotFound):
        selectors.get_deployment(actor=other_scientist, deployment_id=deployment.pk)


def test_a_start_that_fails_says_why_and_keeps_who_served(deployed, scientist, run_jobs, again, monkeypatch):
    from apps.deployments.services import replicas

    deployment = deployed()
    version = by_number(deployment)[1].model_version

    def broken(revision):
        raise Conflict("The artifact cannot be trusted.")

    monkeypatch.setattr(replicas, "_unpacked", broken)
    services.deploy_version(actor=scientist, version_id=version.pk, slug="flowers")
    Revision.objects.filter(number=1).update(state="ready")
    run_jobs(also_later=True)
    revision = by_number(again(deployment))[2]

    assert (revision.state, revision.traffic_percent) == (RevisionState.FAILED, 0)
    assert "cannot be trusted" in revision.failure
    assert shares(again(deployment))[1] == 100

"""A deployment is taken out of service as a whole, and its project can be archived then."""

import pytest

from apps.deployments import services
from apps.deployments.choices import Health
from apps.deployments.selectors import health_of
from apps.projects.services import archive_project
from foundation import ledger
from foundation.errors import AccessDenied, Conflict
from foundation.jobs.choices import FINAL
from foundation.jobs.models import Job
from tests.apps.deployments.stage import answer_as_ready, shares


def test_nobody_is_led_to_it_and_every_replica_ends(scientist, deployed, again):
    deployment = deployed(revisions=2)
    services.stop_deployment(actor=scientist, deployment=deployment)

    found = again(deployment)
    assert shares(found) == {1: 0, 2: 0}
    assert {revision.state for revision in found.revisions.all()} == {"stopped"}
    assert health_of(found, gateway_answers=True) == Health.STOPPED
    assert ledger.events_of(subject=("deployment", found.pk))[0].payload["split"] == []


def test_what_still_starts_ends_too(scientist, deployed, again):
    deployment = deployed()
    first = deployment.revisions.get()
    services.deploy_version(actor=scientist, version_id=first.model_version_id, slug="flowers")
    services.stop_deployment(actor=scientist, deployment=again(deployment))

    assert {revision.state for revision in again(deployment).revisions.all()} == {"stopped"}
    assert not Job.objects.filter(name="deployments.start_revision").exclude(state__in=FINAL).exists()


def test_started_again_and_given_traffic_it_serves_as_before(scientist, deployed, again):
    deployment = deployed()
    services.stop_deployment(actor=scientist, deployment=deployment)
    revision = services.restart_revision(actor=scientist, revision=again(deployment).revisions.get())
    answer_as_ready(scientist, revision)
    services.set_split(actor=scientist, deployment=again(deployment), split={revision.pk: 100})

    assert health_of(again(deployment), gateway_answers=True) == Health.HEALTHY


def test_a_second_time_there_is_nothing_to_stop_and_a_viewer_stops_nothing(scientist, viewer, deployed, again):
    deployment = deployed()
    with pytest.raises(AccessDenied, match=r"deployment\.change"):
        services.stop_deployment(actor=viewer, deployment=deployment)
    services.stop_deployment(actor=scientist, deployment=deployment)

    with pytest.raises(Conflict, match="out of service already"):
        services.stop_deployment(actor=scientist, deployment=again(deployment))


def test_its_project_is_archived_only_then(admin, scientist, deployed, again):
    deployment = deployed()
    with pytest.raises(Conflict, match="flowers: serves 100 % of its requests") as refusal:
        archive_project(actor=admin, project=deployment.project)
    assert [one["kind"] for one in refusal.value.details["at_work"]] == ["deployment"]

    services.stop_deployment(actor=scientist, deployment=deployment)
    assert archive_project(actor=admin, project=deployment.project).archived_at is not None


def test_the_page_and_rest_stop_it(client_as, api_as, scientist, deployed, again):
    deployment = deployed()
    here = f"/t/acme/p/{deployment.project.slug}/deployments/{deployment.pk}/"
    client = client_as(scientist)

    assert 'data-confirm-name="flowers"' in client.get(here).content.decode()
    assert client.post(f"{here}stop/").status_code == 303
    assert "it is out of service already" in client.get(here).content.decode()
    assert api_as(scientist).post(f"/api/v1/deployments/{deployment.pk}/stop/").status_code == 409

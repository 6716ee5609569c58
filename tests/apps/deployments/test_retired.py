"""A version that somebody retired begins to serve nowhere; one whose place another took is the way back."""

import pytest

from apps.deployments import policies, services
from apps.deployments.choices import RevisionState
from apps.deployments.services import replicas, watching
from apps.registry import selectors as registry
from apps.registry import services as registry_services
from foundation import access, engines
from foundation.errors import Conflict
from tests.apps.deployments.stage import answer_as_ready, shares

LIST = "/t/acme/p/flights/deployments/"
RETIRED = "flowers v1 is retired, so nothing may begin to serve it."


def by_number(deployment):
    return {revision.number: revision for revision in deployment.revisions.all()}


@pytest.fixture
def retire(scientist):
    """Somebody takes a version out of use."""

    def by_hand(revision):
        version = registry.get_model_version(actor=scientist, version_id=revision.model_version_id)
        return registry_services.retire_version(actor=scientist, version=version)

    return by_hand


@pytest.fixture
def followed(deployed, promoted, registered):
    """Version 1 behind revision 1, then version 2 in its place behind revision 2, which serves."""
    deployed(version=promoted())
    return deployed(version=promoted(registered()))


def test_the_way_back_to_the_version_before_stays_open(followed, scientist, again):
    services.set_split(
        actor=scientist,
        deployment=followed,
        split={by_number(followed)[1].pk: 30, by_number(followed)[2].pk: 70},
    )
    assert services.roll_back(actor=scientist, deployment=followed).number == 1
    assert shares(again(followed)) == {1: 100, 2: 0}


def test_a_retired_version_takes_no_traffic_by_split_roll_back_or_restart(followed, scientist, retire, again):
    one, two = by_number(followed)[1], by_number(followed)[2]
    retire(one)
    followed = again(followed)
    with pytest.raises(Conflict, match=RETIRED):
        services.set_split(actor=scientist, deployment=followed, split={one.pk: 10, two.pk: 90})
    with pytest.raises(Conflict, match=f"{RETIRED} Deploy the version in production, or ask for the promotion"):
        services.roll_back(actor=scientist, deployment=followed)
    services.stop_revision(actor=scientist, revision=one)
    with pytest.raises(Conflict, match=RETIRED):
        services.restart_revision(actor=scientist, revision=one)
    assert shares(again(followed)) == {1: 0, 2: 100}


def test_roll_back_passes_over_what_is_retired(deployed, promoted, registered, scientist, retire):
    deployed(version=promoted())
    deployed(version=promoted(registered()))
    deployment = deployed(version=promoted(registered()))
    retire(by_number(deployment)[2])
    assert services.roll_back(actor=scientist, deployment=deployment).number == 1


def test_what_serves_when_it_is_retired_serves_on_and_may_be_led_away(followed, scientist, retire, again):
    one, two = by_number(followed)[1], by_number(followed)[2]
    retire(two)
    assert shares(again(followed)) == {1: 0, 2: 100}
    services.set_split(actor=scientist, deployment=followed, split={one.pk: 40, two.pk: 60})
    with pytest.raises(Conflict, match="flowers v2 is retired"):
        services.set_split(actor=scientist, deployment=followed, split={one.pk: 30, two.pk: 70})
    assert shares(again(followed)) == {1: 40, 2: 60}


def test_a_serving_replica_that_dies_comes_back_also_when_its_version_was_retired(
    followed, scientist, retire, again, monkeypatch
):
    class Missing:
        name = "process"

        def status(self, name):
            return engines.WorkloadStatus(state=engines.WorkloadState.MISSING)

    monkeypatch.setattr(engines, "current", Missing)
    retire(by_number(followed)[2])
    watching.watch_revisions()
    answer_as_ready(scientist, by_number(followed)[2])
    found = by_number(again(followed))[2]
    assert (found.state, found.traffic_percent) == (RevisionState.READY, 100)


def test_a_revision_whose_version_is_retired_before_it_answers_takes_nothing_over(
    deployed, promoted, registered, scientist, retire, run_jobs, again, monkeypatch
):
    deployment = deployed(version=promoted())
    version = promoted(registered())
    slow = services.deploy_version(actor=scientist, version_id=version.pk, slug="flowers")
    waiting = services.deploy_version(actor=scientist, version_id=version.pk, slug="flowers")
    retire(slow)
    answer_as_ready(scientist, slow)
    monkeypatch.setattr(replicas, "_unpacked", lambda _revision: pytest.fail("It was started."))
    run_jobs(also_later=True)

    found = by_number(again(deployment))
    assert shares(again(deployment)) == {1: 100, 2: 0, 3: 0}
    assert (found[2].state, found[3].state) == (RevisionState.READY, RevisionState.FAILED)
    assert "flowers v2 is retired" in found[waiting.number].failure


def test_the_page_says_why_instead_of_offering_it(followed, scientist, retire, client_as):
    client, url = client_as(scientist), f"{LIST}{followed.pk}/"
    one = by_number(followed)[1]
    shown = client.get(url).content.decode()
    assert "Roll back to revision 1" in shown and RETIRED not in shown and f"share_{one.pk}" in shown

    retire(one)
    services.stop_revision(actor=scientist, revision=one)
    shown = client.get(url).content.decode()
    assert "Roll back to revision 1" not in shown and f"share_{one.pk}" not in shown
    # In words beside the version, and on the button that does nothing.
    assert shown.count(RETIRED) >= 3
    assert f"{LIST}revisions/{one.pk}/restart/" not in shown
    assert client.post(f"{url}rollback/").status_code == 409


def test_a_former_version_is_barred_on_its_page_and_a_promotion_lets_it_serve_again(
    followed, scientist, client_as, promoted, again
):
    one = by_number(followed)[1]
    page = f"/t/acme/p/flights/models/versions/{one.model_version_id}/"
    client = client_as(scientist)
    assert "Bar from roll-back" in client.get(page).content.decode()

    assert client.post(f"{page}retire/").status_code == 303
    assert "Bar from roll-back" not in client.get(page).content.decode()
    assert not access.ask(policies.check_can_roll_back, scientist, again(followed))

    promoted(registry.get_model_version(actor=scientist, version_id=one.model_version_id))
    assert access.ask(policies.check_can_roll_back, scientist, again(followed))

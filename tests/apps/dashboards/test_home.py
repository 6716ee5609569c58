"""Home, overview, visits: what a person finds first."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.dashboards import selectors, services
from apps.dashboards.models import Visit
from apps.tenants.services import start_address
from foundation.clock import now
from foundation.errors import NotFound
from tests.support.people import make_person

HOME = "/t/acme/"
OVERVIEW = "/t/acme/p/flights/"


@pytest.fixture
def other_builder(tenant):
    return make_person(tenant, "scientist", "second@acme.test")


def test_newcomer_is_led_to_the_first_project(scientist, client_as):
    page = client_as(scientist).get(HOME)
    assert page.status_code == 200
    assert b"There is no project yet" in page.content
    assert b"/t/acme/projects/new/" in page.content


def test_home_names_what_waits_and_what_is_unwell(chain, scientist, officer, client_as):
    shown = client_as(officer).get(HOME).content.decode()
    assert "temp moved in Late flights" in shown
    assert "One thing is unwell" in shown
    assert "Flights" in shown


def test_a_failed_run_of_ones_own_waits(chain, scientist, officer):
    chain.run.state, chain.run.failure, chain.run.ended_at = "failed", "It ran out of memory.", now()
    chain.run.save()
    mine = {row.kind for row in selectors.waiting(actor=scientist, now=now())}
    others = {row.kind for row in selectors.waiting(actor=officer, now=now())}
    assert "run" in mine
    assert "run" not in others
    later = selectors.waiting(actor=scientist, now=now() + timedelta(days=8))
    assert "run" not in {row.kind for row in later}


def test_a_file_of_ones_own_that_came_to_nothing_waits_until_another_came(chain, scientist, other_builder, client_as):
    version = chain.dataset_version
    before = {"dataset": version.dataset, "project": version.project, "created_by": scientist.user}
    source = {"kind": "upload", "filename": "june.csv"}
    failed = type(version).objects.create(
        tenant=version.tenant, **before, source=source, state="failed", failure="Line 7 has 3 values."
    )

    def waits(actor, moment=None):
        found = selectors.waiting(actor=actor, now=moment or now())
        return [(row.name, row.reason, row.state) for row in found if row.id == failed.pk]

    assert waits(scientist) == [(f"june.csv for {version.dataset}", "Line 7 has 3 values.", "failed")]
    page = client_as(scientist).get(HOME).content.decode()
    assert "Line 7 has 3 values." in page and f"/data/versions/{failed.pk}/" in page
    assert waits(other_builder) == [] == waits(scientist, now() + timedelta(days=8))
    type(version).objects.create(tenant=version.tenant, **before, source=source, state="ingesting")
    assert waits(scientist) == [], "somebody has seen to it"


def test_features_that_one_asked_for_in_vain_wait_until_they_were_made(chain, scientist, other_builder, client_as):
    view, rows = chain.view, chain.training_set
    failed = {}
    for kind, thing in (("feature_view", view), ("training_set", rows)):
        thing.pk, thing.number, thing.state, thing.failure = None, 7, "failed", f"No such column in {kind}."
        thing.created_by, thing._state.adding = scientist.user, True
        thing.save()
        failed[thing.pk] = (kind, str(thing), thing.failure)

    def waits(actor, moment=None):
        found = selectors.waiting(actor=actor, now=moment or now())
        return {row.id: (row.kind, row.name, row.reason) for row in found if row.id in failed}

    assert waits(scientist) == failed
    page = client_as(scientist).get(HOME).content.decode()
    assert all(f"{pk}/" in page and why in page for pk, (_kind, _name, why) in failed.items())
    assert waits(other_builder) == {} == waits(scientist, now() + timedelta(days=8))
    for thing in (view, rows):
        thing.pk, thing.number, thing.state, thing._state.adding = None, 8, "building", True
        thing.save()
    assert waits(scientist) == {}, "somebody makes them anew"


def test_the_decision_on_what_one_asked_for_waits_until_it_was_read(chain, scientist, officer, client_as):
    def told(actor):
        return [row.reason for row in selectors.waiting(actor=actor, now=now()) if row.kind == "approval_case"]

    assert told(scientist) == [f"{officer.label} has decided: Better than the rule of thumb."]
    assert told(officer) == []
    assert "Promote late-flights v1" in client_as(scientist).get(HOME).content.decode()

    assert client_as(scientist).get(f"{HOME}approvals/{chain.case.pk}/").status_code == 200
    assert told(scientist) == []
    late = selectors.waiting(actor=scientist, now=now() + timedelta(days=8))
    assert "approval_case" not in {row.kind for row in late}


def test_data_that_waits_for_a_word_is_shown_to_those_who_may_give_it(chain, scientist, viewer):
    chain.dataset_version.state = "review"
    chain.dataset_version.save()
    assert "dataset_version" in {row.kind for row in selectors.waiting(actor=scientist, now=now())}
    assert "dataset_version" not in {row.kind for row in selectors.waiting(actor=viewer, now=now())}


def test_bell_counts_what_waits(chain, officer, client_as):
    answer = client_as(officer).get("/t/acme/notifications/count/")
    assert "1 thing waits" in answer.content.decode()
    assert client_as(officer).get("/t/acme/notifications/").status_code == 200


def test_home_of_another_tenant_is_not_found(chain, other_scientist, client_as):
    assert client_as(other_scientist).get(HOME).status_code == 404
    assert client_as(other_scientist).get(OVERVIEW).status_code == 404
    assert selectors.waiting(actor=other_scientist, now=now()) == []


def test_roles_begin_at_their_place(chain, admin, scientist):
    assert start_address(admin) == HOME
    assert start_address(scientist) == OVERVIEW


def test_overview_says_whether_what_serves_is_well(chain, scientist, client_as):
    shown = client_as(scientist).get(OVERVIEW).content.decode()
    assert "Late flights" in shown
    assert "one alert says that data has moved" in shown
    chain.revision.state = "failed"
    chain.revision.save()
    assert "is unwell: look at it first" in client_as(scientist).get(OVERVIEW).content.decode()


def test_overview_shows_the_traffic_of_the_last_hour(chain, scientist, project):
    from apps.monitoring.models import TrafficMinute

    moment = now()
    TrafficMinute.objects.create(
        tenant=scientist.tenant,
        deployment_id=chain.revision.deployment_id,
        revision_id=chain.revision.pk,
        minute=moment.replace(second=0, microsecond=0) - timedelta(minutes=3),
        requests=40,
        errors=10,
    )
    found = selectors.overview(actor=scientist, project=project, now=moment)
    (served,) = found.served
    assert (served.requests, served.error_share, sum(served.per_minute)) == (40, 0.25, 40)
    assert found.unwell == [served]


def test_getting_started_is_ticked_off_by_the_ledger_until_put_away(scientist, project, client_as):
    from apps.features.events import TrainingSetReady
    from foundation import ledger

    assert [done for _step, done in selectors.overview(actor=scientist, project=project, now=now()).steps] == [
        False
    ] * 7
    ready = TrainingSetReady(training_set_id=project.pk, row_count=1, digest="d", leakage_violations=0, lake_snapshot=1)
    ledger.record(ready, actor=scientist, project_id=project.pk, subject=("training_set", project.pk))
    found = selectors.overview(actor=scientist, project=project, now=now())
    assert {step.key for step, done in found.steps if done} == {"training_set"}
    assert found.next_step.key == "data"
    answer = client_as(scientist).post(f"{OVERVIEW}getting-started/dismiss/")
    assert answer.status_code == 303
    assert selectors.overview(actor=scientist, project=project, now=now()).steps == []


def test_while_something_is_being_made_the_overview_says_so_first(scientist, project, client_as):
    from foundation import jobs

    assert "The next step:" in client_as(scientist).get(OVERVIEW).content.decode()
    work = {"run_id": str(project.pk), "subject": ("run", project.pk), "title": "Joining late v1"}
    jobs.enqueue("experiments.execute_run", actor=scientist, project_id=project.pk, **work)
    shown = client_as(scientist).get(OVERVIEW).content.decode()
    assert "At work here just now:" in shown and "<bdi>Joining late v1</bdi>" in shown
    assert "The next step:" not in shown


def test_getting_started_goes_when_all_is_done(chain, scientist, project):
    assert selectors.overview(actor=scientist, project=project, now=now()).steps == []


def test_visits_are_remembered_starred_and_forgotten(chain, scientist, project, client_as):
    client = client_as(scientist)
    client.get(OVERVIEW)
    client.get(OVERVIEW)
    (visited,) = selectors.recent_visits(actor=scientist)
    assert (visited.thing.kind, visited.thing.name) == ("project", "Flights")
    assert client.post(f"/t/acme/visits/{visited.visit.pk}/star/").status_code == 303
    services.note_visit(actor=scientist, kind="run", object_id=chain.run.pk, now=now() - timedelta(days=100))
    assert [row.thing.kind for row in selectors.recent_visits(actor=scientist)] == ["project", "run"]
    services.forget_old_visits(now=now() + timedelta(days=1))
    assert list(Visit.objects.values_list("kind", flat=True)) == ["project"]


def test_nobody_stars_anothers_visit(chain, scientist, officer):
    services.note_visit(actor=scientist, kind="run", object_id=chain.run.pk, now=now())
    with pytest.raises(NotFound):
        services.toggle_star(actor=officer, visit_id=Visit.objects.get().pk)


@pytest.mark.parametrize(("address", "most"), [(HOME, 45), (OVERVIEW, 45)])
def test_pages_ask_as_often_with_many_things_as_with_few(chain, scientist, project, client_as, address, most):
    client = client_as(scientist)
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(address)
    _more(chain, scientist)
    with CaptureQueriesContext(connection) as many:
        client.get(address)
    assert len(many) <= len(few) + 1
    assert len(many) <= most


def _more(chain, scientist):
    from apps.deployments.models import Deployment, Revision
    from apps.projects import services as projects

    for number in range(5):
        projects.create_project(actor=scientist, slug=f"p{number}", name=f"Project {number}", purpose="More")
        deployment = Deployment.objects.create(
            tenant=scientist.tenant,
            project=chain.version.project,
            slug=f"d{number}",
            name=f"D {number}",
            model=chain.version.model,
        )
        Revision.objects.create(
            tenant=scientist.tenant,
            project=chain.version.project,
            deployment=deployment,
            number=1,
            model_version=chain.version,
            artifact_digest=chain.version.artifact_digest,
            state="ready",
            traffic_percent=100,
        )


def test_an_administrator_of_a_new_organisation_is_told_what_comes_first(admin, viewer, client_as):
    from apps.tenants import services as tenants

    shown = client_as(admin).get(HOME).content.decode()
    assert "Invite your colleagues" in shown and 'href="/t/acme/settings/members/"' in shown
    assert "Invite your colleagues" not in client_as(viewer).get(HOME).content.decode()
    tenants.invite(actor=admin, email="colleague@bank.test", role="viewer", now=now())
    steps = {step.key: done for step, done in selectors.first_steps(actor=admin, now=now())}
    assert steps == {"people": True, "factor": False, "project": False, "budget": False}
    assert selectors.first_steps(actor=admin, now=now() + timedelta(days=31)) == []

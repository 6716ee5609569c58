"""An archived project is read and never written to, whoever comes and by whichever door, until it is brought back."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.datasets.services import start_upload
from apps.projects import selectors, services
from foundation import jobs, ledger
from foundation.access import ProjectArchived
from foundation.access.actors import actor_for_user
from foundation.clock import now
from foundation.errors import AccessDenied, Conflict
from foundation.identity import Actor
from foundation.jobs.models import Job
from foundation.words import Words
from tests.apps.experiments.rows import make_run, make_training_set
from tests.isolation.elsewhere import things_of

ARCHIVE = "/t/acme/p/flights/settings/archive/"


def again(actor):
    """The person as their next request finds them."""
    return actor_for_user(user=actor.user, tenant=actor.tenant)


@pytest.fixture
def archived(admin, project):
    return services.archive_project(actor=admin, project=project)


def kinds_of(project):
    return [event.kind for event in ledger.events_of(subject=("project", project.pk))]


def test_it_is_read_and_whatever_would_write_says_who_archived_it(scientist, admin, archived):
    reader = again(scientist)

    assert selectors.get_project(actor=reader, slug="flights").archived_by == admin.user
    with pytest.raises(ProjectArchived, match=f"“Flights” is archived: {admin.user}.*Project settings, Archive"):
        services.edit_project(actor=reader, project=archived, name="New", purpose="New")
    with pytest.raises(ProjectArchived):
        start_upload(actor=reader, project=archived, filename="rows.csv", size=9)


def test_brought_back_it_is_as_it_was(scientist, admin, archived):
    services.restore_project(actor=again(admin), project=archived)

    services.edit_project(actor=again(scientist), project=archived, name="New", purpose="New")
    assert kinds_of(archived) == ["project.changed", "project.restored", "project.archived", "project.created"]


def test_asked_for_twice_it_is_recorded_once(admin, archived):
    services.archive_project(actor=again(admin), project=archived)

    assert kinds_of(archived).count("project.archived") == 1


def test_an_administrator_archives_and_nobody_else(scientist, project):
    with pytest.raises(AccessDenied, match=r"project\.archive"):
        services.archive_project(actor=scientist, project=project)


def test_who_may_not_write_anyway_reads_which_permission_is_missing(viewer, archived):
    with pytest.raises(AccessDenied, match=r"project\.edit"):
        services.edit_project(actor=again(viewer), project=archived, name="New", purpose="New")


def test_nothing_else_of_the_tenant_is_closed(scientist, archived):
    other = services.create_project(actor=again(scientist), slug="other", name="Other", purpose="Else")

    services.edit_project(actor=again(scientist), project=other, name="New", purpose="New")


def test_what_runs_is_ended_first_and_named(admin, scientist, project):
    run = make_run(scientist, project, make_training_set(scientist, project), state="running")

    with pytest.raises(Conflict, match=f"{run} .*Running") as refusal:
        services.archive_project(actor=admin, project=project)
    assert refusal.value.details["at_work"][0]["id"] == str(run.pk)
    assert kinds_of(project) == ["project.created"]


def test_no_job_is_taken_on_there_not_even_of_the_portal_itself(tenant, archived):
    with pytest.raises(ProjectArchived):
        build(Actor.system(tenant), archived, archived)
    assert not Job.objects.exists()


def test_a_job_that_slipped_in_is_refused_by_whoever_begins_it(scientist, project, run_jobs):
    job = build(Actor.system(scientist.tenant), project, make_training_set(scientist, project))
    type(project).objects.filter(pk=project.pk).update(archived_at=now())
    run_jobs()

    job.refresh_from_db()
    assert (job.state, "is archived" in job.failure) == ("failed", True)


def build(actor, project, training_set):
    wanted = {"title": "Build", "project_id": project.pk, "training_set_id": str(training_set.pk)}
    return jobs.enqueue("features.build_training_set", actor=actor, **wanted)


def test_what_the_law_asks_to_remove_goes_on(admin, archived):
    reader = again(admin)
    from apps.datasets import policies
    from foundation import access

    assert access.ask(policies.check_can_erase, reader, archived)
    assert jobs.enqueue("datasets.erase", actor=reader, title="Erase", project_id=archived.pk).pk


def test_a_token_of_the_project_still_reads_and_writes_nothing(api_as, scientist, archived):
    client = api_as(scientist, project_id=archived.pk)
    answer = client.patch("/api/v1/projects/flights/", {"name": "New"}, content_type="application/json")

    assert client.get("/api/v1/projects/flights/").json()["archived_at"] is not None
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (423, "project-archived")


def test_a_program_reads_and_writes_nothing(admin, archived):
    from apps.tenants.services import create_service_account, create_service_token
    from foundation.access.actors import actor_for_token

    account = create_service_account(actor=admin, name="nightly import", role="scientist")
    ends = now() + timedelta(days=1)
    row, _text = create_service_token(
        actor=admin, account=account, name="nightly", scopes=["*"], expires_at=ends, now=now()
    )
    program = actor_for_token(row=row, address=None)

    assert selectors.get_project(actor=program, slug="flights") == archived
    with pytest.raises(ProjectArchived):
        services.edit_project(actor=program, project=archived, name="New", purpose="New")


def test_mlflows_client_is_refused_in_its_own_words(api_as, scientist, archived):
    address = "/mlflow/acme/flights/api/2.0/mlflow/experiments/create"
    answer = api_as(scientist).post(address, {"name": "New"}, content_type="application/json")

    assert (answer.status_code, answer.json()["error_code"]) == (423, "INVALID_STATE")
    assert "is archived" in answer.json()["message"]


def test_rest_archives_and_brings_back(api_as, admin, scientist, project):
    client = api_as(admin)

    assert api_as(scientist).post("/api/v1/projects/flights/archive/").status_code == 403
    assert client.post("/api/v1/projects/flights/archive/").json()["archived_at"] is not None
    assert client.get("/api/v1/projects/").json()["results"] == []
    assert [row["slug"] for row in client.get("/api/v1/projects/?archived=only").json()["results"]] == ["flights"]
    assert client.get("/api/v1/projects/?archived=maybe").status_code == 422
    assert client.post("/api/v1/projects/flights/restore/").json()["archived_at"] is None


def test_lists_palette_and_switcher_leave_it_out_until_it_is_asked_for(client_as, scientist, archived):
    client = client_as(scientist)

    def names(address):
        return "/t/acme/p/flights/" in client.get(address).content.decode()

    assert not any(names(f"/t/acme/{page}") for page in ("", "projects/", "switcher/", "search/?q=flights"))
    assert all(names(f"/t/acme/projects/?archived={which}") for which in ("only", "all"))
    assert "Every project is archived" in client.get("/t/acme/projects/").content.decode()


def test_the_page_says_what_it_means_and_offers_undo(client_as, admin, project):
    client = client_as(admin)
    assert "counts on in quotas" in client.get(ARCHIVE).content.decode()

    assert client.post(ARCHIVE).status_code == 303
    page = client.get(ARCHIVE).content.decode()
    toast = page[page.index("data-toast") :]
    assert f'action="{ARCHIVE}restore/"' in toast
    assert "Undo" in toast
    assert f"{admin.user} archived it on" in client.get("/t/acme/p/flights/").content.decode()

    assert client.post(f"{ARCHIVE}restore/").status_code == 303
    back = client.get(ARCHIVE).content.decode()
    assert "is back, just as it was" in back
    assert "Archive the project" in back


def test_the_page_leads_to_what_has_to_end_first(client_as, admin, scientist, project):
    run = make_run(scientist, project, make_training_set(scientist, project), state="running")
    client = client_as(admin)
    page = client.get(ARCHIVE).content.decode()

    assert f'href="/t/acme/go/run/{run.pk}/"' in page
    assert "End each first" in page
    refused = client.post(ARCHIVE)
    assert (refused.status_code, "Something still serves" in refused.content.decode()) == (422, True)


def test_pages_show_why_nothing_can_be_changed(client_as, scientist, archived):
    client = client_as(scientist)
    page = client.get("/t/acme/p/flights/settings/").content.decode()
    answer = client.post("/t/acme/p/flights/settings/", {"name": "New", "purpose": "New"})

    assert "Save changes" not in page
    assert "brings it back under Project settings, Archive" in page
    assert answer.status_code == 423
    assert 'href="/t/acme/p/flights/settings/archive/"' in answer.content.decode()


def test_an_upload_that_had_begun_goes_no_further(scientist, admin, project):
    from apps.datasets.services import append_chunk

    upload = start_upload(actor=scientist, project=project, filename="rows.csv", size=9)
    services.archive_project(actor=admin, project=project)

    with pytest.raises(ProjectArchived):
        append_chunk(actor=again(scientist), upload_id=upload.pk, offset=0, data=b"a,b\n1,2\n3")


def test_its_quota_still_counts_and_says_that_it_is_archived(client_as, admin, project):
    from apps.tenants.services import set_quota

    set_quota(actor=admin, project_id=project.pk, storage_bytes=10**9)
    services.archive_project(actor=admin, project=project)

    assert "Flights (archived)" in client_as(admin).get("/t/acme/settings/quotas/").content.decode()


def test_what_failed_or_waits_for_review_there_calls_nobody_home(client_as, scientist, admin, project):
    run = make_run(scientist, project, make_training_set(scientist, project), state="failed", ended_at=now())
    client = client_as(scientist)
    assert f"Run {run}" in client.get("/t/acme/").content.decode()

    services.archive_project(actor=admin, project=project)
    assert f"Run {run}" not in client.get("/t/acme/").content.decode()


def test_no_page_of_it_offers_a_step_that_would_be_refused(client_as, admin, scientist, project):
    run = make_run(scientist, project, make_training_set(scientist, project), state="succeeded")
    client = client_as(scientist)
    pages = ("", f"experiments/{run.pk}/", "data/", "features/", "deployments/")

    def offers(page):
        shown = client.get(f"/t/acme/p/flights/{page}").content.decode()
        main = shown[shown.index("<main") : shown.index("</main>")]
        links = re.findall(r'<a class="btn[^"]*" href="([^"]*)"', main)
        return [link for link in links if "/p/flights/" in link and "/lineage/" not in link]  # a picture is only read

    assert all(offers(page) for page in pages[:2])
    services.archive_project(actor=admin, project=project)
    assert [offers(page) for page in pages] == [[], [], [], [], []]


def test_a_new_token_of_the_project_reads_and_one_that_writes_is_refused_in_words(scientist, archived):
    from apps.tenants.services import create_token

    wanted = {"name": "reader", "project_id": archived.pk, "expires_at": now() + timedelta(days=1), "now": now()}
    assert create_token(actor=again(scientist), scopes=["dataset.view", "run.view"], **wanted)[0].project_id
    with pytest.raises(ProjectArchived, match="brings it back"):
        create_token(actor=again(scientist), scopes=["dataset.create"], **wanted)


def test_whoever_came_before_it_was_archived_starts_nothing_after(scientist, admin, project):
    from apps.experiments.models import Run
    from apps.experiments.services import start_run

    rows, recipe = make_training_set(scientist, project), "hist_gradient_boosting"
    services.archive_project(actor=admin, project=project)

    with pytest.raises(ProjectArchived):
        start_run(actor=scientist, project=project, training_set_id=rows.pk, recipe=recipe)
    assert not Run.objects.exists()


def test_nor_does_anything_serve_play_or_wait_that_they_ask_for_after(scientist, project):
    from apps.approvals.services import open_case
    from apps.deployments import services as deployments
    from apps.deployments.models import Revision
    from apps.monitoring import services as monitoring
    from apps.monitoring.models import Replay

    things = things_of(scientist, project)
    revision, replay = Revision.objects.get(pk=things["revision"]), Replay.objects.get(pk=things["replay"])
    version = things["model_version"]
    asked = {"kind": "model.promote", "subject": ("model_version", version), "subject_digest": "a" * 64}
    played = {"deployment_id": things["deployment"], "training_set_id": things["training_set"]}
    type(project).objects.filter(pk=project.pk).update(archived_at=now())

    for late in (
        lambda: open_case(actor=scientist, project_id=project.pk, title=Words("Promote"), evidence={}, **asked),
        lambda: deployments.deploy_version(actor=scientist, version_id=version),
        lambda: deployments.set_split(actor=scientist, deployment=revision.deployment, split={revision.pk: 100}),
        lambda: deployments.restart_revision(actor=scientist, revision=revision),
        lambda: monitoring.start_replay(actor=scientist, **played),
        lambda: monitoring.change_replay(actor=scientist, replay=replay, state="playing"),
    ):
        with pytest.raises(ProjectArchived, match="brings it back"):
            late()


def test_they_ask_only_once_nobody_can_archive_it_any_more(scientist, project):
    with CaptureQueriesContext(connection) as asked:
        services.hold_open(actor=scientist, project_id=project.pk)

    of_project = [query["sql"] for query in asked if 'FROM "projects_project"' in query["sql"]]
    assert ["FOR NO KEY UPDATE" in sql for sql in of_project] == [True, False]

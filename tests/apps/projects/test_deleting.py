"""An archived project is deleted for ever after a wait in which it can be kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from apps.projects import selectors, services
from apps.projects.models import ProjectDeletion
from apps.tenants import services as tenants
from foundation.access import StepUpRequired
from foundation.clock import now
from foundation.errors import AccessDenied, Conflict, Invalid, NotFound
from tests.apps.experiments.rows import make_run, make_training_set
from tests.apps.projects.deleting_stage import (
    API,
    ARCHIVE,
    archived,
    asked,
    due,
    with_keys_of_the_tenant,
    workspaces,
)
from tests.apps.projects.test_archive import again, kinds_of
from tests.support.forms import send_form
from tests.support.people import make_person

__all__ = ["archived", "with_keys_of_the_tenant", "workspaces"]


def test_it_is_asked_for_by_typed_name_and_kept_by_any_administrator(admin, archived, client_as):
    client, other = client_as(admin), client_as(make_person(admin.tenant, "admin", "second@acme.test"))
    page = client.get(ARCHIVE).content.decode()
    assert "Delete it for ever" in page
    assert send_form(client, f"{ARCHIVE}delete/", {"confirmation": "flight"}).status_code == 422

    assert send_form(client, f"{ARCHIVE}delete/", {"confirmation": "Flights"}).status_code == 303
    wait = selectors.get_project(actor=admin, slug="flights").deletion_due - now()
    assert timedelta(days=13) < wait < timedelta(days=15)
    for page in ("p/flights/", "projects/?archived=only"):
        assert "will be deleted for ever on" in other.get(f"/t/acme/{page}").content.decode()
    assert services.begin_deletions() == 0

    assert other.post(f"{ARCHIVE}keep/").status_code == 303
    kept = selectors.get_project(actor=admin, slug="flights")
    assert (kept.deletion_due, kept.archived_at is None, ProjectDeletion.objects.exists()) == (None, False, False)
    assert kinds_of(archived)[:2] == ["project.deletion_undone", "project.deletion_asked"]


def test_asked_for_twice_it_is_recorded_once_and_kept_unasked_not_at_all(admin, archived):
    first = asked(admin, archived).deletion_due
    assert asked(admin, archived).deletion_due == first
    services.keep_project(actor=again(admin), project=archived)
    services.keep_project(actor=again(admin), project=archived)

    assert [kinds_of(archived).count(f"project.deletion_{word}") for word in ("asked", "undone")] == [1, 1]


def test_it_takes_an_administrator_of_the_organisation_who_just_proved_who_they_are(admin, scientist, viewer, archived):
    holder = tenants.Holder.parse(f"user:{viewer.user.pk}")
    tenants.give_role_in_project(actor=again(admin), project_id=archived.pk, holder=holder, role="admin")
    of_project_alone = again(viewer)
    for actor in (again(scientist), of_project_alone, replace(again(admin), guest_until=now())):
        with pytest.raises(AccessDenied):
            services.ask_to_delete(actor=actor, project=archived, confirmation="flights")
        with pytest.raises(AccessDenied):
            services.keep_project(actor=actor, project=archived)
    with pytest.raises(StepUpRequired):
        services.ask_to_delete(actor=replace(again(admin), stale=True), project=archived, confirmation="flights")
    with pytest.raises(Invalid, match="flights"):
        services.ask_to_delete(actor=again(admin), project=archived, confirmation="")
    with pytest.raises(AccessDenied):
        limited = replace(again(admin), project_id=archived.pk)
        services.ask_to_delete(actor=limited, project=archived, confirmation="flights")


def test_only_an_archived_project_is_deleted(admin, project):
    with pytest.raises(Conflict, match="Archive the project first"):
        services.ask_to_delete(actor=admin, project=project, confirmation="flights")


def test_it_is_not_brought_back_before_somebody_keeps_it(admin, archived, client_as):
    asked(admin, archived)
    with pytest.raises(Conflict, match="keeps it"):
        services.restore_project(actor=again(admin), project=archived)
    page = client_as(admin).get(ARCHIVE).content.decode()
    assert "Keep it" in page
    assert f'action="{ARCHIVE}restore/"' not in page

    services.keep_project(actor=again(admin), project=archived)
    assert services.restore_project(actor=again(admin), project=archived).archived_at is None


def test_the_page_counts_what_goes_for_whoever_may_delete_it(admin, scientist, project, client_as):
    make_run(scientist, project, make_training_set(scientist, project), state="succeeded")
    services.archive_project(actor=admin, project=project)

    page = " ".join(client_as(admin).get(ARCHIVE).content.decode().split())
    assert all(f"<dt>{kind}</dt><dd>1</dd>" in page for kind in ("Datasets", "Training sets", "Runs"))
    reader = client_as(scientist).get(ARCHIVE).content.decode()
    assert "What goes" not in reader
    assert "An administrator of the organisation deletes a project for ever" in reader


def test_rest_asks_and_keeps(api_as, admin, scientist, archived):
    client, named = api_as(admin), {"data": {"confirmation": "flights"}, "content_type": "application/json"}
    assert api_as(scientist).post(f"{API}delete/", **named).status_code == 403
    assert client.post(f"{API}delete/", {}, content_type="application/json").status_code == 422
    assert client.post(f"{API}delete/", **named).json()["deletion_due"] is not None
    assert client.post(f"{API}restore/").status_code == 409
    assert client.post(f"{API}keep/").json()["deletion_due"] is None


def test_from_its_beginning_on_nobody_finds_it(admin, scientist, archived, client_as, api_as):
    asked(admin, archived)
    due(archived)
    services.begin_deletions()

    client, program = client_as(admin), api_as(admin)
    assert client.get("/t/acme/p/flights/").status_code == 404
    assert program.get(API).status_code == 404
    assert "flights" not in client.get("/t/acme/projects/?archived=all").content.decode()
    with pytest.raises(NotFound):
        services.keep_project(actor=again(admin), project=archived)

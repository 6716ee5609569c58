"""Permissions beside a role: shown with the members, taken back by an administrator."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from apps.tenants import selectors, services
from foundation import ledger
from foundation.access import Permission
from foundation.access.actors import actor_for_user
from foundation.errors import AccessDenied, Conflict, NotFound
from foundation.identity import Actor
from tests.support.people import make_person

MEMBERS = "/t/acme/settings/members/"


def text_of(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


@pytest.fixture
def given(tenant, viewer, project):
    """The viewer may start runs in the project, beside their role."""
    return services.give_permission(
        actor=Actor.system(tenant, "approval"),
        user_id=viewer.user.pk,
        permission=Permission.RUN_START,
        project_id=project.pk,
        case_id=uuid4(),
    )


def place_of(actor):
    return selectors.member_of(actor=actor, user_id=actor.user.pk)


def take_back_url(grant, actor):
    return f"{MEMBERS}{place_of(actor).pk}/permissions/{grant.pk}/take-back/"


def held(actor):
    return actor_for_user(user=actor.user, tenant=actor.tenant).grants


def test_the_members_page_shows_it_and_takes_it_back(given, client_as, admin, viewer):
    client, url = client_as(admin), take_back_url(given, viewer)
    page = text_of(client.get(MEMBERS))
    assert "Permissions beside the role" in page and "run.start" in page and "Flights" in page
    assert f'action="{url}"' in page and "Take back" in page
    assert f'action="{url}"' in text_of(client.get(f"{MEMBERS}{place_of(viewer).pk}/"))

    assert client.post(url).status_code == 303
    assert held(viewer) == {}
    assert "Permissions beside the role" not in text_of(client.get(MEMBERS))


def test_it_is_recorded_who_took_it_back(given, admin, viewer, project):
    services.take_back_permission(actor=admin, grant=given)

    event = ledger.events_of(subject=("membership", place_of(viewer).pk))[0]
    assert (event.kind, event.actor_id, event.project_id) == ("permission.taken_back", admin.user.pk, project.pk)
    assert event.payload["permission"] == "run.start"


def test_taken_back_it_opens_nothing_at_the_next_request(given, client_as, admin, viewer):
    client, address = client_as(viewer), "/t/acme/p/flights/experiments/new/"
    assert "Ask for access" not in text_of(client.get(address))

    services.take_back_permission(actor=admin, grant=given)
    assert "You may not start and cancel runs here." in text_of(client.get(address))
    assert "Ask for access" in text_of(client.get(address))


def test_taken_back_it_voids_what_used_it(admin, tenant, viewer, project):
    grant = services.give_permission(
        actor=Actor.system(tenant, "approval"),
        user_id=viewer.user.pk,
        permission=Permission.DEPLOYMENT_INVOKE,
        project_id=project.pk,
        case_id=uuid4(),
    )
    row, _text = services.issue_workload_token(
        actor=actor_for_user(user=viewer.user, tenant=tenant),
        project_id=project.pk,
        purpose="try:1",
        scopes=["deployment.invoke"],
        ttl=timedelta(minutes=10),
    )
    services.take_back_permission(actor=admin, grant=grant)

    row.refresh_from_db()
    assert row.revoked_at is not None


def test_it_is_taken_back_once(given, client_as, admin, viewer):
    url = take_back_url(given, viewer)
    services.take_back_permission(actor=admin, grant=given)

    with pytest.raises(Conflict, match="already"):
        services.take_back_permission(actor=admin, grant=given)
    assert client_as(admin).post(url).status_code == 404


def test_members_see_it_and_only_administrators_take_it_back(given, client_as, scientist, viewer):
    client = client_as(scientist)
    page = text_of(client.get(MEMBERS))
    assert "run.start" in page and "Take back" not in page

    assert client.post(take_back_url(given, viewer)).status_code == 403
    with pytest.raises(AccessDenied, match=r"member\.manage"):
        services.take_back_permission(actor=scientist, grant=given)
    assert held(viewer)


def test_another_tenants_administrator_finds_nothing(given, client_as, other_tenant, viewer):
    client, url = client_as(make_person(other_tenant, "admin")), take_back_url(given, viewer)

    assert client.post(url.replace("/acme/", "/other/")).status_code == 404
    assert "run.start" not in text_of(client.get(MEMBERS.replace("/acme/", "/other/")))
    assert held(viewer)


def test_under_another_member_there_is_no_such_permission(given, client_as, admin, scientist, viewer):
    assert client_as(admin).post(take_back_url(given, scientist)).status_code == 404
    assert held(viewer)


@pytest.mark.parametrize("permission", [Permission.MEMBER_MANAGE, Permission.PROJECT_CREATE])
def test_what_concerns_the_tenant_is_not_given_in_a_project(tenant, viewer, project, permission):
    with pytest.raises(Conflict, match="a role brings it"):
        give(tenant, viewer, project.pk, permission)


def test_it_is_given_in_no_project_but_the_tenants(tenant, other_tenant, viewer):
    from apps.projects.services import create_project
    from foundation.tenancy import scope

    with scope(other_tenant.pk):
        theirs = create_project(actor=Actor.system(other_tenant), slug="theirs", name="Theirs", purpose="Theirs")
    with pytest.raises(NotFound):
        give(tenant, viewer, theirs.pk, Permission.RUN_START)


def give(tenant, viewer, project_id, permission):
    return services.give_permission(
        actor=Actor.system(tenant),
        user_id=viewer.user.pk,
        permission=permission,
        project_id=project_id,
        case_id=uuid4(),
    )

"""Roles in single projects: given to people, groups and programs, and gone with whatever gave them."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.projects import selectors as projects
from apps.projects.services import create_project
from apps.tenants import selectors, services
from apps.tenants.choices import HolderKind
from foundation import access, ledger
from foundation.access import Permission, Role
from foundation.access.actors import actor_for_token, actor_for_user
from foundation.clock import now
from foundation.errors import AccessDenied, Conflict, Invalid, NotFound
from foundation.identity import tokens
from foundation.tenancy import scope
from tests.support.people import make_person


@pytest.fixture
def elsewhere(tenant, scientist):
    """A second project of the tenant."""
    return create_project(actor=scientist, slug="elsewhere", name="Elsewhere", purpose="None")


@pytest.fixture
def guest(tenant):
    """Somebody with a place in the tenant and no role in it."""
    return make_person(tenant, "member")


def again(actor):
    """The person at their next request."""
    return actor_for_user(user=actor.user, tenant=actor.tenant)


def of(person):
    return services.Holder(HolderKind.USER, person.user.pk)


def give(admin, project, holder, role):
    return services.give_role_in_project(actor=admin, project_id=project.pk, holder=holder, role=role)


def slugs(actor):
    return {project.slug for project in projects.visible_projects(actor=actor)}


def test_without_a_role_in_a_project_a_member_of_chosen_projects_sees_none(guest, project):
    with pytest.raises(AccessDenied, match=r"project\.view"):
        projects.visible_projects(actor=guest)
    with pytest.raises(AccessDenied):
        projects.get_project(actor=guest, slug="flights")


def test_a_role_in_a_project_opens_that_one_and_shows_no_other(admin, guest, project, elsewhere):
    give(admin, project, of(guest), "scientist")

    here = again(guest)
    assert slugs(here) == {"flights"}
    assert access.can(here, Permission.RUN_START, project) and not access.can(here, Permission.RUN_START, elsewhere)
    with pytest.raises(NotFound):
        projects.get_project(actor=here, slug="elsewhere")


def test_a_viewer_may_build_where_they_are_scientist(admin, viewer, project, elsewhere):
    give(admin, project, of(viewer), "scientist")

    here = again(viewer)
    assert slugs(here) == {"flights", "elsewhere"}
    assert access.can(here, Permission.DATASET_CREATE, project)
    assert not access.can(here, Permission.DATASET_CREATE, elsewhere)


def test_no_role_in_a_project_reaches_what_is_the_tenants(admin, guest, project):
    give(admin, project, of(guest), "admin")

    here = again(guest)
    assert access.can(here, Permission.PROJECT_SHARE, project)
    for permission in access.TENANT_WIDE:
        assert not access.can(here, permission, project)


def test_the_administrator_of_a_project_gives_roles_in_it_and_in_no_other(admin, guest, viewer, project, elsewhere):
    give(admin, project, of(guest), "admin")
    host = again(guest)

    give(host, project, of(viewer), "scientist")
    assert access.can(again(viewer), Permission.RUN_START, project)
    with pytest.raises(NotFound):
        give(host, elsewhere, of(viewer), "scientist")


def test_a_scientist_gives_no_roles(scientist, viewer, project):
    with pytest.raises(AccessDenied, match=r"project\.share"):
        give(scientist, project, of(viewer), "scientist")


def test_a_group_brings_its_people_in_and_takes_them_out(admin, guest, project):
    group = services.create_group(actor=admin, name="Fraud team")
    give(admin, project, services.Holder(HolderKind.GROUP, group.pk), "viewer")
    assert services.add_to_group(actor=admin, group=group, user_id=guest.user.pk)
    assert not services.add_to_group(actor=admin, group=group, user_id=guest.user.pk)
    assert slugs(again(guest)) == {"flights"}

    assert services.take_from_group(actor=admin, group=group, user_id=guest.user.pk)
    with pytest.raises(AccessDenied):
        slugs(again(guest))


def test_what_acts_for_somebody_ends_when_their_group_is_deleted(admin, guest, project):
    group = services.create_group(actor=admin, name="Fraud team")
    give(admin, project, services.Holder(HolderKind.GROUP, group.pk), "scientist")
    services.add_to_group(actor=admin, group=group, user_id=guest.user.pk)
    row, _text = services.issue_workload_token(
        actor=again(guest),
        project_id=project.pk,
        purpose="try:1",
        scopes=["deployment.invoke"],
        ttl=timedelta(minutes=9),
    )

    services.delete_group(actor=admin, group=group)
    row.refresh_from_db()
    assert row.revoked_at is not None
    kinds = [event.kind for event in ledger.events_of(subject=("project", project.pk))]
    assert kinds[:2] == ["project_role.taken_back", "project_role.given"]


def test_another_role_replaces_the_first_and_both_stand_on_the_ledger(admin, guest, project):
    give(admin, project, of(guest), "scientist")
    give(admin, project, of(guest), "viewer")
    give(admin, project, of(guest), "viewer")

    assert not access.can(again(guest), Permission.RUN_START, project)
    events = ledger.events_of(subject=("project", project.pk))
    said = [(event.kind, event.payload["role"]) for event in events if event.kind.startswith("project_role")]
    assert said == [
        ("project_role.given", "viewer"),
        ("project_role.taken_back", "scientist"),
        ("project_role.given", "scientist"),
    ]


def test_a_program_works_where_it_has_a_role(admin, project, elsewhere):
    account = services.create_service_account(actor=admin, name="Nightly", role="member")
    give(admin, project, services.Holder(HolderKind.SERVICE_ACCOUNT, account.pk), "scientist")
    _row, text = services.create_service_token(
        actor=admin,
        account=account,
        name="t",
        scopes=["*"],
        networks=[],
        project_id=None,
        expires_at=now() + timedelta(days=1),
        now=now(),
    )

    program = actor_for_token(row=tokens.find_token(text, now=now()), address="127.0.0.1")
    assert slugs(program) == {"flights"}
    assert access.can(program, Permission.RUN_START, project)
    with pytest.raises(Invalid, match="for people"):
        give(admin, project, services.Holder(HolderKind.SERVICE_ACCOUNT, account.pk), "officer")


@pytest.mark.parametrize("role", ["member", "king", ""])
def test_only_roles_of_projects_are_given_in_a_project(admin, guest, project, role):
    with pytest.raises(Invalid, match="cannot be held in a project"):
        give(admin, project, of(guest), role)


def test_whoever_is_not_of_the_tenant_is_given_nothing(admin, other_tenant, project):
    stranger = make_person(other_tenant, "admin")
    with pytest.raises(NotFound, match="no such person"):
        give(admin, project, of(stranger), "viewer")
    with pytest.raises(NotFound):
        give(admin, project, services.Holder(HolderKind.GROUP, uuid4()), "viewer")
    with pytest.raises(NotFound):
        give(stranger, project, of(stranger), "admin")


def test_only_members_join_groups_and_names_are_given_once(admin, other_tenant):
    group = services.create_group(actor=admin, name=" Fraud team ")
    with pytest.raises(NotFound, match="Invite them first"):
        services.add_to_group(actor=admin, group=group, user_id=make_person(other_tenant, "viewer").user.pk)
    with pytest.raises(Conflict, match="already"):
        services.create_group(actor=admin, name="Fraud team")
    with pytest.raises(Invalid, match="needs a name"):
        services.edit_group(actor=admin, group=group, name=" ", description="")


def test_whoever_is_removed_leaves_groups_and_projects_for_good(admin, guest, project):
    group = services.create_group(actor=admin, name="Fraud team")
    services.add_to_group(actor=admin, group=group, user_id=guest.user.pk)
    give(admin, project, services.Holder(HolderKind.GROUP, group.pk), "viewer")
    give(admin, project, of(guest), "scientist")
    place = selectors.member_of(actor=admin, user_id=guest.user.pk)
    services.remove_member(actor=admin, membership=place, now=now())

    with scope(admin.tenant_id):
        from foundation.access.models import Membership

        Membership.objects.create(tenant=admin.tenant, user=guest.user, role=Role.MEMBER)
    assert again(guest).grants == {}
    left = [event.kind for event in ledger.events_of(subject=("group", group.pk))]
    assert "group.left" in left


def test_an_actor_is_made_in_one_query_however_much_they_hold(admin, guest, project, elsewhere):
    group = services.create_group(actor=admin, name="Fraud team")
    services.add_to_group(actor=admin, group=group, user_id=guest.user.pk)
    give(admin, project, services.Holder(HolderKind.GROUP, group.pk), "viewer")
    give(admin, elsewhere, of(guest), "scientist")

    with CaptureQueriesContext(connection) as asked:
        again(guest)
    # Beside it nothing but the scope: a savepoint, the setting, and its giving back.
    selects = [query["sql"] for query in asked.captured_queries if " FROM " in query["sql"]]
    assert len(selects) == 1, selects

"""Groups and roles in projects in the browser: made, filled, given roles, taken back; and who can see a thing."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.tenants import selectors, services
from apps.tenants.choices import HolderKind
from foundation.access import Permission
from foundation.access.actors import actor_for_user
from foundation.access.models import Group, Membership
from foundation.tenancy import scope
from tests.support.people import make_person

GROUPS = "/t/acme/settings/groups/"
PEOPLE = "/t/acme/p/flights/settings/people/"


def text_of(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


@pytest.fixture
def guest(tenant):
    return make_person(tenant, "member")


def test_an_administrator_makes_a_group_fills_it_and_gives_it_a_project(client_as, admin, guest, project):
    client = client_as(admin)
    assert "No groups yet" in text_of(client.get(GROUPS))
    made = client.post(GROUPS, {"name": "Fraud team", "description": "Cards"})
    assert made.status_code == 303
    page = made["Location"]
    assert "Nobody is in it yet" in text_of(client.get(page))

    assert client.post(page + "people/", {"person": str(guest.user.pk)}).status_code == 303
    assert client.post(page + "roles/", {"project": str(project.pk), "role": "scientist"}).status_code == 303
    shown = text_of(client.get(page))
    assert guest.user.email in shown and "Flights" in shown and "Data scientist" in shown

    assert client_as(guest).get("/t/acme/p/flights/").status_code == 200
    take_back = re.search(r'action="([^"]+/take-back/)"', client.get(page).content.decode())[1]
    assert client.post(take_back).status_code == 303
    assert client_as(guest).get("/t/acme/p/flights/").status_code in (403, 404)
    assert client.post(page + "delete/").status_code == 303
    assert Group.objects.count() == 0


def test_groups_are_the_administrators(client_as, scientist, admin):
    group = services.create_group(actor=admin, name="Fraud team")
    client = client_as(scientist)
    for address in (GROUPS, f"{GROUPS}{group.pk}/"):
        assert client.get(address).status_code == 403
    assert client.post(f"{GROUPS}{group.pk}/delete/").status_code == 403


def test_whoever_shares_a_project_gives_and_takes_back_roles_in_it(client_as, admin, guest, viewer, project):
    client = client_as(admin)
    assert "No role is given in this project alone" in text_of(client.get(PEOPLE))
    given = client.post(PEOPLE, {"holder": f"user:{guest.user.pk}", "role": "admin"})
    assert given.status_code == 303

    host = client_as(guest)
    assert "Give a role" in text_of(host.get(PEOPLE))
    assert host.post(PEOPLE, {"holder": f"user:{viewer.user.pk}", "role": "scientist"}).status_code == 303
    assert host.post(PEOPLE, {"holder": "user:nobody", "role": "scientist"}).status_code == 422
    row = selectors.project_roles(actor=admin, holder=(HolderKind.USER, guest.user.pk))[0]
    assert client.post(f"{PEOPLE}{row.id}/take-back/").status_code == 303
    assert host.get(PEOPLE).status_code in (403, 404)


def test_a_reader_sees_who_works_here_and_cannot_change_it(client_as, viewer, guest, project, admin):
    client = client_as(viewer)
    page = text_of(client.get(PEOPLE))
    assert "Viewer of the tenant" in page and 'id="give"' not in page
    assert client.post(PEOPLE, {"holder": f"user:{guest.user.pk}", "role": "admin"}).status_code == 200
    assert actor_for_user(user=guest.user, tenant=guest.tenant).grants == {}


def test_the_panel_says_who_and_why(client_as, admin, guest, viewer, project):
    group = services.create_group(actor=admin, name="Fraud team")
    services.add_to_group(actor=admin, group=group, user_id=guest.user.pk)
    holder = services.Holder(HolderKind.GROUP, group.pk)
    services.give_role_in_project(actor=admin, project_id=project.pk, holder=holder, role="viewer")

    client = client_as(viewer)
    assert f"/t/acme/who/project/{project.pk}/" in client.get("/t/acme/p/flights/").content.decode()
    panel = text_of(client.get(f"/t/acme/who/project/{project.pk}/", headers={"HX-Request": "true"}))
    assert "<html" not in panel
    assert "Viewer in this project through the group “Fraud team”" in panel and "Administrator of the tenant" in panel
    assert "<html" in text_of(client.get(f"/t/acme/who/project/{project.pk}/"))


def test_the_panel_is_shown_only_of_what_one_sees(client_as, guest, project, other_scientist):
    for reader in (guest, other_scientist):
        address = f"/t/{reader.tenant.slug}/who/project/{project.pk}/"
        assert client_as(reader).get(address).status_code in (403, 404)


def test_a_members_page_says_what_they_reach_and_why(client_as, admin, guest, viewer, project):
    group = services.create_group(actor=admin, name="Fraud team")
    services.add_to_group(actor=admin, group=group, user_id=guest.user.pk)
    holder = services.Holder(HolderKind.GROUP, group.pk)
    services.give_role_in_project(actor=admin, project_id=project.pk, holder=holder, role="scientist")

    client = client_as(admin)
    place = selectors.member_of(actor=admin, user_id=guest.user.pk)
    page = text_of(client.get(f"/t/acme/settings/members/{place.pk}/"))
    assert "through the group “Fraud team”" in page and "Data scientist" in page
    whole = selectors.member_of(actor=admin, user_id=viewer.user.pk)
    assert "Every project" in text_of(client.get(f"/t/acme/settings/members/{whole.pk}/"))


def test_who_can_see_is_answered_in_as_many_queries_for_many_as_for_few(tenant, admin, project):
    def asked():
        with CaptureQueriesContext(connection) as found:
            people = selectors.who_can(actor=admin, permission=Permission.RUN_VIEW, project_id=project.pk)
        return len(found), len(people)

    few, before = asked()
    group = services.create_group(actor=admin, name="Fraud team")
    with scope(tenant.pk):
        for number in range(30):
            person = make_person(tenant, "member", email=f"p{number}@acme.test")
            services.add_to_group(actor=admin, group=group, user_id=person.user.pk)
    holder = services.Holder(HolderKind.GROUP, group.pk)
    services.give_role_in_project(actor=admin, project_id=project.pk, holder=holder, role="viewer")
    many, after = asked()
    assert after == before + 30 and many <= few + 1


def test_somebody_suspended_keeps_their_place_and_reaches_nothing(client_as, admin, viewer, project):
    client = client_as(viewer)
    assert client.get("/t/acme/p/flights/").status_code == 200
    from foundation.clock import now

    Membership.objects.filter(user=viewer.user).update(suspended_at=now())
    assert client.get("/t/acme/p/flights/").status_code == 404
    people = selectors.who_can(actor=admin, permission=Permission.PROJECT_VIEW, project_id=project.pk)
    assert viewer.user.pk not in {reach.id for reach in people}

"""Narrow tokens of whoever is let into single projects: they hold what their owner holds there, and never more."""

from datetime import timedelta

import pytest
from django.test import Client

from apps.projects.services import create_project
from apps.tenants import services
from apps.tenants.choices import HolderKind
from apps.tenants.services.project_roles import Holder
from foundation.access import Permission
from foundation.access.actors import actor_for_user
from foundation.clock import now
from foundation.errors import AccessDenied
from foundation.identity.models import ApiToken
from tests.support.people import make_person

PAGE = "/t/acme/settings/tokens/"
NEW = {"name": "laptop", "project": "", "days": "30"}


def anew(actor):
    return actor_for_user(user=actor.user, tenant=actor.tenant)


def give(admin, project, kind, pk, role):
    services.give_role_in_project(actor=admin, project_id=project.pk, holder=Holder(kind, pk), role=role)


@pytest.fixture
def beside(scientist):
    return create_project(actor=scientist, slug="beside", name="Beside", purpose="Another")


@pytest.fixture
def outsider(tenant, project):
    return make_person(tenant, "member", "outsider@acme.test")


@pytest.fixture
def insider(tenant, admin, project, beside):
    """A member of chosen projects who builds in one and reads in another."""
    person = make_person(tenant, "member", "insider@acme.test")
    give(admin, project, HolderKind.USER, person.user.pk, "scientist")
    give(admin, beside, HolderKind.USER, person.user.pk, "viewer")
    return anew(person)


@pytest.fixture
def account(admin):
    return services.create_service_account(actor=admin, name="nightly", role="member")


def made(client, page=PAGE, **changes):
    """The new token, in letters."""
    answer = client.post(page, NEW | changes)
    assert answer.status_code == 200, answer.context["form"].errors
    return answer.context["token"][0]["code"]


def by(text):
    return Client(headers={"Authorization": f"Bearer {text}", "Accept": "application/json"})


def add_data(client, slug):
    return client.post("/api/v1/datasets/", {"project": slug, "name": "Weather"}, content_type="application/json")


def test_a_token_to_build_builds_where_its_owner_builds_and_nowhere_else(client_as, insider):
    program = by(made(client_as(insider), level="build"))

    assert {row["slug"] for row in program.get("/api/v1/projects/").json()["results"]} == {"flights", "beside"}
    assert add_data(program, "flights").status_code == 201
    assert add_data(program, "beside").status_code == 403


def test_a_token_to_read_reads_and_adds_nothing(client_as, insider):
    program = by(made(client_as(insider), level="read", project="flights"))

    assert [row["slug"] for row in program.get("/api/v1/projects/").json()["results"]] == ["flights"]
    assert "not made to" in add_data(program, "flights").json()["detail"]


def test_single_permissions_are_those_held_in_some_project(client_as, insider):
    client = client_as(insider)
    offered = {value for value, _label in client.get(PAGE).context["form"].fields["scopes"].choices}
    assert {"dataset.create", "run.view", "tenant.view"} <= offered
    assert not {"member.manage", "project.create", "dataset.destroy"} & offered

    program = by(
        made(client, level="chosen", scopes=["project.view", "dataset.view", "dataset.create"], project="flights")
    )
    assert add_data(program, "flights").status_code == 201
    answer = client.post(PAGE, NEW | {"level": "chosen", "scopes": ["dataset.create"], "project": "beside"})
    assert "In Beside you may not: add datasets and versions" in answer.content.decode()


@pytest.mark.parametrize("level", ["read", "build", "invoke"])
def test_a_token_that_would_open_nothing_is_not_made(client_as, outsider, level):
    answer = client_as(outsider).post(PAGE, NEW | {"level": level})

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["level"])
    assert "would open nothing" in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_a_taken_role_takes_the_token_with_it(client_as, insider, admin, project):
    program = by(made(client_as(insider), level="build"))
    row = insider.user
    give(admin, project, HolderKind.USER, row.pk, "viewer")

    assert add_data(program, "flights").status_code == 403


def test_nobody_gives_a_token_what_they_hold_nowhere_or_not_there(insider, outsider, beside):
    moment = now()
    given = {"name": "ci", "expires_at": moment + timedelta(days=1), "now": moment}
    for actor, scopes, place in (
        (insider, ["member.manage"], None),
        (insider, ["project.create"], None),
        (insider, ["dataset.destroy"], None),
        (insider, ["dataset.create"], beside.pk),
        (outsider, ["dataset.view"], None),
    ):
        with pytest.raises(AccessDenied, match="You do not hold"):
            services.create_token(actor=actor, scopes=scopes, project_id=place, **given)


def test_a_program_s_narrow_token_works_in_its_projects(client_as, admin, account, project, beside):
    page = f"/t/acme/settings/service-accounts/{account.pk}/"
    client = client_as(admin)
    refused = client.post(page, NEW | {"level": "build"})
    assert "would open nothing" in refused.content.decode() and refused.status_code == 422
    give(admin, project, HolderKind.SERVICE_ACCOUNT, account.pk, "scientist")
    refused = client.post(page, NEW | {"level": "build", "project": "beside"})
    assert "holds nothing of this in Beside" in refused.content.decode()

    program = by(made(client, page, level="build"))
    assert add_data(program, "flights").status_code == 201
    assert add_data(program, "beside").status_code in {403, 404}
    assert [row["slug"] for row in program.get("/api/v1/projects/").json()["results"]] == ["flights"]


def test_a_refused_program_is_told_the_page_of_service_accounts(client_as, admin, account, project):
    page = f"/t/acme/settings/service-accounts/{account.pk}/"
    give(admin, project, HolderKind.SERVICE_ACCOUNT, account.pk, "viewer")
    client = client_as(admin)
    narrow = add_data(by(made(client, page, level="read")), "flights").json()["detail"]
    whole = add_data(by(made(client, page, level="everything")), "flights").json()["detail"]

    assert "page of this service account" in narrow and "Settings, Tokens" not in narrow
    assert "This service account may not add datasets" in whole and "People" in whole


def test_the_page_of_a_program_says_where_its_roles_are_given(client_as, admin, account, project):
    page, client = f"/t/acme/settings/service-accounts/{account.pk}/", client_as(admin)
    assert "No project yet" in client.get(page).content.decode()
    give(admin, project, HolderKind.SERVICE_ACCOUNT, account.pk, "viewer")

    shown = client.get(page).content.decode()
    assert 'href="/t/acme/p/flights/settings/people/"' in shown and "given to it" in shown


def test_whoever_has_no_project_is_welcomed_and_led_to_whom_to_ask(client_as, outsider, admin):
    client = client_as(outsider)
    home = client.get("/t/acme/")
    page = home.content.decode()
    assert home.status_code == 200
    assert "You are in; no project is open to you yet" in page
    assert f"mailto:{admin.user.email}" in page and "Ask for access" in page
    for place in {'href="/t/acme/compliance/"', 'href="/t/acme/activity/"'}:
        assert place not in page
    for place in ("", "approvals/", "settings/members/", "notifications/", "notifications/count/", "search/?q=x"):
        assert client.get(f"/t/acme/{place}").status_code == 200, place

    answer = client.post("/t/acme/approvals/ask-for-access/", {"permission": Permission.PROJECT_VIEW.value})
    assert answer.status_code == 303
    page = client.get("/t/acme/").content.decode()
    assert answer["Location"] in page and "it waits for a decision" in page


def test_a_program_without_a_project_is_still_refused_at_home(admin, account):
    moment = now()
    _row, text = services.create_service_token(
        actor=admin, account=account, name="ci", scopes=["*"], expires_at=moment + timedelta(days=1), now=moment
    )

    assert by(text).get("/t/acme/").status_code == 403

"""No route without a declared permission, none that answers strangers, none that finds another project's things.

What members of other tenants find is tried in test_other_tenants.py.
"""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client

from foundation.access import TENANT_WIDE, Permission, Role, declared
from foundation.access.permissions import ROLE_PERMISSIONS
from foundation.identity import Actor
from tests.isolation.conftest import SLUG
from tests.isolation.names import kind_of
from tests.isolation.routes import every_route

ROUTES = every_route()
# A method that a route does not have is refused before anybody is asked for; 400 and 422 name a faulty input.
REFUSED = {400, 403, 404, 405, 406, 409, 411, 413, 415, 422}


def named(routes):
    return pytest.mark.parametrize("route", routes, ids=[str(route) for route in routes])


def is_open(route):
    return getattr(route.view, "public_because", None) or getattr(
        getattr(route.view, "cls", None), "public_because", None
    )


def is_own(route):
    return getattr(route.view, "own_because", None) or getattr(route.view, "operator_for", None)


PLATFORM_PAGES = [route for route in ROUTES if route.template.startswith("platform/")]
TENANT_PAGES = [route for route in ROUTES if route.template.startswith("t/<slug:tenant>/")]
RESOURCES = [route for route in ROUTES if route.actions]
CLOSED = [route for route in ROUTES if not is_open(route)]


def test_the_routes_are_found():
    assert len(TENANT_PAGES) > 10
    assert len(RESOURCES) > 10


@named(ROUTES)
def test_every_route_declares_what_it_asks_for(route):
    if not route.actions or is_open(route):
        assert declared(route.view), f"{route} needs @access.page, @access.own or @access.public with a reason."
        return
    permissions = route.view.cls.permissions
    missing = [action for action in route.actions.values() if action not in permissions]
    assert not missing, f"{route.view.cls.__name__}.permissions lacks {missing}."
    assert all(permissions[action] in Permission for action in route.actions.values())


@named([route for route in TENANT_PAGES if not is_open(route)])
def test_every_page_of_a_tenant_asks_for_a_permission(route):
    assert getattr(route.view, "required_permission", None), f"{route} is inside a tenant: use @access.page."


@named([route for route in ROUTES if is_open(route) or is_own(route)])
def test_every_open_route_says_why(route):
    assert len(str(is_open(route) or is_own(route)).split()) > 4


def test_nobody_without_a_session_gets_an_answer(db):
    client = Client()
    answered = {}
    for route in CLOSED:
        answer = client.get(route.address(tenant="acme", project=SLUG, uuid=str(UNKNOWN)))
        to_sign_in = answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")
        if not to_sign_in and answer.status_code not in REFUSED | {401}:
            answered[str(route)] = answer.status_code
    assert not answered


@pytest.mark.parametrize("method", ["get", "post"])
def test_pages_of_the_platform_are_for_its_operators_alone(admin, client_as, method):
    client, open_to_others = client_as(admin), {}
    assert len(PLATFORM_PAGES) > 5
    for route in PLATFORM_PAGES:
        assert getattr(route.view, "operator_for", None), f"{route} is of the platform: use @access.operator."
        answer = getattr(client, method)(route.address(uuid=str(admin.tenant_id)))
        if answer.status_code != 404:
            open_to_others[str(route)] = answer.status_code
    assert not open_to_others


UNKNOWN = "00000000-0000-4000-8000-000000000000"


PROJECT_PAGES = [
    route
    for route in TENANT_PAGES
    if route.template.startswith("t/<slug:tenant>/p/<slug:project>/") and "uuid" in route.kinds
]
# A GET that finds its thing under the thing's own address, so that a 404 under another says something: all of them but
# those whose chart or file the walk cannot name.
SHOWN_AT_HOME = [
    route
    for route in PROJECT_PAGES
    if not {"slug", "path"} & route.kinds_of_thing and not route.template.endswith("/chart.json")
]


def fitting(route, things):
    """The thing that the address asks for; where there is none of its kind, all of them."""
    kinds = {kind_of(route, variable) for variable in route.variables}
    return {kind: thing for kind, thing in things.items() if kind in kinds} or things


@pytest.fixture
def elsewhere(admin, tenant):
    """Things of every kind in one project of the tenant; beside it stands another, empty project."""
    from apps.projects import services as projects
    from tests.isolation.elsewhere import things_of

    made = [projects.create_project(actor=admin, slug=slug, name=slug, purpose="Tell") for slug in ("theirs", "ours")]
    return things_of(admin, made[0])


@pytest.mark.parametrize("method", ["get", "post"])
def test_no_page_of_a_project_holds_a_thing_of_another_project(elsewhere, admin, client_as, method):
    client = client_as(admin)
    found = {}
    for route in PROJECT_PAGES:
        for kind, thing in fitting(route, elsewhere).items():
            answer = getattr(client, method)(route.address(tenant="acme", project="ours", uuid=str(thing)))
            if answer.status_code not in {404, 405}:
                found[f"{route} with the {kind}"] = answer.status_code
    assert not found


def test_every_page_holds_its_thing_under_its_own_project(elsewhere, admin, client_as):
    client = client_as(admin)
    client.raise_request_exception = False
    lost = []
    for route in SHOWN_AT_HOME:
        addresses = [
            route.address(tenant="acme", project="theirs", uuid=str(thing))
            for thing in fitting(route, elsewhere).values()
        ]
        if all(client.get(address).status_code == 404 for address in addresses):
            lost.append(str(route))
    assert not lost


@pytest.fixture
def granted_beside(elsewhere, officer):
    """An officer who was granted all that can be granted in the empty project; a token of theirs holds no less."""
    from apps.projects import selectors as projects
    from apps.tenants import services as tenants

    ours = projects.get_project(actor=officer, slug="ours")
    for permission in set(Permission) - TENANT_WIDE:
        tenants.give_permission(
            actor=Actor.system(officer.tenant),
            user_id=officer.user.pk,
            permission=permission,
            project_id=ours.pk,
            case_id=uuid4(),
        )
    return officer


# What an officer may do in any project, by their role.
OF_OFFICERS = {permission.value for permission in ROLE_PERMISSIONS[Role.OFFICER]}


def test_grants_in_one_project_open_no_page_of_another(elsewhere, granted_beside, client_as):
    client = client_as(granted_beside)
    opened = {}
    for route in PROJECT_PAGES:
        if route.view.required_permission in OF_OFFICERS:
            continue
        for kind, thing in fitting(route, elsewhere).items():
            answer = client.post(route.address(tenant="acme", project="theirs", uuid=str(thing)))
            if answer.status_code not in {403, 404, 405}:
                opened[f"{route} with the {kind}"] = answer.status_code
    assert not opened


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_grants_in_one_project_change_nothing_of_another_by_rest(elsewhere, granted_beside, api_as, method):
    client = api_as(granted_beside)
    changed = {}
    for route in RESOURCES:
        action = route.actions.get(method)
        if "uuid" not in route.kinds or action is None or route.view.cls.permissions[action] in OF_OFFICERS:
            continue
        for kind, thing in fitting(route, elsewhere).items():
            answer = call(client, method, route.address(uuid=str(thing)))
            if answer.status_code not in REFUSED:
                changed[f"{method} {route} with the {kind}"] = answer.status_code
    assert not changed


def call(client, method, address):
    if method == "get":
        return client.get(address)
    return getattr(client, method)(address, {}, content_type="application/json")

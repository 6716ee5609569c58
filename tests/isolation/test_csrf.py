"""Whatever changes something by a session proves that a page of the portal asked: every route, out of the URL map.

A browser sends a session's cookie along with whatever page asks. So each address is asked as a foreign page would, with
the session and `HX-Request` and no token, or with the token of somebody else, and then as our own pages do.
"""

from __future__ import annotations

from http.cookies import SimpleCookie

import pytest
from django.db import connection, transaction
from django.test import Client

from foundation.tenancy import scope
from foundation.web.authentication import ActorAuthentication
from tests.isolation.routes import every_route
from tests.support.people import make_person, make_tenant

ROUTES = every_route()
UNSAFE = ("post", "put", "patch", "delete")
# What CSRF tokens do not guard, each with what stands in their place.
EXEMPT = {
    "accounts/sso/<slug:tenant>/<uuid:provider_id>/acs/": "posted by the provider's page; the response is signed",
    "accounts/sso/<slug:tenant>/<uuid:provider_id>/logout/": "called by the provider itself; the token is signed",
    "scim/v2/<slug:tenant>/": "a SCIM token alone is heard, never a session",
    "mlflow/<slug:tenant>/<slug:project>/<path:path>": "tokens; a session has to prove its page in the view itself",
    "internal/gateway/token": "the gateway alone, by a token for this one request",
    "internal/gateway/refused": "the gateway alone, by a token for this one request",
    "internal/gateway/features": "the gateway alone, by a token for this one request",
    "internal/gateway/forgotten": "the gateway alone, by a token for this one request",
}
# Where it is noted that somebody was refused.
NOTES = {"django_session", "ledger_ledgerevent", "ledger_pendingevent", "refusals_refusalwindow"}
# What a page that was not ours is told, by pages and by REST, by MLflow's door; and what stands closed to sessions.
SAYS = ("This page was open for too long", "CSRF Failed", "only the portal's own pages write")
ID = "00000000-0000-4000-8000-000000000000"


def is_resource(route):
    return hasattr(route.view, "cls")


def is_exempt(route):
    return not is_resource(route) and getattr(route.view, "csrf_exempt", False)


def reason_of(route):
    """What is named for it, or for all that lies below."""
    found = [one for one in EXEMPT if route.template == one or (one.endswith("/") and route.template.startswith(one))]
    return found[0] if found else None


def methods_of(route):
    return [method for method in route.actions if method in UNSAFE] if is_resource(route) else ["post"]


ASKED = [(route, method) for route in ROUTES for method in methods_of(route)]


@pytest.fixture(scope="module")
def session(django_db_setup, django_db_blocker):
    """The cookies of an administrator with a project, who signed in once for all tests: each leaves the session as it
    was. A project that nobody knows is a 404 to whoever asks, and no test."""
    from apps.projects import services as projects

    with django_db_blocker.unblock(), transaction.atomic():
        admin = make_person(make_tenant("acme", "Acme"), "admin")
        with scope(admin.tenant_id):
            projects.create_project(actor=admin, slug="ours", name="Ours", purpose="Ours")
        client = Client()
        client.force_login(admin.user)
        client.get("/accounts/confirm/")
        client.cookies["sanad_csrf"] = OWN
        yield client.cookies.output(header="")
        transaction.set_rollback(True)


@pytest.fixture
def signed_in(session, db):
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.cookies = SimpleCookie(session)
    return client


# 32 signs: a secret as Django keeps it in the cookie.
OWN, ANOTHERS = "o" * 32, "a" * 32


def sent(client, route, method, **headers):
    address = route.address(tenant="acme", project="ours", uuid=ID)
    told = {"HX-Request": "true", "X-Sanad-Tenant": "acme", **headers}
    return getattr(client, method)(address, "{}", content_type="application/json", headers=told)


def refused_for_its_page(answer):
    text = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer.status_code == 403 and any(said in text.decode() for said in SAYS)


def changes():
    """How many rows were written so far in this transaction, by table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables"
            " WHERE n_tup_ins + n_tup_upd + n_tup_del > 0"
        )
        return {name: count for name, count in cursor.fetchall() if name not in NOTES}


def test_the_routes_are_found():
    assert len([route for route, _ in ASKED if not is_resource(route)]) > 100
    assert len([route for route, _ in ASKED if is_resource(route)]) > 60


def test_every_route_without_tokens_is_named_with_its_reason():
    exempt = [route for route in ROUTES if is_exempt(route)]
    unnamed = [str(route) for route in exempt if reason_of(route) is None]
    assert not unnamed, "Take csrf_exempt off, or say in EXEMPT what guards it instead."
    assert set(EXEMPT) == {reason_of(route) for route in exempt}, "What is named is exempt no more."


@pytest.mark.parametrize("route", [route for route in ROUTES if is_resource(route)], ids=str)
def test_every_resource_asks_a_session_for_its_token(route):
    """REST is exempt in the middleware, since tokens need no CSRF token; the class that reads sessions asks for it."""
    classes = route.view.cls.authentication_classes
    assert all(issubclass(one, ActorAuthentication) for one in classes)
    assert classes or not methods_of(route), f"{route} writes for whoever comes"


@pytest.mark.parametrize(("route", "method"), ASKED, ids=[f"{method} {route}" for route, method in ASKED])
def test_no_other_page_changes_anything_by_a_session(route, method, signed_in):
    before = changes()
    for shown in ({}, {"X-CSRFToken": ANOTHERS}, {"X-CSRFToken": "guess"}, {"Origin": "https://evil.example"}):
        answer = sent(signed_in, route, method, **shown)
        if is_exempt(route) and "mlflow" not in route.template:
            assert answer.status_code in {400, 401, 403, 404}, (shown, answer.status_code)
        else:
            assert refused_for_its_page(answer), (shown, answer.status_code)
    assert changes() == before


@pytest.mark.parametrize(("route", "method"), ASKED, ids=[f"{method} {route}" for route, method in ASKED])
def test_a_page_of_ours_is_heard(route, method, signed_in):
    assert not refused_for_its_page(sent(signed_in, route, method, **{"X-CSRFToken": OWN}))

"""A tenant asks for a second factor: days of grace, then a person without one does nothing there; tokens go on."""

from datetime import timedelta

import pytest
from django.test import Client

from apps.tenants import selectors, services
from foundation.access.second_factor import SecondFactorRequired
from foundation.clock import now
from foundation.errors import AccessDenied, Conflict, Invalid
from foundation.ledger.models import LedgerEvent
from foundation.live.visitors import admit_session
from foundation.live.watching import no_longer_welcome
from foundation.tenancy.models import Tenant
from tests.apps.tenants.test_factors import APP, code_of, secret_of

PAGE = "/t/acme/settings/sign-in/"


def give_factor(actor):
    actor.user.second_factor_at = now()
    actor.user.save()
    return actor


def ask(tenant, *, since=timedelta(0)):
    """The rule holds from so long ago (or, below zero, from then on)."""
    Tenant.objects.filter(pk=tenant.pk).update(second_factor_due=now() - since)


def test_an_administrator_asks_for_it_on_the_page(admin, client_as):
    answer = client_as(give_factor(admin)).post(PAGE, {"required": "on", "grace_days": "7"})

    assert answer.status_code == 303
    due = Tenant.objects.get(pk=admin.tenant_id).second_factor_due
    assert timedelta(days=6, hours=23) < due - now() <= timedelta(days=7)
    event = LedgerEvent.objects.get(kind="tenant.sign_in_rules_changed")
    assert event.payload["second_factor"] is True


def test_it_is_taken_back_the_same_way(admin, client_as):
    ask(admin.tenant)
    assert client_as(give_factor(admin)).post(PAGE, {"grace_days": "0"}).status_code == 303
    assert Tenant.objects.get(pk=admin.tenant_id).second_factor_due is None


def test_whoever_makes_the_rule_keeps_it_first(admin, client_as):
    answer = client_as(admin).post(PAGE, {"required": "on", "grace_days": "0"})

    assert answer.status_code == 422
    assert "for your own account first" in answer.content.decode()
    with pytest.raises(Conflict):
        services.set_second_factor_rule(actor=admin, required=True, grace_days=0, now=now())


@pytest.mark.parametrize("days", [-1, 91])
def test_days_beyond_the_bound_are_refused(admin, client_as, days):
    assert client_as(give_factor(admin)).post(PAGE, {"required": "on", "grace_days": days}).status_code == 422
    with pytest.raises(Invalid, match="between 0 and 90"):
        services.set_second_factor_rule(actor=admin, required=True, grace_days=days, now=now())


def test_only_who_manages_the_tenant_sees_and_changes_it(scientist, client_as):
    assert client_as(scientist).get(PAGE).status_code == 403
    with pytest.raises(AccessDenied):
        services.set_second_factor_rule(actor=give_factor(scientist), required=False, grace_days=0, now=now())
    with pytest.raises(AccessDenied):
        selectors.members_without_factor(actor=scientist)


def test_the_page_names_whom_it_would_touch(admin, scientist, client_as):
    page = client_as(give_factor(admin)).get(PAGE).content.decode()

    assert "The scientist" in page
    assert [place.user for place in selectors.members_without_factor(actor=admin)] == [scientist.user]


def test_until_the_day_pages_say_what_is_to_come(scientist, client_as):
    ask(scientist.tenant, since=-timedelta(days=3))
    answer = client_as(scientist).get("/t/acme/")

    assert answer.status_code == 200
    assert "asks for a second factor" in answer.content.decode()


def test_a_rule_that_holds_at_once_is_confirmed_with_how_many_it_meets(admin, scientist, client_as):
    client, at_once = client_as(give_factor(admin)), {"required": "on", "grace_days": "0"}
    answer = client.post(PAGE, at_once)
    assert answer.status_code == 422
    assert "1 member has no second factor" in answer.content.decode() and 'name="confirmed"' in answer.content.decode()
    assert Tenant.objects.get(pk=admin.tenant_id).second_factor_due is None

    assert client.post(PAGE, at_once | {"confirmed": "on"}).status_code == 303
    assert Tenant.objects.get(pk=admin.tenant_id).second_factor_due is not None


def test_an_administrator_without_a_factor_is_led_to_their_own(admin, client_as):
    assert 'href="/accounts/#factors"' in client_as(admin).get(PAGE).content.decode()


def test_whoever_is_held_up_sees_the_factors_first_and_goes_on_to_where_they_wanted(scientist, client_as):
    ask(scientist.tenant)
    client = client_as(scientist)
    client.get("/t/acme/settings/members/")
    page = client.get("/accounts/").content.decode()
    assert "s-plain-wide" in page
    assert page.index('id="factors"') < page.index('id="profile"') < page.index('id="sessions"')

    answer = client.post(APP, {"code": code_of(secret_of(client))})
    assert 'href="/t/acme/settings/members/"' in answer.content.decode(), "the recovery codes lead on"


def test_from_the_day_on_whoever_has_none_is_led_to_set_one_up(scientist, client_as):
    ask(scientist.tenant)
    client = client_as(scientist)

    assert client.get("/t/acme/")["Location"] == "/accounts/#factors"
    assert client.post("/t/acme/settings/tokens/", {"name": "x"})["Location"] == "/accounts/#factors"
    page = client.get("/accounts/").content.decode()
    assert "asks for a second factor" in page
    assert "s-sidebar" not in page, "the shell of the tenant would show what waits there"


def test_htmx_is_led_there_too(scientist, client_as):
    ask(scientist.tenant)
    assert client_as(scientist, **{"HX-Request": "true"}).get("/t/acme/")["HX-Redirect"] == "/accounts/#factors"


def test_rest_by_session_says_so_and_tokens_go_on(scientist, client_as, api_as):
    ask(scientist.tenant)
    answer = client_as(scientist, Accept="application/json").get("/api/v1/projects/")

    assert answer.status_code == 403
    assert answer.json()["type"].endswith("/second-factor-required")
    assert "/accounts/" in answer.json()["detail"]
    assert api_as(scientist).get("/api/v1/projects/").status_code == 200


def test_with_a_factor_everything_is_open(scientist, client_as):
    ask(scientist.tenant)
    assert client_as(give_factor(scientist)).get("/t/acme/").status_code in {200, 302, 303}


def test_another_tenant_that_does_not_ask_stays_open(scientist, other_tenant, client_as):
    from foundation.access.models import Membership
    from foundation.tenancy import scope

    with scope(other_tenant.pk):
        Membership.objects.create(tenant=other_tenant, user=scientist.user, role="viewer")
    ask(scientist.tenant)

    client = client_as(scientist)
    assert client.get("/t/other/settings/members/").status_code == 200
    assert client.get("/t/acme/settings/members/")["Location"] == "/accounts/#factors"


def test_the_last_factor_stays_while_a_tenant_asks(scientist, client_as):
    from tests.apps.tenants.test_factors import set_up_app

    client = client_as(scientist)
    set_up_app(client)
    ask(scientist.tenant, since=-timedelta(days=3))
    factor = selectors.factors_of(user=scientist.user)[0]

    answer = client.post(f"/accounts/factors/{factor.id}/remove/")
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="factors"' in shown and "Set up another first" in shown, "where the button was"


def session_of(actor):
    client = Client()
    client.force_login(actor.user)
    return client.cookies["sanad_session"].value


def test_no_websocket_is_opened_without_a_factor(scientist):
    ask(scientist.tenant)
    with pytest.raises(SecondFactorRequired):
        admit_session(session_of(scientist), "acme")


def test_an_open_websocket_ends_when_the_day_comes(scientist, admin):
    with_factor = give_factor(admin)
    visitors = [admit_session(session_of(actor), "acme") for actor in (scientist, with_factor)]
    assert no_longer_welcome(visitors, now=now()) == {}

    ask(scientist.tenant)
    assert [visitor.actor.user for visitor in no_longer_welcome(visitors, now=now())] == [scientist.user]

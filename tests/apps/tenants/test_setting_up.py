"""A fresh portal: one link makes the first tenant with its administrator, and no link makes a second one."""

import io

import pytest
from django.core import signing
from django.core.management import CommandError, call_command
from django.test import Client

from apps.tenants import services
from foundation import ledger
from foundation.access.models import Membership
from foundation.clock import now
from foundation.errors import NotFound
from foundation.tenancy import every_tenant, find_tenant, scope
from tests.support.forms import send_form

WORDS = {
    "tenant_name": "Gulf Air Freight",
    "tenant_name_ar": "شحن الخليج الجوي",
    "slug": "gulf-air",
    "zones": "AE-DIFC",
    "name": "First administrator",
    "email": "Admin@gulf.example",
    "password": "a long enough pass phrase 7",
}


def page(secret):
    return f"/accounts/setup/{secret}/"


def test_the_link_makes_organisation_and_administrator_and_signs_them_in(db):
    client, secret = Client(), services.setup_secret()
    assert "Set the portal up" in client.get(page(secret)).content.decode()

    answer = send_form(client, page(secret), WORDS)
    assert (answer.status_code, answer["Location"]) == (302, "/t/gulf-air/")
    assert client.get("/t/gulf-air/settings/members/").status_code == 200
    tenant = find_tenant("gulf-air")
    with scope(tenant.pk):
        member = Membership.objects.get()
        assert (member.role, member.user.email) == ("admin", "admin@gulf.example")
        assert [event.kind for event in ledger.events_of(subject=("membership", member.pk))] == [
            "sign_in.done",
            "membership.created",
        ]
    assert (tenant.name_ar, tenant.zones) == (WORDS["tenant_name_ar"], ["AE-DIFC"])
    # The link was printed where the portal was started: whoever holds it operates the platform.
    assert member.user.is_operator


def test_it_works_once(db):
    secret = services.setup_secret()
    send_form(Client(), page(secret), WORDS)

    again = send_form(Client(), page(secret), WORDS | {"slug": "other", "email": "second@gulf.example"})
    assert again.status_code == 404
    assert [tenant.slug for tenant in every_tenant()] == ["gulf-air"]
    assert services.setup_secret() == ""


def test_a_link_of_somebody_elses_making_opens_nothing(db):
    for secret in ("guess", signing.dumps("set up", salt="elsewhere")):
        answer = Client().get(page(secret))
        assert answer.status_code == 404
        assert "no longer good" in answer.content.decode()


def test_an_old_link_opens_nothing(db, monkeypatch):
    monkeypatch.setattr("django.core.signing.time.time", lambda: 1_000_000_000)
    secret = services.setup_secret()
    monkeypatch.undo()
    with pytest.raises(NotFound, match="too old"):
        services.check_setup(secret=secret)


def test_all_that_is_wrong_is_said_at_once(db):
    wrong = {"slug": "Gulf Air", "password": "no", "email": "x", "zones": ["XX"]}
    answer = send_form(Client(), page(services.setup_secret()), WORDS | wrong)
    assert set(answer.context["form"].errors) == set(wrong)


def test_a_used_link_says_that_the_portal_is_set_up_and_to_sign_in(db):
    secret = services.setup_secret()
    send_form(Client(), page(secret), WORDS)
    said = Client().get(page(secret)).content.decode()
    assert "set up already" in said
    assert "prints a new one" not in said


@pytest.mark.parametrize(("field", "value"), [("slug", "Gulf Air"), ("slug", "-x"), ("password", "no"), ("email", "x")])
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_made(db, field, value):
    answer = send_form(Client(), page(services.setup_secret()), WORDS | {field: value})
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert every_tenant() == []


def test_a_weak_password_is_told_why(db):
    answer = send_form(Client(), page(services.setup_secret()), WORDS | {"password": "password1"})
    assert "too short" in answer.content.decode() and "too common" in answer.content.decode()


def test_the_door_says_that_nothing_is_set_up(db):
    assert "not set up yet" in Client().get("/accounts/login/").content.decode()


def test_the_door_of_a_portal_that_is_set_up_says_nothing_of_it(tenant):
    assert "not set up yet" not in Client().get("/accounts/login/").content.decode()


def test_the_operator_prints_the_link_until_there_is_a_tenant(db):
    said = io.StringIO()
    call_command("open_setup", stdout=said)
    assert "/accounts/setup/" in said.getvalue()
    services.create_tenant(slug="gulf-air", name="Gulf Air Freight")
    said = io.StringIO()
    call_command("open_setup", stdout=said)
    assert said.getvalue() == ""


def test_the_operator_makes_further_tenants_by_a_command(tenant):
    said = io.StringIO()
    call_command("create_tenant", "bank", "Bank", "--admin", "first@bank.example", stdout=said)

    secret = said.getvalue().strip().rstrip("/").rpartition("/")[2]
    invitation, invited_to = services.find_invitation(secret=secret, now=now())
    assert (invitation.email, invitation.role, invited_to.slug) == ("first@bank.example", "admin", "bank")
    with pytest.raises(CommandError, match="already"):
        call_command("create_tenant", "bank", "Bank again", "--admin", "first@bank.example")

"""Service accounts: made by administrators, with a role that builds or reads, and nothing left once disabled."""

from datetime import timedelta

import pytest
from django.test import Client

from apps.tenants import services
from foundation import access, ledger
from foundation.access import Permission, Role
from foundation.access.actors import actor_for_token, rebuild_actor
from foundation.clock import now
from foundation.errors import AccessDenied, Conflict, Invalid
from foundation.identity import tokens
from foundation.identity.models import ApiToken, ServiceAccount
from tests.support.people import make_person

LIST = "/t/acme/settings/service-accounts/"
REST = "/api/v1/service-accounts/"


def words(**changes):
    moment = now()
    given = {"name": "import", "scopes": ["*"], "expires_at": moment + timedelta(days=7), "now": moment}
    return given | changes


def ask(text, path="/api/v1/projects/"):
    return Client(headers={"Authorization": f"Bearer {text}"}).get(path)


@pytest.fixture
def account(admin):
    return services.create_service_account(actor=admin, name="nightly import", role="scientist")


@pytest.fixture
def token(admin, account):
    return services.create_service_token(actor=admin, account=account, **words())


def kinds_of(account):
    return [event.kind for event in ledger.events_of(subject=("service_account", account.pk))]


def test_a_program_works_under_its_own_name_and_role(project, account, token):
    row, text = token
    program = actor_for_token(row=row, address=None)

    assert (program.kind, program.label, program.user) == ("service", "nightly import", None)
    assert access.can(program, Permission.RUN_START)
    assert not access.can(program, Permission.APPROVAL_DECIDE)
    assert not access.can(program, Permission.MEMBER_MANAGE)
    assert ask(text).json()["results"][0]["slug"] == "flights"


@pytest.mark.parametrize("role", ["admin", "officer", "robot"])
def test_deciding_and_administering_is_for_people(admin, role):
    with pytest.raises(Invalid) as refusal:
        services.create_service_account(actor=admin, name="judge", role=role)
    assert "role" in refusal.value.fields
    assert not ServiceAccount.objects.exists()


def test_only_an_administrator_makes_and_changes_them(scientist, account):
    acts = (
        lambda: services.create_service_account(actor=scientist, name="mine", role="viewer"),
        lambda: services.create_service_token(actor=scientist, account=account, **words()),
        lambda: services.change_role_of_service_account(actor=scientist, account=account, role="viewer"),
        lambda: services.disable_service_account(actor=scientist, account=account, now=now()),
        lambda: services.enable_service_account(actor=scientist, account=account),
    )
    for act in acts:
        with pytest.raises(AccessDenied, match="administrator"):
            act()


def test_a_program_makes_no_tokens_and_no_programs(token, account):
    program = actor_for_token(row=token[0], address=None)
    with pytest.raises(AccessDenied):
        services.create_token(actor=program, **words())
    with pytest.raises(AccessDenied):
        services.create_service_token(actor=program, account=account, **words())


def test_a_name_is_taken_once(admin, account):
    with pytest.raises(Conflict, match="already"):
        services.create_service_account(actor=admin, name=" nightly import ", role="viewer")


def test_disabled_it_opens_nothing_and_every_token_is_told_to_the_gateway(admin, account, token):
    row, text = token
    before, _digests = tokens.revoked_since(0)
    services.disable_service_account(actor=admin, account=account, now=now())

    assert ask(text).status_code == 401
    assert tokens.revoked_since(before)[1] == [row.digest]
    assert kinds_of(account)[0] == "service_account.disabled"
    with pytest.raises(Conflict, match="enable it"):
        services.create_service_token(actor=admin, account=account, **words())


def test_work_that_waited_is_not_done_for_a_disabled_program(admin, tenant, account):
    services.disable_service_account(actor=admin, account=account, now=now())
    with pytest.raises(AccessDenied, match="disabled"):
        rebuild_actor(tenant=tenant, kind="service", actor_id=account.pk)


def test_enabled_again_its_old_tokens_stay_void(admin, account, token):
    services.disable_service_account(actor=admin, account=account, now=now())
    services.disable_service_account(actor=admin, account=account, now=now())
    account = services.enable_service_account(actor=admin, account=account)

    assert ask(token[1]).status_code == 401
    _row, fresh = services.create_service_token(actor=admin, account=account, **words())
    assert ask(fresh).status_code == 200
    assert kinds_of(account) == ["service_account.enabled", "service_account.disabled", "service_account.created"]


def test_a_lesser_role_holds_for_the_tokens_that_are_there(admin, account, token):
    services.change_role_of_service_account(actor=admin, account=account, role="viewer")
    row = ApiToken.objects.get(pk=token[0].pk)
    assert not access.can(actor_for_token(row=row, address=None), Permission.RUN_START)


def test_what_it_did_stands_under_its_name(client_as, admin, account, token):
    program = Client(headers={"Authorization": f"Bearer {token[1]}"})
    wanted = {"slug": "made", "name": "Made", "purpose": "By program"}
    made = program.post("/api/v1/projects/", wanted, "application/json")
    assert made.status_code == 201

    page = client_as(admin).get("/t/acme/activity/").content.decode()
    assert "nightly import" in page


def test_an_administrator_walks_the_pages(client_as, admin):
    client = client_as(admin)
    assert "No service accounts yet" in client.get(LIST).content.decode()
    client.post(LIST, {"name": "nightly import", "role": "scientist"})
    account = ServiceAccount.objects.get()
    here = f"{LIST}{account.pk}/"
    assert "It opens nothing yet" in client.get(here).content.decode()

    made = client.post(here, {"name": "cron", "level": "build", "days": "30", "networks": ""}).content.decode()
    assert "The token is made." in made
    assert "snd_" in made
    client.post(f"{here}role/", {"role": "viewer"})
    client.post(f"{here}disable/")
    page = client.get(here).content.decode()
    assert "opens nothing" in page
    assert "disabled the service account; 1 tokens are void" in page
    client.post(f"{here}enable/")
    assert ServiceAccount.objects.get().disabled_at is None
    assert "nightly import" in client.get("/t/acme/settings/tokens/").content.decode()


def test_the_pages_are_for_administrators(client_as, scientist, account):
    client = client_as(scientist)
    assert client.get(LIST).status_code == 403
    assert client.post(f"{LIST}{account.pk}/disable/").status_code == 403
    assert "Service accounts" not in client.get("/t/acme/settings/tokens/").content.decode()


def test_the_same_over_rest(api_as, admin):
    client = api_as(admin)
    made = client.post(REST, {"name": "nightly import", "role": "scientist"}, "application/json").json()
    ends = (now() + timedelta(days=7)).isoformat()
    wanted = {"name": "cron", "scopes": ["dataset.view"], "expires_at": ends, "networks": ["203.0.113.0/24"]}
    token = client.post(f"{REST}{made['id']}/tokens/", wanted, "application/json").json()

    assert (token["owner"], token["networks"]) == ("nightly import", ["203.0.113.0/24"])
    assert ask(token["token"], "/api/v1/datasets/").status_code == 403
    assert client.patch(f"{REST}{made['id']}/", {"role": "auditor"}, "application/json").json()["role"] == "auditor"
    assert client.patch(f"{REST}{made['id']}/", {"role": "admin"}, "application/json").status_code == 422
    assert client.post(f"{REST}{made['id']}/disable/").json()["state"] == "disabled"
    assert client.post(f"{REST}{made['id']}/enable/").json()["state"] == "enabled"
    assert [row["name"] for row in client.get(REST).json()["results"]] == ["nightly import"]


def test_another_tenants_program_is_not_there(account, api_as, client_as, other_tenant):
    stranger = make_person(other_tenant, Role.ADMIN)
    assert api_as(stranger).get(f"{REST}{account.pk}/").status_code == 404
    assert api_as(stranger).post(f"{REST}{account.pk}/disable/").status_code == 404
    assert client_as(stranger).get(f"/t/{other_tenant.slug}/settings/service-accounts/{account.pk}/").status_code == 404


def test_a_role_that_is_none_is_refused_at_its_field_and_a_token_is_still_made_at_its_own_address(
    client_as, admin, account
):
    here = f"{LIST}{account.pk}/"
    refused = client_as(admin).post(f"{here}role/", {"role": "robot"})

    assert refused.status_code == 422 and refused.context["role_form"].errors["role"]
    assert f'action="{here}#made"' in refused.content.decode()
    account.refresh_from_db()
    assert account.role == "scientist"

"""The tenant's rule of second factors by REST: read by members, set by administrators who keep it themselves."""

from datetime import timedelta

import pytest

from foundation.clock import now
from foundation.tenancy.models import Tenant
from tests.apps.tenants.test_second_factor_rule import ask, give_factor

RULE, WITHOUT = "/api/v1/second-factor-rule/", "/api/v1/members/without-second-factor/"


def change(client, **body):
    return client.patch(RULE, body, content_type="application/json")


def test_the_rule_is_set_read_and_taken_back(admin, api_as):
    client = api_as(give_factor(admin))
    assert client.get(RULE).json() == {"second_factor": False, "due": None, "in_force": False}

    made = change(client, second_factor=True, grace_days=7)
    assert made.status_code == 200
    assert (made.json()["second_factor"], made.json()["in_force"]) == (True, False)
    due = Tenant.objects.get(pk=admin.tenant_id).second_factor_due
    assert timedelta(days=6, hours=23) < due - now() <= timedelta(days=7)
    assert change(client, second_factor=True, grace_days=0).json()["in_force"] is True

    assert change(client, second_factor=False).json()["due"] is None
    assert Tenant.objects.get(pk=admin.tenant_id).second_factor_due is None


def test_whoever_asks_for_one_has_one(admin, api_as):
    refused = change(api_as(admin), second_factor=True)
    assert refused.status_code == 409
    assert "for your own account first" in refused.json()["detail"]


@pytest.mark.parametrize(
    "body", [{}, {"second_factor": "perhaps"}, {"second_factor": True, "grace_days": 91}, {"grace_days": 3}]
)
def test_what_is_no_rule_is_refused_by_name(admin, api_as, body):
    refused = change(api_as(give_factor(admin)), **body)
    assert refused.status_code == 422
    assert refused.json()["errors"].keys() & {"second_factor", "grace_days"}


def test_members_read_the_rule_and_administrators_alone_change_it(scientist, api_as):
    ask(scientist.tenant)
    client = api_as(give_factor(scientist))
    assert client.get(RULE).json()["in_force"] is True
    assert change(client, second_factor=False).status_code == 403
    assert client.get(WITHOUT).status_code == 403


def test_administrators_read_whom_it_would_shut_out(admin, scientist, viewer, api_as):
    found = api_as(give_factor(admin)).get(WITHOUT).json()["results"]
    assert {row["user"] for row in found} == {str(scientist.user.pk), str(viewer.user.pk)}
    give_factor(viewer)
    assert len(api_as(admin).get(WITHOUT).json()["results"]) == 1

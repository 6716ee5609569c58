"""While a tenant's own key is withdrawn every door refuses with the sentence: pages, REST, jobs, lake, deployments."""

from __future__ import annotations

import pyarrow as pa
import pytest

from foundation import lake, storage, tenancy
from foundation.clock import now
from foundation.lake.adapters import sessions
from foundation.storage import keyring, keys
from foundation.storage.errors import KeyWithdrawn
from foundation.tenancy.models import Tenant
from tests.foundation.storage.stage import committed
from tests.foundation.storage.test_own_key import a_key


@pytest.fixture
def locked(tenant, admin):
    with committed():
        keys.bring_key(actor=admin, secret=a_key(), now=now())
        keys.withdraw_key(actor=admin, confirmation="acme", now=now())
    return Tenant.objects.get(pk=tenant.pk)


def test_pages_say_why_and_lead_to_the_key(locked, client_as, admin):
    answer = client_as(admin).get("/t/acme/settings/members/")
    assert answer.status_code == 423
    assert "has withdrawn its encryption key" in answer.content.decode()
    assert client_as(admin).get("/t/acme/settings/encryption/").status_code == 200


def test_rest_answers_problem_details(locked, api_as, admin):
    answer = api_as(admin).get("/api/v1/projects/")
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[1]) == (423, "key-withdrawn")
    assert api_as(admin).get("/api/v1/keys/").status_code == 200


def test_another_tenants_doors_stay_open(locked, other_tenant, api_as):
    from tests.support.people import make_person

    assert api_as(make_person(other_tenant, "admin")).get("/api/v1/projects/").status_code == 200


def test_the_lake_closes_in_a_process_that_had_it_open(tenant, admin, settings, monkeypatch):
    settings.LAKE_KEYS = "foundation.lake.keys.keys_of"
    moment = [100.0]
    monkeypatch.setattr(keyring.time, "monotonic", lambda: moment[0])
    keys.bring_key(actor=admin, secret=a_key(), now=now())
    table = lake.for_tenant(tenant.pk)
    at = table.write("people", pa.table({"id": [1, 2]}))
    assert table.read(at).read_all().num_rows == 2
    assert sessions._sessions
    other_process = dict(keyring._open_keys)
    with committed():
        keys.withdraw_key(actor=admin, confirmation="acme", now=now())
    keyring._open_keys.update(other_process)
    moment[0] += keyring.RECHECK_S
    for act in (lambda: table.read(at).read_all(), lambda: table.write("people", pa.table({"id": [3]}), mode="append")):
        with pytest.raises(KeyWithdrawn):
            act()
    assert table._place not in sessions._sessions, "the instance that held the key is let go"


def test_nobody_is_led_to_its_deployments(locked):
    from apps.deployments.selectors import _route

    class Served:
        tenant_id = project_id = pk = "x"
        max_body_bytes, log_requests = 1, True

        class model:
            name = "m"

        class revisions:
            @staticmethod
            def all():
                raise AssertionError("not asked for")

    route = _route(Served(), lock=tenancy.lock_of(locked))
    assert (route["revisions"], "withdrawn" in route["locked"]) == ([], True)


def test_the_gateway_refuses_with_the_sentence():
    from gateway.forwarding import _nobody
    from gateway.routes import Route

    given = {"tenant_id": "t", "project_id": "p", "deployment_id": "d", "revisions": [], "locked": "It was withdrawn."}
    route = Route.parse("acme/late", given)
    refused = _nobody(Route.parse("acme/late", route.as_document()))
    assert (refused.status, refused.slug, refused.sentence) == (423, "key-withdrawn", "It was withdrawn.")


def test_objects_and_secrets_refuse(locked):
    with pytest.raises(KeyWithdrawn):
        storage.put(locked.pk, "a", b"x")

"""Support access by REST: an administrator lets in, refuses and ends, by the same rules as on the page."""

import pytest

from apps.tenants import services
from foundation import ledger
from foundation.access.actors import actor_for_user
from foundation.errors import NotFound
from tests.apps.tenants.test_step_up import age

SUPPORT, JSON = "/api/v1/support/", "application/json"


@pytest.fixture
def asked(operator, tenant):
    return services.ask_support(operator=operator, tenant_id=tenant.pk, level="viewer", reason="A run hangs", hours=4)


def wanted(operator, **words):
    return {"operator": str(operator.pk), "level": "viewer", "reason": "A run hangs", "hours": 4} | words


def test_whoever_asks_is_listed_let_in_and_sent_out(admin, operator, asked, api_as):
    client = api_as(admin)
    (row,) = client.get(SUPPORT).json()["results"]
    assert (row["state"], row["operator_name"], row["ends_at"]) == ("waiting", "The operator", None)

    granted = client.post(f"{SUPPORT}{asked.pk}/grant/")
    assert (granted.status_code, granted.json()["state"], granted.json()["decided_by"]) == (
        200,
        "open",
        str(admin.user),
    )
    assert actor_for_user(user=operator, tenant=admin.tenant).label == "The operator · platform support"
    assert client.post(f"{SUPPORT}{asked.pk}/grant/").status_code == 409

    assert client.post(f"{SUPPORT}{asked.pk}/end/").json()["state"] == "ended"
    with pytest.raises(NotFound):
        actor_for_user(user=operator, tenant=admin.tenant)
    kinds = [event.kind for event in ledger.events_of(subject=("support", asked.pk))]
    assert kinds == ["support.ended", "support.granted", "support.asked"]


def test_an_operator_is_refused_or_let_in_unasked(admin, operator, asked, api_as):
    client = api_as(admin)
    twice = client.post(SUPPORT, wanted(operator), content_type=JSON)
    assert (twice.status_code, "end it first" in twice.json()["detail"]) == (409, True)
    assert client.post(f"{SUPPORT}{asked.pk}/refuse/").json()["state"] == "refused"

    assert client.get(f"{SUPPORT}operators/").json() == [{"id": str(operator.pk), "name": "The operator"}]
    given = client.post(SUPPORT, wanted(operator, level="admin"), content_type=JSON)
    assert (given.status_code, given.json()["state"], given.json()["asked_at"]) == (201, "open", None)
    listed = client.get(f"{SUPPORT}?limit=1").json()
    assert [row["id"] for row in listed["results"]] == [given.json()["id"]]
    assert [row["state"] for row in client.get(listed["next"]).json()["results"]] == ["refused"]


@pytest.mark.parametrize(
    ("words", "field"),
    [({"level": "auditor"}, "level"), ({"hours": 73}, "hours"), ({"hours": 0}, "hours"), ({"reason": " "}, "reason")],
)
def test_what_is_no_access_is_refused_by_name(admin, operator, api_as, words, field):
    refused = api_as(admin).post(SUPPORT, wanted(operator, **words), content_type=JSON)
    assert (refused.status_code, field in refused.json()["errors"]) == (422, True)


def test_somebody_who_operates_nothing_is_not_let_in(admin, viewer, api_as):
    refused = api_as(admin).post(SUPPORT, wanted(viewer.user), content_type=JSON)
    assert (refused.status_code, "no such operator" in refused.json()["detail"]) == (404, True)


def test_it_is_for_the_organisations_own_administrators(scientist, operator, asked, admin, api_as, client_as):
    for address in (SUPPORT, f"{SUPPORT}{asked.pk}/", f"{SUPPORT}operators/"):
        assert api_as(scientist).get(address).status_code == 403
    assert api_as(scientist).post(f"{SUPPORT}{asked.pk}/grant/").status_code == 403
    left_open = age(client_as(admin, Accept="application/json"))
    stale = left_open.post(f"{SUPPORT}{asked.pk}/grant/")
    assert (stale.status_code, stale.json()["type"].rpartition("/")[2]) == (403, "step-up-required")
    with pytest.raises(NotFound):
        actor_for_user(user=operator, tenant=admin.tenant)

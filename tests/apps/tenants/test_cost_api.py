"""Prices, quotas, budgets and usage over REST."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest

from apps.tenants import services
from apps.tenants.choices import ThingKind
from apps.tenants.models import Budget, Quota
from foundation.clock import now
from foundation.tenancy import scope
from tests.support.people import make_person

JSON = {"content_type": "application/json"}


@pytest.fixture(autouse=True)
def plain_prices(settings):
    settings.SANAD_PRICES = {"small": Decimal("0.1"), "requests": Decimal(1)}


@pytest.fixture
def asked(tenant, project, scientist):
    what = services.Metered(
        tenant_id=tenant.pk,
        project_id=project.pk,
        person_id=scientist.user.pk,
        kind=ThingKind.DEPLOYMENT,
        thing_id=uuid4(),
        subject_id=uuid4(),
    )
    services.count_requests(what, hours={now().replace(minute=0, second=0, microsecond=0): 1234})
    return what


def test_hours_and_sums(admin, asked, api_as, project):
    client = api_as(admin)
    (row,) = client.get("/api/v1/usage/").json()["results"]
    assert (row["kind"], row["amount"], row["cost"]) == ("requests", "1234.000000", "1.234000")
    summary = client.get("/api/v1/usage/summary/?by=project").json()
    assert [(line["name"], line["cost"]) for line in summary["lines"]] == [("Flights", "1.23")]
    bill = client.get("/api/v1/usage/chargeback/").json()
    assert (bill["charges"][0]["item"], bill["charges"][0]["cost_exact"], bill["total"]) == (
        "requests",
        "1.234000",
        "1.23",
    )
    assert client.get("/api/v1/usage/?project=flights").json()["results"]
    assert client.get("/api/v1/usage/?person=" + str(uuid4())).json()["results"] == []


@pytest.mark.parametrize("query", ["month=2026-13", "month=x", "person=me", "by=moon"])
def test_a_question_that_makes_no_sense_gets_a_sentence(admin, api_as, query):
    answer = api_as(admin).get(f"/api/v1/usage/summary/?{query}")
    assert answer.status_code == 422, answer.content
    assert query.split("=")[0] in answer.json()["errors"]


def test_limits_are_set_and_removed_by_administrators(admin, scientist, api_as, project):
    client = api_as(admin)
    made = client.post("/api/v1/quotas/", {"project": "flights", "cpus": "2"}, **JSON)
    assert made.status_code == 201, made.content
    assert Quota.objects.get().project_id == project.pk
    budget = client.post("/api/v1/budgets/", {"hard_limit": "9.50"}, **JSON)
    assert budget.json()["hard_limit"] == "9.50"
    price = client.post("/api/v1/prices/", {"item": "small", "amount": "0.2"}, **JSON)
    assert price.status_code == 201
    assert client.post("/api/v1/prices/", {"item": "small", "amount": "0.3"}, **JSON).status_code == 409
    coming = price.json()["id"]
    assert client.get(f"/api/v1/prices/{coming}/").json()["id"] == coming
    assert api_as(scientist).delete(f"/api/v1/prices/{coming}/").status_code == 403
    assert client.delete(f"/api/v1/prices/{coming}/").status_code == 204
    assert client.delete(f"/api/v1/prices/{coming}/").status_code == 404

    other = api_as(scientist)
    for path, body in (
        ("quotas", {"cpus": "1"}),
        ("budgets", {"hard_limit": "1"}),
        ("prices", {"item": "small", "amount": "1"}),
    ):
        assert other.get(f"/api/v1/{path}/").status_code == 200
        assert other.post(f"/api/v1/{path}/", body, **JSON).status_code == 403
    assert client.delete(f"/api/v1/quotas/{made.json()['id']}/").status_code == 204
    assert client.delete(f"/api/v1/budgets/{budget.json()['id']}/").status_code == 204
    assert not (Quota.objects.exists() or Budget.objects.exists())


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("quotas", {}),
        ("quotas", {"cpus": "-1"}),
        ("quotas", {"project": "nowhere", "cpus": "1"}),
        ("budgets", {}),
        ("budgets", {"soft_limit": "2", "hard_limit": "1"}),
        ("budgets", {"soft_limit": "1e99"}),
        ("prices", {"item": "moon", "amount": "1"}),
        ("prices", {"item": "small", "amount": "NaN"}),
        ("prices", {"item": "small", "amount": "1", "valid_from": "2001-01-01T00:00:00Z"}),
    ],
)
def test_limits_that_make_no_sense_are_refused(admin, api_as, path, body):
    answer = api_as(admin).post(f"/api/v1/{path}/", body, **JSON)
    assert answer.status_code in {404, 422}, answer.content


def test_ids_of_another_tenant_are_not_found(admin, other_tenant, api_as):
    stranger = make_person(other_tenant, "admin")
    with scope(other_tenant.pk):
        quota = services.set_quota(actor=stranger, project_id=None, cpus=1)
        budget = services.set_budget(actor=stranger, project_id=None, soft_limit=Decimal(1), hard_limit=None)
    client = api_as(admin)
    assert client.delete(f"/api/v1/quotas/{quota.pk}/").status_code == 404
    assert client.delete(f"/api/v1/budgets/{budget.pk}/").status_code == 404
    assert client.get("/api/v1/quotas/").json() == []


def test_a_token_of_one_project_sees_no_budget_of_the_tenant(admin, api_as, asked, project):
    services.set_budget(actor=admin, project_id=None, soft_limit=None, hard_limit=Decimal(5))
    services.set_budget(actor=admin, project_id=project.pk, soft_limit=None, hard_limit=Decimal(3))
    narrow = api_as(admin, project_id=project.pk, scopes=["usage.view", "project.view"])
    assert [budget["hard_limit"] for budget in narrow.get("/api/v1/budgets/").json()] == ["3.00"]
    elsewhere = api_as(admin, project_id=uuid4(), scopes=["usage.view", "project.view"])
    assert elsewhere.get("/api/v1/usage/").json()["results"] == []

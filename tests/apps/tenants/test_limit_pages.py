"""Settings, Quotas, Budgets, Prices: what an administrator sets there, and that nobody else does."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.tenants import services
from apps.tenants.models import Budget, Price, Quota
from foundation.clock import now
from tests.support.history import acts_on, done_by
from tests.support.people import make_person

QUOTAS, BUDGETS, PRICES = (f"/t/acme/settings/{name}/" for name in ("quotas", "budgets", "prices"))
pytestmark = pytest.mark.usefixtures("plain_prices")


def test_an_administrator_sets_a_quota_in_the_browser(admin, client_as, project):
    client = client_as(admin)
    assert "No quotas yet" in client.get(QUOTAS).content.decode()
    answer = client.post(QUOTAS, {"project": str(project.pk), "cpus": "4", "memory_gb": "8", "storage_gb": "0.5"})
    assert answer.status_code == 303
    quota = Quota.objects.get()
    assert (quota.project_id, quota.cpus, quota.memory_mb, quota.storage_bytes) == (project.pk, 4, 8192, 500_000_000)
    page = client.get(QUOTAS).content.decode()
    assert "Flights" in page and "8\u202fGB" in page and "500\u202fMB" in page
    client.post(f"{QUOTAS}{quota.pk}/remove/")
    assert not Quota.objects.exists()


def test_one_number_of_a_quota_or_budget_is_changed_alone(admin, client_as, project):
    client = client_as(admin)
    quota = services.set_quota(actor=admin, project_id=project.pk, cpus=2, memory_mb=6144, storage_bytes=20 * 10**9)
    form = client.get(f"{QUOTAS}?of={quota.pk}").context["form"]
    said = {name: str(form[name].value() or "") for name in form.fields}
    assert (said["project"], said["memory_gb"], said["storage_gb"]) == (str(project.pk), "6", "20")
    assert client.post(f"{QUOTAS}?of={quota.pk}", said | {"cpus": "3"}).status_code == 303
    quota.refresh_from_db()
    assert (quota.cpus, quota.memory_mb, quota.storage_bytes, quota.gpus) == (3, 6144, 20 * 10**9, None)
    budget = services.set_budget(actor=admin, project_id=None, soft_limit=Decimal(5), hard_limit=Decimal(9))
    form = client.get(f"{BUDGETS}?of={budget.pk}").context["form"]
    assert [form[name].value() for name in ("project", "soft_limit", "hard_limit")] == ["", 5, 9]


def test_an_administrator_sets_a_budget_in_the_browser(admin, client_as, used):
    client = client_as(admin)
    assert "No budgets yet" in client.get(BUDGETS).content.decode()
    assert client.post(BUDGETS, {"soft_limit": "5", "hard_limit": "1"}).status_code == 422
    assert client.post(BUDGETS, {"soft_limit": "0.10", "hard_limit": "0.20"}).status_code == 303
    used(3, seconds=3600)
    page = client.get(BUDGETS).content.decode()
    assert "One budget is used up" in page
    assert "New work is refused" in page
    client.post(f"{BUDGETS}{Budget.objects.get().pk}/remove/")
    assert not Budget.objects.exists()


def test_an_administrator_sets_a_price_in_the_browser(admin, client_as):
    client = client_as(admin)
    assert "estimate of the operator" in client.get(PRICES).content.decode()
    assert client.post(PRICES, {"item": "small", "amount": "0.55"}).status_code == 303
    assert Price.objects.get().amount == Decimal("0.55")
    assert client.post(PRICES, {"item": "small", "amount": "0.66"}).status_code in {409, 422}
    shown = client.get(PRICES).content.decode()
    assert "0.55" in shown and "<bdi>Small: 1 CPU, 2 GB</bdi>" in shown


def test_a_price_is_taken_back_until_it_holds(admin, scientist, other_tenant, client_as):
    client = client_as(admin)
    client.post(PRICES, {"item": "small", "amount": "0.55"})
    coming = Price.objects.get()
    address = f"{PRICES}{coming.pk}/take-back/"
    assert f'action="{address}"' in client.get(PRICES).content.decode()
    assert f'action="{address}"' not in client_as(scientist).get(PRICES).content.decode()
    assert client_as(scientist).post(address).status_code == 403
    assert client_as(make_person(other_tenant, "admin")).post(address).status_code == 404
    Price.objects.update(valid_from=now() - timedelta(hours=1))
    assert f'action="{address}"' not in client.get(PRICES).content.decode()
    held = client.post(address)
    assert (held.status_code, "holds already" in held.content.decode()) == (422, True)
    Price.objects.update(valid_from=now() + timedelta(hours=1))
    assert client.post(address).status_code == 303
    assert not Price.objects.exists()
    assert acts_on("price", coming) == [done_by(admin, "price.set"), done_by(admin, "price.taken_back")]
    told = client.get("/t/acme/activity/?kind=price.*").content.decode()
    assert "took back the coming price for “Small: 1 CPU, 2 GB”" in told


@pytest.mark.parametrize("address", [QUOTAS, BUDGETS, PRICES])
def test_others_read_and_are_told_who_changes(scientist, client_as, address):
    client = client_as(scientist)
    page = client.get(address)
    assert (page.status_code, "A tenant administrator sets" in page.content.decode()) == (200, True)
    words = {"cpus": "1", "soft_limit": "1", "item": "small", "amount": "1"}
    assert client.post(address, words).status_code in {403, 422}
    assert not (Quota.objects.exists() or Budget.objects.exists() or Price.objects.exists())


def test_ids_of_another_tenant_lead_nowhere(admin, other_tenant, client_as):
    from foundation.tenancy import scope

    stranger = make_person(other_tenant, "admin")
    with scope(other_tenant.pk):
        quota = services.set_quota(actor=stranger, project_id=None, cpus=1)
        budget = services.set_budget(actor=stranger, project_id=None, soft_limit=Decimal(1), hard_limit=None)
    client = client_as(admin)
    assert client.post(f"{QUOTAS}{quota.pk}/remove/").status_code == 404
    assert client.post(f"{BUDGETS}{budget.pk}/remove/").status_code == 404
    with scope(other_tenant.pk):
        assert (Quota.objects.count(), Budget.objects.count()) == (1, 1)

"""What destroys nothing is done without a question, and a button takes it back as it was."""

from __future__ import annotations

from decimal import Decimal

import pytest

from apps.tenants import selectors, services
from apps.tenants.choices import WebhookState
from apps.tenants.models import Budget, Quota, Webhook
from foundation.access.models import Membership
from foundation.clock import now
from tests.support.people import make_person
from tests.support.undo import press_undo

SETTINGS = "/t/acme/settings"
LIMITS = {"cpus": Decimal("2.5"), "memory_mb": 1537, "gpus": None, "concurrent_runs": 0, "requests_per_second": None}


@pytest.fixture
def browser(client_as, admin):
    return client_as(admin)


def test_a_quota_comes_back_to_the_byte(browser, admin, tenant):
    services.set_quota(actor=admin, project_id=None, **LIMITS, storage_bytes=20 * 2**30 + 1)
    quota = Quota.objects.get()
    browser.post(f"{SETTINGS}/quotas/{quota.pk}/remove/")
    assert not Quota.objects.exists()

    press_undo(browser, f"{SETTINGS}/quotas/")
    back = Quota.objects.get()
    for field in ("project_id", "storage_bytes", *LIMITS):
        assert getattr(back, field) == getattr(quota, field), field


def test_a_budget_comes_back(browser, admin, project):
    services.set_budget(actor=admin, project_id=project.pk, soft_limit=None, hard_limit=Decimal("800.50"))
    browser.post(f"{SETTINGS}/budgets/{Budget.objects.get().pk}/remove/")
    assert not Budget.objects.exists()

    press_undo(browser, f"{SETTINGS}/budgets/")
    back = Budget.objects.get()
    assert (back.project_id, back.soft_limit, back.hard_limit) == (project.pk, None, Decimal("800.50"))


def test_whoever_was_taken_out_of_a_group_is_in_it_again(browser, admin, tenant):
    person = make_person(tenant, "viewer", "third@acme.test").user
    group = services.create_group(actor=admin, name="Fraud", description="")
    page = f"{SETTINGS}/groups/{group.pk}/"
    services.add_to_group(actor=admin, group=group, user_id=person.pk)
    browser.post(f"{page}people/{person.pk}/take-out/")
    assert person not in selectors.people_of_group(actor=admin, group=group)

    press_undo(browser, page)
    assert person in selectors.people_of_group(actor=admin, group=group)


def test_what_changed_nothing_offers_nothing_to_undo(browser, admin, tenant):
    person = make_person(tenant, "viewer", "third@acme.test").user
    group = services.create_group(actor=admin, name="Fraud", description="")
    page = f"{SETTINGS}/groups/{group.pk}/"
    services.add_to_group(actor=admin, group=group, user_id=person.pk)

    browser.post(f"{page}people/", {"person": str(person.pk)})
    shown = browser.get(page).content.decode()
    assert "was in the group already" in shown and ">Undo<" not in shown
    services.take_from_group(actor=admin, group=group, user_id=person.pk)
    browser.post(f"{page}people/{person.pk}/take-out/")
    shown = browser.get(page).content.decode()
    assert "was not in the group any more" in shown and ">Undo<" not in shown


def test_a_role_is_changed_back(browser, tenant):
    person = make_person(tenant, "viewer", "third@acme.test").user
    place = Membership.objects.get(user=person)
    page = f"{SETTINGS}/members/{place.pk}/"
    browser.post(page, {"role": "scientist"})
    place.refresh_from_db()
    assert place.role == "scientist"

    press_undo(browser, f"{SETTINGS}/members/")
    place.refresh_from_db()
    assert place.role == "viewer"


def test_a_webhook_goes_on(browser, admin):
    given = {"url": "https://siem.example/x", "description": "SIEM", "kinds": [], "project_id": None}
    webhook, _secret = services.webhooks.create_webhook(actor=admin, now=now(), **given)
    browser.post(f"{SETTINGS}/webhooks/{webhook.pk}/pause/")
    assert Webhook.objects.get().state == WebhookState.PAUSED

    press_undo(browser, f"{SETTINGS}/webhooks/{webhook.pk}/")
    assert Webhook.objects.get().state == WebhookState.ENABLED

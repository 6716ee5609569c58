"""Two people change the same thing: the second save is held back once, shows both versions, and loses nothing."""

from __future__ import annotations

import html
import json
import re
from contextlib import nullcontext
from decimal import Decimal
from types import SimpleNamespace

import pytest

from apps.tenants import services
from apps.tenants.models import Budget, Quota
from foundation.access.models import Membership
from foundation.clock import now
from foundation.tenancy.models import Tenant
from foundation.web import editing
from tests.support.people import make_person

ORGANISATION = "/t/acme/settings/organisation/"


def began_with(page):
    found = re.search(r'name="seen_before" value="([^"]*)"', page.content.decode())
    return html.unescape(found[1])


def said(page):
    return html.unescape(page.content.decode())


@pytest.fixture
def two(client_as, admin, tenant):
    return client_as(admin), client_as(make_person(tenant, "admin", "second@acme.test"))


def words(**changes):
    return {"name": "Acme Trading", "name_ar": "", "zones": ["AE-ONSHORE"]} | changes


def test_the_second_save_shows_both_versions_and_a_third_press_decides(two, tenant):
    one, other = two
    seen = began_with(other.get(ORGANISATION))
    one.post(ORGANISATION, words(name="Acme Group", seen_before=began_with(one.get(ORGANISATION))))

    held = other.post(ORGANISATION, words(name="Acme Holding", seen_before=seen))
    assert held.status_code == 422
    assert "Name: they saved “Acme Group”, you have “Acme Holding”." in said(held)
    assert 'value="Acme Holding"' in said(held)
    assert Tenant.objects.get(pk=tenant.pk).name == "Acme Group"

    other.post(ORGANISATION, words(name="Acme Holding", seen_before=began_with(held)))
    assert Tenant.objects.get(pk=tenant.pk).name == "Acme Holding"


def test_what_the_second_had_left_alone_becomes_what_the_first_saved(two, tenant):
    one, other = two
    seen = began_with(other.get(ORGANISATION))
    one.post(ORGANISATION, words(name_ar="أكمي", seen_before=seen))

    held = other.post(ORGANISATION, words(name="Acme Holding", seen_before=seen))
    assert "Name in Arabic: they saved “أكمي”; you had left it alone" in said(held)
    assert 'value="أكمي"' in said(held)


def test_alike_changes_and_changes_alone_are_no_conflict(two, tenant):
    one, other = two
    seen = began_with(one.get(ORGANISATION))
    assert one.post(ORGANISATION, words(name="Acme Group", seen_before=seen)).status_code == 303
    assert other.post(ORGANISATION, words(name="Acme Group", seen_before=seen)).status_code == 303
    assert (
        other.post(ORGANISATION, words(name="Acme", seen_before=began_with(other.get(ORGANISATION)))).status_code == 303
    )


@pytest.mark.parametrize("sent", ["", "{", "[]", '{"name": 3}', '{"nothing": ["x"]}', "[" * 100_000])
def test_what_is_not_ours_is_no_conflict_and_no_fault(two, sent):
    assert two[0].post(ORGANISATION, words(seen_before=sent)).status_code == 303


def address_of_member(admin, tenant):
    person = make_person(tenant, "viewer", "third@acme.test")
    return f"/t/acme/settings/members/{Membership.objects.get(user=person.user).pk}/"


def address_of_group(admin, tenant):
    return f"/t/acme/settings/groups/{services.create_group(actor=admin, name='Fraud', description='').pk}/"


def address_of_quota(admin, tenant):
    quota = services.set_quota(actor=admin, project_id=None, **LIMITS)
    return f"/t/acme/settings/quotas/?of={quota.pk}"


def address_of_budget(admin, tenant):
    budget = services.set_budget(actor=admin, project_id=None, soft_limit=Decimal(100), hard_limit=None)
    return f"/t/acme/settings/budgets/?of={budget.pk}"


def address_of_webhook(admin, tenant):
    given = {"url": "https://siem.example/x", "description": "SIEM", "kinds": [], "project_id": None}
    webhook, _secret = services.webhooks.create_webhook(actor=admin, now=now(), **given)
    return f"/t/acme/settings/webhooks/{webhook.pk}/edit/"


def address_of_program(admin, tenant):
    account = services.create_service_account(actor=admin, name="nightly import", role="scientist")
    return f"/t/acme/settings/service-accounts/{account.pk}/"


def address_of_project(admin, tenant):
    from apps.projects import services as projects

    project = projects.create_project(actor=admin, slug="ships", name="Ships", purpose="Predict landings")
    return f"/t/acme/p/{project.slug}/settings/"


LIMITS = {
    "cpus": 4,
    "memory_mb": None,
    "gpus": None,
    "concurrent_runs": 2,
    "storage_bytes": None,
    "requests_per_second": None,
}


@pytest.mark.parametrize(
    ("address_of", "mine", "theirs"),
    [
        (address_of_member, {"role": "scientist"}, {"role": "auditor"}),
        (address_of_group, {"name": "Fraud team"}, {"name": "Frauds"}),
        (address_of_quota, {"cpus": "8", "concurrent_runs": "2"}, {"cpus": "6", "concurrent_runs": "2"}),
        (address_of_budget, {"soft_limit": "300"}, {"soft_limit": "200"}),
        (
            address_of_webhook,
            {"url": "https://siem.example/mine", "which": "all"},
            {"url": "https://siem.example/theirs", "which": "all"},
        ),
        (address_of_program, {"role": "auditor"}, {"role": "viewer"}),
        (
            address_of_project,
            {"name": "Ships", "purpose": "Predict berths"},
            {"name": "Ships", "purpose": "Predict delays"},
        ),
    ],
)
def test_each_form_of_the_settings_notices_the_other(two, admin, tenant, address_of, mine, theirs):
    page, (one, other) = address_of(admin, tenant), two
    to = f"{page}role/" if address_of is address_of_program else page
    seen = began_with(other.get(page))
    assert one.post(to, theirs | {"seen_before": seen}).status_code == 303

    held = other.post(to, mine | {"seen_before": seen})
    assert held.status_code == 422
    assert "Somebody else saved this while you were changing it." in said(held)
    assert json.loads(began_with(held)) != json.loads(seen)
    assert other.post(to, mine | {"seen_before": began_with(held)}).status_code == 303


def limits_of(kind, whose):
    rows = {"quotas": Quota, "budgets": Budget}[kind].objects.filter(project_id=whose)
    return [row.cpus if kind == "quotas" else row.soft_limit for row in rows]


@pytest.mark.parametrize(("kind", "field"), [("quotas", "cpus"), ("budgets", "soft_limit")])
def test_a_limit_is_carried_over_to_a_project_without_any(two, admin, tenant, project, kind, field):
    page = {"quotas": address_of_quota, "budgets": address_of_budget}[kind](admin, tenant)
    sent = {"project": str(project.pk), field: "8", "seen_before": began_with(two[0].get(page))}
    assert two[0].post(page, sent).status_code == 303
    assert limits_of(kind, project.pk) == [8]


PROFILE = "/accounts/"


def myself(**changes):
    return {
        "name": "The admin",
        "language": "en",
        "theme": "system",
        "time_zone": "UTC",
        "calendar": "gregorian",
    } | changes


def test_ones_own_page_saved_in_two_windows_is_compared_too(client_as, admin):
    one, other = client_as(admin), client_as(admin)
    one.post(PROFILE, myself())
    seen = began_with(other.get(PROFILE))
    assert one.post(PROFILE, myself(name="First window", seen_before=seen)).status_code == 302

    held = other.post(PROFILE, myself(name="Second window", time_zone="Asia/Dubai", seen_before=seen))
    assert held.status_code == 422
    assert "in another window or session" in said(held)
    assert "Name: they saved “First window”, you have “Second window”." in said(held)
    admin.user.refresh_from_db()
    assert (admin.user.name, admin.user.time_zone) == ("First window", "UTC")
    other.post(PROFILE, myself(name="Second window", seen_before=began_with(held)))
    admin.user.refresh_from_db()
    assert admin.user.name == "Second window"


def test_a_theme_chosen_in_the_frame_holds_no_save_back(client_as, admin):
    one, other = client_as(admin), client_as(admin)
    seen = began_with(other.get(PROFILE))
    one.post("/preferences/", {"theme": "dark"})
    admin.user.refresh_from_db()
    assert admin.user.theme == "dark"
    kept = {name: getattr(admin.user, name) for name in ("name", "language", "time_zone", "calendar")}
    assert other.post(PROFILE, {**kept, "theme": "dark", "seen_before": seen}).status_code == 302


@pytest.mark.parametrize("page", ["settings", "account"])
def test_what_was_written_while_a_save_waited_for_its_turn_is_compared(client_as, admin, project, monkeypatch, page):
    rows, field, address = {
        "settings": (type(project).objects.filter(pk=project.pk), "purpose", f"/t/acme/p/{project.slug}/settings/"),
        "account": (type(admin.user).objects.filter(pk=admin.user.pk), "name", PROFILE),
    }[page]
    browser = client_as(admin)
    seen = began_with(browser.get(address))

    class Waiting:
        """The turn comes when the one before has written."""

        def execute(self, statement, _params):
            assert "pg_advisory_xact_lock" in statement
            rows.update(**{field: "Theirs"})

    monkeypatch.setattr(editing, "connection", SimpleNamespace(cursor=lambda: nullcontext(Waiting())))
    sent = {"settings": {"name": project.name}, "account": myself()}[page]
    held = browser.post(address, sent | {field: "Mine", "seen_before": seen})
    assert "they saved “Theirs”, you have “Mine”." in said(held)

"""Operators see what tenants use and cost, close and open their doors, and see nothing of their data."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.tenants import services
from apps.tenants.models import UsageHour
from apps.tenants.selectors import platform
from apps.tenants.selectors.usage import Month
from foundation.clock import now
from foundation.errors import NotFound
from foundation.live.visitors import Visitor
from foundation.live.watching import no_longer_welcome
from foundation.tenancy import figures_of_all, find_tenant, scope
from foundation.tenancy.row_security import protected_models
from tests.support.forms import send_form

# What somebody of a tenant could have named; no page of the platform may show it.
CANARY = "canary-of-acme"
COUNTED = {"tenants_usagehour", "access_membership", "access_supportgrant"}


@pytest.fixture
def browser(operator):
    client = Client()
    client.force_login(operator)
    return client


@pytest.fixture
def used(project, tenant):
    """Two hours of compute at 3 AED an hour, 1 500 requests at 2 AED a thousand."""
    hour = now().replace(minute=0, second=0, microsecond=0)
    for kind, amount, price in (("compute_seconds", 7200, 3), ("requests", 1500, 2)):
        UsageHour.objects.create(
            tenant=tenant,
            hour=hour,
            project_id=project.pk,
            thing_kind="run",
            thing_id=uuid4(),
            kind=kind,
            amount=Decimal(amount),
            price=Decimal(price),
        )


def test_an_operator_sees_figures_of_every_tenant(operator, used, scientist, other_tenant):
    found = {line.tenant.slug: line for line in platform.figures(operator=operator, month=Month.of(now()))}
    acme = found["acme"]
    assert (acme.compute_hours, acme.requests, acme.cost, acme.members) == (2.0, 1500, Decimal("9.00"), 1)
    assert (found["other"].cost, found["other"].members) == (0, 0)
    last = platform.figures(operator=operator, month=Month.of(now()).before)
    assert all(line.cost == 0 for line in last)


def test_figures_are_read_in_few_queries_however_many_tenants(operator, used, django_assert_max_num_queries):
    for number in range(5):
        services.create_tenant(slug=f"more-{number}", name="More")
    with django_assert_max_num_queries(14):
        platform.figures(operator=operator, month=Month.of(now()))


def test_no_page_of_the_platform_shows_a_name_of_a_tenants_data(browser, project, scientist, used, tenant):
    type(project).objects.filter(pk=project.pk).update(name=CANARY)
    scientist.user.name = CANARY
    scientist.user.save()
    for page in ("/platform/", f"/platform/tenants/{tenant.pk}/"):
        shown = browser.get(page)
        assert shown.status_code == 200
        assert CANARY not in shown.content.decode()


def test_the_database_itself_shows_an_operator_figures_and_nothing_else(project, used, scientist):
    """The setting that opens usage opens no other table, whatever SQL were run under it."""
    seen = set()
    with scope(None), figures_of_all(), connection.cursor() as cursor:
        for model in protected_models():
            cursor.execute(f'SELECT count(*) FROM "{model._meta.db_table}"')
            if cursor.fetchone()[0]:
                seen.add(model._meta.db_table)
    assert seen <= COUNTED
    assert "tenants_usagehour" in seen


def test_figures_are_read_and_never_written(project, used):
    with scope(None), figures_of_all(), connection.cursor() as cursor:
        cursor.execute("UPDATE tenants_usagehour SET amount = 0")
        assert cursor.rowcount == 0


def test_of_one_tenant_no_other_is_read(operator, tenant, other_tenant):
    month = Month.of(now())
    with CaptureQueriesContext(connection) as asked:
        line = platform.figures_of(operator=operator, tenant_id=tenant.pk, month=month)
        support = platform.support_of_platform(operator=operator, tenant_id=tenant.pk)
    assert (line.tenant, support) == (tenant, [])
    assert line == next(one for one in platform.figures(operator=operator, month=month) if one.tenant == tenant)
    read = [query["sql"] for query in asked if ' FROM "' in query["sql"]]
    assert len(read) > 3
    assert [sql for sql in read if tenant.pk.hex not in sql and str(tenant.pk) not in sql] == []
    with pytest.raises(NotFound):
        platform.figures_of(operator=operator, tenant_id=uuid4(), month=month)


def test_nobody_else_gets_figures(admin, client_as, api_as, tenant):
    with pytest.raises(NotFound):
        platform.figures(operator=admin.user, month=Month.of(now()))
    assert client_as(admin).get("/platform/").status_code == 404
    admin.user.is_operator = True
    admin.user.save()
    assert api_as(admin).get("/platform/").status_code == 302
    assert Client().get("/platform/").status_code == 302


def test_an_operator_makes_a_tenant_and_hands_its_link_over_once(browser):
    words = {"name": "Harbour", "name_ar": "ميناء", "slug": "harbour", "plan": "smb", "zones": "AE-DIFC"}
    shown = send_form(browser, "/platform/tenants/new/", words | {"email": "first@harbour.test"}).content.decode()
    assert "/accounts/invitations/" in shown
    made = find_tenant("harbour")
    assert (made.plan, made.zones, made.name_ar) == ("smb", ["AE-DIFC"], "ميناء")
    assert browser.get("/t/harbour/").status_code == 404

    again = send_form(browser, "/platform/tenants/new/", words | {"email": "first@harbour.test"})
    assert again.status_code == 422
    assert "already" in again.content.decode()


def test_a_suspended_tenant_is_closed_at_every_door_and_opens_as_it_was(
    browser, admin, tenant, project, client_as, api_as
):
    page, member, program = f"/platform/tenants/{tenant.pk}/", client_as(admin), api_as(admin)
    visitor = Visitor(admin)
    assert browser.post(f"{page}suspend/").status_code == 303

    for path in ("/t/acme/", "/t/acme/p/flights/", "/t/acme/settings/encryption/"):
        answer = member.get(path)
        assert (answer.status_code, "suspended" in answer.content.decode()) == (403, True)
    for path in ("/api/v1/projects/", "/api/v1/keys/", "/mlflow/acme/flights/api/2.0/mlflow/experiments/search"):
        answer = program.get(path)
        assert (answer.status_code, "suspended" in answer.content.decode()) == (403, True)
    assert "suspended" in str(no_longer_welcome([visitor], now=now())[visitor])

    assert browser.post(f"{page}resume/").status_code == 303
    assert member.get("/t/acme/").status_code == 200
    assert program.get("/api/v1/projects/").status_code == 200


def test_the_month_is_checked(browser):
    assert browser.get("/platform/?month=yesterday").status_code == 422


def test_old_proof_is_asked_for_again_before_doors_are_closed(browser, tenant):
    session = browser.session
    session["sanad_proved_at"] = (now() - timedelta(hours=2)).timestamp()
    session.save()
    answer = browser.post(f"/platform/tenants/{tenant.pk}/suspend/")
    assert answer.status_code != 303 or "confirm" in answer["Location"]
    assert find_tenant("acme").suspended_at is None

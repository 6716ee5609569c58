"""Who came in and who tried to stands on the ledgers of the person's tenants, folded, and the door stays even."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.tenants import services
from apps.tenants.models import FailedSignIn
from foundation.access.models import Membership
from foundation.clock import now
from foundation.ledger.models import LedgerEvent
from foundation.tenancy import failed_sign_ins, scope
from tests.apps.tenants.test_factors import code_of, set_up_app, show
from tests.apps.tenants.test_sign_in import PASSWORD, knock

MINUTE = timedelta(minutes=1)


@pytest.fixture
def person(scientist):
    scientist.user.set_password(PASSWORD)
    scientist.user.save()
    return scientist


@pytest.fixture
def also_there(person, other_tenant):
    with scope(other_tenant.pk):
        return Membership.objects.create(tenant=other_tenant, user=person.user, role="viewer")


def told(tenant, kind):
    with scope(tenant.pk):
        return [event.payload for event in LedgerEvent.objects.filter(kind=kind).order_by("recorded_at", "pk")]


def fail(times, **more):
    for _ in range(times):
        knock(Client(), password="wrong", **more)


def tell(after=timedelta()):
    return services.tell_failed_sign_ins(now=now() + after)


def test_a_sign_in_stands_on_the_ledger_of_each_tenant_without_a_word_of_where_from(person, also_there):
    knock(Client())
    for tenant in (person.tenant, also_there.tenant):
        (came,) = told(tenant, "sign_in.done")
        assert (came["user_id"], came["method"], came["second_factor"]) == (str(person.user.pk), "password", False)
        assert "203.0.113" not in str(came)
        assert "@" not in str(came)


def test_a_tenant_is_told_nothing_whose_provider_alone_vouches_for_the_person(person, also_there):
    with scope(also_there.tenant_id):
        Membership.objects.filter(pk=also_there.pk).update(vouched=True)
    fail(2)
    knock(Client())
    tell()
    assert told(person.tenant, "sign_in.done")
    assert not told(also_there.tenant, "sign_in.done")
    assert not told(also_there.tenant, "sign_in.failed")


def test_a_sign_in_is_told_once_the_second_factor_was_shown(person, client_as):
    secret, _codes = set_up_app(client_as(person))
    browser = Client()
    knock(browser)
    assert not told(person.tenant, "sign_in.done")
    assert show(browser, code_of(secret)).status_code == 302
    (came,) = told(person.tenant, "sign_in.done")
    assert came["second_factor"] is True


def test_failures_are_told_by_count_within_a_minute_and_folded_for_ten(person, also_there):
    fail(3)
    assert tell() == 1
    for tenant in (person.tenant, also_there.tenant):
        assert [entry["count"] for entry in told(tenant, "sign_in.failed")] == [3]

    fail(1)
    assert tell(5 * MINUTE) == 0
    assert tell(11 * MINUTE) == 1
    assert [entry["count"] for entry in told(person.tenant, "sign_in.failed")] == [3, 1]
    assert tell(12 * MINUTE) == 0


def test_a_lock_is_told_at_once_and_the_person_reads_it_at_the_next_sign_in(person, settings, run_jobs):
    settings.SANAD_SENDS_MAIL = True
    fail(1)
    tell()
    fail(4)
    tell(MINUTE)
    assert len(told(person.tenant, "sign_in.locked")) == 1
    assert sum(entry["count"] for entry in told(person.tenant, "sign_in.failed")) == 5
    run_jobs()
    assert "Too many sign-ins" in mail.outbox[0].body

    browser = Client()
    knock(browser, address="198.51.100.1")
    assert "Too many sign-ins with your address failed" in browser.get("/accounts/").content.decode()


def test_a_flood_from_everywhere_is_few_entries(person):
    for n in range(25):
        fail(1, address=f"198.51.100.{n}")
        tell()
    assert len(told(person.tenant, "sign_in.failed")) == 1


def test_failures_before_a_right_password_are_told_all_the_same(person):
    fail(4)
    knock(Client())
    tell()
    assert [entry["count"] for entry in told(person.tenant, "sign_in.failed")] == [4]


def test_the_door_works_as_much_for_an_address_that_nobody_has(person, also_there):
    def work(email):
        with CaptureQueriesContext(connection) as queries:
            knock(Client(), email=email, password="wrong")
        return [re.sub(r"\W.*", "", query["sql"], flags=re.DOTALL) for query in queries]

    assert work("scientist@acme.test") == work("nobody@acme.test")


def test_what_nobody_has_is_forgotten_and_nothing_is_seen_outside_of_the_count(person):
    fail(1, email="nobody@acme.test")
    fail(1)
    assert not FailedSignIn.objects.exists()
    tell()
    with failed_sign_ins():
        assert [row.user_id for row in FailedSignIn.objects.all()] == [person.user.pk]


def test_a_right_password_costs_a_few_queries_more_for_each_tenant_and_no_more(person, also_there, admin):
    with CaptureQueriesContext(connection) as queries:
        knock(Client())
    assert len(queries) < 70


def test_activity_shows_it_under_sign_in(person, admin, client_as):
    knock(Client())
    browser = client_as(admin)
    assert "signed in (Password)" in browser.get("/t/acme/activity/?kind=sign_in.*").content.decode()
    assert "signed in (Password)" not in browser.get("/t/acme/activity/?kind=model.*").content.decode()

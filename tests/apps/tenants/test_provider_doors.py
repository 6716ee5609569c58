"""What strangers learn and leave behind at the doors of identity providers: nothing of who is here, and one line."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.tenants import services
from apps.tenants.models import StrayRefusals
from apps.tenants.services.strays import TOLD_EVERY
from foundation import ledger
from foundation.clock import now
from foundation.identity.models import IdentityProvider
from foundation.tenancy import scope
from foundation.tenancy.models import Tenant
from tests.apps.tenants.openid_stage import go, idp, provider, provider_process
from tests.support.forms import send_form
from tests.support.people import make_tenant

__all__ = ["idp", "provider", "provider_process"]
STRAY = "sign_in.stray_answers_refused"
UNKNOWN = "7e1fd9f2-1f00-4a3c-8d9f-5f0f0f0f0f0f"


def told(provider):
    """What the ledger says of refused answers that nobody asked for, the newest first."""
    with scope(provider.tenant_id):
        events = ledger.events_of(subject=("identity_provider", provider.pk))
        return [(event.payload["reason"], event.payload["count"]) for event in events if event.kind == STRAY]


def stray(provider, times=1):
    for _ in range(times):
        answer = Client().get(f"/accounts/sso/acme/{provider.pk}/callback/?state=x&code=y")
        assert answer.status_code == 403


def test_answers_that_nobody_asked_for_are_one_line_and_a_count(provider):
    stray(provider, 20)
    assert told(provider) == [("state", 1)]
    assert services.tell_strays(now=now()) == 0

    assert services.tell_strays(now=now() + TOLD_EVERY) == 1
    assert told(provider) == [("state", 19), ("state", 1)]
    assert services.tell_strays(now=now() + 3 * TOLD_EVERY) == 0, "there is nothing more to tell"


def test_the_next_one_after_ten_minutes_brings_what_was_counted(provider):
    stray(provider, 3)
    StrayRefusals.objects.update(told_at=now() - TOLD_EVERY - timedelta(seconds=1))
    stray(provider)
    assert told(provider) == [("state", 3), ("state", 1)]


def test_each_provider_counts_for_itself(provider, admin, idp):
    other = services.single_sign_on.add_openid_provider(
        actor=admin, name="Other", issuer=idp.address, client_id="b", client_secret="", now=now()
    )
    services.single_sign_on.enable_provider(actor=admin, provider=other, now=now())
    stray(provider)
    stray(other)
    assert told(provider) == told(other) == [("state", 1)]


def test_of_a_disabled_or_unknown_provider_and_a_closed_tenant_nothing_is_written(provider, admin, caplog):
    services.single_sign_on.disable_provider(actor=admin, provider=provider)
    stray(provider, 2)
    assert told(provider) == []
    assert "no sign-in asked for" in caplog.text
    IdentityProvider.objects.update(enabled_at=now())
    Tenant.objects.filter(pk=admin.tenant_id).update(suspended_at=now())
    stray(provider)
    assert Client().get(f"/accounts/sso/acme/{UNKNOWN}/callback/?state=x").status_code == 403
    assert not StrayRefusals.objects.exists()


def test_whoever_was_sent_there_by_us_is_recorded_each_time(idp, provider):
    """A refusal of somebody with a sign-in of their own browser stands on the ledger by itself, as ever."""
    for _ in range(2):
        client = Client()
        state = re.search(r"state=([^&]+)", go(client, provider))[1]
        assert client.get(f"/accounts/sso/acme/{provider.pk}/callback/?state={state}&error=denied").status_code == 403
    kinds = [event.kind for event in ledger.events_of(subject=("identity_provider", provider.pk))]
    assert kinds.count("sign_in.by_provider_refused") == 2
    assert told(provider) == []


def page_of(answer, asked=""):
    """Status and page without what differs at each request: the token of forms, and what the asker brought along."""
    text = re.sub(r"\b[A-Za-z0-9]{64}\b", "", answer.content.decode())
    return answer.status_code, text.replace(asked, "…") if asked else text


def test_a_door_tells_nobody_which_tenants_there_are(tenant):
    """Unknown, without a provider, suspended, leaving: the same page, the same status, the same work."""
    make_tenant("quiet", "Quiet Bank")
    make_tenant("shut", "Shut Bank")
    make_tenant("gone", "Gone Bank")
    Tenant.objects.filter(slug="shut").update(suspended_at=now())
    Tenant.objects.filter(slug="gone").update(deletion_begun_at=now())

    pages, work = {}, {}
    for slug in ("nobody-of-this-name", "quiet", "shut", "gone"):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            pages[slug] = page_of(Client().get(f"/accounts/sso/{slug}/"), f"/sso/{slug}/")
        work[slug] = len(queries)
    assert pages["quiet"][0] == 200
    assert set(pages.values()) == {pages["quiet"]}
    assert len(set(work.values())) == 1, work
    assert "Bank" not in pages["quiet"][1]


def test_a_door_with_a_provider_names_the_provider_and_not_the_tenant(provider):
    page = Client().get("/accounts/sso/acme/").content.decode()
    assert "Continue with Company" in page
    assert "Acme" not in page


def test_a_suspended_tenant_has_no_provider_for_anybody(provider, tenant):
    Tenant.objects.filter(pk=tenant.pk).update(suspended_at=now())
    assert "Continue with" not in Client().get("/accounts/sso/acme/").content.decode()
    led = [send_form(Client(), "/accounts/sso/", {"email": f"a@{domain}"}) for domain in ("acme.test", "else.test")]
    assert page_of(led[0], "acme.test") == page_of(led[1], "else.test")
    known = Client().get(f"/accounts/sso/acme/{provider.pk}/")
    nobodys = Client().get(f"/accounts/sso/nobody/{UNKNOWN}/")
    assert known.status_code == nobodys.status_code == 404


@pytest.mark.parametrize("place", ["callback/?state=x", "acs/no-such-ticket/"])
def test_ways_back_answer_alike_whether_the_provider_is_there_or_not(provider, place):
    known = Client().get(f"/accounts/sso/acme/{provider.pk}/{place}")
    unknown = Client().get(f"/accounts/sso/acme/{UNKNOWN}/{place}")
    assert known.status_code == unknown.status_code == 403
    assert "Company" not in known.content.decode()


def test_saml_is_not_taken_by_an_openid_provider(provider):
    answer = send_form(Client(), f"/accounts/sso/acme/{provider.pk}/acs/", {"SAMLResponse": "eA=="})
    assert answer.status_code == 403
    assert Client().get(f"/accounts/sso/acme/{provider.pk}/metadata/").status_code == 404

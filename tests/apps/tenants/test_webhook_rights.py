"""Webhooks: who may see and change them, what their secrets show, and where they may not lead."""

from __future__ import annotations

import json
import logging
from datetime import timedelta

import pytest

from apps.tenants import selectors, services
from apps.tenants.models import Webhook, WebhookAttempt
from foundation import ledger
from foundation.clock import now
from foundation.errors import AccessDenied, Conflict, Invalid, NotFound
from tests.apps.tenants.webhook_stage import DOWN, PAGES, REST, made, place, server, signature, tell, webhook
from tests.support.people import make_person

__all__ = ["made", "place", "server", "webhook"]


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/", "http://127.0.0.2/", "http://[::1]/", "http://2130706433/", "ftp://a.example/", "x"]
)
def test_an_address_that_may_not_be_called_is_not_kept(admin, url):
    with pytest.raises(Invalid) as refusal:
        services.webhooks.create_webhook(actor=admin, url=url, kinds=[], now=now())
    assert "url" in refusal.value.fields
    assert not Webhook.objects.exists()


def test_a_rolled_secret_signs_beside_the_old_one_for_a_day(admin, made, server, run_jobs):
    webhook, old = made
    webhook, new = services.webhooks.roll_webhook_secret(actor=admin, webhook=webhook, now=now())
    assert old != new
    tell()
    run_jobs()
    heard = server.heard[-1]
    assert heard.headers["webhook-signature"].split(" ") == [signature(new, heard), signature(old, heard)]

    Webhook.objects.update(previous_until=now() - timedelta(seconds=1))
    services.webhooks.send_test_event(actor=admin, webhook=webhook, now=now())
    run_jobs()
    heard = server.heard[-1]
    assert json.loads(heard.body)["type"] == "webhook.test"
    assert heard.headers["webhook-signature"] == signature(new, heard)


def test_the_secret_lies_sealed_and_stands_in_no_answer_page_or_log(
    admin, made, server, run_jobs, api_as, client_as, caplog
):
    webhook, secret = made
    caplog.set_level(logging.DEBUG)
    server.answers[:] = [DOWN]
    tell()
    run_jobs()
    delivery, key = webhook.deliveries.get(), secret.removeprefix("whsec_")
    api, client = api_as(admin), client_as(admin)
    told = [
        api.get(REST).content,
        api.get(f"{REST}{webhook.pk}/").content,
        api.get(f"{REST}{webhook.pk}/deliveries/").content,
        client.get(PAGES).content,
        client.get(f"{PAGES}{webhook.pk}/").content,
        client.get(f"{PAGES}{webhook.pk}/deliveries/{delivery.pk}/").content,
    ]
    assert all(key not in page.decode() for page in told)
    assert all(page for page in told)
    assert key not in caplog.text
    assert key.encode() not in bytes(Webhook.objects.get().sealed_secret)
    assert key not in json.dumps(WebhookAttempt.objects.get().request_headers)
    events = [event.payload for event in ledger.events_of(subject=("webhook", webhook.pk))]
    assert key not in str(events)


def test_a_sealed_secret_of_another_webhook_does_not_sign(admin, webhook, server, run_jobs):
    other, _secret = services.webhooks.create_webhook(actor=admin, url=server.url, kinds=["run"], now=now())
    Webhook.objects.filter(pk=webhook.pk).update(sealed_secret=other.sealed_secret)
    tell()
    run_jobs()
    assert "sealed for another tenant or purpose" in WebhookAttempt.objects.first().problem
    assert server.heard == []


def test_only_administrators_see_and_change_webhooks(scientist, auditor, officer, webhook):
    acts = (
        lambda who: selectors.webhooks(actor=who),
        lambda who: services.webhooks.create_webhook(actor=who, url="https://a.example/", kinds=[], now=now()),
        lambda who: services.webhooks.edit_webhook(actor=who, webhook=webhook, url="https://a.example/", kinds=[]),
        lambda who: services.webhooks.roll_webhook_secret(actor=who, webhook=webhook, now=now()),
        lambda who: services.webhooks.pause_webhook(actor=who, webhook=webhook),
        lambda who: services.webhooks.enable_webhook(actor=who, webhook=webhook),
        lambda who: services.webhooks.send_test_event(actor=who, webhook=webhook, now=now()),
        lambda who: services.webhooks.replay_failed(actor=who, webhook=webhook, since=now(), now=now()),
        lambda who: services.webhooks.delete_webhook(actor=who, webhook=webhook),
    )
    for who in (scientist, auditor, officer):
        for act in acts:
            with pytest.raises(AccessDenied):
                act(who)


def test_another_tenant_sees_and_replays_nothing(admin, webhook, other_tenant, api_as, client_as):
    tell()
    delivery = webhook.deliveries.get()
    stranger = make_person(other_tenant, "admin")
    api, client = api_as(stranger), client_as(stranger)
    assert api.get(REST).json()["results"] == []
    for path in ("", "deliveries/", f"deliveries/{delivery.pk}/"):
        assert api.get(f"{REST}{webhook.pk}/{path}").status_code == 404
    for act in ("roll-secret", "pause", "enable", "test", f"deliveries/{delivery.pk}/replay"):
        assert api.post(f"{REST}{webhook.pk}/{act}/").status_code == 404
    assert api.delete(f"{REST}{webhook.pk}/").status_code == 404
    assert client.get(f"/t/other/settings/webhooks/{webhook.pk}/").status_code == 404
    from foundation.tenancy import scope

    with scope(other_tenant.pk):
        assert not Webhook.objects.exists()
        with pytest.raises(NotFound):
            selectors.get_webhook(actor=stranger, webhook_id=webhook.pk)


def test_a_token_of_one_project_manages_none(admin, webhook, project, api_as):
    assert api_as(admin, project_id=project.pk).get(REST).status_code == 403


def test_an_unknown_kind_is_refused_by_name_and_a_family_swallows_its_kinds(admin, server):
    with pytest.raises(Invalid, match=r"run\.suceeded"):
        services.webhooks.create_webhook(actor=admin, url=server.url, kinds=["run.suceeded"], now=now())
    webhook, _secret = services.webhooks.create_webhook(
        actor=admin, url=server.url, kinds=["run", "run.succeeded", "token.created"], now=now()
    )
    assert webhook.kinds == ["run", "token.created"]


def test_a_tenant_has_twenty_at_most(admin, server):
    for _one in range(20):
        services.webhooks.create_webhook(actor=admin, url=server.url, kinds=[], now=now())
    with pytest.raises(Conflict, match="20 webhooks"):
        services.webhooks.create_webhook(actor=admin, url=server.url, kinds=[], now=now())

"""Webhooks that are paused, disabled or very far behind, and a log that does not grow for ever."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.tenants import selectors, services
from apps.tenants.choices import WebhookState
from apps.tenants.models import Webhook, WebhookAttempt, WebhookDelivery
from apps.tenants.services.webhooks import queueing
from foundation import ledger
from foundation.clock import now
from foundation.errors import Conflict
from foundation.jobs.models import Job
from tests.apps.tenants.webhook_stage import DOWN, GONE, happen, made, place, send_again, server, tell, webhook

__all__ = ["made", "place", "server", "webhook"]


def test_a_receiver_that_is_gone_disables_it_and_its_maker_is_told(admin, webhook, server, run_jobs):
    server.answers[:] = [GONE]
    tell()
    run_jobs()
    webhook.refresh_from_db()
    assert (webhook.state, webhook.trouble) == (WebhookState.DISABLED, "gone")
    assert list(selectors.disabled_webhooks(actor=admin)) == [webhook]
    assert "webhook.disabled" in [event.kind for event in ledger.events_of(subject=("webhook", webhook.pk))]

    happen(admin, "meanwhile")
    tell()
    heard = len(server.heard)
    services.webhooks.ring_due_webhooks(now=now() + timedelta(days=1))
    run_jobs()
    assert len(server.heard) == heard, "nothing is sent while it is disabled"
    server.answers[:] = [(200, {}, b"")]
    services.webhooks.enable_webhook(actor=admin, webhook=webhook)
    run_jobs()
    assert not webhook.deliveries.filter(state="waiting").exists(), "what happened meanwhile is not lost"


def test_failing_for_a_day_disables_it_and_an_hour_does_not(admin, webhook, server, run_jobs):
    server.answers[:] = [DOWN]
    tell()
    for since, state in ((timedelta(hours=1), "enabled"), (timedelta(hours=25), "disabled")):
        Webhook.objects.update(failures=30, failing_since=now() - since)
        send_again(run_jobs)
        webhook.refresh_from_db()
        assert webhook.state == state
    assert webhook.trouble == "failing"


def test_a_pause_holds_what_happens_until_it_is_enabled(admin, webhook, server, run_jobs):
    services.webhooks.pause_webhook(actor=admin, webhook=webhook)
    happen(admin)
    tell()
    run_jobs()
    assert server.heard == []
    with pytest.raises(Conflict, match="enable it first"):
        services.webhooks.send_test_event(actor=admin, webhook=webhook, now=now())
    services.webhooks.enable_webhook(actor=admin, webhook=webhook)
    run_jobs()
    assert "service_account.created" in [json.loads(heard.body)["type"] for heard in server.heard]


def test_what_was_in_a_pause_is_sent_at_once_when_it_is_enabled_and_no_row_is_written(admin, webhook, server, run_jobs):
    server.answers[:] = [(500, {}, b""), (200, {}, b"")]
    tell()
    run_jobs()
    waiting = webhook.deliveries.get(tries=1)
    assert waiting.next_attempt_at > now()
    services.webhooks.pause_webhook(actor=admin, webhook=webhook)

    with CaptureQueriesContext(connection) as asked:
        services.webhooks.enable_webhook(actor=admin, webhook=webhook)
    assert not [query for query in asked.captured_queries if 'UPDATE "tenants_webhookdelivery"' in query["sql"]]
    run_jobs()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.tries) == ("delivered", 2)


def test_after_it_was_enabled_pauses_hold_again(admin, webhook, server, run_jobs):
    services.webhooks.pause_webhook(actor=admin, webhook=webhook)
    services.webhooks.enable_webhook(actor=admin, webhook=webhook)
    server.answers[:] = [(500, {}, b"")]
    tell()
    run_jobs()
    Webhook.objects.update(enabled_at=now() - timedelta(seconds=1))
    assert services.webhooks.ring_due_webhooks(now=now()) == 0


def test_the_next_of_very_many_is_found_without_sorting_them(admin, webhook):
    tell()
    one = webhook.deliveries.get()
    many = [
        WebhookDelivery(
            tenant_id=one.tenant_id,
            webhook=webhook,
            event_id=uuid4(),
            seq=100 + number,
            kind=one.kind,
            subject_kind=one.subject_kind,
            subject_id=uuid4(),
            payload="{}",
            next_attempt_at=now(),
            created_at=now(),
        )
        for number in range(3000)
    ]
    WebhookDelivery.objects.bulk_create(many)
    plan = queueing.due(webhook, now=now() + timedelta(seconds=5))[:1].explain()
    assert "delivery_next" in plan
    assert "Sort" not in plan


def test_the_log_is_forgotten_after_thirty_days(admin, webhook, run_jobs):
    happen(admin)
    tell()
    run_jobs()
    old = webhook.deliveries.first()
    WebhookDelivery.objects.filter(pk=old.pk).update(created_at=now() - timedelta(days=31))
    assert services.webhooks.forget_deliveries(now=now()) == 1
    assert not WebhookAttempt.objects.filter(delivery=old.pk).exists()
    assert webhook.deliveries.exists()


def test_the_log_is_forgotten_however_long_it_grew(admin, webhook, monkeypatch):
    monkeypatch.setattr(queueing, "_AT_ONCE", 2)
    for number in range(5):
        happen(admin, name=f"program {number}")
    tell()
    before = webhook.deliveries.count()
    WebhookDelivery.objects.update(created_at=now() - timedelta(days=31))
    assert services.webhooks.forget_deliveries(now=now()) == before >= 5
    assert not webhook.deliveries.exists()


def test_a_cancelled_sending_rests_and_pauses_nothing(admin, scientist, webhook):
    from foundation import jobs

    tell()
    job = Job.objects.get(name="tenants.send_webhook")
    assert "127.0.0.1" not in job.title, "an address may hold a secret of the receiver's"
    jobs.cancel(actor=admin, job_id=job.pk)
    webhook.refresh_from_db()
    assert webhook.state == WebhookState.ENABLED
    waiting = selectors.deliveries(actor=admin, webhook=webhook).get()
    assert waiting.due_at > now() + timedelta(minutes=50)
    assert not queueing.due(webhook, now=now()).exists()
    assert queueing.due(webhook, now=now() + timedelta(minutes=61)).get() == waiting


@pytest.fixture
def resting(admin, webhook):
    """A webhook with one delivery, whose sending somebody cancelled."""
    from foundation import jobs

    tell()
    jobs.cancel(actor=admin, job_id=Job.objects.get(name="tenants.send_webhook").pk)
    webhook.refresh_from_db()
    return webhook


def test_however_much_waits_cancelling_writes_one_row(admin, webhook):
    from foundation import jobs

    tell()
    job = Job.objects.get(name="tenants.send_webhook")
    with CaptureQueriesContext(connection) as asked:
        jobs.cancel(actor=admin, job_id=job.pk)
    written = [query["sql"] for query in asked if query["sql"].startswith("UPDATE")]
    assert [sql for sql in written if "tenants_webhook" in sql and "rested_at" in sql]
    assert not [sql for sql in written if "tenants_webhookdelivery" in sql]


def test_what_happens_after_a_cancelled_sending_is_sent(admin, resting, server, run_jobs):
    happen(admin, "afterwards")
    tell()
    run_jobs()
    assert len(server.heard) == 1, "what happened meanwhile does not rest with it"
    assert [row.state for row in resting.deliveries.order_by("created_at")] == ["waiting", "delivered"]


def test_what_rests_is_sent_at_once_where_somebody_asks_for_it(admin, resting, server, run_jobs, client_as):
    page = client_as(admin)
    address = f"/t/acme/settings/webhooks/{resting.pk}/"
    assert "Somebody cancelled its sending" in page.get(address).content.decode()
    delivery = resting.deliveries.get()
    assert "the next attempt is at" in page.get(f"{address}deliveries/{delivery.pk}/").content.decode()

    services.webhooks.replay_delivery(actor=admin, delivery=delivery, now=now())
    run_jobs()
    assert len(server.heard) == 1


def test_a_pause_ends_the_rest(admin, resting, server, run_jobs):
    services.webhooks.pause_webhook(actor=admin, webhook=resting)
    services.webhooks.enable_webhook(actor=admin, webhook=resting)
    run_jobs()
    assert len(server.heard) == 1
    resting.refresh_from_db()
    assert resting.rests_until is None

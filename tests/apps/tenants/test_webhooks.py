"""Webhooks: what happens is told to an address of the tenant's, signed, at least once, and only what it asked for."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client

from apps.tenants import selectors, services
from apps.tenants.choices import DeliveryState
from apps.tenants.models import WebhookAttempt, WebhookDelivery
from apps.tenants.services.webhooks import sending
from foundation import access
from foundation.clock import database_now, now
from foundation.errors import Conflict
from foundation.jobs.models import Job, JobTicket
from foundation.ledger import subscriptions
from tests.apps.tenants.webhook_stage import (
    DOWN,
    PAGES,
    happen,
    made,
    make_due,
    place,
    send_again,
    server,
    signature,
    tell,
    webhook,
)

__all__ = ["made", "place", "server", "webhook"]


def test_what_happens_arrives_signed_with_ids_and_nothing_personal(admin, made, server, run_jobs):
    webhook, secret = made
    account = happen(admin)
    tell()
    run_jobs()

    heard = server.heard[-1]
    said = json.loads(heard.body)
    assert heard.path == "/hook"
    assert heard.headers["webhook-signature"] == signature(secret, heard)
    assert abs(int(heard.headers["webhook-timestamp"]) - now().timestamp()) < 60
    assert said["type"] == "service_account.created"
    assert said["data"]["subject_id"] == str(account.pk)
    assert said["data"]["payload"]["service_account_id"] == str(account.pk)
    assert said["data"]["actor_id"] == str(admin.user.pk)
    assert "import" not in heard.body.decode()
    assert admin.user.email not in heard.body.decode()
    assert {row.state for row in webhook.deliveries.all()} == {DeliveryState.DELIVERED}


def test_it_hears_only_what_it_asked_for_and_only_of_its_project(admin, server, project, run_jobs):
    def hook(**words):
        return services.webhooks.create_webhook(actor=admin, url=server.url, now=now(), **words)[0]

    tell()
    everything = hook(kinds=[])
    family, kind = hook(kinds=["service_account"]), hook(kinds=["service_account.disabled", "run"])
    elsewhere = hook(kinds=[], project_id=project.pk)
    happen(admin)
    tell()

    def told(webhook):
        return list(webhook.deliveries.order_by("seq").values_list("kind", flat=True))

    assert "service_account.created" in told(everything)
    assert told(family) == ["service_account.created"]
    assert told(kind) == []
    assert told(elsewhere) == []


def test_what_was_before_it_is_not_told(admin, server):
    happen(admin)
    tell()
    webhook, _secret = services.webhooks.create_webhook(
        actor=admin, url=server.url, kinds=["service_account"], now=now()
    )
    happen(admin, "second")
    tell()
    assert webhook.deliveries.count() == 1


def test_it_fails_then_arrives_under_the_same_id(admin, webhook, server, run_jobs):
    server.answers[:] = [DOWN, DOWN, (200, {}, b"thanks")]
    happen(admin)
    tell()
    run_jobs()
    delivery = webhook.deliveries.get(kind="service_account.created")
    WebhookDelivery.objects.exclude(pk=delivery.pk).delete()
    for _round in range(3):
        send_again(run_jobs)

    delivery.refresh_from_db()
    mine = [heard for heard in server.heard if heard.headers["webhook-id"] == delivery.message_id]
    assert delivery.state == DeliveryState.DELIVERED
    assert len({heard.body for heard in mine}) == 1
    assert mine[-1].headers["webhook-id"] == delivery.message_id
    log = selectors.attempts(actor=admin, delivery=delivery)
    assert (log[0].status, log[0].answer, log[0].problem) == (200, "thanks", "")


def test_the_pauses_grow_over_about_a_day_and_a_receivers_wish_is_kept():
    usual = sending.PAUSES
    assert timedelta(hours=22) < sum(usual, timedelta()) < timedelta(hours=30)
    assert list(usual) == sorted(usual)
    for tries, pause in enumerate(usual, start=1):
        drawn = {sending.pause_after(tries) for _draw in range(50)}
        assert len(drawn) > 1, "all webhooks would knock at once"
        assert all(0.79 * pause <= one <= 1.21 * pause for one in drawn)
    assert sending.pause_after(1, wish=timedelta(hours=2)) == timedelta(hours=2)
    assert sending.pause_after(1, wish=timedelta(days=900)) == timedelta(days=1)


@pytest.mark.parametrize("said", ["3600", "{date}"])
def test_retry_after_is_respected(said, admin, webhook, server, run_jobs):
    from email.utils import format_datetime

    server.answers[:] = [(429, {"Retry-After": said.format(date=format_datetime(now() + timedelta(hours=1)))}, b"")]
    tell()
    run_jobs()
    waits = webhook.deliveries.get(tries=1).next_attempt_at - now()
    assert timedelta(minutes=58) < waits < timedelta(minutes=62)


def test_after_the_last_attempt_it_has_failed_and_can_be_sent_again(admin, webhook, server, run_jobs):
    server.answers[:] = [DOWN]
    tell()
    WebhookDelivery.objects.update(tries=len(sending.PAUSES))
    run_jobs()
    delivery = webhook.deliveries.get()
    assert delivery.state == DeliveryState.FAILED

    server.answers[:] = [(204, {}, b"")]
    services.webhooks.replay_delivery(actor=admin, delivery=delivery, now=now())
    run_jobs()
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.DELIVERED
    assert len({heard.headers["webhook-id"] for heard in server.heard}) == 1


def test_all_that_failed_since_a_time_is_sent_again(admin, webhook, server, run_jobs):
    tell()
    for number in range(3):
        happen(admin, f"program {number}")
    tell()
    WebhookDelivery.objects.update(state="failed")
    old = webhook.deliveries.first()
    WebhookDelivery.objects.filter(pk=old.pk).update(created_at=now() - timedelta(days=3))

    count = services.webhooks.replay_failed(actor=admin, webhook=webhook, since=now() - timedelta(days=1), now=now())
    run_jobs()
    assert count == webhook.deliveries.filter(state="delivered").count() == 3
    with pytest.raises(Conflict, match="No delivery"):
        services.webhooks.replay_failed(actor=admin, webhook=webhook, since=now() - timedelta(days=1), now=now())


def test_of_one_object_nothing_overtakes(admin, webhook, server, run_jobs):
    tell()
    run_jobs()
    account = happen(admin)
    services.disable_service_account(actor=admin, account=account, now=now())
    happen(admin, "another")
    tell()
    first, second, other = webhook.deliveries.filter(kind__startswith="service_account").order_by("seq")
    WebhookDelivery.objects.filter(pk=first.pk).update(next_attempt_at=now() + timedelta(hours=1))
    run_jobs()
    states = {row.pk: row.state for row in webhook.deliveries.all()}
    assert (states[first.pk], states[second.pk], states[other.pk]) == ("waiting", "waiting", "delivered")
    send_again(run_jobs)
    told = [json.loads(heard.body)["type"] for heard in server.heard]
    assert told[-2:] == ["service_account.created", "service_account.disabled"]


def test_an_event_heard_twice_is_written_once(admin, webhook):
    happen(admin)
    tell()
    before = webhook.deliveries.count()
    from foundation.ledger.models import SubscriberCursor

    SubscriberCursor.objects.filter(name="tenants.webhooks").update(position=0)
    tell()
    assert webhook.deliveries.count() == before > 0


def test_a_worker_whose_clock_is_fast_does_not_take_what_another_is_sending(
    admin, webhook, server, run_jobs, monkeypatch
):
    """The lease of two minutes is the database's: of an own clock that is three ahead it would have run out."""
    from apps.tenants.services.webhooks.queueing import ring

    tell()
    webhook.deliveries.update(next_attempt_at=database_now() + timedelta(minutes=2), tries=1)  # claimed just now
    monkeypatch.setattr("foundation.clock.now", lambda: now() + timedelta(minutes=3))
    ring(webhook)
    run_jobs()
    assert (server.heard, webhook.deliveries.get().tries) == ([], 1)


def test_a_worker_that_is_killed_leaves_its_delivery_to_the_next(admin, webhook, server, run_jobs, monkeypatch):
    class Killed(BaseException):
        pass

    def die(*_words, **_more):
        raise Killed

    tell()
    with monkeypatch.context() as patch:
        patch.setattr("foundation.outbound.send", die)
        with pytest.raises(Killed):
            run_jobs()
    delivery = webhook.deliveries.get()
    assert (delivery.state, delivery.tries) == (DeliveryState.WAITING, 1)
    assert services.webhooks.ring_due_webhooks(now=now()) == 0, "it is held for two minutes: the worker may be alive"
    # What the sweep does when the lease of the attempt has run out.
    JobTicket.objects.all().delete()
    Job.objects.all().delete()
    assert services.webhooks.ring_due_webhooks(now=now() + timedelta(minutes=3)) == 1
    make_due()
    run_jobs()
    delivery.refresh_from_db()
    assert (delivery.state, len(server.heard)) == (DeliveryState.DELIVERED, 1)


def test_a_redirect_inside_is_refused_and_the_log_says_so(admin, webhook, server, run_jobs):
    server.answers[:] = [(307, {"Location": "http://169.254.169.254/latest/meta-data/"}, b"")]
    tell()
    run_jobs()
    attempt = WebhookAttempt.objects.get()
    assert attempt.status is None
    assert "169.254.169.254 leads to a link-local address" in attempt.problem


def test_an_address_that_came_to_lie_inside_is_refused_at_sending(admin, webhook, server, run_jobs, settings):
    settings.OUTBOUND_ALLOW = []
    tell()
    run_jobs()
    assert "this machine itself" in WebhookAttempt.objects.get().problem
    assert server.heard == []


def test_the_log_keeps_the_head_of_an_answer_without_signs_that_deceive(admin, webhook, server, run_jobs):
    server.answers[:] = [(500, {}, "a\x00\x1b[31m\u202eb\n\tc é".encode() + b"\xff" + b"x" * 10_000)]
    tell()
    run_jobs()
    attempt = WebhookAttempt.objects.get()
    assert attempt.answer.startswith("a[31mb\n\tc é�xxx")
    assert len(attempt.answer.encode()) <= 4200
    assert attempt.truncated


def test_a_hearer_of_every_kind_hears_kinds_that_came_later(admin, webhook):
    hearer = next(one for one in subscriptions.subscribers() if one.name == "tenants.webhooks")
    assert hearer.kinds is None
    assert hearer.handler_of("something.new") is not None
    assert access.can(admin, access.Permission.TENANT_MANAGE)
    assert Client().get(PAGES).status_code in {302, 403, 404}

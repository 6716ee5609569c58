"""Webhooks: what happens is told to an address of the tenant's, signed, at least once, and only what it asked for."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
from datetime import timedelta
from ipaddress import ip_network
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.tenants import selectors, services
from apps.tenants.choices import DeliveryState, WebhookState
from apps.tenants.models import Webhook, WebhookAttempt, WebhookDelivery
from apps.tenants.services import webhook_queue, webhook_sending
from foundation import access, ledger
from foundation.clock import database_now, now
from foundation.errors import AccessDenied, Conflict, Invalid, NotFound
from foundation.jobs.models import Job, JobTicket
from foundation.ledger import subscriptions
from tests.support.people import make_person
from tests.support.receivers import receiving

PAGES = "/t/acme/settings/webhooks/"
REST = "/api/v1/webhooks/"
GONE = (410, {}, b"no more")
DOWN = (503, {}, b"later")


@pytest.fixture(autouse=True)
def place(settings, tmp_path):
    """Keys of its own, loopback as the outside, and of the ledger's hearers the webhooks alone."""
    settings.SANAD_HOME = tmp_path
    settings.OUTBOUND_ALLOW = [ip_network("127.0.0.1/32")]


@pytest.fixture
def server():
    with receiving() as made:
        yield made


@pytest.fixture
def made(admin, server):
    return services.create_webhook(actor=admin, url=f"{server.url}/hook", kinds=[], description="SIEM", now=now())


@pytest.fixture
def webhook(made):
    return made[0]


def happen(admin, name="import"):
    """Something that is recorded: a service account is made."""
    return services.create_service_account(actor=admin, name=name, role="viewer")


def tell():
    """As the sequencer does: places, then hands over."""
    ledger.sequence_once()
    return ledger.dispatch_once(name="tenants.webhooks")


def signature(secret, heard):
    """What Standard Webhooks asks for, computed from its text and not from our code."""
    key = base64.b64decode(secret.split("_", 1)[1])
    signed = b".".join([heard.headers["webhook-id"].encode(), heard.headers["webhook-timestamp"].encode(), heard.body])
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def make_due(**rows):
    WebhookDelivery.objects.filter(state="waiting", **rows).update(next_attempt_at=now())


def send_again(run_jobs):
    make_due()
    services.ring_due_webhooks(now=now())
    return run_jobs()


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
        return services.create_webhook(actor=admin, url=server.url, now=now(), **words)[0]

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
    webhook, _secret = services.create_webhook(actor=admin, url=server.url, kinds=["service_account"], now=now())
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
    usual = webhook_sending.PAUSES
    assert timedelta(hours=22) < sum(usual, timedelta()) < timedelta(hours=30)
    assert list(usual) == sorted(usual)
    for tries, pause in enumerate(usual, start=1):
        drawn = {webhook_sending.pause_after(tries) for _draw in range(50)}
        assert len(drawn) > 1, "all webhooks would knock at once"
        assert all(0.79 * pause <= one <= 1.21 * pause for one in drawn)
    assert webhook_sending.pause_after(1, wish=timedelta(hours=2)) == timedelta(hours=2)
    assert webhook_sending.pause_after(1, wish=timedelta(days=900)) == timedelta(days=1)


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
    WebhookDelivery.objects.update(tries=len(webhook_sending.PAUSES))
    run_jobs()
    delivery = webhook.deliveries.get()
    assert delivery.state == DeliveryState.FAILED

    server.answers[:] = [(204, {}, b"")]
    services.replay_delivery(actor=admin, delivery=delivery, now=now())
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

    count = services.replay_failed(actor=admin, webhook=webhook, since=now() - timedelta(days=1), now=now())
    run_jobs()
    assert count == webhook.deliveries.filter(state="delivered").count() == 3
    with pytest.raises(Conflict, match="No delivery"):
        services.replay_failed(actor=admin, webhook=webhook, since=now() - timedelta(days=1), now=now())


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
    from apps.tenants.services.webhook_queue import ring

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
    assert services.ring_due_webhooks(now=now()) == 0, "it is held for two minutes: the worker may be alive"
    # What the sweep does when the lease of the attempt has run out.
    JobTicket.objects.all().delete()
    Job.objects.all().delete()
    assert services.ring_due_webhooks(now=now() + timedelta(minutes=3)) == 1
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


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/", "http://127.0.0.2/", "http://[::1]/", "http://2130706433/", "ftp://a.example/", "x"]
)
def test_an_address_that_may_not_be_called_is_not_kept(admin, url):
    with pytest.raises(Invalid) as refusal:
        services.create_webhook(actor=admin, url=url, kinds=[], now=now())
    assert "url" in refusal.value.fields
    assert not Webhook.objects.exists()


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
    services.ring_due_webhooks(now=now() + timedelta(days=1))
    run_jobs()
    assert len(server.heard) == heard, "nothing is sent while it is disabled"
    server.answers[:] = [(200, {}, b"")]
    services.enable_webhook(actor=admin, webhook=webhook)
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
    services.pause_webhook(actor=admin, webhook=webhook)
    happen(admin)
    tell()
    run_jobs()
    assert server.heard == []
    with pytest.raises(Conflict, match="enable it first"):
        services.send_test_event(actor=admin, webhook=webhook, now=now())
    services.enable_webhook(actor=admin, webhook=webhook)
    run_jobs()
    assert "service_account.created" in [json.loads(heard.body)["type"] for heard in server.heard]


def test_what_was_in_a_pause_is_sent_at_once_when_it_is_enabled_and_no_row_is_written(admin, webhook, server, run_jobs):
    server.answers[:] = [(500, {}, b""), (200, {}, b"")]
    tell()
    run_jobs()
    waiting = webhook.deliveries.get(tries=1)
    assert waiting.next_attempt_at > now()
    services.pause_webhook(actor=admin, webhook=webhook)

    with CaptureQueriesContext(connection) as asked:
        services.enable_webhook(actor=admin, webhook=webhook)
    assert not [query for query in asked.captured_queries if 'UPDATE "tenants_webhookdelivery"' in query["sql"]]
    run_jobs()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.tries) == ("delivered", 2)


def test_after_it_was_enabled_pauses_hold_again(admin, webhook, server, run_jobs):
    services.pause_webhook(actor=admin, webhook=webhook)
    services.enable_webhook(actor=admin, webhook=webhook)
    server.answers[:] = [(500, {}, b"")]
    tell()
    run_jobs()
    Webhook.objects.update(enabled_at=now() - timedelta(seconds=1))
    assert services.ring_due_webhooks(now=now()) == 0


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
    plan = webhook_queue.due(webhook, now=now() + timedelta(seconds=5))[:1].explain()
    assert "delivery_next" in plan
    assert "Sort" not in plan


def test_a_rolled_secret_signs_beside_the_old_one_for_a_day(admin, made, server, run_jobs):
    webhook, old = made
    webhook, new = services.roll_webhook_secret(actor=admin, webhook=webhook, now=now())
    assert old != new
    tell()
    run_jobs()
    heard = server.heard[-1]
    assert heard.headers["webhook-signature"].split(" ") == [signature(new, heard), signature(old, heard)]

    Webhook.objects.update(previous_until=now() - timedelta(seconds=1))
    services.send_test_event(actor=admin, webhook=webhook, now=now())
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
    other, _secret = services.create_webhook(actor=admin, url=server.url, kinds=["run"], now=now())
    Webhook.objects.filter(pk=webhook.pk).update(sealed_secret=other.sealed_secret)
    tell()
    run_jobs()
    assert "sealed for another tenant or purpose" in WebhookAttempt.objects.first().problem
    assert server.heard == []


def test_the_log_keeps_the_head_of_an_answer_without_signs_that_deceive(admin, webhook, server, run_jobs):
    server.answers[:] = [(500, {}, "a\x00\x1b[31m\u202eb\n\tc é".encode() + b"\xff" + b"x" * 10_000)]
    tell()
    run_jobs()
    attempt = WebhookAttempt.objects.get()
    assert attempt.answer.startswith("a[31mb\n\tc é�xxx")
    assert len(attempt.answer.encode()) <= 4200
    assert attempt.truncated


def test_only_administrators_see_and_change_webhooks(scientist, auditor, officer, webhook):
    acts = (
        lambda who: selectors.webhooks(actor=who),
        lambda who: services.create_webhook(actor=who, url="https://a.example/", kinds=[], now=now()),
        lambda who: services.edit_webhook(actor=who, webhook=webhook, url="https://a.example/", kinds=[]),
        lambda who: services.roll_webhook_secret(actor=who, webhook=webhook, now=now()),
        lambda who: services.pause_webhook(actor=who, webhook=webhook),
        lambda who: services.enable_webhook(actor=who, webhook=webhook),
        lambda who: services.send_test_event(actor=who, webhook=webhook, now=now()),
        lambda who: services.replay_failed(actor=who, webhook=webhook, since=now(), now=now()),
        lambda who: services.delete_webhook(actor=who, webhook=webhook),
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
        services.create_webhook(actor=admin, url=server.url, kinds=["run.suceeded"], now=now())
    webhook, _secret = services.create_webhook(
        actor=admin, url=server.url, kinds=["run", "run.succeeded", "token.created"], now=now()
    )
    assert webhook.kinds == ["run", "token.created"]


def test_a_tenant_has_twenty_at_most(admin, server):
    for _one in range(20):
        services.create_webhook(actor=admin, url=server.url, kinds=[], now=now())
    with pytest.raises(Conflict, match="20 webhooks"):
        services.create_webhook(actor=admin, url=server.url, kinds=[], now=now())


def test_the_log_is_forgotten_after_thirty_days(admin, webhook, run_jobs):
    happen(admin)
    tell()
    run_jobs()
    old = webhook.deliveries.first()
    WebhookDelivery.objects.filter(pk=old.pk).update(created_at=now() - timedelta(days=31))
    assert services.forget_deliveries(now=now()) == 1
    assert not WebhookAttempt.objects.filter(delivery=old.pk).exists()
    assert webhook.deliveries.exists()


def test_the_log_is_forgotten_however_long_it_grew(admin, webhook, monkeypatch):
    monkeypatch.setattr(webhook_queue, "_AT_ONCE", 2)
    for number in range(5):
        happen(admin, name=f"program {number}")
    tell()
    before = webhook.deliveries.count()
    WebhookDelivery.objects.update(created_at=now() - timedelta(days=31))
    assert services.forget_deliveries(now=now()) == before >= 5
    assert not webhook.deliveries.exists()


def test_a_cancelled_sending_rests_and_pauses_nothing(admin, scientist, webhook):
    from foundation import jobs

    tell()
    job = Job.objects.get(name="tenants.send_webhook")
    assert "127.0.0.1" not in job.title, "an address may hold a secret of the receiver's"
    jobs.cancel(actor=admin, job_id=job.pk)
    assert webhook.deliveries.get().next_attempt_at > now() + timedelta(minutes=50)
    webhook.refresh_from_db()
    assert webhook.state == WebhookState.ENABLED


def test_a_hearer_of_every_kind_hears_kinds_that_came_later(admin, webhook):
    hearer = next(one for one in subscriptions.subscribers() if one.name == "tenants.webhooks")
    assert hearer.kinds is None
    assert hearer.handler_of("something.new") is not None
    assert access.can(admin, access.Permission.TENANT_MANAGE)
    assert Client().get(PAGES).status_code in {302, 403, 404}

"""A worker is killed while a receiver is thinking: the event still arrives, under the id that it had."""

from __future__ import annotations

import threading
from ipaddress import ip_network

import pytest

from apps.tenants import services
from apps.tenants.models import WebhookDelivery
from foundation import ledger
from foundation.clock import now
from foundation.tenancy import scope
from tests.chaos.test_jobs import broker, house  # noqa: F401
from tests.chaos.workers import wait_for
from tests.support.people import make_person, make_tenant
from tests.support.receivers import plain, receiving

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def actor(transactional_db, settings, monkeypatch):
    settings.OUTBOUND_ALLOW = [ip_network("127.0.0.1/32")]
    monkeypatch.setenv("SANAD_OUTBOUND_ALLOW", "127.0.0.1/32")
    return make_person(make_tenant("acme", "Acme Trading"), "admin")


def test_a_killed_worker_leaves_no_event_behind_and_changes_no_id(actor, house):  # noqa: F811
    thinking = threading.Event()

    def think(handler):
        thinking.wait(30)
        plain(handler, 200, {}, b"too late")

    with receiving(think, (200, {}, b"ok")) as server:
        with scope(actor.tenant_id):
            services.webhooks.create_webhook(actor=actor, url=server.url, kinds=["webhook"], now=now())
        ledger.sequence_once()
        ledger.dispatch_once(name="tenants.webhooks")
        worker = house.worker()
        wait_for(lambda: server.heard, 60, "the first attempt")
        house.kill(worker)
        thinking.set()
        with scope(actor.tenant_id):
            held = WebhookDelivery.objects.get()
            assert (held.state, held.tries, held.attempts.count()) == ("waiting", 1, 0)
            # The two minutes for which a claim holds have passed.
            WebhookDelivery.objects.update(next_attempt_at=now())
        house.worker(name="w2")
        house.scheduler()
        wait_for(lambda: len(server.heard) == 2, 90, "the second attempt")
        wait_for(lambda: _state(actor) == "delivered", 20, "the note of it")
    first, second = server.heard
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == held.message_id
    assert first.body == second.body


def _state(actor):
    with scope(actor.tenant_id):
        return WebhookDelivery.objects.get().state

"""What the tests of webhooks stand on: a receiver, a webhook to it, and the way from an event to its delivery."""

from __future__ import annotations

import base64
import hashlib
import hmac
from ipaddress import ip_network

import pytest

from apps.tenants import services
from apps.tenants.models import WebhookDelivery
from foundation import ledger
from foundation.clock import now
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
    return services.webhooks.create_webhook(
        actor=admin, url=f"{server.url}/hook", kinds=[], description="SIEM", now=now()
    )


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
    services.webhooks.ring_due_webhooks(now=now())
    return run_jobs()

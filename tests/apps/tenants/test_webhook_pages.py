"""Webhooks in the browser: the secret once, what was sent and how it went, sent again, trouble told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from apps.dashboards import selectors as dashboards
from apps.tenants.models import Webhook, WebhookDelivery
from foundation.clock import now
from foundation.live import topics
from tests.apps.tenants.webhook_stage import PAGES, REST, made, place, server, tell, webhook
from tests.support.people import make_person

__all__ = ["made", "place", "server", "webhook"]


@pytest.fixture
def browser(admin, client_as):
    return client_as(admin)


@pytest.fixture
def sent(webhook, run_jobs):
    tell()
    run_jobs()
    return webhook.deliveries.get()


def page(webhook, act="", *ids):
    return reverse(f"tenants:webhook_{act or 'detail'}", args=["acme", webhook.pk, *ids])


def filled(server, **changes):
    return {"url": f"{server.url}/hook", "description": "SIEM", "which": "all", "single": "", "project": "", **changes}


def test_an_empty_list_says_what_a_webhook_is_for(browser):
    told = browser.get(PAGES).content.decode()
    assert "No webhooks yet" in told
    assert 'href="#new"' in told


def test_the_secret_is_shown_with_the_webhook_and_never_again(browser, server):
    made = browser.post(PAGES, filled(server))
    told, webhook = made.content.decode(), Webhook.objects.get()
    assert made.status_code == 200
    assert "whsec_" in told
    assert "no-store" in made["Cache-Control"]
    assert page(webhook) in told
    assert "whsec_" not in browser.get(PAGES).content.decode()
    assert "whsec_" not in browser.get(page(webhook)).content.decode()


def test_what_is_told_is_chosen_by_family_and_by_kind(browser, server, project):
    chosen = {"which": "chosen", "families": ["run", "approval"], "single": "token.created\n", "project": "flights"}
    browser.post(PAGES, filled(server, **chosen))
    webhook = Webhook.objects.get()
    assert (webhook.kinds, webhook.project_id) == (["approval", "run", "token.created"], project.pk)
    told = browser.get(page(webhook)).content.decode()
    assert "Approvals, Runs, token.created" in told
    assert "Flights" in told

    edit = browser.get(page(webhook, "edit")).content.decode()
    assert "token.created" in edit
    browser.post(page(webhook, "edit"), filled(server, description="Other"))
    webhook.refresh_from_db()
    assert (webhook.kinds, webhook.description, webhook.project_id) == ([], "Other", None)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"url": "http://10.0.0.1/"}, "SANAD_OUTBOUND_ALLOW"),
        ({"url": "https://me:secret@a.example/"}, "before “@”"),
        ({"which": "chosen"}, "Tick or name at least one"),
        ({"which": "chosen", "single": "run.nothing"}, "There is no event “run.nothing”"),
    ],
)
def test_what_is_wrong_is_said_on_the_form(browser, server, changes, said):
    answer = browser.post(PAGES, filled(server, **changes))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Webhook.objects.exists()


def test_a_delivery_shows_what_was_sent_and_what_came_back(browser, webhook, server, run_jobs):
    server.answers[:] = [(500, {}, b"<script>alert(1)</script>")]
    tell()
    run_jobs()
    delivery = webhook.deliveries.get()
    told = browser.get(page(webhook, "delivery", delivery.pk)).content.decode()
    assert "Answered 500" in told
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in told
    assert "<script>alert(1)" not in told
    assert delivery.message_id in told
    assert "webhook-signature" in told
    assert f'data-live-topic="webhook:{webhook.pk}"' in told
    assert "the next attempt is at" in told


def test_one_is_sent_again_and_so_is_all_that_failed(browser, webhook, sent, server, run_jobs):
    browser.post(page(webhook, "replay", sent.pk))
    run_jobs()
    assert len({heard.headers["webhook-id"] for heard in server.heard}) == 1
    assert len(server.heard) == 2

    WebhookDelivery.objects.update(state="failed")
    answer = browser.post(page(webhook, "replay_failed"), {"hours": "1"})
    assert "1 delivery is sent again." in browser.get(answer["Location"]).content.decode()
    nothing = browser.post(page(webhook, "replay_failed"), {"hours": "1"})
    assert nothing.status_code == 422
    assert "No delivery has failed" in nothing.content.decode()


def test_a_test_event_leads_to_its_delivery(browser, webhook, run_jobs):
    answer = browser.post(page(webhook, "test"))
    delivery = webhook.deliveries.get(kind="webhook.test")
    assert answer["Location"] == page(webhook, "delivery", delivery.pk)
    run_jobs()
    assert "It arrived" in browser.get(answer["Location"]).content.decode()


def test_it_is_paused_enabled_given_a_secret_and_deleted(browser, webhook):
    browser.post(page(webhook, "pause"))
    assert "It is paused" in browser.get(page(webhook)).content.decode()
    browser.post(page(webhook, "enable"))
    rolled = browser.post(page(webhook, "roll")).content.decode()
    assert "whsec_" in rolled
    assert "The one before signs too until" in rolled
    assert browser.post(page(webhook, "delete"))["Location"] == PAGES
    assert browser.get(page(webhook)).status_code == 404


def test_whoever_made_it_finds_it_among_the_notifications_when_it_was_disabled(admin, tenant, browser, webhook):
    Webhook.objects.update(state="disabled", trouble="gone", failing_since=now() - timedelta(hours=1))
    other = make_person(tenant, "admin", email="second@acme.test")
    told = browser.get("/t/acme/notifications/").content.decode()
    assert page(webhook) in told
    assert "gone for good" in told
    assert "webhook" in [row.kind for row in dashboards.waiting(actor=admin, now=now())]
    assert "webhook" not in [row.kind for row in dashboards.waiting(actor=other, now=now())]
    Webhook.objects.update(created_by=None)
    assert "webhook" in [row.kind for row in dashboards.waiting(actor=other, now=now())]


def test_only_administrators_open_the_pages_and_listen(scientist, client_as, webhook, sent):
    client = client_as(scientist)
    for address in (PAGES, page(webhook), page(webhook, "delivery", sent.pk)):
        assert client.get(address).status_code == 403
    from foundation.errors import AccessDenied

    with pytest.raises(AccessDenied):
        topics.check(scientist, topics.Topic("webhook", webhook.pk))


def test_rest_changes_one_field_and_leaves_the_others(admin, api_as, webhook, sent):
    api, address = api_as(admin), f"{REST}{webhook.pk}/"
    changed = api.patch(address, {"kinds": ["run"]}, content_type="application/json").json()
    assert (changed["kinds"], changed["description"], changed["url"]) == (["run"], "SIEM", webhook.url)
    whole = api.get(f"{address}deliveries/{sent.pk}/").json()
    assert whole["attempts"][0]["status"] == 200
    assert whole["attempts"][0]["answer"] == "ok"
    again = api.post(f"{address}deliveries/{sent.pk}/replay/").json()
    assert (again["state"], again["message_id"]) == ("waiting", whole["message_id"])
    since = {"since": (now() - timedelta(hours=1)).isoformat()}
    assert api.post(f"{address}replay-failed/", since, content_type="application/json").status_code == 409
    assert api.post(f"{address}replay-failed/", {}, content_type="application/json").status_code == 422

"""Settings, Encryption: an administrator sees the keys, makes new ones, and brings and withdraws one of their own."""

import base64
import os

import pytest

from foundation import storage
from foundation.access import freshness
from foundation.storage import keys
from foundation.storage.models import BroughtKey
from tests.support.forms import send_form
from tests.support.jobs import run_queued

PAGE = "/t/acme/settings/encryption/"
REST = "/api/v1/keys/"


@pytest.fixture
def browser(client_as, admin):
    return client_as(admin)


@pytest.fixture
def own(browser):
    """The text of a key that the tenant brought."""
    text = base64.b64encode(os.urandom(32)).decode()
    assert send_form(browser, f"{PAGE}bring/", {"secret": text}).status_code == 303
    return text


def shown(browser) -> str:
    answer = browser.get(PAGE)
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_empty_tenant_reads_what_the_keys_are_for(browser):
    assert "No keys yet" in shown(browser)


def test_the_page_tells_number_state_age_and_what_wraps(browser, tenant):
    storage.put(tenant.pk, "a", b"content")
    page = shown(browser)
    for word in ("Everything new is sealed under key 1", "Objects and secrets", "In use", "secret key"):
        assert word in page


def test_a_button_makes_a_new_key_and_seals_what_is_stored_under_it(browser, tenant):
    storage.put(tenant.pk, "a", b"content")
    answer = send_form(browser, f"{PAGE}rotate/", {"reseal": "on"})
    assert (answer.status_code, answer["Location"]) == (303, PAGE)
    page = shown(browser)
    assert "Everything new is sealed under key 2" in page
    assert "Seal stored objects under the newest key" in page, "the job is shown"
    (job,) = run_queued()
    assert job.state == "succeeded"
    assert "made key 2, under which everything new is sealed" in shown(browser)


def test_a_key_that_was_brought_is_in_no_page(browser, own, tenant):
    page = shown(browser)
    assert "Nothing opens without your own key" in page
    assert "and your own key" in page
    assert own not in page
    assert own not in repr(vars(BroughtKey.objects.get()))


def test_a_key_that_is_none_is_said_beside_its_field_and_not_shown_again(browser):
    answer = send_form(browser, f"{PAGE}bring/", {"secret": "my-password"})
    page = answer.content.decode()
    assert (answer.status_code, "openssl rand -base64 32" in page, "my-password" in page) == (422, True, False)


def test_withdrawing_takes_the_typed_name_and_closes_the_tenant(browser, own, tenant):
    answer = send_form(browser, f"{PAGE}withdraw/", {"confirmation": "acm"})
    assert (answer.status_code, "Type the organisation&#x27;s short name" in answer.content.decode()) == (422, True)
    assert send_form(browser, f"{PAGE}withdraw/", {"confirmation": "acme"}).status_code == 303
    closed = browser.get("/t/acme/settings/members/")
    assert (closed.status_code, "Settings, Encryption" in closed.content.decode()) == (423, True)
    page = shown(browser)
    assert "Bring your key again" in page
    assert "Make a new key" not in page
    assert send_form(browser, f"{PAGE}rotate/", {}).status_code == 423
    assert send_form(browser, f"{PAGE}bring/", {"secret": own}).status_code == 303
    assert browser.get("/t/acme/settings/members/").status_code == 200


def test_a_closed_tenant_s_pages_lead_to_the_key_whoever_may_bring_it(browser, own, client_as, viewer):
    send_form(browser, f"{PAGE}withdraw/", {"confirmation": "acme"})
    for place in ("/t/acme/", "/t/acme/settings/members/"):
        answer = browser.get(place)
        page = answer.content.decode()
        assert answer.status_code == 423
        assert "The key is withdrawn" in page and f'href="{PAGE}"' in page and "Bring the key" in page
        assert "notifications/count/" not in page, "the bell would be refused, and say so over and over"
    assert browser.get("/t/acme/settings/")["Location"] == PAGE

    others = client_as(viewer)
    page = others.get("/t/acme/").content.decode()
    assert "The key is withdrawn" in page and "Bring the key" not in page
    assert others.get("/t/acme/settings/")["Location"] == "/t/acme/settings/members/"


def test_the_keys_can_be_left_to_the_portal_again(browser, own):
    assert send_form(browser, f"{PAGE}release/", {}).status_code == 303
    assert "left the keys to the portal again" in shown(browser)


def test_a_scientist_sees_no_keys(client_as, api_as, scientist):
    assert client_as(scientist).get(PAGE).status_code == 403
    assert api_as(scientist).get(REST).status_code == 403


def test_changing_keys_asks_for_a_fresh_proof(browser, own, tenant):
    session = browser.session
    session[freshness._PROVED_AT] = 0.0
    session.save()
    for act, fields in (("rotate", {}), ("withdraw", {"confirmation": "acme"}), ("release", {})):
        assert send_form(browser, f"{PAGE}{act}/", fields).status_code == 403
    assert [line.number for line in keys.key_lines(actor=_admin(tenant))] == [1]
    assert BroughtKey.objects.get().withdrawn_at is None


def _admin(tenant):
    from foundation.identity import Actor

    return Actor.system(tenant)


def test_keys_are_wrapped_anew_where_the_portal_has_another_key(browser, tenant, settings):
    storage.put(tenant.pk, "a", b"content")
    assert "Wrap the keys anew" not in shown(browser)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "the next secret key"
    assert "Wrap the keys anew" in shown(browser)
    assert send_form(browser, f"{PAGE}rewrap/", {}).status_code == 303
    run_queued()
    assert "Wrap the keys anew" not in shown(browser)


def test_a_program_does_the_same_over_rest(api_as, admin, tenant):
    client = api_as(admin)
    send = lambda act, body: client.post(f"{REST}{act}/", body, content_type="application/json")  # noqa: E731
    storage.put(tenant.pk, "a", b"content")
    assert client.get(REST).json()["keys"][0]["number"] == 1
    assert [key["state"] for key in send("rotate", {}).json()["keys"]] == ["newest", "older"]
    text = base64.b64encode(os.urandom(32)).decode()
    brought = send("bring", {"secret": text})
    assert (brought.status_code, brought.json()["source"], text in brought.content.decode()) == (200, "upload", False)
    refused = send("withdraw", {"confirmation": "other"})
    assert (refused.status_code, "confirmation" in refused.json()["errors"]) == (422, True)
    assert send("withdraw", {"confirmation": "acme"}).json()["withdrawn_at"]
    assert client.get("/api/v1/members/").status_code == 423
    assert send("bring", {"secret": base64.b64encode(os.urandom(32)).decode()}).status_code == 422
    assert send("bring", {"secret": text}).json()["withdrawn_at"] is None
    assert send("release", {}).json()["source"] == ""
    assert send("rewrap", {}).status_code == 200


def test_bringing_needs_one_of_both(api_as, admin):
    answer = api_as(admin).post(f"{REST}bring/", {}, content_type="application/json")
    assert (answer.status_code, "secret" in answer.json()["errors"]) == (422, True)

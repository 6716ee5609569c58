"""Passkeys as people use them: a real browser with an authenticator of its own, a portal opened under a name."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import WATCH, enter

pytestmark = pytest.mark.browser
PASSWORD = "correct horse battery staple"
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
DIALOG = Path(__file__).resolve().parents[2] / "static" / "js" / "dialog.js"


@pytest.fixture
def house(portal):
    """The portal's address under a name: browsers keep passkeys under no number."""
    return portal.url.replace("127.0.0.1", "localhost")


@pytest.fixture
def page(chromium):
    """A page of a browser with one device that holds passkeys; no script may have failed or been refused."""
    wrong = []
    context = chromium.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.add_init_script(WATCH)
    page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
    page.devices = context.new_cdp_session(page)
    page.devices.send("WebAuthn.enable")
    page.device = page.devices.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"]
    yield page
    wrong += page.evaluate("window.refused || []")
    context.close()
    assert wrong == []


@pytest.fixture
def somebody(page, portal, house, chromium):
    """A person of the demo tenant of whom no other test knows: invited, and signed in on the page."""
    email = f"somebody-{uuid4().hex[:8]}@sanad.test"
    inviting = chromium.new_context()
    admin = inviting.new_page()
    enter(admin, portal, "admin")
    admin.goto(f"{portal.url}/t/demo/settings/members/")
    admin.locator("#invite").get_by_label("E-mail").fill(email)
    admin.get_by_role("button", name="Make invitation link").click()
    link = admin.locator("pre code", has_text="/accounts/invitations/").inner_text().strip()
    inviting.close()
    page.goto(link.replace("127.0.0.1", "localhost"))
    page.locator("#id_name").fill("Somebody New")
    page.locator("input[type=password]").fill(PASSWORD)
    page.get_by_role("button", name="Create account and join").click()
    page.wait_for_url("**/t/**")
    return email


def set_up_passkey(page, house, name="Work laptop"):
    page.goto(f"{house}/accounts/factors/passkey/")
    page.locator("#id_name").fill(name)
    page.get_by_role("button", name="Set up the passkey").click()


def leave(page, house):
    page.goto(f"{house}/accounts/")
    page.request.post(f"{house}/accounts/logout/", headers=csrf(page))
    page.goto(f"{house}/accounts/login/")


def csrf(page):
    token = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "sanad_csrf")
    return {"X-CSRFToken": token, "Origin": page.url.split("/accounts")[0]}


def give_password(page, email):
    page.get_by_label("E-mail").fill(email)
    page.locator("input[type=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_a_passkey_is_set_up_and_opens_the_door_beside_the_password_and_alone(page, house, somebody):
    set_up_passkey(page, house)
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert len(Path(download.value.path()).read_text().split()) == 10
    page.get_by_role("link", name="I have kept them").click()
    expect(page.locator("#factors")).to_contain_text("Work laptop")
    expect(page.locator("#factors")).to_contain_text("10 codes are left")

    leave(page, house)
    give_password(page, somebody)
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/t/**")

    leave(page, house)
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/t/**")
    page.goto(f"{house}/accounts/")
    expect(page.locator("#sessions")).to_contain_text("Passkey")


def test_another_device_has_none_and_says_so(page, house, somebody):
    set_up_passkey(page, house)
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    page.devices.send("WebAuthn.clearCredentials", {"authenticatorId": page.device})

    leave(page, house)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator("#toasts")).to_contain_text("No passkey was given")
    assert page.url.endswith("/accounts/login/")


def test_a_device_that_did_not_look_who_holds_it_opens_nothing(page, house, somebody):
    set_up_passkey(page, house)
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    page.devices.send("WebAuthn.setUserVerified", {"authenticatorId": page.device, "isUserVerified": False})

    leave(page, house)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator("#toasts")).to_contain_text("No passkey was given")


def test_a_passkey_that_is_removed_opens_nothing(page, house, somebody):
    set_up_passkey(page, house)
    page.get_by_role("link", name="I have kept them").click()
    page.locator("#factors").get_by_role("button", name="Remove").click()
    page.locator("#confirm").get_by_role("button", name="Remove").click()
    expect(page.locator("#factors")).to_contain_text("None yet")

    leave(page, house)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator("#toasts")).to_contain_text("not accepted")
    give_password(page, somebody)
    page.wait_for_url("**/t/**")


def test_a_passkey_answers_the_question_before_a_sensitive_act(page, house, somebody):
    set_up_passkey(page, house)
    page.get_by_role("link", name="I have kept them").click()
    page.goto(f"{house}/accounts/confirm/?next=/accounts/factors/app/")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Set up an authenticator app")).to_be_visible()
    expect(page.get_by_role("img", name="QR code for the authenticator app")).to_be_visible()


def test_under_a_bare_number_the_page_says_why_there_is_no_passkey(page, portal):
    enter(page, portal, "officer")
    page.goto(f"{portal.url}/accounts/factors/passkey/")
    expect(page.get_by_text("under a name, not under a number")).to_be_visible()
    expect(page.get_by_role("button", name="Set up the passkey")).to_have_count(0)
    there = portal.url.replace("127.0.0.1", "localhost") + "/accounts/factors/passkey/"
    expect(page.get_by_role("link", name="Open it under localhost")).to_have_attribute("href", there)


def test_a_question_that_htmx_brings_opens_over_the_page_and_goes_when_left(chromium):
    here = "http://portal.test/"
    page = chromium.new_page()
    page.route(here, lambda route: route.fulfill(body=ASKED, content_type="text/html"))
    page.route(f"{here}dialog.js", lambda route: route.fulfill(path=DIALOG))
    page.goto(here)
    page.evaluate("document.body.dispatchEvent(new CustomEvent('ready'))")
    dialog = page.locator("dialog[data-open]")
    expect(dialog).not_to_be_visible()

    page.evaluate("document.querySelector('#asked').dispatchEvent(new CustomEvent('htmx:load', { bubbles: true }))")
    expect(dialog).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    page.close()


ASKED = """
<body><script type="module" src="/dialog.js"></script>
<div id="toasts"><dialog id="asked" data-open><form method="dialog"><button>Cancel</button></form></dialog></div>
"""

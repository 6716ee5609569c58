"""An administrator connects an OpenID provider on the page alone, tests it, and somebody signs in by it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.identity_providers.running import OpenIDProvider, running

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def provider():
    with running("openid_provider") as address:
        yield OpenIDProvider(address)


@pytest.fixture
def browser_of(chromium):
    opened = []

    def begin(cookies=None):
        opened.append(chromium.new_context(storage_state=cookies))
        return opened[-1].new_page()

    yield begin
    for context in opened:
        context.close()


def sign_in_there(page, sub):
    page.locator("input[name=sub]").fill(sub)
    page.get_by_role("button", name=re.compile("authorize", re.IGNORECASE)).first.click()


def test_a_provider_is_connected_by_the_page_and_signs_somebody_in(portal, provider, sign_in, browser_of):
    provider.person("lina", email="lina@lab.demo.local", email_verified=True, name="Lina", groups=["lab"])
    page = browser_of(sign_in("admin"))
    page.goto(f"{portal.url}/t/demo/settings/single-sign-on/")
    page.get_by_label("Domain").fill("new.demo.local")
    page.get_by_role("button", name="Claim domain").click()
    expect(page.get_by_text("_sanad-challenge.new.demo.local")).to_be_visible()
    expect(page.get_by_text("lab.demo.local", exact=True)).to_be_visible()

    form = page.locator("#openid")
    form.get_by_label("Name").fill("Lab sign-in")
    form.get_by_label("Issuer URL").fill(provider.address)
    form.get_by_label("Client id").fill("sanad")
    form.get_by_label("Client secret").fill("s3cret")
    form.get_by_role("button", name="Add OpenID provider").click()
    expect(page.get_by_text("Redirect URI", exact=True)).to_be_visible()

    page.get_by_role("link", name="Test connection").click()
    sign_in_there(page, "lina")
    expect(page.get_by_text("None of these groups is mapped to a role")).to_be_visible()

    page.locator("#id_line-0-external").fill("lab")
    page.locator("#id_line-0-role").select_option("scientist")
    page.get_by_role("button", name="Save changes").click()
    page.get_by_role("link", name="Test connection").click()
    sign_in_there(page, "lina")
    expect(page.get_by_text("The test went well")).to_be_visible()
    page.get_by_role("button", name="Enable").click()

    # Lina signed in there days ago, and nobody asks her at an ordinary sign-in: her session here proves nothing fresh.
    provider.behave(signed_in_s_ago=200_000)
    visitor = browser_of()
    visitor.goto(f"{portal.url}/accounts/login/")
    visitor.get_by_label("E-mail").fill("lina@lab.demo.local")
    visitor.get_by_role("button", name="Continue with my organisation").click()
    visitor.get_by_role("link", name="Continue with Lab sign-in").click()
    sign_in_there(visitor, "lina")
    visitor.wait_for_url("**/t/demo/**")
    confirm_there_and_go_on(visitor, portal)
    sign_out_here_and_see_where_to_go_on(visitor, portal)


def confirm_there_and_go_on(page, portal):
    """A sensitive act asks; the provider's answer comes in a tab of its own, and what was typed waits in the first."""
    page.goto(f"{portal.url}/t/demo/settings/tokens/")
    page.get_by_label("Name", exact=True).fill("laptop of Lina")
    page.get_by_role("button", name="Create token").click()
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Confirm at your organisation").click()
    there = opened.value
    sign_in_there(there, "lina")
    expect(there.get_by_role("heading", name="You are confirmed")).to_be_visible()
    there.close()
    page.get_by_role("button", name="Go on", exact=True).click()
    expect(page.get_by_text("The token is made")).to_be_visible()
    expect(page.get_by_text("laptop of Lina").first).to_be_visible()


def sign_out_here_and_see_where_to_go_on(page, portal):
    page.goto(f"{portal.url}/accounts/")
    page.locator("form[action='/accounts/logout/']").first.evaluate("form => form.requestSubmit()")
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    expect(page.get_by_role("link", name="Continue with Lab sign-in")).to_be_visible()
    page.get_by_role("link", name="Sign out at Lab sign-in too").click()
    page.get_by_role("button", name="End session").click()
    page.wait_for_url("**/accounts/signed-out/**")
    expect(page.get_by_text("You are signed out here and at Lab sign-in.")).to_be_visible()

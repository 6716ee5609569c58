"""An organisation signs up: from the one link to single sign-on, quota, budget, members and a first project.

One administrator does it all by what the pages say, from link to link; nothing is typed into the address.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser import portal as launched
from tests.identity_providers.running import OpenIDProvider, running

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PASSWORD = "a lighthouse over the quay 7"


@pytest.fixture(scope="module")
def provider():
    with running("openid_provider") as address:
        found = OpenIDProvider(address)
        found.person("sami", email="sami@quay.demo.local", email_verified=True, name="Sami", groups=["builders"])
        yield found


@pytest.fixture
def visitor(chromium):
    opened = []

    def begin():
        opened.append(chromium.new_context(reduced_motion="reduce"))
        return opened[-1].new_page()

    yield begin
    for context in opened:
        context.close()


def settings(page, *names):
    page.locator("#sidebar").get_by_role("link", name="Settings", exact=True).click()
    for name in names:
        page.locator(".s-tabs").get_by_role("link", name=name, exact=True).first.click()


def confirm(page, sub):
    page.locator("input[name=sub]").fill(sub)
    page.get_by_role("button", name=re.compile("authorize", re.IGNORECASE)).first.click()


def test_an_administrator_sets_up_an_organisation_alone(portal, provider, visitor):
    page = visitor()
    page.goto(launched.read("sign_up")["link"])
    page.get_by_label("Name", exact=True).fill("Noor")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.locator("main button[type=submit]").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("#sidebar")).to_contain_text("Quay Bank")

    settings(page, "Sign-in", "Single sign-on")
    expect(page.locator("main").get_by_text("quay.demo.local", exact=True)).to_be_visible()
    form = page.locator("#openid")
    form.get_by_label("Name").fill("Quay sign-in")
    form.get_by_label("Issuer URL").fill(provider.address)
    form.get_by_label("Client id").fill("sanad")
    form.get_by_label("Client secret").fill("s3cret")
    form.get_by_role("button", name="Add OpenID provider").click()
    page.locator("#id_line-0-external").fill("builders")
    page.locator("#id_line-0-role").select_option("scientist")
    page.get_by_role("button", name="Save changes").click()
    page.get_by_role("link", name="Test connection").click()
    confirm(page, "sami")
    expect(page.get_by_text("The test went well")).to_be_visible()
    page.get_by_role("button", name="Enable").click()

    settings(page, "Cost", "Quotas")
    page.get_by_label("Runs at a time").fill("2")
    page.get_by_role("button", name="Set quota").click()
    expect(page.get_by_role("row", name=re.compile("runs at a time", re.IGNORECASE))).to_contain_text("2")
    settings(page, "Cost", "Budgets")
    page.get_by_label("Soft limit").fill("100")
    page.get_by_label("Hard limit").fill("200")
    page.get_by_role("button", name="Set budget").click()
    expect(page.get_by_role("row", name=re.compile("AED\\s?200"))).to_be_visible()

    settings(page)
    invite = page.locator("#invite")
    invite.get_by_label("E-mail").fill("officer@elsewhere.demo.local")
    invite.get_by_label("Role").select_option("officer")
    invite.get_by_role("button", name="Make invitation link").click()
    expect(page.get_by_text("The invitation is made.")).to_be_visible()

    page.locator("#sidebar").get_by_role("link", name="Home", exact=True).click()
    page.get_by_role("link", name="New project").first.click()
    page.get_by_label("Name", exact=True).fill("Card fraud")
    page.get_by_label("Purpose").fill("Hold back payments that somebody else made")
    page.get_by_role("button", name="Create project").click()
    page.wait_for_url("**/t/quay/p/card-fraud/**")

    colleague = visitor()
    colleague.goto(f"{portal.url}/accounts/login/")
    colleague.get_by_label("E-mail").fill("sami@quay.demo.local")
    colleague.get_by_role("button", name="Continue with my organisation").click()
    colleague.get_by_role("link", name="Continue with Quay sign-in").click()
    confirm(colleague, "sami")
    colleague.wait_for_url("**/t/quay/**")
    expect(colleague.locator("body")).to_contain_text("Card fraud")

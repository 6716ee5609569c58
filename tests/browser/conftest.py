"""One Chromium for the browser tests of a process, one portal for all processes."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser import portal as launched

# Without the windows and menus that nobody sees: a fifth cheaper than the whole browser.
CHROMIUM = "/usr/bin/chromium-headless-shell"
ARGUMENTS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
)
WATCH = """
window.refused = [];
addEventListener("securitypolicyviolation", (event) => refused.push(`${event.violatedDirective} ${event.sourceFile}`));
"""
# A busy machine is slow, not wrong.
expect.set_options(timeout=20_000)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """Around all tries of a test: what needed the portal is counted, and the last one lets it end."""
    try:
        return (yield)
    finally:
        launched.finish(item.nodeid, _need_the_portal(item.session))


@functools.cache
def _need_the_portal(session):
    """Asked behind each test, of twelve thousand."""
    here = f"{Path(__file__).parent.relative_to(launched.ROOT)}/"
    return {item.nodeid for item in session.items if item.nodeid.startswith(here) and "portal" in item.fixturenames}


@pytest.fixture(scope="package")
def chromium():
    """Ends with the package: while Playwright's loop runs, Django refuses its database to other tests."""
    if not Path(CHROMIUM).exists():
        say = f"There is no {CHROMIUM}: apt install chromium-headless-shell"
        pytest.fail(say) if os.environ.get("CI") == "true" else pytest.skip(say)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS.split())
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def portal():
    """A real portal with people and an empty project `flights`; see `world` for one with content."""
    return launched.running()


@pytest.fixture(scope="session")
def world(portal):
    """Ids of what the sample's way has made in the project `flights`."""
    return launched.read("world")


@pytest.fixture(scope="session")
def neighbour(portal):
    """A project and a dataset of another tenant."""
    return launched.read("neighbour")


@pytest.fixture(scope="package")
def sign_in(chromium, portal):
    """The cookies of a person of this role, who signed in once."""
    kept: dict[str, object] = {}

    def cookies(role):
        if role not in kept:
            context = chromium.new_context()
            page = context.new_page()
            enter(page, portal, role)
            kept[role] = context.storage_state()
            context.close()
        return kept[role]

    return cookies


def enter(page, portal, role):
    """Sign in on the page, as a person does."""
    person = portal.people[role]
    page.goto(f"{portal.url}/accounts/login/")
    page.get_by_label("E-mail").fill(person["email"])
    page.locator("input[type=password]").fill(person["password"])
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/t/**")


@pytest.fixture
def as_person(chromium, sign_in):
    """Opens a browser page as the person of a role; at the end no script may have failed or been refused."""
    opened, wrong = [], []

    def open_page(role, **options):
        context = chromium.new_context(
            storage_state=sign_in(role),
            **{"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce", **options},
        )
        page = context.new_page()
        page.add_init_script(WATCH)
        page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
        opened.append(page)
        return page

    yield open_page
    for page in opened:
        if not page.is_closed() and page.url.startswith("http"):
            wrong += page.evaluate("window.refused || []") if page.context.pages else []
        page.context.close()
    assert wrong == []

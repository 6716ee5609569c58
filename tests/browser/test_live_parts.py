"""Parts of a page that ask for themselves: the last word is heard, and nothing is taken from under one's hands."""

from __future__ import annotations

import json
from pathlib import Path

import django_htmx
import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
HTMX = Path(django_htmx.__file__).parent / "static" / "django_htmx" / "htmx-2.min.js"
SCRIPTS = Path(__file__).parents[2] / "static" / "js"
HERE = "http://portal.test"
PART = """
<div id="part" data-live-topic="thing:1" hx-get="/part" hx-trigger="live" hx-select="#part" hx-select-oob="#reason"
  hx-swap="outerHTML">The thing is {state} <a href="#reason">Why</a></div>
<section id="reason"><textarea></textarea>As of {state}</section>
"""
PAGE = """
<html><head><script src="/htmx.js"></script></head><body data-tenant="demo"><main>{part}</main>
<script type="module" src="/js/pace.js"></script><script type="module" src="/js/live.js"></script></body></html>
"""


class Thing:
    """One object of the portal: its state, who listens, and how often its page was read."""

    def __init__(self, page) -> None:
        self.page, self.state, self.reads, self.sockets = page, "registering", 0, []
        page.route(f"{HERE}/**", self.answer)
        page.route(f"{HERE}/js/*", lambda route: route.fulfill(path=SCRIPTS / route.request.url.rpartition("/")[2]))
        page.route(f"{HERE}/htmx.js", lambda route: route.fulfill(path=HTMX))
        page.route(f"{HERE}/part", self.read)
        page.route_web_socket("**/ws/**", self.listen)
        page.goto(HERE)
        page.wait_for_function("window.sanadLive.known.size === 1")

    def answer(self, route) -> None:
        route.fulfill(body=PAGE.format(part=PART.format(state=self.state)), content_type="text/html")

    def read(self, route) -> None:
        """As it was when it was asked; what comes to it while the answer is under way is not in it."""
        self.reads += 1
        answer = PART.format(state=self.state)
        if self.state == "checked":
            self.becomes("ready")
        route.fulfill(body=answer, content_type="text/html")

    def listen(self, socket) -> None:
        self.sockets.append(socket)
        socket.on_message(lambda _text: socket.send(json.dumps({"subscribed": ["thing:1"], "refused": {}, "seq": 1})))

    def becomes(self, state: str) -> None:
        self.state = state
        self.sockets[0].send(json.dumps({"topic": "thing:1", "seq": 2, "kind": f"thing.{state}", "subject": []}))


@pytest.fixture
def thing(chromium):
    page = chromium.new_page()
    yield Thing(page)
    page.close()


def test_what_happens_while_a_part_is_being_read_is_shown_as_well(thing):
    thing.becomes("checked")

    expect(thing.page.locator("#part")).to_contain_text("The thing is ready")


def test_many_events_at_once_are_read_in_two_answers(thing):
    for state in ("sealed", "signed", "weighed", "judged", "ready"):
        thing.becomes(state)

    expect(thing.page.locator("#part")).to_contain_text("The thing is ready")
    thing.page.wait_for_function("!document.querySelector('.htmx-request')")
    assert thing.reads <= 2


def test_a_reason_that_is_being_written_stays_while_the_rest_moves_on(thing):
    thing.page.locator("textarea").fill("Gates passed; fig")
    thing.becomes("ready")

    expect(thing.page.locator("#part")).to_contain_text("The thing is ready")
    expect(thing.page.locator("textarea")).to_have_value("Gates passed; fig")
    expect(thing.page.locator("#reason")).to_contain_text("As of registering")


def test_what_nobody_writes_in_moves_along(thing):
    thing.becomes("ready")

    expect(thing.page.locator("#reason")).to_contain_text("As of ready")


def test_who_stands_on_a_link_stays_there(thing):
    thing.page.get_by_role("link", name="Why").focus()
    thing.becomes("ready")

    expect(thing.page.locator("#part")).to_contain_text("The thing is ready")
    expect(thing.page.get_by_role("link", name="Why")).to_be_focused()

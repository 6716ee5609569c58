"""Parts of a page that ask for themselves: the last word is heard, and nothing is taken from under one's hands."""

from __future__ import annotations

import json
from pathlib import Path

import django_htmx
import pytest
from playwright.sync_api import expect

from foundation.web.templatetags.sanad_ui import htmx_config

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
<html><head>{head}</head><body data-tenant="demo"><main>{part}</main><div id="toasts"></div>
<script type="module" src="/js/swap.js"></script><script type="module" src="/js/live.js"></script></body></html>
"""
HEAD = f"<meta name='htmx-config' content='{htmx_config()}'><script src='/htmx.js'></script>"
# As a message that comes while the browser is busy between two tasks of the swap.
TOLD_JUST_AFTER_THE_SWAP = """
document.body.addEventListener("htmx:afterSwap", () => {
  setTimeout(() => sanadLive.hear({topic: "thing:1", seq: 3, kind: "thing.ready"}));
}, {once: true});
"""
TOLD_UNSEEN = """
Object.defineProperty(document, "hidden", {configurable: true, value: true});
for (const kind of ["thing.ready", "thing.weighed"]) sanadLive.hear({topic: "thing:1", seq: 3, kind});
delete document.hidden;
document.dispatchEvent(new Event("visibilitychange"));
"""


class Thing:
    """One object of the portal: its state, who listens, and how often its page was read."""

    def __init__(self, page) -> None:
        self.page, self.state, self.reads, self.sockets, self.refusals = page, "registering", 0, [], []
        page.route(f"{HERE}/**", self.answer)
        page.route(f"{HERE}/js/*", lambda route: route.fulfill(path=SCRIPTS / route.request.url.rpartition("/")[2]))
        page.route(f"{HERE}/htmx.js", lambda route: route.fulfill(path=HTMX))
        page.route(f"{HERE}/part", self.read)
        page.route_web_socket("**/ws/**", self.listen)
        page.goto(HERE)
        page.wait_for_function("window.sanadLive.known.size === 1")

    def answer(self, route) -> None:
        route.fulfill(body=PAGE.format(head=HEAD, part=PART.format(state=self.state)), content_type="text/html")

    def read(self, route) -> None:
        """As it was when it was asked; what comes to it while the answer is under way is not in it."""
        self.reads += 1
        if self.refusals:
            self.refuse(route, self.refusals.pop())
            return
        answer = PART.format(state=self.state)
        if self.state == "checked":
            self.becomes("ready")
        if self.state == "weighed":
            self.state = "ready"
        route.fulfill(body=answer, content_type="text/html")

    def refuse(self, route, status) -> None:
        """As the front door does when the portal behind it is away; 0 where there is no front door either."""
        told = {"status": status, "detail": "The portal is restarting."}
        route.fulfill(status=status, json=told, content_type="application/problem+json") if status else route.abort()

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


def test_what_happens_between_a_swap_and_its_settling_is_shown_as_well(thing):
    """A part that has just come into the page hears at once: under load much fits between two tasks of a browser."""
    thing.page.evaluate(TOLD_JUST_AFTER_THE_SWAP)
    thing.becomes("weighed")

    expect(thing.page.locator("#part")).to_contain_text("The thing is ready")


@pytest.mark.parametrize("status", [503, 502, 429, 0])
def test_a_part_that_finds_the_portal_away_stands_and_asks_again(thing, status):
    thing.refusals = [status]
    thing.becomes("ready")
    thing.page.wait_for_function("document.querySelector('.htmx-request') === null")

    expect(thing.page.locator("#part")).to_contain_text("The thing is")
    expect(thing.page.locator("#part")).to_contain_text("The thing is ready")
    assert thing.reads == 2
    expect(thing.page.locator("#toasts")).to_be_empty()


def test_what_a_person_asks_for_while_the_portal_is_away_is_refused_in_words(thing):
    thing.refusals = [503]
    thing.page.evaluate("""htmx.ajax("get", "/part", {source: "a", target: "main"}).catch(() => null)""")

    expect(thing.page.locator("#toasts")).to_have_text("The portal is restarting.")
    expect(thing.page.locator("#part")).to_contain_text("The thing is registering")


def test_every_kind_of_event_that_came_while_nobody_looked_is_told(thing):
    """The newest alone would hide the one that a part waits for."""
    thing.page.evaluate("document.addEventListener('live:thing.ready', () => { window.heard = true; })")
    thing.page.evaluate(TOLD_UNSEEN)

    assert thing.page.evaluate("window.heard") is True


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


def test_what_is_being_pressed_stays_until_it_was_clicked(thing):
    link = thing.page.get_by_role("link", name="Why")
    link.hover()
    thing.page.mouse.down()
    thing.page.evaluate("document.addEventListener('htmx:afterRequest', () => { window.answered = true; })")
    thing.becomes("ready")
    thing.page.wait_for_function("window.answered")
    thing.page.mouse.up()

    thing.page.wait_for_url("**/#reason")
    expect(thing.page.locator("#part")).to_contain_text("The thing is ready")


def test_who_stands_on_a_link_stays_there(thing):
    thing.page.get_by_role("link", name="Why").focus()
    thing.becomes("ready")

    expect(thing.page.locator("#part")).to_contain_text("The thing is ready")
    expect(thing.page.get_by_role("link", name="Why")).to_be_focused()


ROWS = """
<div id="rows" data-table data-live-topic="thing:1" data-live-kinds="thing" hx-get="/part" hx-trigger="table:refresh"
  hx-select="#rows" hx-swap="outerHTML"><table><tbody>{state}</tbody></table></div>
"""
LIST = """
<html><head>{head}</head><body data-tenant="demo"><main>{part}</main><p>Elsewhere</p>
<div id="s-status" role="status"></div>
<script id="s-words" type="application/json">{{"new_count": "{{n}} new", "new_rows": "Something changed"}}</script>
<script type="module" src="/js/pace.js"></script><script type="module" src="/js/table.js"></script>
<script type="module" src="/js/live.js"></script></body></html>
"""


class Rows(Thing):
    """A list of the portal: a row for each thing that was made."""

    def answer(self, route) -> None:
        self.state = "<tr><td><a href='#1'>Thing 1</a></td></tr>"
        route.fulfill(body=LIST.format(head=HEAD, part=ROWS.format(state=self.state)), content_type="text/html")

    def read(self, route) -> None:
        self.reads += 1
        route.fulfill(body=ROWS.format(state=self.state), content_type="text/html")

    def tell(self, kind: str) -> None:
        self.sockets[0].send(json.dumps({"topic": "thing:1", "seq": 2, "kind": kind, "subject": []}))

    def makes(self, number: int) -> None:
        self.state += f"<tr><td><a href='#{number}'>Thing {number}</a></td></tr>"
        self.tell("thing.created")


@pytest.fixture
def rows(chromium):
    page = chromium.new_page()
    yield Rows(page)
    page.close()


def test_rows_never_move_under_the_focus(rows):
    """What came meanwhile is counted and said, and shown when somebody asks."""
    rows.page.get_by_role("link", name="Thing 1").focus()
    bar = rows.page.locator(".s-live-new")
    rows.tell("thing.changed")
    expect(bar).to_have_text("Something changed")
    rows.makes(2)
    rows.makes(3)
    expect(bar).to_have_text("2 new")
    expect(rows.page.locator("#s-status")).to_have_text("2 new")
    expect(rows.page.locator("tr")).to_have_count(1)
    assert rows.reads == 0

    bar.click()
    expect(rows.page.locator("tr")).to_have_count(3)
    expect(bar).to_have_count(0)


def test_rows_that_nobody_is_at_are_asked_for_by_what_concerns_them_alone(rows):
    rows.page.get_by_text("Elsewhere").hover()
    rows.tell("run.finished")
    rows.makes(2)

    expect(rows.page.locator("tr")).to_have_count(2)
    assert rows.reads == 1

"""All shortcuts are listed by “?” in the empty search, and a “?” that is part of a word is only a sign."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.template.loader import render_to_string

pytestmark = pytest.mark.browser
SCRIPT = Path(__file__).resolve().parents[2] / "static" / "js" / "palette.js"
HERE = "http://portal.test/"


@pytest.fixture
def page(chromium):
    body = render_to_string("components/palette.html", {"url": "/search/"})
    page = chromium.new_page()
    start = '<script>window.htmx = { trigger() {} };</script><script type="module" src="/palette.js"></script>'
    html = f'<meta charset="utf-8"><body>{body}{start}'
    page.route(HERE, lambda route: route.fulfill(body=html, content_type="text/html"))
    page.route(f"{HERE}palette.js", lambda route: route.fulfill(path=SCRIPT))
    page.goto(HERE)
    page.wait_for_load_state("networkidle")
    yield page
    page.close()


def test_a_question_mark_in_the_empty_search_lists_the_shortcuts(page):
    page.keyboard.press("?")
    assert not page.is_visible("dialog"), "outside the search a single sign does nothing"
    page.keyboard.press("Control+k")
    page.keyboard.press("?")
    assert page.is_visible("[data-shortcuts] dl")
    assert page.input_value("input") == ""
    page.keyboard.press("?")
    assert not page.is_visible("[data-shortcuts] dl")


def test_a_question_mark_behind_words_is_part_of_them(page):
    page.keyboard.press("Control+k")
    page.keyboard.type("late?")
    assert page.input_value("input") == "late?"
    assert not page.is_visible("[data-shortcuts] dl")

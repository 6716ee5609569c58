"""What static/js/forms.js does to a form, on a page of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = pytest.mark.browser
SCRIPT = Path(__file__).resolve().parents[2] / "static" / "js" / "forms.js"
HERE = "http://portal.test/"
PAGE = """
<body><script type="module" src="/forms.js"></script>
<form id="choice" data-carry="#run"><input type="hidden" name="seed" value="1">
  <select name="recipe"><option>a</select></form>
<form id="run"><input type="hidden" name="csrf" value="secret">
  <input name="purpose"><input name="seed" value="1"><input name="left" value="alone">
  <input type="checkbox" name="early" checked><select name="size"><option>small<option>large</select></form>
<form><input id="id_name"><input id="id_slug" data-slug-of="id_name"></form>
"""


@pytest.fixture
def page(chromium):
    page = chromium.new_page()
    page.route(HERE, lambda route: route.fulfill(body=PAGE, content_type="text/html"))
    page.route(f"{HERE}forms.js", lambda route: route.fulfill(path=SCRIPT))
    page.goto(HERE)
    yield page
    page.close()


def test_what_was_written_goes_along_when_the_page_is_asked_for_anew(page):
    page.fill("[name=purpose]", "Do more leaves help?")
    page.fill("#run [name=seed]", "7")
    page.uncheck("[name=early]")
    page.select_option("[name=size]", "large")
    page.evaluate("document.addEventListener('submit', (event) => event.preventDefault())")
    page.evaluate("document.querySelector('#choice').requestSubmit()")
    sent = page.evaluate("Object.fromEntries(new FormData(document.querySelector('#choice')))")
    assert sent == {"recipe": "a", "purpose": "Do more leaves help?", "seed": "7", "early": "", "size": "large"}


def test_a_short_name_follows_the_name_until_it_is_written_by_hand(page):
    page.fill("#id_name", "Späte Flüge_2013!")
    assert page.input_value("#id_slug") == "spate-fluge-2013"
    page.fill("#id_slug", "late")
    page.fill("#id_name", "Flights")
    assert page.input_value("#id_slug") == "late"

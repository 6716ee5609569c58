"""What style sheets keep together and what they let wrap where the screen is narrow."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = pytest.mark.browser
STATIC = Path(__file__).resolve().parents[2] / "static" / "css"
STYLE = "".join((STATIC / f"{name}.css").read_text() for name in ("tokens", "controls", "table", "pieces"))
LONG = "od280_od315_of_diluted_wines_and_more_of_them"
MARKS = f'<ul class="s-marks">{"<li>o</li>" * 6}</ul>'
CHOICE = f'<label class="form-check"><input type="checkbox"><span>{LONG}</span></label>'
SELECT = f'<select class="form-select"><option>{LONG}</option></select>'
PLAN = f"""<div class="s-table-scroll"><table class="s-plain-table s-plan"><thead><tr><th>Line</th><th>Definition</th>
<th>Change</th></tr></thead><tbody><tr><td class="s-num">30</td><th scope="row"><code>services</code> {LONG}</th>
<td class="s-change"><div><code>views</code>: <del>{LONG} v1</del> → <ins>{LONG} v2</ins></div></td>
</tr></tbody></table></div>"""
FILTER = f'<label class="s-filter"><span>{"Differs from what models learned " * 2}</span>{SELECT}</label>'
PAGE = f"""
<style>{STYLE}</style>
<div class="s-table-scroll"><table class="s-plain-table"><tr>
  <td class="s-nowrap"><bdi>late-flights v12</bdi></td><td>{MARKS}</td><td>0.2500 log loss</td><td>The scientist</td>
</tr></table></div>
<form class="s-filters"><div class="s-filters-folded">{FILTER * 2}</div></form>
{PLAN}
<div class="s-many"><fieldset class="s-field">{CHOICE * 2}</fieldset></div>
"""
BOXES = "(selector) => [...document.querySelectorAll(selector)].map((found) => found.getBoundingClientRect().toJSON())"


@pytest.fixture
def page(chromium):
    page = chromium.new_page(viewport={"width": 390, "height": 700})
    page.set_content(PAGE)
    yield page
    page.close()


def test_the_marks_of_the_gates_and_a_versions_name_stay_in_one_line(page):
    assert len({mark["top"] for mark in page.evaluate(BOXES, ".s-marks li")}) == 1
    assert page.evaluate("document.querySelector('td bdi').getClientRects().length") == 1


def test_a_long_column_name_reaches_over_no_other_box(page):
    first, second = page.evaluate(BOXES, ".form-check span"), page.evaluate(BOXES, ".form-check input")
    assert first[0]["right"] <= second[1]["left"] or first[0]["bottom"] <= second[1]["top"]
    assert first[0]["left"] >= second[0]["right"]


def test_filters_that_are_unfolded_stand_beside_one_another_and_over_none(page):
    (first, second), boxes = page.evaluate(BOXES, ".s-filter > span"), page.evaluate(BOXES, ".s-filter > select")
    assert first["right"] <= second["left"] and boxes[0]["right"] <= boxes[1]["left"]
    assert boxes[0]["top"] == boxes[1]["top"] and boxes[1]["right"] <= 390


def test_what_a_plan_changes_is_read_without_moving_it(page):
    [change] = page.evaluate(BOXES, ".s-change")
    assert change["left"] >= 0 and change["right"] <= 390
    frame = page.locator(".s-table-scroll:has(.s-plan)")
    assert frame.evaluate("(e) => e.scrollWidth <= e.clientWidth")

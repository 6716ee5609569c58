"""What style sheets keep together and what they let wrap where the screen is narrow."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.template.loader import render_to_string

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
PERIODS = [("first", "The first full period (September 2013)", True), ("before", f"The one before {LONG}", False)]
PAGE = f"""
<style>{STYLE}</style>
<div class="s-table-scroll"><table class="s-plain-table"><tr>
  <td class="s-nowrap"><bdi>late-flights v12</bdi></td><td>{MARKS}</td><td>0.2500 log loss</td><td>The scientist</td>
</tr></table></div>
<form class="s-filters"><div class="s-filters-folded">{FILTER * 2}</div></form>
{PLAN}
<div class="s-many"><fieldset class="s-field">{CHOICE * 2}</fieldset></div>
"""
# How much of a select's inside the words that are chosen leave over.
ROOM = """(selector) => {
  const select = document.querySelector(selector), style = getComputedStyle(select);
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = style.font;
  const inside = select.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  return inside - pen.measureText(select.selectedOptions[0].label).width;
}"""
BOXES = "(selector) => [...document.querySelectorAll(selector)].map((found) => found.getBoundingClientRect().toJSON())"


@pytest.fixture
def page(chromium):
    page = chromium.new_page(viewport={"width": 390, "height": 700})
    choices = [{"value": value, "label": label, "current": current} for value, label, current in PERIODS]
    held = render_to_string("features/partials/held_against.html", {"choices": choices})
    page.set_content(f'{PAGE}<form class="s-filters">{held}</form>')
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
    (first, second), boxes = (
        page.evaluate(BOXES, f".s-filters-folded .s-filter > {name}") for name in ("span", "select")
    )
    assert first["right"] <= second["left"] and boxes[0]["right"] <= boxes[1]["left"]
    assert boxes[0]["top"] == boxes[1]["top"] and boxes[1]["right"] <= 390


def test_what_a_plan_changes_is_read_without_moving_it(page):
    [change] = page.evaluate(BOXES, ".s-change")
    assert change["left"] >= 0 and change["right"] <= 390
    frame = page.locator(".s-table-scroll:has(.s-plan)")
    assert frame.evaluate("(e) => e.scrollWidth <= e.clientWidth")


def test_what_a_feature_is_held_against_is_read_whole_and_its_choice_stays_on_the_screen(page):
    (select,) = page.evaluate(BOXES, "#against")
    assert select["left"] >= 0 and select["right"] <= 390
    assert page.evaluate(ROOM, "#against") > 0
    assert page.get_attribute("#against", "title") == PERIODS[0][1]

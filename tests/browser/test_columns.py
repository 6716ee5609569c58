"""Columns are as wide as a reader wants them: dragged by mouse, or with names whole by the column menu."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from foundation.web.styleguide.samples import LONG
from tests.browser.test_styleguide import guide, visit

__all__ = ["guide", "visit"]
pytestmark = pytest.mark.browser
# Whether a name stands whole: no part of it is cut, nor reaches out of its cell.
WHOLE = """(name) => {
  const cell = name.closest("td").getBoundingClientRect();
  return [...name.children].slice(0, 2).every((part) => {
    const words = document.createRange();
    words.selectNodeContents(part);
    const inside = [...words.getClientRects()].every((at) => at.left >= cell.left - 1 && at.right <= cell.right + 1);
    return inside && (part.scrollWidth <= part.clientWidth + 1 || getComputedStyle(part).overflowX === "visible");
  });
}"""
# How far from the start of its cell each name's words stand.
STARTS = """(names) => names.map((name) => {
  const cell = name.closest("td").getBoundingClientRect();
  const parts = [...name.children].slice(0, 2).map((part) => part.getBoundingClientRect());
  if (document.documentElement.dir === "rtl") return cell.right - Math.max(...parts.map((part) => part.right));
  return Math.min(...parts.map((part) => part.left)) - cell.left;
})"""
FITS = "() => document.documentElement.scrollWidth <= innerWidth"


def drag(page, column, by):
    """Take the lower corner at the end of a column's head and move it."""
    box = page.locator(f"[data-col={column}]").bounding_box()
    rtl = page.locator("html").get_attribute("dir") == "rtl"
    x, y = box["x"] + (3 if rtl else box["width"] - 3), box["y"] + box["height"] - 3
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + by / 2, y, steps=4)
    page.mouse.move(x + by, y, steps=4)
    page.mouse.up()


def width_of(page, column):
    return page.locator(f"th:has([data-col={column}])").bounding_box()["width"]


@pytest.mark.parametrize(("language", "outwards"), [("en", 1), ("ar", -1)])
def test_a_dragged_column_shows_the_whole_name_and_outlives_a_sort(visit, language, outwards):
    page = visit("lists/", language=language)
    name = page.locator("tbody .s-name", has_text=LONG[:30]).first
    before = width_of(page, "name")
    assert not name.evaluate(WHOLE), "it is too long for the column as it stands"
    assert name.get_attribute("title") == LONG

    drag(page, "name", outwards * 420)
    assert width_of(page, "name") >= before + 300
    assert name.evaluate(WHOLE)
    starts = page.locator("tbody .s-name").evaluate_all(STARTS)
    assert max(starts) - min(starts) <= 2, "names of either direction begin at the column's own start"
    assert page.evaluate(FITS), "what is wider than the page scrolls within the table's own place"

    wide = width_of(page, "name")
    page.locator(".s-sort").nth(1).click()
    expect(page).to_have_url(re.compile("sort="))
    expect(page.locator("th[aria-sort=ascending] [data-col=name]")).to_have_count(0)
    assert width_of(page, "name") == pytest.approx(wide, abs=2)

    drag(page, "name", -outwards * 700)
    assert width_of(page, "name") < before + 20


@pytest.mark.parametrize("width", [390, 1440])
def test_by_keyboard_names_are_shown_whole_and_the_address_says_so(visit, width):
    page = visit("lists/", viewport={"width": width, "height": 844})
    page.locator(".s-table-menu summary").first.focus()
    page.keyboard.press("Enter")
    box = page.get_by_role("checkbox", name="Names whole, however long")
    box.focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Apply").first.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("names=whole"))
    name = page.locator("tbody .s-name", has_text=LONG[:30]).first
    assert name.evaluate(WHOLE)
    assert width / 2 < name.bounding_box()["width"] < 0.7 * width or name.bounding_box()["height"] < 60
    assert page.evaluate(FITS)
    page.locator(".s-sort").nth(1).click()
    expect(page).to_have_url(re.compile("(?=.*names=whole)(?=.*sort=)"))


def test_a_head_stays_in_sight_and_a_finger_finds_no_edge_to_drag(visit):
    page = visit("lists/")
    drag(page, "name", 420)
    place, head = page.locator(".s-table-scroll"), page.locator("thead th").first
    assert min(place.evaluate("(place) => (place.scrollTo(200, 150), [place.scrollLeft, place.scrollTop])")) > 0
    assert head.bounding_box()["y"] == pytest.approx(place.bounding_box()["y"], abs=2)
    assert head.bounding_box()["x"] == pytest.approx(place.bounding_box()["x"], abs=2)
    phone = visit("lists/", viewport={"width": 390, "height": 844})
    assert phone.locator("[data-col=name]").evaluate("(col) => getComputedStyle(col).resize") == "none"

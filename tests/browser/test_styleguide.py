"""Every component in a real browser: accessible, inside the security policy, within the screen, by keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.axe import LOOKS, SETTLED, Axe
from tests.browser.conftest import WATCH
from tests.browser.styleguide_server import styleguide_server

pytestmark = pytest.mark.browser
PARTS = ("page", "lists", "forms", "views", "feedback")


@pytest.fixture(scope="module")
def guide():
    with styleguide_server() as address:
        yield address


@pytest.fixture
def visit(chromium, guide):
    contexts = []

    def open_part(part, *, language="en", **options):
        context = chromium.new_context(
            **{"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce", **options}
        )
        contexts.append(context)
        context.add_cookies([{"name": "django_language", "value": language, "url": guide}])
        page = context.new_page()
        page.add_init_script(WATCH)
        page.goto(f"{guide}/styleguide/{part}")
        if part.startswith("views") and options.get("java_script_enabled", True):
            page.locator("#L159").wait_for()
            # A chart is drawn when it is seen; the log, where it comes first, pushes the second one out of sight.
            page.locator("[data-chart]").nth(1).scroll_into_view_if_needed()
            page.locator(".js-plotly-plot").nth(1).wait_for()
            page.evaluate("scrollTo(0, 0)")
        return page

    yield open_part
    for context in contexts:
        context.close()


def test_values_are_text_in_charts_and_in_their_csv(visit):
    page = visit("views/")
    lines = page.evaluate(
        """async () => {
            const main = document.querySelector("script[type=module]").src;
            const { csv } = await import(main.replace(/[^/]+$/, "chart_parts.js"));
            return csv([["x"], [["=1+1"], [-5], ["\uff1dA1"], ["plain"]]]).split("\\r\\n");
        }"""
    )
    assert lines == ["x", "'=1+1", "-5", "'\uff1dA1", "plain"]
    shown = page.evaluate(
        """async () => {
            const chart = document.querySelector("[data-chart]").chart;
            const y = ['<a href="https://evil.example">x</a> & y'];
            const layout = { yaxis: { type: "category" } };
            chart.given = { data: [{ type: "bar", orientation: "h", x: [1], y }], layout };
            await chart.paint();
            return [chart.plot.querySelectorAll("svg a").length, chart.plot.querySelector(".ytick text").textContent];
        }"""
    )
    assert shown == [0, '<a href="https://evil.example">x</a> & y']


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("part", PARTS)
def test_axe_and_the_content_security_policy_find_nothing(visit, part, language):
    page, axe, found = visit(f"{part}/", language=language, color_scheme="light"), Axe(), []
    for scheme, rules, colours in LOOKS[language]:
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(SETTLED)
        found += [(scheme, one["id"], one["html"][:120]) for one in axe.faults(page, rules, colours=colours)]
    assert found == []
    assert page.evaluate("window.refused") == []


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("part", PARTS)
def test_no_page_is_wider_than_the_screen(visit, part, language):
    page = visit(f"{part}/", language=language, viewport={"width": 320, "height": 800})
    for width in (320, 390, 720):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_first_tab_leads_to_the_content(visit):
    page = visit("page/")
    page.keyboard.press("Tab")
    expect(page.locator(".s-skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_sorting_keeps_its_state_in_the_address_and_comes_back(visit):
    page = visit("lists/")
    page.get_by_role("link", name="Rows").click()
    expect(page).to_have_url(re.compile(r"sort=rows"))
    expect(page.locator("tbody tr").first).to_contain_text("2,458")
    expect(page.get_by_role("columnheader", name="Rows")).to_have_attribute("aria-sort", "ascending")
    page.reload()
    expect(page.locator("tbody tr").first).to_contain_text("2,458")
    page.go_back()
    expect(page.locator("tbody tr").first).to_contain_text("336,776")


def test_filtering_keeps_the_sort_and_the_count_is_right(visit):
    page = visit("lists/?sort=rows")
    page.get_by_role("searchbox").fill("weather")
    expect(page.locator("#rows [data-announce]")).to_have_text("1–21 of 21")
    expect(page).to_have_url(re.compile(r"(?=.*q=weather)(?=.*sort=rows)"))
    page.get_by_role("searchbox").fill("no such thing")
    expect(page.locator("#rows")).to_contain_text("Nothing matches these filters.")


PHONE = {"viewport": {"width": 390, "height": 844}}


def filters(page):
    return page.locator("#rows-filters")


def test_on_a_phone_many_filters_are_folded_and_a_keyboard_opens_them(visit):
    page = visit("lists/", **PHONE)
    fold, state = page.locator(".s-filters-fold > summary"), filters(page).get_by_label("State")
    expect(page.get_by_role("searchbox")).to_be_visible()
    expect(page.locator("tbody tr").first).to_be_in_viewport()
    expect(state).to_be_hidden()
    page.get_by_role("searchbox").focus()
    page.keyboard.press("Tab")
    expect(fold).to_be_focused()
    page.keyboard.press("Enter")
    expect(state).to_be_visible()
    page.keyboard.press("Tab")
    expect(state).to_be_focused()
    state.select_option("failed")
    expect(fold).to_have_text("Filters (1)")
    expect(page).to_have_url(re.compile("state=failed"))
    expect(state).to_be_visible()


def test_a_filter_that_is_set_stands_open_on_a_phone_also_without_script(visit):
    page = visit("lists/?state=failed&owner=scientist", java_script_enabled=False, **PHONE)
    expect(page.locator(".s-filters-fold > summary")).to_have_text("Filters (2)")
    expect(filters(page).get_by_label("State")).to_have_value("failed")
    expect(filters(page).get_by_label("Owner")).to_be_visible()
    page = visit("lists/?q=weather", java_script_enabled=False, **PHONE)
    expect(filters(page).get_by_label("State")).to_be_hidden()


def test_on_a_wide_screen_no_filter_is_folded(visit):
    page = visit("lists/")
    expect(page.locator(".s-filters-fold > summary")).to_be_hidden()
    tops = {round(filters(page).get_by_label(name).bounding_box()["y"]) for name in ("State", "Owner", "Version")}
    assert len(tops) == 1
    page.get_by_role("searchbox").focus()
    page.keyboard.press("Tab")
    expect(filters(page).get_by_label("State")).to_be_focused()


def test_arrows_walk_the_rows(visit):
    page = visit("lists/")
    page.locator("tbody a").first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("tbody tr").nth(1).locator("a")).to_be_focused()


def test_columns_and_page_size_are_chosen(visit):
    page = visit("lists/")
    page.locator(".s-table-menu").filter(has=page.get_by_role("checkbox", name="Owner", include_hidden=True)).locator(
        "summary"
    ).click()
    page.get_by_role("checkbox", name="Owner").uncheck()
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("columnheader", name="Owner")).to_have_count(0)
    expect(page.get_by_role("columnheader", name="State")).to_have_count(1)
    page.locator("#rows-size").select_option("50")
    expect(page.locator("#rows [data-announce]")).to_have_text("1–50 of 137")
    expect(page.get_by_role("columnheader", name="Owner")).to_have_count(0)


def test_without_script_links_forms_and_menus_work(visit):
    page = visit("lists/", java_script_enabled=False)
    page.get_by_role("link", name="Rows").click()
    expect(page.locator("tbody tr").first).to_contain_text("2,458")
    page.get_by_role("searchbox").fill("weather")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("#rows")).to_contain_text("of 21")
    page.locator(".s-person summary").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_the_side_bar_opens_on_a_phone_without_script(visit):
    page = visit("page/", java_script_enabled=False, viewport={"width": 390, "height": 844})
    expect(page.locator("#sidebar")).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    expect(page.locator("#sidebar")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#sidebar")).to_be_hidden()


def test_the_theme_changes_at_once_and_stays(visit):
    page = visit("page/")
    page.locator(".s-person summary").click()
    with page.expect_response("**/preferences/"):
        page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(page.locator("body")).to_have_css("background-color", "rgb(16, 20, 21)")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_the_language_turns_the_page_round(visit):
    page = visit("page/")
    page.locator(".s-person summary").click()
    page.get_by_role("button", name="العربية").click()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    assert page.locator("#sidebar").bounding_box()["x"] > 1000


def test_a_destructive_act_wants_the_name_typed(visit):
    page = visit("forms/")
    page.get_by_role("button", name="Delete dataset").first.click()
    go = page.locator("#confirm [data-yes]")
    expect(go).to_be_disabled()
    page.locator("#confirm-name").fill("flights")
    expect(go).to_be_enabled()
    with page.expect_request(lambda request: request.method == "POST"):
        go.click()


def test_a_broken_chain_says_why_and_shows_the_digest_on_focus(visit):
    page = visit("page/")
    strip = page.get_by_role("navigation", name="A broken chain")
    expect(strip).to_contain_text("Signature invalid: model.onnx was changed after it was signed.")
    node = strip.locator("a.s-chain-node").nth(4)
    node.focus()
    tip = page.locator(f"#{node.get_attribute('data-chain-node')}")
    expect(tip).to_be_visible()
    expect(tip).to_contain_text("sha256:9f2c41d0")
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()


def test_errors_take_the_focus_and_lead_to_their_fields(visit):
    page = visit("forms/")
    expect(page.locator("#faulty [role=alert]")).to_be_focused()
    page.locator("#faulty [role=alert] a").first.click()
    expect(page.locator("#faulty [name=name]")).to_be_focused()


def test_a_notice_of_the_server_is_shown_and_closed(visit):
    page = visit("feedback/")
    page.get_by_role("button", name="Save").click()
    notice = page.locator("#toasts .s-toast")
    expect(notice).to_contain_text("Saved. Revision 7 takes")
    notice.get_by_role("button", name="Close").click()
    expect(notice).to_have_count(0)

"""What holds for all pages alike: access, languages, themes, history, no script, neighbours; and traffic that moves."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from playwright.sync_api import TimeoutError, expect

from tests.browser.axe import LOOKS, SETTLED, Axe
from tests.browser.conftest import enter
from tests.browser.pages import addresses
from tests.browser.way import ONLY_HERE, stays_the_same_page

pytestmark = [pytest.mark.browser, pytest.mark.slow]


DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
FITS = "() => document.documentElement.scrollWidth <= innerWidth"


@pytest.mark.parametrize("language", ["en", "ar"])
def test_no_page_stands_in_anybodys_way_is_wider_than_a_phone_or_leads_nowhere(as_person, portal, world, language):
    page, axe, found = as_person(f"reader-{language}", color_scheme="light"), Axe(), {}
    looks = [*LOOKS[language], None]  # the last is a phone's width
    shown = addresses(world)
    # A page whose thing is missing is left out; these are whole kinds of things.
    assert {"on_demand", "derived_feature", "history", "training_set", "service"} <= shown.keys()
    for name, path in shown.items():
        answer = page.goto(portal.url + path)
        assert answer.status == 200, f"{path} answers {answer.status}"
        assert page.locator("html").get_attribute("dir") == {"en": "ltr", "ar": "rtl"}[language]
        for look in looks:
            if look is None and not fits_a_phone(page):
                found.setdefault("wider than a phone", []).append(name)
            elif look is not None:
                for fault in faults(axe, page, *look):
                    found.setdefault(fault, []).append(name)
        for link in page.locator("a[href='']").all_text_contents():
            found.setdefault(f"leads nowhere: {link}", []).append(name)
        # The next page begins as this one ends, so that none is laid out and painted anew more often than it has to be.
        looks.reverse()
    assert found == {}


def faults(axe, page, scheme, rules, colours):
    """What of consequence axe finds on the page in a scheme, as sentences."""
    page.set_viewport_size(DESK)
    page.emulate_media(color_scheme=scheme)
    page.wait_for_function(SETTLED)
    grave = [one for one in axe.faults(page, rules, colours=colours) if one["impact"] in {"serious", "critical"}]
    return [f"{scheme}, {one['id']}: {one['html'][:160]}" for one in grave]


def fits_a_phone(page):
    page.set_viewport_size(PHONE)
    page.wait_for_function(SETTLED)
    try:
        page.wait_for_function(FITS, timeout=3000)  # charts follow behind the window
    except TimeoutError:
        return False
    return True


def test_the_rows_of_a_neighbour_are_not_there(as_person, portal, neighbour):
    page = as_person("scientist")
    theirs = f"{portal.url}/t/{neighbour['tenant']}/"
    for address in (
        theirs,
        f"{theirs}p/{neighbour['project']}/data/",
        portal.page("data/", neighbour["project"]),
        portal.page(f"data/{neighbour['dataset']}/"),
        portal.page(f"data/versions/{neighbour['version']}/"),
    ):
        answer = page.goto(address)
        assert answer.status == 404, address
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert "Ships" not in page.content()


def test_sign_in_forms_and_filters_work_without_script(chromium, portal, world):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    enter(page, portal, "scientist")
    page.goto(f"{portal.url}/t/demo/projects/new/")
    page.get_by_role("button", name="Create project").click()
    expect(page.locator("main [role=alert]")).to_be_visible()
    slug = f"plain-{uuid4().hex[:6]}"
    page.get_by_label("Name", exact=True).fill("Plain")
    page.get_by_label("Short name").fill(slug)
    page.get_by_label("Purpose").fill("Show that links and forms are enough")
    page.get_by_role("button", name="Create project").click()
    page.wait_for_url(f"**/p/{slug}/**")
    page.goto(portal.page("data/"))
    page.get_by_role("searchbox").first.fill("weather")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("main tbody tr")).to_have_count(1)
    page.goto(portal.page(f"deployments/{world['deployment']}/try/"))
    page.get_by_role("button", name="Ask for a prediction").click()
    expect(page.get_by_text("Answered in")).to_be_visible()
    context.close()


def test_what_a_swap_changed_is_in_the_address_and_comes_back(as_person, portal, world):
    page = as_person("scientist")
    page.goto(portal.page("data/"))
    rows = page.locator("main tbody tr")
    everything = rows.count()
    page.evaluate(ONLY_HERE)
    page.get_by_role("searchbox").first.fill("weather")
    expect(rows).to_have_count(1)
    stays_the_same_page(page)
    expect(page).to_have_url(re.compile("q=weather"))
    page.reload()
    expect(rows).to_have_count(1)
    expect(page.locator("#sidebar")).to_be_visible()
    page.goto(portal.page("experiments/"))
    page.go_back()
    expect(rows).to_have_count(1)
    page.go_back()
    expect(rows).to_have_count(everything)
    page.go_forward()
    expect(rows).to_have_count(1)


def test_traffic_of_the_past_moves_the_page(as_person, portal, world):
    page = as_person("scientist")
    page.goto(portal.page(f"monitoring/{world['monitor']}/"))
    page.locator("#replay-controls").get_by_label("Rows a second").fill("100")
    page.get_by_role("button", name="Set the speed").click()
    page.get_by_role("button", name="From the beginning").click()
    bar = page.locator("#replay-progress progress")
    expect(page.locator("#replay-progress")).to_contain_text("Playing")
    page.evaluate(ONLY_HERE)
    stood = bar.get_attribute("value")
    expect(bar).not_to_have_attribute("value", stood)
    stays_the_same_page(page)
    page.goto(portal.page(f"deployments/{world['deployment']}/"))
    page.evaluate(ONLY_HERE)
    expect(page.locator("#chart-live .js-plotly-plot")).to_be_visible()
    stays_the_same_page(page)


def test_an_alert_says_its_cause_and_is_acknowledged(as_person, portal, world):
    page = as_person("scientist")
    page.goto(portal.page("monitoring/"))
    expect(page.locator("main .s-headline")).to_contain_text("moved in Late flights")
    expect(page.get_by_role("link", name="Look at the newest")).to_be_visible()
    page.goto(portal.page(f"monitoring/{world['monitor']}/?tab=alerts&state=open"))
    page.locator("main tbody a").first.click()
    expect(page.get_by_text("Population stability index")).to_be_visible()
    expect(page.locator("#distribution .js-plotly-plot")).to_be_visible()
    page.locator("#acknowledge textarea").fill("Winter; the season was not in training.")
    page.locator("#acknowledge").get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Acknowledged")


def test_the_rest_reference_is_drawn_and_nothing_of_it_is_refused(as_person, portal):
    page = as_person("reader-en")
    page.goto(f"{portal.url}/api/v1/docs/")

    expect(page.locator("#swagger-ui .opblock").first).to_be_visible()
    assert page.evaluate("window.refused") == []


def test_a_token_that_a_snippet_asked_for_is_before_ones_eyes_and_leads_back(as_person, portal, world):
    page = as_person("scientist")
    use = portal.page(f"deployments/{world['deployment']}/?tab=use")
    page.goto(use)
    page.get_by_role("link", name="Make a token").first.click()
    page.get_by_label("Name", exact=True).fill("A snippet's token")
    page.get_by_role("button", name="Create token").click()
    expect(page.locator("#made pre").first).to_contain_text("snd_")
    note, top = page.locator("#made .s-note"), page.locator(".s-top")
    assert note.bounding_box()["y"] >= top.bounding_box()["height"], "the top line hides what the token is"
    expect(page.locator("#made pre").first).to_be_in_viewport()
    page.get_by_role("link", name="Back to the page").click()
    expect(page).to_have_url(use)

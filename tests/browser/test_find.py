"""A long list of boxes, as an organisation chooses its zones: looked through by script, whole without one."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.template.loader import render_to_string
from django.utils import translation

pytestmark = pytest.mark.browser
SCRIPT = Path(__file__).resolve().parents[2] / "static" / "js" / "find.js"
HERE = "http://portal.test/"
START = """<script type="module">
import { enhance } from "/find.js";
document.querySelectorAll("[data-find]").forEach(enhance);
document.body.dataset.ready = "yes";
</script>"""


def page_of(chromium, language, *, with_script=True):
    """The field in a form, with Saudi Arabia chosen already."""
    from apps.tenants.forms import TenantForm

    with translation.override(language):
        field = render_to_string("components/field.html", {"field": TenantForm(initial={"zones": ["SA"]})["zones"]})
    body = f'<meta charset="utf-8"><body><form>{field}</form>{START if with_script else ""}'
    page = chromium.new_page()
    page.route(HERE, lambda route: route.fulfill(body=body, content_type="text/html"))
    page.route(f"{HERE}find.js", lambda route: route.fulfill(path=SCRIPT))
    page.goto(HERE)
    if with_script:
        page.wait_for_selector("body[data-ready]")
    return page


def shown(page):
    """The values of the boxes under the fold that stand there."""
    return page.eval_on_selector_all("details label:not([hidden]) input", "boxes => boxes.map((box) => box.value)")


def test_a_country_is_found_by_its_name_and_ticked_by_keyboard(chromium):
    page = page_of(chromium, "en")
    assert len(shown(page)) > 240
    page.focus("summary")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("cote d")
    assert shown(page) == ["CI"]
    page.keyboard.press("Enter")
    assert page.url == HERE, "Enter in the search sends no form"
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.fill("[type=search]", "qatar")
    assert shown(page) == ["CI", "QA"], "what is ticked stays in sight"
    sent = page.evaluate("new FormData(document.querySelector('form')).getAll('zones')")
    assert sent == ["SA", "CI"]
    page.fill("[type=search]", "atlantis")
    assert page.is_visible("[data-none]")
    page.close()


def test_in_arabic_however_a_letter_is_written_and_by_the_code(chromium):
    page = page_of(chromium, "ar")
    page.click("summary")
    page.fill("[type=search]", "الاردن")
    assert shown(page) == ["JO"], "without the hamza of الأردن"
    page.fill("[type=search]", "om")
    assert shown(page) == ["OM"]
    page.close()


def test_without_a_script_all_of_it_can_be_ticked(chromium):
    page = page_of(chromium, "en", with_script=False)
    page.click("summary")
    assert not page.is_visible("[type=search]")
    page.check("details [value=OM]")
    assert page.is_checked("[value=SA]")
    page.close()

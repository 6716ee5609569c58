"""The nine steps of one model in a real browser on a real portal, walked by three people."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.browser import thin
from tests.browser.way import LONG, Administrator, Officer, Scientist

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_three_people_bring_one_model_from_a_file_to_a_proof(as_person, portal, tmp_path):
    project = f"delays-{uuid4().hex[:6]}"
    Administrator(as_person("admin"), portal).sees_who_is_in()
    scientist, officer = Scientist(as_person("scientist"), portal, project), Officer(as_person("officer"), portal)
    scientist.makes_a_project()
    scientist.uploads(str(thin.departures(tmp_path, 40)))
    _uploads_without_script(as_person("scientist", java_script_enabled=False), scientist)
    scientist.defines_a_view()
    scientist.makes_a_training_set()
    scientist.starts_a_run()
    scientist.registers()
    case = scientist.asks_for_promotion()
    officer.approves(case)
    scientist.sees_production_come()
    scientist.deploys(1)
    scientist.tries_it()
    scientist.deploys(2)
    scientist.splits_and_rolls_back()
    officer.reports(project)
    officer.verifies_the_ledger()


def _uploads_without_script(page, scientist):
    """The same form as a plain one: file, review, commit."""
    page.goto(scientist.here("data/new/"))
    page.locator("[name=name]").fill("weather")
    page.locator("#upload-file").set_input_files(str(thin.flights.files()["weather"]))
    page.locator("main").get_by_role("button", name="Add data").click()
    page.wait_for_url("**/data/versions/**", timeout=LONG)
    commit = page.get_by_role("button", name="Commit version")
    for _again in range(120):
        if commit.count():
            break
        page.wait_for_timeout(500)
        page.reload()
    page.get_by_role("button", name="Take all suggestions").click()
    expect(page.get_by_text("has a class now")).to_be_visible(timeout=LONG)
    commit.click()
    expect(page.get_by_text("nothing can change them any more")).to_be_visible(timeout=LONG)

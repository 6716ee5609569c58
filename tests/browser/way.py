"""The way of one model as people walk it on the pages, step by step; each step begins where the one before ended."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from tests.browser.portal import Portal

# One run of a recipe or one start of a replica on a machine that does other things as well.
LONG = 120_000
WEATHER_SQL = """
SELECT origin, time_hour AS observed_at, temp, wind_speed, precip, visib
FROM weather
"""
ONLY_HERE = "window.notReloaded = true"


def stays_the_same_page(page: Page) -> None:
    """What was awaited came by the socket: the page was not loaded anew since ONLY_HERE."""
    assert page.evaluate("window.notReloaded") is True


def state(page: Page, word: str, *, within: int = LONG) -> None:
    """The badge beside the heading comes to say this word by itself."""
    expect(page.get_by_role("heading", level=1)).to_contain_text(word, timeout=within)


class Scientist:
    """Whoever builds; the page stays open from step to step."""

    def __init__(self, page: Page, portal: Portal, project: str) -> None:
        self.page, self.portal, self.project = page, portal, project

    def here(self, path: str = "") -> str:
        return self.portal.page(path, self.project)

    def makes_a_project(self) -> None:
        page = self.page
        page.goto(f"{self.portal.url}/t/demo/projects/new/")
        page.get_by_label("Name", exact=True).fill("Delays")
        page.get_by_label("Short name").fill(self.project)
        page.get_by_label("Purpose").fill("Tell passengers early that a flight will be late")
        page.get_by_role("button", name="Create project").click()
        page.wait_for_url(f"**/p/{self.project}/**")

    def uploads(self, file: str) -> None:
        """Progress, then a review of what was found, then the commit."""
        page = self.page
        page.goto(self.here("data/new/"))
        page.locator("#upload-file").set_input_files(file)
        expect(page.locator("[data-upload-state]")).to_be_visible()
        page.locator("main").get_by_role("button", name="Add data").click()
        page.wait_for_url("**/data/versions/**", timeout=LONG)
        page.evaluate(ONLY_HERE)
        expect(page.get_by_role("heading", name="What was found")).to_be_visible(timeout=LONG)
        expect(page.get_by_role("row", name=re.compile("scheduled_departure")).first).to_be_visible()
        page.get_by_role("button", name="Take all suggestions").click()
        expect(page.get_by_text("has a class now")).to_be_visible(timeout=LONG)
        page.get_by_role("button", name="Commit version").click()
        expect(page.get_by_text("nothing can change them any more")).to_be_visible(timeout=LONG)

    def defines_a_view(self) -> None:
        page = self.page
        page.goto(self.here("features/views/new/"))
        page.locator("textarea[name=sql]").fill(WEATHER_SQL)
        page.get_by_role("button", name="Show the first rows").click()
        expect(page.get_by_role("heading", name=re.compile("first .*rows"))).to_be_visible(timeout=LONG)
        expect(page.locator("#define")).to_contain_text("wind_speed")
        for field, value in {
            "name": "weather_at_origin",
            "new_entity": "origin",
            "join_keys": "origin",
            "event_time": "observed_at",
            "ttl": "6",
        }.items():
            page.locator(f"#define [name={field}]").fill(value)
        page.get_by_role("button", name="Define view").click()
        page.wait_for_url("**/features/views/*-*/", timeout=LONG)
        expect(page.get_by_text(re.compile("rows are computed"))).to_be_visible(timeout=LONG)

    def makes_a_training_set(self) -> None:
        page = self.page
        page.goto(self.here("features/training-sets/new/"))
        base = page.locator("#base")
        base.select_option(label=base.locator("option", has_text="departures").inner_text())
        page.wait_for_url("**base=**")
        page.locator("[name=name]").fill("late")
        page.locator("[name=label]").select_option("late")
        page.locator("[name=event_time]").select_option("scheduled_departure")
        page.get_by_role("checkbox", name=re.compile("weather_at_origin")).check()
        page.get_by_role("button", name="Make training set").click()
        page.wait_for_url("**/training-sets/*-*/", timeout=LONG)
        expect(page.get_by_text(re.compile("0 values are younger than their label"))).to_be_visible(timeout=LONG)
        expect(page.get_by_text("Nothing leaked")).to_be_visible()

    def starts_a_run(self) -> None:
        """Log, curve and state move without a reload, until the run has succeeded."""
        page = self.page
        page.goto(self.here("experiments/new/"))
        page.get_by_role("button", name="Start run").click()
        page.wait_for_url("**/experiments/*-*/", timeout=LONG)
        page.evaluate(ONLY_HERE)
        expect(page.locator("[data-log-lines] .s-log-line").first).to_be_visible(timeout=LONG)
        expect(page.locator(".js-plotly-plot .scatterlayer .trace").first).to_be_attached(timeout=LONG)
        state(page, "Succeeded")
        expect(page.locator("#run-result")).to_contain_text("ROC AUC")
        stays_the_same_page(page)

    def registers(self) -> None:
        page = self.page
        page.get_by_role("link", name="Register model").click()
        page.locator("[name=name]").fill(self.project)
        page.get_by_role("button", name="Register", exact=True).click()
        page.wait_for_url("**/models/versions/**", timeout=LONG)
        page.evaluate(ONLY_HERE)
        state(page, "Candidate")
        stays_the_same_page(page)

    def asks_for_promotion(self) -> str:
        """Answers the case's address; whoever asks reads there why somebody else decides."""
        page, version = self.page, self.page.url
        page.get_by_role("button", name="Ask for promotion").click()
        page.wait_for_url("**/approvals/**", timeout=LONG)
        case = page.url
        expect(page.get_by_role("button", name=re.compile("Approve"))).to_have_attribute("aria-disabled", "true")
        expect(page.locator("#decide .s-why")).not_to_be_empty()
        page.goto(version)
        page.evaluate(ONLY_HERE)
        return case

    def sees_production_come(self) -> None:
        state(self.page, "Production")
        stays_the_same_page(self.page)

    def deploys(self, revision: int) -> None:
        page = self.page
        page.goto(self.here("deployments/new/"))
        page.locator("[name=slug]").fill(self.project)
        page.get_by_role("button", name="Deploy", exact=True).click()
        page.wait_for_url("**/deployments/*-*/", timeout=LONG)
        row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=str(revision), exact=True))
        page.evaluate(ONLY_HERE)
        expect(row).to_contain_text("Ready", timeout=LONG)
        state(page, "Answers")
        stays_the_same_page(page)

    def tries_it(self) -> None:
        page = self.page
        page.get_by_role("link", name="Try it").click()
        page.get_by_role("button", name="Ask for a prediction").click()
        expect(page.get_by_text("Answered in")).to_be_visible(timeout=30_000)
        expect(page.locator("#answer")).to_contain_text("Probability of")

    def splits_and_rolls_back(self) -> None:
        page = self.page
        page.get_by_role("link", name="Traffic").click()
        shares = page.locator("input.s-share")
        expect(shares).to_have_count(2)
        for place in range(2):
            shares.nth(place).fill("50")
        page.get_by_role("button", name="Change the split").click()
        expect(page.get_by_text("The split is changed")).to_be_visible()
        expect(shares.first).to_have_value("50")
        expect(shares.last).to_have_value("50")
        page.get_by_role("button", name="Roll back to revision 1").click()
        page.locator("#confirm [data-yes]").click()
        first = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="1", exact=True))
        expect(first.locator("input.s-share")).to_have_value("100", timeout=30_000)


class Officer:
    """Whoever decides and reads what is proven."""

    def __init__(self, page: Page, portal: Portal) -> None:
        self.page, self.portal = page, portal

    def approves(self, case: str) -> None:
        page = self.page
        page.goto(f"{self.portal.url}/t/demo/approvals/")
        page.locator(f"main a[href='{urlsplit(case).path}']").first.click()
        page.wait_for_url(case)
        expect(page.get_by_text("It waits for you")).to_be_visible()
        page.locator("#decide [name=reason]").fill("Gates passed; figures and purpose read.")
        page.get_by_role("button", name="Approve").click()
        state(page, "Approved", within=30_000)
        expect(page.get_by_text("On the digest")).to_be_visible()

    def reports(self, model: str) -> None:
        page = self.page
        page.goto(f"{self.portal.url}/t/demo/compliance/")
        choice = page.locator("#make select[name=model_version]")
        choice.select_option(label=choice.locator("option", has_text=model).first.inner_text())
        page.locator("#make").get_by_role("button", name="Make report").click()
        page.wait_for_url("**/compliance/reports/**")
        expect(page.get_by_role("link", name="Read the report")).to_be_visible(timeout=LONG)
        with page.expect_download() as download:
            page.get_by_role("link", name="PDF").click()
        assert download.value.path().read_bytes().startswith(b"%PDF")

    def verifies_the_ledger(self) -> None:
        page = self.page
        page.goto(f"{self.portal.url}/t/demo/activity/record/")
        page.get_by_role("button", name="Verify the ledger").click()
        expect(page.get_by_text("The record is whole", exact=True)).to_be_visible(timeout=LONG)


class Administrator:
    """Whoever lets people and programs in."""

    def __init__(self, page: Page, portal: Portal) -> None:
        self.page, self.portal = page, portal

    def sees_who_is_in(self) -> None:
        self.page.goto(f"{self.portal.url}/t/demo/settings/members/")
        for role in ("scientist", "officer", "admin"):
            expect(self.page.locator("main").get_by_text(self.portal.people[role]["email"])).to_be_visible()

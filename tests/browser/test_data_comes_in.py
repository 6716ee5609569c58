"""A table of a database and a folder of an object store become datasets; bad rows are corrected on their way."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.browser.way import LONG, Scientist
from tests.support.source_servers import object_store, postgresql

__all__ = ["object_store", "postgresql"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]
GOOD = 40
ORDERS = f"""
DROP TABLE IF EXISTS public.orders;
CREATE TABLE public.orders (id bigint PRIMARY KEY, placed_at timestamptz NOT NULL, amount numeric(10, 2), city text);
INSERT INTO public.orders
SELECT n, timestamptz '2026-03-01' + n * interval '1 hour', 10 + n, 'Dubai' FROM generate_series(1, {GOOD}) AS n;
GRANT SELECT ON public.orders TO reader
"""
BAD = "INSERT INTO public.orders VALUES (41, '2026-04-01', -17, 'Sharjah'), (42, '2026-04-02', 12, 'Ajman')"
RETURNS = {"2026/march.csv": b"order_id,why\n1,too late\n7,broken\n", "2026/april.csv": b"order_id,why\n12,too late\n"}


@pytest.fixture
def sources(postgresql, object_store):
    for statement in ORDERS.split(";"):
        postgresql.run(statement)
    object_store.hold_rights(False)  # another test may have left them held
    bucket = f"returns-{uuid4().hex[:6]}"
    object_store.sdk.create_bucket(Bucket=bucket)
    for name, body in RETURNS.items():
        object_store.sdk.put_object(Bucket=bucket, Key=name, Body=body)
    return postgresql, object_store, bucket


class Steward(Scientist):
    """Whoever brings data in and answers for it."""

    def opens_the_tab(self, name):
        tabs = self.page.get_by_role("navigation", name="Data", exact=True)
        tabs.get_by_role("link", name=re.compile(f"^{name}")).click()
        expect(tabs.get_by_role("link", name=re.compile(f"^{name}"))).to_have_attribute("aria-current", "page")

    def connects(self, kind, name, **fields):
        """From the data page to a connection that answers; afterwards its page is open."""
        page = self.page
        page.goto(self.here("data/"))
        self.opens_the_tab("Connections")
        page.get_by_role("link", name="New connection").click()
        page.get_by_role("link", name=kind, exact=True).click()
        page.locator("[name=name]").fill(name)
        for field, value in fields.items():
            control = page.locator(f"main [name={field}]")
            if value is True:
                control.check()
            elif control.evaluate("(one) => one.localName") == "select":
                control.select_option(value)
            else:
                control.fill(value)
        page.get_by_role("button", name="Save and test").click()
        page.wait_for_url("**/data/connections/*-*/")
        page.get_by_role("button", name="Test", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Answers")

    def looks_at(self, thing):
        page = self.page
        page.locator("#things").get_by_role("link", name=thing, exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(thing)

    def sets_up_a_nightly_ingestion(self):
        page = self.page
        page.get_by_role("link", name="Set up an ingestion").click()
        expect(page.get_by_role("region", name="What is there")).to_contain_text("Dubai")
        page.locator("[name=rhythm][value=daily]").check()
        page.locator("[name=at]").fill("02:00")
        page.get_by_role("button", name="Set it up").click()
        page.wait_for_url("**/data/ingestions/*-*/")
        expect(page.locator(".s-headline")).to_contain_text("Next:")

    def runs_it(self):
        """Until a version is committed; its page is open then."""
        page = self.page
        page.get_by_role("button", name="Run now").click()
        page.wait_for_url("**/data/versions/**")
        expect(page.get_by_text("nothing can change them any more")).to_be_visible(timeout=LONG)

    def expects_no_negative_amount(self):
        page = self.page
        page.get_by_role("navigation", name="Parts of this page").get_by_role("link", name="Expectations").click()
        page.get_by_role("link", name="Say what is expected").click()
        page.get_by_label("Kind of expectation").select_option("in_range")
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_label("Column", exact=True).select_option("amount")
        page.get_by_label("At least").fill("0")
        page.get_by_label("When it fails").select_option("quarantine")
        page.get_by_role("button", name="Take it into the list").click()
        # What is clicked while the list is still on its way goes with the form that it takes the place of.
        expect(page.get_by_role("region", name="Expectations")).to_contain_text("is at least 0")
        page.get_by_role("button", name="Try it on the newest version").click()
        expect(page.get_by_role("region", name="Expectations")).to_contain_text("Passed")
        page.get_by_role("button", name="Save expectations").click()
        expect(page.get_by_role("heading", name="Expected of each version")).to_be_visible()

    def corrects_the_amount(self, value):
        """One cell of the one row that was set aside, then its replay into the next version."""
        page = self.page
        page.get_by_role("link", name="Look at them").click()
        row = page.get_by_role("region", name="Rows in quarantine").get_by_role("row").filter(has_text="Sharjah")
        expect(row).to_contain_text("-17")
        row.get_by_role("link").click()
        expect(page.locator("main")).to_contain_text("“amount” is at least 0.")
        page.get_by_label("amount", exact=True).fill(value)
        page.get_by_role("button", name="Save the row").click()
        expect(row).to_contain_text("corrected")
        expect(row.get_by_role("checkbox")).to_be_checked()
        page.get_by_role("button", name="Replay into the next version").click()
        page.wait_for_url("**/data/versions/**")
        expect(page.get_by_text("nothing can change them any more")).to_be_visible(timeout=LONG)

    def reads_in(self, name):
        page = self.page
        page.get_by_role("link", name="Read in", exact=True).click()
        page.locator("[name=name]").fill(name)
        page.get_by_role("button", name="Read in", exact=True).click()
        page.wait_for_url("**/data/versions/**")
        page.get_by_role("button", name="Commit version").click(timeout=LONG)
        expect(page.get_by_text("nothing can change them any more")).to_be_visible(timeout=LONG)


def test_a_table_and_a_folder_come_in_and_what_is_bad_is_corrected(as_person, portal, sources):
    database, store, bucket = sources
    mark = uuid4().hex[:6]
    steward = Steward(as_person("admin"), portal, f"orders-{mark}")
    page = steward.page
    steward.makes_a_project()

    settings = {name: str(value) for name, value in database.settings.items()}
    steward.connects("PostgreSQL", f"Warehouse {mark}", **settings, password=database.password)
    steward.looks_at("public.orders")
    steward.sets_up_a_nightly_ingestion()
    ingestion = page.url
    steward.runs_it()
    expect(page.locator(".s-headline")).to_contain_text(f"{GOOD} rows")

    page.locator(".s-crumbs").get_by_role("link", name="orders", exact=True).click()
    steward.expects_no_negative_amount()
    database.run(BAD)
    page.goto(ingestion)
    steward.runs_it()
    expect(page.locator(".s-headline")).to_contain_text(f"{GOOD + 1} rows")
    steward.corrects_the_amount("17")
    expect(page.locator(".s-headline")).to_contain_text(f"{GOOD + 2} rows")

    key, secret = store.keys
    where = {"endpoint": store.url, "bucket": bucket, "path_style": True}
    steward.connects("S3-compatible object store", f"Returns {mark}", **where, access_key=key, secret_key=secret)
    steward.looks_at("2026/")
    steward.reads_in("returns")
    expect(page.locator(".s-headline")).to_contain_text("3 rows")

    page.goto(steward.here("data/"))
    page.get_by_role("region", name="Datasets").get_by_role("link", name="orders", exact=True).click()
    page.get_by_role("link", name="Lineage", exact=True).click()
    _walks_between_the_dataset_and_its_source(page, f"Warehouse {mark}")


def _walks_between_the_dataset_and_its_source(page, source):
    picture, heading = page.get_by_role("region", name="Picture of lineage"), page.get_by_role("heading", level=1)
    expect(picture.locator("[data-lineage-node]")).to_have_count(2)
    picture.get_by_role("link", name=re.compile(source)).click()
    expect(heading).to_have_text(f"Lineage of {source}")
    picture.get_by_role("link", name=re.compile("^Dataset.*orders")).click()
    expect(heading).to_have_text("Lineage of orders")
    page.get_by_role("link", name="Show its versions").click()
    expect(picture.get_by_role("group", name=re.compile("orders v3"))).to_be_visible()
    page.get_by_role("link", name="Open its page").click()
    expect(heading).to_have_text("orders v3")

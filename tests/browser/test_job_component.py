"""A job that lies in a part of the page which asks for itself: the job's own answer takes the job's place alone."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import django_htmx
import pytest
from django.template.loader import render_to_string
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
HTMX = Path(django_htmx.__file__).parent / "static" / "django_htmx" / "htmx-2.min.js"
STATIC = Path(__file__).resolve().parents[2] / "static" / "js"
HERE = "http://portal.test/"
PAGE = """
<body>
<main id="main"><h1>Report</h1>
  <div hx-get="/page" hx-trigger="live" hx-target="#main" hx-select="#main" hx-swap="outerHTML">{job}</div>
</main>
"""


def job(step: str) -> str:
    row = SimpleNamespace(
        id=uuid4(), title="Report on churn v1", state="running", get_state_display="Running", step=step, percent=50,
        started_at=None, finished_at=None, failure="", cancel_requested_at=None, cancel_requested_by="",
    )  # fmt: skip
    return render_to_string("components/job.html", {"job": row, "url": "/job", "cancel_url": "/cancel"})


@pytest.fixture
def page(chromium):
    """A page that shows a job, on which the job's next state has just come."""
    page = chromium.new_page()
    first, second = job("Recomputing the ledger"), job("Setting the report")
    page.route(f"{HERE}**", lambda route: route.fulfill(body=second, content_type="text/html"))
    page.route(f"{HERE}js/*", lambda route: route.fulfill(path=STATIC / route.request.url.rpartition("/")[2]))
    page.route(HERE, lambda route: route.fulfill(body=PAGE.format(job=first), content_type="text/html"))
    page.goto(HERE)
    page.add_script_tag(content=HTMX.read_text())
    page.add_script_tag(url="/js/swap.js", type="module")
    page.evaluate("htmx.process(document.body)")
    page.evaluate("document.querySelector('.s-job').dispatchEvent(new CustomEvent('live'))")
    expect(page.get_by_text("Setting the report")).to_be_visible()
    yield page
    page.close()


def test_a_jobs_progress_replaces_the_job_and_nothing_around_it(page):
    expect(page.get_by_role("heading", name="Report")).to_be_visible()
    expect(page.get_by_text("Recomputing the ledger")).to_have_count(0)


def test_a_button_that_asks_works_on_in_a_part_that_came_anew(page):
    page.evaluate("document.addEventListener('submit', (event) => { event.preventDefault(); window.sent = true; })")
    page.get_by_role("button", name="Cancel").click()
    assert page.evaluate("window.sent"), "What asks where scripts are off held the form back."

"""The pages of streams, as people walk through them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from apps.streams import services
from apps.streams.models import Stream

pytestmark = pytest.mark.django_db
EXAMPLES = (
    '{"id": 1, "at": "2026-01-31T12:00:00Z", "day": "2026-01-31", "ok": true, "price": 1}\n'
    '{"id": 2, "price": 2.5, "tags": []}'
)
HOME = "/t/acme/p/flights/data/streams/"


@pytest.fixture
def browser(client_as, scientist):
    return client_as(scientist)


def test_the_first_stream_is_made_from_an_example(browser, dataset):
    assert b"No streams yet" in browser.get(HOME).content
    said = {
        "name": "Clicks",
        "dataset": str(dataset.pk),
        "connection": "",
        "topic": "",
        "begin": "earliest",
        "format": "json",
        "message": "",
        "examples": EXAMPLES,
        "columns": "",
        "event_time": "at",
        "lateness": "5",
        "late": "keep",
        "batch_seconds": "1",
        "batch_rows": "20000",
        "cut": "hand",
        "cut_rows": "1000",
    }
    suggested = browser.post(f"{HOME}new/", {**said, "suggest": "yes"})
    assert suggested.status_code == 200
    columns = "id whole\nat time\nday day\nok flag\nprice number\ntags nested"
    assert columns in suggested.content.decode()
    # What has a default is folded away, and unfolded where it has to be mended.
    late, often = "Events that come late", "How often rows are committed"
    page = browser.get(f"{HOME}new/").content.decode()
    assert is_open(page, late) is False and is_open(page, often) is False
    refused = browser.post(f"{HOME}new/", {**said, "columns": columns, "batch_seconds": "0"}).content.decode()
    assert is_open(refused, often) and is_open(refused, late), "a column of the time is named"
    wrong = browser.post(f"{HOME}new/", {**said, "columns": "id\nprice number"})
    assert (wrong.status_code, b"Line 1: write a name and a type" in wrong.content) == (422, True)
    made = browser.post(f"{HOME}new/", {**said, "columns": columns + " required"})
    stream = Stream.objects.get()
    assert made.headers["Location"] == f"{HOME}{stream.pk}/"
    assert stream.columns[-1] == {"name": "tags", "type": "nested", "required": True, "tokenise": False}
    assert stream.lateness.total_seconds() == 300
    assert b"Clicks" in browser.get(HOME).content


def is_open(page, summary):
    """Whether the part of the form with this summary is unfolded."""
    fold = page[: page.index(summary)].rpartition("<details")[2]
    return " open" in fold


def test_a_streams_page_shows_rows_figures_and_what_lies_in_quarantine_by_rule(browser, make_stream, put, drain):
    stream = make_stream()
    put(stream, {"n": 7, "text": "seven"}, b"secret broken", {"text": "a"})
    drain(stream)
    page = browser.get(f"{HOME}{stream.pk}/").content.decode()
    assert "seven" in page and f"stream:{stream.pk}" in page
    page = browser.get(f"{HOME}{stream.pk}/?tab=quarantine").content.decode()
    assert "2 events lie in quarantine" in page and "cannot be decoded" in page
    assert "secret" not in page
    assert "<dt>Format</dt><dd><bdi>JSON</bdi>" in browser.get(f"{HOME}{stream.pk}/?tab=settings").content.decode()
    Stream.objects.filter(pk=stream.pk).update(watermark=datetime(2013, 1, 4, 4, 59, tzinfo=UTC))
    told = browser.get(f"{HOME}{stream.pk}/?tab=activity").content.decode()
    assert (
        "events of earlier times count as late" in told
        and "4 Jan 2013" in told
        and "04:59:00 UTC" in told
        and "years ago" not in told
    )


def test_pause_go_on_edit_and_cut_from_the_page(browser, make_stream, put, drain):
    stream = make_stream()
    where = f"{HOME}{stream.pk}/"
    shown = browser.get(where).content.decode()
    assert "level=send&amp;" in shown, "the token of the examples may do what they do"
    assert "No event has come yet: there is nothing" in shown
    nothing = browser.post(f"{where}cut/")
    assert nothing.status_code == 409
    put(stream, {"n": 1})
    drain(stream)
    assert "/data/versions/" in browser.post(f"{where}cut/").headers["Location"]
    browser.post(f"{where}pause/")
    assert "It is paused" in browser.get(where).content.decode()
    browser.post(f"{where}resume/")
    form = browser.get(f"{where}edit/").context["form"]
    told = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    saved = browser.post(f"{where}edit/", {**told, "columns": f"{told['columns']}\nmore flag"})
    assert saved.status_code == 303
    stream.refresh_from_db()
    assert stream.column_names[-1] == "more"
    refused = browser.post(f"{where}edit/", {**told, "columns": "n text"})
    assert (refused.status_code, b"keeps its type" in refused.content) == (422, True)


def test_whoever_may_only_look_sees_why_not(client_as, viewer, make_stream):
    stream = make_stream()
    page = client_as(viewer).get(f"{HOME}{stream.pk}/").content.decode()
    assert 'aria-disabled="true"' in page
    assert client_as(viewer).get(f"{HOME}new/").status_code == 403
    assert client_as(viewer).post(f"{HOME}{stream.pk}/pause/").status_code == 403


def test_quarantine_is_read_again_and_discarded(
    browser, make_stream, put, drain, run_jobs, django_capture_on_commit_callbacks
):
    stream = make_stream()
    put(stream, b"broken")
    drain(stream)
    where = f"{HOME}{stream.pk}/"
    assert browser.post(f"{where}quarantine/replay/").status_code == 303
    run_jobs()
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(f"{where}quarantine/discard/")
    assert b"Nothing is in quarantine" in browser.get(f"{where}?tab=quarantine").content
    services.pause_stream(actor=services_actor(stream), stream=stream)
    assert browser.post(f"{where}delete/").headers["Location"] == HOME


def services_actor(stream):
    from foundation.identity import Actor

    return Actor.system(stream.tenant)


def test_json_is_told_of_a_stream_as_pages_hear_it(make_stream):
    assert json.loads(json.dumps(make_stream().told()))["state"] == "running"

"""The pages and the REST surface of expectations and of rows in quarantine."""

from __future__ import annotations

import json
import re

import pytest

from apps.datasets import selectors, services
from foundation.clock import now
from tests.apps.registry.conftest import deliver

CSV = b"id,region,email\n" + b"".join(
    f"{i},{'nowhere' if i % 10 == 0 else 'north'},p{i}@x.ae\n".encode() for i in range(1, 41)
)
REGION = {"kind": "in_set", "columns": ["region"], "parameters": {"values": ["north"]}, "severity": "quarantine"}


@pytest.fixture
def dataset(scientist, project):
    return services.create_dataset(actor=scientist, project=project, name="people")


@pytest.fixture
def quarantine(scientist, dataset, ingested):
    services.save_suite(actor=scientist, dataset=dataset, expectations=[REGION], reason="regions of the book")
    version = ingested("people.csv", CSV, dataset=dataset)
    return selectors.quarantine_of(actor=scientist, version=version)


def here(project, path):
    return f"/t/{project.tenant.slug}/p/{project.slug}/data/{path}"


def draft_in(answer):
    found = re.search(r'name="draft" value="([^"]*)"', answer.content.decode()).group(1)
    return json.loads(found.replace("&quot;", '"').replace("&#x27;", "'").replace("&amp;", "&"))


def test_expectations_are_drafted_tried_and_saved_in_the_browser(scientist, project, dataset, ingested, client_as):
    ingested("people.csv", CSV, dataset=dataset)
    client, page = client_as(scientist), here(project, f"{dataset.pk}/expectations/")
    first = client.get(page)
    assert "Nothing is expected yet" in first.content.decode() and "never missing" in first.content.decode()

    def press(act, answer, **fields):
        return client.post(page, {"draft": json.dumps(draft_in(answer)), "after": "0", "act": act, **fields})

    form = press("choose", first, new_kind="in_set")
    assert "Values, one a line" in form.content.decode()
    refused = press("put", form, **{"one-kind": "in_set", "one-columns": "region", "one-severity": "warn"})
    assert refused.status_code == 422
    one = {"one-kind": "in_set", "one-columns": "region", "one-values": "north\nsouth", "one-severity": "quarantine"}
    listed = press("put", form, **one)
    assert [e["parameters"] for e in draft_in(listed)] == [{"values": ["north", "south"]}]
    assert "“region” is one of: north, south." in listed.content.decode()
    more = press("accept:not_null/id", listed)
    moved = press(f"up:{draft_in(more)[1]['id']}", more)
    assert [e["kind"] for e in draft_in(moved)] == ["not_null", "in_set"]
    everything = press("accept:all", moved)
    assert len(draft_in(everything)) > 4
    tried = press("try", moved)
    assert "4 rows fail" in tried.content.decode() and selectors.newest_suite(dataset) is None
    edited = press(f"edit:{draft_in(tried)[1]['id']}", tried)
    assert "south</textarea>" in edited.content.decode()
    saved = press("save", tried, reason="the regions that we serve")
    assert saved.status_code == 303
    assert selectors.newest_suite(dataset).reason == "the regions that we serve"
    open_one = {"one-kind": "in_range", "one-columns": "id", "one-severity": "warn", "after": "1"}
    refused = press("save", edited, **open_one, **{"one-min": "one"})
    assert refused.status_code == 422 and "has to be a number" in refused.content.decode()
    assert press("save", refused, **open_one, **{"one-min": "1"}).status_code == 303, "what stands in its fields counts"
    kinds = [e["kind"] for e in selectors.newest_suite(dataset).expectations]
    assert kinds == ["not_null", "in_set", "in_range"]
    stale = press("save", moved)
    assert stale.status_code == 422 and "Somebody saved" in stale.content.decode()
    shown = client.get(here(project, f"{dataset.pk}/?tab=checks")).content.decode()
    assert "“region” is one of: north, south." in shown


def test_the_history_says_what_changed_and_restores(scientist, viewer, project, dataset, client_as):
    services.save_suite(actor=scientist, dataset=dataset, expectations=[REGION], reason="first")
    kept = selectors.newest_suite(dataset).expectations
    services.save_suite(actor=scientist, dataset=dataset, expectations=[{**kept[0], "severity": "block"}])
    client = client_as(scientist)
    page = client.get(here(project, f"{dataset.pk}/expectations/history/")).content.decode()
    assert "Changed" in page and "Added" in page and "first" in page
    assert client.post(here(project, f"{dataset.pk}/expectations/1/restore/")).status_code == 303
    assert selectors.newest_suite(dataset).expectations == kept
    assert client_as(viewer).get(here(project, f"{dataset.pk}/expectations/")).status_code == 403


def test_a_version_shows_what_came_of_it(scientist, project, quarantine, client_as):
    page = here(project, f"versions/{quarantine.version_id}/?tab=checks")
    shown = client_as(scientist).get(page).content.decode()
    assert "Rows in quarantine" in shown and "4 rows wait in quarantine" in shown and "4 rows fail" in shown


def test_rows_are_mended_and_replayed_in_the_browser(scientist, project, quarantine, client_as, run_jobs):
    client, page = client_as(scientist), here(project, f"quarantine/{quarantine.pk}/")
    assert "p10@x.ae" in client.get(page).content.decode()
    nothing = client.post(page, {"act": "mend", "which": "chosen", "column": "region", "value": "north"})
    assert nothing.status_code == 422 and "Choose rows first" in nothing.content.decode()
    mended = {"act": "mend", "which": "chosen", "row": ["1", "2"], "column": "region", "value": "north"}
    assert client.post(page, mended).status_code == 303
    row = f"{page}3/"
    shown = client.get(row).content.decode()
    assert 'value="nowhere"' in shown and shown.count("“region” is one of") == 2, "on top, and at the cell at fault"
    wrong = client.post(row, {"c0": "seven", "c1": "north", "c2": "x"})
    assert wrong.status_code == 422 and "no value of the column" in wrong.content.decode()
    _columns, before = services.row_of(actor=scientist, quarantine=quarantine, number=3)
    assert before.values[1] == "nowhere", "one cell that is refused takes the others back"
    assert client.post(row, {"c0": str(before.values[0]), "c1": "north", "n2": "on", "c2": "p@x.ae"}).status_code == 303
    gone = {"act": "discard", "which": "chosen", "row": ["4"], "reason_given": "A test row"}
    assert client.post(page, gone).status_code == 303
    assert "A test row" in client.get(page).content.decode()
    replayed = client.post(page, {"act": "replay", "which": "all"})
    assert replayed.status_code == 303 and "on their way" in client.get(page).content.decode()
    run_jobs()
    deliver()
    run_jobs()
    assert "The quarantine is empty" in client.get(page).content.decode()
    assert selectors.latest_ready(quarantine.dataset).row_count == 39


def test_rows_are_replayed_after_the_commit_of_the_version_that_they_are_of(
    scientist, project, dataset, ingested, client_as
):
    services.save_suite(actor=scientist, dataset=dataset, expectations=[REGION])
    waiting, client = ingested("people.csv", CSV, dataset=dataset, review=True), client_as(scientist)
    quarantine = selectors.quarantine_of(actor=scientist, version=waiting)
    review = client.get(here(project, f"versions/{waiting.pk}/")).content.decode()
    assert "36 rows are in it" in review and review.count("4 rows wait in quarantine") == 1
    page, everything = here(project, f"quarantine/{quarantine.pk}/"), {"act": "replay", "which": "all"}
    assert "Commit it first" in client.get(page).content.decode()
    refused = client.post(page, everything)
    assert refused.status_code == 422 and "Commit it first" in refused.content.decode()
    ingested("more.csv", CSV.replace(b"nowhere", b"north"), dataset=dataset)
    services.commit_version(actor=scientist, version=waiting, now=now())
    shown = client.get(here(project, f"{dataset.pk}/")).content.decode()
    assert "Version 2 with 36 rows" in shown and "being read in" not in shown, "the other one came and was committed"
    [expected] = quarantine.suite.expectations
    assert "All rows that fail this" in client.get(page, {"reason": expected["id"]}).content.decode()
    assert client.post(page, everything).status_code == 303


def test_a_viewer_sees_dots_and_no_button(viewer, project, quarantine, client_as):
    client, page = client_as(viewer), here(project, f"quarantine/{quarantine.pk}/")
    shown = client.get(page).content.decode()
    assert "•••" in shown and "p10@x.ae" not in shown and "Set the value" not in shown and "Only whoever may" in shown
    assert client.post(page, {"act": "discard", "which": "all", "reason_given": "x"}).status_code == 403
    assert client.get(f"{page}1/").status_code == 403


def test_the_rest_surface_does_the_same(scientist, viewer, project, dataset, ingested, api_as, run_jobs):
    ingested("people.csv", CSV, dataset=dataset)
    api, reader = api_as(scientist), api_as(viewer)

    def post(path, body, by=api):
        return by.post(f"/api/v1/{path}", json.dumps(body), content_type="application/json")

    body = {"dataset": str(dataset.pk), "expectations": [REGION]}
    tried = post("suites/try/", body)
    assert (tried.status_code, tried.json()["results"][0]["failed_rows"]) == (200, 4)
    saved = post("suites/", {**body, "reason": "why", "after": 0})
    assert (saved.status_code, saved.json()["number"]) == (201, 1)
    assert post("suites/", {**body, "expectations": [], "after": 0}).status_code == 409
    assert post("suites/", body, by=reader).status_code == 403
    bad = post("suites/", {**body, "expectations": [{**REGION, "parameters": {}}]})
    assert bad.status_code == 422 and "values" in bad.json()["detail"]
    proposed = api.get(f"/api/v1/suites/suggestions/?dataset={dataset.pk}").json()
    assert all(one["why"] and one["expectation"]["kind"] for one in proposed)
    listed = reader.get(f"/api/v1/suites/?dataset={dataset.pk}").json()["results"]
    assert [one["number"] for one in listed] == [1]
    version = ingested("people.csv", CSV, dataset=dataset)
    report = reader.get(f"/api/v1/dataset-versions/{version.pk}/validation/").json()
    assert (report["outcome"], report["results"][0]["failed_rows"]) == ("quarantined", 4)
    [row] = reader.get(f"/api/v1/quarantines/?project={project.slug}").json()["results"]
    one = f"quarantines/{row['id']}/"
    rows = reader.get(f"/api/v1/{one}rows/?limit=2").json()
    assert (rows["count"], len(rows["rows"]), rows["hidden"]) == (4, 2, ["email"])
    assert post(f"{one}mend/", {"column": "region", "value": "north", "numbers": [1]}).json() == {"rows": 1}
    assert post(f"{one}discard/", {"reason_given": "no", "numbers": [2]}).json() == {"rows": 1}
    assert post(f"{one}discard/", {"reason_given": "no", "numbers": [3]}, by=reader).status_code == 403
    assert b"p30@x.ae" in b"".join(api.get(f"/api/v1/{one}export/?form=csv").streaming_content)
    replayed = post(f"{one}replay/", {"everything": True})
    assert replayed.status_code == 202
    run_jobs()
    assert api.get(f"/api/v1/dataset-versions/{replayed.json()['id']}/").json()["row_count"] == 37

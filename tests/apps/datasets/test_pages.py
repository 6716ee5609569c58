"""The data pages: what a reader sees first, what a form does without script, and who is refused."""

from __future__ import annotations

import html
import re
import subprocess

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.datasets import selectors, services
from apps.datasets.choices import VersionState
from tests.support.tools import needs
from tests.support.undo import undo

DATA = "/t/acme/p/flights/data/"
CSV = b"contact,amount\na@example.test,1\nb@example.test,\nc@example.test,4\n"


def sent(name="people.csv", data=CSV, **words):
    return {"file": SimpleUploadedFile(name, data), **words}


def page(client, path="", **query):
    answer = client.get(DATA + path, query)
    assert answer.status_code == 200, answer.content.decode()[-2000:]
    return answer.content.decode()


@pytest.fixture
def client(client_as, scientist):
    return client_as(scientist)


def test_an_empty_place_offers_a_drop_zone_and_snippets_with_the_readers_project(client, project):
    text = page(client)

    assert "There is no data yet" in text
    assert 'data-upload="/api/v1/uploads/"' in text
    assert "--project flights dataset push my_table.csv --name my_table" in text
    assert "--token snd_…" in text


# Stands for the portal: keeps each piece, and answers with where the next one begins.
_CURL = """#!/bin/bash
case "$*" in
  *PUT*) cat >> sent; stat -c %s sent >> offsets; echo "{\\"offset\\": $(stat -c %s sent)}" ;;
  *) echo "$@" >> asked; echo '{"id": "u1"}' ;;
esac
"""


def test_the_curl_snippet_sends_a_file_of_any_size_and_has_it_committed(client, project, scientist, tmp_path):
    needs("jq")
    dataset = services.create_dataset(actor=scientist, project=project, name="People of 2013")
    snippets = client.get(f"{DATA}new/", {"dataset": str(dataset.pk)}).context["snippets"]
    code = {snippet["name"]: snippet["code"] for snippet in snippets}
    assert "--name 'People of 2013'" in code["CLI"]
    curl, size = tmp_path / "curl", 2 * services.CHUNK_BYTES + 5
    curl.write_text(_CURL)
    curl.chmod(0o755)
    (tmp_path / "people-of-2013.csv").write_bytes(b"x" * size)

    path = f"{tmp_path}:/usr/bin:/bin"
    subprocess.run(["/bin/bash", "-c", code["curl"]], cwd=tmp_path, env={"PATH": path}, check=True)

    assert (tmp_path / "sent").stat().st_size == size
    assert len((tmp_path / "offsets").read_text().split()) == 3
    started, completed, made = (tmp_path / "asked").read_text().splitlines()
    assert f'"size": {size}' in started and "/u1/complete/" in completed
    assert f"datasets/{dataset.pk}/versions/" in made and '"upload": "u1", "review": false' in made


def test_a_viewer_reads_why_nothing_can_be_added(client_as, viewer, project):
    text = page(client_as(viewer))

    assert "dataset.create" in text
    assert "data-upload=" not in text


def test_a_file_sent_by_a_plain_form_waits_for_review_then_is_committed(client, project, scientist, run_jobs):
    answer = client.post(DATA + "new/", sent())
    assert answer.status_code == 303, answer.content.decode()[-3000:]
    where = answer["Location"].removeprefix(DATA)
    assert "being read in" in page(client, where)

    assert client.get(DATA + where, {"unless": "ingesting"}).status_code == 204
    run_jobs()
    text = page(client, where, unless="ingesting")
    assert "Probably e-mail addresses" in text
    assert "a@example.test" in text
    assert "33.3" in text  # missing share of amount
    assert client.post(DATA + where + "commit/").status_code == 303
    version = selectors.visible_versions(actor=scientist).get()
    assert (version.state, version.number, version.dataset.name) == (VersionState.READY, 1, "people")

    for tab in ("preview", "profile", "lineage", "activity"):
        assert "people v1" in page(client, where, tab=tab)
    assert "committed version 1 with 3 rows" in page(client, where, tab="activity")
    for tab in ("preview", "profile", "versions", "lineage", "activity"):
        page(client, f"{version.dataset_id}/", tab=tab)
    assert "people" in page(client)
    assert "1 – 4" in page(client, where, tab="profile", column="1")
    chart = client.get(DATA + where + "chart.json", {"column": "1"}).json()
    assert sum(chart["data"][0]["y"]) == 2
    assert client.get(DATA + where + "chart.json", {"column": "9"}).status_code == 404
    rows = b"".join(client.get(DATA + where + "rows.parquet").streaming_content)
    assert rows.startswith(b"PAR1")
    assert rows.endswith(b"PAR1")


def test_the_list_marks_what_is_probably_personal_and_shows_no_tag_as_words(client, scientist, written):
    version = written("people.csv", CSV)
    services.classify_column(actor=scientist, version=version, column="amount", column_class="internal")
    text = page(client)

    assert "Probably personal</span>" in text and '<span class="s-tag">Internal 1</span>' in text
    assert "&lt;span" not in text


def test_a_version_under_review_can_be_discarded(client, ingested):
    version = ingested("people.csv", CSV, review=True)

    answer = client.post(f"{DATA}versions/{version.pk}/discard/")

    assert answer.status_code == 303
    assert "discarded it" in page(client, f"versions/{version.pk}/")


def test_a_column_is_classified_by_form_and_by_htmx(client, ingested):
    version = ingested("people.csv", CSV)
    where, words = f"{DATA}versions/{version.pk}/classify/", {"column": "contact", "column_class": "personal"}

    assert client.post(where, words)["Location"].endswith("?tab=profile#column-0")
    part = client.post(where, words, headers={"HX-Request": "true"})
    assert part.content.decode().lstrip().startswith('<tr id="column-0">')
    assert client.post(where, {"column": "contact", "column_class": ""}).status_code == 422
    assert "contact: Personal" in page(client, f"versions/{version.pk}/", tab="activity")


def test_a_name_that_is_taken_is_said_at_its_field_and_the_upload_is_kept(client, project, scientist, uploaded):
    services.create_dataset(actor=scientist, project=project, name="people")
    assert "name" in client.post(DATA + "new/", sent()).context["form"].errors

    answer = client.post(DATA + "new/", {"upload": str(uploaded("people.csv", CSV).pk)})

    assert answer.status_code == 422
    assert "Add a version to it" in answer.context["form"].errors["name"][0]
    again = {"upload": str(answer.context["uploaded"].pk), "name": "others"}
    assert client.post(DATA + "new/", again).status_code == 303


def test_no_file_and_a_wrong_file_are_said_at_the_field(client, project):
    assert "Choose a file" in client.post(DATA + "new/", {}).context["form"].errors["file"][0]
    wrong = client.post(DATA + "new/", sent("picture.png"))
    assert "not of a kind" in wrong.context["form"].errors["file"][0]


def test_a_failed_version_says_why_first_and_reads_the_same_file_differently(client, project, run_jobs, scientist):
    where = client.post(DATA + "new/", sent("odd.csv", b"a,b\n1,x\n2,y,z\n"))["Location"].removeprefix(DATA)
    run_jobs()
    version = selectors.visible_versions(actor=scientist).get()
    assert version.state == VersionState.FAILED
    text = page(client, where)
    assert version.failure[:20] in text
    assert "Send a mended file" in text
    assert "could not be read" in page(client)

    again = client.post(DATA + where + "again/", {"delimiter": ";", "missing": "", "as_text": ""})

    run_jobs()
    mended = selectors.visible_versions(actor=scientist).exclude(pk=version.pk).get()
    assert again["Location"].endswith(f"{mended.pk}/")
    assert mended.source["options"] == {"delimiter": ";"}


def test_two_versions_are_compared_by_schema_and_rows(client, ingested):
    first = ingested("people.csv", CSV)
    ingested(
        "people.csv", b"contact,amount,city\na@example.test,1,Dubai\nd@example.test,9,Ajman\n", dataset=first.dataset
    )

    text = page(client, f"{first.dataset_id}/", tab="versions", before="1", after="2")

    assert "New" in text
    assert "By contact: 1 rows came, 2 went, 0 changed, 1 stayed as they were." in text


def test_sql_is_tried_on_a_sample_then_makes_a_version(client, ingested, scientist, project, run_jobs):
    ingested("people.csv", CSV)
    form = {"sql": "SELECT amount FROM peoplecsv WHERE amount > 1", "dataset": "", "name": "rich"}
    assert "FROM peoplecsv" in page(client, "derive/")

    sample = client.post(DATA + "derive/", {**form, "act": "preview"}).content.decode()
    assert "no run yet to tell by" in sample
    assert "The first row" in sample
    assert "people.csv v1" in sample
    assert "version_2" in client.post(DATA + "derive/", {**form, "act": "add", "version_1": ""}).content.decode()
    refused = client.post(DATA + "derive/", {**form, "sql": "SELECT nothing FROM peoplecsv", "act": "preview"})
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["sql"])
    unnamed = client.post(DATA + "derive/", {**form, "name": "", "act": "create"})
    assert "name" in unnamed.context["form"].errors

    made = client.post(DATA + "derive/", {**form, "act": "create"})
    run_jobs()
    text = page(client, made["Location"].removeprefix(DATA))
    assert "nothing is committed yet" in text


def test_words_and_promise_are_edited_and_freshness_follows(client, ingested):
    version = ingested("people.csv", CSV)
    where = f"{version.dataset_id}/"

    answer = client.post(f"{DATA}{where}edit/", {"description": "Who called", "promise": "2", "unit": "weeks"})

    assert answer.status_code == 303
    assert "Fresh: version 1" in page(client, where)
    assert "Who called" in page(client, where)
    assert "Fresh" in page(client)


def test_two_who_edit_lose_nothing_and_words_are_read_as_markdown(client, ingested):
    version = ingested("people.csv", CSV)
    edit = f"{DATA}{version.dataset_id}/edit/"
    seen = re.search(r'name="seen_before" value="([^"]*)"', client.get(edit).content.decode()).group(1)
    first = {"description": "**Who** called\n\n<script>", "promise": "", "unit": "days"}
    assert client.post(edit, first).status_code == 303
    shown = page(client, f"{version.dataset_id}/")
    assert "<strong>Who</strong> called" in shown and "<p>&lt;script&gt;</p>" in shown
    second = client.post(
        edit, {"description": "Mine", "promise": "", "unit": "days", "seen_before": html.unescape(seen)}
    )
    assert second.status_code == 422
    told = html.unescape(second.content.decode())
    assert "they saved “**Who** called" in told and "you have “Mine”" in told


def test_a_tag_goes_back_to_whichever_version_had_it(client, ingested):
    first = ingested("people.csv", CSV)
    second = ingested("people.csv", CSV + b"d@example.test,5\n", dataset=first.dataset)

    def tag(version, **fields):
        """The page after it, with what its notice offers."""
        answer = client.post(f"{DATA}versions/{version.pk}/tag/", {"tag": "gold", **fields})
        return client.get(answer.headers["Location"]).content.decode()

    def untag(told):
        client.get(undo(client, told).headers["Location"])

    def tagged():
        return [v.number for v in (first, second) if v.tags.filter(name="gold").exists()]

    untag(tag(first))
    assert tagged() == []
    tag(first)
    moved = tag(second)
    assert tagged() == [2]
    untag(moved)
    assert tagged() == [1]
    untag(tag(first, remove="on"))
    assert tagged() == [1]


def test_viewers_look_but_do_not_change(client_as, viewer, ingested):
    version, client = ingested("people.csv", CSV, review=True), client_as(viewer)

    assert "aria-disabled" in page(client, f"versions/{version.pk}/")
    for path in ("commit/", "discard/", "classify/"):
        assert client.post(f"{DATA}versions/{version.pk}/{path}").status_code == 403
    assert client.post(DATA + "new/", sent()).status_code == 403
    assert client.get(DATA + "derive/").status_code == 403


def test_another_tenant_and_another_project_find_nothing(client_as, client, other_scientist, scientist, ingested):
    from apps.projects import services as projects

    version = ingested("people.csv", CSV)
    projects.create_project(actor=scientist, slug="else", name="Else", purpose="Other")

    assert client.get(f"/t/acme/p/else/data/versions/{version.pk}/").status_code == 404
    assert client_as(other_scientist).get(f"{DATA}versions/{version.pk}/").status_code == 404


def test_rows_are_sorted_by_any_column_and_wide_names_do_no_harm(client, ingested):
    version = ingested("odd.csv", 'sort,الاسم,"a ""b"""\n1,نور,x\n2,سامي,y\n'.encode())

    text = page(client, f"versions/{version.pk}/", sort="-c1", columns="c1")

    assert text.index("نور") < text.index("سامي")
    assert "a &quot;b&quot;" in text


def test_a_cancelled_upload_leaves_nothing(client, uploaded, project):
    upload = uploaded("people.csv", CSV)

    assert client.delete(f"/api/v1/uploads/{upload.pk}/").status_code == 204
    assert client.get(f"/api/v1/uploads/{upload.pk}/").status_code == 404


def test_a_cancelled_version_says_who_cancelled_it_and_how_to_go_on(client, project, scientist):
    where = client.post(DATA + "new/", sent())["Location"].removeprefix(DATA)
    job = client.get(DATA + where).context["job"]
    client.post(job["cancel_url"])
    text = page(client, where)

    assert "Cancelled by The scientist." in text
    assert "cancelled making the version" in text
    assert "The portal" not in text
    assert "Or read the same file again" in text
    dataset = selectors.visible_versions(actor=scientist).get().dataset_id
    assert "The last version was not made" in page(client, f"{dataset}/")

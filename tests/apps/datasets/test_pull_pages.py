"""What lies behind a connection is looked at and read in by page: tables, folders, files, packed, cut and too large."""

from __future__ import annotations

import gzip
import html
import io
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from apps.connections import services as connections
from apps.datasets import services
from apps.datasets.models import Dataset, DatasetVersion
from foundation.clock import now
from tests.contracts.source_stages import postgresql_stage, s3_stage
from tests.support.source_servers import file_server, loopback_allowed, object_store, postgresql

__all__ = ["file_server", "loopback_allowed", "object_store", "postgresql"]
pytestmark = pytest.mark.usefixtures("loopback_allowed")
PAGE = "/t/acme/p/flights/data/pull/"


@pytest.fixture
def browser(scientist, client_as):
    return client_as(scientist)


@pytest.fixture
def connect(admin, project):
    def made(kind, settings, secrets=None, project_id=project.pk):
        words = {"name": f"The {kind}", "kind": kind, "settings": settings, "secrets": secrets or {}, "now": now()}
        return connections.create_connection(actor=admin, project_id=project_id, **words)

    return made


@pytest.fixture
def warehouse(connect, postgresql, tmp_path):
    stage = postgresql_stage(postgresql, tmp_path)
    return connect(stage.kind, stage.settings, stage.secrets)


@pytest.fixture
def files(connect, file_server):
    """A connection to all files of a web server, and its folder."""
    found = connect("http", {"urls": file_server.url})
    found.folder = file_server.folder
    return found


def address(connection, place):
    return f"{PAGE}?connection={connection.pk}&place={place}"


def looked(browser, connection, place, **words):
    answer = browser.post(address(connection, place), {"act": "preview", "name": "", "dataset": "", **words})
    return answer.status_code, html.unescape(answer.content.decode())


def test_the_form_offers_the_things_name_and_the_datasets_that_are_there(browser, scientist, project, warehouse):
    there = services.create_dataset(actor=scientist, project=project, name="Orders")
    told = browser.get(address(warehouse, "public.orders")).content.decode()
    assert 'value="orders"' in told and f'value="{there.pk}"' in told
    assert "How the file is read" not in told and 'name="pattern"' not in told


def test_the_first_rows_of_a_table_are_shown_and_nothing_is_made(browser, warehouse):
    status, told = looked(browser, warehouse, "public.orders")
    assert status == 200
    assert "The first 50 rows" in told and "n50<" in told and "n51<" not in told
    assert not DatasetVersion.objects.exists() and not Dataset.objects.exists()


def test_the_first_file_of_a_folder_is_looked_into_as_its_options_say(browser, connect, object_store, tmp_path):
    stage = s3_stage(object_store, tmp_path)
    connection = connect(stage.kind, stage.settings, stage.secrets)
    status, told = looked(browser, connection, "day", pattern="*.csv")
    assert status == 200 and "The first row" in told
    _status, text = looked(browser, connection, "day", pattern="*.csv", as_text="id")
    assert "bigint" in told and "bigint" not in text
    status, none = looked(browser, connection, "day", pattern="*.parquet")
    assert status == 404 and "holds no file that fits *.parquet" in none
    object_store.hold_rights(False)


def test_a_gzip_is_opened(browser, files):
    (files.folder / "orders.csv.gz").write_bytes(gzip.compress(b"id,word\n1,packed\n"))
    status, told = looked(browser, files, "orders.csv.gz")
    assert status == 200 and "packed" in told


def lines(count):
    return b"id,word\n" + b"".join(b"%d,%s\n" % (n, os.urandom(24).hex().encode()) for n in range(count))


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_of_a_large_file_the_head_is_enough(browser, files, packed):
    content = lines(350_000)
    assert len(content) > 18 << 20
    name = "large.csv.gz" if packed else "large.csv"
    (files.folder / name).write_bytes(gzip.compress(content, 1) if packed else content)
    status, told = looked(browser, files, name)
    assert status == 200 and "The first 50 rows" in told


def test_the_line_that_the_head_cuts_in_two_is_no_row(scientist, project, files):
    row = "{:02d}," + "x" * 399_996 + "\n"
    (files.folder / "wide.csv").write_text("id,word\n" + "".join(row.format(number) for number in range(30)))
    rows = services.sample_of(actor=scientist, project=project, connection_id=files.pk, place="wide.csv")
    assert rows["id"].to_pylist() == list(range(20))
    assert {len(word) for word in rows["word"].to_pylist()} == {399_996}


def test_what_cannot_be_looked_into_by_its_head_says_so(browser, files):
    held = io.BytesIO()
    pq.write_table(pa.table({"noise": [os.urandom(1 << 20) for _ in range(9)]}), held, compression="none")
    (files.folder / "large.parquet").write_bytes(held.getvalue())
    status, told = looked(browser, files, "large.parquet")
    assert status == 422 and "large.parquet” is too large to be looked into before it is read in." in told

    (files.folder / "line.csv").write_bytes(b"x" * (9 << 20))
    status, told = looked(browser, files, "line.csv")
    assert status == 422 and "line.csv” is longer than 8 MiB" in told


def test_a_small_parquet_is_looked_into(browser, files):
    held = io.BytesIO()
    pq.write_table(pa.table({"id": [1, 2], "word": ["kept", "whole"]}), held)
    (files.folder / "small.parquet").write_bytes(held.getvalue())
    status, told = looked(browser, files, "small.parquet")
    assert status == 200 and "whole" in told


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("notes.pdf", b"%PDF-1.7", "is not of a kind that can become a table"),
        ("broken.csv.gz", b"\x1f\x8b\x08\x00broken", "gzip"),
        ("page.csv", b"<!doctype html><p>Sign in", "page"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_words(browser, files, name, content, said):
    (files.folder / name).write_bytes(content)
    status, told = looked(browser, files, name)
    assert (status, said in told) == (422, True), told[-3000:]


def test_it_is_read_into_a_new_dataset(browser, warehouse, run_jobs):
    answer = browser.post(address(warehouse, "public.orders"), {"act": "create", "name": "Orders", "dataset": ""})
    version = DatasetVersion.objects.select_related("dataset").get()
    assert answer["Location"].endswith(f"/data/versions/{version.pk}/")
    run_jobs()
    version.refresh_from_db()
    assert (version.dataset.name, version.row_count, version.failure) == ("Orders", 1234, "")
    told = html.unescape(browser.get(f"/t/acme/p/flights/data/{version.dataset_id}/").content.decode())
    assert "The postgresql › public.orders" in told


def test_it_is_read_into_a_dataset_that_is_there(browser, scientist, project, files, run_jobs):
    there = services.create_dataset(actor=scientist, project=project, name="Orders")
    (files.folder / "orders.csv").write_bytes(b"id;word\n1;one\n2;NA\n")
    words = {"act": "create", "name": "", "dataset": str(there.pk), "delimiter": ";", "missing": "NA"}
    assert browser.post(address(files, "orders.csv"), words).status_code == 303
    run_jobs()
    version = DatasetVersion.objects.get(dataset=there)
    assert (version.row_count, version.failure) == (2, "")
    assert [column["name"] for column in version.schema] == ["id", "word"]


def test_without_a_place_for_the_rows_nothing_is_read(browser, warehouse):
    answer = browser.post(address(warehouse, "public.orders"), {"act": "create", "name": " ", "dataset": ""})
    assert answer.status_code == 422
    assert "Give the new dataset a name" in answer.content.decode()
    assert not DatasetVersion.objects.exists() and not Dataset.objects.exists()


def test_a_name_that_is_taken_leaves_no_version_behind(browser, scientist, project, warehouse):
    services.create_dataset(actor=scientist, project=project, name="Orders")
    answer = browser.post(address(warehouse, "public.orders"), {"act": "create", "name": "Orders", "dataset": ""})
    assert answer.status_code == 422
    assert not DatasetVersion.objects.exists()


def test_a_table_that_is_not_there_and_a_password_that_is_wrong_are_said(browser, admin, warehouse):
    status, told = looked(browser, warehouse, "public.nothing")
    assert status == 404 and "has no table public.nothing" in told
    settings, secrets = warehouse.settings, {"password": "wrong-horse"}
    connections.edit_connection(
        actor=admin, connection=warehouse, name=warehouse.name, settings=settings, secrets=secrets
    )
    status, told = looked(browser, warehouse, "public.orders")
    assert status == 422 and "password of reader" in told and "wrong-horse" not in told


def test_readers_and_other_projects_do_not_read_through_it(warehouse, viewer, admin, client_as):
    from apps.projects import services as projects

    assert client_as(viewer).get(address(warehouse, "public.orders")).status_code == 403
    projects.create_project(actor=admin, slug="other", name="Other", purpose="Else")
    other = address(warehouse, "public.orders").replace("/flights/", "/other/")
    answer = client_as(admin).post(other, {"act": "create", "name": "Orders", "dataset": ""})
    assert answer.status_code == 404
    assert not DatasetVersion.objects.exists()
    assert client_as(admin).get(other).status_code == 404
    assert client_as(admin).get(f"{PAGE}?connection=nonsense").status_code == 404

"""What comes in again and again, in the browser: set up after a look, run, paused, read anew, deleted."""

from __future__ import annotations

import html

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.datasets import selectors, services
from apps.datasets.choices import IngestionState, Mode, VersionState
from apps.datasets.models import Dataset, DatasetVersion, Ingestion
from foundation.clock import now
from foundation.figures import number
from tests.apps.datasets.test_pulling import bucket, dataset, warehouse
from tests.support.source_servers import loopback_allowed, object_store, postgresql

__all__ = ["bucket", "dataset", "loopback_allowed", "object_store", "postgresql", "warehouse"]
pytestmark = pytest.mark.usefixtures("loopback_allowed")
DATA = "/t/acme/p/flights/data/"
PAGES = f"{DATA}ingestions/"
HAND = {"rhythm": "hand", "mode": "full", "zone": "UTC", "place": "public.orders", "after": ""}


@pytest.fixture
def browser(scientist, client_as):
    return client_as(scientist)


@pytest.fixture
def set_up(scientist, dataset, warehouse):
    """An ingestion of the orders, and a run of it at once where asked."""

    def made(**words):
        plan = {"mode": Mode.INCREMENTAL, "key": ("id",), "cursor": "id", **words}
        plan = services.Plan(warehouse.connection.pk, "public.orders", **plan)
        return services.create_ingestion(actor=scientist, dataset=dataset, plan=plan, now=now())

    return made


def text_of(answer, status=200):
    assert answer.status_code == status, answer.content.decode()[-3000:]
    return " ".join(html.unescape(answer.content.decode()).split())


def new(stage, place="public.orders", **query):
    asked = "".join(f"&{name}={value}" for name, value in query.items())
    return f"{PAGES}new/?connection={stage.connection.pk}&place={place}{asked}"


def page(ingestion, act=""):
    return f"{PAGES}{ingestion.pk}/{act}"


def test_empty_places_say_what_an_ingestion_is_and_lead_on(browser, dataset, viewer, client_as):
    assert "No ingestions yet" in text_of(browser.get(PAGES))
    tab = text_of(browser.get(f"{DATA}{dataset.pk}/?tab=ingestions"))
    assert "Nothing comes in by itself" in tab and f'href="{PAGES}new/?dataset={dataset.pk}"' in tab
    assert "none is open to this project" in text_of(browser.get(f"{PAGES}new/"))
    reader = client_as(viewer)
    assert f'href="{PAGES}new/"' not in text_of(reader.get(PAGES))
    assert reader.get(f"{PAGES}new/").status_code == 403


def test_it_is_set_up_after_a_look_at_the_table(browser, warehouse, dataset):
    where = text_of(browser.get(f"{PAGES}new/?dataset={dataset.pk}"))
    assert f'<option value="{warehouse.connection.pk}"' in where and str(dataset.pk) in where
    form = text_of(browser.get(new(warehouse, dataset=dataset.pk)))
    assert "The first 50 rows" in form and '<option value="id">id</option>' in form and 'name="key" value="id"' in form
    said = {**HAND, "mode": "incremental", "cursor": "id", "key": ["id"], "rhythm": "weekly", "weekday": "1"}
    said |= {"at": "06:30", "zone": "Asia/Dubai", "review": "on"}
    answer = browser.post(new(warehouse, dataset=dataset.pk), said)
    made = Ingestion.objects.get()
    assert answer["Location"] == page(made)
    assert (made.cron, made.zone, made.cursor, made.key, made.review) == (
        "30 6 * * 1",
        "Asia/Dubai",
        "id",
        ["id"],
        True,
    )
    told = text_of(browser.get(page(made)))
    assert "Every Monday at 06:30 (Asia/Dubai)" in told and "It has not run yet" in told and "Next:" in told
    assert f'data-live-topic="ingestion:{made.pk}"' in told
    for listed in (PAGES, f"{DATA}{dataset.pk}/?tab=ingestions", f"{PAGES}?q=order&state=active"):
        assert f'href="{page(made)}"' in text_of(browser.get(listed))
    assert "Nothing matches" in text_of(browser.get(f"{PAGES}?q=elsewhere"))


def test_what_is_refused_keeps_what_was_typed(browser, warehouse, dataset):
    said = {**HAND, "rhythm": "cron", "cron": "61 * * * *", "columns": '["id", "word"]'}
    told = text_of(browser.post(new(warehouse, dataset=dataset.pk), said), 422)
    assert "is no schedule" in told and 'value="61 * * * *"' in told and '<option value="word"' in told
    told = text_of(browser.post(new(warehouse), {**HAND, "name": " ", "dataset": ""}), 422)
    assert "Give the new dataset a name" in told
    told = text_of(
        browser.post(new(warehouse), {**HAND, "mode": "incremental", "name": "Orders 2", "dataset": ""}), 422
    )
    assert "whose values only grow" in told
    assert not Ingestion.objects.exists() and Dataset.objects.count() == 1
    told = text_of(
        browser.post(new(warehouse, "public.nothing"), {**HAND, "act": "look", "place": "public.nothing"}), 422
    )
    assert "has no table public.nothing" in told


def test_files_are_looked_at_when_asked_and_go_to_a_new_dataset(browser, bucket):
    first = text_of(browser.get(new(bucket, "day")))
    assert "Look at what is there first" in first and 'name="cursor"' not in first and "The first" not in first
    said = {**HAND, "place": "day", "pattern": "*.csv", "mode": "incremental", "name": "Days", "dataset": ""}
    looked = text_of(browser.post(new(bucket, "day"), {**said, "act": "look"}))
    assert "The first row" in looked and 'name="key" value="id"' in looked and not Ingestion.objects.exists()
    assert browser.post(new(bucket, "day"), said).status_code == 303
    made = Ingestion.objects.get()
    assert (made.dataset.name, made.pattern, made.mode) == ("Days", "*.csv", "incremental")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"rhythm": "daily", "at": "06:30", "zone": "Asia/Dubai"}, "06:30 GMT+4"),
        ({"rhythm": "cron", "cron": "0 0 30 2 *", "zone": "UTC"}, "is no schedule"),
        ({"rhythm": "hand"}, None),
    ],
)
def test_the_next_times_are_shown_while_one_writes(browser, project, asked, said):
    told = text_of(browser.get(f"{PAGES}times/", asked, headers={"HX-Request": "true"}))
    assert "<html" not in told and told.count("<time") == (5 if said and "GMT" in said else 0)
    assert said is None or said in told


def test_its_life_run_paused_resumed_changed_deleted(browser, set_up, run_jobs, dataset):
    made = set_up(cron="0 6 * * *", zone="UTC")
    assert browser.post(page(made, "run/"))["Location"].endswith(f"versions/{DatasetVersion.objects.get().pk}/")
    busy = text_of(browser.get(page(made)))
    assert "A version is being read in." in busy
    again = browser.post(page(made, "run/"), headers={"Accept": "text/html"})
    assert again.status_code == 409 and "being read in already" in text_of(again, 409)
    run_jobs()
    browser.post(page(made, "run/"))
    run_jobs()
    told = text_of(browser.get(page(made)))
    assert "Nothing new" in told and "1,234" in told and "By hand" in told and "kB" in told
    nothing = DatasetVersion.objects.get(state=VersionState.UNCHANGED)
    shown = text_of(browser.get(f"{DATA}versions/{nothing.pk}/"))
    assert "Nothing new was found" in shown and f'href="{page(made)}"' in shown
    assert f"versions/{nothing.pk}/" not in text_of(browser.get(f"{DATA}{dataset.pk}/?tab=versions"))
    exported = browser.get(f"{page(made)}?export=csv").getvalue().decode("utf-8-sig").splitlines()
    assert len(exported) == 3 and "number" in exported[0]

    browser.post(page(made, "pause/"))
    assert "nothing is due until it is resumed" in text_of(browser.get(page(made)))
    browser.post(page(made, "resume/"))
    made.refresh_from_db()
    assert made.state == IngestionState.ACTIVE and made.next_at
    form = text_of(browser.get(page(made, "edit/")))
    assert 'value="daily" ' in form and 'value="06:00"' in form
    said = {**HAND, "mode": "incremental", "cursor": "id", "key": ["id"], "rhythm": "hourly", "minute": "5"}
    assert browser.post(page(made, "edit/"), said)["Location"] == page(made)
    made.refresh_from_db()
    assert (made.cron, made.reached != "") == ("5 * * * *", True)
    assert browser.post(page(made, "delete/"))["Location"].endswith("?tab=ingestions")
    assert not Ingestion.objects.exists() and DatasetVersion.objects.count() == 2


def test_a_span_is_read_anew_and_the_version_says_what_it_builds_on(browser, set_up, run_jobs, warehouse):
    made = set_up()
    browser.post(page(made, "run/"))
    run_jobs()
    asked = text_of(browser.get(page(made, "backfill/")))
    assert "whose id lies in the span are replaced" in asked and "1,234" in asked
    assert "or up to where" in text_of(browser.post(page(made, "backfill/"), {"since": "", "until": ""}), 422)
    assert "is bigint, and this is no such value" in text_of(
        browser.post(page(made, "backfill/"), {"since": "May"}), 422
    )
    low, high = warehouse.items[10], warehouse.items[20]
    assert f'<bdi dir="ltr">{number(warehouse.items[0])} – ' in asked
    counted = text_of(browser.post(page(made, "backfill/"), {"since": str(low), "until": str(high), "act": "count"}))
    assert f"10 of 1,234 rows of Orders v1 lie in the span, from {warehouse.items[11]} to {high}." in counted
    assert "No row of Orders v1 lies in the span" in text_of(
        browser.post(page(made, "backfill/"), {"since": str(warehouse.items[-1]), "act": "count"})
    )
    begun = browser.post(page(made, "backfill/"), {"since": str(low), "until": str(high)})["Location"]
    assert "Its rows are put to those of Orders v1." in text_of(browser.get(begun))
    run_jobs()
    done = text_of(browser.get(begun))
    assert "Adds 10 rows to Orders v1. 10 rows of it are replaced." in done
    without = set_up(mode=Mode.FULL, cursor="", key=())
    assert "this ingestion has none" in text_of(browser.get(page(without, "backfill/")))


def test_it_is_read_through_another_connection_after_a_look_at_what_lies_there(browser, set_up, warehouse, bucket):
    made = set_up()
    form = text_of(browser.get(page(made, "edit/")))
    assert f'<option value="{warehouse.connection.pk}" selected>' in form and str(bucket.connection.pk) in form
    said = {**HAND, "mode": "incremental", "cursor": "id", "key": ["id"], "drawn": str(warehouse.connection.pk)}
    said |= {"connection": str(bucket.connection.pk), "place": "day", "pattern": "*.csv"}
    looked = text_of(browser.post(page(made, "edit/"), said))
    made.refresh_from_db()
    assert "Not saved yet" in looked and "The first row" in looked and made.connection_id == warehouse.connection.pk
    assert f'name="drawn" value="{bucket.connection.pk}"' in looked and 'name="cursor"' not in looked
    said |= {"drawn": str(bucket.connection.pk)}
    assert browser.post(page(made, "edit/"), said)["Location"] == page(made)
    made.refresh_from_db()
    assert (made.connection_id, made.place, made.cursor) == (bucket.connection.pk, "day", "")


def test_the_reading_of_a_version_is_halted_and_goes_on(browser, set_up, run_jobs, viewer, client_as):
    made = set_up()
    version = browser.post(page(made, "run/"))["Location"]
    assert client_as(viewer).post(f"{version}pause/").status_code == 403
    assert "Pause" in text_of(browser.get(version))
    browser.post(f"{version}pause/")
    run_jobs()
    paused = text_of(browser.get(version))
    assert "Its reading is paused" in paused and f"{version}resume/" in paused
    assert browser.get(f"{version}?unless=ingesting-paused").status_code == 204
    assert browser.get(f"{version}?unless=ingesting").status_code == 200
    browser.post(f"{version}resume/")
    run_jobs(also_later=True)
    assert DatasetVersion.objects.get().state == VersionState.READY
    assert text_of(browser.post(f"{version}pause/", headers={"Accept": "text/html"}), 409)


def test_what_needs_a_look_is_said_on_the_lists_and_at_home(browser, set_up, scientist):
    made = set_up()
    Ingestion.objects.filter(pk=made.pk).update(trouble="The connection is gone.")
    assert "The connection is gone." in text_of(browser.get(page(made)))
    assert "Needs a look" in text_of(browser.get(PAGES))
    assert "One ingestion brought nothing the last time" in text_of(browser.get(DATA))
    home = text_of(browser.get("/t/acme/"))
    assert "The connection is gone." in home and f'href="{page(made)}"' in home


@pytest.fixture
def first(written):
    return written("Orders", b"id,name\n1,a\n2,b\n")


def test_a_file_is_added_or_replaces_by_key(browser, first, run_jobs):
    form = text_of(browser.get(f"{DATA}new/?dataset={first.dataset_id}"))
    assert 'name="mode" value="upsert"' in form and 'name="key" value="id"' in form
    assert 'name="mode"' not in text_of(browser.get(f"{DATA}new/"))

    def send(**words):
        file = SimpleUploadedFile("more.csv", b"id,name\n2,B\n3,c\n")
        return browser.post(f"{DATA}new/?dataset={first.dataset_id}", {"file": file, **words})

    assert "which columns are the key" in text_of(send(mode="upsert"), 422)
    begun = send(mode="upsert", key=["id"])
    assert begun.status_code == 303
    run_jobs()
    version = DatasetVersion.objects.exclude(pk=first.pk).get()
    assert (version.state, version.row_count) == (VersionState.REVIEW, 3)
    told = text_of(browser.get(begun["Location"]))
    assert "Adds 2 rows to Orders v1. 1 row of it is replaced." in told


def test_what_becomes_of_rows_follows_the_dataset_that_is_chosen(browser, first, warehouse, scientist, project):
    pull = f"{DATA}pull/?connection={warehouse.connection.pk}&place=public.orders"
    assert 'name="mode"' not in text_of(browser.get(pull))
    part = text_of(browser.get(f"{DATA}modes/", {"dataset": str(first.dataset_id), "mode": "append"}))
    assert "<html" not in part and 'name="key" value="name"' in part and 'value="append" ' in part
    assert 'name="mode"' not in text_of(browser.get(f"{DATA}modes/", {"dataset": ""}))
    # Without a script the form grows by a round.
    grown = text_of(browser.post(pull, {"act": "modes", "name": "", "dataset": str(first.dataset_id)}))
    assert 'name="mode" value="append"' in grown
    said = {"act": "create", "name": "", "dataset": str(first.dataset_id), "mode": "append"}
    assert browser.post(pull, said).status_code == 303
    assert DatasetVersion.objects.get(source__kind="connection").source["mode"] == "append"


def test_sql_adds_to_what_is_there(browser, first, run_jobs):
    said = {"sql": "SELECT id + 10 AS id, name FROM orders", "alias_0": "orders", "version_0": str(first.pk)}
    said |= {"dataset": str(first.dataset_id), "name": "", "act": "modes"}
    assert 'name="mode" value="append"' in text_of(browser.post(f"{DATA}derive/", said))
    assert browser.post(f"{DATA}derive/", {**said, "act": "create", "mode": "append"}).status_code == 303
    run_jobs()
    version = DatasetVersion.objects.exclude(pk=first.pk).get()
    assert (version.row_count, version.source["base"], version.failure) == (4, str(first.pk), "")
    assert selectors.latest_ready(first.dataset) == first

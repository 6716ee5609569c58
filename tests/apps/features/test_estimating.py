"""Before work in the feature store: what it will probably take, cost and wait for, by what was measured alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from apps.datasets.models import DatasetVersion
from apps.features import services
from apps.features.choices import ViewKind
from apps.features.models import FeatureView, Materialisation, Retrieval, TrainingSet
from apps.tenants import services as tenants
from apps.tenants.models import Price, UsageSpan
from foundation.access.actors import actor_for_user
from foundation.clock import now
from foundation.jobs.models import Job
from tests.apps.features.stage import DELAYS
from tests.support.people import make_person

FEATURES = "/t/acme/p/flights/features/"
GIB = 2**30


@pytest.fixture
def done(project, scientist, view, flights, define, run_jobs):
    """One of each kind of work is done, in so many seconds, and keeps a GiB; {seconds: its form or page}."""
    by = {"actor": scientist, "project": project}
    part = {"view": view.pk, "keys": {"carrier": "carrier"}}
    define.training_set(flights, "lateness", event_time="moment", views=[part])
    asked = {"event_time": "moment", "features": ["carrier_delay:recent_delay"], "keys": {"carrier": "carrier"}}
    services.ask_for_history(**by, base_version_id=flights.pk, upload_id=None, **asked)
    counted = {"aggregations": [{"name": "how_many", "function": "count", "seconds": 86400}], "slide_seconds": 3600}
    events = {"entity": view.entity, "version_id": flights.pk, "event_time": "moment"}
    services.define_windows(**by, **events, **counted, name="carrier_counts")
    run_jobs()
    windows = FeatureView.objects.get(name="carrier_counts")
    things = (view, windows, TrainingSet.objects.get(), Retrieval.objects.get())
    for seconds, thing in zip((10, 20, 30, 40), things, strict=True):
        took(thing.pk, seconds)
    Materialisation.objects.update(started_at=at(0), ended_at=at(50))
    UsageSpan.objects.filter(ended_at=None).update(byte_count=GIB)
    Price.objects.create(tenant=project.tenant, item="storage", amount=2, valid_from=now() - timedelta(days=1))
    return {
        10: f"views/new/?from={view.pk}",
        20: f"windows/new/?from={windows.pk}",
        30: f"training-sets/new/?base={flights.pk}",
        40: f"history/new/?base={flights.pk}",
        50: f"views/{view.pk}/?tab=online",
    }


def at(seconds):
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


def took(pk, seconds):
    """So long the work on it took, and one that had to be tried twice says nothing."""
    names = ("features.compute_view", "features.build_training_set", "features.retrieve")
    mine = Job.objects.filter(subject_id=pk, name__in=names, state="succeeded")
    assert mine.update(started_at=at(0), finished_at=at(seconds)) == 1
    one = mine.get()
    one.pk, one.attempt, one.finished_at = None, 2, at(9000)
    one.save(force_insert=True)


def shown(client, path):
    """What the page expects, as words; there is one such part."""
    answer = client.get(FEATURES + path)
    text = answer.content.decode()
    assert (answer.status_code, text.count("data-expected")) == (200, 1)
    return " ".join(strip_tags(text.partition("data-expected>")[2].partition("</dl>")[0].replace("<", " <")).split())


def test_each_form_says_what_it_takes_by_earlier_ones(done, admin, scientist, client_as):
    tenants.set_quota(actor=admin, project_id=None, storage_bytes=77 * 10**9)
    client = client_as(scientist)
    said = {seconds: shown(client, path) for seconds, path in done.items()}
    for seconds, text in said.items():
        by = "by one before it in this project, of about as many rows · at most"
        assert text.startswith(f"Takes about {seconds} s {by}"), text
        assert text.endswith("Starts as soon as a worker is free")
        assert ("of 77.0 GB left to the organisation" in text) == (seconds != 50), text
    for seconds in (10, 20):
        assert "Keeps about 1.1 GB as the version before" in said[seconds]
    for seconds in (10, 20, 30):
        assert "Costs about AED 2.00 a month for its storage" in said[seconds]
    # A day of 730 hours' price.
    assert "Costs about AED 0.07 for the 24 h that its rows are kept" in said[40]
    assert "uses no quota of storage" in said[50]


def test_who_sees_one_project_or_no_usage_reads_no_figure_of_the_tenant(
    done, admin, scientist, tenant, project, flights, client_as
):
    tenants.set_quota(actor=admin, project_id=None, storage_bytes=77 * 10**9)
    member = make_person(tenant, "member")
    holder = tenants.Holder.parse(f"user:{member.user.pk}")
    tenants.give_role_in_project(actor=admin, project_id=project.pk, holder=holder, role="scientist")
    guest = client_as(actor_for_user(user=member.user, tenant=tenant))
    for path in done.values():
        text = shown(guest, path)
        assert "Takes about" in text and "77" not in text and "organisation" not in text, text
    tenants.set_quota(actor=admin, project_id=project.pk, storage_bytes=88 * 10**9)
    assert "of 88.0 GB left to this project" in shown(guest, done[30])
    blind = replace(scientist, scopes=frozenset({"feature.view", "dataset.view", "job.view"}))
    found = services.expect_training_set(actor=blind, project_id=project.pk, base_version_id=flights.pk)
    assert (found.rests_on, found.keeping, found.cost) == (1, None, None)


def test_before_anything_was_made_nothing_is_invented(scientist, project, flights, client_as):
    Price.objects.create(tenant=project.tenant, item="storage", amount=2, valid_from=now() - timedelta(days=1))
    client = client_as(scientist)
    said = "Takes about nothing yet to tell by · at most 6 h Costs AED 2.00 for each GiB and month that is kept"
    assert shown(client, "views/new/").startswith(said)
    assert shown(client, "windows/new/").startswith(said)
    of_rows = "Takes about nothing of about as many rows yet to tell by"
    assert shown(client, f"training-sets/new/?base={flights.pk}").startswith(of_rows)
    assert shown(client, f"history/new/?base={flights.pk}").startswith(of_rows)


@pytest.mark.parametrize(("rows", "like"), [(27, 0), (28, 1), (112, 1), (113, 0)])
def test_half_to_double_as_many_rows_are_alike(done, scientist, project, written, rows, like):
    other = written("other.csv", DELAYS)
    DatasetVersion.objects.filter(pk=other.pk).update(row_count=rows)
    asked = {"actor": scientist, "project_id": project.pk}
    found = services.expect_training_set(**asked, base_version_id=other.pk)
    assert (found.rests_on, found.by_rows, found.byte_count) == (like, True, GIB if like else None)
    assert services.expect_history(**asked, base_version_id=other.pk).rests_on == like
    windows = services.expect_view(**asked, kind=ViewKind.WINDOWS, inputs=[str(other.pk)])
    assert (windows.rests_on, windows.byte_count, windows.before) == (like, GIB if like else None, False)
    view = FeatureView.objects.get(name="carrier_delay")
    FeatureView.objects.update(row_count=56)
    view.row_count = rows
    assert services.expect_materialisation(actor=scientist, view=view).rests_on == 2 * like


def test_what_is_typed_into_a_form_is_no_trouble_and_the_queue_is_told(done, scientist, project, client_as):
    asked = {"actor": scientist, "project_id": project.pk, "kind": ViewKind.SQL}
    for inputs in (["nothing"], ["", "7"], []):
        found = services.expect_view(**asked, name="a\x00b", inputs=inputs)
        assert (found.rests_on, found.by_rows, found.byte_count) == (1, False, None)
    view = FeatureView.objects.get(name="carrier_delay")
    services.request_materialisation(actor=scientist, view_id=view.pk)
    assert shown(client_as(scientist), done[10]).endswith("Starts after one job in the queue")
    # Asked for already: it is no longer before its start.
    assert "data-expected" not in client_as(scientist).get(FEATURES + done[50]).content.decode()


def test_more_that_was_made_asks_no_more_of_the_database(done, scientist, project, flights):
    def questions():
        with CaptureQueriesContext(connection) as asked:
            found = services.expect_training_set(actor=scientist, project_id=project.pk, base_version_id=flights.pk)
        return len(asked), found.rests_on

    few, one = questions()
    row = TrainingSet.objects.get()
    job = Job.objects.get(subject_id=row.pk, attempt=1)
    for number in range(2, 9):
        row.pk, row.number = None, number
        row.save(force_insert=True)
        job.pk, job.subject_id = None, row.pk
        job.save(force_insert=True)
    assert (one, questions()) == (1, (few, 8))
    assert few <= 13

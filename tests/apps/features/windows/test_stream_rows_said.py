"""A view by SQL over a stream is defined in the browser, over REST and in a file, which all say the same."""

from __future__ import annotations

import html
from dataclasses import replace
from uuid import UUID

import pytest
from django.urls import reverse

from apps.features import services
from apps.features.errors import DefinitionRefused
from apps.features.models import Entity, FeatureView
from apps.projects import services as projects
from apps.streams import services as streams
from apps.streams.models import Stream
from foundation.clock import now
from foundation.errors import NotFound
from tests.apps.features.stage import end_of_bin
from tests.apps.features.windows.conftest import told

pytestmark = pytest.mark.django_db(transaction=True)
FIRST = {"who": "a", "at": 60_000_000, "known": 60_000_000, "x": 1.5, "i": 2, "w": "x"}
SQL = "SELECT who, clicks.at, known, x FROM clicks"
FILE = """\
entities:
  who:
    join_keys: [who]
views:
  clicks_of_who:
    entity: who
    inputs:
      clicks: {stream: STREAM}
    sql: |
      SELECT who, clicks.at, known, x AS worth
      FROM clicks
    event_time: at
    ttl_seconds: 3600
"""


@pytest.fixture
def stream(events_stream):
    return events_stream(FIRST)


def test_a_stream_is_chosen_in_the_form_and_the_page_says_that_it_is_followed(
    stream, scientist, project, client_as, run_jobs
):
    web = client_as(scientist)
    address = reverse("features:view_define", args=[scientist.tenant.slug, project.slug])
    typed = {
        "sql": SQL,
        "alias_0": "clicks",
        "version_0": str(stream.pk),
        "name": "clicks_of_who",
        "new_entity": "who",
        "join_keys": "who",
        "event_time": "at",
        "created_column": "known",
        "ttl_unit": "hours",
    }
    empty = web.get(address).content.decode()
    assert f'value="{stream.pk}"' in empty and "Dataset version or stream" in empty
    offered = web.post(address, {**typed, "act": "columns"})
    assert {one["name"] for one in offered.context["columns"]["times"]} >= {"at", "known"}
    shown = web.post(address, {**typed, "act": "preview"})
    assert shown.status_code == 200 and f"stream: {stream.name}" in shown.context["written"]
    counted = {**typed, "sql": "SELECT who, clicks.at, known, count(*) AS n FROM clicks GROUP BY ALL"}
    for act in ("preview", "create"):
        refused = web.post(address, {**counted, "act": act})
        assert (refused.status_code, "an aggregation of windows" in refused.content.decode()) == (422, True)
    alike = web.post(address, {**typed, "act": "similar"})
    assert alike.status_code == 200
    assert web.post(address, {**typed, "act": "create"}).status_code == 303
    run_jobs()
    view = FeatureView.objects.get(name="clicks_of_who")
    detail = reverse("features:view_detail", args=[scientist.tenant.slug, project.slug, view.pk])
    answer = web.get(f"{detail}?tab=definition")
    page = answer.content.decode()
    assert "Follows the stream" in page and stream.name in page and "up to" in page
    assert reverse("features:view_define", args=[scientist.tenant.slug, project.slug]) + "?from=" in page
    [read] = answer.context["inputs"]
    assert (read["term"], read["value"], str(stream.pk) in read["url"]) == ("clicks", stream.name, True)
    # What is shown as a file is what an apply would leave alone.
    plan = services.plan_definitions(actor=scientist, project=project, text=answer.context["written"])
    assert [(step.section, step.action) for step in plan.steps] == [("views", "unchanged")]
    again = web.get(f"{address}?from={view.pk}").content.decode()
    assert f'value="{stream.pk}" selected' in again
    # The same by program follows the stream and knows of values as late as the view does.
    pasted = html.unescape(again)
    assert f"clicks=stream:{stream.pk} --created known" in pasted
    assert f"inputs={{'clicks': 'stream:{stream.pk}'}}" in pasted and "created_column='known'" in pasted
    assert f'"inputs": {{"clicks": "{stream.pk}"}}' in pasted and '"created_column": "known"' in pasted
    for tab in ("features", "rows", "lineage", "online"):
        assert "__shown" not in web.get(f"{detail}?tab={tab}").content.decode()

    # Why nothing comes any more.
    def progress():
        return web.get(detail).content.decode().partition('id="following"')[2].partition("</dl>")[0]

    gone = "(in the bin, gone, or not yours to see)"
    assert "Paused" not in progress() and gone not in progress()
    paused = streams.pause_stream(actor=scientist, stream=stream)
    # What waits before the stream is counted by nobody, so no number is told.
    waiting = progress().partition("Waiting in the stream</dt>")[2].partition("</dd>")[0]
    assert "Paused" in progress() and waiting == "<dd>It is paused: events wait where they are."
    assert "Its stream is paused" in web.get(detail).content.decode()
    streams.delete_stream(actor=scientist, stream=paused)
    assert gone in progress() and "Paused" not in progress()
    assert "No events come any more" in web.get(detail).content.decode()


def test_sql_over_several_events_is_refused_in_the_same_words_for_rows_and_for_windows(
    stream, define, define_windows, scientist, project
):
    count = {"name": "n", "function": "count", "column": "", "seconds": 60, "quantile": None}
    sql = "SELECT DISTINCT who, events.at, known, x FROM events"
    entity, said = define.entity("who"), []
    rows = {"name": "rows", "entity": entity, "event_time": "at", "inputs": {"events": stream.pk}}
    for tried in (
        lambda: define_windows([count], stream_id=stream.pk, sql=sql, entity=entity),
        lambda: services.define_view(actor=scientist, project=project, sql=sql, **rows),
    ):
        with pytest.raises(DefinitionRefused, match="and DISTINCT looks at several at once") as refused:
            tried()
        said.append((refused.value.sentence, list(refused.value.fields)))
    assert said[0] == said[1]


def test_windows_are_no_beginning_of_a_view_by_sql(stream, define_windows, scientist, project, client_as):
    count = {"name": "n", "function": "count", "column": "", "seconds": 60, "quantile": None}
    view = define_windows([count], stream_id=stream.pk)
    address = reverse("features:view_define", args=[scientist.tenant.slug, project.slug])
    assert client_as(scientist).get(f"{address}?from={view.pk}").status_code == 404


def test_over_rest_an_input_is_a_stream_and_the_answer_says_how_far_it_came(
    stream, define, api_as, scientist, run_jobs
):
    define.entity("who")
    api = api_as(scientist)
    words = {"project": "flights", "entity": "who", "name": "clicks", "sql": SQL, "event_time": "at"}
    body = {**words, "inputs": {"clicks": str(stream.pk)}}
    counted = api.post("/api/v1/feature-views/", {**body, "sql": f"{SQL} ORDER BY x"}, content_type="application/json")
    assert (counted.status_code, "ORDER BY" in str(counted.json())) == (422, True)
    made = api.post("/api/v1/feature-views/", body, content_type="application/json")
    assert made.status_code == 202, made.json()
    run_jobs()
    shown = api.get(f"/api/v1/feature-views/{made.json()['id']}/").json()
    assert (shown["kind"], shown["state"], shown["created_column"]) == ("sql", "ready", "known_since")
    progress = {name: shown["progress"][name] for name in ("follows", "events", "waiting", "left_out")}
    assert progress == {"follows": True, "events": 1, "waiting": 0, "left_out": 0}


def test_a_file_says_the_stream_by_its_name_and_goes_on_saying_it(stream, scientist, project, put, drain, run_jobs):
    by = {"actor": scientist, "project": project}
    text = FILE.replace("STREAM", stream.name)

    def steps(text):
        plan = services.plan_definitions(**by, text=text)
        return [(step.section, step.action, [one.field for one in step.changes]) for step in plan.steps]

    assert steps(text) == [("entities", "new", []), ("views", "new", [])]
    services.apply_definitions(**by, text=text)
    run_jobs()
    same = [("entities", "unchanged", []), ("views", "unchanged", [])]
    assert steps(text) == same
    exported = services.definitions_text(**by)
    assert f"stream: {stream.name}" in exported and "created_column" not in exported
    assert steps(exported) == same
    put(stream, told({**FIRST, "who": "b"}))
    streams.cut_stream(actor=scientist, stream=drain(stream), now=now())
    run_jobs()
    assert steps(text) == same, "a stream that went on is no other definition"
    assert steps(text.replace("x AS worth", "-x AS worth"))[1] == ("views", "new version", ["sql"])
    assert steps(text.replace("event_time: at", "event_time: at\n    created_column: at"))[1][1] == "new version"
    with pytest.raises(DefinitionRefused, match="looks at several at once"):
        steps(text.replace("x AS worth", "max(x) OVER () AS worth"))
    with pytest.raises(DefinitionRefused, match="no stream “elsewhere”"):
        steps(FILE.replace("STREAM", "elsewhere"))


def test_whoever_sees_no_streams_still_writes_and_defines_what_reads_none(stream, scientist, project, define, run_jobs):
    services.apply_definitions(actor=scientist, project=project, text=FILE.replace("STREAM", stream.name))
    run_jobs()
    blind = replace(scientist, kind="program", scopes=("dataset.view", "feature.view", "feature.define"))
    view = FeatureView.objects.get()
    exported = services.definitions_text(actor=blind, project=project)
    assert f"stream: {stream.name}" in exported and str(stream.pk) not in exported
    plan = services.plan_definitions(actor=blind, project=project, text=exported)
    assert {step.action for step in plan.steps} == {"unchanged"}
    plain = {"sql": "SELECT who, x FROM clicks", "inputs": {"clicks": UUID(view.inputs["clicks"])}}
    assert services.preview_sql(actor=blind, project=project, **plain)
    with pytest.raises(NotFound):
        services.preview_sql(actor=blind, project=project, sql=SQL, inputs={"clicks": stream.pk})


def test_a_stream_that_is_gone_keeps_its_name_in_the_file_and_what_followed_it_may_stay(
    stream, define_windows, admin, scientist, project, run_jobs
):
    by = {"actor": scientist, "project": project}
    services.apply_definitions(**by, text=FILE.replace("STREAM", stream.name))
    count = {"name": "n", "function": "count", "column": "", "seconds": 60, "quantile": None}
    define_windows([count], name="counts", stream_id=stream.pk, entity=Entity.objects.get())
    before = services.definitions_text(**by)
    streams.delete_stream(actor=admin, stream=streams.pause_stream(actor=admin, stream=stream))
    end_of_bin()
    run_jobs()
    assert not Stream.everything.exists()

    exported = services.definitions_text(**by)
    assert exported == before and exported.count(f"stream: {stream.name}") == 2
    assert {step.action for step in services.plan_definitions(**by, text=exported).steps} == {"unchanged"}
    described = exported.replace("ttl_seconds: 3600", "ttl_seconds: 3600\n    description: What it was worth.")
    assert [step.action for step in services.apply_definitions(**by, text=described).changes] == ["described"]
    for old, new in (("x AS worth", "-x AS worth"), ("slide_seconds: 60", "slide_seconds: 30")):
        assert old in exported
        with pytest.raises(DefinitionRefused, match=f"no stream “{stream.name}” that you see") as refused:
            services.plan_definitions(**by, text=exported.replace(old, new))
        [problem] = refused.value.details["problems"]
        assert "stream:" in exported.splitlines()[problem["line"] - 1] + exported.splitlines()[problem["line"]]


def test_the_same_by_program_names_a_stream_that_is_gone_as_the_file_does(
    stream, define_windows, admin, client_as, scientist, project
):
    services.apply_definitions(actor=scientist, project=project, text=FILE.replace("STREAM", stream.name))
    count = {"name": "n", "function": "count", "column": "", "seconds": 60, "quantile": None}
    define_windows([count], name="counts", stream_id=stream.pk, entity=Entity.objects.get())
    rows, counts = (FeatureView.objects.get(name=name) for name in ("clicks_of_who", "counts"))
    streams.delete_stream(actor=admin, stream=streams.pause_stream(actor=admin, stream=stream))

    def pasted(page, view):
        address = reverse(f"features:{page}", args=[scientist.tenant.slug, project.slug])
        return html.unescape(client_as(scientist).get(f"{address}?from={view.pk}").content.decode())

    shown = pasted("view_define", rows)
    assert f"inputs={{'clicks': 'stream:{stream.name}'}}" in shown and f"clicks=stream:{stream.name} " in shown
    assert '"inputs": {"clicks": "…"}' in shown and f"stream:{stream.pk}" not in shown
    shown = pasted("windows_define", counts)
    assert f"--stream {stream.name} " in shown and "stream='…'" in shown and '"stream_id": "…"' in shown


def test_another_stream_of_the_name_of_one_that_is_gone_is_a_change_that_a_plan_tells(
    stream, events_stream, admin, scientist, project, run_jobs
):
    by = {"actor": scientist, "project": project}
    services.apply_definitions(**by, text=FILE.replace("STREAM", stream.name))
    streams.delete_stream(actor=admin, stream=streams.pause_stream(actor=admin, stream=stream))
    end_of_bin()
    run_jobs()
    other = events_stream(FIRST)
    assert (other.name, other.pk == stream.pk) == (stream.name, False)
    steps = services.plan_definitions(**by, text=services.definitions_text(**by)).steps
    [step] = [step for step in steps if step.name == "clicks_of_who"]
    told = {change.field: (change.before, change.after) for change in step.changes}
    assert told["stream"] == (f"{stream.name} ({stream.pk})", f"{other.name} ({other.pk})")


def test_a_stream_of_another_project_that_was_renamed_is_found_by_what_its_file_says(stream, scientist, project):
    by = {"actor": scientist, "project": project}
    services.apply_definitions(**by, text=FILE.replace("STREAM", stream.name))
    elsewhere = projects.create_project(actor=scientist, slug="elsewhere", name="Elsewhere", purpose="Streams")
    Stream.objects.filter(pk=stream.pk).update(project=elsewhere, name="renamed")
    exported = services.definitions_text(**by)
    assert "stream: renamed" in exported
    assert {step.action for step in services.plan_definitions(**by, text=exported).steps} == {"unchanged"}


def test_an_event_does_not_count_from_before_it_happened(stream, scientist, project):
    """By the beginning of its hour, where it is known at once; since it arrived here it may be dated so."""
    who = services.define_entity(actor=scientist, project=project, name="who", join_keys=["who"])
    coarse = """SELECT who, date_trunc('hour', clicks.at) AS "at", known, x FROM clicks"""
    words = {"actor": scientist, "project": project, "entity": who, "event_time": "at"}
    of_stream = {**words, "inputs": {"clicks": stream.pk}}
    with pytest.raises(DefinitionRefused, match="makes “at” coarser than the time in the events"):
        services.define_view(**of_stream, name="hourly", sql=coarse, created_column="at")
    for name, sql, created in (
        ("arrived", coarse, ""),
        ("told", coarse, "known"),
        ("exact", coarse.replace("date_trunc('hour', clicks.at)", "clicks.at"), "at"),
    ):
        assert services.define_view(**of_stream, name=name, sql=sql, created_column=created).follows_stream
    counted = [{"name": "n", "function": "count", "column": "", "seconds": 7200, "quantile": None}]
    windows = {**words, "stream_id": stream.pk, "slide_seconds": 60, "aggregations": counted}
    sql = coarse.replace("clicks", "events")
    with pytest.raises(DefinitionRefused, match="makes “at” coarser than the time in the events"):
        services.define_windows(**windows, name="counted", sql=sql, known_since="event")

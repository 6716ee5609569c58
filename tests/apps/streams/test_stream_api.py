"""Streams by REST: made, pushed to, looked after."""

from __future__ import annotations

import gzip
import json

import pytest
import redis
from django.conf import settings

from apps.streams import services
from tests.apps.streams.conftest import COLUMNS

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(api_as, scientist):
    return api_as(scientist)


def push(api, stream, body, **headers):
    kind = headers.pop("content_type", "application/x-ndjson")
    return api.post(f"/api/v1/streams/{stream.pk}/events/", body, content_type=kind, headers=headers)


def test_a_stream_is_made_changed_paused_and_deleted(api, dataset):
    body = {
        "name": "Clicks",
        "dataset": str(dataset.pk),
        "columns": COLUMNS,
        "event_time": "at",
        "lateness": "00:05:00",
    }
    made = api.post("/api/v1/streams/", body, content_type="application/json")
    assert (made.status_code, made.json()["state"], made.json()["connection"]) == (201, "running", None)
    where = f"/api/v1/streams/{made.json()['id']}/"
    assert [row["id"] for row in api.get("/api/v1/streams/?project=flights").json()["results"]] == [made.json()["id"]]
    changed = api.patch(where, {"cut": "hour"}, content_type="application/json").json()
    assert (changed["cut"], changed["lateness"]) == ("hour", "00:05:00")
    wrong = api.patch(where, {"event_time": "n"}, content_type="application/json")
    assert (wrong.status_code, list(wrong.json()["errors"])) == (422, ["event_time"])
    assert api.post(f"{where}pause/").json()["state"] == "paused"
    assert api.post(f"{where}resume/").json()["state"] == "running"
    assert api.delete(where).status_code == 409
    api.post(f"{where}pause/")
    assert (api.delete(where).status_code, api.get(where).status_code) == (204, 404)


def test_columns_are_suggested(api, project, viewer, api_as):
    body = {"project": project.slug, "examples": ['{"id": 1, "at": "2026-01-31T12:00:00Z"}', "broken"]}
    found = api.post("/api/v1/streams/suggest/", body, content_type="application/json").json()
    assert [(one["name"], one["type"]) for one in found] == [("id", "whole"), ("at", "time")]
    nothing = api.post("/api/v1/streams/suggest/", {"project": project.slug}, content_type="application/json")
    assert nothing.status_code == 422
    seen = api_as(viewer).post("/api/v1/streams/suggest/", body, content_type="application/json")
    assert seen.status_code == 403


def test_events_are_taken_as_an_array_or_lines_also_packed(api, make_stream, drain, rows_of):
    stream = make_stream()
    lines = b'{"n": 1}\n\n{"n": 2}\r\n'
    assert push(api, stream, lines).json()["accepted"] == 2
    assert push(api, stream, b' [{"n": 3}, {"n": 4}]', content_type="application/json").json()["accepted"] == 2
    answer = push(api, stream, gzip.compress(b'{"n": 5}', mtime=0), **{"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json()["rejected"]) == (202, [])
    assert rows_of(drain(stream), "n") == [1, 2, 3, 4, 5]


def test_what_does_not_fit_is_named_by_its_index_and_the_rest_taken(api, make_stream, drain, rows_of):
    stream = make_stream()
    answer = push(api, stream, b'{"n": 1}\nbroken\n{"n": "x"}\n{"text": "a"}\n{"n": 2}').json()
    assert answer["accepted"] == 2
    said = [(one["index"], one["rule"], one["column"]) for one in answer["rejected"]]
    assert said == [(1, "undecodable", ""), (2, "wrong_type", "n"), (3, "missing", "n")]
    assert rows_of(drain(stream), "n") == [1, 2]
    deep = push(api, stream, b'[{"n": 3, "text": ' + b"[" * 600 + b"]" * 600 + b"}]", content_type="application/json")
    assert (deep.status_code, [one["rule"] for one in deep.json()["rejected"]]) == (202, ["undecodable"])


def test_a_request_that_is_repeated_is_taken_once(api, scientist, make_stream, drain, rows_of):
    stream = make_stream()
    first = push(api, stream, b'{"n": 1}', **{"Idempotency-Key": "a"})
    again = push(api, stream, b'{"n": 1}', **{"Idempotency-Key": "a"})
    assert first.json() == again.json()
    # Also where the portal was killed before it had kept its answer.
    one = services.push_events(actor=scientist, stream=stream, bodies=[b'{"n": 2}'], once="b")
    assert services.push_events(actor=scientist, stream=stream, bodies=[b'{"n": 2}'], once="b") == one
    assert services.push_events(actor=scientist, stream=stream, bodies=[b'{"n": 3}'], once="b") != one
    many = [b'{"n": 4}', *[b"{}"] * 9_999]
    named = services.push_events(actor=scientist, stream=stream, bodies=many, once="c")
    assert services.push_events(actor=scientist, stream=stream, bodies=many, once="c") == named
    assert len(named.rejected) == 9_999
    with redis.Redis.from_url(settings.REDIS_URL) as kept:
        assert all(kept.strlen(key) < 2_000 for key in kept.scan_iter(f"sanad:stream:once:{stream.key}:*"))
    assert rows_of(drain(stream), "n") == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"", {}, 422),
        (b"[1, 2", {}, 422),
        (b"no gzip", {"Content-Encoding": "gzip"}, 422),
        (gzip.compress(b"x" * 100, mtime=0)[:-9], {"Content-Encoding": "gzip"}, 422),
        (gzip.compress(b"0" * (13 << 20), mtime=0), {"Content-Encoding": "gzip"}, 413),
        (b"x" * ((12 << 20) + 1), {}, 413),
        (b"1\n" * 10_001, {}, 413),
    ],
)
def test_bodies_that_are_refused_as_a_whole(api, make_stream, body, headers, status):
    answer = push(api, make_stream(), body, **headers)
    assert (answer.status_code, bool(answer.json()["detail"])) == (status, True)


def test_a_devices_token_sends_events_and_sees_nothing(api_as, scientist, viewer, make_stream):
    stream = make_stream()
    device = api_as(scientist, scopes=["stream.push"])
    assert push(device, stream, b'{"n": 1}').status_code == 202
    assert device.get(f"/api/v1/streams/{stream.pk}/").status_code == 403
    assert device.post(f"/api/v1/streams/{stream.pk}/pause/").status_code == 403
    assert push(api_as(viewer), stream, b'{"n": 1}').status_code == 403


def test_quarantine_by_rule_read_again_and_discarded(
    api, make_stream, put, drain, run_jobs, django_capture_on_commit_callbacks
):
    stream = make_stream()
    put(stream, b"broken", b"broken too", {"text": "a"})
    drain(stream)
    where = f"/api/v1/streams/{stream.pk}/quarantine/"
    found = api.get(where).json()
    assert [(row["rule"], row["column"], row["events"]) for row in found] == [
        ("undecodable", "", 2),
        ("missing", "n", 1),
    ]
    assert "broken" not in json.dumps(found)
    assert api.post(f"{where}replay/").status_code == 202
    assert api.post(f"{where}replay/").status_code == 409
    run_jobs()
    with django_capture_on_commit_callbacks(execute=True):
        assert api.post(f"{where}discard/").status_code == 200
    assert api.get(where).json() == []


def test_a_version_by_hand(api, make_stream, put, drain, run_jobs):
    stream = make_stream()
    put(stream, {"n": 1})
    drain(stream)
    cut = api.post(f"/api/v1/streams/{stream.pk}/cut/")
    assert cut.status_code == 202
    run_jobs()
    version = api.get(f"/api/v1/dataset-versions/{cut.json()['version']}/").json()
    assert (version["state"], version["row_count"]) == ("ready", 1)

"""What a client sends may be anything: it is counted or set aside with its reason, and stops nobody's log."""

import json
import logging
from types import SimpleNamespace
from uuid import uuid4

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.monitoring import services
from apps.monitoring.adapters.valkey import stream_at
from apps.monitoring.management.commands import drain_inference
from apps.monitoring.models import DrainedBatch, TrafficMinute
from apps.monitoring.services import draining
from apps.monitoring.services.lines import read_line
from foundation.errors import Unavailable
from gateway.entries import stream_of
from tests.apps.monitoring.stage import broker, entry, log, waiting
from tests.apps.monitoring.test_draining import in_lake, requests
from tests.support.people import make_tenant


def aside(tenant):
    """What lies beside the tenant's stream, as (id, fields)."""
    return broker().xrange(f"{stream_of(str(tenant.pk))}:set-aside")


def deep(levels):
    return b'{"dataframe_records":[{"x":' + b"[" * levels + b"]" * levels + b"}]}"


@pytest.mark.parametrize(
    "body",
    [
        b'{"dataframe_split":{"columns":[null],"data":[[1]]}}',
        b'{"dataframe_split":{"columns":[true],"data":[[1]]}}',
        b'{"inputs":[{"name":null,"data":[1]}]}',
    ],
)
def test_a_body_whose_columns_have_no_names_is_a_request_like_another(revision, monitor, flowers, tenant, body):
    log(entry(revision, flowers[:1], request=body, response=b"", status=400), entry(revision, flowers[:1]))

    assert services.drain_once().lines == 2
    assert (requests(), waiting(tenant), aside(tenant)) == (2, 0, [])


@pytest.mark.parametrize("levels", [980, 1000, 1015])
def test_a_body_that_is_nested_too_deeply_is_set_aside_and_said(revision, monitor, flowers, tenant, caplog, levels):
    log(entry(revision, flowers[:1], request=deep(levels), status=400), entry(revision, flowers[:1]))
    assert services.drain_once().lines == 2

    place, [(_id, kept)] = DrainedBatch.objects.get(), aside(tenant)
    assert (requests(), len(in_lake(revision)), waiting(tenant)) == (1, 1, 0)
    assert (place.set_aside, place.set_aside_because, kept[b"why"]) == (1, "deep", b"deep")
    assert b"[[[[" in kept[b"entry"]
    assert "is set aside: RecursionError" in caplog.text


def test_a_line_that_is_refused_only_when_it_is_written_is_found_among_the_others(revision, monitor, flowers, tenant):
    log(*(entry(revision, flowers[n : n + 1], status=10**12 if n == 5 else 200) for n in range(9)))

    assert services.drain_once().lines == 9
    assert (requests(), len(in_lake(revision)), waiting(tenant)) == (8, 8, 0)
    assert [fields[b"why"] for _id, fields in aside(tenant)] == [b"value"]


def test_many_such_lines_end_the_turn_and_not_the_draining(revision, monitor, flowers, tenant, monkeypatch):
    monkeypatch.setattr(draining, "_MOST_REFUSALS", 4)
    log(*(entry(revision, flowers[n : n + 1], status=10**12 if n % 2 else 200) for n in range(8)))
    turns = [services.drain_once().lines for _turn in range(8)]

    assert turns[0] < 8 and sum(turns) == 8
    assert (requests(), len(aside(tenant)), waiting(tenant)) == (4, 4, 0)


def test_what_was_set_aside_before_a_crash_lies_there_once(tenant, settings):
    stream = stream_at(settings.REDIS_URL)
    for _attempt in range(2):
        stream.set_aside(str(tenant.pk), "1700000000000-3", b"{", why="form")
    assert len(aside(tenant)) == 1


def test_one_tenant_that_cannot_be_drained_keeps_no_other_waiting(revision, monitor, flowers, tenant, monkeypatch):
    others = [make_tenant(slug, slug) for slug in ("aaa", "zzz")]
    log(*(entry(revision, flowers[:1], tenant_id=str(one.pk)) for one in (tenant, *others)))
    real = draining._append_to_lake

    def away(drained, batch, **agrees):
        if drained == tenant:
            raise Unavailable("The lake of acme does not answer.")
        real(drained, batch, **agrees)

    monkeypatch.setattr(draining, "_append_to_lake", away)
    with pytest.raises(Unavailable):
        services.drain_once()
    assert [waiting(one) for one in (tenant, *others)] == [1, 0, 0]
    assert not aside(tenant), "who waits for the lake loses nothing"


def test_a_drift_that_cannot_be_judged_holds_back_no_count(revision, monitor, flowers, tenant, monkeypatch, caplog):
    monkeypatch.setattr(draining, "look_for_drift", lambda **_given: 1 / 0)
    log(entry(revision, flowers[:2]))

    assert services.drain_once().lines == 1
    assert (TrafficMinute.objects.get().rows, waiting(tenant)) == (2, 0)
    assert "cannot be judged" in caplog.text


def test_the_command_outlives_whatever_a_turn_meets(monkeypatch, caplog):
    monkeypatch.setattr(services, "drain_once", lambda: [][0])
    monkeypatch.setattr(drain_inference, "close_old_connections", lambda: None)
    with caplog.at_level(logging.ERROR):
        assert drain_inference.Command()._step() > 0
    assert "tried again" in caplog.text


def test_the_list_of_monitors_says_that_something_was_set_aside(revision, monitor, flowers, tenant, client_as, viewer):
    def shown():
        return client_as(viewer).get("/t/acme/p/flights/monitoring/").content.decode()

    assert "set aside" not in shown()
    log(entry(revision, flowers[:1], request=deep(1000), status=400))
    services.drain_once()
    assert "One logged request of this tenant could not be counted and was set aside: nested too deeply." in shown()


SOME = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4)
WORDS = ["inputs", "instances", "dataframe_split", "dataframe_records", "name", "data", "columns", "outputs", "shape"]
KEYS = st.sampled_from([*WORDS, "predictions", "probabilities", "prediction", "probability"]) | st.text(max_size=3)
BODY = st.recursive(SOME, lambda one: st.lists(one, max_size=3) | st.dictionaries(KEYS, one, max_size=3), max_leaves=20)
NOBODY = SimpleNamespace(
    tenant_id=uuid4(),
    deployment_id=uuid4(),
    pk=uuid4(),
    model_version=SimpleNamespace(input_schema={"target": {"classes": ["a", "b"]}}),
)


@given(request=BODY, response=BODY)
def test_no_body_gets_past_the_reading(request, response):
    bodies = {"request": json.dumps(request).encode(), "response": json.dumps(response).encode()}
    line = read_line("1-0", entry(NOBODY, [], **bodies).as_json(), {NOBODY.pk: ["x"]})

    assert (line.entry is None) == bool(line.unfit) == bool(line.cause)
    assert not line.rows or orjson.loads(line.rows[0]["features"]) is not None

"""A person's events are erased as rows and as what was set aside, however a sender wrote the name down."""

from __future__ import annotations

import json

import pytest

from apps.datasets import services as datasets
from apps.datasets.choices import ErasureState
from apps.streams import services
from apps.streams.models import Stream
from apps.tenants import services as tenants
from foundation.errors import Conflict

pytestmark = pytest.mark.django_db
NAME = 'Fāṭima "Zahrā" / ف'


def poison(name, **how):
    """An event without its number: it is set aside as it came."""
    return json.dumps({"text": name}, **how).encode()


def test_a_person_is_found_in_events_however_they_are_escaped(
    admin, project, make_stream, put, drain, rows_of, aside_of, run_jobs
):
    stream = make_stream()
    written = [poison(NAME), poison(NAME, ensure_ascii=False), poison(NAME).replace(b"/", b"\\/")]
    upper = poison(NAME).replace(b"\\u0641", b"\\u0641".upper().replace(b"U", b"u")).replace(b"u1e6d", b"u1E6D")
    put(stream, {"n": 1, "text": NAME}, {"n": 2, "text": "other"}, *written, upper, poison("other"))
    drain(stream)
    assert len(aside_of(stream)) == 5
    [found] = datasets.find_person(actor=admin, project=project, column="text", value=NAME)
    assert found.rows == 5
    erasure = datasets.erase_person(actor=admin, project=project, column="text", value=NAME)
    run_jobs()
    erasure.refresh_from_db()
    assert erasure.state == ErasureState.ERASED, erasure.failure
    assert rows_of(stream, "n") == [2]
    assert [body for _rule, _column, body in aside_of(stream)] == [poison("other")]


def test_what_came_for_a_held_dataset_stays(
    admin, officer, scientist, project, dataset, make_stream, put, drain, aside_of
):
    stream = make_stream()
    put(stream, {"n": 1, "text": NAME}, poison(NAME))
    drain(stream)
    datasets.place_hold(actor=officer, dataset=dataset, reason="Case 12/2026")
    stream = services.pause_stream(actor=scientist, stream=stream)
    binned = services.delete_stream(actor=scientist, stream=stream)
    for act in (
        lambda: datasets.erase_person(actor=admin, project=project, column="text", value=NAME),
        lambda: services.discard_quarantine(actor=scientist, stream=stream),
        lambda: tenants.delete_for_ever(actor=admin, binned=binned, confirmation=stream.name),
    ):
        with pytest.raises(Conflict, match=r"Under legal hold.*Clicks"):
            act()
    assert Stream.everything.filter(pk=stream.pk).exists() and len(aside_of(stream)) == 1

"""A person's events are erased as rows and as what was set aside, however a sender wrote the name down."""

from __future__ import annotations

import json

import pytest

from apps.datasets import services as datasets
from apps.datasets.choices import ErasureState

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

"""Connections that wait for the next who asks: nothing of the one before is left in them, and no dead one is given."""

from __future__ import annotations

import os

import psycopg
import pytest
from django.conf import settings

from foundation.lake.adapters.kept_connections import kept

LOCK, OURS = "SELECT pg_advisory_lock(83)", "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 83"


@pytest.fixture
def url(django_db_setup):
    return settings.LAKE_DATABASE_URL


def number_of(connection):
    return connection.execute("SELECT pg_backend_pid()").fetchone()[0]


def test_the_next_who_asks_has_the_same_one_without_locks_and_patience(url):
    with kept(url) as one:
        one.execute(LOCK)
        one.execute("SET lock_timeout = '7s'")
        with kept(url) as other:
            assert number_of(other) != number_of(one), "nobody shares one"
            assert other.execute(OURS).fetchone() == (1,)
        number = number_of(one)
        before = number_of(other)
    with kept(url) as again, kept(url) as third:
        assert (number_of(again), number_of(third)) == (number, before)
        assert again.execute(OURS).fetchone() == (0,)
        assert again.execute("SHOW lock_timeout").fetchone() == ("0",)


def test_after_an_error_it_is_closed_and_its_locks_end(url):
    with pytest.raises(psycopg.errors.UndefinedTable), kept(url) as one:
        one.execute(LOCK)
        one.execute("SELECT * FROM nowhere")
    assert one.closed
    with kept(url) as next_one:
        next_one.execute("SET lock_timeout = '5s'")
        next_one.execute(LOCK)


def test_one_that_the_server_ended_meanwhile_is_not_given(url):
    with kept(url) as one:
        number = number_of(one)
    with psycopg.connect(url, autocommit=True) as executioner:
        executioner.execute("SELECT pg_terminate_backend(%s, 5000)", [number])
    with kept(url) as next_one:
        assert number_of(next_one) != number


def test_a_child_has_none_of_its_parents(url):
    with kept(url) as one:
        number = number_of(one)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            with kept(url) as own:
                code = 0 if number_of(own) != number else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with kept(url) as again:
        assert number_of(again) == number

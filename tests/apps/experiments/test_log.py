"""A run's log: kept when the run ends, read in pieces of bounded size, handed out whole as a stream."""

import pytest

from apps.experiments import selectors
from foundation import storage
from foundation.engines import LOG_PIECE
from tests.apps.experiments.rows import make_run

LOG = b"2026-01-01T12:00:00.000Z learning\n" * 100_000


@pytest.fixture
def run(scientist, project):
    run = make_run(scientist, project, state="failed", log_bytes=len(LOG))
    storage.put(run.tenant_id, selectors.log_key(run), LOG)
    return run


def test_a_piece_of_a_kept_log_is_read_where_it_lies(run):
    assert selectors.read_log(run, offset=0) == (LOG[:LOG_PIECE], LOG_PIECE)
    assert selectors.read_log(run, offset=len(LOG) - 10) == (LOG[-10:], len(LOG))
    assert selectors.read_log(run, offset=len(LOG)) == (b"", len(LOG))


def test_a_reader_comes_again_until_all_is_told(run, scientist, api_as):
    client, told, ended = api_as(scientist), b"", "false"
    while ended == "false":
        answer = client.get(f"/api/v1/runs/{run.pk}/log/", {"offset": len(told)})
        told += answer.content
        assert answer["X-Log-Offset"] == str(len(told))
        ended = answer["X-Log-Ended"]
    assert told == LOG


def test_the_download_is_the_whole_log_as_a_stream(run, scientist, api_as):
    answer = api_as(scientist).get(f"/api/v1/runs/{run.pk}/log/")
    assert answer.streaming
    assert answer.getvalue() == LOG


def test_a_run_that_said_nothing_has_an_empty_log(scientist, project, api_as):
    run = make_run(scientist, project, state="queued")
    assert api_as(scientist).get(f"/api/v1/runs/{run.pk}/log/").getvalue() == b""

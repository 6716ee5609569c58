"""Files from outside: streamed onto this machine, and gone on with where the line broke."""

from __future__ import annotations

from pathlib import Path

import pytest

from foundation import outbound
from foundation.outbound import Limits

pytestmark = pytest.mark.usefixtures("loopback_allowed")
BODY = bytes(range(256)) * 8_000


@pytest.fixture
def fetch(file_server, tmp_path):
    (file_server.folder / "a.bin").write_bytes(BODY)
    path = tmp_path / "a"

    def fetched(name="a.bin", look=lambda _headers: None, went_on=lambda: None, **limits):
        told = {"connect_s": 2, "read_s": 2, "total_s": 20, "most_bytes": 1 << 30, **limits}
        path.unlink(missing_ok=True)
        got = outbound.fetch(
            f"{file_server.url}{name}", path, headers={}, limits=Limits(**told), look=look, went_on=went_on
        )
        return got.status, path.read_bytes()

    return fetched


def test_a_broken_line_is_taken_up_with_its_tag(file_server, fetch):
    file_server.fault(cut_after=500_000, times=3)
    assert fetch() == (200, BODY)
    heard = [heads for _method, _path, heads in file_server.heard()]
    starts = [int(heads["range"].removeprefix("bytes=")[:-1]) for heads in heard[1:]]
    assert starts == sorted(set(starts))
    assert all(heads["if-range"].startswith('"') for heads in heard[1:])


def test_a_line_that_breaks_without_end_is_given_up(file_server, fetch):
    file_server.fault(cut_after=1_000)
    with pytest.raises(outbound.Unreachable):
        fetch()
    assert len(file_server.heard()) == 6


def test_a_file_that_is_another_by_then_is_begun_anew(file_server, fetch):
    file_server.fault(cut_after=500_000)
    seen = []

    def change(headers):
        seen.append(headers["etag"])
        (file_server.folder / "a.bin").write_bytes(b"another")

    assert fetch(look=change) == (200, b"another")
    assert len(set(seen)) == 2


def test_what_is_too_long_is_left_or_cut_as_asked(file_server, fetch):
    with pytest.raises(outbound.AnswerTooLarge):
        fetch(most_bytes=1_000)
    assert fetch(most_bytes=1_000, cut=True) == (200, BODY[:1_000])
    file_server.fault(endless=True)
    with pytest.raises(outbound.AnswerTooLarge):
        fetch(most_bytes=5 << 20)


def test_a_refusal_is_told_by_its_status(file_server, fetch):
    assert fetch("nothing") == (404, b"")


def test_who_looks_may_refuse_before_the_first_byte(fetch, tmp_path):
    def refuse(_headers):
        raise KeyError

    with pytest.raises(KeyError):
        fetch(look=refuse)
    assert (tmp_path / "a").read_bytes() == b""


def test_who_waits_no_more_ends_it(fetch, tmp_path):
    def gone():
        raise KeyError

    with pytest.raises(KeyError):
        fetch(went_on=gone)
    assert len((tmp_path / "a").read_bytes()) < len(BODY)


def test_a_redirect_inside_is_refused(file_server, fetch):
    file_server.fault(redirect="http://169.254.169.254/")
    with pytest.raises(outbound.Refused):
        fetch()


def test_the_authorities_are_a_file_for_the_block_alone(settings, tmp_path):
    with outbound.authorities_file() as trusted, outbound.authorities_file("PEM of our own") as own:
        assert "BEGIN CERTIFICATE" in Path(trusted).read_text()
        assert Path(own).read_text() == "PEM of our own"
    assert not Path(own).exists()

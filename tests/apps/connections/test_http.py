"""Addresses of the web as a source: where a secret goes, broken lines, pages instead of files."""

from __future__ import annotations

import pytest

from apps.connections.adapters import http, open_source
from apps.connections.errors import PlaceMissing, SourceBroken, SourceChanged, SourceRefused, SourceUnreachable
from apps.connections.ports import Asked, Place, Secrets
from foundation.errors import Invalid
from foundation.outbound import Limits
from tests.support.receivers import receiving

pytestmark = pytest.mark.usefixtures("loopback_allowed")
BODY = bytes(range(256)) * 8_000


@pytest.fixture
def source(file_server, tmp_path):
    (file_server.folder / "a.bin").write_bytes(BODY)
    return opened(tmp_path, f"{file_server.url}a.bin")


def opened(scratch, *urls, secrets=None, **settings):
    return open_source("http", {"urls": list(urls), **settings}, Secrets(secrets), scratch)


def contents(source, place=None, pin=None):
    place = place or Place("")
    [piece] = source.pieces(place, Asked(), pin or source.pin(place, Asked()))
    with source.read(place, Asked(), piece) as files:
        return [file.path.read_bytes() for file in files]


def test_a_broken_line_is_taken_up_where_it_broke(file_server, source):
    pin = source.pin(Place(""), Asked())
    file_server.fault(cut_after=700_000, times=2)
    assert contents(source, pin=pin) == [BODY]
    ranges = [heads.get("range") for _method, _path, heads in file_server.heard()]
    assert ranges[0] is None
    assert [0 < int(said[6:-1]) < len(BODY) for said in ranges[1:]] == [True, True]


@pytest.mark.parametrize("fault", ["no_ranges", "no_tags"])
def test_a_server_that_cannot_go_on_is_asked_from_the_beginning(file_server, source, fault):
    file_server.fault(**{fault: True})
    pin = source.pin(Place(""), Asked())
    file_server.fault(**{fault: True, "cut_after": 700_000, "times": 1})
    assert contents(source, pin=pin) == [BODY]


def test_a_file_that_changes_while_it_is_read_is_not_put_together(file_server, source):
    pin = source.pin(Place(""), Asked())
    file_server.fault(tag='"another"')
    with pytest.raises(SourceChanged):
        contents(source, pin=pin)


def test_a_packed_answer_is_unpacked(file_server, source):
    file_server.fault(packed=True)
    assert contents(source) == [BODY]


def test_a_page_instead_of_a_file_is_told(file_server, source):
    pin = source.pin(Place(""), Asked())
    file_server.fault(page=True)
    for call in (lambda: source.pin(Place(""), Asked()), source.check):
        try:
            said = call()[-1].says
        except SourceBroken as error:
            said = str(error)
        assert "a web page and no file" in said
    with pytest.raises((SourceBroken, SourceChanged)):
        contents(source, pin=pin)


def test_an_answer_without_end_is_left(file_server, source, monkeypatch):
    monkeypatch.setattr(http, "_MOST_FILE_BYTES", 3 << 20)
    file_server.fault(endless=True)
    pin = source.pin(Place(""), Asked())
    with pytest.raises(SourceBroken, match="sends more than"):
        contents(source, pin=pin)


def test_silence_is_left(file_server, source, monkeypatch):
    monkeypatch.setattr(http, "_LOOKING", Limits(read_s=0.5, total_s=1))
    file_server.fault(silent=True)
    with pytest.raises(SourceUnreachable, match="in time"):
        source.pin(Place(""), Asked())


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, SourceRefused),
        (403, SourceRefused),
        (404, PlaceMissing),
        (410, PlaceMissing),
        (418, SourceBroken),
        (429, SourceUnreachable),
        (503, SourceUnreachable),
    ],
)
def test_each_refusal_has_its_kind(file_server, source, status, error):
    file_server.fault(status=status)
    with pytest.raises(error, match=str(status)):
        source.pin(Place(""), Asked())


@pytest.mark.parametrize("target", ["http://169.254.169.254/latest/", "http://127.0.0.2/", "file:///etc/passwd"])
def test_a_redirect_to_what_lies_inside_is_refused(file_server, source, target):
    pin = source.pin(Place(""), Asked())
    file_server.fault(redirect=target)
    for call in (lambda: source.pin(Place(""), Asked()), lambda: contents(source, pin=pin)):
        with pytest.raises(SourceRefused):
            call()


SECRETS = {
    "basic": ({"password": "s3cret"}, {"user": "reader"}),
    "bearer": ({"token": "s3cret"}, {}),
    "header": ({"value": "s3cret"}, {"header": "X-Api-Key"}),
}


@pytest.mark.parametrize("sign_in", SECRETS)
def test_a_secret_does_not_follow_to_another_host(file_server, tmp_path, sign_in):
    secrets, settings = SECRETS[sign_in]
    with receiving((200, {}, b"1,2")) as elsewhere:
        file_server.fault(redirect=elsewhere.url)
        source = opened(tmp_path, f"{file_server.url}a", sign_in=sign_in, secrets=secrets, **settings)
        assert contents(source) == [b"1,2"]
        told = [heads for _method, _path, heads in file_server.heard()]
        assert all("authorization" in heads or heads.get("x-api-key") == "s3cret" for heads in told)
        sent = " ".join(str(one.headers) for one in elsewhere.heard)
        assert "s3cret" not in sent
        assert "authorization" not in sent


@pytest.mark.parametrize(
    "name", ["http://127.0.0.2/a", "//evil.example/a", "../other", "in/../../other", "%2e%2e/x", "/x"]
)
def test_a_place_lies_below_what_was_named(file_server, tmp_path, name):
    source = opened(tmp_path, f"{file_server.url}in/", sign_in="bearer", secrets={"token": "t"})
    with pytest.raises(PlaceMissing, match="none of this connection"):
        source.pin(Place(name), Asked())
    assert file_server.heard() == []


def test_a_file_below_a_folder_is_a_place(file_server, tmp_path):
    (file_server.folder / "a.bin").write_bytes(b"1")
    assert contents(opened(tmp_path, file_server.url), Place("a.bin")) == [b"1"]


@pytest.mark.parametrize(
    ("told", "secrets", "field"),
    [
        ({"urls": []}, {}, "urls"),
        ({"urls": ["https://user:pw@example.com/a"]}, {}, "urls"),
        ({"urls": ["ftp://example.com/a"]}, {}, "urls"),
        ({"sign_in": "basic"}, {}, "password"),
        ({"sign_in": "bearer"}, {"token": "a\r\nHost: evil"}, "token"),
        ({"sign_in": "header", "header": "X: y\r\nHost"}, {"value": "v"}, "header"),
        ({"sign_in": "somehow"}, {}, "sign_in"),
    ],
)
def test_settings_that_would_lead_elsewhere_are_refused(tmp_path, told, secrets, field):
    with pytest.raises(Invalid) as refused:
        open_source("http", {"urls": ["https://example.com/a"], **told}, Secrets(secrets), tmp_path)
    assert list(refused.value.fields) == [field]

"""S3 as a source: roles and keys, odd keys, broken lines, and servers that mean ill."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from apps.connections.adapters import open_source, s3
from apps.connections.errors import PlaceMissing, SourceBroken, SourceChanged, SourceRefused, SourceUnreachable
from apps.connections.ports import Asked, Place, Secrets
from foundation.errors import Invalid
from tests.support.databases import free_port
from tests.support.fronts import cutting, fronting
from tests.support.object_store import ROLE
from tests.support.receivers import plain, receiving

pytestmark = pytest.mark.usefixtures("loopback_allowed")


@pytest.fixture
def bucket(object_store):
    """The name of an empty bucket; whoever owns the store may write into it."""
    object_store.hold_rights(False)
    name = f"bucket-{free_port()}"
    object_store.sdk.create_bucket(Bucket=name)
    return name


@pytest.fixture
def put(object_store, bucket):
    return lambda key, body=b"x": object_store.sdk.put_object(Bucket=bucket, Key=key, Body=body)


@pytest.fixture
def open_at(object_store, bucket, tmp_path):
    key, secret = object_store.keys

    def opened(secrets=None, **settings):
        told = {"bucket": bucket, "endpoint": object_store.url, **settings}
        return open_source("s3", told, Secrets(secrets or {"access_key": key, "secret_key": secret}), tmp_path / "s")

    return opened


def files_of(source, place, asked=None):
    asked, found = asked or Asked(), {}
    for piece in source.pieces(place, asked, source.pin(place, asked)):
        with source.read(place, asked, piece) as files:
            found |= {file.name: file.path.read_bytes() for file in files}
    return found


def test_a_role_is_taken_on_with_the_keys(object_store, open_at, put):
    put("a.csv", b"1")
    object_store.hold_rights()
    assert files_of(open_at(role=ROLE, external_id="partner"), Place("")) == {"a.csv": b"1"}
    last = open_at({"access_key": object_store.keys[0], "secret_key": "wrong"}, role=ROLE).check()[-1]
    assert (last.name, last.ok) == ("Signing in", False)


def test_the_machines_own_role_is_lent_where_the_operator_says_so(open_at, settings):
    with pytest.raises(Invalid) as refused:
        open_at({"unused": "x"}, sign_in="machine")
    assert "SANAD_CONNECTIONS_MACHINE_ROLE" in refused.value.fields["sign_in"][0]
    settings.CONNECTIONS_MACHINE_ROLE = True
    assert open_at({"unused": "x"}, sign_in="machine")


def test_keys_of_this_machine_are_never_used_by_themselves(open_at, put, monkeypatch, tmp_path, object_store):
    key, secret = object_store.keys
    configured = tmp_path / "config"
    configured.write_text(
        f"[default]\naws_access_key_id={key}\naws_secret_access_key={secret}\nendpoint_url=http://127.0.0.2:1\n"
    )
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(configured))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.2:1")
    put("a.csv")
    object_store.hold_rights()
    assert files_of(open_at(), Place(""))
    with pytest.raises(SourceRefused):
        files_of(open_at({"access_key": "strange", "secret_key": "strange"}), Place(""))


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"bucket": "a/b"}, "bucket"),
        ({"bucket": "a..b"}, "bucket"),
        ({"bucket": "arn:aws:s3:::x"}, "bucket"),
        ({"endpoint": "http://key:secret@127.0.0.1"}, "endpoint"),
        ({"endpoint": "file:///etc/passwd"}, "endpoint"),
        ({"region": "x.evil.example/"}, "region"),
        ({"role": "reader"}, "role"),
        ({"sign_in": "somehow"}, "sign_in"),
    ],
)
def test_settings_that_would_lead_elsewhere_are_refused(open_at, told, field):
    with pytest.raises(Invalid) as refused:
        open_at(**told)
    assert list(refused.value.fields) == [field]


ODD = [
    "a..b/.c.csv",
    "tab\tbell\x07end.csv",
    "percent%20%41.csv",
    "سند.csv",
    "a b+c&d.csv",
]


def test_keys_are_names_of_nothing_on_this_machine(open_at, put, tmp_path):
    for number, key in enumerate(ODD):
        put(key, str(number).encode())
    found = files_of(open_at(), Place(""))
    assert sorted(found.values()) == [str(number).encode() for number in range(len(ODD))]
    assert "tab\N{REPLACEMENT CHARACTER}bell\N{REPLACEMENT CHARACTER}end.csv" in found
    assert {path.name for path in tmp_path.iterdir()} == {"s"}


@pytest.mark.parametrize("key", ["../../etc/passwd", "a/../../other/b.csv", "./a", ".."])
def test_a_key_that_would_become_another_one_is_refused(open_at, key):
    listed = f"<Contents><Key>{key}</Key><Size>1</Size><ETag>e</ETag></Contents>"
    body = f'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{listed}</ListBucketResult>'
    with receiving((200, {}, body.encode())) as server:
        source = open_at(endpoint=server.url)
        with pytest.raises(SourceBroken, match="parts of dots alone"):
            source.pin(Place(""), Asked())
        with pytest.raises(SourceBroken, match="parts of dots alone"):
            source.pin(Place(key), Asked())
        assert len(server.heard) == 1


def test_a_place_is_a_folder_or_one_object_below_the_prefix(open_at, put):
    for key in ("in/day/1.csv", "in/day/2.csv", "in/day", "in/daylight/3.csv", "out/4.csv"):
        put(key, key.encode())
    source = open_at(prefix="in/")
    assert set(files_of(source, Place("day/"))) == {"in/day/1.csv", "in/day/2.csv"}
    assert set(files_of(source, Place("day"))) == {"in/day"}
    assert len(files_of(source, Place(""))) == 4
    assert [thing.name for thing in source.things()] == ["day", "day/", "daylight/"]


def test_a_pattern_picks_files(open_at, put):
    for key in ("a.csv", "b.txt", "deep/c.csv", "deep/er/d.csv"):
        put(key)
    assert set(files_of(open_at(), Place("", pattern="*.csv"))) == {"a.csv"}
    assert set(files_of(open_at(), Place("", pattern="**/*.csv"))) == {"a.csv", "deep/c.csv", "deep/er/d.csv"}
    with pytest.raises(PlaceMissing, match="fits"):
        open_at().pin(Place("", pattern="*.parquet"), Asked())


def test_an_older_version_is_read_where_the_bucket_keeps_them(object_store, bucket, open_at, put):
    enabled = {"Status": "Enabled"}
    object_store.sdk.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=enabled)
    put("a.csv", b"old")
    source, place = open_at(versions=True), Place("")
    pin = source.pin(place, Asked())
    put("a.csv", b"new")
    [piece] = source.pieces(place, Asked(), pin)
    with source.read(place, Asked(), piece) as files:
        assert [file.path.read_bytes() for file in files] == [b"old"]


def test_an_object_that_is_gone_has_changed(object_store, bucket, open_at, put):
    put("a.csv")
    source, place = open_at(), Place("")
    [piece] = source.pieces(place, Asked(), source.pin(place, Asked()))
    object_store.sdk.delete_object(Bucket=bucket, Key="a.csv")
    with pytest.raises(SourceChanged, match=r"a\.csv has changed"), source.read(place, Asked(), piece) as files:
        next(files)


LARGE = bytes(range(256)) * 40_000


def test_a_broken_line_is_taken_up_where_it_broke(object_store, open_at, put, monkeypatch):
    put("large.bin", LARGE)
    place, asked = Place(""), Asked()
    pin = open_at().pin(place, asked)
    heard = []
    go_on = s3.S3Source._go_on
    monkeypatch.setattr(
        s3.S3Source,
        "_go_on",
        lambda self, opened, file, written, have, *rest: (
            heard.append(have) or go_on(self, opened, file, written, have, *rest)
        ),
    )
    with fronting(cutting(object_store.port, 4_000_000, times=2)) as port:
        source = open_at(endpoint=f"http://127.0.0.1:{port}")
        [piece] = source.pieces(place, asked, pin)
        with source.read(place, asked, piece) as files:
            assert [file.path.read_bytes() for file in files] == [LARGE]
    assert len(heard) == 3
    assert heard[0] == 0
    assert 3_000_000 < heard[1] < heard[2] < len(LARGE)


def test_a_line_that_breaks_again_and_again_is_given_up(object_store, open_at, put):
    put("large.bin", LARGE)
    place = Place("")
    pin = open_at().pin(place, Asked())
    with fronting(cutting(object_store.port, 500_000, times=100)) as port:
        source = open_at(endpoint=f"http://127.0.0.1:{port}")
        [piece] = source.pieces(place, Asked(), pin)
        with pytest.raises(SourceUnreachable, match="again and again"), source.read(place, Asked(), piece) as files:
            next(files)


def test_an_object_that_is_longer_than_it_said_is_left(open_at, put):
    put("a.csv", b"12345")
    place = Place("")
    [piece] = open_at().pieces(place, Asked(), open_at().pin(place, Asked()))
    tag = piece.data["files"][0][2]
    with receiving((200, {"ETag": tag}, b"x" * 100)) as server:
        source = open_at(endpoint=server.url)
        with pytest.raises(SourceBroken, match="longer than it was said"), source.read(place, Asked(), piece) as files:
            next(files)


def endless(handler):
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    while True:
        handler.wfile.write(b"100000\r\n" + b"<" * (1 << 20) + b"\r\n")


def test_a_listing_without_end_is_left(open_at, monkeypatch):
    monkeypatch.setattr(s3, "_LISTING_BYTES", 8 << 20)
    with receiving(endless) as server, pytest.raises(SourceBroken, match="more than was asked for"):
        open_at(endpoint=server.url).pin(Place(""), Asked())


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirect_to_what_lies_inside_is_not_followed(open_at, status):
    with receiving(host="127.0.0.2") as inside:
        heads = {"Location": inside.url + "/latest/meta-data/", "x-amz-bucket-region": "me-central-1"}
        with receiving((status, heads, b"")) as server:
            last = open_at(endpoint=server.url).check()[-1]
        assert not last.ok
        assert inside.heard == []


def test_an_endpoint_inside_is_refused_whatever_its_name(open_at, resolver):
    resolver(metadata_example=["127.0.0.1", "169.254.169.254"])
    source = open_at(endpoint="http://metadata.example")
    assert source.check()[1].ok is False
    with pytest.raises(SourceRefused, match="a link-local address"):
        source.pin(Place(""), Asked())


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"<a" + b"><a" * 50_000, b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'],
)
def test_what_is_no_answer_of_s3_is_told(open_at, body):
    with receiving(lambda handler: plain(handler, 200, {}, body)) as server:
        source = open_at(endpoint=server.url)
        with pytest.raises((SourceBroken, PlaceMissing, SourceUnreachable)) as refused:
            source.pin(Place(""), Asked())
        assert "root:" not in str(refused.value)


def test_moto_refuses_what_it_should(object_store, bucket):
    object_store.hold_rights()
    with pytest.raises(ClientError):
        object_store.client("s3", "nobody", "nothing").list_objects_v2(Bucket=bucket)


def test_a_look_at_a_large_folder_lists_and_fetches_no_more_than_it_shows(open_at, put, monkeypatch):
    for number in range(25):
        put(f"day/{number:02d}.csv", b"id\n%d\n" % number)
    monkeypatch.setattr(s3, "_LOOKED_AT", 20)
    source, fetched, take = open_at(), [], s3.S3Source._take
    monkeypatch.setattr(s3.S3Source, "_take", lambda *given: fetched.append(given[3].key) or take(*given))

    found = source.describe(Place("day"))
    assert (found.files, found.bytes) == (None, None)
    asked = Asked(head=100)
    [piece, *_others] = source.pieces(Place("day"), asked, found.pin)
    with source.read(Place("day"), asked, piece) as looked:
        assert next(iter(looked)).path.read_bytes() == b"id\n0\n"
    assert fetched == ["day/00.csv"]
    assert source.describe(Place("day", pattern="0*.csv")).files == 10
    assert len(files_of(source, Place("day"))) == 25, "a load lists them all"

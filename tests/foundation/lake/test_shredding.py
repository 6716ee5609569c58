"""Tables that were destroyed: no byte that is left opens them, and what stays is read as before."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import threading
from pathlib import Path

import psycopg
import pyarrow as pa
import pytest
from django.conf import settings

from foundation import storage
from foundation.identity import Actor
from foundation.lake import TableMissing, for_tenant, shredding
from foundation.lake.adapters import catalogue, sessions
from foundation.lake.engines import place_of
from foundation.lake.keys import PURPOSE
from foundation.storage import key_stores, keyring, keys
from foundation.storage.errors import KeyDestroyed, KeyStoreUnavailable
from foundation.storage.models import TenantKey, names_of
from foundation.tenancy import scope
from tests.foundation.storage.test_shredding import everything_on_disk, forms, holding

CANARY = "CANARY-SHREDDED-"


@pytest.fixture(autouse=True)
def with_keys_of_the_tenant(settings):
    settings.LAKE_KEYS = "foundation.lake.keys.keys_of"


@pytest.fixture
def filled(tenant):
    """Two tables, of which one is to go; it has a file of deleted rows, and its snapshot is older than the other's."""
    tables = for_tenant(tenant.pk)
    doomed = tables.write("doomed", pa.table({"id": range(20_000), "name": [f"{CANARY}{n}" for n in range(20_000)]}))
    with sessions.cursor(place_of(tenant.pk)) as connection:
        connection.execute("DELETE FROM lake.main.doomed WHERE id = 77")
    kept = tables.write("kept", pa.table({"id": range(100)}))
    return tables, doomed, kept


def file_keys(tables, at):
    found = tables.files_of(at)
    return [base64.b64decode(f.key) for f in found] + [base64.b64decode(f.deleted.key) for f in found if f.deleted]


@pytest.mark.django_db(transaction=True)
def test_in_a_lake_that_was_never_written_to_there_is_nothing_to_destroy(tenant, admin):
    assert shredding.shred(actor=admin, tables=["doomed"]) == 0
    assert for_tenant(tenant.pk).tables() == []


def sealed_in(tenant):
    with psycopg.connect(settings.LAKE_DATABASE_URL) as connection:
        sql = f"SELECT encryption_key FROM lake_{tenant.pk.hex}.sealed_data_file ORDER BY 1"
        return [row[0] for row in connection.execute(sql)]


def lake_keys_of(tenant):
    with scope(tenant.pk):
        rows = TenantKey.objects.filter(purpose=PURPOSE).order_by("number")
        return [(row.number, row.destroyed_at is not None) for row in rows]


@pytest.mark.django_db(transaction=True)
def test_no_byte_that_is_left_opens_it_and_the_rest_keeps_its_digest(filled, tenant):
    tables, doomed, kept = filled
    digest, paths = tables.digest(kept), [Path(file.path) for file in tables.files_of(tables.current("doomed"))]
    old_key, needles = storage.purpose_key(tenant.pk, PURPOSE, 1), {CANARY: CANARY.encode()}
    for n, key in enumerate(file_keys(tables, tables.current("doomed"))):
        needles |= forms(f"file key {n}", key)
    needles |= forms("lake key 1", old_key)
    for name in key_stores.current().names(names_of(tenant.pk)):
        if ".lake." in name:
            needles |= forms("what wraps lake key 1", key_stores.current()._secret(name))
    wrapped = sealed_in(tenant)
    assert (len(needles), len(wrapped)) == (1 + 2 * 3 + 3 + 3, 2)

    assert shredding.shred(actor=Actor.system(tenant), tables=["doomed"]) == 1

    assert [path.exists() for path in paths] == [False]
    assert holding(needles, *everything_on_disk()) == set()
    # The wraps themselves may lie in the write-ahead log for good: what opened them is gone.
    assert [wrap in sealed_in(tenant) for wrap in wrapped] == [False, False]
    keyring.forget(tenant.pk)
    with pytest.raises(KeyDestroyed):
        storage.purpose_key(tenant.pk, PURPOSE, 1)
    with pytest.raises(TableMissing):
        tables.count(doomed)
    assert tables.digest(kept) == digest
    assert lake_keys_of(tenant) == [(1, True), (2, False)]


@pytest.mark.django_db(transaction=True)
def test_the_search_finds_what_opens_a_table_that_is_there(filled, tenant):
    """The wrap out of the catalogue and the key of the lake give the key of the file: so it is these that must go."""
    tables, doomed, _kept = filled
    path = Path(tables.files_of(doomed)[0].path).name
    wrap = next(w for w in sealed_in(tenant) if opened(storage.purpose_key(tenant.pk, PURPOSE, 1), path, w))
    assert opened(storage.purpose_key(tenant.pk, PURPOSE, 1), path, wrap) == file_keys(tables, doomed)[0]
    with psycopg.connect(os.environ["SANAD_TEST_SUPERUSER_URL"], autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    assert holding({"wrap": wrap.encode()}, Path(os.environ["SANAD_TEST_DATABASE_FOLDER"])) == {"wrap"}


def opened(key: bytes, path: str, sealed: str) -> bytes | None:
    raw = base64.b64decode(sealed.partition(":")[2])
    tag = hmac.new(key, b"mac:" + path.encode() + raw[:16], hashlib.sha256).digest()[:16]
    pad = hmac.new(key, b"pad:" + path.encode(), hashlib.sha256).digest()
    return bytes(a ^ b for a, b in zip(raw[:16], pad, strict=False)) if tag == raw[16:] else None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("where", ["sealing", "destroying"])
def test_cut_off_anywhere_doing_it_again_ends_it(filled, tenant, monkeypatch, where):
    tables, _doomed, kept = filled
    digest = tables.digest(kept)

    def killed(*_args, **_named):
        raise ConnectionError("killed")

    with monkeypatch.context() as patched:
        if where == "sealing":
            patched.setattr(catalogue, "seal_anew", killed)
        else:
            patched.setattr(keys, "finish_destroying", killed)
        with pytest.raises(ConnectionError):
            shredding.shred(actor=Actor.system(tenant), tables=["doomed"])
    assert tables.digest(kept) == digest, "at every moment what stays can be read"
    tables.write("later", pa.table({"id": [1]}))

    shredding.shred(actor=Actor.system(tenant), tables=["doomed"])
    assert lake_keys_of(tenant) == [(1, True), (2, True), (3, False)]
    assert [n for n in key_stores.current().names(names_of(tenant.pk)) if ".lake." in n and ".lake.3." not in n] == []
    assert (tables.digest(kept), tables.count(tables.current("later"))) == (digest, 1)


@pytest.mark.django_db(transaction=True)
def test_a_key_store_that_is_away_is_told_of_and_asked_again(filled, tenant, monkeypatch):
    from foundation.storage.adapters.key_folder import FolderKeyEncryption
    from foundation.storage.key_ports import KeyStoreAway

    def away(self, name):
        raise KeyStoreAway("The disk is full.")

    with monkeypatch.context() as broken:
        broken.setattr(FolderKeyEncryption, "destroy", away)
        with pytest.raises(KeyStoreUnavailable, match="disk is full"):
            shredding.shred(actor=Actor.system(tenant), tables=["doomed"])
    shredding.shred(actor=Actor.system(tenant), tables=["doomed"])
    assert lake_keys_of(tenant)[-1] == (3, False)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_and_a_writer_lose_nothing(filled, tenant):
    tables, _doomed, kept = filled
    digest, failures, over = tables.digest(kept), [], threading.Event()
    tables.write("doomed_too", pa.table({"id": [1]}))

    def shred(table):
        try:
            shredding.shred(actor=Actor.system(tenant), tables=[table])
        except Exception as error:  # noqa: BLE001 - told by the test
            failures.append(error)

    def write():
        while not over.is_set():
            tables.write("log", pa.table({"id": [1]}), mode="append")

    writer = threading.Thread(target=write)
    both = [threading.Thread(target=shred, args=(table,)) for table in ("doomed", "doomed_too")]
    for thread in (writer, *both):
        thread.start()
    for thread in both:
        thread.join()
    over.set()
    writer.join()
    at = tables.current("log")
    assert (failures, tables.digest(kept)) == ([], digest)
    assert tables.read(at).read_all().num_rows == tables.count(at) > 0
    assert [gone for _number, gone in lake_keys_of(tenant)] == [True, True, False]


@pytest.mark.django_db(transaction=True)
def test_a_lake_of_the_first_releases_is_put_under_a_key_of_its_own(tenant):
    """Its seals had no number; they were made with a key derived from the tenant's, which nothing could destroy."""
    tables, place = for_tenant(tenant.pk), place_of(tenant.pk)
    at = tables.write("old", pa.table({"id": [1, 2, 3]}))
    path, clear = Path(tables.files_of(at)[0].path).name, tables.files_of(at)[0].key
    key = storage.tenant_data_key(tenant.pk, "lake")
    pad = hmac.new(key, b"pad:" + path.encode(), hashlib.sha256).digest()[:16]
    hidden = bytes(a ^ b for a, b in zip(base64.b64decode(clear), pad, strict=True))
    tag = hmac.new(key, b"mac:" + path.encode() + hidden, hashlib.sha256).digest()[:16]
    with psycopg.connect(settings.LAKE_DATABASE_URL, autocommit=True) as connection:
        old = base64.b64encode(hidden + tag).decode()
        connection.execute(f"UPDATE {place.schema}.sealed_data_file SET encryption_key = %s", [old])
        connection.execute(f"DROP FUNCTION {place.schema}.sanad_hmac(integer, bytea)")
    sessions.forget(place)

    assert tables.read(at).read_all()["id"].to_pylist() == [1, 2, 3]
    assert [sealed.partition(":")[0] for sealed in sealed_in(tenant)] == ["1"]


@pytest.fixture
def growing(tenant):
    """A log of three small files, in which one row of two is somebody's."""
    tables = for_tenant(tenant.pk)
    for turn in range(3):
        names = [f"{CANARY}{turn}" if n % 2 else f"other-{turn}" for n in range(100)]
        tables.write("log", pa.table({"turn": [turn] * 100, "name": names}), mode="append")
    tables.write("kept", pa.table({"id": range(100)}))
    return tables


@pytest.mark.django_db(transaction=True)
def test_rows_erased_from_a_table_that_grows_are_in_no_byte_and_the_rest_stays(tenant, growing):
    before = growing.current("log")
    old_keys = file_keys(growing, before)
    assert growing.erase_rows("log", "starts_with(name, ?)", [CANARY]) == 150
    assert growing.erase_rows("log", "starts_with(name, ?)", [CANARY]) == 0
    shredding.shred_past(actor=Actor.system(tenant, "test"), tables=["log"])

    now = growing.current("log")
    left = growing.read(now).read_all()
    assert (left.num_rows, set(left["name"].to_pylist())) == (150, {"other-0", "other-1", "other-2"})
    assert growing.count(growing.current("kept")) == 100
    needles = {"canary": CANARY.encode()}
    for number, key in enumerate(old_keys):
        needles |= forms(f"key {number}", key)
    assert holding(needles, *everything_on_disk()) == set()
    assert not set(old_keys) & set(file_keys(growing, now))
    growing.write("log", pa.table({"turn": [3], "name": ["other-3"]}), mode="append")
    growing.compact("log")
    assert growing.count(growing.current("log")) == 151


@pytest.mark.django_db(transaction=True)
def test_rows_erased_by_an_attempt_that_was_cut_off_go_with_the_next(tenant, growing, monkeypatch):
    real = catalogue.table_lock
    locked = []

    def killed_at_the_second(place, *tables):
        locked.append(tables)
        if len(locked) == 2:
            raise ConnectionError("killed")
        return real(place, *tables)

    with monkeypatch.context() as patched, pytest.raises(ConnectionError):
        patched.setattr(catalogue, "table_lock", killed_at_the_second)
        growing.erase_rows("log", "starts_with(name, ?)", [CANARY])
    assert growing.count(growing.current("log")) == 150
    growing.erase_rows("log", "starts_with(name, ?)", [CANARY])
    shredding.shred_past(actor=Actor.system(tenant, "test"), tables=["log"])
    assert all(file.deleted is None for file in growing.files_of(growing.current("log")))
    assert holding({"canary": CANARY.encode()}, *everything_on_disk()) == set()


def test_rows_of_a_table_that_is_not_there_are_none(tenant):
    assert for_tenant(tenant.pk).erase_rows("nowhere", "true") == 0

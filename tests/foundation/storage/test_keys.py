"""A tenant's keys: rotated, wrapped anew, destroyed one by one, and dropped out of memory soon after."""

from __future__ import annotations

import base64
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as live_settings
from django.core.exceptions import ImproperlyConfigured

from foundation import storage
from foundation.clock import now
from foundation.errors import AccessDenied
from foundation.jobs.models import Job
from foundation.storage import key_stores, keyring, keys
from foundation.storage.envelope import HEADER, number_of
from foundation.storage.errors import KeyDestroyed, KeyMissing, KeyStoreUnavailable
from foundation.storage.key_ports import KeyStoreAway
from tests.foundation.storage.stage import committed, in_another_process, rows_of, secrets_of, wrap_the_old_way
from tests.support.jobs import run_queued

ROOT = Path(live_settings.OBJECT_STORE_URL.removeprefix("file://"))


def number_of_object(tenant, key):
    with (ROOT / tenant.pk.hex / f"{key}.sealed").open("rb") as sealed:
        return number_of(sealed.read(HEADER))


def test_new_things_are_sealed_under_a_new_key_and_old_ones_still_open(tenant, admin):
    storage.put(tenant.pk, "before", b"old")
    secret = storage.sealing.seal(tenant.pk, "webhook", b"password")
    assert keys.rotate_key(actor=admin) == 2
    storage.put(tenant.pk, "after", b"new")
    in_another_process()
    assert [number_of_object(tenant, key) for key in ("before", "after")] == [1, 2]
    assert [storage.read(tenant.pk, key) for key in ("before", "after")] == [b"old", b"new"]
    assert storage.sealing.open_sealed(tenant.pk, "webhook", secret) == b"password"


def test_only_an_administrator_rotates_and_lately_proved(tenant, scientist, admin):
    with pytest.raises(AccessDenied, match="administrator"):
        keys.rotate_key(actor=scientist)
    with pytest.raises(AccessDenied, match="confirm who you are"):
        keys.rotate_key(actor=replace(admin, stale=True))
    assert rows_of(tenant) == []


def test_stored_objects_are_sealed_under_the_new_key_where_it_is_wished(tenant, admin):
    storage.put(tenant.pk, "a/large", os.urandom(3 << 20))
    content = storage.read(tenant.pk, "a/large")
    storage.put(tenant.pk, "b", b"small")
    written = (ROOT / tenant.pk.hex / "b.sealed").stat().st_mtime_ns
    keys.rotate_key(actor=admin, reseal=True)
    storage.put(tenant.pk, "c", b"new already")
    (job,) = run_queued()
    assert (job.state, [number_of_object(tenant, key) for key in ("a/large", "b", "c")]) == ("succeeded", [2, 2, 2])
    in_another_process()
    assert (storage.read(tenant.pk, "a/large"), storage.read(tenant.pk, "b")) == (content, b"small")
    assert (ROOT / tenant.pk.hex / "b.sealed").stat().st_mtime_ns == written, "its age stays what it was"
    assert ledger_of("key.objects_resealed")["count"] == 2


def ledger_of(kind):
    from foundation.ledger.models import LedgerEvent

    return LedgerEvent.objects.filter(kind=kind).latest("recorded_at").payload


def test_resealing_that_was_cancelled_goes_on_where_it_stopped(tenant, admin, monkeypatch):
    from foundation import jobs
    from foundation.storage import objects

    for key in ("a", "b", "c"):
        storage.put(tenant.pk, key, key.encode())
    keys.rotate_key(actor=admin)
    asked, reseal = keys.ask_for_resealing(actor=admin), objects.reseal

    def cancelling(tenant_id, key, number):
        if key == "b":
            jobs.cancel(actor=admin, job_id=asked.pk)
        return reseal(tenant_id, key, number)

    monkeypatch.setattr(objects, "reseal", cancelling)
    (job,) = run_queued()
    assert (job.state, [number_of_object(tenant, key) for key in "abc"]) == ("cancelled", [2, 2, 1])
    monkeypatch.setattr(objects, "reseal", reseal)
    keys.ask_for_resealing(actor=admin)
    (job,) = run_queued()
    assert (job.state, [number_of_object(tenant, key) for key in "abc"]) == ("succeeded", [2, 2, 2])
    assert [storage.read(tenant.pk, key) for key in "abc"] == [b"a", b"b", b"c"]


def test_an_object_that_is_replaced_while_it_is_sealed_anew_keeps_its_new_content(tenant, admin, monkeypatch):
    from foundation.storage.adapters import file

    storage.put(tenant.pk, "a", b"old")
    keys.rotate_key(actor=admin)
    copy = file.shutil.copyfileobj

    def slow(source, draft, length):
        copy(source, draft, length)
        storage.put(tenant.pk, "a", b"put meanwhile")

    monkeypatch.setattr(file.shutil, "copyfileobj", slow)
    assert not storage.objects.reseal(tenant.pk, "a", 2)
    assert storage.read(tenant.pk, "a") == b"put meanwhile"


def test_every_key_moves_under_another_key_encryption_key(tenant, admin, settings, tmp_path):
    storage.put(tenant.pk, "a", b"content")
    keys.rotate_key(actor=admin)
    before = secrets_of(tenant)
    (tmp_path / "kek").write_text(base64.b64encode(os.urandom(32)).decode())
    settings.SANAD_KEY_ENCRYPTION, settings.SANAD_KEY_ENCRYPTION_FILE = "file", str(tmp_path / "kek")
    keys.ask_for_rewrap(actor=admin)
    with committed():
        (job,) = run_queued()
    assert (job.state, job.percent) == ("succeeded", 100)
    assert {row.mark for row in rows_of(tenant)} == {key_stores.current().mark}
    assert not set(secrets_of(tenant)) & set(before), "what wrapped them before is destroyed"
    # The portal's secret key opens nothing any more.
    settings.SECRET_KEY = "another secret key of the portal"
    in_another_process()
    assert storage.read(tenant.pk, "a") == b"content"
    assert ledger_of("key.rewrapped") == {"count": 2, "mark": key_stores.current().mark}


def test_a_second_wrapping_finds_nothing_to_do_and_a_wished_one_does(tenant, admin):
    storage.tenant_data_key(tenant.pk, "lake")
    before = secrets_of(tenant)
    keys.ask_for_rewrap(actor=admin)
    run_queued()
    assert (ledger_of("key.rewrapped")["count"], secrets_of(tenant)) == (0, before)
    keys.ask_for_rewrap(actor=admin, now=now())
    with committed():
        run_queued()
    assert ledger_of("key.rewrapped")["count"] == 1
    assert secrets_of(tenant) != before


def test_a_key_of_the_old_way_opens_and_moves_to_the_key_store(tenant, admin):
    wrap_the_old_way(tenant)
    storage.put(tenant.pk, "a", b"content")
    assert (secrets_of(tenant), rows_of(tenant)[0].name) == ([], "")
    keys.ask_for_rewrap(actor=admin)
    with committed():
        run_queued()
    in_another_process()
    assert storage.read(tenant.pk, "a") == b"content"
    (row,) = rows_of(tenant)
    assert (secrets_of(tenant), row.exposed) == ([row.name], True)
    assert keys.key_lines(actor=admin)[0].exposed, "older backups of the database still hold it"


def test_wrapping_goes_on_after_a_worker_died_half_way(tenant, admin, settings, monkeypatch):
    from foundation.storage.keys import rewrapping

    storage.tenant_data_key(tenant.pk, "lake")
    keys.rotate_key(actor=admin)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "the new secret key"
    keys.ask_for_rewrap(actor=admin)
    rewrap, done = rewrapping._rewrap, []

    def once(row):
        if done:
            raise ConnectionError("the worker lost its database")
        done.append(rewrap(row))

    monkeypatch.setattr(rewrapping, "_rewrap", once)
    (job,) = run_queued()
    assert (job.state, len({row.mark for row in rows_of(tenant)})) == ("queued", 2)
    monkeypatch.setattr(rewrapping, "_rewrap", rewrap)
    (job,) = run_queued(also_later=True)
    assert (job.state, {row.mark for row in rows_of(tenant)}) == ("succeeded", {key_stores.current().mark})
    settings.SECRET_KEY_FALLBACKS = []
    in_another_process()
    assert [len(keyring.tenant_key(tenant.pk, number)) for number in (1, 2)] == [32, 32]


def test_a_cancelled_wrapping_says_how_many_it_had_done(tenant, admin):
    from foundation import jobs

    storage.tenant_data_key(tenant.pk, "lake")
    asked = keys.ask_for_rewrap(actor=admin)
    jobs.cancel(actor=admin, job_id=asked.pk)
    assert Job.objects.get(pk=asked.pk).state == "cancelled"
    assert "count" in ledger_of("key.rewrapped")


def test_a_key_of_a_purpose_can_be_destroyed_by_itself(tenant, admin):
    first = storage.purpose_key(tenant.pk, "lake", 1)
    number = keys.new_key(tenant_id=tenant.pk, purpose="lake")
    assert (number, storage.purpose_key(tenant.pk, "lake", 2) == first) == (2, False)
    with committed():
        keys.destroy_key(actor=admin, purpose="lake", number=1, now=now())
    with pytest.raises(KeyDestroyed, match="destroyed"):
        storage.purpose_key(tenant.pk, "lake", 1)
    assert len(storage.purpose_key(tenant.pk, "lake", 2)) == 32
    assert [name.split(".")[1:3] for name in secrets_of(tenant)] == [["lake", "2"]]
    assert ledger_of("key.destroyed") == {"purpose": "lake", "number": 1}


def test_another_process_drops_an_open_key_within_a_second(tenant, admin, monkeypatch):
    moment = [100.0]
    monkeypatch.setattr(keyring.time, "monotonic", lambda: moment[0])
    storage.purpose_key(tenant.pk, "lake", 1)
    other_process = dict(keyring._open_keys)
    with committed():
        keys.destroy_key(actor=admin, purpose="lake", number=1, now=now())
    keyring._open_keys.update(other_process)
    moment[0] += keyring.RECHECK_S - 0.01
    assert storage.purpose_key(tenant.pk, "lake", 1), "inside the bound it may still be open"
    moment[0] += 0.01
    with pytest.raises(KeyDestroyed):
        storage.purpose_key(tenant.pk, "lake", 1)
    assert keyring.RECHECK_S <= 1


def test_a_key_taken_away_in_the_store_itself_is_gone_within_a_minute(tenant, monkeypatch):
    moment = [100.0]
    monkeypatch.setattr(keyring.time, "monotonic", lambda: moment[0])
    storage.tenant_data_key(tenant.pk, "lake")
    key_stores.current().destroy(secrets_of(tenant)[0])
    moment[0] += keyring.REOPEN_S
    with pytest.raises(KeyMissing, match="destroyed"):
        storage.tenant_data_key(tenant.pk, "lake")
    assert keyring.REOPEN_S <= 60


def test_an_open_key_costs_one_look_a_second(tenant, django_assert_num_queries):
    storage.tenant_data_key(tenant.pk, "lake")
    with django_assert_num_queries(0):
        for _ in range(100):
            storage.tenant_data_key(tenant.pk, "lake")


def test_two_tenants_have_secrets_of_their_own(tenant, other_tenant):
    for one in (tenant, other_tenant):
        storage.tenant_data_key(one.pk, "lake")
    assert len(secrets_of(tenant)) == len(secrets_of(other_tenant)) == 1
    assert secrets_of(tenant) != secrets_of(other_tenant)


def test_what_nobody_names_is_swept_when_it_is_old(tenant, monkeypatch):
    storage.tenant_data_key(tenant.pk, "lake")
    (kept,) = secrets_of(tenant)
    store, young = key_stores.current(), f"{kept}0"
    old = f"{tenant.pk.hex}.tenant.9.{int((now() - timedelta(days=2)).timestamp()):x}-aa"
    for name in (old, young):
        store.make(name)
    assert keys.sweep_secrets(tenant_id=tenant.pk) == 1
    assert secrets_of(tenant) == [kept, young]


def test_a_store_that_is_away_is_said_in_words(tenant, monkeypatch):
    class Away:
        mark = "vault:transit"

        def make(self, name, secret=None):
            raise KeyStoreAway("Vault is sealed; unseal it.")

    monkeypatch.setattr(key_stores, "current", Away)
    with pytest.raises(KeyStoreUnavailable, match="unseal"):
        storage.put(tenant.pk, "a", b"content")
    assert not storage.exists(tenant.pk, "a")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SANAD_KEY_ENCRYPTION", "paper", "environment, file, vault, pkcs11"),
        ("SANAD_KEY_ENCRYPTION", "file", "openssl rand -base64 32"),
        ("SANAD_KEY_ENCRYPTION", "vault", "SANAD_VAULT_ADDR"),
        ("SANAD_KEY_ENCRYPTION", "pkcs11", "SANAD_PKCS11_MODULE"),
    ],
)
def test_a_store_without_its_settings_says_which_are_missing(settings, name, value, words):
    setattr(settings, name, value)
    with pytest.raises(ImproperlyConfigured, match=words):
        key_stores.current()


@pytest.mark.parametrize("content", ["", "bm90IDMyIGJ5dGVz", "not base64!"])
def test_a_key_file_that_holds_no_key_is_refused(settings, tmp_path, content):
    (tmp_path / "kek").write_text(content)
    settings.SANAD_KEY_ENCRYPTION_FILE = str(tmp_path / "kek")
    with pytest.raises(ImproperlyConfigured, match="SANAD_KEY_ENCRYPTION_FILE"):
        key_stores.store("file")

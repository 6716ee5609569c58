"""A tenant's objects: kept, found, sealed, and closed to everybody else."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest
from django.conf import settings

from foundation import storage
from foundation.errors import Invalid
from foundation.storage import ObjectDamaged, ObjectMissing, keyring

ROOT = Path(settings.OBJECT_STORE_URL.removeprefix("file://"))


def sealed_file(tenant, key: str) -> Path:
    return ROOT / tenant.pk.hex / f"{key}.sealed"


def test_what_is_put_is_read_again(tenant):
    stored = storage.put(tenant.pk, "models/1/model.skops", b"weights")
    assert stored == storage.StoredObject("models/1/model.skops", 7, hashlib.sha256(b"weights").hexdigest())
    assert storage.read(tenant.pk, "models/1/model.skops") == b"weights"
    assert storage.size(tenant.pk, "models/1/model.skops") == 7


def test_a_stream_is_put_and_opened_as_a_stream(tenant):
    content = b"0123456789" * 300_000
    storage.put(tenant.pk, "big", io.BytesIO(content))
    with storage.open(tenant.pk, "big") as stream:
        stream.seek(2_000_000)
        assert stream.read(5) == content[2_000_000:2_000_005]


def test_an_object_is_replaced_listed_and_deleted(tenant):
    for key in ("logs/a", "logs/a/b", "logs/b", "other"):
        storage.put(tenant.pk, key, b"1")
    storage.put(tenant.pk, "logs/a", b"2")
    assert storage.read(tenant.pk, "logs/a") == b"2"
    assert storage.list(tenant.pk, "logs/") == ["logs/a", "logs/a/b", "logs/b"]
    assert storage.list(tenant.pk, "logs/a") == ["logs/a", "logs/a/b"]
    assert storage.delete(tenant.pk, "logs/a")
    assert not storage.delete(tenant.pk, "logs/a")
    assert not storage.exists(tenant.pk, "logs/a")
    assert storage.exists(tenant.pk, "logs/a/b")


def test_a_missing_object_is_said_to_be_missing(tenant):
    with pytest.raises(ObjectMissing, match="logs/none"):
        storage.open(tenant.pk, "logs/none")


def test_the_disk_holds_no_clear_content(tenant):
    storage.put(tenant.pk, "secret", b"CANARY-CONTENT" * 10)
    assert b"CANARY" not in sealed_file(tenant, "secret").read_bytes()


@pytest.mark.parametrize("key", ["", "/etc/passwd", "../other", "a/../../b", "a//b", "a/.", "a b", "a\0b", "a.sealed"])
def test_a_key_cannot_leave_the_tenants_folder(tenant, key):
    with pytest.raises(Invalid):
        storage.put(tenant.pk, key, b"x")


def test_an_object_moved_to_another_key_or_tenant_does_not_open(tenant, other_tenant):
    storage.put(tenant.pk, "a", b"mine")
    storage.put(other_tenant.pk, "a", b"theirs")
    storage.put(tenant.pk, "b", b"mine too")
    sealed = sealed_file(tenant, "a").read_bytes()
    for place in (sealed_file(tenant, "b"), sealed_file(other_tenant, "a")):
        place.write_bytes(sealed)
    for owner, key in ((tenant, "b"), (other_tenant, "a")):
        with pytest.raises(ObjectDamaged):
            storage.read(owner.pk, key)


def test_a_failing_source_leaves_the_old_object_and_no_draft(tenant):
    class Failing(io.BytesIO):
        def read(self, size=-1):
            if self.tell():
                raise ConnectionError("the sender went away")
            return super().read(size)

    storage.put(tenant.pk, "report", b"old")
    with pytest.raises(ConnectionError):
        storage.put(tenant.pk, "report", Failing(b"x" * (3 << 20)))
    assert storage.read(tenant.pk, "report") == b"old"
    assert not list((ROOT / ".drafts").iterdir())


def test_a_secret_opens_for_its_tenant_and_purpose_alone(tenant, other_tenant):
    sealed = storage.sealing.seal(tenant.pk, "connection", b"password")
    assert b"password" not in sealed
    assert storage.sealing.open_sealed(tenant.pk, "connection", sealed) == b"password"
    for owner, purpose in ((other_tenant, "connection"), (tenant, "webhook")):
        with pytest.raises(ObjectDamaged):
            storage.sealing.open_sealed(owner.pk, purpose, sealed)
    with pytest.raises(ObjectDamaged):
        storage.sealing.open_sealed(tenant.pk, "connection", sealed[:-1])


def test_data_keys_differ_by_tenant_and_purpose_and_stay(tenant, other_tenant):
    key = storage.tenant_data_key(tenant.pk, "lake")
    assert len(key) == 32
    keyring._open_keys.clear()
    assert storage.tenant_data_key(tenant.pk, "lake") == key
    assert storage.tenant_data_key(tenant.pk, "online") != key
    assert storage.tenant_data_key(other_tenant.pk, "lake") != key


def test_a_key_wrapped_with_another_secret_is_refused_with_a_sentence(tenant, settings):
    storage.tenant_data_key(tenant.pk, "lake")
    keyring._open_keys.clear()
    settings.SECRET_KEY, old = "another secret key", settings.SECRET_KEY
    with pytest.raises(keyring.KeyUnusable, match="SANAD_SECRET_KEY"):
        storage.tenant_data_key(tenant.pk, "lake")
    settings.SECRET_KEY_FALLBACKS = [old]
    assert len(storage.tenant_data_key(tenant.pk, "lake")) == 32


@pytest.mark.django_db(transaction=True)
def test_a_key_outlives_the_transaction_that_first_asked_for_it():
    from django.db import transaction

    from tests.support.people import make_tenant

    made = make_tenant("kept", "Kept")
    with pytest.raises(RuntimeError), transaction.atomic():
        key = storage.tenant_data_key(made.pk, "lake")
        raise RuntimeError
    keyring._open_keys.clear()
    assert storage.tenant_data_key(made.pk, "lake") == key

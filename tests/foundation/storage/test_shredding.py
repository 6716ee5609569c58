"""The end of a tenant: its keys are destroyed, and a search of every byte that is left finds nothing of them."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import psycopg
import pytest
import redis
from django.conf import settings

from foundation import ledger, storage
from foundation.clock import now
from foundation.identity import Actor
from foundation.storage import key_stores, keyring, keys
from foundation.storage.errors import KeyDestroyed
from foundation.storage.models import TenantKey
from foundation.tenancy import scope
from foundation.tenancy.models import Tenant
from tests.foundation.storage.stage import in_another_process, rows_of, secrets_of
from tests.foundation.storage.test_own_key import a_key
from tests.support import servers
from tests.support.people import make_person, make_tenant

HOME = Path(os.environ[servers.MARK])


def holding(needles: dict[str, bytes], *folders: Path) -> set[str]:
    """Which of the needles any file holds: each byte of each file is looked at, also over the borders of blocks."""
    found, longest = set(), max(map(len, needles.values()))
    # `os.walk` goes on where a server has just removed a folder.
    walked = ((Path(root) / name) for folder in folders for root, _names, names in os.walk(folder) for name in names)
    for file in (path for path in walked if path.is_file()):
        try:
            with file.open("rb") as opened:
                tail = b""
                while block := opened.read(1 << 22):
                    window = tail + block
                    found |= {name for name, needle in needles.items() if needle in window}
                    tail = window[-longest:]
        except FileNotFoundError:
            continue  # a server removed it while we looked
    return found


def forms(name: str, secret: bytes) -> dict[str, bytes]:
    """A key as bytes, in hex as PostgreSQL writes bytes, and in base64."""
    return {
        name: secret,
        f"{name} in hex": secret.hex().encode(),
        f"{name} in base64": base64.b64encode(secret).rstrip(b"="),
    }


def everything_on_disk() -> list[Path]:
    """The database's files and write-ahead log, Valkey's, and all that the portal keeps."""
    with psycopg.connect(os.environ["SANAD_TEST_SUPERUSER_URL"], autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    redis.Redis.from_url(settings.REDIS_URL).save()
    return [Path(os.environ["SANAD_TEST_DATABASE_FOLDER"]), HOME / "valkey", Path(settings.SANAD_HOME)]


@pytest.fixture
def leaving(db):
    """A tenant with objects, secrets, two keys and one of its own."""
    made = make_tenant("leaving", "Leaving Ltd")
    admin = make_person(made, "admin", email="admin@leaving.test")
    with scope(made.pk):
        storage.put(made.pk, "model", b"weights" * 1000)
        keys.rotate_key(actor=admin)
        keys.bring_key(actor=admin, secret=a_key(), now=now())
        storage.purpose_key(made.pk, "lake", 1)
        storage.put(made.pk, "report", b"figures")
    return admin


@pytest.mark.django_db(transaction=True)
def test_after_shredding_no_key_material_is_left_in_database_valkey_or_on_disk(leaving):
    tenant = leaving.tenant
    folder, material = Path(settings.SANAD_KEY_FOLDER), {}
    for row in rows_of(tenant):
        material |= forms(
            f"key {row.purpose}{row.number}", keyring.tenant_key(tenant.pk, row.number, purpose=row.purpose)
        )
    for name in secrets_of(tenant):
        material |= forms(f"wrapped secret {name}", (folder / f"{name}.secret").read_bytes()[20:])
        material |= forms(f"secret {name}", key_stores.current()._secret(name))
    assert len(secrets_of(tenant)) == 4
    wrapped = {name for name in material if name.startswith("wrapped") and " in " not in name}
    assert holding(material, *everything_on_disk()) == wrapped, (
        "the search finds what is there, and only the store has it"
    )

    keys.shred_tenant(actor=Actor.system(tenant), tenant=tenant, now=now())

    assert secrets_of(tenant) == []
    assert holding(material, *everything_on_disk()) == set()
    for act in (lambda: storage.read(tenant.pk, "model"), lambda: storage.put(tenant.pk, "new", b"x")):
        with pytest.raises(KeyDestroyed, match="can be opened by nobody"):
            act()
    in_another_process()
    with pytest.raises(KeyDestroyed):
        storage.tenant_data_key(tenant.pk, "lake")
    assert secrets_of(tenant) == [], "no key is made for a tenant that is gone"


@pytest.mark.django_db(transaction=True)
def test_a_restored_backup_of_the_database_opens_nothing(leaving):
    tenant = leaving.tenant
    backup = [(row.pk, bytes(row.wrapped)) for row in rows_of(tenant)]
    keys.shred_tenant(actor=Actor.system(tenant), tenant=tenant, now=now())
    with scope(tenant.pk):
        for pk, wrapped in backup:
            TenantKey.objects.filter(pk=pk).update(wrapped=wrapped, destroyed_at=None, brought=False)
        Tenant.objects.filter(pk=tenant.pk).update(keys_destroyed_at=None)
    in_another_process()
    with pytest.raises(storage.keyring.KeyUnusable, match="gone from the key store"):
        storage.read(tenant.pk, "model")


@pytest.mark.django_db(transaction=True)
def test_the_ledgers_chain_stays_verifiable(leaving):
    tenant = leaving.tenant
    keys.shred_tenant(actor=Actor.system(tenant), tenant=tenant, now=now())
    ledger.sequence_once()
    verdict = ledger.verify_chain(tenant)
    entries = ledger.entries_about(tenant_id=tenant.pk, subjects=[("keys", tenant.pk)])
    assert (verdict.whole, [entry.event.kind for entry in entries]) == (
        True,
        ["key.rotated", "key.brought", "key.tenant_shredded"],
    )


@pytest.mark.django_db(transaction=True)
def test_a_store_that_was_away_is_swept_once_it_answers(leaving, monkeypatch):
    from foundation.storage.adapters.key_folder import FolderKeyEncryption
    from foundation.storage.key_ports import KeyStoreAway

    tenant = leaving.tenant

    def away(self, name):
        raise KeyStoreAway("The disk is full.")

    with monkeypatch.context() as broken:
        broken.setattr(FolderKeyEncryption, "destroy", away)
        keys.shred_tenant(actor=Actor.system(tenant), tenant=tenant, now=now())
    with pytest.raises(KeyDestroyed):
        storage.read(tenant.pk, "model")
    assert keys.sweep_secrets(tenant_id=tenant.pk) == 4
    assert secrets_of(tenant) == []


@pytest.mark.django_db(transaction=True)
def test_another_tenants_keys_stay(leaving):
    kept = make_tenant("kept", "Kept Ltd")
    with scope(kept.pk):
        storage.put(kept.pk, "a", b"theirs")
    keys.shred_tenant(actor=Actor.system(leaving.tenant), tenant=leaving.tenant, now=now())
    in_another_process()
    assert storage.read(kept.pk, "a") == b"theirs"

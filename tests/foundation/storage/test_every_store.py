"""The whole way of a tenant's keys over every key store: made, moved from one to the next, and ended."""

from __future__ import annotations

import base64
import itertools
import os
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from foundation import storage
from foundation.clock import now
from foundation.identity import Actor
from foundation.storage import key_stores, keys
from foundation.storage.errors import KeyDestroyed
from foundation.tenancy.models import Tenant
from tests.foundation.storage.stage import committed, in_another_process, rows_of, secrets_of
from tests.support import servers, softhsm
from tests.support.jobs import run_queued
from tests.support.transit import Transit

STORES = ["environment", "file", "vault", "pkcs11"]


@pytest.fixture
def use(settings, tmp_path, request):
    """Names the store that the portal uses from now on; those of before stay reachable."""
    (tmp_path / "kek").write_text(base64.b64encode(os.urandom(32)).decode())
    settings.SANAD_KEY_ENCRYPTION_FILE = str(tmp_path / "kek")

    def named(store):
        if store == "vault" and not settings.SANAD_VAULT_ADDR:
            transit = Transit(token="s.of-the-portal")
            request.addfinalizer(transit.close)
            settings.SANAD_VAULT_ADDR, settings.SANAD_VAULT_TOKEN = transit.address, transit.token
        if store == "pkcs11":
            settings.SANAD_PKCS11_MODULE = softhsm.make_token(Path(os.environ[servers.MARK]))
            settings.SANAD_PKCS11_TOKEN, settings.SANAD_PKCS11_PIN = softhsm.LABEL, softhsm.PIN
        settings.SANAD_KEY_ENCRYPTION = store

    return named


@pytest.mark.parametrize("store", STORES)
def test_a_tenant_lives_and_ends_over_the_store(tenant, admin, use, store):
    use(store)
    storage.put(tenant.pk, "a", b"content")
    keys.rotate_key(actor=admin)
    text = base64.b64encode(os.urandom(32)).decode()
    with committed():
        keys.bring_key(actor=admin, secret=text, now=now())
    in_another_process()
    assert storage.read(tenant.pk, "a") == b"content"
    with committed():
        keys.withdraw_key(actor=admin, confirmation="acme", now=now())
    keys.bring_key(actor=admin, secret=text, now=now())
    in_another_process()
    assert storage.read(tenant.pk, "a") == b"content"
    assert {row.mark.partition(":")[0] for row in rows_of(tenant)} == {store}
    with committed():
        keys.shred_tenant(actor=Actor.system(tenant), tenant=tenant, now=now())
    assert secrets_of(tenant) == []
    in_another_process()
    with pytest.raises(KeyDestroyed):
        storage.read(tenant.pk, "a")


def test_keys_move_from_store_to_store_and_leave_nothing_behind(tenant, admin, use):
    use("environment")
    storage.put(tenant.pk, "a", b"content")
    for before, store in itertools.pairwise(STORES):
        use(store)
        keys.ask_for_rewrap(actor=admin)
        with committed():
            run_queued()
        in_another_process()
        assert storage.read(tenant.pk, "a") == b"content"
        assert [row.mark.partition(":")[0] for row in rows_of(tenant)] == [store]
        if (before, store) != ("environment", "file"):  # these two share a folder
            assert key_stores.store(before).names(f"{tenant.pk.hex}.") == []


def test_the_operator_wraps_all_tenants_keys_with_one_command(tenant, other_tenant, settings):
    for one in (tenant, other_tenant):
        storage.put(one.pk, "a", b"content")
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "the next secret key"
    said = StringIO()
    call_command("rewrap_keys", "--no-wait", stdout=said)
    assert f"{Tenant.objects.count() + 1} jobs are queued." in said.getvalue()
    with committed():
        run_queued()
    settings.SECRET_KEY_FALLBACKS = []
    in_another_process()
    assert [storage.read(one.pk, "a") for one in (tenant, other_tenant)] == [b"content", b"content"]

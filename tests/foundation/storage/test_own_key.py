"""A tenant brings a key of its own and takes it away again: it decides how long anything of it opens."""

from __future__ import annotations

import base64
import os
from dataclasses import replace

import pytest

from foundation import storage
from foundation.clock import now
from foundation.errors import AccessDenied, Conflict, Invalid
from foundation.jobs.models import Job
from foundation.storage import key_stores, keyring, keys
from foundation.storage.errors import KeyMissing, KeyWithdrawn
from foundation.storage.models import BroughtKey
from foundation.storage.wrapping import unwrap
from tests.foundation.storage.stage import committed, in_another_process, rows_of, secrets_of
from tests.support.jobs import run_queued
from tests.support.transit import Transit


def a_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


@pytest.fixture
def vault(settings):
    served = Transit(token="s.of-the-portal")
    settings.SANAD_VAULT_ADDR, settings.SANAD_VAULT_TOKEN = served.address, served.token
    yield served
    served.close()


@pytest.fixture
def brought(tenant, admin):
    """A tenant with an object and a key of its own, as text."""
    storage.put(tenant.pk, "a", b"content")
    text = a_key()
    with committed():
        keys.bring_key(actor=admin, secret=text, now=now())
    return text


def withdraw(actor):
    with committed():
        keys.withdraw_key(actor=actor, confirmation=actor.tenant.slug, now=now())
    actor.tenant.refresh_from_db()


def test_what_was_stored_before_opens_with_the_tenants_own_key_alone(tenant, admin, brought):
    in_another_process()
    assert storage.read(tenant.pk, "a") == b"content"
    assert all(row.brought for row in rows_of(tenant))
    for row in rows_of(tenant):
        stranger = BroughtKey.objects.get()
        stranger.name = f"{tenant.pk.hex}.brought.1.0-stranger"
        key_stores.current().make(stranger.name)
        with pytest.raises(storage.keyring.KeyUnusable):
            unwrap(row, stranger)


def test_a_withdrawn_key_closes_everything_within_a_second(tenant, admin, brought, monkeypatch):
    moment = [100.0]
    monkeypatch.setattr(keyring.time, "monotonic", lambda: moment[0])
    storage.read(tenant.pk, "a")
    other_process = dict(keyring._open_keys)
    withdraw(admin)
    keyring._open_keys.update(other_process)
    moment[0] += 1.0
    for act in (
        lambda: storage.read(tenant.pk, "a"),
        lambda: storage.put(tenant.pk, "b", b"x"),
        lambda: storage.sealing.seal(tenant.pk, "webhook", b"x"),
        lambda: storage.tenant_data_key(tenant.pk, "lake"),
        lambda: keys.rotate_key(actor=admin),
    ):
        with pytest.raises(KeyWithdrawn, match="Settings, Encryption"):
            act()
    assert KeyWithdrawn.status == 423


def test_the_portal_itself_has_it_no_more(tenant, admin, brought):
    (own,) = [name for name in secrets_of(tenant) if ".brought." in name]
    withdraw(admin)
    assert own not in secrets_of(tenant)
    (row,) = rows_of(tenant)
    with pytest.raises(KeyMissing):
        unwrap(row, BroughtKey.objects.get())


def test_the_same_key_opens_everything_again_and_another_does_not(tenant, admin, brought):
    withdraw(admin)
    with pytest.raises(Invalid, match="not the key that was withdrawn"):
        keys.bring_key(actor=admin, secret=a_key(), now=now())
    with pytest.raises(KeyWithdrawn):
        storage.read(tenant.pk, "a")
    keys.bring_key(actor=admin, secret=brought, now=now())
    admin.tenant.refresh_from_db()
    assert storage.read(tenant.pk, "a") == b"content"
    assert len([name for name in secrets_of(tenant) if ".brought." in name]) == 1


def test_a_withdrawn_key_that_the_store_still_has_stands_in_for_no_other(tenant, admin, brought):
    """As after a withdrawal while the key store was away."""
    keys.withdraw_key(actor=admin, confirmation="acme", now=now())
    with pytest.raises(Invalid, match="not the key that was withdrawn"):
        keys.bring_key(actor=admin, secret=a_key(), now=now())


def test_another_key_may_take_its_place(tenant, admin, brought):
    before = secrets_of(tenant)
    with committed():
        keys.bring_key(actor=admin, secret=a_key(), now=now())
    in_another_process()
    assert storage.read(tenant.pk, "a") == b"content"
    assert not set(before) & set(secrets_of(tenant))


def test_it_can_be_left_to_the_portal_again(tenant, admin, brought):
    with committed():
        keys.release_key(actor=admin, now=now())
    in_another_process()
    assert storage.read(tenant.pk, "a") == b"content"
    assert not [name for name in secrets_of(tenant) if ".brought." in name]
    with pytest.raises(Conflict):
        keys.release_key(actor=admin, now=now())


def test_a_new_key_and_a_key_of_a_purpose_are_wrapped_with_it_too(tenant, admin, brought):
    keys.rotate_key(actor=admin)
    storage.purpose_key(tenant.pk, "lake", 1)
    assert [row.brought for row in rows_of(tenant)] == [True, True, True]


def test_the_portals_own_rotation_needs_it_not(tenant, admin, brought, settings):
    withdraw(admin)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "the next secret key"
    keys.ask_for_rewrap(actor=admin)
    with committed():
        (job,) = run_queued()
    assert job.state == "succeeded"
    settings.SECRET_KEY_FALLBACKS = []
    keys.bring_key(actor=admin, secret=brought, now=now())
    assert storage.read(tenant.pk, "a") == b"content"


def test_the_portals_rotation_takes_the_uploaded_key_along(tenant, admin, brought, settings):
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "the next secret key"
    keys.ask_for_rewrap(actor=admin)
    with committed():
        run_queued()
    settings.SECRET_KEY_FALLBACKS = []
    in_another_process()
    assert storage.read(tenant.pk, "a") == b"content"


def test_other_jobs_of_the_tenant_end_with_the_sentence(tenant, admin, brought):
    keys.ask_for_resealing(actor=admin)
    withdraw(admin)
    (job,) = run_queued()
    assert (job.state, "withdrawn" in job.failure) == ("failed", True)
    assert Job.objects.count() == 1


def test_another_tenant_is_not_touched(tenant, other_tenant, admin, brought):
    storage.put(other_tenant.pk, "a", b"theirs")
    withdraw(admin)
    assert storage.read(other_tenant.pk, "a") == b"theirs"


@pytest.mark.parametrize(
    "text", ["", "short", base64.b64encode(b"x" * 31).decode(), base64.b64encode(b"x" * 32).decode(), "ü" * 44]
)
def test_a_key_that_is_none_is_refused_in_words(admin, text):
    with pytest.raises(Invalid) as refused:
        keys.bring_key(actor=admin, secret=text, now=now())
    assert "secret" in refused.value.fields


def test_withdrawing_asks_for_the_name(tenant, admin, brought):
    with pytest.raises(Invalid, match="acme"):
        keys.withdraw_key(actor=admin, confirmation="acme trading", now=now())
    assert storage.read(tenant.pk, "a") == b"content"


def test_who_may_not_change_keys_may_not_bring_or_withdraw(tenant, scientist, admin, brought):
    for actor in (scientist, replace(admin, stale=True), replace(admin, scopes=frozenset({"run.view"}))):
        for act in (
            lambda actor: keys.bring_key(actor=actor, secret=a_key(), now=now()),
            lambda actor: keys.withdraw_key(actor=actor, confirmation="acme", now=now()),
            lambda actor: keys.release_key(actor=actor, now=now()),
        ):
            with pytest.raises(AccessDenied):
                act(actor)


def test_a_key_in_vault_stays_in_the_tenants_hands(tenant, admin, vault):
    vault.ask("POST", "/v1/transit/keys/acme.master", {"x-vault-token": vault.token}, {"type": "aes256-gcm96"})
    storage.put(tenant.pk, "a", b"content")
    keys.bring_key(actor=admin, vault_key="acme.master", now=now())
    in_another_process()
    assert storage.read(tenant.pk, "a") == b"content"
    withdraw(admin)
    assert "acme.master" in vault.keys, "the portal forgets it and leaves it where it is"
    with pytest.raises(KeyWithdrawn):
        storage.read(tenant.pk, "a")
    keys.bring_key(actor=admin, vault_key="acme.master", now=now())
    assert storage.read(tenant.pk, "a") == b"content"
    # Taken away in Vault itself, it opens nothing either.
    del vault.keys["acme.master"]
    in_another_process()
    with pytest.raises(KeyMissing):
        storage.read(tenant.pk, "a")


@pytest.mark.parametrize("name", ["other.master", "acme", "acme.", "acmex.master", "acme./../x", "acme.a b"])
def test_a_name_in_vault_that_is_another_tenants_is_refused(tenant, admin, vault, name):
    with pytest.raises(Invalid, match=r"begins with “acme\.”"):
        keys.bring_key(actor=admin, vault_key=name, now=now())
    assert vault.calls == []


def test_a_name_that_vault_has_not_is_refused_and_not_made(tenant, admin, vault):
    with pytest.raises(Invalid, match="make it there first"):
        keys.bring_key(actor=admin, vault_key="acme.mistyped", now=now())
    assert vault.keys == {}


def test_without_a_vault_it_is_said_what_to_do(admin):
    with pytest.raises(Invalid, match="Upload the key instead"):
        keys.bring_key(actor=admin, vault_key="acme.master", now=now())


def test_the_state_tells_who_reads_it_and_holds_no_key(tenant, admin, scientist, brought):
    standing, (line,) = keys.standing_of(actor=admin), keys.key_lines(actor=admin)
    assert (standing.source, standing.vault_key, standing.withdrawn_at) == ("upload", "", None)
    assert (line.number, line.state, line.wrapped_by, line.with_own_key) == (1, "newest", "environment", True)
    assert brought not in repr((standing, line))
    with pytest.raises(AccessDenied):
        keys.key_lines(actor=scientist)
    withdraw(admin)
    assert keys.key_lines(actor=admin)[0].state == "withdrawn"

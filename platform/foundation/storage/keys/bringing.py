"""A key of the tenant's own: with it inside every wrap, the tenant itself decides how long anything opens."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from foundation import ledger
from foundation.errors import Conflict, Invalid
from foundation.identity import Actor
from foundation.storage import key_stores, keyring, wrapping
from foundation.storage.choices import BroughtSource
from foundation.storage.errors import KeyMissing, KeyUnusable
from foundation.storage.events import KeyBrought, KeyReleased, KeyWithdrawnByTenant
from foundation.storage.keys import policies
from foundation.storage.keys.destroying import destroy_after_commit
from foundation.storage.models import BroughtKey, TenantKey, names_of
from foundation.tenancy.models import Tenant


@transaction.atomic
def bring_key(*, actor: Actor, now: datetime, secret: str = "", vault_key: str = "") -> BroughtKey:
    """Put a key of the tenant's own inside the wrap of all its keys: 32 bytes in base64, or the name of one in Vault.

    Where one was withdrawn it must be that very key; where one is in use, the new one takes its place.
    """
    policies.check_can_change_keys(actor)
    own = _locked(actor)
    given = _given(actor, secret, vault_key, own)
    if own is not None and own.withdrawn_at is not None:
        return _bring_again(actor, own, given)
    policies.check_has_keys(actor)
    # There is something to wrap even where nothing was ever stored.
    keyring.tenant_key(actor.tenant_id, 1)
    _wrap_all(actor, before=own, after=given, now=now)
    secrets = [(own.store, own.name)] if own and own.is_kept_here else []
    given.pk, given.brought_at = own.pk if own else given.pk, now
    given.save(force_update=own is not None, force_insert=own is None)
    destroy_after_commit(secrets)
    _record(actor, KeyBrought(source=given.source, again=False))
    return given


@transaction.atomic
def withdraw_key(*, actor: Actor, confirmation: str, now: datetime) -> None:
    """Take the tenant's own key away: within a second nothing of the tenant opens, until it is brought again."""
    policies.check_can_change_keys(actor)
    policies.check_name_typed(actor, confirmation)
    own = policies.check_own_key(_locked(actor))
    if own.withdrawn_at is not None:
        raise Conflict(_("The organisation's key is withdrawn already."))
    BroughtKey.objects.filter(pk=own.pk).update(withdrawn_at=now)
    Tenant.objects.filter(pk=actor.tenant_id).update(keys_withdrawn_at=now)
    keyring.forget(actor.tenant_id)
    if own.is_kept_here:
        destroy_after_commit([(own.store, own.name)])
    _record(actor, KeyWithdrawnByTenant())


@transaction.atomic
def release_key(*, actor: Actor, now: datetime) -> None:
    """Leave the keys to the portal again, as they were before one was brought."""
    policies.check_can_change_keys(actor)
    policies.check_has_keys(actor)
    own = policies.check_own_key(_locked(actor))
    _wrap_all(actor, before=own, after=None, now=now)
    BroughtKey.objects.filter(pk=own.pk).delete()
    if own.is_kept_here:
        destroy_after_commit([(own.store, own.name)])
    _record(actor, KeyReleased())


def _given(actor: Actor, secret: str, vault_key: str, own: BroughtKey | None) -> BroughtKey:
    """The key as a row, not saved, its secret in the store."""
    if bool(secret.strip()) == bool(vault_key.strip()):
        sentence = _("Give either the key itself or its name in Vault.")
        raise Invalid(sentence, fields={"secret": [sentence]})
    made = BroughtKey(tenant=actor.tenant)
    if vault_key:
        made.name = policies.checked_vault_key(actor, vault_key.strip())
        made.source, made.store = BroughtSource.VAULT, key_stores.store(key_stores.VAULT).mark
        _check_is_there(made)
        return made
    content, store = policies.checked_secret(secret), key_stores.current()
    made.source, made.store = BroughtSource.UPLOAD, store.mark
    made.name = f"{names_of(actor.tenant_id)}brought.1.{wrapping.ending()}"
    if own is not None and own.withdrawn_at is not None and own.is_kept_here:
        # What it wrapped is bound to its name and to the store's form.
        made.name, made.store, store = own.name, own.store, key_stores.of_mark(own.store)
    with key_stores.in_words():
        # A withdrawn one that waits for the sweep must not stand in for the one that is given.
        store.destroy(made.name)
        store.make(made.name, content)
    return made


def _bring_again(actor: Actor, own: BroughtKey, given: BroughtKey) -> BroughtKey:
    given.pk, given.brought_at = own.pk, own.brought_at
    try:
        for row in TenantKey.objects.filter(destroyed_at=None, brought=True):
            wrapping.unwrap(row, given)
    except (KeyUnusable, KeyMissing) as error:
        _discard(given)
        sentence = _("This is not the key that was withdrawn: it does not open what that one wrapped.")
        raise Invalid(sentence, fields={"secret" if given.is_kept_here else "vault_key": [sentence]}) from error
    given.save(force_update=True)
    Tenant.objects.filter(pk=actor.tenant_id).update(keys_withdrawn_at=None)
    _record(actor, KeyBrought(source=given.source, again=True))
    return given


def _wrap_all(actor: Actor, *, before: BroughtKey | None, after: BroughtKey | None, now: datetime) -> None:
    secrets = []
    for row in TenantKey.objects.select_for_update().filter(destroyed_at=None):
        secrets.append((row.mark, row.name))
        wrapping.wrap_anew(row, wrapping.unwrap(row, before), after)
        row.wrapped_at = now
        row.save(update_fields=["wrapped", "name", "mark", "brought", "exposed", "wrapped_at"])
    keyring.forget(actor.tenant_id)
    destroy_after_commit(secrets)


def _check_is_there(given: BroughtKey) -> None:
    try:
        with key_stores.in_words():
            key_stores.of_mark(given.store).wrap(given.name, b"is it there?", b"")
    except KeyMissing as error:
        sentence = _("Vault has no key “%(name)s”; make it there first, of the type aes256-gcm96.")
        said = sentence % {"name": given.name}
        raise Invalid(said, fields={"vault_key": [said]}) from error


def _discard(given: BroughtKey) -> None:
    if given.is_kept_here:
        with key_stores.in_words():
            key_stores.of_mark(given.store).destroy(given.name)


def _locked(actor: Actor) -> BroughtKey | None:
    return BroughtKey.objects.select_for_update().filter(tenant_id=actor.tenant_id).first()


def _record(actor: Actor, event: ledger.Event) -> None:
    ledger.record(event, actor=actor, subject=("keys", actor.tenant_id))

"""The tenant's signing key: made when it is first needed, its private half sealed."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from django.db import connection

from apps.registry.events import SigningKeyMade
from apps.registry.models import SigningKey
from foundation import ledger
from foundation.identity import Actor
from foundation.storage import sealing
from runtime.signature import key_id

_PURPOSE = "artifact-signing"


def current_key(actor: Actor) -> tuple[SigningKey, Ed25519PrivateKey]:
    """The key that signs now in the actor's tenant; two that ask for the first one at once get the same."""
    tenant = actor.tenant
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"registry.signing_key:{tenant.pk}"])
    row = SigningKey.objects.filter(tenant=tenant, retired_at=None).first() or _make(actor)
    pem = sealing.open_sealed(tenant.pk, _PURPOSE, bytes(row.sealed_private))
    private = load_pem_private_key(pem, password=None)
    if not isinstance(private, Ed25519PrivateKey):
        raise TypeError("The sealed signing key is not an Ed25519 key.")
    return row, private


def _make(actor: Actor) -> SigningKey:
    private = Ed25519PrivateKey.generate()
    public = private.public_key()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    row = SigningKey.objects.create(
        tenant=actor.tenant,
        key_id=key_id(public),
        public_pem=public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
        sealed_private=sealing.seal(actor.tenant_id, _PURPOSE, pem),
    )
    ledger.record(SigningKeyMade(signing_key_id=row.key_id), actor=actor, subject=("tenant", actor.tenant_id))
    return row

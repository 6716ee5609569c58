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

from apps.registry.models import SigningKey
from foundation.storage import sealing
from foundation.tenancy.models import Tenant
from runtime.signature import key_id

_PURPOSE = "artifact-signing"


def current_key(tenant: Tenant) -> tuple[SigningKey, Ed25519PrivateKey]:
    """The key that signs now; two that ask for the first one at once get the same."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"registry.signing_key:{tenant.pk}"])
    row = SigningKey.objects.filter(tenant=tenant, retired_at=None).first() or _make(tenant)
    pem = sealing.open_sealed(tenant.pk, _PURPOSE, bytes(row.sealed_private))
    private = load_pem_private_key(pem, password=None)
    if not isinstance(private, Ed25519PrivateKey):
        raise TypeError("The sealed signing key is not an Ed25519 key.")
    return row, private


def _make(tenant: Tenant) -> SigningKey:
    private = Ed25519PrivateKey.generate()
    public = private.public_key()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return SigningKey.objects.create(
        tenant=tenant,
        key_id=key_id(public),
        public_pem=public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
        sealed_private=sealing.seal(tenant.pk, _PURPOSE, pem),
    )

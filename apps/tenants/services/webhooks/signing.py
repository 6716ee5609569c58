"""Signatures as Standard Webhooks says (https://www.standardwebhooks.com): HMAC-SHA256 over `id.timestamp.payload`."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime

from apps.tenants.models import Webhook
from foundation.storage import sealing

_PREFIX = "whsec_"
_BYTES = 32


def new_secret() -> str:
    """`whsec_` and the key of 32 bytes in base64, as receivers' libraries take it."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def sealed(webhook: Webhook, secret: str) -> bytes:
    return sealing.seal(webhook.tenant_id, _purpose(webhook), secret.encode())


def headers(webhook: Webhook, *, message_id: str, payload: str, now: datetime) -> dict[str, str]:
    """The three headers of a message; two signatures while a rolled secret still holds."""
    at = str(int(now.timestamp()))
    signed = f"{message_id}.{at}.{payload}".encode()
    signatures = " ".join(_signature(key, signed) for key in _keys(webhook, now))
    return {"webhook-id": message_id, "webhook-timestamp": at, "webhook-signature": signatures}


def bearer(webhook: Webhook) -> dict[str, str]:
    """The receiver's own token, as OpenLineage clients send it; nothing where it asks for none."""
    token = sealing.open_sealed(webhook.tenant_id, _purpose(webhook), bytes(webhook.sealed_secret)).decode()
    return {"Authorization": f"Bearer {token}"} if token else {}


def _keys(webhook: Webhook, now: datetime) -> list[bytes]:
    held = [webhook.sealed_secret]
    if webhook.sealed_previous is not None and webhook.previous_until and now < webhook.previous_until:
        held.append(webhook.sealed_previous)
    opened = [sealing.open_sealed(webhook.tenant_id, _purpose(webhook), bytes(one)).decode() for one in held]
    return [base64.b64decode(secret.removeprefix(_PREFIX)) for secret in opened]


def _signature(key: bytes, signed: bytes) -> str:
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def _purpose(webhook: Webhook) -> str:
    return f"webhook:{webhook.pk}"

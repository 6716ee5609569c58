"""Whether a token may ask a deployment for predictions: the gateway asks once and keeps the answer until it is void."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from apps.deployments import selectors
from foundation.access.actors import ANYWHERE, actor_for_token
from foundation.errors import PortalError
from foundation.identity import Actor, tokens
from foundation.tenancy import require_keys, scope


def check_invocation(
    *, digest: str, tenant_slug: str, deployment_slug: str, now: datetime, address: str | None = None
) -> dict[str, Any]:
    """{"allowed", "sentence", "actor", "expires_at", "networks"}: a refusal never says if tenant or deployment exist.

    The gateway asks while a token is in use, so an answer is noted as its last use; `address` is who presented it.
    It keeps the answer for all who present the token, so it looks itself whether each comes out of the `networks`.
    """
    row = tokens.find_by_digest(digest, now=now)
    if row is None:
        return _refused(_("This token is unknown, expired or revoked."))
    actor = None
    try:
        actor = actor_for_token(row=row, address=ANYWHERE)
        if actor.tenant.slug != tenant_slug:
            return _refused(_("This token does not open this address."), actor)
        require_keys(actor.tenant)
        with scope(actor.tenant_id):
            selectors.deployment_to_invoke(actor=actor, slug=deployment_slug)
    except PortalError as refusal:
        return _refused(refusal.sentence, actor)
    if tokens.opens_from(row, address):
        tokens.note_use(row, address=address, now=now)
    expires = row.expires_at.isoformat() if row.expires_at else None
    who = f"{actor.kind}:{actor.id}"
    return {"allowed": True, "sentence": "", "actor": who, "expires_at": expires, "networks": row.networks}


def _refused(sentence: str, actor: Actor | None = None) -> dict[str, Any]:
    who = f"{actor.kind}:{actor.id}" if actor else ""
    return {"allowed": False, "sentence": sentence, "actor": who, "expires_at": None, "networks": []}

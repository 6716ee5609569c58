"""Whether a token may ask a deployment for predictions: the gateway asks once and keeps the answer until it is void."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from apps.deployments import selectors
from foundation import refusals
from foundation.access.actors import ANYWHERE, admit
from foundation.errors import NotFound, PortalError
from foundation.identity import Actor, tokens
from foundation.refusals import Asked
from foundation.tenancy import require_keys, scope

if TYPE_CHECKING:
    from foundation.identity.models import ApiToken


def check_invocation(
    *, digest: str, tenant_slug: str, deployment_slug: str, now: datetime, address: str | None = None
) -> dict[str, Any]:
    """{"allowed", "sentence", "actor", "expires_at", "networks"}: a refusal never says if tenant or deployment exist.

    The gateway asks while a token is in use, so an answer is noted as its last use; `address` is who presented it.
    It keeps the answer for all who present the token, so it looks itself whether each comes out of the `networks`.
    """
    row = tokens.find_by_digest(digest, now=now)
    if row is None:
        refusals.note_token_of(digest, _asked(401, "unauthenticated"))
        return _refused(_("This token is unknown, expired or revoked."))
    actor = None
    try:
        actor = admit(row, address=ANYWHERE, standing=require_keys, now=now)
        if actor.tenant.slug != tenant_slug:
            raise NotFound(_("This token does not open this address."))
        with scope(actor.tenant_id):
            selectors.deployment_to_invoke(actor=actor, slug=deployment_slug)
    except PortalError as refusal:
        actor = actor or refusal.asker
        _note(row, actor, refusal)
        return _refused(refusal.sentence, actor)
    if tokens.opens_from(row, address):
        tokens.note_use(row, address=address, now=now)
    expires = row.expires_at.isoformat() if row.expires_at else None
    who = f"{actor.kind}:{actor.id}"
    return {"allowed": True, "sentence": "", "actor": who, "expires_at": expires, "networks": row.networks}


def note_refused_keys(refused: Sequence[Mapping[str, Any]]) -> None:
    """What the gateway refused by its own memory of a key: `digest`, and how often (`count`) with which `status`.

    A key that is good was shown from a place that it does not open from.
    """
    for one in refused:
        asked = _asked(one["status"], "unauthenticated" if one["status"] == 401 else "access-denied")
        refusals.note_token_of(one["digest"], asked, count=one["count"])


def _note(row: ApiToken, actor: Actor | None, refusal: PortalError) -> None:
    """On the ledger of the token's tenant, whose deployment ever was asked for; as the gateway then answers."""
    if not refusals.is_recorded(refusal.status, refusal.slug):
        return
    if actor is None:
        refusals.note_token(row, _asked(401, refusal.slug))
    else:
        refusals.note(actor, _asked(403, refusal.slug))


def _asked(status: int, reason: str) -> Asked:
    return Asked.at("inference/<tenant>/<deployment>/", method="POST", status=status, reason=reason)


def _refused(sentence: str, actor: Actor | None = None) -> dict[str, Any]:
    who = f"{actor.kind}:{actor.id}" if actor else ""
    return {"allowed": False, "sentence": sentence, "actor": who, "expires_at": None, "networks": []}

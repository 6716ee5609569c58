"""Whether a token may ask a deployment for predictions: the gateway asks once and keeps the answer until it is void."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.deployments import selectors
from apps.features import selectors as features_read
from apps.features import services as features
from apps.projects import selectors as projects
from apps.tenants import selectors as tenants
from foundation import refusals
from foundation.access.actors import ANYWHERE, admit
from foundation.errors import NotFound, PortalError
from foundation.identity import Actor, tokens
from foundation.refusals import Asked
from foundation.tenancy import require_keys, scope

if TYPE_CHECKING:
    from foundation.identity.models import ApiToken
    from runtime.online import Plan

_PREDICTIONS, _FEATURES = "inference/<tenant>/<deployment>/", "features/online"


def check_invocation(
    *, digest: str, tenant_slug: str, deployment_slug: str, now: datetime, address: str | None = None
) -> dict[str, Any]:
    """{"allowed", "sentence", "actor", "expires_at", "networks"}: a refusal never says if tenant or deployment exist.

    The gateway asks while a token is in use, so an answer is noted as its last use; `address` is who presented it.
    It keeps the answer for all who present the token, so it looks itself whether each comes out of the `networks`.
    """

    def may(actor: Actor) -> dict[str, Any]:
        if actor.tenant.slug != tenant_slug:
            raise NotFound(_("This token does not open this address."))
        with scope(actor.tenant_id):
            selectors.deployment_to_invoke(actor=actor, slug=deployment_slug)
        return {}

    return _verdict(digest, may, now, address, _PREDICTIONS)


def plan_features(
    *, digest: str, asked: Mapping[str, Any], now: datetime, address: str | None = None
) -> dict[str, Any]:
    """As `check_invocation`, of a question about features (`features.online_plan`): besides it says by which plan.

    {…, "plan", "tenant_id", "project_id", "limits": {"tenant", "project"}}; what is wrong with the question itself is
    told by "status" and "slug" beside the sentence.
    """

    def may(actor: Actor) -> dict[str, Any]:
        with scope(actor.tenant_id):
            plan = features.online_plan(actor=actor, asked=asked)
            project_id = _project_of(actor, plan, asked)
            limits = tenants.request_limits(tenant_id=actor.tenant_id)
        return {
            "plan": plan.as_document(),
            "tenant_id": str(actor.tenant_id),
            "project_id": str(project_id),
            "limits": {"tenant": limits.get(None), "project": limits.get(project_id)},
        }

    return _verdict(digest, may, now, address, _FEATURES)


def _project_of(actor: Actor, plan: Plan, asked: Mapping[str, Any]) -> UUID:
    """That of the views; what is reckoned of requests alone reads none, and is found by its project."""
    if not plan.views:
        return projects.get_project(actor=actor, slug=str(asked["project"])).pk
    return features_read.get_view(actor=actor, view_id=plan.views[0].view.id).project_id


def note_forgotten_views(*, tenant_id: UUID, view_ids: Sequence[UUID]) -> None:
    """Views of which the gateway saw that the store does not hold their values any more."""
    with scope(tenant_id):
        for view_id in view_ids:
            features.note_forgotten(view_id)


def _verdict(
    digest: str, may: Callable[[Actor], dict[str, Any]], now: datetime, address: str | None, route: str
) -> dict[str, Any]:
    """What `may` says of whoever the token stands for, or why not."""
    row = tokens.find_by_digest(digest, now=now)
    if row is None:
        refusals.note_token_of(digest, _asked(401, "unauthenticated", route))
        return _refused(_("This token is unknown, expired or revoked."))
    actor = None
    try:
        actor = admit(row, address=ANYWHERE, standing=require_keys, now=now)
        more = may(actor)
    except PortalError as refusal:
        actor = actor or refusal.asker
        _note(row, actor, refusal, route)
        said = _refused(refusal.sentence, actor)
        # Predictions are refused in one way whatever is the matter: nothing tells which deployments there are.
        return {**said, "status": refusal.status, "slug": refusal.slug} if actor and route == _FEATURES else said
    if tokens.opens_from(row, address):
        tokens.note_use(row, address=address, now=now)
    expires = row.expires_at.isoformat() if row.expires_at else None
    who = f"{actor.kind}:{actor.id}"
    verdict = {"allowed": True, "sentence": "", "actor": who, "expires_at": expires, "networks": row.networks}
    return {**verdict, **more}


def note_refused_keys(refused: Sequence[Mapping[str, Any]]) -> None:
    """What the gateway refused by its own memory of a key: `digest`, and how often (`count`) with which `status`.

    A key that is good was shown from a place that it does not open from.
    """
    for one in refused:
        reason = "unauthenticated" if one["status"] == 401 else "access-denied"
        asked = _asked(one["status"], reason, _PREDICTIONS)
        refusals.note_token_of(one["digest"], asked, count=one["count"])


def _note(row: ApiToken, actor: Actor | None, refusal: PortalError, route: str) -> None:
    """On the ledger of the token's tenant, whose deployment ever was asked for; as the gateway then answers."""
    if not refusals.is_recorded(refusal.status, refusal.slug):
        return
    if actor is None:
        refusals.note_token(row, _asked(401, refusal.slug, route))
    else:
        refusals.note(actor, _asked(403, refusal.slug, route))


def _asked(status: int, reason: str, route: str) -> Asked:
    return Asked.at(route, method="POST", status=status, reason=reason)


def _refused(sentence: str, actor: Actor | None = None) -> dict[str, Any]:
    who = f"{actor.kind}:{actor.id}" if actor else ""
    return {"allowed": False, "sentence": sentence, "actor": who, "expires_at": None, "networks": []}

"""What a token may hold, where it opens and who ends it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_network
from uuid import UUID

from django.utils.translation import gettext as _

from apps.tenants.choices import (
    EVERYTHING,
    LONGEST_TOKEN_LIFE,
    MOST_NETWORKS,
)
from foundation import access
from foundation.access import Permission
from foundation.errors import AccessDenied, Invalid
from foundation.identity import Actor
from foundation.identity.models import ApiToken


def check_can_create_token(actor: Actor) -> None:
    access.require(actor, Permission.TOKEN_CREATE)
    if actor.user is None:
        raise AccessDenied(_("Only a person makes tokens; sign in and make it under Settings, Tokens."))


def check_can_give(actor: Actor, *, scopes: Collection[str], project_id: UUID | None) -> None:
    """No token may do more than who made it, and one for a project nothing that concerns the whole tenant.

    One for every project may hold what its maker holds in single ones: each use asks its owner, in that project.
    """
    unknown = sorted(set(scopes) - set(Permission.values) - {EVERYTHING})
    if unknown:
        sentence = _("There is no permission “%(name)s”.") % {"name": unknown[0]}
        raise Invalid(sentence, fields={"scopes": [sentence]})
    wide = sorted(access.TENANT_WIDE & set(scopes))
    if wide and project_id is not None:
        sentence = _("“%(name)s” concerns the whole tenant, so a token for one project cannot hold it.") % {
            "name": wide[0]
        }
        raise Invalid(sentence, fields={"scopes": [sentence]})
    if actor.kind == "system":
        return
    if actor.project_id is not None and project_id != actor.project_id:
        raise AccessDenied(_("Your own token is limited to one project, so it can only make tokens for that project."))
    if EVERYTHING in scopes and EVERYTHING not in actor.scopes:
        raise AccessDenied(_("Your own token is limited, so it cannot make one that may do everything."))
    missing = [p for p in scopes if p != EVERYTHING and not _may_give(actor, Permission(p), project_id)]
    if missing:
        access.require_not_archived(actor, project_id)
        raise AccessDenied(
            _("You do not hold the permission “%(name)s”, so you cannot give it to a token.") % {"name": missing[0]},
            details={"permission": missing[0]},
        )


def _may_give(actor: Actor, permission: Permission, project_id: UUID | None) -> bool:
    if project_id is None:
        return access.can_somewhere(actor, permission)
    return access.can(actor, permission, access.Inside(project_id))


def check_expiry(*, expires_at: datetime | None, limit: datetime | None, now: datetime) -> None:
    """A token ends, within a year, and not after the token that made it."""
    field = {"expires_at": [_("Choose a time between now and a year from now.")]}
    if expires_at is None or not now < expires_at <= now + LONGEST_TOKEN_LIFE:
        raise Invalid(_("A token expires at a time between now and a year from now."), fields=field)
    if limit is not None and expires_at > limit:
        raise AccessDenied(_("A token cannot make one that lives longer than itself."))


def check_networks(wanted: Collection[str], *, limit: Collection[str]) -> list[str]:
    """The networks in CIDR form; those of the token that makes one where none are wanted, and never wider."""
    found = [_network(text) for text in dict.fromkeys(text.strip() for text in wanted) if text]
    if len(found) > MOST_NETWORKS:
        sentence = _("A token opens from %(most)s networks at most; name larger ones.") % {"most": MOST_NETWORKS}
        raise Invalid(sentence, fields={"networks": [sentence]})
    own = [ip_network(text) for text in limit]
    for network in found:
        if own and not any(network.version == one.version and network.subnet_of(one) for one in own):  # type: ignore[arg-type]
            raise AccessDenied(
                _("Your own token does not open from %(network)s, so it cannot make one that does.")
                % {"network": network}
            )
    return [str(network) for network in found or own]


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError:
        sentence = _(
            "“%(text)s” is no address and no network: write it like 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32."
        ) % {"text": text}
        raise Invalid(sentence, fields={"networks": [sentence]}) from None


def check_can_revoke(actor: Actor, token: ApiToken) -> None:
    own = actor.user is not None and token.user_id == actor.user.pk
    # Whoever holds a token may always end what it opens; a limited one ends itself alone.
    if own and (EVERYTHING in actor.scopes or token.pk == actor.token_id):
        return
    access.require(
        actor, Permission.MEMBER_MANAGE, else_say=_("Only its owner or a tenant administrator may revoke this token.")
    )

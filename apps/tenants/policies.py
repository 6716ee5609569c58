from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_network
from uuid import UUID

from django.utils.translation import gettext as _

from apps.tenants import selectors
from apps.tenants.choices import (
    EVERYTHING,
    LONGEST_TOKEN_LIFE,
    MOST_NETWORKS,
    MOST_WEBHOOKS,
    PROGRAM_ROLES,
    HolderKind,
    WebhookState,
)
from apps.tenants.errors import LastAdministrator
from apps.tenants.models import Webhook
from apps.tenants.selectors.administrators import administrators, in_reserve
from foundation import access, ledger, outbound
from foundation.access import Permission, Role
from foundation.access.models import Membership, SupportGrant
from foundation.access.permissions import IN_PROJECT
from foundation.errors import AccessDenied, Conflict, Invalid, NotFound
from foundation.identity import Actor
from foundation.identity.models import ApiToken, EmailDomain, IdentityProvider, User
from foundation.tenancy.models import Tenant


def check_can_go_without_factor(user: User) -> None:
    """The last factor stays where a tenant asks for one: set up another first."""
    asking = [tenant for tenant, _role in selectors.tenants_of(user=user) if tenant.second_factor_due is not None]
    if asking:
        raise Conflict(
            _("%(tenant)s asks for a second factor, and this is your last one. Set up another first.")
            % {"tenant": asking[0].shown_name}
        )


def check_can_manage_members(actor: Actor) -> None:
    """Who belongs here is the organisation's own: what a guest changed would outlast them."""
    access.require(actor, Permission.MEMBER_MANAGE)
    access.require_own(actor)


def check_can_bring_in(actor: Actor) -> None:
    """To let somebody in is a sensitive act."""
    check_can_manage_members(actor)
    access.require_fresh(actor)


def check_can_change_tenant(actor: Actor) -> None:
    access.require(actor, Permission.TENANT_MANAGE)


def check_can_change_role(actor: Actor, membership: Membership) -> None:
    """The tenant keeps one administrator at least; the rows of all are locked by the service that asks."""
    check_can_manage_members(actor)
    if membership.role != Role.ADMIN:
        return
    said, others = {"name": membership.user}, administrators(membership.tenant_id).exclude(pk=membership.pk)
    if not others.exists():
        raise LastAdministrator(_("%(name)s is the only administrator. Make somebody else administrator first.") % said)
    # Those whom the provider vouches for come in by it alone, so that a provider that fails would shut all of them out.
    if not membership.vouched and membership.suspended_at is None and not others.filter(vouched=False).exists():
        raise LastAdministrator(
            _(
                "%(name)s is the only administrator who comes in without an identity provider. Invite another by an"
                " invitation link first, so that somebody can still mend the provider when it fails."
            )
            % said
        )


def check_comes_in_without(*, provider: IdentityProvider, stays_enabled: bool = False) -> None:
    """An enabled provider is disabled, removed or given another secret only where an administrator needs it not."""
    if provider.enabled_at is None:
        return
    if not in_reserve(provider.tenant_id, provider=provider, stays_enabled=stays_enabled).exists():
        raise _nobody_left()


def check_comes_in_without_domain(domain: EmailDomain) -> None:
    if domain.proven_at is not None and not in_reserve(domain.tenant_id, domain=domain).exists():
        raise _nobody_left()


def _nobody_left() -> LastAdministrator:
    return LastAdministrator(
        _(
            "No administrator could come in without it: all of them came by the identity provider, or it is the only"
            " way in and they have no second factor. Invite an administrator by an invitation link first (under"
            " Members), and let them come in once."
        )
    )


def check_can_remove_member(actor: Actor, membership: Membership) -> None:
    check_can_change_role(actor, membership)


def check_can_give_permission(actor: Actor, permission: Permission, project_id: UUID) -> None:
    """Nobody gives: the portal does what somebody else than the asker has granted, in a project of the tenant."""
    if actor.kind != "system":
        raise AccessDenied(_("A permission in a project is given by an approval that is granted, never by hand."))
    if permission in access.TENANT_WIDE:
        raise Conflict(
            _("“%(name)s” concerns the whole tenant, so a role brings it, not a project.") % {"name": permission.value}
        )
    check_sees_project(actor, project_id)


def check_sees_project(actor: Actor, project_id: UUID) -> None:
    if not selectors.sees_project(actor, project_id):
        raise NotFound(_("There is no such project here, or it is not yours to see."))


def check_can_share_project(actor: Actor, project_id: UUID) -> None:
    """In a project that the actor sees, where they hold that permission: by their role, or by one in the project."""
    if actor.kind != "system":
        check_sees_project(actor, project_id)
    access.require(actor, Permission.PROJECT_SHARE, access.Inside(project_id))


def check_role_in_project(role: str, holder: HolderKind) -> Role:
    """Whatever builds, decides or reads there; programs neither decide nor administer."""
    if role not in IN_PROJECT:
        sentence = _("The role “%(role)s” cannot be held in a project.") % {"role": _name_of(role)}
        raise Invalid(sentence, fields={"role": [sentence]})
    return check_role_of_program(role) if holder == HolderKind.SERVICE_ACCOUNT else Role(role)


def check_can_manage_service_accounts(actor: Actor) -> None:
    access.require(
        actor,
        Permission.MEMBER_MANAGE,
        else_say=_("A tenant administrator makes and changes service accounts."),
    )
    access.require_own(actor)


def check_role_of_program(role: str) -> Role:
    """A program builds or reads; to decide on others' work and to administer is for people."""
    if role not in PROGRAM_ROLES:
        sentence = _("A service account cannot have the role “%(role)s”; deciding and administering is for people.") % {
            "role": _name_of(role)
        }
        raise Invalid(sentence, fields={"role": [sentence]})
    return Role(role)


def check_can_create_token(actor: Actor) -> None:
    access.require(actor, Permission.TOKEN_CREATE)
    if actor.user is None:
        raise AccessDenied(_("Only a person makes tokens; sign in and make it under Settings, Tokens."))


def check_can_give(actor: Actor, *, scopes: Collection[str], project_id: UUID | None) -> None:
    """No token may do more than who made it, and one for a project nothing that concerns the whole tenant."""
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
    missing = [p for p in scopes if p != EVERYTHING and not access.can(actor, Permission(p), access.Inside(project_id))]
    if missing:
        raise AccessDenied(
            _("You do not hold the permission “%(name)s”, so you cannot give it to a token.") % {"name": missing[0]},
            details={"permission": missing[0]},
        )


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


def check_can_manage_sign_in(actor: Actor) -> None:
    """Whoever says who may come in makes members, administrators too: both permissions, and a fresh proof."""
    for permission in (Permission.TENANT_MANAGE, Permission.MEMBER_MANAGE):
        access.require(actor, permission, else_say=_("A tenant administrator says how people of the tenant sign in."))
    access.require_own(actor)
    access.require_fresh(actor)


def check_can_manage_webhooks(actor: Actor) -> None:
    access.require(actor, Permission.TENANT_MANAGE, else_say=_("A tenant administrator makes and changes webhooks."))
    # It would go on telling when the guest has gone.
    access.require_own(actor)


def check_room_for_webhook(actor: Actor) -> None:
    if Webhook.objects.filter(tenant_id=actor.tenant_id).count() >= MOST_WEBHOOKS:
        raise Conflict(
            _("A tenant has %(most)s webhooks at most; delete one that is not used.") % {"most": MOST_WEBHOOKS}
        )


def check_project_of_webhook(actor: Actor, project_id: UUID | None) -> None:
    if project_id is not None:
        check_sees_project(actor, project_id)


def check_url_of_webhook(url: str) -> str:
    """The address as it will be called; it is held against what lies inside again with every delivery."""
    try:
        return outbound.check(url.strip())
    except outbound.Refused as error:
        raise Invalid(error.sentence, fields={"url": [error.sentence]}) from error


def check_kinds(wanted: Collection[str]) -> list[str]:
    """Families and kinds of events, each once; none where all are wanted."""
    known = ledger.declared().keys()
    families = {kind.partition(".")[0] for kind in known}
    chosen = sorted({text.strip() for text in wanted if text.strip()})
    for text in chosen:
        if text not in known and text not in families:
            sentence = _(
                "There is no event “%(kind)s”. Name a kind like run.succeeded, or a whole family: %(known)s."
            ) % {
                "kind": text,
                "known": ", ".join(sorted(families)),
            }
            raise Invalid(sentence, fields={"kinds": [sentence]})
    return [text for text in chosen if text in families or text.partition(".")[0] not in chosen]


def check_is_sent_to(webhook: Webhook) -> None:
    if webhook.state != WebhookState.ENABLED:
        raise Conflict(_("Nothing is sent to this webhook at present; enable it first."))


def _name_of(role: str) -> str:
    return str(Role(role).label) if role in Role.values else role


def check_can_leave(actor: Actor) -> None:
    """Export and deletion of the whole organisation: for its own administrators."""
    access.require(
        actor, Permission.TENANT_MANAGE, else_say=_("A tenant administrator exports or deletes the organisation.")
    )
    access.require_own(actor)


def check_name_typed(actor: Actor, typed: str) -> None:
    if typed.strip() != actor.tenant.slug:
        sentence = _("Type the organisation's short name, %(name)s, to confirm.") % {"name": actor.tenant.slug}
        raise Invalid(sentence, fields={"confirmation": [sentence]})


def check_can_grant_support(actor: Actor) -> None:
    """The organisation's own administrators let support in: nobody who is in by support lengthens it."""
    check_can_end_support(actor)
    access.require_own(actor)


def check_can_end_support(actor: Actor) -> None:
    access.require(
        actor, Permission.TENANT_MANAGE, else_say=_("A tenant administrator decides on the platform's support access.")
    )


def check_waits(grant: SupportGrant) -> SupportGrant:
    if grant.granted_at is not None or grant.refused_at is not None or grant.ended_at is not None:
        raise Conflict(_("This request for support access was decided or withdrawn already."))
    return grant


def check_is_theirs(operator: User, grant: SupportGrant) -> None:
    if grant.user_id != operator.pk:
        raise NotFound(_("There is no such support access."))


def check_is_there(tenant: Tenant | None) -> Tenant:
    """A tenant that an operator still changes: there, and not deleted."""
    if tenant is None:
        raise NotFound(_("There is no such tenant."))
    if tenant.deletion_begun_at is not None:
        raise Conflict(_("This organisation has left; nothing of it can be changed any more."))
    return tenant


def check_can_change_limits(actor: Actor, project_id: UUID | None) -> None:
    """Prices, quotas and budgets; those of a project name one of the tenant."""
    access.require(
        actor,
        Permission.TENANT_MANAGE,
        else_say=_("A tenant administrator sets prices, quotas and budgets."),
    )
    if project_id is not None:
        check_sees_project(actor, project_id)

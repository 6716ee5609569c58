"""How people sign in, and that somebody always can."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.tenants import selectors
from apps.tenants.errors import LastAdministrator
from apps.tenants.selectors.administrators import in_reserve
from foundation import access
from foundation.access import Permission
from foundation.errors import Conflict
from foundation.identity import Actor
from foundation.identity.models import EmailDomain, IdentityProvider, User


def check_can_go_without_factor(user: User) -> None:
    """The last factor stays where a tenant asks for one: set up another first."""
    asking = [tenant for tenant, _role in selectors.tenants_of(user=user) if tenant.second_factor_due is not None]
    if asking:
        raise Conflict(
            _("%(tenant)s asks for a second factor, and this is your last one. Set up another first.")
            % {"tenant": asking[0].shown_name}
        )


def check_can_manage_sign_in(actor: Actor) -> None:
    """Whoever says who may come in makes members, administrators too: both permissions, and a fresh proof."""
    for permission in (Permission.TENANT_MANAGE, Permission.MEMBER_MANAGE):
        access.require(actor, permission, else_say=_("A tenant administrator says how people of the tenant sign in."))
    access.require_own(actor)
    access.require_fresh(actor)


def check_is_complete(provider: IdentityProvider) -> None:
    """A draft has addresses of ours and nothing of the provider: there is nothing to test, enable or read anew."""
    if provider.is_draft:
        raise Conflict(
            _("Nothing is known of “%(name)s” yet: give its issuer or its metadata on its page first.")
            % {"name": provider.name}
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

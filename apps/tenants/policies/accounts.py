"""Whose account a tenant's administrator may open again."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.tenants import selectors
from apps.tenants.policies.people import check_can_manage_members
from foundation.access.models import Membership
from foundation.errors import AccessDenied, Conflict
from foundation.identity import Actor


def check_can_open_account(actor: Actor, membership: Membership) -> None:
    """A member's, where it reaches this tenant and nothing else, and not one's own.

    It is not told what else the account reaches: that is no business of this tenant.
    """
    check_can_manage_members(actor)
    user = membership.user
    if actor.user == user:
        raise Conflict(_("This is your own account: change its password and factors there, under your name."))
    if membership.vouched:
        raise AccessDenied(
            _("%(name)s comes in by your identity provider: a lost password or factor is mended there.")
            % {"name": user}
        )
    if not selectors.is_account_of(user=user, tenant_id=actor.tenant_id):
        raise AccessDenied(
            _(
                "The account of %(name)s reaches more than this organisation, so its administrators may not open it. "
                "Whoever runs the portal can, once they have seen who asks: manage.py new_password and forget_factors."
            )
            % {"name": user}
        )

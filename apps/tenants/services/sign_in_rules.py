"""What a tenant asks of its members' sign-in."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from apps.tenants import policies
from apps.tenants.choices import LONGEST_GRACE
from apps.tenants.events import SignInRulesChanged
from foundation import access, ledger
from foundation.errors import Conflict, Invalid
from foundation.identity import Actor
from foundation.tenancy.models import Tenant


@transaction.atomic
def set_second_factor_rule(*, actor: Actor, required: bool, grace_days: int, now: datetime) -> Tenant:
    """Ask every member for a second factor, from so many days from now on, or ask no longer.

    Whoever makes the rule keeps it first: so no tenant shuts its only administrator out.
    """
    policies.check_can_change_tenant(actor)
    access.require_own(actor)
    access.require_fresh(actor)
    if not 0 <= grace_days <= LONGEST_GRACE:
        sentence = _("Give between 0 and %(most)s days.") % {"most": LONGEST_GRACE}
        raise Invalid(sentence, fields={"grace_days": [sentence]})
    if required and (actor.user is None or actor.user.second_factor_at is None):
        raise Conflict(_("Set up a second factor for your own account first; then ask others for one."))
    tenant = Tenant.objects.select_for_update().get(pk=actor.tenant_id)
    tenant.second_factor_due = now + timedelta(days=grace_days) if required else None
    tenant.save(update_fields=["second_factor_due"])
    changed = SignInRulesChanged(tenant_id=tenant.pk, second_factor=required, due=tenant.second_factor_due)
    ledger.record(changed, actor=actor, subject=("tenant", tenant.pk))
    return tenant

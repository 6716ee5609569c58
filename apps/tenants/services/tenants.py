"""The tenant itself: made and named."""

from __future__ import annotations

from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from apps.tenants import policies
from apps.tenants.events import TenantChanged, TenantCreated
from foundation import ledger
from foundation.errors import Invalid
from foundation.identity import Actor
from foundation.tenancy import scope
from foundation.tenancy.models import Tenant


def create_tenant(*, slug: str, name: str, name_ar: str = "") -> Tenant:
    """A new tenant without members; an act of the operator, so it asks nobody's permission."""
    tenant = Tenant(pk=uuid4(), slug=slug, name=_checked_name(name), name_ar=name_ar.strip())
    with scope(tenant.pk):
        tenant.save(force_insert=True)
        ledger.record(
            TenantCreated(tenant_id=tenant.pk), actor=Actor.system(tenant, "operator"), subject=("tenant", tenant.pk)
        )
    return tenant


@transaction.atomic
def edit_tenant(*, actor: Actor, name: str, name_ar: str) -> Tenant:
    policies.check_can_change_tenant(actor)
    tenant = Tenant.objects.select_for_update().get(pk=actor.tenant_id)
    wanted = {"name": _checked_name(name), "name_ar": name_ar.strip()}
    changed = [field for field, value in wanted.items() if getattr(tenant, field) != value]
    if changed:
        for field in changed:
            setattr(tenant, field, wanted[field])
        tenant.save(update_fields=changed)
        event = TenantChanged(tenant_id=tenant.pk, changed=changed)
        ledger.record(event, actor=actor, subject=("tenant", tenant.pk))
    return tenant


def _checked_name(name: str) -> str:
    kept = name.strip()
    if not kept or len(kept) > 200:
        sentence = _("A tenant has a name of at most 200 signs.")
        raise Invalid(sentence, fields={"name": [sentence]})
    return kept

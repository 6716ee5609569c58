"""The tenant itself: made and named."""

from __future__ import annotations

import re
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.tenants import policies
from apps.tenants.events import TenantChanged, TenantCreated
from foundation import ledger
from foundation.errors import Conflict, Invalid
from foundation.identity import Actor
from foundation.tenancy import scope
from foundation.tenancy.models import Tenant

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def create_tenant(*, slug: str, name: str, name_ar: str = "") -> Tenant:
    """A new tenant without members; an act of the operator, so it asks nobody's permission."""
    tenant = Tenant(pk=uuid4(), slug=_checked_slug(slug), name=_checked_name(name), name_ar=name_ar.strip())
    with scope(tenant.pk):
        try:
            with transaction.atomic():
                tenant.save(force_insert=True)
        except IntegrityError as error:
            sentence = _("There is a tenant “%(slug)s” already; choose another short name.") % {"slug": slug}
            raise Conflict(sentence, details={"field": "slug"}) from error
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


def _checked_slug(slug: str) -> str:
    """It stands in every address, so it is what an address bears unwritten otherwise."""
    if not _SLUG.fullmatch(slug):
        sentence = _("“%(slug)s” is no short name: take small letters, digits and -, 63 at most.") % {"slug": slug}
        raise Invalid(sentence, fields={"slug": [sentence]})
    return slug


def _checked_name(name: str) -> str:
    kept = name.strip()
    if not kept or len(kept) > 200:
        sentence = _("A tenant has a name of at most 200 signs.")
        raise Invalid(sentence, fields={"name": [sentence]})
    return kept

"""The tenant itself: made, named, put on a plan, suspended."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.tenants import policies
from apps.tenants.choices import PLAN_QUOTAS
from apps.tenants.events import PlanChanged, TenantChanged, TenantCreated, TenantResumed, TenantSuspended
from apps.tenants.models import Quota
from apps.tenants.services.quotas import remove_quota, set_quota
from foundation import access, ledger
from foundation.errors import Conflict, Invalid
from foundation.identity import Actor
from foundation.identity.models import User
from foundation.tenancy import scope
from foundation.tenancy import zones as places
from foundation.tenancy.choices import Plan
from foundation.tenancy.models import Tenant

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def create_tenant(
    *,
    slug: str,
    name: str,
    name_ar: str = "",
    plan: str = Plan.ENTERPRISE,
    zones: Collection[str] | None = None,
    operator: User | None = None,
) -> Tenant:
    """A new tenant without members; an act of the operator, so it asks nobody's permission.

    Its plan lays the first quotas. Data may lie where this installation is, where no zones are given.
    """
    tenant = Tenant(
        pk=uuid4(),
        slug=checked_slug(slug),
        name=_checked_name(name),
        name_ar=name_ar.strip(),
        plan=_checked_plan(plan),
        zones=_checked_zones([places.here()] if zones is None else zones),
    )
    with scope(tenant.pk):
        try:
            with transaction.atomic():
                tenant.save(force_insert=True)
        except IntegrityError as error:
            sentence = _("There is a tenant “%(slug)s” already; choose another short name.") % {"slug": slug}
            raise Conflict(sentence, details={"field": "slug"}) from error
        actor = operator_of(tenant, operator)
        created = TenantCreated(tenant_id=tenant.pk, plan=tenant.plan, zones=tenant.zones)
        ledger.record(created, actor=actor, subject=("tenant", tenant.pk))
        _lay_quotas(tenant)
    return tenant


@transaction.atomic
def edit_tenant(*, actor: Actor, name: str, name_ar: str, zones: Collection[str] | None = None) -> Tenant:
    """Change its names, and where its data may lie where zones are given."""
    policies.check_can_change_tenant(actor)
    tenant = Tenant.objects.select_for_update().get(pk=actor.tenant_id)
    wanted: dict[str, object] = {"name": _checked_name(name), "name_ar": name_ar.strip()}
    if zones is not None:
        wanted["zones"] = _checked_zones(zones)
    changed = [field for field, value in wanted.items() if getattr(tenant, field) != value]
    if changed:
        for field in changed:
            setattr(tenant, field, wanted[field])
        tenant.save(update_fields=changed)
        event = TenantChanged(tenant_id=tenant.pk, changed=changed, zones=tenant.zones)
        ledger.record(event, actor=actor, subject=("tenant", tenant.pk))
    return tenant


def change_plan(*, operator: User, tenant_id: UUID, plan: str) -> Tenant:
    """Put a tenant on another plan; quotas that an administrator changed since the old one are left as they are."""
    access.require_operator(operator)
    checked = _checked_plan(plan)
    with scope(tenant_id):
        tenant = _there(tenant_id)
        before = tenant.plan
        if before != checked:
            untouched = _quotas_are_of(tenant)
            tenant.plan = checked
            tenant.save(update_fields=["plan"])
            changed = PlanChanged(tenant_id=tenant.pk, before=before, after=checked)
            ledger.record(changed, actor=operator_of(tenant, operator), subject=("tenant", tenant.pk))
            if untouched:
                _lay_quotas(tenant)
    return tenant


def suspend_tenant(*, operator: User, tenant_id: UUID, now: datetime) -> Tenant:
    """Close every door of a tenant until it is resumed: pages, REST, MLflow, websockets and serving.

    Nothing is stopped or lost: replicas keep their place, so that a resumed tenant answers at once.
    """
    access.require_operator(operator)
    with scope(tenant_id):
        tenant = _there(tenant_id)
        if tenant.suspended_at is None:
            tenant.suspended_at = now
            tenant.save(update_fields=["suspended_at"])
            event = TenantSuspended(tenant_id=tenant.pk)
            ledger.record(event, actor=operator_of(tenant, operator), subject=("tenant", tenant.pk))
    return tenant


def resume_tenant(*, operator: User, tenant_id: UUID) -> Tenant:
    access.require_operator(operator)
    with scope(tenant_id):
        tenant = _there(tenant_id)
        if tenant.suspended_at is not None:
            tenant.suspended_at = None
            tenant.save(update_fields=["suspended_at"])
            event = TenantResumed(tenant_id=tenant.pk)
            ledger.record(event, actor=operator_of(tenant, operator), subject=("tenant", tenant.pk))
    return tenant


def operator_of(tenant: Tenant, operator: User | None) -> Actor:
    """Whom the tenant's ledger names for an act of the platform: no right in the tenant comes of it."""
    if operator is None:
        return Actor.system(tenant, "operator")
    label = f"{operator} · platform operator"
    return Actor("user", operator.pk, tenant, label, user=operator, scopes=frozenset())


def _there(tenant_id: UUID) -> Tenant:
    """The tenant's locked row; one that has left is changed by nobody."""
    return policies.check_is_there(Tenant.objects.select_for_update().filter(pk=tenant_id).first())


def _lay_quotas(tenant: Tenant) -> None:
    """The plan's quotas for the whole tenant, in place of those it has."""
    actor, most = Actor.system(tenant, "operator"), PLAN_QUOTAS[Plan(tenant.plan)]
    if most:
        set_quota(actor=actor, project_id=None, **most)
    elif (quota := _quota_of(tenant)) is not None:
        remove_quota(actor=actor, quota=quota)


def _quotas_are_of(tenant: Tenant) -> bool:
    """Whether the tenant's quotas are still those that its plan laid."""
    quota, most = _quota_of(tenant), PLAN_QUOTAS[Plan(tenant.plan)]
    if quota is None:
        return not most
    return bool(most) and all(getattr(quota, name) == value for name, value in most.items())


def _quota_of(tenant: Tenant) -> Quota | None:
    return Quota.objects.filter(tenant=tenant, project_id=None).first()


def checked_slug(slug: str) -> str:
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


def _checked_plan(plan: str) -> Plan:
    if plan not in Plan.values:
        sentence = _("There is no plan “%(plan)s”; there are %(known)s.") % {
            "plan": plan,
            "known": ", ".join(Plan.values),
        }
        raise Invalid(sentence, fields={"plan": [sentence]})
    return Plan(plan)


def _checked_zones(wanted: Collection[str]) -> list[str]:
    """Each once, in the order of their codes; at least one."""
    chosen = sorted({zone.strip().upper() for zone in wanted})
    for zone in chosen:
        if not places.is_zone(zone):
            sentence = _(
                "“%(zone)s” is no zone: write AE-ONSHORE, AE-DIFC, AE-ADGM or the ISO 3166 code of another country, "
                "like SA."
            ) % {"zone": zone}
            raise Invalid(sentence, fields={"zones": [sentence]})
    if not chosen:
        sentence = _("Choose at least one zone: the data has to lie somewhere.")
        raise Invalid(sentence, fields={"zones": [sentence]})
    return chosen

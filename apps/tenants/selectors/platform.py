"""What a platform operator sees of tenants: how much they use and what it costs. Never a name of anything in them.

Everything is added up from hourly usage rows, by id and kind. The rows are readable here alone, under a setting of the
database that no other table of a tenant knows (foundation.tenancy.figures_of_all).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from apps.tenants.choices import UsageKind
from apps.tenants.models import UsageHour
from apps.tenants.selectors.money import OfKinds, sums
from apps.tenants.selectors.support import NEWEST_FIRST
from apps.tenants.selectors.usage import Month
from foundation import access
from foundation.access.models import Membership, SupportGrant
from foundation.errors import NotFound
from foundation.identity.models import User
from foundation.rounding import to_cents
from foundation.tenancy import every_tenant, figures_of_all, scope
from foundation.tenancy.models import Tenant


@dataclass
class TenantFigures(OfKinds):
    """A tenant and what it used in a month: seconds of compute, byte hours, requests, AED."""

    tenant: Tenant
    members: int = 0
    used: dict[UsageKind, Decimal] = field(default_factory=dict)
    cost: Decimal = Decimal(0)

    @property
    def compute_hours(self) -> float:
        return float(self.compute_seconds) / 3600

    @property
    def gpu_hours(self) -> float:
        return float(self.gpu_seconds) / 3600


def figures(*, operator: User, month: Month) -> list[TenantFigures]:
    """Every tenant, also those that have left, by short name; in a constant number of queries."""
    access.require_operator(operator)
    return _counted(every_tenant(), _used(month), Membership.objects.all())


def figures_of(*, operator: User, tenant_id: UUID, month: Month) -> TenantFigures:
    """One tenant; nothing is read of any other."""
    access.require_operator(operator)
    tenant = _tenant(tenant_id)
    rows, members = _used(month).filter(tenant_id=tenant_id), Membership.objects.filter(tenant_id=tenant_id)
    return _counted([tenant], rows, members)[0]


def support_of_platform(*, operator: User, tenant_id: UUID | None = None) -> list[SupportGrant]:
    """What operators asked for and were granted, what waits and then the newest first, each with its tenant.

    Of one tenant all, of all tenants together the first hundred.
    """
    access.require_operator(operator)
    tenants = {tenant.pk: tenant for tenant in ([_tenant(tenant_id)] if tenant_id else every_tenant())}
    with figures_of_all():
        rows = SupportGrant.objects.select_related("user").order_by(*NEWEST_FIRST)
        found = list(rows.filter(tenant_id=tenant_id) if tenant_id else rows[:100])
    for row in found:
        row.tenant = tenants[row.tenant_id]
    return found


def get_support_of_platform(*, operator: User, grant_id: UUID) -> SupportGrant:
    """One of the operator's own."""
    access.require_operator(operator)
    with figures_of_all():
        found = SupportGrant.objects.select_related("user").filter(pk=grant_id, user=operator).first()
    if found is None:
        raise NotFound(_("There is no such support access."))
    found.tenant = _tenant(found.tenant_id)
    return found


def _tenant(tenant_id: UUID) -> Tenant:
    with scope(tenant_id):
        found = Tenant.objects.filter(pk=tenant_id).first()
    if found is None:
        raise NotFound(_("There is no such tenant."))
    return found


def _counted(
    tenants: Iterable[Tenant], rows: QuerySet[UsageHour], members: QuerySet[Membership]
) -> list[TenantFigures]:
    found = {tenant.pk: TenantFigures(tenant) for tenant in tenants}
    with figures_of_all():
        for row in sums(rows, "tenant_id"):
            found[row["tenant_id"]].add(row)
        here = members.filter(suspended_at=None).order_by()
        for tenant_id, count in here.values_list("tenant_id").annotate(Count("pk")):
            found[tenant_id].members = count
    for line in found.values():
        line.cost = to_cents(line.cost)
    return list(found.values())


def _used(month: Month) -> QuerySet[UsageHour]:
    return UsageHour.objects.filter(hour__gte=month.start, hour__lt=month.end)

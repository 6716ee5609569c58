"""What a platform operator sees of tenants: how much they use and what it costs. Never a name of anything in them.

Everything is added up from hourly usage rows, by id and kind. The rows are readable here alone, under a setting of the
database that no other table of a tenant knows (foundation.tenancy.figures_of_all).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, DecimalField, ExpressionWrapper, F, Sum
from django.utils.translation import gettext as _

from apps.tenants.choices import PRICED_PER, UsageKind
from apps.tenants.models import UsageHour
from apps.tenants.selectors.support import NEWEST_FIRST
from apps.tenants.selectors.usage import CENT, Month
from foundation import access
from foundation.access.models import Membership, SupportGrant
from foundation.errors import NotFound
from foundation.identity.models import User
from foundation.tenancy import every_tenant, figures_of_all, scope
from foundation.tenancy.models import Tenant

_PRICED = ExpressionWrapper(F("amount") * F("price"), output_field=DecimalField(max_digits=60, decimal_places=14))


@dataclass
class TenantFigures:
    """A tenant and what it used in a month: seconds of compute, byte hours, requests, AED."""

    tenant: Tenant
    members: int = 0
    compute_seconds: Decimal = Decimal(0)
    gpu_seconds: Decimal = Decimal(0)
    storage_byte_hours: Decimal = Decimal(0)
    requests: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)

    @property
    def stored(self) -> float:
        """GB hours."""
        return float(self.storage_byte_hours) / 1e9

    @property
    def compute_hours(self) -> float:
        return float(self.compute_seconds) / 3600

    @property
    def gpu_hours(self) -> float:
        return float(self.gpu_seconds) / 3600


def figures(*, operator: User, month: Month) -> list[TenantFigures]:
    """Every tenant, also those that have left, by short name; in a constant number of queries."""
    access.require_operator(operator)
    found = {tenant.pk: TenantFigures(tenant) for tenant in every_tenant()}
    with figures_of_all():
        for row in _used(month):
            _count(found[row["tenant_id"]], row)
        members = Membership.objects.filter(suspended_at=None).order_by()
        for row in members.values("tenant_id").annotate(n=Count("pk")):
            found[row["tenant_id"]].members = row["n"]
    for line in found.values():
        line.cost = line.cost.quantize(CENT, rounding=ROUND_HALF_UP)
    return list(found.values())


def figures_of(*, operator: User, tenant_id: UUID, month: Month) -> TenantFigures:
    for line in figures(operator=operator, month=month):
        if line.tenant.pk == tenant_id:
            return line
    raise NotFound(_("There is no such tenant."))


def support_of_platform(*, operator: User, tenant_id: UUID | None = None) -> list[SupportGrant]:
    """What operators asked for and were granted, what waits and then the newest first, each with its tenant.

    Of one tenant all, of all tenants together the first hundred.
    """
    access.require_operator(operator)
    tenants = {tenant.pk: tenant for tenant in every_tenant()}
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
    with scope(found.tenant_id):
        found.tenant = Tenant.objects.get(pk=found.tenant_id)
    return found


def _used(month: Month) -> Any:
    rows = UsageHour.objects.filter(hour__gte=month.start, hour__lt=month.end).order_by()
    return rows.values("tenant_id", "kind").annotate(used=Sum("amount"), priced=Sum(_PRICED))


def _count(line: TenantFigures, row: dict[str, Any]) -> None:
    if hasattr(line, row["kind"]):
        setattr(line, row["kind"], getattr(line, row["kind"]) + row["used"])
    per = PRICED_PER.get(UsageKind(row["kind"]))
    line.cost += row["priced"] / per if per else Decimal(0)

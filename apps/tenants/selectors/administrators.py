"""Which administrators come into a tenant, and by what: read before one of the ways is taken away."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet

from foundation.access import Role
from foundation.access.models import Membership
from foundation.identity.models import EmailDomain, IdentityProvider, ProviderIdentity


def administrators(tenant_id: UUID) -> QuerySet[Membership]:
    """Those whose place is open."""
    rows = Membership.objects.filter(tenant_id=tenant_id, role=Role.ADMIN)
    return rows.filter(suspended_at=None, user__is_active=True)


def in_reserve(
    tenant_id: UUID,
    *,
    provider: IdentityProvider | None = None,
    stays_enabled: bool = False,
    domain: EmailDomain | None = None,
) -> QuerySet[Membership]:
    """Administrators who come in without this provider, or without this proven domain: alone or by another provider.

    `stays_enabled`: the provider is still asked for although it may not answer, so that where it is the only way in,
    those alone come in by themselves who have a second factor.
    """
    enabled = IdentityProvider.objects.filter(tenant_id=tenant_id, enabled_at__isnull=False)
    working = enabled.exclude(pk=provider.pk) if provider else enabled
    alone = Q(vouched=False)
    if (enabled if stays_enabled else working).filter(only_way_in=True).exists():
        alone &= Q(user__second_factor_at__isnull=False)
    known = ProviderIdentity.objects.filter(provider__in=working)
    by_provider = Q(user_id__in=known.values("user_id")) & _of_proven_domain(tenant_id, domain)
    return administrators(tenant_id).filter(alone | by_provider)


def _of_proven_domain(tenant_id: UUID, without: EmailDomain | None) -> Q:
    rows = EmailDomain.objects.filter(tenant_id=tenant_id, proven_at__isnull=False)
    found = Q(pk__in=())
    for name in (rows.exclude(pk=without.pk) if without else rows).values_list("name", flat=True):
        found |= Q(user__email__endswith=f"@{name}")
    return found

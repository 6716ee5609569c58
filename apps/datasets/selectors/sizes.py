"""How many bytes are kept that are not metered yet; for quotas, which hold whoever asks."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from django.db.models import Sum

from apps.datasets.choices import VersionState
from apps.datasets.models import DatasetVersion, Upload


def bytes_coming_in(tenant_id: UUID) -> dict[UUID, int]:
    """By project: files as large as announced until they become a version, versions until they are published."""
    files = Upload.objects.filter(tenant_id=tenant_id, used_at=None).values("project_id").annotate(n=Sum("size"))
    unpublished = (VersionState.INGESTING, VersionState.REVIEW)
    versions = DatasetVersion.objects.filter(tenant_id=tenant_id, state__in=unpublished).values("project_id")
    found: Counter[UUID] = Counter()
    for row in (*files.order_by(), *versions.order_by().annotate(n=Sum("byte_count"))):
        found[row["project_id"]] += int(row["n"] or 0)
    return dict(found)

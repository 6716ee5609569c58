"""How many bytes are kept that are not metered yet; for quotas, which hold whoever asks."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Sum

from apps.datasets.choices import VersionState
from apps.datasets.models import DatasetVersion, Upload


def bytes_coming_in(tenant_id: UUID, project_id: UUID | None) -> int:
    """Files as large as they were announced until they become a version, and versions until they are published."""
    mine = {"tenant_id": tenant_id, **({"project_id": project_id} if project_id else {})}
    files = Upload.objects.filter(**mine, used_at=None).aggregate(n=Sum("size"))["n"]
    unpublished = (VersionState.INGESTING, VersionState.REVIEW)
    versions = DatasetVersion.objects.filter(**mine, state__in=unpublished).aggregate(n=Sum("byte_count"))["n"]
    return int(files or 0) + int(versions or 0)

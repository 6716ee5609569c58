"""Committed versions are metered by their bytes for as long as they are kept."""

from __future__ import annotations

from uuid import UUID

from apps.datasets.models import DatasetVersion
from apps.tenants import services as tenants
from apps.tenants.choices import ThingKind
from foundation.ledger import RecordedEvent


def begin_usage(*, event: RecordedEvent) -> None:
    version = DatasetVersion.objects.get(pk=UUID(event.payload["version_id"]))
    if not version.byte_count:
        return
    what = tenants.Metered(
        tenant_id=event.tenant_id,
        project_id=version.project_id,
        person_id=version.created_by_id or event.named_actor,
        kind=ThingKind.DATASET,
        thing_id=version.dataset_id,
        subject_id=version.pk,
        byte_count=version.byte_count,
    )
    tenants.begin_usage(what, at=event.recorded_at)

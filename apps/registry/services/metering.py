"""Registered artifacts are metered by their bytes; what trained one belongs to its model from then on."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from apps.registry.models import ModelVersion
from apps.tenants import services as tenants
from apps.tenants.choices import ThingKind
from foundation.ledger import RecordedEvent


def begin_usage(*, event: RecordedEvent) -> None:
    version = ModelVersion.objects.get(pk=UUID(event.payload["version_id"]))
    tenants.name_model(
        tenant_id=event.tenant_id,
        project_id=version.project_id,
        run_id=version.run_id,
        model_id=version.model_id,
        at=event.recorded_at,
    )
    # Where this release registered it, it counts already.
    keep_artifact(version, at=event.recorded_at, otherwise=event.named_actor)


def keep_artifact(version: ModelVersion, *, at: datetime, otherwise: UUID | None = None) -> None:
    """It counts from `at` on, for whoever asked for it, or `otherwise`; said twice it counts once."""
    if not version.artifact_bytes:
        return
    what = tenants.Metered(
        tenant_id=version.tenant_id,
        project_id=version.project_id,
        person_id=version.created_by_id or otherwise,
        kind=ThingKind.MODEL,
        thing_id=version.model_id,
        model_id=version.model_id,
        subject_id=version.pk,
        byte_count=version.artifact_bytes,
    )
    tenants.begin_usage(what, at=at)

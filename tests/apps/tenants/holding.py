"""A part of the quotas, taken as a worker does that begins a run or a replica."""

from __future__ import annotations

from uuid import uuid4

from apps.tenants import services
from apps.tenants.choices import RESOURCE_CLASSES

SMALL, LARGE = RESOURCE_CLASSES["small"], RESOURCE_CLASSES["large"]


def take(project, *, size=SMALL, kind="run", subject_id=None):
    return services.take_part(
        tenant_id=project.tenant_id, project_id=project.pk, subject=(kind, subject_id or uuid4()), size=size
    )

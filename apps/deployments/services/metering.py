"""Replicas are metered for as long as they are up: starting, serving, until they are lost, given up or stopped."""

from __future__ import annotations

from uuid import UUID

from apps.deployments.models import Revision
from apps.tenants import services as tenants
from apps.tenants.choices import ThingKind
from foundation.ledger import RecordedEvent


def begin_usage(*, event: RecordedEvent) -> None:
    """A replica began: whoever asked for the revision uses its class, also where the portal starts it again."""
    revision = Revision.objects.select_related("deployment").get(pk=UUID(event.payload["revision_id"]))
    what = tenants.Metered(
        tenant_id=event.tenant_id,
        project_id=revision.project_id,
        person_id=revision.created_by_id or event.named_actor,
        kind=ThingKind.DEPLOYMENT,
        thing_id=revision.deployment_id,
        model_id=revision.deployment.model_id,
        subject_id=revision.pk,
        attempt=event.payload["attempt"],
        resource_class=revision.resource_class,
    )
    tenants.begin_usage(what, at=event.recorded_at)

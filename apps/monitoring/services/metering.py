"""Logged predictions take room in the quota and cost as what is kept; the quota is never asked for them.

What serves is not refused and its log not cut: a log that is full would be a log that cannot be trusted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from uuid import UUID

from apps.deployments import selectors as deployments
from apps.tenants import services as tenants
from apps.tenants.choices import ThingKind
from foundation import lake
from foundation.clock import database_now
from foundation.identity import Actor
from foundation.tenancy.models import Tenant


def keep_logs(tenant: Tenant, deployment_ids: Collection[UUID] | None = None) -> None:
    """From now on the logs of these deployments, or all logs, count with the bytes that they have in the lake."""
    for log in logs_measured(tenant, deployment_ids):
        tenants.keep_measured(log, at=database_now())


def logs_measured(tenant: Tenant, deployment_ids: Collection[UUID] | None = None) -> Iterator[tenants.Metered]:
    """Each log that is there, of deployments that are retired too, with its bytes; always in the same order."""
    rows = deployments.visible_deployments(actor=Actor.system(tenant, "monitor")).prefetch_related(None)
    if deployment_ids is not None:
        rows = rows.filter(pk__in=deployment_ids)
    tables = {deployments.inference_table(row.pk): row for row in rows}
    for table, size in sorted(lake.for_tenant(tenant.pk).sizes(tables).items()):
        deployment = tables[table]
        yield tenants.Metered(
            tenant_id=tenant.pk,
            project_id=deployment.project_id,
            person_id=deployment.created_by_id,
            kind=ThingKind.DEPLOYMENT,
            thing_id=deployment.pk,
            model_id=deployment.model_id,
            # Its replicas are metered by their revisions' ids, so its own is free for the log.
            subject_id=deployment.pk,
            byte_count=size,
        )

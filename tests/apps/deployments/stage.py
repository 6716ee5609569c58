"""Replicas that answer without running: what the portal records of one that came up."""

from __future__ import annotations

from typing import Any


def answer_as_ready(actor: Any, revision: Any) -> None:
    from apps.deployments.models import Revision
    from apps.deployments.services import replicas
    from foundation.engines import WorkloadState, WorkloadStatus

    revision = Revision.objects.select_related("deployment").get(pk=revision.pk)
    replicas._record_attempt(actor, revision, "process")
    status = WorkloadStatus(state=WorkloadState.RUNNING, address=f"unix:/run/{revision.pk}.sock")
    replicas._now_ready(actor, revision, status)


def shares(deployment: Any) -> dict[int, int]:
    return {revision.number: revision.traffic_percent for revision in deployment.revisions.all()}

"""What happens to a project, on the ledger."""

from __future__ import annotations

from apps.projects.models import Project
from foundation import ledger
from foundation.identity import Actor


def record(event: ledger.Event, actor: Actor, project: Project) -> None:
    ledger.record(event, actor=actor, project_id=project.pk, subject=("project", project.pk))

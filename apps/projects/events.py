from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class ProjectCreated(ledger.Event):
    kind = "project.created"
    project_id: UUID


@dataclass(frozen=True, kw_only=True)
class ProjectChanged(ledger.Event):
    """`changed` names the fields, never their text."""

    kind = "project.changed"
    project_id: UUID
    changed: list[str]

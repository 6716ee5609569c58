from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class ProjectCreated(ledger.Event):
    kind = "project.created"
    said = _("made the project")
    icon = "plus"
    project_id: UUID


@dataclass(frozen=True, kw_only=True)
class ProjectChanged(ledger.Event):
    """`changed` names the fields, never their text."""

    kind = "project.changed"
    said = _("changed what is said of the project")
    icon = "writing"
    project_id: UUID
    changed: list[str]


@dataclass(frozen=True, kw_only=True)
class ProjectArchived(ledger.Event):
    """From here on everything of it is read, and nothing written."""

    kind = "project.archived"
    said = _("archived the project")
    icon = "archive"
    project_id: UUID


@dataclass(frozen=True, kw_only=True)
class ProjectRestored(ledger.Event):
    kind = "project.restored"
    said = _("brought the project back from the archive")
    icon = "arrow-back-up"
    project_id: UUID

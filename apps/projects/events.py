from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
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


@dataclass(frozen=True, kw_only=True)
class ProjectDeletionAsked(ledger.Event):
    """`due` is when it begins; it can be kept until then."""

    kind = "project.deletion_asked"
    said = _("asked for the project to be deleted for ever")
    icon = "trash"
    project_id: UUID
    due: datetime


@dataclass(frozen=True, kw_only=True)
class ProjectDeletionUndone(ledger.Event):
    kind = "project.deletion_undone"
    said = _("kept the project, which was to be deleted")
    icon = "arrow-back-up"
    project_id: UUID


@dataclass(frozen=True, kw_only=True)
class ProjectDeletionBegun(ledger.Event):
    """From here on nobody finds it, and nobody takes it back."""

    kind = "project.deletion_begun"
    said = _("began to delete the project for ever")
    icon = "trash"
    project_id: UUID


@dataclass(frozen=True, kw_only=True)
class ProjectDeleted(ledger.Event):
    """Everything it kept is gone: so many rows, objects, tables of the lake and living tokens."""

    kind = "project.deleted"
    said = _("deleted the project for ever")
    icon = "trash"
    project_id: UUID
    rows: int
    objects: int
    tables: int
    tokens: int

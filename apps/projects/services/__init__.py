"""Writes of projects."""

from apps.projects.services.archiving import archive_project, hold_open, lock_project, restore_project
from apps.projects.services.projects import create_project, edit_project, ensure_sample_project

__all__ = [
    "archive_project",
    "create_project",
    "edit_project",
    "ensure_sample_project",
    "hold_open",
    "lock_project",
    "restore_project",
]

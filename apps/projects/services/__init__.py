"""Writes of projects."""

from apps.projects.services.archiving import archive_project, hold_open, lock_project, restore_project
from apps.projects.services.deleting import delete_project
from apps.projects.services.farewells import (
    Dependant,
    Farewell,
    Held,
    Outside,
    made_elsewhere,
    register_farewell,
    register_pointer,
    resting_on_nothing,
    what_goes,
)
from apps.projects.services.leaving import ask_to_delete, begin_deletions, keep_project
from apps.projects.services.projects import create_project, edit_project, ensure_sample_project

__all__ = [
    "Dependant",
    "Farewell",
    "Held",
    "Outside",
    "archive_project",
    "ask_to_delete",
    "begin_deletions",
    "create_project",
    "delete_project",
    "edit_project",
    "ensure_sample_project",
    "hold_open",
    "keep_project",
    "lock_project",
    "made_elsewhere",
    "register_farewell",
    "register_pointer",
    "resting_on_nothing",
    "restore_project",
    "what_goes",
]

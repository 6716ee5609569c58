"""Migrations that make anew the class of the table they change, and not those of all tables around it.

After each step Django makes every model anew that is related to the changed one. Here all are, through tenant and user:
a first start made 10 000 classes, which took most of its time. What adds a column, a constraint or an index looks at
one table and at what that names, so the others keep their classes for a while; who looks further (a step in Python, the
end of all migrations) is given all of them anew, by what Django calls a delayed state.
"""

from __future__ import annotations

from typing import Any

from django.db.migrations import Migration, operations
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

_OF_ONE_TABLE = (
    *(operations.CreateModel, operations.AddField, operations.RemoveField),
    *(operations.AddConstraint, operations.RemoveConstraint, operations.AddIndex, operations.RemoveIndex),
    *(operations.AlterModelOptions, operations.AlterModelManagers, operations.RunPython, operations.RunSQL),
)


class _NearState(ProjectState):
    """A state whose classes are made anew one at a time."""

    def _find_reload_model(self, app_label: str, model_name: str, delay: bool = False) -> set[tuple[str, str]]:
        self.is_delayed = True
        return {(app_label, model_name)}


class NearExecutor(MigrationExecutor):
    """Applies forwards what changes one table at a time with fewer classes, and everything else as Django does."""

    def apply_migration(self, state: ProjectState, migration: Migration, *args: Any, **more: Any) -> ProjectState:
        near = all(_is_near(operation) for operation in migration.operations)
        if not near:
            state.clear_delayed_apps_cache()
        state.__class__ = _NearState if near else ProjectState
        return super().apply_migration(state, migration, *args, **more)


def _is_near(operation: Operation) -> bool:
    """Whether it looks at one table. What other tables refer to is another matter: they change with it."""
    if isinstance(operation, operations.AlterField):
        field = operation.field
        return not (field.is_relation or field.unique or field.primary_key)
    return type(operation) in _OF_ONE_TABLE

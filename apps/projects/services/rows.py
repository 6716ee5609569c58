"""Every row of a project, in every table: found by what the tables themselves say, so that no new one is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import ForeignKey, Model

from apps.projects.models import Project
from apps.projects.services.farewells import dead_elsewhere, pointers
from apps.tenants import services as tenants
from foundation import jobs
from foundation.tenancy.row_security import protected_models

# What stays: the ledger, append-only without exception, and what was used, since it was billed; ids and amounts alone.
_KEPT_APPS = {"ledger"}
_KEPT = {"tenants.UsageSpan", "tenants.UsageHour"}
# The stone and its plan; and what is deleted by whoever keeps it, below.
_APART = {"projects.Project", "projects.ProjectDeletion", "jobs.Job", "access.UserGrant"}


def delete_rows(*, project: Project) -> int:
    """All of the project's rows; how many. Foreign keys are looked at when the transaction ends."""
    count = _drop_dead(project) + sum(_execute(sql, project) for sql in _pointing())
    # A child goes before what it hangs on, by which alone it is found; jobs last, since what they are about has a lock.
    count += sum(_execute(f"DELETE FROM {_table(model)} WHERE {where}", project) for model, where in owned())  # noqa: S608
    mine = {"tenant_id": project.tenant_id, "project_id": project.pk}
    count += tenants.drop_binned_of_project(**mine)
    return count + tenants.drop_grants_of_project(**mine) + jobs.forget_of_project(**mine)


def _drop_dead(project: Project) -> int:
    """What came to nothing in other projects and points here, with what names it by a bare id."""
    count = 0
    for found in dead_elsewhere(project=project):
        ids = list(found.values_list("pk", flat=True))
        for label, column in pointers().items():
            named = apps.get_model(label)._default_manager.filter(tenant_id=project.tenant_id)
            count += named.filter(**{f"{column}__in": ids}).delete()[0]
        count += found.model._default_manager.filter(pk__in=ids).delete()[0]
    return count


def owned() -> list[tuple[type[Model], str]]:
    """The models whose rows are a project's, with the condition that says of which; the deepest first."""
    found = {model: where for model in protected_models() if (where := _where(model))}
    return sorted(found.items(), key=lambda pair: -_depth(pair[0]))


@cache
def _where(model: type[Model]) -> str:
    """The condition on the model's rows, with `%(project)s` for the id; empty where they are of no project."""
    if model._meta.label in _APART | _KEPT or model._meta.app_label in _KEPT_APPS:
        return ""
    if "project_id" in {field.attname for field in model._meta.concrete_fields}:
        return "project_id = %(project)s"
    ways = [
        f"{field.column} IN (SELECT id FROM {_table(parent)} WHERE {where})"  # noqa: S608 - names of our own models
        for field, parent in _parents(model)
        if (where := _where(parent))
    ]
    return " OR ".join(ways)


def _depth(model: type[Model]) -> int:
    """How many tables lie between the model and the one that names the project."""
    if "project_id" in {field.attname for field in model._meta.concrete_fields}:
        return 0
    return 1 + max(_depth(parent) for _field, parent in _parents(model) if _where(parent))


def _parents(model: type[Model]) -> Iterator[tuple[ForeignKey[Any, Any], type[Model]]]:
    for field in model._meta.concrete_fields:
        if isinstance(field, ForeignKey) and field.related_model not in {model, "self"}:
            yield field, field.related_model


def _pointing() -> Iterator[str]:
    """Statements for the tables that name a project, or a thing of it, by a bare id."""
    for label, column in pointers().items():
        table = _table(apps.get_model(label))
        yield f"DELETE FROM {table} WHERE {column} = %(project)s"  # noqa: S608 - names of our own models
        for model, where in owned():
            things = f"SELECT id FROM {_table(model)} WHERE {where}"  # noqa: S608 - as above
            yield f"DELETE FROM {table} WHERE tenant_id = %(tenant)s AND {column} IN ({things})"  # noqa: S608 - as above


def _table(model: type[Model]) -> str:
    return f'"{model._meta.db_table}"'


def _execute(sql: str, project: Project) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"project": project.pk, "tenant": project.tenant_id})
        return int(cursor.rowcount)

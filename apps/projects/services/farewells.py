"""How the rooms above this app let go of a project: what each keeps of it, and how that ends."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import PROTECT, Exists, Model, OuterRef, QuerySet

from apps.projects.models import Project
from foundation.clock import database_now
from foundation.identity import Actor
from foundation.tenancy.models import Tenant


@dataclass(frozen=True)
class Held:
    """How many things of one kind a project keeps; `label` names the kind, in the plural."""

    label: object
    count: int


@dataclass(frozen=True)
class Dependant:
    """Something in another project that was made of this one's things: it could not be made again."""

    kind: str
    id: UUID
    name: str
    project: Project


@dataclass(frozen=True)
class Outside:
    """What a room keeps of a project outside the database.

    `tables` of the lake, `objects` by key or, with a `/` at the end, all below; `things` as the room itself names them.
    """

    tables: list[str] = field(default_factory=list)
    objects: list[str] = field(default_factory=list)
    things: list[str] = field(default_factory=list)

    def as_words(self) -> dict[str, Any]:
        return asdict(self)


class Farewell:
    """A room: each of its methods may be called again, at any point, after an attempt that was cut off.

    `end` comes first and `outside` while the rows are still there; then all rows go in one transaction, and `forget`
    follows. `holds`, `made_elsewhere` and `outside` run in the tenant's scope, the others outside any transaction.
    """

    def holds(self, actor: Actor, project_id: UUID) -> Iterable[Held]:
        """What the page counts."""
        return ()

    def made_elsewhere(self, actor: Actor, project_id: UUID) -> Iterable[Dependant]:
        """What other projects made of this one's things: while there is any, the project stays."""
        return ()

    def held(self, actor: Actor, project_id: UUID) -> Iterable[str]:
        """The names of what the law holds there: while there is any, the project stays."""
        return ()

    def dead_elsewhere(self, tenant_id: UUID, project_id: UUID) -> Iterable[QuerySet[Any]]:
        """Rows of other projects that came to nothing, point here, and that nothing rests on: they go with it."""
        return ()

    def end(self, tenant: Tenant, project_id: UUID) -> None:
        """End what computes or serves; raise where something could not be ended."""

    def outside(self, tenant: Tenant, project_id: UUID) -> Outside:
        """What is to be deleted once the rows are gone; also of what is dead elsewhere."""
        return Outside()

    def forget(self, tenant: Tenant, project_id: UUID, things: list[str]) -> None:
        """Delete the room's own `things`; raise where something is left."""


_farewells: dict[str, Farewell] = {}
_pointers: dict[str, str] = {}


def register_farewell(room: str, farewell: Farewell) -> None:
    """How an app above this one lets go of a project; rooms have their turn as they register, from the bottom up."""
    _farewells[room] = farewell


def register_pointer(model: str, column: str) -> None:
    """A table that names things by a bare id, as `app.Model` and the id's column: its rows go with what they name."""
    _pointers[model] = column


def farewells() -> list[tuple[str, Farewell]]:
    return list(_farewells.items())


def pointers() -> dict[str, str]:
    return dict(_pointers)


def what_goes(*, project: Project) -> list[Held]:
    """What the project keeps, whoever asks, kind by kind; of nothing there is no line."""
    system = Actor.system(project.tenant)
    found = [held for _room, farewell in farewells() for held in farewell.holds(system, project.pk)]
    return [held for held in found if held.count]


def made_elsewhere(*, project: Project) -> list[Dependant]:
    """What in other projects was made of this one's things and keeps it, whoever asks.

    Before somebody asks for its deletion that is what lies in projects in use: an archived one may be deleted as well.
    From then on it is what lies in projects whose own deletion is not due: those that are go together with it.
    """
    made = every_dependant(project=project)
    others = Project.objects.filter(pk__in={one.project.pk for one in made})
    asked = project.deletion_due is not None
    with_it = others.filter(deletion_due__lte=database_now()) if asked else others.filter(archived_at__isnull=False)
    going = set(with_it.values_list("pk", flat=True)) if made else set()
    return [one for one in made if one.project.pk not in going]


def every_dependant(*, project: Project) -> list[Dependant]:
    """What in other projects was made of this one's things, whatever becomes of those."""
    system = Actor.system(project.tenant)
    return [one for _room, farewell in farewells() for one in farewell.made_elsewhere(system, project.pk)]


def held_by_law(*, project: Project) -> list[str]:
    """What of the project is under legal hold, whoever asks."""
    system = Actor.system(project.tenant)
    return [name for _room, farewell in farewells() for name in farewell.held(system, project.pk)]


def dead_elsewhere(*, project: Project) -> list[QuerySet[Any]]:
    """What points at this one's things in other projects, came to nothing and goes with it."""
    mine = {"tenant_id": project.tenant_id, "project_id": project.pk}
    return [rows for _room, farewell in farewells() for rows in farewell.dead_elsewhere(**mine)]


def resting_on_nothing(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Those of the rows that no other row needs."""
    for relation in rows.model._meta.get_fields(include_hidden=True):
        if relation.auto_created and getattr(relation, "on_delete", None) is PROTECT:
            pointing: type[Model] = relation.related_model
            rows = rows.exclude(Exists(pointing._default_manager.filter(**{relation.field.attname: OuterRef("pk")})))
    return rows

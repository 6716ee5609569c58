"""Transformations as the actor may see them, and the order in which they have to run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from apps.datasets.models import Dataset, DatasetVersion, Transformation, TransformationDefinition, TransformationPass
from apps.datasets.selectors.naming import sql_name
from apps.datasets.selectors.reading import get_dataset, latest_ready, visible_datasets
from foundation import access, lake
from foundation.access import Permission
from foundation.errors import NotFound
from foundation.identity import Actor


@dataclass(frozen=True)
class Step:
    """A transformation with how it makes its rows now, as the order needs it."""

    transformation: Transformation
    definition: TransformationDefinition

    @property
    def reads(self) -> frozenset[UUID]:
        return frozenset(UUID(pk) for pk in self.definition.inputs.values())

    @property
    def makes(self) -> UUID:
        return self.transformation.output_id


def visible_transformations(
    *, actor: Actor, project_id: UUID | None = None, with_binned: bool = False
) -> QuerySet[Any]:
    """Transformations with what became of their last pass (last_…); `with_binned`: those in the bin as well."""
    used = Transformation.everything if with_binned else Transformation.objects
    rows = used.select_related("output", "created_by", "project")
    last = TransformationPass.objects.filter(transformation=OuterRef("pk")).order_by("-created_at")
    return access.visible(rows, actor, Permission.DATASET_VIEW, project_id=project_id).annotate(
        last_state=Subquery(last.values("state")[:1]),
        last_note=Subquery(last.values("note")[:1]),
        last_at=Subquery(last.values("created_at")[:1]),
    )


def get_transformation(*, actor: Actor, transformation_id: UUID) -> Transformation:
    found = visible_transformations(actor=actor).filter(pk=transformation_id).first()
    if found is None:
        in_bin = access.visible(Transformation.everything.exclude(binned_at=None), actor, Permission.DATASET_VIEW)
        if in_bin.filter(pk=transformation_id).exists():
            raise NotFound(_("This transformation is in the bin: nothing has it run. Restore it first."))
        raise NotFound(_("There is no such transformation here."))
    return found


def definition_of(transformation: Transformation, number: int | None = None) -> TransformationDefinition:
    """How it makes its rows now, or as that definition said."""
    rows = transformation.definitions.select_related("created_by").order_by("-number")
    found = (rows if number is None else rows.filter(number=number)).first()
    if found is None:
        raise NotFound(_("There is no definition of that number."))
    return found


def passes_of(*, actor: Actor, transformation: Transformation) -> QuerySet[TransformationPass]:
    """What was made or left out, the newest first."""
    rows = TransformationPass.objects.select_related("definition", "version", "version__dataset")
    rows = access.visible(rows, actor, Permission.DATASET_VIEW)
    return rows.filter(transformation=transformation).order_by("-created_at")


def datasets_by_name(*, actor: Actor, project_id: UUID, sql: str, given: Mapping[str, UUID]) -> dict[str, UUID]:
    """The given inputs, and for every other table of the SQL that is called like one the dataset of that name."""
    named = {name.lower() for name in given}
    missing = {name.lower(): name for name in lake.sandbox.tables_of(sql) if name.lower() not in named}
    known = {sql_name(dataset): dataset.pk for dataset in visible_datasets(actor=actor, project_id=project_id)}
    return {**given, **{name: known[low] for low, name in missing.items() if low in known}}


def newest_of(*, actor: Actor, inputs: Mapping[str, UUID]) -> dict[str, DatasetVersion]:
    """The newest ready version of each input (name to dataset); one without any is left out."""
    rows = {
        alias: latest_ready(get_dataset(actor=actor, dataset_id=dataset_id)) for alias, dataset_id in inputs.items()
    }
    return {alias: version for alias, version in rows.items() if version is not None}


def steps_of(*, project_id: UUID) -> list[Step]:
    """Every transformation of a project in an order in which each comes after what it reads; for the portal itself."""
    used = TransformationDefinition.objects.filter(project_id=project_id, transformation__binned_at=None)
    newest = used.select_related("transformation__output")
    rows = newest.order_by("transformation_id", "-number").distinct("transformation_id")
    return in_order([Step(row.transformation, row) for row in rows])


def in_order(steps: Collection[Step]) -> list[Step]:
    """Each after those whose output it reads, else by name; what stands in a circle comes last."""
    left = sorted(steps, key=lambda step: step.transformation.name)
    ordered: list[Step] = []
    while left:
        waited_for = {step.makes for step in left}
        ready = [step for step in left if not step.reads & waited_for - {step.makes}] or left
        ordered += ready
        left = [step for step in left if step not in ready]
    return ordered


def below(steps: Iterable[Step], datasets: Collection[UUID]) -> list[Step]:
    """Those that read the datasets, or what is made of them, in the order given."""
    reached, found = set(datasets), []
    for step in steps:
        if step.reads & reached:
            reached.add(step.makes)
            found.append(step)
    return found


def circle_of(
    steps: Iterable[Step], *, reads: Collection[UUID], makes: UUID, started: Iterable[tuple[UUID, UUID]] = ()
) -> list[UUID]:
    """The datasets of the circle that a transformation would close, from its output round to it again; else none.

    `started` are datasets with those whose new versions have something read into them.
    """
    made_by = {step.makes: set(step.reads) for step in steps if step.makes != makes}
    for into, after in started:
        made_by.setdefault(into, set()).add(after)
    came_from: dict[UUID, UUID] = dict.fromkeys(reads, makes)
    waiting = list(reads)
    while waiting:
        at = waiting.pop()
        if at == makes:
            way = [makes]
            step = came_from[makes]
            while step != makes:
                way.append(step)
                step = came_from[step]
            return [*way, makes]
        for source in made_by.get(at, ()):
            if source not in came_from:
                came_from[source] = at
                waiting.append(source)
    return []


def names_of_datasets(dataset_ids: Collection[UUID]) -> dict[UUID, str]:
    """What datasets are called; for sentences about a project whose data the reader sees."""
    return dict(Dataset.objects.filter(pk__in=dataset_ids).values_list("pk", "name"))

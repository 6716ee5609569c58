"""What is under legal hold."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.datasets.models import Dataset, DatasetVersion, LegalHold
from apps.datasets.selectors.reading import in_force
from foundation import access
from foundation.access import Permission
from foundation.clock import now
from foundation.errors import NotFound
from foundation.identity import Actor


def visible_holds(*, actor: Actor, project_id: UUID | None = None) -> QuerySet[LegalHold]:
    """All of them, newest first, released and expired ones too."""
    rows = LegalHold.objects.select_related("project", "dataset", "version__dataset", "placed_by", "released_by")
    return access.visible(rows, actor, Permission.DATASET_VIEW, project_id=project_id)


def get_hold(*, actor: Actor, hold_id: UUID) -> LegalHold:
    found = visible_holds(actor=actor).filter(pk=hold_id).first()
    if found is None:
        raise NotFound(_("There is no such legal hold here."))
    return found


def is_in_force(hold: LegalHold) -> bool:
    return hold.released_at is None and (hold.until is None or hold.until >= now().date())


def holds_on(version: DatasetVersion) -> list[LegalHold]:
    """Those that hold this version today, by itself or with its whole dataset; whoever asks."""
    rows = LegalHold.objects.filter(in_force(), dataset_id=version.dataset_id)
    rows = rows.filter(Q(version=None) | Q(version_id=version.pk))
    return list(rows.select_related("dataset", "version__dataset", "placed_by"))


def held_among(version_ids: Collection[UUID]) -> list[DatasetVersion]:
    """Those of these versions that are held today, by name; whoever asks."""
    holds = LegalHold.objects.filter(in_force(), dataset_id=OuterRef("dataset_id"))
    on_it = holds.filter(Q(version=None) | Q(version_id=OuterRef("pk")))
    rows = DatasetVersion.objects.filter(Exists(on_it), pk__in=version_ids).select_related("dataset")
    return list(rows.order_by("dataset__name", "number"))


def datasets_held(dataset_ids: Collection[UUID]) -> list[Dataset]:
    """Those of these datasets that are held as a whole today, by name; whoever asks."""
    holds = LegalHold.objects.filter(in_force(), version=None, dataset_id__in=dataset_ids)
    return list(Dataset.objects.filter(pk__in=holds.values("dataset_id")).order_by("name"))


def held_in_project(*, tenant_id: UUID, project_id: UUID | None = None) -> list[str]:
    """The names of what is held today in a project, or in the whole tenant; whoever asks."""
    rows = LegalHold.objects.filter(in_force(), tenant_id=tenant_id).select_related("dataset", "version__dataset")
    if project_id is not None:
        rows = rows.filter(project_id=project_id)
    return sorted({str(hold) for hold in rows})


def until_in_words(hold: LegalHold) -> str:
    return _("until %(day)s") % {"day": date_format(hold.until)} if hold.until else _("until it is released")


def holds_of_dataset(*, actor: Actor, dataset_id: UUID) -> list[LegalHold]:
    """Those in force of a dataset that the actor sees."""
    return list(visible_holds(actor=actor).filter(in_force(), dataset_id=dataset_id))

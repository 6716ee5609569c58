"""How a project that is deleted lets go of its data: tables, files and profiles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.datasets import selectors
from apps.datasets.choices import VersionState, growing_table
from apps.datasets.models import Dataset, DatasetVersion, Ingestion, Transformation, Upload
from apps.datasets.services.parting import tables_of
from apps.datasets.services.uploads import home_of
from apps.projects import services as projects
from foundation.identity import Actor
from foundation.tenancy.models import Tenant

_WITHOUT_ROWS = {
    VersionState.FAILED,
    VersionState.CANCELLED,
    VersionState.DISCARDED,
    VersionState.UNCHANGED,
    VersionState.DESTROYING,
    VersionState.DESTROYED,
}


class DataFarewell(projects.Farewell):
    def holds(self, actor: Actor, project_id: UUID) -> Iterable[projects.Held]:
        mine = {"tenant_id": actor.tenant_id, "project_id": project_id}
        yield projects.Held(_("Datasets"), Dataset.objects.filter(**mine).count())
        yield projects.Held(_("Dataset versions"), DatasetVersion.objects.filter(**mine).count())
        yield projects.Held(_("Ingestions"), Ingestion.everything.filter(**mine).count())
        yield projects.Held(_("Transformations"), Transformation.everything.filter(**mine).count())

    def held(self, actor: Actor, project_id: UUID) -> Iterable[str]:
        return selectors.held_in_project(tenant_id=actor.tenant_id, project_id=project_id)

    def made_elsewhere(self, actor: Actor, project_id: UUID) -> Iterator[projects.Dependant]:
        rows = DatasetVersion.objects.filter(tenant_id=actor.tenant_id)
        mine = {str(pk) for pk in rows.filter(project_id=project_id).values_list("pk", flat=True)}
        derived = rows.exclude(project_id=project_id).exclude(state__in=_WITHOUT_ROWS).filter(source__kind="sql")
        found = derived.select_related("dataset", "project").only("number", "source", "dataset__name", "project__name")
        for version in found if mine else ():
            if mine & set(version.source["inputs"].values()):
                yield projects.Dependant("dataset_version", version.pk, str(version), version.project)

    def outside(self, tenant: Tenant, project_id: UUID) -> projects.Outside:
        """Also of versions that never had rows: what their attempts left is nobody's."""
        versions = list(DatasetVersion.objects.filter(tenant=tenant, project_id=project_id))
        files = {upload for version in versions if (upload := version.source.get("upload"))}
        files |= {
            str(pk) for pk in Upload.objects.filter(tenant=tenant, project_id=project_id).values_list("pk", flat=True)
        }
        datasets = Dataset.objects.filter(tenant=tenant, project_id=project_id).values_list("pk", flat=True)
        return projects.Outside(
            # And the new rows of an input, which a pass that was killed may have left.
            tables=[
                *tables_of([one.pk for one in versions]),
                *(one.new_rows_table for one in versions),
                # What a stream wrote that is no more, and of which no version was made.
                *(growing_table(pk) for pk in datasets),
            ],
            objects=[
                *(version.profile_key for version in versions),
                *(f"{home_of(UUID(pk))}/" for pk in sorted(files)),
            ],
        )

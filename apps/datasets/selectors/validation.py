"""What is expected of datasets, what came of it, and what lies in quarantine; each as far as the actor may see it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _

from apps.datasets.choices import ReportOutcome, ResultState, Severity, VersionState
from apps.datasets.models import Breach, Contract, Dataset, DatasetVersion, Quarantine, Suite, ValidationReport
from apps.datasets.selectors.masking import is_covered, may_be_personal, may_see_clear
from apps.datasets.selectors.reading import latest_ready, visible_datasets
from apps.datasets.selectors.withholding import untold
from foundation import access
from foundation.access import Permission
from foundation.errors import NotFound
from foundation.identity import Actor
from foundation.lake.ports import TableAt
from runtime.masks import HIDDEN


def visible_suites(*, actor: Actor, dataset_id: UUID | None = None) -> QuerySet[Suite]:
    """Suites, the newest of each dataset first."""
    rows = access.visible(Suite.objects.select_related("created_by", "dataset"), actor, Permission.DATASET_VIEW)
    return rows.filter(dataset_id=dataset_id) if dataset_id else rows


def newest_suite(dataset: Dataset) -> Suite | None:
    """What is expected of the dataset now."""
    return Suite.objects.filter(dataset_id=dataset.pk).order_by("-number").first()


def ready_before(version: DatasetVersion) -> DatasetVersion | None:
    """The ready version before this one: before its number, or the newest where it has none yet."""
    rows = DatasetVersion.objects.filter(dataset_id=version.dataset_id, state=VersionState.READY)
    rows = rows.filter(number__lt=version.number) if version.number else rows.exclude(pk=version.pk)
    return rows.order_by("-number").first()


def visible_reports(*, actor: Actor) -> QuerySet[ValidationReport]:
    return access.visible(ValidationReport.objects.select_related("suite"), actor, Permission.DATASET_VIEW)


def report_of(*, actor: Actor, version: DatasetVersion) -> ValidationReport | None:
    """What came of the version's expectations; None where there were none. Nothing of it names a masked value."""
    report = visible_reports(actor=actor).filter(version=version).first()
    return report and shown_report(actor=actor, report=report, version=version)


def shown_report(*, actor: Actor, report: ValidationReport, version: DatasetVersion) -> ValidationReport:
    """The report without what the actor may not know of it."""
    if may_see_clear(actor, version):
        return report
    newest = latest_ready(version.dataset)
    schema = version.schema or (newest.schema if newest else [])
    shown = {column["name"] for column in schema if not is_covered(column)}
    columns = {one["id"]: set(one["columns"]) for one in report.suite.expectations}
    report.results = [one if columns[one["id"]] <= shown else _without_newest(one) for one in report.results]
    if held := untold(actor, report.suite, version):
        _withhold(report, held)
    return report


def _withhold(report: ValidationReport, held: Collection[str]) -> None:
    """Take out how these ended, and what it could be worked out from: the outcome of all, and the digest over counts.

    A version that was blocked is seen not to be there; why is not told.
    """
    nothing: dict[str, Any] = {"failed_rows": None, "share": 0.0, "seconds": 0.0, "found": {}, "problem": None}
    blank = {**nothing, "state": ResultState.WITHHELD.value}
    report.results = [{**one, **blank} if one["id"] in held else one for one in report.results]
    report.digest, report.seconds = "", 0.0
    said = {one["id"]: one["severity"] for one in report.suite.expectations}
    told = {said[one["id"]] for one in report.results if one["state"] in {ResultState.FAILED, ResultState.UNCHECKED}}
    if Severity.BLOCK in told or report.outcome == ReportOutcome.BLOCKED:
        report.outcome = ReportOutcome.BLOCKED
    elif Severity.QUARANTINE in told:
        report.outcome = ReportOutcome.QUARANTINED
    else:
        report.outcome = ReportOutcome.WARNED if told else ReportOutcome.WITHHELD


def _without_newest(result: dict[str, Any]) -> dict[str, Any]:
    """The newest moment of a column is a value of it."""
    found = result.get("found") or {}
    return {**result, "found": {**found, "newest": HIDDEN}} if found.get("newest") else result


def visible_quarantines(
    *, actor: Actor, project_id: UUID | None = None, dataset_id: UUID | None = None
) -> QuerySet[Quarantine]:
    """What was set aside, newest first; also what is empty by now."""
    rows = Quarantine.objects.select_related("dataset", "version__dataset", "suite", "project", "replay__dataset")
    rows = access.visible(rows, actor, Permission.DATASET_VIEW, project_id=project_id)
    return rows.filter(dataset_id=dataset_id) if dataset_id else rows


def waiting_quarantines(*, actor: Actor, dataset_id: UUID) -> QuerySet[Quarantine]:
    """Those with rows that wait for somebody to correct them or give them up."""
    return visible_quarantines(actor=actor, dataset_id=dataset_id).filter(row_count__gt=0, is_sample=False)


def get_quarantine(*, actor: Actor, quarantine_id: UUID) -> Quarantine:
    found = visible_quarantines(actor=actor).filter(pk=quarantine_id).first()
    if found is None:
        raise NotFound(_("There is no such quarantine here."))
    return found


def quarantine_of(*, actor: Actor, version: DatasetVersion) -> Quarantine | None:
    return visible_quarantines(actor=actor).filter(version=version).first()


def rows_aside(*, actor: Actor, dataset_id: UUID) -> int:
    """How many rows of all versions of a dataset wait in quarantine."""
    found = waiting_quarantines(actor=actor, dataset_id=dataset_id).aggregate(rows=Sum("row_count"))
    return int(found["rows"] or 0)


def replay_under_way(quarantine: Quarantine) -> DatasetVersion | None:
    """The version that rows of it are on their way into, or that they are still to be taken out for."""
    version = quarantine.replay
    states = {VersionState.INGESTING, VersionState.REVIEW, VersionState.READY}
    return version if version is not None and version.state in states else None


def shown_columns(*, actor: Actor, quarantine: Quarantine) -> frozenset[str] | None:
    """The columns whose values the actor may read; None: all of them.

    Whoever sees personal values in clear sees rows whole. Others see what is known not to be about people: a version
    that failed has no columns that anybody looked at.
    """
    if may_see_clear(actor, quarantine):
        return None
    newest = latest_ready(quarantine.dataset)
    columns = [column for schema in (quarantine.version.schema, newest.schema if newest else []) for column in schema]
    hidden = {column["name"] for column in columns if may_be_personal(column)}
    return frozenset({column["name"] for column in columns} - hidden)


def dataset_names(*, actor: Actor, project_id: UUID) -> dict[str, str]:
    """Each dataset of the project by its id, for sentences on foreign keys."""
    rows = visible_datasets(actor=actor, project_id=project_id).values_list("pk", "name")
    return {str(pk): name for pk, name in rows}


def quarantines_named(tenant_id: UUID) -> list[TableAt]:
    """For the lake's keeping: the tables of rows set aside, as they are read."""
    return [one.at for one in Quarantine.objects.filter(tenant_id=tenant_id, row_count__gt=0).select_related("version")]


def quarantines_over(tenant_id: UUID, version_ids: Collection[UUID]) -> list[UUID]:
    """For the lake's keeping: of these versions, those with no row in quarantine, now or ever again."""
    rows = DatasetVersion.objects.filter(tenant_id=tenant_id, pk__in=version_ids)
    rows = rows.exclude(state__in=[VersionState.INGESTING, VersionState.DESTROYING])
    open_ones = Quarantine.objects.filter(tenant_id=tenant_id, row_count__gt=0).values("version_id")
    return list(rows.exclude(pk__in=open_ones).values_list("pk", flat=True))


def visible_contracts(*, actor: Actor, dataset_id: UUID | None = None) -> QuerySet[Contract]:
    """What was promised, the newest of each dataset first."""
    rows = Contract.objects.select_related("created_by", "owner", "suite", "dataset")
    rows = access.visible(rows, actor, Permission.DATASET_VIEW)
    return rows.filter(dataset_id=dataset_id) if dataset_id else rows


def newest_contract(dataset: Dataset) -> Contract | None:
    """What is promised of the dataset now."""
    return Contract.objects.filter(dataset_id=dataset.pk).order_by("-number").first()


def breach_of(*, actor: Actor, version: DatasetVersion) -> Breach | None:
    rows = access.visible(Breach.objects.select_related("contract", "version__dataset"), actor, Permission.DATASET_VIEW)
    return rows.filter(version=version).first()


def ready_of(version: DatasetVersion) -> list[DatasetVersion]:
    """The ready versions of a version's dataset, newest first."""
    rows = DatasetVersion.objects.select_related("dataset", "project")
    return list(rows.filter(dataset_id=version.dataset_id, state=VersionState.READY).order_by("-number"))

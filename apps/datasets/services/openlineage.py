"""What happens to versions as run events of OpenLineage 2-0-2 (https://openlineage.io/spec/2-0-2/OpenLineage.json).

A version that is made is a run, and its id the run's. Told are names of datasets and columns, types, numbers of rows
and the sentence of a failure; no value, no SQL (it may quote one) and no name of an uploaded file.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings

from apps.datasets.models import DatasetVersion
from foundation.ledger import RecordedEvent

_SPEC = "https://openlineage.io/spec"
_EVENT = f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent"
_TYPES = {
    "dataset_version.ingestion_started": "START",
    "dataset_version.pull_started": "START",
    "dataset_version.derivation_started": "START",
    "dataset_version.committed": "COMPLETE",
    "dataset_version.failed": "FAIL",
    "dataset_version.cancelled": "ABORT",
    "dataset_version.discarded": "ABORT",
}
Told = dict[str, Any]


def run_event(event: RecordedEvent, namespace: str) -> Told | None:
    """The event in OpenLineage's words; None where it has none for it."""
    if event.kind == "webhook.test":
        return _run_event(event, "OTHER", {"runId": str(event.id)}, {"namespace": namespace, "name": "sanad.test"})
    kind = _TYPES.get(event.kind)
    rows = DatasetVersion.objects.select_related("dataset__owner", "project").defer("first_profile")
    version = rows.filter(pk=event.payload["version_id"]).first() if kind else None
    if kind is None or version is None:
        return None
    run: Told = {"runId": str(version.pk)}
    if kind == "FAIL":
        told = {"message": version.failure or "It could not be made.", "programmingLanguage": "SQL"}
        run["facets"] = {"errorMessage": _facet("ErrorMessageRunFacet", "1-0-1", **told)}
    said = _run_event(event, kind, run, _job(version, namespace))
    return {**said, "inputs": _inputs(version, namespace), "outputs": [_output(version, namespace)]}


def _run_event(event: RecordedEvent, kind: str, run: Told, job: Told) -> Told:
    return {
        "eventType": kind,
        "eventTime": event.recorded_at.isoformat(),
        "producer": settings.SANAD_PUBLIC_URL,
        "schemaURL": _EVENT,
        "run": run,
        "job": job,
        "inputs": [],
        "outputs": [],
    }


def _job(version: DatasetVersion, namespace: str) -> Told:
    source = version.source
    by_sql = source.get("kind") == "sql"
    name = (
        source.get("name") if source.get("transformation") else f"{version.dataset.slug}.{'sql' if by_sql else 'read'}"
    )
    kind = {"processingType": "BATCH", "integration": "SANAD", "jobType": "SQL" if by_sql else "INGESTION"}
    return {
        "namespace": namespace,
        "name": f"{version.project.slug}.{name}",
        "facets": {"jobType": _facet("JobTypeJobFacet", "2-0-3", **kind)},
    }


def _inputs(version: DatasetVersion, namespace: str) -> list[Told]:
    source = version.source
    if source.get("kind") == "sql":
        return [_input(one, namespace) for one in _read(version).values()]
    if source.get("kind") == "connection":
        place = {"name": source.get("name", ""), "uri": f"connection://{source['connection']}"}
        facets = {"dataSource": _facet("DatasourceDatasetFacet", "1-0-1", **place)}
        return [{"namespace": f"{namespace}/connections/{source['name']}", "name": source["place"], "facets": facets}]
    if digest := source.get("sha256"):
        return [{"namespace": f"{namespace}/files", "name": f"sha256:{digest}"}]
    return []


def _input(version: DatasetVersion, namespace: str) -> Told:
    figures = {"rowCount": version.row_count or 0, "bytes": version.byte_count or 0, "columnMetrics": {}}
    quality = _facet("DataQualityMetricsInputDatasetFacet", "1-0-2", **figures)
    return {**_dataset(version, namespace), "inputFacets": {"dataQualityMetrics": quality}}


def _output(version: DatasetVersion, namespace: str) -> Told:
    said = _dataset(version, namespace)
    if version.row_count is None:
        return said
    said["facets"]["columnLineage"] = _column_lineage(version, namespace)
    figures = {"rowCount": version.row_count, "size": version.byte_count or 0}
    statistics = _facet("OutputStatisticsOutputDatasetFacet", "1-0-2", **figures)
    return {**said, "outputFacets": {"outputStatistics": statistics}}


def _dataset(version: DatasetVersion, namespace: str) -> Told:
    dataset = version.dataset
    place = {"name": namespace, "uri": settings.SANAD_PUBLIC_URL}
    facets = {
        "version": _facet("DatasetVersionDatasetFacet", "1-0-1", datasetVersion=str(version.number or version.pk)),
        "dataSource": _facet("DatasourceDatasetFacet", "1-0-1", **place),
    }
    if version.schema:
        fields = [{"name": column["name"], "type": column["type"]} for column in version.schema]
        facets["schema"] = _facet("SchemaDatasetFacet", "1-1-1", fields=fields)
    if dataset.owner_id:
        # By id: a person's name is not for other systems.
        owners = [{"name": f"user:{dataset.owner_id}", "type": "OWNER"}]
        facets["ownership"] = _facet("OwnershipDatasetFacet", "1-0-1", owners=owners)
    return {"namespace": namespace, "name": f"{version.project.slug}.{dataset.slug}", "facets": facets}


def _column_lineage(version: DatasetVersion, namespace: str) -> Told:
    """Only what is known: a column of which it cannot be told is left out."""
    read = _read(version) if version.source.get("kind") == "sql" else {}
    fields = {
        column: {
            "inputFields": [
                {"namespace": namespace, "name": f"{one.project.slug}.{one.dataset.slug}", "field": name}
                for alias, name in sources
                if (one := read.get(alias)) is not None
            ]
        }
        for column, sources in (version.source.get("column_sources") or {}).items()
        if sources is not None
    }
    return _facet("ColumnLineageDatasetFacet", "1-2-0", fields=fields)


def _read(version: DatasetVersion) -> dict[str, DatasetVersion]:
    inputs = {alias: UUID(pk) for alias, pk in version.source["inputs"].items()}
    rows = DatasetVersion.objects.select_related("dataset__owner", "project").defer("first_profile")
    found = {row.pk: row for row in rows.filter(pk__in=inputs.values())}
    return {alias: found[pk] for alias, pk in inputs.items() if pk in found}


def _facet(shape: str, number: str, /, **said: Any) -> Told:
    """A facet with who says it and where its shape is written down."""
    at = f"{_SPEC}/facets/{number}/{shape}.json#/$defs/{shape}"
    return {"_producer": settings.SANAD_PUBLIC_URL, "_schemaURL": at, **said}

"""What datasets give to a tenant's archive."""

from __future__ import annotations

from collections.abc import Iterator

from apps.datasets import selectors
from apps.datasets.choices import VersionState
from apps.datasets.services.export import parquet_stream
from apps.datasets.services.quarantine import export_rows
from apps.tenants import services as tenants
from foundation.identity import Actor


def dataset_part(actor: Actor) -> Iterator[tenants.File]:
    """Each ready version as Parquet, with what is known of it beside; the others are described alone.

    What was expected of them and what was set aside goes along, and what lies in the bin.
    """
    with tenants.in_scope_of(actor):
        datasets = list(selectors.visible_datasets(actor=actor).select_related("project"))
        versions = list(selectors.visible_versions(actor=actor).select_related("dataset__project"))
        set_up = selectors.visible_ingestions(actor=actor, with_binned=True).defer(None)
        ingestions = [tenants.fields_of(row) for row in set_up]
        suites = list(selectors.visible_suites(actor=actor))
        reports = [
            selectors.shown_report(actor=actor, report=one, version=one.version)
            for one in selectors.visible_reports(actor=actor).select_related("suite", "version__dataset")
        ]
        quarantines = list(selectors.visible_quarantines(actor=actor).select_related("dataset__project"))
        made_by = [
            {**tenants.fields_of(row), "definitions": [tenants.fields_of(one) for one in row.definitions.all()]}
            for row in selectors.visible_transformations(actor=actor, with_binned=True).prefetch_related("definitions")
        ]
    yield "datasets/datasets.json", tenants.as_json([tenants.fields_of(row) for row in datasets])
    yield "datasets/expectations.json", tenants.as_json([tenants.fields_of(row) for row in suites])
    yield "datasets/reports.json", tenants.as_json([tenants.fields_of(row) for row in reports])
    yield "datasets/quarantines.json", tenants.as_json([tenants.fields_of(row) for row in quarantines])
    for quarantine in quarantines:
        if quarantine.row_count:
            of = quarantine.dataset
            rows = export_rows(actor=actor, quarantine=quarantine, form="parquet")
            yield f"datasets/{of.project.slug}/{of.slug}/quarantine-{quarantine.pk.hex}.parquet", rows
    yield "datasets/ingestions.json", tenants.as_json(ingestions)
    if made_by:
        yield "datasets/transformations.json", tenants.as_json(made_by)
    for version in versions:
        dataset = version.dataset
        path = f"datasets/{dataset.project.slug}/{dataset.slug}/v{version.number or version.pk.hex}"
        yield f"{path}.json", tenants.as_json(tenants.fields_of(version))
        if version.state == VersionState.READY:
            yield f"{path}.parquet", parquet_stream(actor=actor, version=version)

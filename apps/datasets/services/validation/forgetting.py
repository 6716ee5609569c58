"""What was set aside of versions that nobody can read, or that were never made, goes with them."""

from __future__ import annotations

from django.db import transaction

from apps.datasets.models import DatasetVersion, Quarantine, ValidationReport, quarantine_table
from foundation import lake


def forget_quarantine(version: DatasetVersion) -> None:
    """Nobody finds its rows from now on; they leave the lake when the transaction is committed."""
    if not Quarantine.objects.filter(version=version).delete()[0]:
        return
    transaction.on_commit(lambda: lake.for_tenant(version.tenant_id).drop(quarantine_table(version)))


def forget_what_is_half(version: DatasetVersion) -> None:
    """A version that failed keeps its quarantine only where all of its rows lie there.

    Otherwise the good ones are in no version, and whoever sends the file again brings the bad ones too.
    """
    report = ValidationReport.objects.filter(version=version).first()
    quarantine = Quarantine.objects.filter(version=version).first()
    if quarantine is None or quarantine.is_sample:
        return
    whole = report is not None and quarantine.first_count == report.row_count
    if version.source.get("kind") == "replay" or not whole:
        forget_quarantine(version)

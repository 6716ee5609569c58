"""A version that was ingested waits until a person who has seen it commits or discards it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from apps.datasets import policies
from apps.datasets.choices import NEXT, VersionState
from apps.datasets.events import VersionCommitted, VersionDiscarded
from apps.datasets.models import DatasetVersion, Ingestion
from apps.datasets.services.growing import let_go
from apps.datasets.services.profiles import drop_profile
from apps.datasets.services.queueing import hold_dataset
from apps.datasets.services.slimming import without_listings
from apps.datasets.services.validation.forgetting import forget_quarantine
from foundation import ledger, states
from foundation.errors import Conflict
from foundation.identity import Actor


@transaction.atomic
def commit_version(*, actor: Actor, version: DatasetVersion, now: datetime) -> DatasetVersion:
    """Make the version ready for use; it gets its number and never changes again."""
    hold_dataset(version.dataset_id)
    version = DatasetVersion.objects.select_for_update(of=("self",)).select_related("dataset").get(pk=version.pk)
    policies.check_can_commit(actor, version)
    return publish(actor=actor, version=version, now=now)


def publish(*, actor: Actor, version: DatasetVersion, now: datetime) -> DatasetVersion:
    """The step that both a person's commit and an ingestion without review end with; the caller holds the dataset."""
    _check_base(version)
    newest = DatasetVersion.objects.filter(dataset_id=version.dataset_id).aggregate(Max("number"))["number__max"] or 0
    states.move(version, VersionState.READY, NEXT)
    if version.source.get("leads"):
        _move_on(version.source, Ingestion.objects.filter(versions=version))
    version.number, version.committed_at, version.source = newest + 1, now, without_listings(version.source)
    version.save(update_fields=["number", "state", "committed_at", "source"])
    committed = VersionCommitted(
        dataset_id=version.dataset_id,
        version_id=version.pk,
        number=version.number,
        digest=version.digest,
        row_count=version.row_count or 0,
        lake_snapshot=version.lake_snapshot or 0,
    )
    ledger.record(committed, actor=actor, project_id=version.project_id, subject=("dataset_version", version.pk))
    return version


def _move_on(source: dict[str, Any], rows: QuerySet[Ingestion]) -> None:
    """Where it reads something else by now, that is read from its own beginning."""
    said = {name: source.get(name) or "" for name in ("place", "pattern", "cursor")}
    rows.filter(connection_id=source["connection"], **said).update(reached=source["reached"])


def _check_base(version: DatasetVersion) -> None:
    """One that builds on another takes over its rows: were a third one committed in between, its rows would be lost."""
    built_on = version.built_on
    if built_on is None:
        return
    rows = DatasetVersion.objects.filter(dataset_id=version.dataset_id)
    newest = rows.filter(state=VersionState.READY).order_by("-number").first()
    base = rows.filter(pk=built_on).first() if built_on else None
    # Also where the one that it builds on was destroyed: what came since may be that one without a person's rows.
    if newest is None or (newest.number or 0) <= ((base.number or 0) if base else 0):
        return
    sentence = _(
        "%(newest)s was committed since its rows were put to those before. Discard it, and read them in again."
    )
    if version.source["kind"] == "replay":
        sentence = _("Another version came meanwhile: %(version)s. The rows stay in quarantine; replay them again.")
    raise Conflict(sentence % {"newest": newest, "version": newest})


@transaction.atomic
def discard_version(*, actor: Actor, version: DatasetVersion) -> DatasetVersion:
    """Drop a version that was looked at and not wanted; its rows leave the lake, and soon after the disk."""
    version = DatasetVersion.objects.select_for_update().get(pk=version.pk)
    policies.check_can_discard(actor, version)
    policies.check_not_held([version])
    states.move(version, VersionState.DISCARDED, NEXT)
    version.first_profile, version.source = {}, without_listings(version.source)
    version.save(update_fields=["state", "first_profile", "source"])
    discarded = VersionDiscarded(dataset_id=version.dataset_id, version_id=version.pk)
    ledger.record(discarded, actor=actor, project_id=version.project_id, subject=("dataset_version", version.pk))
    forget_quarantine(version)
    transaction.on_commit(lambda: drop_profile(version))
    transaction.on_commit(lambda: let_go(version))
    return version

"""Datasets and the beginning of their versions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from apps.datasets import policies, selectors
from apps.datasets.choices import Mode
from apps.datasets.events import DatasetCreated, DatasetEdited, IngestionStarted
from apps.datasets.models import Dataset, DatasetVersion, Upload
from apps.datasets.services.growing import check_mode
from apps.datasets.services.options import checked_options
from apps.datasets.services.tokenising import as_before
from foundation import jobs, ledger
from foundation.clock import now
from foundation.errors import Conflict, Invalid
from foundation.identity import Actor
from foundation.web import editions

if TYPE_CHECKING:
    from apps.projects.models import Project


@transaction.atomic
def create_dataset(*, actor: Actor, project: Project, name: str, description: str = "") -> Dataset:
    """An empty dataset; its rows come by versions."""
    policies.check_can_add(actor, project)
    slug = slugify(name, allow_unicode=True)[:120]
    if not slug:
        raise Invalid(_("A dataset needs a name with letters or digits."), fields={"name": [_("Give it a name.")]})
    try:
        with transaction.atomic():
            dataset = Dataset.objects.create(
                tenant=actor.tenant,
                project_id=project.pk,
                name=name.strip(),
                slug=slug,
                description=description,
                owner=actor.user,
            )
    except IntegrityError as error:
        sentence = _("This project has a dataset “%(name)s” already. Add a version to it, or take another name.")
        raise Conflict(sentence % {"name": name}, details={"field": "name"}) from error
    ledger.record(
        DatasetCreated(dataset_id=dataset.pk),
        actor=actor,
        project_id=dataset.project_id,
        subject=("dataset", dataset.pk),
    )
    return dataset


@transaction.atomic
def create_version(
    *,
    actor: Actor,
    dataset: Dataset,
    upload: Upload,
    now: datetime,
    review: bool = True,
    options: dict[str, Any] | None = None,
    mode: str = Mode.FULL,
    key: Sequence[str] = (),
) -> DatasetVersion:
    """Begin a version from a completed upload. With `review` it waits for a person before it can be used."""
    policies.check_can_add(actor, dataset)
    upload = Upload.objects.select_for_update().get(pk=upload.pk)
    _check_usable(upload, dataset)
    check_mode(actor, dataset, mode, key)
    version = DatasetVersion.objects.create(
        tenant=actor.tenant,
        project_id=dataset.project_id,
        dataset=dataset,
        byte_count=upload.size,
        review=review,
        source={
            "kind": "upload",
            "upload": str(upload.pk),
            "filename": upload.filename,
            "sha256": upload.sha256,
            "options": as_before(dataset, checked_options(options)),
            "mode": mode,
            "key": list(key),
            **selectors.sight_of(actor, dataset),
        },
        created_by=actor.user,
    )
    upload.used_at = now
    upload.save(update_fields=["used_at"])
    _announce(actor, version, upload)
    return version


def _announce(actor: Actor, version: DatasetVersion, upload: Upload) -> None:
    subject = ("dataset_version", version.pk)
    started = IngestionStarted(
        dataset_id=version.dataset_id, version_id=version.pk, upload_digest=upload.sha256, byte_count=upload.size
    )
    ledger.record(started, actor=actor, project_id=version.project_id, subject=subject)
    jobs.enqueue(
        "datasets.ingest",
        actor=actor,
        project_id=version.project_id,
        subject=subject,
        title=_("Ingesting %(file)s") % {"file": upload.filename},
        version_id=str(version.pk),
        upload_id=str(upload.pk),
    )


@transaction.atomic
def edit_dataset(
    *,
    actor: Actor,
    dataset: Dataset,
    description: str,
    freshness_promise: timedelta | None,
    why: str = "",
    restores: int | None = None,
) -> Dataset:
    """What is said about a dataset, and how old its newest version may be before it counts as stale.

    A description that changes becomes the next edition of its card; `why` is kept beside it, and which edition it
    `restores`.
    """
    policies.check_can_edit(actor, dataset)
    locked = Dataset.objects.select_for_update().get(pk=dataset.pk)
    if freshness_promise is not None and freshness_promise <= timedelta():
        raise Invalid(
            _("A promise of no time can never be kept. Leave it empty for none."),
            fields={"freshness_promise": [_("Give a longer time.")]},
        )
    if description != locked.description:
        editions.keep(
            selectors.about_card(dataset),
            actor=actor,
            before=locked.description,
            text=description,
            why=why,
            restores=restores,
            now=now(),
        )
    dataset.description, dataset.freshness_promise = description, freshness_promise
    dataset.save(update_fields=["description", "freshness_promise"])
    promised = None if freshness_promise is None else int(freshness_promise.total_seconds())
    edited = DatasetEdited(dataset_id=dataset.pk, promised_seconds=promised)
    ledger.record(edited, actor=actor, project_id=dataset.project_id, subject=("dataset", dataset.pk))
    return dataset


def _check_usable(upload: Upload, dataset: Dataset) -> None:
    if upload.project_id != dataset.project_id:
        raise Invalid(
            _("This file was uploaded to another project."), fields={"upload": [_("Another project's file.")]}
        )
    if upload.completed_at is None:
        raise Conflict(_("The upload of “%(file)s” is not complete yet.") % {"file": upload.filename})
    if upload.used_at is not None:
        raise Conflict(
            _("“%(file)s” has become a version already. Upload it again for another.") % {"file": upload.filename}
        )

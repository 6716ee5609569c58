"""A person's rows taken out of datasets: successors without them, and the versions that had them destroyed."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from django.db import transaction
from django.utils.translation import gettext as _

from apps.datasets import policies, selectors
from apps.datasets.choices import ERASURE_NEXT, ErasureState, VersionState
from apps.datasets.events import ErasureFailed, ErasureRequested, PersonErased
from apps.datasets.models import Dataset, DatasetVersion, Erasure
from apps.datasets.services.destroying import begin_destroying, destroy_all
from apps.datasets.services.ingestion import finish, inspect
from foundation import jobs, lake, ledger, states, storage
from foundation.clock import now
from foundation.errors import Invalid
from foundation.identity import Actor
from foundation.jobs import JobHandle
from foundation.lake.ports import TableAt

if TYPE_CHECKING:
    from apps.projects.models import Project
    from foundation.jobs.models import Job

ERASE = "datasets.erase"
_PURPOSE = "erasure"


@dataclass(frozen=True)
class Touched:
    """A version that has rows of the person, how many, and the names of what was made from it."""

    version: DatasetVersion
    rows: int
    made_from_it: list[str]


def find_person(
    *, actor: Actor, project: Project, column: str, value: str, dataset: Dataset | None = None
) -> list[Touched]:
    """Where the person is: counts alone, of every version whose column holds the value. Nothing is changed or kept."""
    policies.check_can_erase(actor, project)
    return _touched(actor, project.pk, dataset, column, _checked(column, value))


@transaction.atomic
def erase_person(
    *,
    actor: Actor,
    project: Project,
    column: str,
    value: str,
    dataset: Dataset | None = None,
    break_chain: bool = False,
) -> Erasure:
    """Have the person's rows erased by a job: every version that holds them is destroyed, the newest has a successor.

    Refused as the destruction of each of these versions is: open approval cases, and what was made from them.
    """
    policies.check_can_erase(actor, project)
    found = _touched(actor, project.pk, dataset, column, value := _checked(column, value))
    if not found:
        raise Invalid(_("No version has this value there; nothing is to be erased."), fields={"value": [_("None.")]})
    users = [n for t in found for n in selectors.made_from(actor=actor, version=t.version)]
    policies.check_nobody_decides(users)
    touched_ids = {str(t.version) for t in found}
    policies.check_chain_may_break([n for n in users if n.name not in touched_ids], confirmed=break_chain)
    erasure = Erasure.objects.create(
        tenant=actor.tenant,
        project_id=project.pk,
        dataset=dataset,
        column=column,
        sealed=storage.sealing.seal(actor.tenant_id, _PURPOSE, value.encode()),
        subject_digest=_digest(actor.tenant_id, value),
        version_count=len(found),
        row_count=sum(touched.rows for touched in found),
        created_by=actor.user,
    )
    _record(ErasureRequested, actor, erasure, version_count=len(found))
    title = _("Erasing a person's rows from %(count)s versions") % {"count": len(found)}
    jobs.enqueue(
        ERASE,
        actor=actor,
        project_id=project.pk,
        subject=("erasure", erasure.pk),
        title=title,
        erasure_id=str(erasure.pk),
    )
    return erasure


def run_erasure(*, job: JobHandle, erasure_id: UUID) -> None:
    """Cut off at any point, the next attempt goes on: successors have ids of their own, destroyed versions stay so."""
    with job.scope():
        erasure = Erasure.objects.get(pk=erasure_id)
        if erasure.state != ErasureState.ERASING:
            return
        value = storage.sealing.open_sealed(job.tenant_id, _PURPOSE, bytes(erasure.sealed)).decode()
        dataset = Dataset.objects.get(pk=erasure.dataset_id) if erasure.dataset_id else None
    # Once more, until no version has the person: one may have come while the others were destroyed.
    while _erase_found(job, erasure, dataset, value):
        job.raise_if_cancelled()
    with job.scope():
        _end(job.actor, erasure)


def _erase_found(job: JobHandle, erasure: Erasure, dataset: Dataset | None, value: str) -> bool:
    """Destroy the versions that have the person now; whether there were any."""
    with job.scope():
        found = _touched(job.actor, erasure.project_id, dataset, erasure.column, value)
        newest = {t.version.dataset_id: selectors.latest_ready(t.version.dataset) for t in found}
    for touched in found:
        if newest[touched.version.dataset_id] == touched.version:
            _succeed(job, erasure, touched, value)
    with job.scope():
        for touched in found:
            version = DatasetVersion.objects.select_for_update(of=("self",)).get(pk=touched.version.pk)
            begin_destroying(actor=job.actor, version=version, made_from_it=len(touched.made_from_it))
        begun = _begun(erasure)
    if begun:
        destroy_all(job=job, versions=begun)
    return bool(begun)


def _succeed(job: JobHandle, erasure: Erasure, touched: Touched, value: str) -> None:
    """The newest version's successor: the same rows without the person's; none where no row is left."""
    old = touched.version
    if old.row_count == touched.rows:
        return
    tables, pk = lake.for_tenant(old.tenant_id), uuid5(erasure.pk, old.pk.hex)
    with job.scope():
        version, _made = DatasetVersion.objects.get_or_create(
            pk=pk,
            defaults={
                "tenant_id": old.tenant_id,
                "project_id": old.project_id,
                "dataset_id": old.dataset_id,
                "review": False,
                "source": {"kind": "erasure", "of": str(old.pk)},
                "created_by": job.actor.user,
            },
        )
    if version.state != VersionState.INGESTING:
        return
    table = f"ds_{pk.hex}"
    tables.drop(table)
    job.progress(_("Writing %(name)s without the person") % {"name": old.dataset.name}, 10)
    rest = f"SELECT * FROM a WHERE {_names(erasure.column)} IS DISTINCT FROM ?"  # noqa: S608 - the name is quoted
    at = tables.write_query(table, rest, {"a": selectors.table_at(old)}, [value])
    found = inspect(tables, at, job)
    # What people said of the columns stays true of the rest.
    found["schema"], found["byte_count"] = old.schema, old.byte_count
    with job.scope():
        finish(actor=job.actor, version_id=pk, at=at, found=found)


def _begun(erasure: Erasure) -> list[DatasetVersion]:
    """Versions whose destruction has begun for want of this column's value: this attempt's, and a killed one's."""
    rows = DatasetVersion.objects.filter(project_id=erasure.project_id, state=VersionState.DESTROYING)
    rows = rows.filter(dataset_id=erasure.dataset_id) if erasure.dataset_id else rows
    return [version for version in rows if erasure.column in version.column_names]


def _touched(actor: Actor, project_id: UUID, dataset: Dataset | None, column: str, value: str) -> list[Touched]:
    rows = selectors.visible_versions(actor=actor, dataset_id=dataset.pk if dataset else None)
    rows = rows.filter(project_id=project_id, state__in=[VersionState.READY, VersionState.REVIEW])
    tables, found = lake.for_tenant(actor.tenant_id), []
    for version in rows.order_by("dataset__name", "number"):
        if column not in version.column_names:
            continue
        sql = f"SELECT count(*) AS n FROM a WHERE {_names(column)} = ?"  # noqa: S608 - the name is quoted
        at: TableAt = selectors.table_at(version)
        count = tables.query(sql, {"a": at}, [value]).read_all().to_pylist()[0]["n"]
        if count:
            names = [node.name for node in selectors.made_from(actor=actor, version=version)]
            found.append(Touched(version, count, names))
    return found


def _names(column: str) -> str:
    """The column as text, whatever its type: a number typed finds the number."""
    return 'CAST("' + column.replace('"', '""') + '" AS VARCHAR)'


def _checked(column: str, value: str) -> str:
    if not column.strip() or not value.strip():
        empty = {name: [_("Give it.")] for name, given in (("column", column), ("value", value)) if not given.strip()}
        raise Invalid(_("Say which column names people, and which value names this person."), fields=empty)
    return value.strip()


def _digest(tenant_id: UUID, value: str) -> str:
    return hmac.new(storage.tenant_data_key(tenant_id, "data subjects"), value.encode(), hashlib.sha256).hexdigest()


def _end(actor: Actor, erasure: Erasure) -> None:
    erasure = Erasure.objects.select_for_update().get(pk=erasure.pk)
    if erasure.state != ErasureState.ERASING:
        return
    states.move(erasure, ErasureState.ERASED, ERASURE_NEXT)
    erasure.sealed, erasure.ended_at = b"", now()
    erasure.save(update_fields=["state", "sealed", "ended_at"])
    _record(PersonErased, actor, erasure, version_count=erasure.version_count)


def _record(event: Callable[..., ledger.Event], actor: Actor, erasure: Erasure, **words: int) -> None:
    said = event(erasure_id=erasure.pk, subject_digest=erasure.subject_digest, **words)
    ledger.record(said, actor=actor, project_id=erasure.project_id, subject=("erasure", erasure.pk))


@jobs.on_failure(ERASE)
@jobs.on_cancel(ERASE)
def _erasing_failed(job: Job, sentence: str, actor: Actor) -> None:
    """The value is not kept for another try: whoever asked types it again. What is begun is destroyed page by page."""
    erasure = Erasure.objects.select_for_update().get(pk=UUID(job.arguments["erasure_id"]))
    if erasure.state != ErasureState.ERASING:
        return
    states.move(erasure, ErasureState.FAILED, ERASURE_NEXT)
    erasure.sealed, erasure.failure, erasure.ended_at = b"", sentence, now()
    erasure.save(update_fields=["state", "sealed", "failure", "ended_at"])
    _record(ErasureFailed, actor, erasure)

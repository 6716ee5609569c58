"""Asking for features of the past: rows of one's own, the names of features, and a job that joins them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.datasets import selectors as datasets
from apps.datasets import services as dataset_services
from apps.features import policies, selectors
from apps.features.choices import BuildState
from apps.features.events import RetrievalAsked, RetrievalRead
from apps.features.models import Retrieval
from apps.features.services.metering import end_usage
from apps.features.services.wanting import (
    Wanted,
    check_columns,
    check_names_free,
    check_requests,
    refused,
    wanted_of,
)
from apps.tenants import services as tenants
from foundation import access, jobs, lake, ledger
from foundation.clock import now
from foundation.errors import Conflict
from foundation.identity import Actor
from foundation.tenancy import in_each
from foundation.tenancy.models import Tenant

if TYPE_CHECKING:
    from apps.projects.models import Project

MOST_LABEL_BYTES = 1024**3
KEPT = timedelta(days=1)


@dataclass(frozen=True)
class Asked:
    """What was asked for, checked as far as it can be before the rows are read; nothing is kept of it yet."""

    row: Retrieval
    wanted: Wanted


@transaction.atomic
def ask_for_history(*, actor: Actor, project: Project, **words: Any) -> Retrieval:
    """Join features to rows as of each row's event time (`checked_history` has the words), and keep them for a day."""
    asked = checked_history(actor=actor, project=project, **words)
    row = asked.row
    if row.upload_id is not None:
        upload = dataset_services.lend_upload(
            actor=actor, project_id=project.pk, upload_id=row.upload_id, most=MOST_LABEL_BYTES, now=now()
        )
        row.made_from = upload.filename
    row.save(force_insert=True)
    _announce(actor, row, tuple(view.pk for view in asked.wanted.views))
    return row


def checked_history(
    *,
    actor: Actor,
    project: Project,
    event_time: str,
    features: Sequence[str] = (),
    service: str = "",
    base_version_id: UUID | None = None,
    upload_id: UUID | None = None,
    keys: Mapping[str, str] | None = None,
    request: Mapping[str, str] | None = None,
    full_names: bool = False,
    ignore_known_since: bool = False,
) -> Asked:
    """What can be joined, not kept; else DefinitionRefused. The rows are a dataset version or a complete upload.

    `features` are "view:feature" (the newest version that is ready), "view@3:feature" or "view:*", of on-demand
    features as well; `service` is the name of a feature service, or “name@2” for its second version, whose features are
    taken beside those. `keys` says which column of the rows holds a join key, {join key: column}, where it is called
    otherwise, and `request` the same of the values that on-demand features ask for. With `full_names` a feature comes
    out as view__feature. Times without a zone are UTC, in the rows as in the views.
    """
    policies.check_can_define(actor, project)
    if (base_version_id is None) == (upload_id is None):
        raise refused("base_version", _("Say where the rows come from: a dataset version, or an upload."))
    tenants.check_storage(tenant_id=actor.tenant_id, project_id=project.pk, more=1, reader=actor)
    maps = {"keys": keys or {}, "request": request or {}}
    wanted = wanted_of(actor, project, features, service=service, full_names=full_names, **maps)
    made_from = ""
    if base_version_id is not None:
        made_from = str(_checked_base(actor, base_version_id, event_time, wanted))
    else:
        for view in wanted.views:
            policies.check_may_probe(actor, view)
    row = Retrieval(
        tenant=actor.tenant,
        project_id=project.pk,
        base_version_id=base_version_id,
        upload_id=upload_id,
        made_from=made_from,
        service_id=wanted.service.pk if wanted.service else None,
        event_time=event_time,
        # Where no view says when its values became known there is nothing to opt out of.
        ignores_known_since=ignore_known_since and any(view.created_column for view in wanted.views),
        views=list(wanted.views.values()),
        on_demand=list(wanted.on_demand.values()),
        created_by=actor.user,
        asked_by=actor.named,
        kept_until=now() + KEPT,
    )
    return Asked(row, wanted)


def _checked_base(actor: Actor, base_version_id: UUID, event_time: str, wanted: Wanted) -> Any:
    base = datasets.get_version(actor=actor, version_id=base_version_id)
    datasets.table_at(base)  # says in words where there are no rows to read
    check_rows({column["name"]: column["type"] for column in base.schema}, event_time, wanted)
    dataset_services.check_classified(actor, base, {column["name"] for column in base.schema})
    covered = datasets.beyond_guessing(actor, base)
    for view, part in wanted.views.items():
        policies.check_may_match(actor, view, part["keys"], event_time, covered)
    return base


def check_rows(types: Mapping[str, str], event_time: str, wanted: Wanted) -> None:
    """DefinitionRefused where rows with such columns cannot be joined."""
    check_columns(types, event_time, list(wanted.views.values()))
    check_names_free(types, wanted.names)
    check_requests(types, list(wanted.on_demand.items()))


def _announce(actor: Actor, row: Retrieval, view_ids: tuple[UUID, ...]) -> None:
    subject = ("retrieval", row.pk)
    asked = RetrievalAsked(
        retrieval_id=row.pk,
        view_ids=view_ids,
        base_version_id=row.base_version_id,
        ignores_known_since=row.ignores_known_since,
    )
    ledger.record(asked, actor=actor, project_id=row.project_id, subject=subject)
    jobs.enqueue(
        "features.retrieve",
        actor=actor,
        project_id=row.project_id,
        subject=subject,
        title=_("Joining features of the past"),
        retrieval_id=str(row.pk),
    )


def retrieval_stream(*, actor: Actor, retrieval: Retrieval, form: str, exact: bool = False) -> Iterator[bytes]:
    """The rows as one file, masked for whoever sees them so; the two times that prove a value stay here."""
    import pyarrow as pa

    policies.check_may_read(actor, retrieval)
    access.require_fresh(actor)
    if retrieval.state != BuildState.READY:
        raise Conflict(_("There are no rows yet: the join is %(state)s.") % {"state": retrieval.get_state_display()})
    names = [column["name"] for column in retrieval.columns]
    reader = lake.for_tenant(retrieval.tenant_id).read(selectors.retrieval_table(retrieval), names)
    covered = selectors.masks_of_retrieval(actor, retrieval)
    schema = datasets.masked_batch(pa.RecordBatch.from_pylist([], schema=reader.schema), covered).schema
    rows = (datasets.masked_batch(batch, covered) if covered else batch for batch in reader)
    pieces = dataset_services.rows_stream(rows, schema, form=form, exact=exact)
    with transaction.atomic():
        read = RetrievalRead(retrieval_id=retrieval.pk, form=form)
        ledger.record(read, actor=actor, project_id=retrieval.project_id, subject=("retrieval", retrieval.pk))
    return pieces


@transaction.atomic
def drop_retrieval(*, actor: Actor, retrieval: Retrieval) -> None:
    """It is not wanted any more: a join that is running ends, and nothing is kept."""
    policies.check_can_define(actor, retrieval.project)
    jobs.cancel_of(actor=actor, subject=("retrieval", retrieval.pk))
    forget_retrieval(Retrieval.objects.select_for_update().get(pk=retrieval.pk))


def forget_retrieval(row: Retrieval) -> None:
    """Rows, what was sent, and the record of it; tables go once the transaction is committed."""
    end_usage(row)
    tenant_id, upload_id = row.tenant_id, row.upload_id
    transaction.on_commit(partial(_drop_tables, tenant_id, row.pk))
    if upload_id is not None:
        dataset_services.let_lent_go(tenant_id=tenant_id, upload_id=upload_id)
    row.delete()


def _drop_tables(tenant_id: UUID, pk: UUID) -> None:
    for prefix in ("hr_", "hl_"):
        lake.for_tenant(tenant_id).drop(f"{prefix}{pk.hex}")


def forget_retrievals_of(tenant_id: UUID, made_of: set[UUID]) -> None:
    """What rests on these views or dataset versions goes with them: they are in the bin, or lost a person."""
    for row in selectors.retrievals_of(tenant_id, made_of).select_for_update():
        forget_retrieval(row)


def forget_old_retrievals() -> None:
    """Remove what was kept for its day."""

    def forget(_tenant: Tenant) -> None:
        for row in Retrieval.objects.filter(kept_until__lt=now()).select_for_update(skip_locked=True):
            forget_retrieval(row)

    in_each(forget)

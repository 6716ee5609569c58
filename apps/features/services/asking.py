"""Asking for features of the past: rows of one's own, the names of features, and a job that joins them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
from apps.features.errors import DefinitionRefused
from apps.features.events import RetrievalAsked, RetrievalRead
from apps.features.models import FeatureView, Retrieval
from apps.features.services.metering import end_usage
from apps.features.services.naming import column_list
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
_MOST_FEATURES = 1_000
Part = dict[str, Any]


@transaction.atomic
def ask_for_history(
    *,
    actor: Actor,
    project: Project,
    features: Sequence[str],
    event_time: str,
    base_version_id: UUID | None = None,
    upload_id: UUID | None = None,
    keys: Mapping[str, str] | None = None,
    full_names: bool = False,
    ignore_known_since: bool = False,
) -> Retrieval:
    """Join features to rows as of each row's event time; the rows are a dataset version or a complete upload.

    `features` are "view:feature" (the newest version that is ready), "view@3:feature" or "view:*"; `keys` says which
    column of the rows holds a join key, {join key: column}, where it is called otherwise. With `full_names` a feature
    comes out as view__feature. Times without a zone are UTC, in the rows as in the views.
    """
    policies.check_can_define(actor, project)
    if (base_version_id is None) == (upload_id is None):
        sentence = _("Say where the rows come from: a dataset version, or an upload.")
        raise DefinitionRefused(sentence, fields={"base_version": [sentence]})
    tenants.check_storage(tenant_id=actor.tenant_id, project_id=project.pk, more=1, reader=actor)
    parts = _parts(actor, project, features, keys or {}, full_names)
    if upload_id is not None:
        for view in parts:
            policies.check_may_probe(actor, view)
        dataset_services.lend_upload(
            actor=actor, project_id=project.pk, upload_id=upload_id, most=MOST_LABEL_BYTES, now=now()
        )
    elif base_version_id is not None:
        base = datasets.get_version(actor=actor, version_id=base_version_id)
        datasets.table_at(base)  # says in words where there are no rows to read
        check_columns({column["name"]: column["type"] for column in base.schema}, event_time, parts.values())
        dataset_services.check_classified(actor, base, {column["name"] for column in base.schema})
        covered = datasets.beyond_guessing(actor, base)
        for view, part in parts.items():
            policies.check_may_match(actor, view, part["keys"], event_time, covered)
    row = Retrieval.objects.create(
        tenant=actor.tenant,
        project_id=project.pk,
        base_version_id=base_version_id,
        upload_id=upload_id,
        event_time=event_time,
        ignores_known_since=ignore_known_since,
        views=list(parts.values()),
        created_by=actor.user,
        asked_by=actor.named,
        kept_until=now() + KEPT,
    )
    _announce(actor, row, tuple(view.pk for view in parts))
    return row


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


def _parts(
    actor: Actor, project: Project, features: Sequence[str], keys: Mapping[str, str], full_names: bool
) -> dict[FeatureView, Part]:
    """The views that are named, each with the features that are wanted of it and what they are called."""
    if not features or len(features) > _MOST_FEATURES:
        raise _refused("features", _("Name the features, as view:feature; at most 1,000 at once."))
    wanted: dict[FeatureView, list[str]] = {}
    for said in features:
        view, names = _named(actor, project, said)
        wanted.setdefault(view, []).extend(name for name in names if name not in wanted.get(view, []))
    named = {view: [f"{view.name}__{one}" if full_names else one for one in ones] for view, ones in wanted.items()}
    every = [name for names in named.values() for name in names]
    folded = [name.casefold() for name in every]
    if twice := sorted({name for name in every if folded.count(name.casefold()) > 1}):
        sentence = _("%(names)s would be there twice: ask with full names, and they come out as view__feature.")
        raise _refused("features", sentence % {"names": column_list(twice)})
    known = {key for view in wanted for key in view.entity.join_keys}
    if unknown := sorted(set(keys) - known):
        sentence = _("%(names)s is a join key of none of the views. They have: %(keys)s.")
        raise _refused("keys", sentence % {"names": column_list(unknown), "keys": ", ".join(sorted(known))})
    return {
        view: {
            "view": str(view.pk),
            "keys": {key: keys.get(key, key) for key in view.entity.join_keys},
            "features": names,
            "names": named[view],
        }
        for view, names in wanted.items()
    }


def _named(actor: Actor, project: Project, said: str) -> tuple[FeatureView, list[str]]:
    name, _sign, feature = said.partition(":")
    name, _sign, number = name.partition("@")
    views = selectors.visible_views(actor=actor, project_id=project.pk).filter(name=name, state=BuildState.READY)
    if number:
        views = views.filter(number=int(number)) if number.isascii() and number.isdigit() else views.none()
    view = views.order_by("-number").first()
    if view is None or not feature:
        sentence = _("“%(said)s” names no feature of a view that is ready here. Write view:feature, or view:* for all.")
        raise _refused("features", sentence % {"said": said[:200]})
    names = view.feature_names if feature == "*" else [feature]
    if feature != "*" and feature not in view.feature_names:
        sentence = _("%(view)s has no feature %(names)s.")
        raise _refused("features", sentence % {"view": view, "names": column_list([feature])})
    return view, names


def check_columns(types: Mapping[str, str], event_time: str, parts: Any) -> None:
    """The rows have an event time, what holds the keys, and nothing of a feature's name."""
    needed = {event_time: "event_time"} | {column: "keys" for part in parts for column in part["keys"].values()}
    for column, field in needed.items():
        if column not in types:
            sentence = _("The rows have no column %(name)s. They have: %(columns)s.")
            raise _refused(field, sentence % {"name": column_list([column]), "columns": ", ".join(types)[:2000]})
    if not types[event_time].upper().startswith(("TIMESTAMP", "DATE")):
        sentence = _("“%(name)s” is of type %(type)s; an event time is a time.")
        raise _refused("event_time", sentence % {"name": event_time, "type": types[event_time]})
    # Tables of the lake know no large and small letters in names.
    taken = {name.casefold() for part in parts for name in part["names"]}
    ours = ("__event_v", "__known_v")
    if both := sorted(name for name in types if name.casefold() in taken or name.casefold().startswith(ours)):
        sentence = _("The rows have %(names)s already. Rename it there, or ask with full names.")
        raise _refused("features", sentence % {"names": column_list(both)})


def _refused(field: str, sentence: str) -> DefinitionRefused:
    return DefinitionRefused(sentence, fields={field: [sentence]})


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
    """What rests on these views or dataset versions goes with them: a person was erased from them."""
    for row in selectors.retrievals_of(tenant_id, made_of).select_for_update():
        forget_retrieval(row)


def forget_old_retrievals() -> None:
    """Remove what was kept for its day."""

    def forget(_tenant: Tenant) -> None:
        for row in Retrieval.objects.filter(kept_until__lt=now()).select_for_update(skip_locked=True):
            forget_retrieval(row)

    in_each(forget)

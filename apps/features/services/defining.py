"""A feature view is defined once; a definition that cannot be right is refused at once, in words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from apps.datasets import selectors as datasets
from apps.datasets import services as dataset_services
from apps.features import policies
from apps.features.errors import DefinitionRefused
from apps.features.events import FeatureViewDefined
from apps.features.models import Entity, FeatureView
from apps.features.services.describing import checked_tags, owner_called
from apps.features.services.following import check_by_event, check_dated, followed_rows, stream_among, versions_read
from apps.features.services.meaning import check_carried, check_steady, fit_keys, no_time
from apps.features.services.naming import check_name, column_list
from apps.projects.services import lock_project
from apps.tenants import services as tenants
from foundation import jobs, lake, ledger
from foundation.identity import Actor
from foundation.lake.ports import Column, TableAt

if TYPE_CHECKING:
    import pyarrow as pa

    from apps.projects.models import Project

_PREVIEW_ROWS = 50
MOST_TTL_S = 100 * 366 * 86_400
# What a view says of how its values online are watched.
WATCHED = ("freshness_seconds", "skew_share", "skew_limit")


@transaction.atomic
def define_view(
    *,
    actor: Actor,
    project: Project,
    entity: Entity,
    name: str,
    sql: str,
    inputs: Mapping[str, UUID],
    event_time: str,
    created_column: str = "",
    timeless_inputs: Sequence[str] = (),
    ttl_seconds: int | None = None,
    description: str = "",
    owner: str = "",
    tags: Sequence[str] = (),
) -> FeatureView:
    """A feature view, or the next version of one. Its columns are checked before anything is computed.

    `inputs` are ids of dataset versions; or of one stream alone, which the view then follows. Where rows of an earlier
    event time hold what later rows of the inputs brought, computing it is refused; but `timeless_inputs`, names that
    the SQL gives them, are taken to hold at all times.
    """
    check_may_begin(actor, project, name, ttl_seconds)
    timeless = check_timeless(actor, timeless_inputs, inputs)
    said = _definition(actor, entity, sql, inputs, event_time, created_column, ttl_seconds, timeless)
    # Numbered last: whoever else defines something in the project waits from then on.
    said |= begun(actor, project, entity, name, description=description, owner=owner, tags=tags)
    view = FeatureView.objects.create(**said)
    announce(actor, view)
    return view


def check_may_begin(actor: Actor, project: Project, name: str, ttl_seconds: int | None) -> None:
    """Refuse what no definition could mend, before anything is asked that takes its time."""
    policies.check_can_define(actor, project)
    tenants.check_storage(tenant_id=actor.tenant_id, project_id=project.pk, more=1, reader=actor)
    check_name(name)
    check_ttl(ttl_seconds)


def begun(
    actor: Actor, project: Project, entity: Entity, name: str, *, description: str, owner: str, tags: Sequence[str]
) -> dict[str, Any]:
    """What every new version has, however its rows are made: its number, what is said of it, how it is watched."""
    return {
        "tenant": actor.tenant,
        "project_id": project.pk,
        "entity": entity,
        "name": name,
        "number": _next_number(project, name),
        "description": description,
        "owner": owner_called(actor, owner),
        "tags": checked_tags(tags),
        "created_by": actor.user,
        **_watched_before(project, name),
    }


def _definition(
    actor: Actor,
    entity: Entity,
    sql: str,
    inputs: Mapping[str, UUID],
    event_time: str,
    created_column: str,
    ttl_seconds: int | None,
    timeless: list[str],
) -> dict[str, Any]:
    """What says what the view's rows are, checked in the sandbox."""
    features = checked_features(actor, entity, sql, inputs, event_time, created_column)
    rows = _rows_said(actor, sql, inputs, features, event_time, created_column)
    digest = view_digest(sql, inputs, entity, event_time, created_column, ttl_seconds, timeless)
    said = {"sql": sql, "event_time": event_time, "ttl_seconds": ttl_seconds, "definition_digest": digest}
    return {**said, "timeless_inputs": timeless, **rows}


def check_timeless(actor: Actor, named: Sequence[str], inputs: Mapping[str, UUID]) -> list[str]:
    """The names in order, each once; DefinitionRefused for one that is no input, or a stream."""
    if unknown := sorted(set(named) - set(inputs)):
        sentence = _("“%(name)s” is no input of the SQL, so it cannot be timeless. Its inputs: %(inputs)s.")
        words = {"name": unknown[0], "inputs": column_list(sorted(inputs))}
        raise DefinitionRefused(sentence % words, fields={"timeless_inputs": [_("Not among the inputs.")]})
    if named and stream_among(actor, inputs) is not None:
        sentence = _("The events of a stream have their time each, so a stream is not timeless.")
        raise DefinitionRefused(sentence, fields={"timeless_inputs": [_("It is a stream.")]})
    return sorted(set(named))


def _rows_said(
    actor: Actor,
    sql: str,
    inputs: Mapping[str, UUID],
    features: Sequence[Mapping[str, str]],
    event_time: str,
    created_column: str,
) -> dict[str, Any]:
    """What says where the rows come from: versions, or a stream as it goes on, with the version that speaks for it."""
    followed, read = stream_among(actor, inputs), versions_read(actor, inputs)
    said = {"inputs": {alias: str(version.pk) for alias, version in read.items()}, "created_column": created_column}
    if followed is None:
        return {**said, "features": features}
    at = {alias: datasets.table_at(version) for alias, version in read.items()}
    columns = lake.sandbox.describe(actor.tenant_id, sql, at)
    check_dated(actor.tenant_id, sql, at, event_time, created_column)
    return {**said, **followed_rows(followed, sql, columns, features, event_time, created_column)}


def checked_features(
    actor: Actor, entity: Entity, sql: str, inputs: Mapping[str, UUID], event_time: str, created_column: str
) -> list[dict[str, str]]:
    """The features that the SQL gives, described in the sandbox; DefinitionRefused where they cannot be a view's."""
    tables, names = input_tables(actor, sql, inputs)
    check_steady(sql, names)
    columns = lake.sandbox.describe(actor.tenant_id, sql, tables)
    features = _features(columns, entity, event_time, created_column)
    fit_keys(entity, {column.name: column.type for column in columns})
    taken = {feature["name"] for feature in features}
    check_carried(column for column in columns if column.name in taken)
    return features


def check_ttl(seconds: int | None) -> None:
    """Refuse a time to live that would let nothing live."""
    if seconds is not None and seconds <= 0:
        raise DefinitionRefused(
            _("A time to live of %(ttl)s seconds would forget every value at once; leave it empty for none.")
            % {"ttl": seconds},
            fields={"ttl_seconds": [_("Give a positive number of seconds.")]},
        )
    if seconds is not None and seconds > MOST_TTL_S:
        raise DefinitionRefused(
            _("A time to live has at most 100 years; leave it empty for none."),
            fields={"ttl_seconds": [_("Give fewer seconds.")]},
        )


def announce(actor: Actor, view: FeatureView) -> None:
    """Say that it was defined, and have its rows computed."""
    subject = ("feature_view", view.pk)
    defined = FeatureViewDefined(view_id=view.pk, number=view.number, definition_digest=view.definition_digest)
    ledger.record(defined, actor=actor, project_id=view.project_id, subject=subject)
    jobs.enqueue(
        "features.compute_view",
        actor=actor,
        project_id=view.project_id,
        subject=subject,
        title=_("Computing %(view)s") % {"view": view},
        view_id=str(view.pk),
    )


def _next_number(project: Project, name: str) -> int:
    """The number of the next version of the name; nobody else takes it before the transaction ends."""
    lock_project(project_id=project.pk)
    return 1 + (FeatureView.objects.filter(project_id=project.pk, name=name).aggregate(n=Max("number"))["n"] or 0)


def _watched_before(project: Project, name: str) -> dict[str, Any]:
    """How the values online of the version before are watched: the next one goes on so."""
    rows = FeatureView.objects.filter(project_id=project.pk, name=name).order_by("-number")
    return rows.values(*WATCHED).first() or {}


def preview_sql(*, actor: Actor, project: Project, sql: str, inputs: Mapping[str, UUID]) -> pa.Table:
    """The first rows that a definition would give; nothing is kept."""
    policies.check_can_define(actor, project)
    tables, names = input_tables(actor, sql, inputs)
    check_steady(sql, names)
    if (followed := stream_among(actor, inputs)) is not None:
        check_by_event(sql, followed.alias)
    found = lake.sandbox.run(actor.tenant_id, sql, tables, limit_rows=_PREVIEW_ROWS, timeout_s=20)
    return found.read_all()


def input_tables(actor: Actor, sql: str, inputs: Mapping[str, UUID]) -> tuple[dict[str, TableAt], set[str]]:
    """Where the inputs lie in the lake, of a stream its newest version; and the names of all their columns."""
    if not inputs:
        sentence = _(
            "The SQL reads no dataset that is here. Call its tables like datasets of this project, or name them among "
            "the inputs."
        )
        raise DefinitionRefused(sentence, fields={"inputs": [_("Choose the inputs.")]})
    versions = versions_read(actor, inputs)
    dataset_services.check_may_query(actor, versions.values())
    dataset_services.check_sql_classified(actor, sql, versions.values())
    names = {name for version in versions.values() for name in version.column_names}
    return {alias: datasets.table_at(version) for alias, version in versions.items()}, names


def _features(columns: list[Column], entity: Entity, event_time: str, created_column: str) -> list[dict[str, str]]:
    types = {column.name: column.type for column in columns}
    needed = {
        "join_keys": entity.join_keys,
        "event_time": [event_time],
        "created_column": [c for c in [created_column] if c],
    }
    if not event_time:
        raise DefinitionRefused(
            _(
                "A view needs an event time: the column that says when its values held. Without one a join would see "
                "the future."
            ),
            fields={"event_time": [_("Name the column.")]},
        )
    for field, names in needed.items():
        for name in names:
            if name not in types:
                raise DefinitionRefused(
                    _("The SQL gives no column “%(name)s”. It gives: %(columns)s.")
                    % {"name": name, "columns": ", ".join(types)},
                    fields={field: [_("Not among the columns of the SQL.")]},
                )
    for field, name in (("event_time", event_time), ("created_column", created_column)):
        if name and (sentence := no_time(name, types[name])):
            raise DefinitionRefused(sentence, fields={field: [_("This column holds no time.")]})
    if own := [name for name in types if name.startswith("__")]:
        raise DefinitionRefused(
            _("%(names)s begins with two underscores, as the portal's own columns do. Call it otherwise in the SQL.")
            % {"names": column_list(own)},
            fields={"sql": [_("A name of the portal's own.")]},
        )
    taken = {*entity.join_keys, event_time, created_column}
    features = [{"name": c.name, "type": c.type} for c in columns if c.name not in taken]
    if not features:
        raise DefinitionRefused(
            _("Besides keys and times the SQL gives no column, so there is no feature in it."),
            fields={"sql": [_("Select at least one feature.")]},
        )
    return features


def view_digest(
    sql: str,
    inputs: Mapping[str, UUID],
    entity: Entity,
    event_time: str,
    created_column: str,
    ttl_seconds: int | None,
    timeless: Sequence[str],
) -> str:
    """The digest of a view by SQL; one without timeless inputs has the digest that it always had."""
    rest = (event_time, created_column, ttl_seconds, *([{"timeless": sorted(timeless)}] if timeless else []))
    return definition_digest(sql, inputs, entity, *rest)


def definition_digest(sql: str, inputs: Mapping[str, UUID], entity: Entity, *rest: Any) -> str:
    """SHA-256 of all that says what the view's rows are; `rest` are its two times and its time to live."""
    named = {alias: str(version_id) for alias, version_id in sorted(inputs.items())}
    whole = json.dumps([sql, named, entity.name, entity.join_keys, *rest], sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()

"""A training set is declared here and built by a job; what cannot be joined is refused before anything runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from apps.datasets import selectors as datasets
from apps.datasets import services as dataset_services
from apps.features import policies, selectors
from apps.features.choices import BuildState, ColumnRole
from apps.features.errors import DefinitionRefused
from apps.features.events import KnownSinceIgnored, TrainingSetDefined
from apps.features.models import FeatureService, FeatureView, TrainingSet
from apps.features.services.meaning import check_meet
from apps.features.services.naming import check_name, column_list
from apps.features.services.on_demand.columns import Taken, taken
from apps.features.services.serving import views_for_set
from apps.projects.services import lock_project
from apps.tenants import services as tenants
from foundation import jobs, lake, ledger
from foundation.identity import Actor

if TYPE_CHECKING:
    from apps.projects.models import Project

Column = dict[str, Any]


@transaction.atomic
def define_training_set(*, actor: Actor, project: Project, name: str, **definition: Any) -> TrainingSet:
    """Declare a training set (see `checked_set` for the words) and build it."""
    training_set = checked_set(actor=actor, project=project, name=name, **definition)
    training_set.number = _next_number(project, name)
    # Once more: while this waited, somebody may have removed what it names.
    for part in training_set.on_demand:
        selectors.get_on_demand_view(actor=actor, on_demand_id=UUID(part["id"]))
    training_set.save()
    _announce(actor, training_set)
    return training_set


def checked_set(
    *,
    actor: Actor,
    project: Project,
    name: str,
    base_version_id: UUID,
    label: str,
    features: Sequence[str] | None = None,
    event_time: str = "",
    group: str = "",
    window_start: datetime | None = None,
    window_end: datetime | None = None,
    views: Sequence[Mapping[str, Any]] = (),
    service_id: UUID | None = None,
    keys: Mapping[str, str] | None = None,
    on_demand: Sequence[Any] = (),
    ignore_known_since: bool = False,
    description: str = "",
) -> TrainingSet:
    """A training set that can mean what it says, not saved; else DefinitionRefused.

    Declare labels, base columns and feature views; `features` None takes every base column that is
    not used otherwise: neither label, event time and group nor what holds a view's join keys.

    `views` holds {"view": id, "keys": {join key: base column}, "features": names or None} for each view; of a service
    the views are its own, joined by `keys` ({join key: base column}) or by what `views` says of one of them.
    `on_demand` holds ids of on-demand features or {"id", "request": {request value: base column}, "features": names or
    None}.

    With `ignore_known_since` values are seen from their event time on, also those that became known later: what a model
    learns from that it will not have when it predicts, so the ledger, the proof and the pages say it.
    """
    policies.check_can_define(actor, project)
    tenants.check_storage(tenant_id=actor.tenant_id, project_id=project.pk, more=1, reader=actor)
    check_name(name)
    base = datasets.get_version(actor=actor, version_id=base_version_id)
    datasets.table_at(base)  # says in words where there are no rows to read
    types = {column["name"]: column["type"] for column in base.schema}
    _check_base(types, label, event_time, group, features)
    _check_window(event_time, window_start, window_end, bool(views or service_id))
    service = _service(actor, project, service_id) if service_id else None
    parts = views_for_set(actor, service, views, keys or {}) if service else views
    chosen = [_check_view(actor, part, types) for part in parts]
    asked = _of_service(service, on_demand) if service else on_demand
    derived = taken(actor=actor, project=project, given=asked, types=types, label=label, chosen=chosen)
    spoken_for = {label, event_time, group}
    keyed = {column for _view, keys, _names in chosen for column in keys.values()}
    # What names a row or its time tells nothing of others: it is learned from only where somebody asks for it.
    unnamed = [name for name in types if name not in spoken_for | keyed]
    base_features = unnamed if features is None else list(features)
    used = {*base_features, *spoken_for, *keyed}
    used |= {column for one in derived for column in one.request.values()}
    dataset_services.check_classified(actor, base, used)
    covered = datasets.beyond_guessing(actor, base)
    for view, keys_of, _names in chosen:
        policies.check_may_match(actor, view, keys_of, event_time, covered)
    columns = _columns(types, base_features, chosen, derived, label, event_time, group)
    return TrainingSet(
        tenant=actor.tenant,
        project_id=project.pk,
        name=name,
        description=description,
        base_version_id=base.pk,
        label=label,
        event_time=event_time,
        group=group,
        window_start=window_start,
        window_end=window_end,
        base_features=base_features,
        views=[{"view": str(v.pk), "keys": keys, "features": names} for v, keys, names in chosen],
        service=service,
        on_demand=[one.as_json() for one in derived],
        columns=columns,
        # Where no view says when its values became known there is nothing to opt out of.
        ignores_known_since=ignore_known_since and any(view.created_column for view, _keys, _names in chosen),
        created_by=actor.user,
    )


def _of_service(service: FeatureService, given: Sequence[Any]) -> list[Any]:
    """The service's on-demand features, with what is said of one of them, and what is asked for besides."""
    said = {str(one["id"]): one for one in given if isinstance(one, Mapping)}
    kept = {part["id"] for part in service.on_demand}
    besides = [one for one in given if str(one["id"] if isinstance(one, Mapping) else one) not in kept]
    return [*({**said.get(part["id"], {}), **part} for part in service.on_demand), *besides]


def _service(actor: Actor, project: Project, service_id: UUID) -> FeatureService:
    service = selectors.get_service(actor=actor, service_id=service_id)
    if service.project_id != project.pk:
        sentence = _("%(name)s is in another project. Choose one of this project.") % {"name": service}
        raise DefinitionRefused(sentence, fields={"service": [sentence]})
    return service


def _next_number(project: Project, name: str) -> int:
    lock_project(project_id=project.pk)
    return 1 + (TrainingSet.objects.filter(project_id=project.pk, name=name).aggregate(n=Max("number"))["n"] or 0)


def _announce(actor: Actor, training_set: TrainingSet) -> None:
    subject = ("training_set", training_set.pk)
    defined = TrainingSetDefined(
        training_set_id=training_set.pk, base_version_id=training_set.base_version_id, number=training_set.number
    )
    ledger.record(defined, actor=actor, project_id=training_set.project_id, subject=subject)
    if training_set.ignores_known_since:
        ignored = KnownSinceIgnored(training_set_id=training_set.pk)
        ledger.record(ignored, actor=actor, project_id=training_set.project_id, subject=subject)
    jobs.enqueue(
        "features.build_training_set",
        actor=actor,
        project_id=training_set.project_id,
        subject=subject,
        title=_("Joining %(name)s") % {"name": training_set},
        training_set_id=str(training_set.pk),
    )


def _check_base(
    types: Mapping[str, str], label: str, event_time: str, group: str, features: Sequence[str] | None
) -> None:
    wanted = {"label": [label], "event_time": [event_time] if event_time else [], "group": [group] if group else []}
    for field, names in {**wanted, "features": list(features or [])}.items():
        unknown = [name for name in names if name not in types]
        if unknown:
            raise DefinitionRefused(
                _("The dataset version has no column %(names)s. It has: %(columns)s.")
                % {"names": column_list(unknown), "columns": ", ".join(types)},
                fields={field: [_("Not among the columns of the data.")]},
            )
    if label in (features or []):
        raise DefinitionRefused(
            _("“%(label)s” is what is to be predicted, so it cannot be a feature too.") % {"label": label},
            fields={"features": [_("Leave the label out.")]},
        )
    if event_time and not types[event_time].upper().startswith(("TIMESTAMP", "DATE")):
        raise DefinitionRefused(
            _("“%(name)s” is of type %(type)s; an event time is a time.")
            % {"name": event_time, "type": types[event_time]},
            fields={"event_time": [_("This column holds no time.")]},
        )


def _check_window(event_time: str, start: datetime | None, end: datetime | None, has_views: bool) -> None:
    if not event_time and (has_views or start or end):
        raise DefinitionRefused(
            _("Feature views and time windows need an event time: the moment at which each row's prediction is made."),
            fields={"event_time": [_("Choose the column with the event time.")]},
        )
    if start and end and start >= end:
        raise DefinitionRefused(
            _("The window ends before it begins."), fields={"window_end": [_("Choose a later time.")]}
        )


def _check_view(
    actor: Actor, part: Mapping[str, Any], types: Mapping[str, str]
) -> tuple[FeatureView, dict[str, str], list[str]]:
    view = selectors.get_view(actor=actor, view_id=UUID(str(part["view"])))
    if view.state != BuildState.READY:
        raise DefinitionRefused(
            _("%(view)s is %(state)s; only a ready view can be joined.")
            % {"view": view, "state": BuildState(view.state).label},
            fields={"views": [_("Wait until it is ready.")]},
        )
    keys = {key: part.get("keys", {}).get(key, key) for key in view.entity.join_keys}
    for key, column in keys.items():
        if column not in types:
            raise DefinitionRefused(
                _(
                    "%(view)s is joined by “%(key)s”, but the data has no column “%(column)s”. Say "
                    "which column holds it."
                )
                % {"view": view, "key": key, "column": column},
                fields={"views": [_("Map the join key “%(key)s” to a column.") % {"key": key}]},
            )
    at = selectors.view_table(view)
    of_view = {column.name: column.type for column in lake.for_tenant(view.tenant_id).schema(at)}
    check_meet(view, keys, types, of_view)
    names = list(part.get("features") or view.feature_names)
    if unknown := [name for name in names if name not in view.feature_names]:
        raise DefinitionRefused(
            _("%(view)s has no feature %(names)s.") % {"view": view, "names": column_list(unknown)},
            fields={"views": [_("Unknown feature.")]},
        )
    return view, keys, names


def _columns(
    types: Mapping[str, str],
    base_features: list[str],
    chosen: Sequence[Any],
    derived: Sequence[Taken],
    label: str,
    event_time: str,
    group: str,
) -> list[Column]:
    columns: list[Column] = [_column(n, types[n], ColumnRole.FEATURE, "base") for n in base_features]
    for view, _keys, names in chosen:
        of_view = {feature["name"]: feature["type"] for feature in view.features}
        columns += [_column(name, of_view[name], ColumnRole.FEATURE, str(view)) for name in names]
    for one in derived:
        made = {feature["name"]: feature["type"] for feature in one.view.features}
        columns += [_column(name, made[name], ColumnRole.FEATURE, str(one.view)) for name in one.names]
    if not columns:
        raise DefinitionRefused(_("There is no feature to learn from: choose base columns or feature views."))
    named = [column["name"] for column in columns]
    extras = ((event_time, ColumnRole.EVENT_TIME), (group, ColumnRole.GROUP), (label, ColumnRole.LABEL))
    columns += [_column(n, types[n], role, "base") for n, role in extras if n and n not in named]
    beside = {label, event_time, group} | {column for _view, keys, _names in chosen for column in keys.values()}
    beside |= {column for one in derived for column in one.request.values()}
    if twice := _twice([*named, *sorted(beside - {"", *base_features})]):
        raise DefinitionRefused(
            _("%(names)s would be there twice. Rename it in a view's SQL or leave one out.")
            % {"names": column_list(twice)},
            fields={"features": [_("The same name from two places.")]},
        )
    return columns


def _twice(names: Sequence[str]) -> list[str]:
    """Those that would be one column: tables of the lake know no large and small letters in names."""
    counts = Counter(name.casefold() for name in names)
    return sorted({name for name in names if counts[name.casefold()] > 1})


def _column(name: str, type_: str, role: ColumnRole, source: str) -> Column:
    return {"name": name, "type": type_, "role": role.value, "source": source}

"""What is asked for of features of the past: names of features, or a service, as the views that are joined for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from apps.features import selectors
from apps.features.choices import GONE, BuildState
from apps.features.errors import DefinitionRefused
from apps.features.models import FeatureService, FeatureView, OnDemandView, Retrieval
from apps.features.services.naming import column_list, meant, name_and_number
from apps.features.services.on_demand.columns import DerivedColumns, Taken, check_request_columns, needed_for
from foundation.identity import Actor
from foundation.words import kept as _

if TYPE_CHECKING:
    from apps.projects.models import Project

HIDDEN = selectors.HIDDEN
_MOST_FEATURES = 1_000
Part = dict[str, Any]


@dataclass
class Wanted:
    """`views` are the parts that are joined, `on_demand` {"id", "request": {value: column}, "features", "names"}."""

    views: dict[FeatureView, Part] = field(default_factory=dict)
    on_demand: dict[OnDemandView, Part] = field(default_factory=dict)
    service: FeatureService | None = None

    @property
    def names(self) -> list[str]:
        """What the features are called where they come out, in order."""
        parts = (*self.views.values(), *self.on_demand.values())
        return [name for part in parts for name in part["names"] if not name.startswith(HIDDEN)]


def wanted_of(
    actor: Actor,
    project: Project,
    features: Sequence[str],
    *,
    service: str = "",
    keys: Mapping[str, str],
    request: Mapping[str, str],
    full_names: bool,
) -> Wanted:
    """The views that are named, and the on-demand features, each with what is wanted of it and what that is called."""
    if len(features) > _MOST_FEATURES or not (features or service):
        raise refused("features", _("Name the features, as view:feature; at most 1,000 at once."))
    found = Wanted(service=_service(actor, project, service) if service else None)
    of_views, computed = _of_service(actor, found.service) if found.service else ({}, {})
    for said in features:
        thing, names = _named(actor, project, said)
        chosen: dict[Any, list[str]] = computed if isinstance(thing, OnDemandView) else of_views
        chosen.setdefault(thing, []).extend(name for name in names if name not in chosen.get(thing, []))

    def called(thing: Any, name: str) -> str:
        return f"{thing.name}__{name}" if full_names else name

    every = [called(thing, name) for things in (of_views, computed) for thing, ones in things.items() for name in ones]
    folded = [name.casefold() for name in every]
    if twice := sorted({name for name in every if folded.count(name.casefold()) > 1}):
        sentence = _("%(names)s would be there twice: ask with full names, and they come out as view__feature.")
        raise refused("features", sentence % {"names": column_list(twice)})
    named = {view: {one: called(view, one) for one in ones} for view, ones in of_views.items()}
    _hide_what_is_needed(actor, named, computed)
    _check_known(keys, {key for view in named for key in view.entity.join_keys}, "keys")
    _check_known(request, {value for one in computed for value in one.request}, "request")
    found.views = {view: _part(view, ones, keys) for view, ones in named.items()}
    for one, ones in computed.items():
        needed = needed_for(one, ones)
        columns = {value: request.get(value, value) for value in one.request if value in needed}
        names = [called(one, name) for name in ones]
        found.on_demand[one] = {"id": str(one.pk), "request": columns, "features": ones, "names": names}
    return found


def _part(view: FeatureView, named: Mapping[str, str], keys: Mapping[str, str]) -> Part:
    return {
        "view": str(view.pk),
        "keys": {key: keys.get(key, key) for key in view.entity.join_keys},
        "features": list(named),
        "names": list(named.values()),
    }


def _hide_what_is_needed(
    actor: Actor, named: dict[FeatureView, dict[str, str]], computed: Mapping[OnDemandView, list[str]]
) -> None:
    """Features that on-demand ones are made of are joined as well, and left out once those are reckoned."""
    for one, features in computed.items():
        needed = needed_for(one, features)
        used = {str(view.pk): view for view in selectors.views_used(actor=actor, view=one)}
        for part in one.uses:
            view = used[part["view"]]
            if lacking := [name for name in part["features"] if name in needed and name not in named.get(view, {})]:
                if view.state in GONE:
                    sentence = _("There are no rows of %(view)s any more, of which %(name)s is made.")
                    if view.state == BuildState.BINNED:
                        sentence = _("%(view)s lies in the bin, of which %(name)s is made. Restore it first.")
                    raise refused("features", sentence % {"view": view, "name": one})
                hidden = {name: f"{HIDDEN}{len(named)}_{name}" for name in lacking}
                named.setdefault(view, {}).update(hidden)


def _service(actor: Actor, project: Project, said: str) -> FeatureService:
    rows = selectors.visible_services(actor=actor, project_id=project.pk).order_by("-number")
    name, number = name_and_number(said)
    if pk := _as_id(said):
        found = rows.filter(pk=pk)
    else:
        found = rows.filter(name=name) if number is None else rows.filter(name=name, number=number)
    service = found.first()
    if service is None:
        words = {"name": said[:200], "meant": meant(name, rows.values_list("name", flat=True))}
        raise refused("service", _("There is no feature service “%(name)s” here. %(meant)s") % words)
    return service


def _of_service(
    actor: Actor, service: FeatureService
) -> tuple[dict[FeatureView, list[str]], dict[OnDemandView, list[str]]]:
    views = dict(selectors.views_of_service(actor=actor, service=service))
    for view in views:
        if view.state != BuildState.READY:
            sentence = _("%(view)s is %(state)s; only a ready view can be joined.")
            raise refused("service", sentence % {"view": view, "state": BuildState(view.state).label})
    computed = dict(selectors.on_demand_of_service(actor=actor, service=service))
    if len(views) < len(service.views) or len(computed) < len(service.on_demand):
        sentence = _("%(service)s has features that you do not see. Ask for those that you see, one by one.")
        raise refused("service", sentence % {"service": service})
    return views, computed


def _named(actor: Actor, project: Project, said: str) -> tuple[FeatureView | OnDemandView, list[str]]:
    home, _sign, feature = said.partition(":")
    name, number = name_and_number(home)
    ready = selectors.visible_views(actor=actor, project_id=project.pk).filter(state=BuildState.READY)
    computed = selectors.visible_on_demand_views(actor=actor, project_id=project.pk)
    found: Any = None
    for rows in (ready.filter(name=name), computed.filter(name=name)):
        rows = rows if number is None else rows.filter(number=number)
        found = found or rows.order_by("-number").first()
    if found is None:
        there = [*ready.values_list("name", flat=True), *computed.values_list("name", flat=True)]
        sentence = _("“%(said)s” names no feature of a view that is ready here. %(meant)s Write view:feature.")
        raise refused("features", sentence % {"said": said[:200], "meant": meant(name, there)})
    if not feature:
        sentence = _("“%(said)s” names a view and no feature of it. Write %(said)s:* for all of them.")
        raise refused("features", sentence % {"said": said[:200]})
    if feature != "*" and feature not in found.feature_names:
        sentence = _("%(view)s has no feature %(names)s. It has: %(known)s.")
        words = {"view": found, "names": column_list([feature]), "known": ", ".join(found.feature_names)[:2000]}
        raise refused("features", sentence % words)
    return found, found.feature_names if feature == "*" else [feature]


def _as_id(said: str) -> UUID | None:
    try:
        return UUID(said)
    except ValueError:
        return None


def _check_known(given: Mapping[str, str], known: set[str], field: str) -> None:
    if unknown := sorted(set(given) - known):
        sentence = (
            _("%(names)s is a join key of none of the views. They have: %(keys)s.")
            if field == "keys"
            else _("%(names)s is a value that none of the features asks for. They ask for: %(keys)s.")
        )
        words = {"names": column_list(unknown), "keys": ", ".join(sorted(known)) or "–"}
        raise refused(field, sentence % words)


def check_columns(types: Mapping[str, str], event_time: str, views: Sequence[Part]) -> None:
    """The rows have an event time, what holds the keys, and nothing of a feature's name."""
    needed = {event_time: "event_time"} | {column: "keys" for part in views for column in part["keys"].values()}
    for column, place in needed.items():
        if column not in types:
            sentence = _("The rows have no column %(name)s. They have: %(columns)s.")
            if place == "event_time":
                sentence = _(
                    "The rows have no column %(name)s. Say which one has the event time; they have: %(columns)s."
                )
            # Nobody brought what the client numbers the rows by.
            theirs = ", ".join(one for one in types if not one.startswith("__"))[:2000]
            raise refused(place, sentence % {"name": column_list([column]), "columns": theirs})
    if not types[event_time].upper().startswith(("TIMESTAMP", "DATE")):
        sentence = _(
            "“%(name)s” is of type %(type)s; an event time is a time. Write each like 2026-01-31 12:00:00, in UTC or "
            "with its zone; in a DataFrame by pandas.to_datetime. One value that is no time makes texts of all."
        )
        raise refused("event_time", sentence % {"name": event_time, "type": types[event_time]})


def check_names_free(types: Mapping[str, str], names: Sequence[str]) -> None:
    """Tables of the lake know no large and small letters in names."""
    taken = {name.casefold() for name in names}
    ours = ("__event_v", "__known_v", HIDDEN)
    if both := sorted(name for name in types if name.casefold() in taken or name.casefold().startswith(ours)):
        sentence = _("The rows have %(names)s already. Rename it there, or ask with full names.")
        raise refused("features", sentence % {"names": column_list(both)})


def check_requests(types: Mapping[str, str], on_demand: Sequence[tuple[OnDemandView, Part]]) -> None:
    """The columns that stand for values of a request are there, and hold what those are declared as."""
    for view, part in on_demand:
        check_request_columns(Taken(view, part["request"], part["features"]), types)


def derived_of_retrieval(row: Retrieval, views: Mapping[str, OnDemandView]) -> list[DerivedColumns]:
    """The on-demand features that are asked for, with the joined columns that they are made of."""
    called = {
        (part["view"], feature): name
        for part in row.views
        for feature, name in zip(part["features"], part["names"], strict=True)
    }
    found = []
    for part in row.on_demand:
        view = views[part["id"]]
        source = {name: use["view"] for use in view.uses for name in use["features"]}
        columns = {
            name: part["request"][name] if name in part["request"] else called[source[name], name]
            for name in sorted(needed_for(view, part["features"]))
        }
        names = dict(zip(part["features"], part["names"], strict=True))
        found.append(DerivedColumns(view, columns, part["features"], called=names))
    return found


def hidden_columns(row: Retrieval) -> set[str]:
    return {name for part in row.views for name in part["names"] if name.startswith(HIDDEN)}


def refused(field: str, sentence: str) -> DefinitionRefused:
    return DefinitionRefused(sentence, fields={field: [sentence]})

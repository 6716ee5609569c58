"""What an inference server looks up for its clients, and the name at the store by which it does.

A model version pins the version of a feature service that its training set was made of, and with it versions of views.
A server that answers for it is lent their secrets and a name at the store of its own, for a quarter of an hour at a
time; the features are read as the model was trained on them, so not as whoever asks for a prediction may see them.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from apps.features import selectors
from apps.features.models import FeatureService, TrainingSet
from apps.features.services.online.keys import online_store
from apps.features.services.online.planning import plans_number, service_plan
from apps.features.services.online.readers import LIFETIME, NOBODY, Name, end_readers_of
from apps.features.services.serving import system
from foundation.identity import Actor


@dataclass(frozen=True)
class Lookups:
    """What a model's rows may leave out, and what they give instead, by the names of the rows that it learnt from.

    `keys` says of each column that names an entity what it holds (a `KeyType`, or nothing where that is not known),
    `requests` the same of values of the request; `sent` are the features that a client sends in any case.
    """

    service: FeatureService
    looked_up: tuple[str, ...]
    sent: tuple[str, ...]
    keys: Mapping[str, str]
    requests: Mapping[str, str]
    takes: Mapping[str, Any] = field(repr=False)

    def as_document(self) -> dict[str, Any]:
        """For REST and programs."""
        service = {"id": str(self.service.pk), "name": self.service.name, "number": self.service.number}
        return {
            "feature_service": service,
            "keys": [{"name": name, "type": kind} for name, kind in self.keys.items()],
            "request": [{"name": name, "type": kind} for name, kind in self.requests.items()],
            "looked_up": list(self.looked_up),
            "sent": list(self.sent),
        }


def lookups_of(*, actor: Actor, training_set: TrainingSet, names: Sequence[str]) -> Lookups | None:
    """What a model of these features looks up; None where its training set was made of no feature service.

    It is part of how a deployment is asked, as its input schema is, so whoever sees that sees this.
    """
    service = training_set.service
    if service is None:
        return None
    known, taken = system(actor), set(names) & set(service.feature_names)
    if not taken:
        return None
    views: dict[str, list[str]] = {}
    keys: dict[str, dict[str, str]] = {}
    kinds: dict[str, str] = {}
    for part in training_set.views:
        view = selectors.get_view(actor=known, view_id=UUID(part["view"]))
        views[part["view"]] = [name for name in part["features"] if name in taken]
        keys[part["view"]] = dict(part["keys"])
        kinds |= {column: view.entity.key_types.get(key, "") for key, column in part["keys"].items()}
    derived, requests, declared = _derived(known, training_set, service, taken)
    needed = {pk for _names, sources in derived.values() for pk in sources.values()}
    used = {pk for pk in views if views[pk] or pk in needed}
    columns = dict.fromkeys(column for pk in used for column in keys[pk].values())
    asked = {column: declared[f"{name}.{value}"] for name, of in requests.items() for value, column in of.items()}
    return Lookups(
        service=service,
        looked_up=tuple(name for name in names if name in taken),
        sent=tuple(name for name in names if name not in taken),
        keys={column: kinds[column] for column in columns},
        requests=asked,
        takes={
            "service": str(service),
            "views": {pk: views[pk] for pk in used},
            "derived": derived,
            "keys": {pk: keys[pk] for pk in used},
            "kinds": {column: kinds[column] for column in columns},
            "requests": requests,
            "declared": declared,
        },
    )


def _derived(known: Actor, training_set: TrainingSet, service: FeatureService, taken: set[str]) -> tuple[Any, Any, Any]:
    """Of each on-demand view: what it makes of which views, which columns its request is in, and how it is declared."""
    derived: dict[str, Any] = {}
    requests: dict[str, dict[str, str]] = {}
    declared: dict[str, str] = {}
    of_service = {part["id"] for part in service.on_demand}
    for part in training_set.on_demand:
        names = [name for name in part["features"] if name in taken]
        if part["id"] not in of_service or not names:
            continue
        view = selectors.get_on_demand_view(actor=known, on_demand_id=UUID(part["id"]))
        needed = {source for one in view.features if one["name"] in set(names) for source in one["from"]}
        sources = {name: one["view"] for one in view.uses for name in one["features"] if name in needed}
        derived[str(view)] = (names, sources)
        requests[str(view)] = {
            value: part["request"].get(value, value) for value in sorted(view.request) if value in needed
        }
        declared |= {f"{view}.{value}": view.request[value] for value in requests[str(view)]}
    return derived, requests, declared


def may_lend_lookups(*, actor: Actor, training_set: TrainingSet) -> bool:
    """Whether the actor sees all in clear that a server would look up: its answers tell of it to whoever may ask."""
    known = system(actor)
    views = [selectors.get_view(actor=known, view_id=UUID(part["view"])) for part in training_set.views]
    return not any(selectors.masks_of_view(actor, view) for view in views)


def lend_lookups(*, actor: Actor, lookups: Lookups, server_id: UUID, now: datetime) -> dict[str, Any]:
    """What the server with this id is told: a plan with secrets, and a name at the store that reads under its views.

    Names that it had before are taken away by `end_lookups` with the new one as `but`. Raises what a withdrawn or
    destroyed key raises, NotFound where a view is gone, and Unavailable where the store does not answer.
    """
    plan = service_plan(system(actor), lookups.service, list(lookups.looked_up))
    until = now + LIFETIME
    # Of no tenant's people: what one of them may see from now on does not end it.
    name = Name(until, NOBODY, NOBODY, server_id).said()
    password = secrets.token_urlsafe(32)
    online_store().admit(name, password, [one.view.prefix for one in plan.views])
    return {
        "plan": plan.as_document(),
        "number": plans_number(),
        "name": name,
        "password": password,
        "database": _database(),
        "until": until.timestamp(),
    }


def end_lookups(*, server_id: UUID, but: str = "") -> int:
    """Take a server's names at the store away, also from one that is reading; how many there were."""
    return end_readers_of(token_id=server_id, but=but)


def why_not_lent() -> str:
    """For a server whose deployer sees some of it masked, or deployed it before servers looked anything up."""
    return _(
        "Features are not looked up here: whoever deployed this sees some of them masked, or did so before that was "
        "possible. Have it deployed again by somebody who sees them in clear."
    )


def _database() -> int:
    """The number of the database in which the store's values lie."""
    parts = urlsplit(settings.REDIS_URL)
    named = parse_qs(parts.query).get("db", [""])[0] or ("" if parts.scheme == "unix" else parts.path.strip("/"))
    return int(named or 0)

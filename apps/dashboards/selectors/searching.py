"""What the palette finds: names of things that the actor may see."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import reduce
from operator import or_
from textwrap import shorten
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from apps.dashboards.selectors.things import Thing, rows_of, shown
from apps.features.choices import BuildState
from foundation.identity import Actor

_EACH = 5
_VERSION = re.compile(r"(?P<name>.*?)\s*\bv(?P<number>\d+)", re.IGNORECASE)
_NUMBER = re.compile(r"#?(\d{1,9})")


def search(*, actor: Actor, words: str) -> list[Thing]:
    """At most five things of each kind, those called just so first, then those whose name begins with the words.

    Nothing of archived projects.
    """
    words = words.strip()[:100]
    if not words:
        return []
    found = [thing for kind, matches in _MATCHES.items() for thing in _of_kind(actor, kind, matches(words))]
    sought = words.lower()
    return sorted(found, key=lambda thing: (thing.name.lower() != sought, not thing.name.lower().startswith(sought)))


def _of_kind(actor: Actor, kind: str, wanted: Q | None) -> list[Thing]:
    rows = rows_of(actor, kind)
    if rows is None or wanted is None:
        return []
    inside = "pk" if kind == "project" else "project_id"
    rows = rows.filter(wanted).exclude(**{f"{inside}__in": list(actor.archived)})
    return [shown(kind, row, note=_note(kind, row)) for row in rows[:_EACH]]


def _note(kind: str, row: Any) -> str:
    if kind == "project":
        return shorten(row.purpose, 60, placeholder="…")
    return str(row.project.name) if row.project else _("every project")


def _named(words: str) -> Q:
    return Q(name__icontains=words)


def _project(words: str) -> Q:
    return Q(name__icontains=words) | Q(slug__icontains=words)


def _numbered(words: str) -> Q:
    """“carrier delay v2” means that edition; without a number the name alone counts."""
    if said := _VERSION.fullmatch(words):
        return Q(name__icontains=said["name"], number=int(said["number"][:9]))
    return Q(name__icontains=words)


def _out_of_bin(words: str) -> Q:
    """The same of what has a state for lying in the bin: there it is found by whoever may restore it."""
    return _numbered(words) & ~Q(state=BuildState.BINNED)


def _dataset_version(words: str) -> Q | None:
    if said := _VERSION.fullmatch(words):
        return Q(dataset__name__icontains=said["name"], number=int(said["number"][:9]))
    return None


def _ingestion(words: str) -> Q:
    """By what it reads, through which connection, and what becomes of it."""
    named = (f"{field}__icontains" for field in ("dataset__name", "place", "connection__name"))
    return reduce(or_, (Q(**{field: words}) for field in named))


def _feature(words: str) -> Q:
    """By its name or what it means; “carrier_delay:delay_24h” means that view's."""
    view, colon, name = words.partition(":")
    if colon:
        return (Q(view__name__icontains=view) | Q(on_demand__name__icontains=view)) & Q(name__icontains=name)
    return Q(name__icontains=words) | Q(description__icontains=words)


def _model_version(words: str) -> Q | None:
    if said := _VERSION.fullmatch(words):
        return Q(model__name__icontains=said["name"], number=int(said["number"][:9]))
    return None


def _run(words: str) -> Q:
    wanted = Q(recipe__icontains=words) | Q(experiment__name__icontains=words) | Q(purpose__icontains=words)
    said = _NUMBER.fullmatch(words)
    return wanted | Q(number=int(said[1])) if said else wanted


def _deployment(words: str) -> Q:
    return Q(name__icontains=words) | Q(slug__icontains=words) | Q(model__name__icontains=words)


_MATCHES: dict[str, Callable[[str], Q | None]] = {
    "project": _project,
    "dataset": _named,
    "dataset_version": _dataset_version,
    "connection": _named,
    "ingestion": _ingestion,
    "stream": _named,
    "transformation": _named,
    "entity": _named,
    "feature_service": _numbered,
    "feature": _feature,
    "feature_view": _out_of_bin,
    "on_demand_view": _numbered,
    "training_set": _out_of_bin,
    "run": _run,
    "model": _named,
    "model_version": _model_version,
    "deployment": _deployment,
}

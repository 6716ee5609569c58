"""The places of the side bar, and the parts of a place that are lists of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from foundation.access import Permission, can, can_somewhere
from foundation.identity import Actor


@dataclass(frozen=True)
class Place:
    """One entry: where it leads, and how many things wait there."""

    label: str | Promise
    icon: str
    url: str
    current: bool = False
    count: int = 0


@dataclass(frozen=True)
class Choice:
    """One project or tenant to switch to."""

    label: str | Promise
    url: str
    group: str | Promise = ""
    note: str | Promise = ""
    current: bool = False


TENANT_PLACES = (
    ("", _("Home"), "home"),
    ("approvals/", _("Approvals"), "clipboard-check"),
    ("compliance/", _("Compliance"), "certificate"),
    ("activity/", _("Activity"), "activity"),
    ("settings/", _("Settings"), "settings"),
)
# What a place shows nothing without; to whoever has it in no project the place is not offered.
_NEEDED = {"compliance/": Permission.REPORT_VIEW, "activity/": Permission.LEDGER_VIEW}
PROJECT_PLACES = (
    ("", _("Overview"), "layout-dashboard"),
    ("data/", _("Data"), "database"),
    ("features/", _("Features"), "columns-3"),
    ("experiments/", _("Experiments"), "flask"),
    ("models/", _("Models"), "box"),
    ("deployments/", _("Deployments"), "rocket"),
    ("monitoring/", _("Monitoring"), "heartbeat"),
    ("settings/", _("Project settings"), "settings"),
)
# The lists of a place of the project, each with what one needs to see any of it.
PARTS = {
    "data/": (
        ("data/", _("Datasets"), Permission.DATASET_VIEW),
        ("data/ingestions/", _("Ingestions"), Permission.DATASET_VIEW),
        ("data/streams/", _("Streams"), Permission.STREAM_VIEW),
        ("data/transformations/", _("Transformations"), Permission.DATASET_VIEW),
        ("data/connections/", _("Connections"), Permission.CONNECTION_VIEW),
        ("data/bin/", _("Bin"), Permission.DATASET_CREATE),
    )
}
_counts: dict[str, Callable[[Actor], int]] = {}
_part_counts: dict[str, Callable[[Actor, UUID], int]] = {}
_choices: list[Callable[[Actor], list[Choice]]] = []


def register_count(place: str, count: Callable[[Actor], int]) -> None:
    """How many things wait for the actor at a tenant's place, for example "approvals/"."""
    _counts[place] = count


def register_part_count(part: str, count: Callable[[Actor, UUID], int]) -> None:
    """How many things the actor sees in a part of a project, for example "data/streams/"."""
    _part_counts[part] = count


def register_choices(choices: Callable[[Actor], list[Choice]]) -> None:
    """What the switcher at the head of the side bar offers: projects, other tenants."""
    if choices not in _choices:
        _choices.append(choices)


def choices_for(actor: Actor) -> list[Choice]:
    return [choice for give in _choices for choice in give(actor)]


def tenant_places(request: HttpRequest) -> list[Place]:
    """Home, Approvals, Compliance, Activity, Settings."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    root, inside = f"/t/{actor.tenant.slug}/", f"/t/{actor.tenant.slug}/p/"
    offered = tuple(place for place in TENANT_PLACES if _is_offered(actor, place[0]))
    places = _places(root, offered, "" if request.path.startswith(inside) else request.path)
    return [_counted(place, actor, place.url.removeprefix(root)) for place in places]


def _is_offered(actor: Actor, path: str) -> bool:
    return path not in _NEEDED or can_somewhere(actor, _NEEDED[path])


def project_places(request: HttpRequest) -> list[Place]:
    """Overview to Project settings of the page's project; none on pages outside projects."""
    actor, project = getattr(request, "actor", None), getattr(request, "project", None)
    if actor is None or project is None:
        return []
    return _places(f"/t/{actor.tenant.slug}/p/{project.slug}/", PROJECT_PLACES, request.path)


def project_parts(request: HttpRequest, place: str) -> list[Place]:
    """The lists of a place of the page's project that its reader may see, each with how many things are in it."""
    actor, project = getattr(request, "actor", None), getattr(request, "project", None)
    if actor is None or project is None:
        return []
    root, found = f"/t/{actor.tenant.slug}/p/{project.slug}/", []
    for path, label, needed in PARTS[place]:
        if can(actor, needed, project):
            count = _part_counts[path](actor, project.pk)
            found.append(Place(label, "", root + path, request.path == root + path, count))
    return found


def _places(root: str, places: tuple[tuple[str, Promise, str], ...], here: str) -> list[Place]:
    found = []
    for path, label, icon in places:
        url = root + path
        found.append(Place(label, icon, url, here.startswith(url) if path else here == url))
    return found


def _counted(place: Place, actor: Actor, path: str) -> Place:
    count = _counts.get(path)
    return Place(place.label, place.icon, place.url, place.current, count(actor)) if count else place

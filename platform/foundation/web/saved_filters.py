"""Lists whose filters people save by name, and the ones that are offered in a list's head.

What is saved is a list's query string: filter, sort, columns, page size. Who keeps them registers how they are found;
a page asks once, and a list that is opened without a query goes on to the one that its reader made their default.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from foundation.access import Permission, require_not_archived, require_own
from foundation.errors import NotFound, PortalError

# In an address: the list as it is, whatever one's default says.
ALL = "saved"
MOST_SIGNS = 2000
# What says where somebody was in a list, or in what form it is wanted, and nothing of what is listed.
_NOT_KEPT = {"page", "export", "unless", ALL}


@dataclass(frozen=True)
class Listed:
    """A list of the product: its path below the project, or below the tenant, and what one needs to see it.

    With `own` a person of the tenant sees at least what is theirs there.
    """

    path: str
    label: str | Promise
    permission: Permission
    in_project: bool = False
    own: bool = False


_OF_TENANT = (
    Listed("projects/", _("Projects"), Permission.PROJECT_VIEW),
    Listed("approvals/", _("Approvals"), Permission.APPROVAL_VIEW, own=True),
    Listed("activity/", _("Activity"), Permission.LEDGER_VIEW),
    Listed("activity/day/", _("A past day"), Permission.LEDGER_VIEW),
    Listed("compliance/", _("Reports"), Permission.REPORT_VIEW),
    Listed("settings/members/", _("Members"), Permission.TENANT_VIEW),
    Listed("settings/groups/", _("Groups"), Permission.MEMBER_MANAGE),
    Listed("settings/service-accounts/", _("Service accounts"), Permission.MEMBER_MANAGE),
    Listed("settings/tokens/", _("Tokens"), Permission.TENANT_VIEW),
    Listed("settings/webhooks/", _("Webhooks"), Permission.TENANT_MANAGE),
    Listed("settings/bin/", _("Bin"), Permission.TENANT_MANAGE),
    Listed("settings/usage/", _("Usage and cost"), Permission.USAGE_VIEW),
    Listed("settings/usage/chargeback/", _("Chargeback"), Permission.USAGE_VIEW),
)
_OF_PROJECT = (
    Listed("data/", _("Datasets"), Permission.DATASET_VIEW, in_project=True),
    Listed("data/ingestions/", _("Ingestions"), Permission.DATASET_VIEW, in_project=True),
    Listed("data/streams/", _("Streams"), Permission.STREAM_VIEW, in_project=True),
    Listed("data/transformations/", _("Transformations"), Permission.DATASET_VIEW, in_project=True),
    Listed("data/connections/", _("Connections"), Permission.CONNECTION_VIEW, in_project=True),
    Listed("features/", _("Features"), Permission.FEATURE_VIEW, in_project=True),
    Listed("experiments/", _("Experiments"), Permission.RUN_VIEW, in_project=True),
    Listed("models/", _("Models"), Permission.MODEL_VIEW, in_project=True),
    Listed("deployments/", _("Deployments"), Permission.DEPLOYMENT_VIEW, in_project=True),
    Listed("monitoring/", _("Monitoring"), Permission.MONITOR_VIEW, in_project=True),
)
LISTS = {(listed.path, listed.in_project): listed for listed in (*_OF_TENANT, *_OF_PROJECT)}


@dataclass(frozen=True)
class Offered:
    """A saved filter as the head of its list offers it."""

    id: object
    name: str
    query: str
    mine: bool
    shared: bool
    owner: str = ""
    default: bool = False


_finders: list[Callable[[HttpRequest, Listed], list[Offered]]] = []


def register(find: Callable[[HttpRequest, Listed], list[Offered]]) -> None:
    """How the saved filters of a list are found that the reader of a page may use; in one query."""
    _finders[:] = [find]


def list_of(path: str, *, in_project: bool) -> Listed:
    """The list at this path. NotFound where there is none."""
    listed = LISTS.get((path, in_project))
    if listed is None:
        known = ", ".join(name for name, inside in LISTS if inside == in_project)
        raise NotFound(
            gettext("There is no list “%(path)s” here. There are: %(known)s.") % {"path": path, "known": known}
        )
    return listed


def list_here(request: HttpRequest | None) -> Listed | None:
    """The list that the page shows; None for pages of no list."""
    actor = getattr(request, "actor", None)
    if request is None or actor is None:
        return None
    project = getattr(request, "project", None)
    root = f"/t/{actor.tenant.slug}/" + (f"p/{project.slug}/" if project else "")
    return LISTS.get((request.path.removeprefix(root), project is not None))


def offered_here(request: HttpRequest) -> list[Offered]:
    """The saved filters of the page's list, asked for once; none on pages of no list."""
    found: list[Offered] | None = getattr(request, "saved_filters", None)
    if found is None:
        listed = list_here(request)
        found = _finders[0](request, listed) if listed and _finders else []
        request.saved_filters = found  # type: ignore[attr-defined]
    return found


@dataclass(frozen=True)
class Head:
    """What components/saved_filters.html says of the page's list; `refusal` is why nothing is saved here now."""

    path: str
    project: str
    query: str
    offered: list[Offered]
    all: str
    save: str
    manage: str
    refusal: str = ""

    @property
    def current(self) -> Offered | None:
        return next((one for one in self.offered if one.query == self.query), None)


def head_of(request: HttpRequest | None) -> Head | None:
    """The saved filters at the head of the page's list; None where the page is of none, or its reader no person."""
    listed = list_here(request)
    if request is None or listed is None or not _finders:
        return None
    actor = request.actor  # type: ignore[attr-defined]
    project = getattr(request, "project", None)
    offered, root = offered_here(request), f"/t/{actor.tenant.slug}/filters/"
    try:
        require_own(actor)
        require_not_archived(actor, project.pk if project else None)
        refusal = ""
    except PortalError as error:
        refusal = error.sentence
    return Head(
        path=listed.path,
        project=project.slug if project else "",
        query=kept(request.GET.urlencode()),
        offered=offered,
        all=whole_address(request),
        save=f"{root}new/",
        manage=root,
        refusal=refusal,
    )


def whole_address(request: HttpRequest) -> str:
    """The page's list as it is, also for whoever has it opened with something else."""
    chosen = any(one.default for one in offered_here(request))
    return f"{request.path}?{ALL}=all" if chosen else request.path


def default_address(request: HttpRequest) -> str:
    """Where a list goes on to that was opened without a query: its reader's default, else nothing."""
    htmx = getattr(request, "htmx", None)
    if request.method != "GET" or request.META.get("QUERY_STRING") or (htmx and not htmx.boosted):
        return ""
    if list_here(request) is None:
        return ""
    chosen = next((one for one in offered_here(request) if one.default), None)
    return f"{request.path}?{chosen.query}" if chosen else ""


def kept(query: str) -> str:
    """What of a query string is saved: its words in one order, without places in the list; empty where nothing is."""
    pairs = [(name, value) for name, value in parse_qsl(query.lstrip("?")) if value and name not in _NOT_KEPT]
    return urlencode(sorted(pairs, key=lambda pair: pair[0]))


def words_of(query: str) -> list[tuple[str, str]]:
    """The query in pairs, for people."""
    return parse_qsl(query)


__all__ = [
    "LISTS",
    "Listed",
    "Offered",
    "default_address",
    "head_of",
    "kept",
    "list_here",
    "list_of",
    "offered_here",
    "register",
    "whole_address",
    "words_of",
]

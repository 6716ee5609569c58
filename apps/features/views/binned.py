"""That a version lies in the bin, on its own page and where it was just put there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.features.services import Resting
from apps.tenants import services as tenants
from apps.tenants.choices import BinKind
from foundation import access
from foundation.access import Permission
from foundation.clock import now
from foundation.web.calendars import day_in_words
from foundation.web.pages import offer_undo
from foundation.web.requests import PortalRequest


@dataclass(frozen=True)
class InBin:
    """Until when it lies there, who put it there, and the addresses of what is done about it; `url` may be empty.

    `binned` is the row of the bin.
    """

    day: str
    deleted_by: str
    url: str
    restore_url: str
    may_restore: access.Verdict
    binned: Any


def in_bin(request: PortalRequest, kind: BinKind, thing: Any) -> InBin | None:
    """None of what does not lie there."""
    lying = tenants.lying_in_bin(actor=request.actor, kind=kind, thing_id=thing.pk)
    if lying is None:
        return None
    here = [request.tenant.slug, request.project.slug, lying.binned.pk]
    opens = lying.may_restore.allowed and access.can(request.actor, Permission.DATASET_CREATE, request.project)
    return InBin(
        day=day_in_words(lying.binned.kept_until),
        deleted_by=str(lying.binned.deleted_by or _("A program")),
        url=reverse("tenants:project_bin_detail", args=here) if opens else "",
        restore_url=reverse("tenants:project_bin_restore", args=here),
        may_restore=lying.may_restore,
        binned=lying.binned,
    )


def bin_part(request: PortalRequest, kind: BinKind, thing: Any) -> dict[str, Any]:
    """`lying` for the page of a version; in the bin nothing is done with it but what the bin's own page does."""
    found = in_bin(request, kind, thing)
    return {"lying": found} | ({"does": "tenants:project_bin_detail", "binned": found.binned} if found else {})


def said_in_bin(request: PortalRequest, kind: BinKind, thing: Any) -> None:
    """Say on the next page until when it lies there, with a button that restores it."""
    found = in_bin(request, kind, thing)
    if found is None:
        messages.success(request, _("%(name)s is being removed; nobody can read it now.") % {"name": thing})
        return
    said = _("%(name)s is in the bin until %(day)s.") % {"name": thing, "day": found.day}
    offer_undo(request, said, found.restore_url)


def removal_part(request: PortalRequest, resting: Resting, back: str) -> dict[str, Any]:
    """For the page that removes a version: what is in the way, what was made of it, and how long it would lie there."""
    held = resting.sentences()
    return {
        "held": held,
        "in_the_way": resting.in_the_way(request.actor),
        "may": access.Verdict(allowed=not held, reason=" ".join(held)),
        "users": resting.seen,
        "back": back,
        "kept_until": would_be_kept(),
    }


def would_be_kept() -> str:
    """The day until which lies in the bin what is removed now."""
    return day_in_words(tenants.kept_until(now()))

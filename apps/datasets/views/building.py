"""What a version builds on, in words: which rows came, and what became of those that were there."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.datasets import selectors
from apps.datasets.choices import Mode, VersionState
from apps.datasets.views.things import address
from foundation.figures import number
from foundation.web.requests import PortalRequest

_WITH_ROWS = {VersionState.READY, VersionState.REVIEW}


def builds_on(request: PortalRequest, version: Any) -> dict[str, Any] | None:
    """The sentence, with the page of the version before; None where a version replaces all rows."""
    source = version.source
    if source.get("mode", Mode.FULL) == Mode.FULL:
        return None
    base = _base(request, version)
    if version.state not in _WITH_ROWS:
        if version.state != VersionState.INGESTING:
            return None
        named = base or (None if "base" in source else selectors.latest_ready(version.dataset))
        return {"sentence": _to_come(named), **_page(request, named)}
    if base is None:
        return {"sentence": _("There was no version before it to build on.")}
    return {"sentence": _came(version, base), **_page(request, base)}


def _base(request: PortalRequest, version: Any) -> Any:
    pk = version.source.get("base")
    return selectors.visible_versions(actor=request.actor).filter(pk=pk).first() if pk else None


def _page(request: PortalRequest, base: Any) -> dict[str, str]:
    return {"url": address(request, "version_detail", base.pk)} if base else {}


def _to_come(base: Any) -> str:
    if base is None:
        return _("There is no version before it to build on.")
    return _("Its rows are put to those of %(version)s.") % {"version": base}


def _came(version: Any, base: Any) -> str:
    net = (version.row_count or 0) - (base.row_count or 0)
    came: int = version.source.get("came", max(net, 0))
    gone = came - net
    words = {"count": number(came), "version": base}
    said = ngettext("Adds %(count)s row to %(version)s.", "Adds %(count)s rows to %(version)s.", came) % words
    if gone <= 0:
        return said
    replaced = ngettext("%(count)s row of it is replaced.", "%(count)s rows of it are replaced.", gone)
    return f"{said} {replaced % {'count': number(gone)}}"

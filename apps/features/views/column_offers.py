"""Which columns the fields of a definition offer: those of the preview, and before it those of what was chosen."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from apps.datasets import selectors as datasets
from apps.features import forms
from apps.streams import selectors as streams
from foundation.web.requests import PortalRequest

Columns = list[dict[str, str]]
_MOST = 1000


def offered(request: PortalRequest, sample: Mapping[str, Any] | None, versions: Iterable[str], *, anew: bool) -> Any:
    """{"all", "times", "kept"} for partials/columns.html.

    A round without a preview offers what the one before it did, except where the versions are chosen `anew`.
    """
    columns = _columns(sample["columns"]) if sample else []
    if not columns and not anew:
        columns = _kept(request)
    columns = columns or _of_versions(request, set(versions) - {""})
    times = [one for one in columns if one["type"].upper().startswith(("TIMESTAMP", "DATE"))]
    return {"all": columns, "times": times or columns, "kept": json.dumps(columns, ensure_ascii=False)}


def chosen_versions(request: PortalRequest, form: forms.ViewForm) -> list[str]:
    return versions_behind(request, [str(version.value() or "") for _alias, version in form.input_rows])


def stream_choices(request: PortalRequest) -> list[tuple[str, str]]:
    """The streams that a definition may follow, as choices; none for whoever may not see them."""
    rows = streams.streams_seen(actor=request.actor, project_id=request.project.pk)
    return [(str(row.pk), _("Stream “%(name)s”") % {"name": row.name}) for row in rows]


def versions_behind(request: PortalRequest, chosen: Iterable[str]) -> list[str]:
    """Of what was chosen the versions whose columns it has; of a stream its newest."""
    rows = streams.streams_seen(actor=request.actor, project_id=request.project.pk)
    by_id, found = {str(row.pk): row for row in rows}, []
    for pk in chosen:
        newest = datasets.latest_ready(by_id[pk].dataset) if pk in by_id else None
        found.append(str(newest.pk) if newest else "" if pk in by_id else pk)
    return found


def _columns(rows: Iterable[Mapping[str, Any]]) -> Columns:
    return [{"name": str(row["name"]), "type": str(row["type"]).lower()} for row in rows][:_MOST]


def _kept(request: PortalRequest) -> Columns:
    """What the page before has offered; it comes back to whoever sent it and is nothing but an offer."""
    try:
        return _columns(json.loads(request.POST.get("columns") or "[]"))
    except (ValueError, TypeError, KeyError, AttributeError):
        # Typed by hand, not by the page.
        return []


def _of_versions(request: PortalRequest, wanted: set[str]) -> Columns:
    if not wanted:
        return []
    rows = datasets.ready_versions(actor=request.actor, project_id=request.project.pk)
    found = {column["name"]: column for row in rows if str(row.pk) in wanted for column in row.schema}
    return _columns(found.values())

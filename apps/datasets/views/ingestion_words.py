"""What the pages say of an ingestion: its schedule in words, and how it stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from typing import Any

from babel.dates import format_time
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.datasets import forms
from apps.datasets.choices import IngestionState, Mode, Rhythm, Trigger, VersionState, Weekday
from foundation.figures import locale

TONES = {IngestionState.ACTIVE: "ok", IngestionState.PAUSED: "wait"}


def schedule_in_words(row: Any) -> str:
    """“Every Monday at 06:30 (Asia/Dubai)”, and after which dataset's versions; who starts it where nothing does."""
    parts = [_cron_in_words(row.cron, row.zone)] if row.cron else []
    if row.after_id:
        parts.append(_("after each new version of %(name)s") % {"name": row.after})
    return " · ".join(parts) or str(Rhythm.HAND.label)


def _cron_in_words(cron: str, zone: str) -> str:
    said = forms.rhythm_of(cron)
    words = {"zone": zone, "cron": cron, "minute": f"{said.get('minute', 0):02d}"}
    at = said.get("at") or time()
    words["time"] = format_time(at, "HH:mm", locale=locale())
    if said["rhythm"] == Rhythm.HOURLY:
        return _("Every hour at minute %(minute)s (%(zone)s)") % words
    if said["rhythm"] == Rhythm.DAILY:
        return _("Every day at %(time)s (%(zone)s)") % words
    if said["rhythm"] == Rhythm.WEEKLY:
        return _("Every %(day)s at %(time)s (%(zone)s)") % {**words, "day": Weekday(said["weekday"]).label}
    return _("By cron: %(cron)s (%(zone)s)") % words


def standing(row: Any) -> tuple[str, str, str]:
    """State, its word and its tone: trouble counts before all, then a halt, then how the last version ended."""
    state = IngestionState(row.state)
    if state is IngestionState.ACTIVE and (row.trouble or row.last_state == VersionState.FAILED):
        return "failed", _("Needs a look"), "bad"
    return state.value, str(state.label), TONES[state]


def outcome(row: Any) -> tuple[str, str] | None:
    """How its last version stands, as a state and its word; None where it never ran."""
    return (row.last_state, str(VersionState(row.last_state).label)) if row.last_state else None


def trigger_in_words(source: dict[str, Any]) -> str:
    said = source.get("trigger", "")
    return str(Trigger(said).label) if said in Trigger.values else "–"


def mode_in_words(row: Any) -> str:
    """How rows are put to those that are there, and by which columns."""
    return ", ".join([str(Mode(row.mode).label), *_by(row)])


def _by(row: Any) -> Sequence[str]:
    found = []
    if row.cursor:
        found.append(_("by %(column)s") % {"column": row.cursor})
    if row.key:
        found.append(_("key: %(columns)s") % {"columns": ", ".join(row.key)})
    return found


def facts(row: Any, *, tenant: str, project: str) -> list[dict[str, Any]]:
    """What is read, how and when, as components/definition_list.html takes it."""

    def page(name: str, pk: Any) -> str:
        return reverse(name, args=[tenant, project, pk])

    return [
        {"term": _("Rows go to"), "value": row.dataset.name, "url": page("datasets:dataset_detail", row.dataset_id)},
        {
            "term": _("Connection"),
            "value": row.connection.name,
            "url": page("connections:connection_detail", row.connection_id),
        },
        {"term": _("Read there"), "value": f"{row.place} {row.pattern}".strip() or _("all files")},
        {"term": _("Rows that are there"), "value": mode_in_words(row)},
        {"term": _("When it is read"), "value": schedule_in_words(row)},
        {"term": _("Looked at first"), "value": _("yes") if row.review else _("no")},
        {"term": _("Set up by"), "value": str(row.created_by or "")},
    ]

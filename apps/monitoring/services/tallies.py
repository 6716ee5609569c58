"""Counts that grow with each batch: answers per minute, values per month and bin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from apps.deployments import selectors as deployments
from apps.monitoring.models import DriftWindow, TrafficMinute
from apps.monitoring.services.counting import Bins, Counted, Minute, count_values, day_of, empty, latency_bin, month_of
from apps.tenants import services as tenants
from apps.tenants.choices import ThingKind
from foundation.identity import Actor
from foundation.tenancy.models import Tenant

if TYPE_CHECKING:
    from apps.registry.models import ModelVersion

PREDICTION = ""


@dataclass(frozen=True)
class Entry:
    """One logged request."""

    milliseconds: int
    number: int
    at: datetime
    deployment_id: UUID
    revision_id: UUID
    status: int
    latency_ms: float
    event_time: str | None
    rows: list[dict[str, Any]]
    answers: list[tuple[Any, float | None]]
    request_id: str
    actor: str
    # Asked beside the revision that answered: kept, but neither traffic nor drift.
    shadow: bool = False


def served(entries: list[Entry]) -> list[Entry]:
    return [entry for entry in entries if not entry.shadow]


def add_traffic(tenant: Tenant, entries: list[Entry]) -> None:
    minutes: dict[tuple[UUID, UUID, datetime], Minute] = {}
    for entry in served(entries):
        key = (entry.deployment_id, entry.revision_id, entry.at.replace(second=0, microsecond=0))
        minute = minutes.setdefault(key, Minute())
        minute.requests += 1
        minute.rows += len(entry.rows)
        minute.errors += entry.status >= 500
        minute.latencies[latency_bin(entry.latency_ms)] += 1
        minute.positives += sum(score for _label, score in entry.answers if score is not None)
    for (deployment_id, revision_id, moment), minute in minutes.items():
        row, _made = TrafficMinute.objects.select_for_update().get_or_create(
            tenant=tenant, deployment_id=deployment_id, revision_id=revision_id, minute=moment
        )
        row.requests += minute.requests
        row.rows += minute.rows
        row.errors += minute.errors
        row.positives += minute.positives
        row.latencies = _sums(row.latencies, minute.latencies)
        row.save()


def add_usage(tenant: Tenant, entries: list[Entry]) -> None:
    """Answered requests by the hour, for whoever asked; part of the transaction that moves the place in the stream."""
    counts: dict[tuple[UUID, UUID | None], Counter[datetime]] = {}
    for entry in served(entries):
        hour = entry.at.replace(minute=0, second=0, microsecond=0)
        counts.setdefault((entry.deployment_id, _person(entry.actor)), Counter())[hour] += 1
    rows = deployments.visible_deployments(actor=Actor.system(tenant, "monitor")).prefetch_related(None)
    known = rows.in_bulk({deployment_id for deployment_id, _person_id in counts})
    for (deployment_id, person_id), hours in counts.items():
        deployment = known.get(deployment_id)
        if deployment is None:
            continue
        what = tenants.Metered(
            tenant_id=tenant.pk,
            project_id=deployment.project_id,
            person_id=person_id,
            kind=ThingKind.DEPLOYMENT,
            thing_id=deployment_id,
            model_id=deployment.model_id,
            subject_id=deployment_id,
        )
        tenants.count_requests(what, hours=hours)


def _person(actor: str) -> UUID | None:
    """The person or program that asked, as the gateway names it (“user:…”); None for workloads and the portal."""
    kind, _sign, pk = actor.partition(":")
    try:
        return UUID(pk) if kind in {"user", "service"} else None
    except ValueError:
        return None


def add_drift(tenant: Tenant, entries: list[Entry], versions: Mapping[UUID, Any]) -> set[UUID]:
    """Count the values of answered rows; the deployments whose counts moved."""
    answered = [e for e in served(entries) if e.status < 400 and e.revision_id in versions]
    for (deployment_id, version_id, window), batch in _by_window(answered, versions).items():
        reference = versions[batch[0].revision_id].reference
        days = sum(1 << day for day in {day_of(entry.event_time, entry.at).day for entry in batch})
        for feature, counted in _count(batch, reference).items():
            _add_window(tenant, deployment_id, version_id, window, feature, counted, days)
    return {entry.deployment_id for entry in answered}


def versions_of(tenant: Tenant) -> dict[UUID, Any]:
    """The model version behind each revision of the tenant."""
    actor = Actor.system(tenant, "monitor")
    return {r.pk: r.model_version for r in deployments.visible_revisions(actor=actor)}


def feature_names(version: ModelVersion) -> list[str]:
    """In the order in which rows without names give them."""
    return [feature["name"] for feature in version.input_schema.get("features", [])] if version else []


def _by_window(entries: list[Entry], versions: Mapping[UUID, Any]) -> dict[tuple[UUID, UUID, date], list[Entry]]:
    grouped: dict[tuple[UUID, UUID, date], list[Entry]] = {}
    for entry in entries:
        day = day_of(entry.event_time, entry.at)
        key = (entry.deployment_id, versions[entry.revision_id].pk, month_of(day))
        grouped.setdefault(key, []).append(entry)
    return grouped


def _count(batch: list[Entry], reference: dict[str, Any]) -> dict[str, Counted]:
    rows = [row for entry in batch for row in entry.rows]
    counted: dict[str, Counted] = {}
    for feature, described in reference.get("features", {}).items():
        bins = Bins(described)
        if described.get("type") == "timestamp" or not bins.size:
            continue
        counted[feature] = empty(bins)
        count_values((row.get(feature) for row in rows), bins, counted[feature])
    predicted = reference.get("prediction_held_out") or reference.get("prediction")
    if predicted:
        bins = Bins(predicted)
        counted[PREDICTION] = empty(bins)
        wanted = 0 if "categories" in predicted else 1
        count_values((answer[wanted] for entry in batch for answer in entry.answers), bins, counted[PREDICTION])
    return counted


def _add_window(
    tenant: Tenant, deployment_id: UUID, version_id: UUID, window: date, feature: str, counted: Counted, days: int
) -> None:
    row, _made = DriftWindow.objects.select_for_update().get_or_create(
        tenant=tenant, deployment_id=deployment_id, model_version_id=version_id, window=window, feature=feature
    )
    row.counts = _sums(row.counts, counted.counts)
    row.other += counted.other
    row.missing += counted.missing
    row.rows += counted.rows
    row.days |= days
    row.total += counted.total
    row.save()


def _sums(kept: list[int], more: list[int]) -> list[int]:
    return [a + b for a, b in zip(kept, more, strict=True)] if kept else list(more)

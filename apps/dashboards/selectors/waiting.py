"""What waits for the actor and what is unwell, over all projects that they may see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from apps.approvals import selectors as approvals
from apps.dashboards.models import Visit
from apps.datasets import selectors as datasets
from apps.datasets.choices import VersionState
from apps.experiments import selectors as experiments
from apps.experiments.choices import RunState
from apps.features import selectors as features
from apps.monitoring import selectors as monitoring
from apps.tenants import selectors as tenants
from apps.tenants.choices import SupportState
from foundation import access, ledger
from foundation.access import Permission
from foundation.figures import money
from foundation.identity import Actor
from foundation.words import said_now

_EACH = 10
_FAILED_WITHIN = _DECIDED_WITHIN = timedelta(days=7)


@dataclass(frozen=True)
class Waiting:
    """Something to look at: what it is, why, since when, and how it stands (`state`, a word with a badge)."""

    kind: str
    id: UUID | None
    name: str
    reason: str
    state: str
    state_label: str
    at: datetime | None
    project: str = ""
    project_slug: str = ""


def waiting(*, actor: Actor, now: datetime) -> list[Waiting]:
    """What is due, decided, moved, to be looked at, or failed; a broken record before all."""
    found = [*_record(actor)]
    for kind, rows, shown in _sources(actor, now):
        found += [shown(kind, row, now) for row in rows[:_EACH]]
    return found


def waiting_count(*, actor: Actor, now: datetime, listed: list[Waiting] | None = None) -> int:
    """How many things wait; for the bell. A short list is all there is, and is not counted again."""
    if listed is not None and len(listed) < _EACH:
        return len(listed)
    return len(list(_record(actor))) + sum(rows.count() for _kind, rows, _shown in _sources(actor, now))


Shown = Callable[[str, Any, datetime], Waiting]


def _sources(actor: Actor, now: datetime) -> Iterator[tuple[str, QuerySet[Any], Shown]]:
    if access.can_somewhere(actor, Permission.APPROVAL_VIEW):
        yield "approval_case", approvals.waiting_for(actor=actor), _case
    if access.reads_own(actor, Permission.APPROVAL_VIEW):
        yield "approval_case", _unread_decisions(actor, now), _decided
    if access.can_somewhere(actor, Permission.MONITOR_VIEW):
        yield "monitor", _in_use(actor, monitoring.open_alert_groups(actor=actor)), _alerts
    if access.can(actor, Permission.TENANT_MANAGE, actor.tenant):
        yield "support", tenants.waiting_support(actor=actor), _support
        yield "webhook", tenants.disabled_webhooks(actor=actor), _webhook
        yield "budget", tenants.budget_notices(actor=actor, now=now), _budget
    if access.can_somewhere(actor, Permission.DATASET_VIEW):
        rows = datasets.visible_versions(actor=actor).filter(state=VersionState.REVIEW).select_related("project")
        yield "dataset_version", _for_builders(actor, rows), _version
        yield "ingestion", _for_builders(actor, datasets.troubled_ingestions(actor=actor)), _ingestion
        if actor.user is not None:
            rows = datasets.failed_versions(actor=actor, by=actor.user.pk, since=now - _FAILED_WITHIN)
            yield "dataset_version", _for_builders(actor, rows), _failed_version
    if actor.user is not None and access.can_somewhere(actor, Permission.FEATURE_VIEW):
        for kind, about in (("feature_view", "view"), ("feature_service", "service"), ("on_demand_view", "on_demand")):
            yield kind, _unread_notices(actor, kind, about), _deprecated
    if access.can_somewhere(actor, Permission.FEATURE_VIEW):
        yield "feature_view", _for_builders(actor, features.stale_views(actor=actor)), _stale
        yield "feature_view", _for_builders(actor, features.skewed_views(actor=actor)), _skewed
        yield "feature_view", _for_builders(actor, features.unmaterialised_views(actor=actor)), _unmaterialised
        if actor.user is not None:
            yield from _failed_features(actor, actor.user.pk, now - _FAILED_WITHIN)
    if actor.user is not None and access.can_somewhere(actor, Permission.RUN_VIEW):
        failed = _in_use(actor, experiments.visible_runs(actor=actor))
        failed = failed.filter(state=RunState.FAILED, created_by=actor.user)
        yield "run", failed.filter(ended_at__gte=now - _FAILED_WITHIN).select_related("project"), _run


def _failed_features(actor: Actor, by: UUID, since: datetime) -> Iterator[tuple[str, QuerySet[Any], Shown]]:
    """What the actor asked of the feature store and it came to nothing, while somebody can see to it."""
    asked: dict[str, Any] = {"actor": actor, "by": by, "since": since}
    yield "feature_view", _for_builders(actor, features.failed_views(**asked)), _failed_feature
    yield "training_set", _for_builders(actor, features.failed_training_sets(**asked)), _failed_feature
    yield "retrieval", _in_use(actor, features.failed_retrievals(**asked)), _failed_feature


def _for_builders(actor: Actor, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Of what lies in use, that to which the actor can see."""
    if not access.can(actor, Permission.DATASET_CREATE):
        rows = rows.filter(project_id__in=access.granted_in(actor, Permission.DATASET_CREATE))
    return _in_use(actor, rows)


def _in_use(actor: Actor, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Nobody can see to what lies in an archived project."""
    return rows.exclude(project_id__in=list(actor.archived))


def _record(actor: Actor) -> Iterator[Waiting]:
    if not access.can(actor, Permission.LEDGER_VIEW):
        return
    record = ledger.standing(actor, checkpoints=1)
    if record.broken:
        name = _("The ledger is broken")
        yield Waiting("ledger", None, name, record.broken, "broken", _("Broken"), record.broken_since)


def _case(kind: str, row: Any, now: datetime) -> Waiting:
    overdue = row.due_at < now
    reason = _("%(who)s asks you to decide.") % {"who": row.requested_by or _("A program")}
    state, label = ("overdue", _("Overdue")) if overdue else ("open", _("Waiting for a decision"))
    project, slug = (row.project.name, row.project.slug) if row.project else ("", "")
    return Waiting(kind, row.pk, str(row), reason, state, label, row.created_at, project, slug)


def _alerts(kind: str, row: dict[str, Any], now: datetime) -> Waiting:
    """The open alerts of a month together: they have one cause more often than many."""
    group = monitoring.AlertGroup(**row)
    severity, place = group.severity, (group.project_name, group.project_slug)
    what, pk = ("alert", group.alone) if group.alone else (kind, group.monitor_id)
    return Waiting(what, pk, group.name, group.reason, severity.value, str(severity.label), group.raised, *place)


def _budget(kind: str, row: Any, now: datetime) -> Waiting:
    whose = _("The budget of a project") if row.budget.project_id else _("The budget of the tenant")
    words = {"percent": row.percent, "spent": money(row.spent), "month": f"{row.month:%Y-%m}"}
    reason = _("%(percent)s per cent of the soft limit for %(month)s are spent: %(spent)s.") % words
    label = _("Used up") if row.percent >= 100 else _("Nearly used up")
    return Waiting(kind, row.pk, whose, reason, "waiting", label, row.noted_at)


def _unread_decisions(actor: Actor, now: datetime) -> QuerySet[Any]:
    """Decisions of somebody else on what the actor asked for, until they have opened the case."""
    rows = approvals.asked_by(actor=actor).filter(decision__decided_at__gte=now - _DECIDED_WITHIN)
    if actor.user is None:
        return rows.none()
    seen = Visit.objects.filter(
        tenant_id=actor.tenant_id,
        user=actor.user,
        kind="approval_case",
        object_id=OuterRef("pk"),
        visited_at__gte=OuterRef("decision__decided_at"),
    )
    return rows.exclude(Exists(seen))


def _unread_notices(actor: Actor, kind: str, about: str) -> QuerySet[Any]:
    """That something the actor's own things rest on was deprecated, until they have opened its page since."""
    seen = Visit.objects.filter(
        tenant_id=actor.tenant_id,
        user=actor.user,
        kind=kind,
        object_id=OuterRef(f"{about}_id"),
        visited_at__gte=OuterRef("noted_at"),
    )
    rows = features.deprecation_notices(actor=actor).filter(**{f"{about}__isnull": False})
    return _in_use(actor, rows).exclude(Exists(seen))


def _deprecated(kind: str, row: Any, now: datetime) -> Waiting:
    thing, place = row.thing, (row.project.name, row.project.slug)
    own = ", ".join(one["name"] for one in row.things[:3])
    if len(row.things) > 3:
        own = _("%(names)s and %(count)d more") % {"names": own, "count": len(row.things) - 3}
    words = {"reason": features.deprecated_in_words(thing), "things": own}
    reason = _("%(reason)s It is in what you made: %(things)s.") % words
    return Waiting(kind, thing.pk, str(thing), reason, "waiting", _("Deprecated"), row.noted_at, *place)


def _decided(kind: str, row: Any, now: datetime) -> Waiting:
    decision = row.decision
    reason = _("%(who)s has decided: %(reason)s") % {"who": decision.decided_by, "reason": decision.reason}
    label = str(row.get_state_display())
    place = (row.project.name, row.project.slug) if row.project else ("", "")
    return Waiting(kind, row.pk, str(row), reason, row.state, label, decision.decided_at, *place)


def _support(kind: str, row: Any, now: datetime) -> Waiting:
    name = _("%(name)s of platform support asks to come in") % {"name": row.user}
    label = str(SupportState.WAITING.label)
    return Waiting(kind, row.pk, name, row.reason, SupportState.WAITING.value, label, row.asked_at)


def _webhook(kind: str, row: Any, now: datetime) -> Waiting:
    reason = _("Nothing is sent to it: %(why)s.") % {"why": row.get_trouble_display()}
    return Waiting(kind, row.pk, str(row), reason, "failing", str(row.get_state_display()), row.failing_since)


def _version(kind: str, row: Any, now: datetime) -> Waiting:
    reason = _("All rows are in; look at them, then commit or discard the version.")
    label = str(row.get_state_display())
    return Waiting(kind, row.pk, str(row), reason, "waiting", label, row.created_at, row.project.name, row.project.slug)


def _failed_version(kind: str, row: Any, now: datetime) -> Waiting:
    """Whatever the actor brought that came to nothing: a file, a table, SQL."""
    what = row.source.get("filename") or row.source.get("place")
    name = _("%(file)s for %(name)s") % {"file": what, "name": row.dataset} if what else str(row)
    label, place = str(row.get_state_display()), (row.project.name, row.project.slug)
    return Waiting(kind, row.pk, name, row.failure_said, "failed", label, row.created_at, *place)


def _ingestion(kind: str, row: Any, now: datetime) -> Waiting:
    reason = row.trouble or said_now(row.last_words or {}, row.last_failure)
    place = (row.project.name, row.project.slug)
    return Waiting(kind, row.pk, str(row), reason, "failed", _("Needs a look"), row.last_at or row.created_at, *place)


def _stale(kind: str, row: Any, now: datetime) -> Waiting:
    reason = _("Its latest event online is older than expected.")
    place = (row.project.name, row.project.slug)
    return Waiting(kind, row.pk, str(row), reason, "waiting", _("Out of date"), row.stale_since, *place)


def _unmaterialised(kind: str, row: Any, now: datetime) -> Waiting:
    reason = _("Its newest values could not be put online: %(why)s") % {"why": said_now(row.why_words, row.why)}
    place = (row.project.name, row.project.slug)
    return Waiting(kind, row.pk, str(row), reason, "failed", _("Not online"), row.failed_at, *place)


def _skewed(kind: str, row: Any, now: datetime) -> Waiting:
    place = (row.project.name, row.project.slug)
    reason = _("More is served than allowed that a training set would not have joined at that moment.")
    return Waiting(kind, row.pk, str(row), reason, "broken", _("Not consistent"), row.skewed_since, *place)


def _failed_feature(kind: str, row: Any, now: datetime) -> Waiting:
    name = _("Features of the past %(name)s") % {"name": row} if kind == "retrieval" else str(row)
    label, place = str(row.get_state_display()), (row.project.name, row.project.slug)
    return Waiting(kind, row.pk, name, row.failure_said, "failed", label, row.created_at, *place)


def _run(kind: str, row: Any, now: datetime) -> Waiting:
    name = _("Run %(run)s failed") % {"run": f"{row} {row.recipe}"}
    label = str(row.get_state_display())
    return Waiting(kind, row.pk, name, row.failure, row.state, label, row.ended_at, row.project.name, row.project.slug)

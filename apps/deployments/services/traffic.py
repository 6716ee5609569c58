"""Who serves how much: splits, and the way back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.deployments import policies
from apps.deployments.errors import SplitRefused
from apps.deployments.events import RolledBack, SplitChanged
from apps.deployments.models import Deployment, Revision
from apps.deployments.selectors import rollback_target
from apps.deployments.services.routing import routes_changed
from apps.projects.services import hold_open
from foundation import ledger
from foundation.clock import now
from foundation.identity import Actor


@transaction.atomic
def set_split(*, actor: Actor, deployment: Deployment, split: Mapping[UUID, int]) -> Deployment:
    """Share the traffic between ready revisions; the percentages add up to 100."""
    policies.check_can_change(actor, deployment)
    hold_open(actor=actor, project_id=deployment.project_id)
    Deployment.objects.select_for_update().get(pk=deployment.pk)
    revisions = _held(deployment)
    if unknown := set(split) - set(revisions):
        raise SplitRefused(_("This deployment has no revision %(id)s.") % {"id": next(iter(unknown))})
    if any(percent < 0 for percent in split.values()) or sum(split.values()) != 100:
        raise SplitRefused(
            _("The shares add up to %(sum)d; they must make 100.") % {"sum": sum(split.values())},
            fields={"split": [_("Shares of 0 to 100 that make 100 together.")]},
        )
    for pk, percent in split.items():
        policies.check_can_give_share(actor, revisions[pk], percent)
    _apply(actor, deployment, {pk: split.get(pk, 0) for pk in revisions}, revisions)
    return deployment


@transaction.atomic
def roll_back(*, actor: Actor, deployment: Deployment) -> Revision:
    """All traffic back to the newest ready revision before the one that serves most, whose version may serve."""
    policies.check_can_change(actor, deployment)
    Deployment.objects.select_for_update().get(pk=deployment.pk)
    revisions = _held(deployment)
    policies.check_there_is_a_way_back(actor, revisions.values())
    target, serving = cast("tuple[Revision, Revision]", rollback_target(revisions.values()))
    _apply(actor, deployment, {pk: 100 if pk == target.pk else 0 for pk in revisions}, revisions)
    went = RolledBack(deployment_id=deployment.pk, from_revision_id=serving.pk, to_revision_id=target.pk)
    ledger.record(went, actor=actor, project_id=deployment.project_id, subject=("deployment", deployment.pk))
    return target


def give_all_to(actor: Actor, revision: Revision) -> None:
    """All traffic to one revision; the caller holds the deployment's row."""
    revisions = {r.pk: r for r in Revision.objects.select_for_update().filter(deployment_id=revision.deployment_id)}
    _apply(actor, revision.deployment, {pk: 100 if pk == revision.pk else 0 for pk in revisions}, revisions)


def give_to_nobody(actor: Actor, deployment: Deployment, revisions: Iterable[Revision]) -> None:
    """No traffic to any of them; the caller holds their rows and ends them."""
    known = {revision.pk: revision for revision in revisions}
    _apply(actor, deployment, dict.fromkeys(known, 0), known)


def _held(deployment: Deployment) -> dict[UUID, Revision]:
    rows = deployment.revisions.select_for_update(of=("self",)).select_related("model_version__model", "deployment")
    return {revision.pk: revision for revision in rows}


def _apply(actor: Actor, deployment: Deployment, split: Mapping[UUID, int], revisions: Mapping[UUID, Revision]) -> None:
    for pk, percent in split.items():
        revision = revisions[pk]
        revision.traffic_percent = percent
        if percent:
            revision.served_at = now()
        revision.save(update_fields=["traffic_percent", "served_at"])
    words = tuple(f"{revisions[pk].number}:{percent}" for pk, percent in split.items() if percent)
    changed = SplitChanged(deployment_id=deployment.pk, split=words)
    ledger.record(changed, actor=actor, project_id=deployment.project_id, subject=("deployment", deployment.pk))
    routes_changed()

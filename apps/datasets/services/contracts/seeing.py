"""Whoever builds on a dataset says that they have seen what breaks."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.datasets import policies
from apps.datasets.events import BreachSeen
from apps.datasets.models import Breach
from foundation import ledger
from foundation.errors import AccessDenied, Conflict
from foundation.identity import Actor


@transaction.atomic
def see_breach(*, actor: Actor, breach: Breach, now: datetime) -> Breach:
    """For everything that the actor made, or for all of it as somebody who decides approvals."""
    breach = (
        Breach.objects.select_for_update(of=("self",)).select_related("version__dataset", "contract").get(pk=breach.pk)
    )
    policies.check_may_speak(actor, breach)
    if not breach.unseen:
        raise Conflict(_("Everybody who builds on this dataset has seen it already."))
    mine = [one for one in breach.consumers if not one["seen_by"] and policies.speaks_for(actor, breach, one["owner"])]
    if not mine:
        sentence = _("You made nothing that builds on this dataset. Its makers, or whoever decides approvals, say it.")
        raise AccessDenied(sentence)
    for one in mine:
        one["seen_by"], one["seen_at"] = str(actor.user or actor.label), now.isoformat(timespec="seconds")
    breach.save(update_fields=["consumers"])
    said = BreachSeen(
        dataset_id=breach.dataset_id,
        version_id=breach.version_id,
        contract_id=breach.contract_id,
        consumer_count=len(mine),
        left_count=len(breach.unseen),
    )
    ledger.record(said, actor=actor, project_id=breach.project_id, subject=("dataset_version", breach.version_id))
    return breach

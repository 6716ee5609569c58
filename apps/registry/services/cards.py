"""The model card: drafted from evidence, then a person's to write; every change is on the ledger."""

from __future__ import annotations

import hashlib

from django.db import transaction
from django.utils.translation import gettext as _

from apps.features import selectors as features
from apps.registry import policies, selectors
from apps.registry.events import CardChanged
from apps.registry.models import ModelVersion
from foundation import ledger
from foundation.clock import now
from foundation.errors import Conflict
from foundation.identity import Actor
from foundation.web import editions


def draft_card(*, actor: Actor, version: ModelVersion) -> str:
    """Markdown with the facts that are known; the questions that only people can answer stay open."""
    run = version.run
    training_set = features.get_training_set(actor=actor, training_set_id=run.training_set_id)
    target = version.input_schema.get("target", {})
    figures = "\n".join(f"| {name} | {value:.4f} |" for name, value in version.metrics.get("test", {}).items())
    inputs = ", ".join(f"`{feature['name']}`" for feature in version.input_schema.get("features", []))
    return _(
        "# %(name)s\n\n"
        "## What it is for\n\n%(purpose)s\n\n"
        "## What it predicts\n\n`%(target)s` (%(task)s), from %(inputs)s.\n\n"
        "## What it learned from\n\n"
        "%(training_set)s: %(rows)s rows, digest `%(digest)s`.\n\n"
        "Features younger than their label: %(leakage)s\n\n"
        "## How well it does on test rows\n\n| figure | value |\n|---|---|\n%(figures)s\n\n"
        "## Limits and risks\n\nNot written yet: who could be harmed by a wrong answer, and when not to use it.\n"
    ) % {
        "name": version,
        "purpose": run.purpose or run.project.purpose or _("Not written yet."),
        "target": target.get("name", training_set.label),
        "task": target.get("task", ""),
        "inputs": inputs,
        "training_set": training_set,
        "rows": f"{training_set.row_count:,}",
        "digest": training_set.digest[:16],
        "leakage": features.leakage_in_words(training_set) or "?",
        "figures": figures,
    }


@transaction.atomic
def edit_card(
    *,
    actor: Actor,
    version: ModelVersion,
    card: str,
    seen_number: int,
    why: str = "",
    restores: int | None = None,
) -> ModelVersion:
    """Write the card as its next edition; refused where somebody else wrote since it was read, so nothing is lost.

    `why` is kept beside it, and which edition it `restores`.
    """
    version = ModelVersion.objects.select_for_update(of=("self",)).select_related("model").get(pk=version.pk)
    policies.check_can_edit_card(actor, version)
    if version.card_number != seen_number:
        raise Conflict(_("Somebody changed the card while you wrote. Copy your text, reload, and bring both together."))
    kept = editions.keep(
        selectors.about_card(version),
        actor=actor,
        before=version.card,
        text=card,
        why=why,
        restores=restores,
        counted=version.card_number,
        now=now(),
    )
    version.card, version.card_number = card, kept.number
    version.save(update_fields=["card", "card_number"])
    changed = CardChanged(version_id=version.pk, card_digest=hashlib.sha256(card.encode()).hexdigest())
    ledger.record(changed, actor=actor, project_id=version.project_id, subject=("model_version", version.pk))
    return version


@transaction.atomic
def restore_card(*, actor: Actor, version: ModelVersion, number: int, why: str = "") -> ModelVersion:
    """The text of an earlier edition counts again, as a new one. Conflict where it counts already."""
    policies.check_can_edit_card(actor, version)
    locked = ModelVersion.objects.select_for_update(of=("self",)).select_related("model").get(pk=version.pk)
    found = editions.edition(selectors.about_card(locked), number)
    if found.text == locked.card:
        raise Conflict(_("The text of edition %(number)d counts already.") % {"number": number})
    return edit_card(
        actor=actor, version=locked, card=found.text, seen_number=locked.card_number, why=why, restores=number
    )

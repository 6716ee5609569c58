"""What is proven of each model in production, and what is missing, as far as is known without recomputing the chain."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from apps.compliance.choices import Proof
from apps.compliance.models import Report
from apps.compliance.ports import Section
from apps.compliance.selectors.chains import ModelChain, chain_of_version
from apps.compliance.selectors.proofs import Proofs
from apps.compliance.selectors.reports import reports_of_version
from apps.compliance.selectors.statements import sections_of
from apps.registry import selectors as registry
from apps.registry.choices import Stage
from apps.tenants import selectors as tenants
from foundation import ledger
from foundation.identity import Actor

# A page of models: each is read with its whole chain.
_MOST = 20


@dataclass(frozen=True)
class Standing:
    """One version in production: how many statements stand, which do not, and its newest report."""

    version: Any
    proven: int
    open_points: list[dict[str, str]]
    report: Report | None


def production_standing(*, actor: Actor, project_id: UUID | None = None) -> list[Standing]:
    rows = registry.visible_versions(actor=actor, project_id=project_id).filter(stage=Stage.PRODUCTION)
    record = ledger.standing(actor, checkpoints=1)
    whole = 0 if record.broken else record.entries
    return [_standing(actor, version, whole) for version in rows.order_by("-promoted_at")[:_MOST]]


def gathered(*, actor: Actor, version: Any, whole: int, signed: int) -> tuple[ModelChain, list[Section]]:
    """The chain with its statements, the entries up to `whole` taken as unbroken."""
    chain = chain_of_version(actor=actor, version=version)
    entries = ledger.entries_about(tenant_id=actor.tenant_id, subjects=chain.subjects())
    people = {entry.event.named_actor for entry in entries}
    names = tenants.names_of(actor=actor, user_ids=people)
    return chain, sections_of(chain, Proofs(entries, names, whole, signed))


def open_points(sections: Iterable[Section]) -> list[dict[str, str]]:
    return [
        {"section": section.key, "state": str(said.state), "text": said.text, "reason": said.reason}
        for section in sections
        for said in section.statements
        if said.state in {Proof.UNPROVEN, Proof.MISSING}
    ]


def count(sections: Iterable[Section], state: Proof) -> int:
    return sum(said.state == state for section in sections for said in section.statements)


def _standing(actor: Actor, version: Any, whole: int) -> Standing:
    _chain, sections = gathered(actor=actor, version=version, whole=whole, signed=whole)
    newest = reports_of_version(actor=actor, version_id=version.pk).first()
    return Standing(version, count(sections, Proof.PROVEN), open_points(sections), newest)

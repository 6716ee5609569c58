"""What happens to transformations. That one waits or runs is no entry: what it makes says so itself."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class TransformationCreated(ledger.Event):
    kind = "transformation.created"
    said = _("set up the transformation")
    icon = "plus"
    transformation_id: UUID
    output_id: UUID


@dataclass(frozen=True, kw_only=True)
class TransformationDefined(ledger.Event):
    """How it makes its rows from now on; `definition_digest` is the SHA-256 of its SQL and inputs."""

    kind = "transformation.defined"
    said = _("said how it makes its rows (definition %(number)s)")
    icon = "sql"
    transformation_id: UUID
    definition_id: UUID
    number: int
    definition_digest: str
    input_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class TransformationPaused(ledger.Event):
    kind = "transformation.paused"
    said = _("paused the transformation")
    icon = "player-pause"
    transformation_id: UUID


@dataclass(frozen=True, kw_only=True)
class TransformationResumed(ledger.Event):
    kind = "transformation.resumed"
    said = _("let the transformation run again")
    icon = "player-play"
    transformation_id: UUID


@dataclass(frozen=True, kw_only=True)
class TransformationRunAsked(ledger.Event):
    """Somebody wants it made now; with `below`, everything that is made of it, too."""

    kind = "transformation.run_asked"
    said = _("had the transformation run")
    icon = "player-play"
    transformation_id: UUID
    below: bool


@dataclass(frozen=True, kw_only=True)
class TransformationDeleted(ledger.Event):
    kind = "transformation.deleted"
    said = _("deleted the transformation; its dataset stays")
    icon = "trash"
    transformation_id: UUID


@dataclass(frozen=True, kw_only=True)
class TransformationRestored(ledger.Event):
    kind = "transformation.restored"
    said = _("restored the transformation from the bin")
    icon = "arrow-back-up"
    transformation_id: UUID


@dataclass(frozen=True, kw_only=True)
class TransformationDestroyed(ledger.Event):
    kind = "transformation.destroyed"
    said = _("deleted the transformation for ever, out of the bin")
    icon = "trash"
    transformation_id: UUID

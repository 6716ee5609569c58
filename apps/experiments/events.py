from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class RunQueued(ledger.Event):
    kind = "run.queued"
    said = _("asked for the run")
    icon = "clock"
    run_id: UUID
    training_set_id: UUID
    recipe: str
    spec_digest: str


@dataclass(frozen=True, kw_only=True)
class RunStarted(ledger.Event):
    kind = "run.started"
    said = _("began attempt %(attempt)s")
    icon = "player-play"
    run_id: UUID
    attempt: int
    engine: str


@dataclass(frozen=True, kw_only=True)
class RunSucceeded(ledger.Event):
    """`reproduced` says whether a repeat gave the figures of the run that it repeats, to the last digit.

    `model_digest` stands for the model's files as the run left them, in the words of `model_version.registered`.
    """

    kind = "run.succeeded"
    said = _("finished the run")
    icon = "circle-check"
    run_id: UUID
    attempt: int
    code_digest: str
    manifest_digest: str
    model_digest: str
    repeated_from_id: UUID | None
    reproduced: bool | None


@dataclass(frozen=True, kw_only=True)
class RunFailed(ledger.Event):
    kind = "run.failed"
    said = _("ended the run as failed")
    icon = "circle-x"
    run_id: UUID
    attempt: int


@dataclass(frozen=True, kw_only=True)
class RunCancelled(ledger.Event):
    kind = "run.cancelled"
    said = _("cancelled the run")
    icon = "player-stop"
    run_id: UUID
    attempt: int

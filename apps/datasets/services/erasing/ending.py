"""The end of an erasure: the value is destroyed, and what was erased where is summed up for the record."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any
from uuid import UUID

from apps.datasets.choices import ERASURE_NEXT, ErasedKind, ErasureState
from apps.datasets.events import ErasureFailed, PersonErased
from apps.datasets.models import Erasure
from apps.datasets.services.erasing.asking import ERASE, record
from apps.datasets.services.erasing.sealing import destroy_value
from foundation import jobs, states
from foundation.clock import now
from foundation.identity import Actor
from foundation.words import words_of

if TYPE_CHECKING:
    from foundation.jobs.models import Job


def end(actor: Actor, erasure: Erasure) -> None:
    """Everything is erased; the caller makes sure that the keys of the value are gone."""
    erasure = Erasure.objects.select_for_update().get(pk=erasure.pk)
    if erasure.state != ErasureState.ERASING:
        return
    things = list(erasure.things.all())
    counts = {kind: sum(one.kind == kind for one in things) for kind in ErasedKind}
    versions = [one for one in things if one.kind == ErasedKind.DATASET_VERSION]
    erasure.version_count, erasure.row_count = len(versions), sum(one.row_count or 0 for one in versions)
    erasure.summary_digest = hashlib.sha256(summary_lines(erasure)).hexdigest()
    destroy_value(actor, erasure)
    states.move(erasure, ErasureState.ERASED, ERASURE_NEXT)
    erasure.ended_at = now()
    erasure.save()
    record(
        PersonErased,
        actor,
        erasure,
        version_count=len(versions),
        view_count=counts[ErasedKind.FEATURE_VIEW],
        training_set_count=counts[ErasedKind.TRAINING_SET],
        log_rows=sum(one.row_count or 0 for one in things if one.kind == ErasedKind.INFERENCE_LOG),
        left_count=sum(one.is_left for one in things),
        summary_digest=erasure.summary_digest,
    )


def summary_lines(erasure: Erasure) -> bytes:
    """What was erased where, as JSON lines in a fixed order: their SHA-256 is the digest that the ledger names.

    It says how much and when, by ids and digests, and never whom: `subject_digest` is keyed.
    """
    head: dict[str, Any] = {
        "erasure": str(erasure.pk),
        "subject_digest": erasure.subject_digest,
        "asked_at": erasure.created_at.isoformat(),
    }
    things = sorted(erasure.things.all(), key=lambda one: (one.kind, str(one.thing_id)))
    lines = [
        {
            "kind": one.kind,
            "id": str(one.thing_id),
            "digest": one.digest,
            "rows": one.row_count,
            "successor": str(one.successor_id) if one.successor_id else None,
            "left_to_people": one.is_left,
            "erased_at": one.erased_at.isoformat() if one.erased_at else None,
        }
        for one in things
    ]
    return b"".join(json.dumps(line, sort_keys=True).encode() + b"\n" for line in (head, *lines))


@jobs.on_failure(ERASE)
@jobs.on_cancel(ERASE)
def _erasing_failed(job: Job, sentence: str, actor: Actor) -> None:
    """The value is not kept for another try: whoever has it go on types it again."""
    erasure = Erasure.objects.select_for_update().get(pk=UUID(job.arguments["erasure_id"]))
    if erasure.state != ErasureState.ERASING:
        return
    destroy_value(actor, erasure)
    states.move(erasure, ErasureState.FAILED, ERASURE_NEXT)
    erasure.failure, erasure.failure_words, erasure.ended_at = sentence, words_of(sentence), now()
    erasure.save(update_fields=["state", "sealed", "failure", "failure_words", "ended_at"])
    record(ErasureFailed, actor, erasure)

"""A few of the answers of the portal itself go into the queue; those of the gateway come there by themselves."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings

from apps.features.adapters.samples import queue_at
from apps.features.ports import SampleQueue
from foundation.errors import Unavailable
from runtime.online.reading import Answer
from runtime.online.samples import Sampler

log = logging.getLogger("sanad.features")
_sampler = Sampler()


def sample_queue() -> SampleQueue:
    return queue_at(settings.REDIS_URL)


def keep_samples(
    tenant_id: UUID,
    entities: Sequence[Mapping[str, Any]],
    answer: Answer,
    shares: Mapping[UUID, float],
    *,
    now_us: int,
) -> None:
    """Put some of what was just served into the queue; whoever asked gets the answer even where that fails."""
    put_samples(tenant_id=tenant_id, samples=_sampler.taken(entities, answer, shares, now_us=now_us))


def put_samples(*, tenant_id: UUID, samples: Sequence[bytes]) -> None:
    """The same of samples that an inference server took of what it looked up."""
    if not samples:
        return
    try:
        sample_queue().put(tenant_id, samples)
    except Unavailable:
        log.warning("Samples of served features could not be kept", exc_info=True)

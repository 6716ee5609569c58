"""One chunk of a view's keys after the other is written online, counted and read back there, and told of."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F
from django.utils.translation import gettext as _

from apps.features.choices import MaterialisationState
from apps.features.models import FeatureView, Materialisation
from apps.features.services.online.keys import online_store, online_view
from apps.features.services.online.rows import Rows, uncollected
from foundation.errors import Unavailable
from foundation.figures import quantity
from foundation.jobs import JobHandle
from runtime.online import Writer

# Of so many values one is read back once its chunk is written.
_SAMPLED = 1_000
_MEASURED = 100


@dataclass
class Work:
    """One attempt at a materialisation."""

    job: JobHandle
    view: FeatureView
    row: Materialisation
    rows: Rows
    newest_us: int | None

    def __post_init__(self) -> None:
        self.online = online_view(self.view)
        self.writer = Writer(self.online, self.row.number)
        self.store = online_store()
        self.began, self.first = time.monotonic(), self.row.chunks_done
        self.sample: list[bytes] = []

    @property
    def fence(self) -> dict[str, bytes]:
        return {"writer": self.online.writer, "number": self.writer.number}


def write_chunks(work: Work) -> bool:
    """Write those that are not written yet; False where the materialisation has ended meanwhile."""
    row, job = work.row, work.job
    for chunk in range(row.chunks_done, row.chunks):
        written = _write_chunk(work, chunk)
        with job.scope():
            there = Materialisation.objects.filter(pk=row.pk, state=MaterialisationState.RUNNING)
            if not there.update(chunks_done=chunk + 1, keys_written=F("keys_written") + written):
                return False
        row.chunks_done, row.keys_written = chunk + 1, row.keys_written + written
        job.raise_if_cancelled()
    return True


def _write_chunk(work: Work, chunk: int) -> int:
    """How many keys were written, counted in the store; Unavailable where some are not there afterwards."""
    written, sample = 0, list[tuple[bytes, bytes]]()
    for names, timelines in work.rows.timelines(work.online, chunk):
        with uncollected():
            pairs = list(zip(names, work.writer.sealed(names, timelines), strict=True))
        there = work.store.write_as(pairs, **work.fence)
        _check(there == len(pairs))
        sample += pairs[-written % _SAMPLED :: _SAMPLED]
        written += there
        work.job.raise_if_cancelled()
        _tell(work, chunk, written)
    read = [work.store.read([name for name, _value in some]) for some in _hundreds(sample)]
    found = [value for some in read for value in some]
    if found != [value for _name, value in sample]:
        work.store.check(**work.fence)
        _check(False)
    work.sample = [name for name, _value in sample[:_MEASURED]] or work.sample
    return written


def _check(holds: bool) -> None:
    if not holds:
        raise Unavailable(_("The online store lost values while they were written; the job tries again."))


def _hundreds(pairs: Sequence[tuple[bytes, bytes]]) -> list[Sequence[tuple[bytes, bytes]]]:
    return [pairs[start : start + 100] for start in range(0, len(pairs), 100)]


def _tell(work: Work, chunk: int, written: int) -> None:
    """How far it is, and how long the rest takes at this pace."""
    row = work.row
    keys = row.keys_written + written
    if row.chunks == 1:
        work.job.progress(_("%(keys)s keys are online") % {"keys": quantity(keys)}, None)
        return
    part = min(1.0, written / max(1, row.keys_written / chunk)) if chunk else 0.0
    done = (chunk + part) / row.chunks
    since_begun = done - work.first / row.chunks
    left = (time.monotonic() - work.began) * (1 - done) / since_begun if since_begun > 0 else 0
    words = {"keys": quantity(keys), "minutes": math.ceil(left / 60)}
    said = _("%(keys)s keys are online; about %(minutes)s minutes left") if left else _("%(keys)s keys are online")
    work.job.progress(said % words, 100 * done)

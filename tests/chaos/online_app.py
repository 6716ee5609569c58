"""The portal's Celery, which puts views online in parts of a few keys, and stops after the second to be killed."""

from __future__ import annotations

import os
import sys
from datetime import timedelta

from portal.working import app as celery  # isort: skip  (what follows needs the settings)

from apps.features.services.online import chunks, parting
from foundation.jobs import leases
from tests.chaos.stopping import stop_at, write

__all__ = ["celery"]
leases.LEASE, leases.RENEW_EVERY = timedelta(seconds=10), 2.0
parting.CHUNK_ROWS = 50
_write_chunk = chunks._write_chunk


def after_second():
    """Here it stops."""


def noted(work, chunk):
    write("parts", f"{os.getpid()}={chunk}")
    done = _write_chunk(work, chunk)
    if chunk == 1:
        after_second()
    return done


chunks._write_chunk = noted
stop_at({"second": (sys.modules[__name__], "after_second")})

from __future__ import annotations

from datetime import timedelta

from foundation import storage
from foundation.jobs import periodic


@periodic(name="storage.sweep_scratch", every=timedelta(minutes=10))
def sweep_scratch() -> None:
    storage.sweep_scratch()

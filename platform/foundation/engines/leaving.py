"""What a portal that goes for good does with what it started."""

from __future__ import annotations

from foundation.engines.ports import ComputeEngine


def end_all(engine: ComputeEngine, *, keep: bool = False) -> list[str]:
    """Stop every workload of this portal and remove it, or with `keep` leave it stopped; the names, in order."""
    names = engine.list()
    for name in names:
        engine.stop(name)
        if not keep:
            engine.remove(name)
    return names

"""The marker beside a view's values: that all of them are there, of which materialisation, and up to which step of a
stream. What a store says that came back with a copy of before is behind what the database knows.

A marker is `[number, as of (microseconds since 1970), keys, step]`; one without a step was written before steps were
counted, and its number alone is compared.
"""

from __future__ import annotations

from typing import Any

import msgspec

from apps.features.models import FeatureView
from apps.features.ports import OnlineStore
from runtime.online import OnlineView

_STEP = 3


def step_online(view: FeatureView) -> int:
    """The last step of its stream whose keys are online, as the database knows it; 0 of a view that follows none."""
    return int((view.follow or {}).get("online_step", 0))


def write_marker(
    store: OnlineStore, online: OnlineView, *, number: int, as_of_us: int, keys: int, step: int, fence: dict[str, Any]
) -> None:
    """Say that all values are there; Overtaken or Forgotten where somebody else has the view by now."""
    store.write_as([(online.marker, msgspec.msgpack.encode([number, as_of_us, keys, step]))], **fence)


def note_step(store: OnlineStore, online: OnlineView, step: int, *, fence: dict[str, Any]) -> None:
    """Say that the keys of this step are there, too; where the marker is gone, nothing: the whole view comes anew."""
    (said,) = store.read([online.marker])
    if said is not None:
        number, as_of_us, keys, *_before = msgspec.msgpack.decode(said)
        write_marker(store, online, number=number, as_of_us=as_of_us, keys=keys, step=step, fence=fence)


def says_all(view: FeatureView, said: bytes | None) -> bool:
    """Whether a view's marker is no older than what the database knows; `last_number` is known `with_last_number`."""
    if said is None:
        return False
    told = msgspec.msgpack.decode(said)
    if told[0] < (getattr(view, "last_number", None) or 0):
        return False
    return len(told) <= _STEP or told[_STEP] >= step_online(view)

"""The values of chosen keys, as they are now and as they follow, in the place of what is online of these keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from apps.features import selectors
from apps.features.choices import MaterialisationState
from apps.features.errors import Overtaken
from apps.features.models import FeatureView, Materialisation
from apps.features.services.online.beginning import open_of
from apps.features.services.online.keys import online_store, online_view
from apps.features.services.online.markers import note_step
from apps.features.services.online.rows import Rows
from foundation import lake
from foundation.errors import Unavailable
from runtime.online import Writer

# Of what is written at once so many values are read back.
_READ_BACK = 50


def number_online(view: FeatureView) -> int:
    """Whose values are online, in the tenant's scope; Overtaken while another materialisation is on its way."""
    last = Materialisation.objects.filter(view=view, state=MaterialisationState.DONE).order_by("-number").first()
    if last is None or open_of(view) is not None:
        raise Overtaken
    return last.number


def write_keys(view: FeatureView, number: int, keys: Mapping[str, Sequence[Any]], *, as_of: datetime) -> int:
    """How many of these keys (a column of values for each join key) have values now.

    They are written as by the materialisation of this number, counted, and some of them read back. Overtaken where
    another one has begun meanwhile, Forgotten where the store has lost the view, Unavailable where it loses values.
    """
    online, store, written = online_view(view), online_store(), 0
    writer, as_of_us = Writer(online, number), int(as_of.timestamp() * 1_000_000)
    at = selectors.view_table(view)
    rows = Rows(lake.for_tenant(view.tenant_id), at, view, as_of_us, later=True, chunks=1, keys=keys)
    for names, timelines in rows.timelines(online, 0):
        pairs = list(zip(names, writer.sealed(names, timelines), strict=True))
        there = store.write_as(pairs, writer=online.writer, number=writer.number)
        sample = pairs[:: max(1, len(pairs) // _READ_BACK)]
        if there != len(pairs) or store.read([name for name, _value in sample]) != [value for _name, value in sample]:
            store.check(online.writer, writer.number)
            raise Unavailable(_("The online store lost values while they were written; the job tries again."))
        written += there
    return written


def note_step_online(view: FeatureView, number: int, step: int) -> None:
    """All keys of this step of the view's stream have been written."""
    online = online_view(view)
    note_step(online_store(), online, step, fence={"writer": online.writer, "number": Writer(online, number).number})

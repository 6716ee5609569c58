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
from apps.features.services.online.parting import PIECE_ROWS, texts_of
from apps.features.services.online.rows import Rows, counted
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
    rows = _rows(view, as_of_us, keys)
    for chunk in range(rows.chunks):
        for names, timelines in rows.timelines(online, chunk):
            pairs = list(zip(names, writer.sealed(names, timelines), strict=True))
            there = store.write_as(pairs, writer=online.writer, number=writer.number)
            sample = pairs[:: max(1, len(pairs) // _READ_BACK)]
            read = store.read([name for name, _value in sample])
            if there != len(pairs) or read != [value for _name, value in sample]:
                store.check(online.writer, writer.number)
                raise Unavailable(_("The online store lost values while they were written; the job tries again."))
            written += there
    return written


def _rows(view: FeatureView, as_of_us: int, keys: Mapping[str, Sequence[Any]]) -> Rows:
    """Of these keys, which are few: where no value is a text their rows are not looked at before they are read."""
    tables, at = lake.for_tenant(view.tenant_id), selectors.view_table(view)
    chunks, at_once = 1, PIECE_ROWS
    if texts_of(view):
        weight = counted(tables, at, view, as_of_us, keys).weight
        chunks, at_once = weight.chunks(0), weight.at_once
    return Rows(tables, at, view, as_of_us, later=True, chunks=chunks, at_once=at_once, keys=keys)


def note_step_online(view: FeatureView, number: int, step: int) -> None:
    """All keys of this step of the view's stream have been written."""
    online = online_view(view)
    note_step(online_store(), online, step, fence={"writer": online.writer, "number": Writer(online, number).number})

"""One event in quarantine, mended by a person: what they say in the place of what did not fit, and it is a row.

It is made a row in the same moment: a value that is about to be a token is kept nowhere in clear, not even until
somebody has the quarantine read again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from apps.datasets import services as datasets
from apps.streams import policies
from apps.streams.adapters import decoder_of
from apps.streams.choices import MOST_EVENT_BYTES, Late
from apps.streams.events import EventMended
from apps.streams.models import Stream
from apps.streams.services.marking import replayer
from apps.streams.services.quarantine import bring_in, read_aside, still_there
from apps.streams.services.reading import erased_of
from apps.streams.services.setting_aside import made_whole, opened
from apps.streams.services.shaping import Shape, Shaped, fields_in, shape
from foundation import lake, ledger, live
from foundation.errors import Conflict, Invalid, NotFound
from foundation.identity import Actor


@transaction.atomic
def mend_event(*, actor: Actor, stream: Stream, place: str, values: Mapping[str, Any]) -> None:
    """Make a row of an event that lies in quarantine, with `values` by column in the place of its own; None: missing.

    Of an event that nobody can read, all values are given. Invalid says which column still does not fit; Conflict where
    the event is an erased person's.
    """
    policies.check_can_manage(actor, stream)
    if unknown := [name for name in values if name not in stream.column_names]:
        sentence = _("There is no column “%(name)s” in this stream.") % {"name": unknown[0][:80]}
        raise Invalid(sentence, fields={"values": [sentence]})
    tables = lake.for_tenant(stream.tenant_id)
    made_whole(tables, stream.quarantine)
    at = tables.current(stream.quarantine) if tables.exists(stream.quarantine) else None
    # Read before the rest, as when all of them are read again.
    seen = tables.mark_of(stream.table, replayer(stream))
    found = read_aside(tables, at, [place]) if at else []
    if not found:
        raise NotFound(_("There is no such event in quarantine: it was read again, mended or discarded meanwhile."))
    shaped = _shaped(stream, found[0], values)
    if not still_there(tables, stream, [place]):
        raise Conflict(_("Somebody else has mended or discarded this event just now."))
    _told(actor, stream, sorted(values))
    bring_in(tables, stream, shaped, [place], seen)


def _shaped(stream: Stream, row: Mapping[str, Any], values: Mapping[str, Any]) -> Shaped:
    erased = erased_of(stream)
    tokens = datasets.token_key(stream.tenant_id) if stream.makes_tokens else None
    decoder = decoder_of(stream.format, bytes(stream.event_schema), stream.message)
    [body] = opened(stream.tenant_id, stream.pk, [row])
    [decoded] = decoder.decode([body]) if body is not None and len(body) <= MOST_EVENT_BYTES else [None]
    if type(decoded) is not dict:
        decoded = fields_in(row["fields"], stream.columns) if row["fields"] else {}
    wanted = Shape(stream.columns, "", stream.lateness, Late.KEEP)
    fields = {0: {**decoded, **values}}
    shaped = shape(decoder, [body], [row["ms"]], wanted, None, tokens=tokens, erased=erased, known=fields)
    if shaped.left_out:
        raise Conflict(_("This event came before its person was erased; discard it."))
    if shaped.aside:
        [(_index, rule, column)] = shaped.aside
        sentence = _("“%(column)s” %(rule)s.") % {"column": column, "rule": rule.label}
        raise Invalid(sentence, fields={column: [sentence]})
    return shaped


def _told(actor: Actor, stream: Stream, columns: list[str]) -> None:
    Stream.objects.filter(pk=stream.pk).update(replayed=F("replayed") + 1)
    stream.refresh_from_db()
    mended = EventMended(stream_id=stream.pk, columns=columns)
    ledger.record(mended, actor=actor, project_id=stream.project_id, subject=("stream", stream.pk))
    live.publish(stream.tenant_id, f"stream:{stream.pk}", "stream_quarantine", stream.told())

"""Features as they are now: put into the online store, read from it, watched there."""

from apps.features.services.online.beginning import begin_materialisation, plans_changed, request_materialisation
from apps.features.services.online.chosen import note_step_online, number_online, write_keys
from apps.features.services.online.forgetting import note_forgotten
from apps.features.services.online.freshness import promise_freshness, watch_online
from apps.features.services.online.keys import drop_online, drop_values, online_store, online_view
from apps.features.services.online.lookups import (
    Lookups,
    end_lookups,
    lend_lookups,
    lookups_of,
    may_lend_lookups,
    why_not_lent,
)
from apps.features.services.online.materialising import materialise_view
from apps.features.services.online.planning import online_plan, plans_number
from apps.features.services.online.readers import Admitted, admit_reader, end_readers, end_readers_in, end_readers_of
from apps.features.services.online.reading import read_online, read_plan
from apps.features.services.online.taking_away import ask_to_take_offline, take_offline

__all__ = [
    "Admitted",
    "Lookups",
    "admit_reader",
    "ask_to_take_offline",
    "begin_materialisation",
    "drop_online",
    "drop_values",
    "end_lookups",
    "end_readers",
    "end_readers_in",
    "end_readers_of",
    "lend_lookups",
    "lookups_of",
    "materialise_view",
    "may_lend_lookups",
    "note_forgotten",
    "note_step_online",
    "number_online",
    "online_plan",
    "online_store",
    "online_view",
    "plans_changed",
    "plans_number",
    "promise_freshness",
    "read_online",
    "read_plan",
    "request_materialisation",
    "take_offline",
    "watch_online",
    "why_not_lent",
    "write_keys",
]

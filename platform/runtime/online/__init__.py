"""Features as they are now, read where a model needs them: in the portal, the gateway, a container, a program.

A store keeps, under a keyed digest of an entity's keys, a sealed timeline of its values. Any number of entities and
views is one question to it. Nothing here knows Django, nor a client of any store.
"""

from runtime.online.answers import results
from runtime.online.derived import Derived, RequestRefused, check_requests, parted, told_beside
from runtime.online.names import KeyRefused, marker_of, prefix_of, text_of
from runtime.online.plans import Plan, PlannedView
from runtime.online.reading import Answer, AsyncReader, AsyncStore, OnlineReader, Store
from runtime.online.values import NotOurs, OnlineView, Writer
from runtime.online.wire import AsyncValkey, StoreAway, Valkey

__all__ = [
    "Answer",
    "AsyncReader",
    "AsyncStore",
    "AsyncValkey",
    "Derived",
    "KeyRefused",
    "NotOurs",
    "OnlineReader",
    "OnlineView",
    "Plan",
    "PlannedView",
    "RequestRefused",
    "Store",
    "StoreAway",
    "Valkey",
    "Writer",
    "check_requests",
    "marker_of",
    "parted",
    "prefix_of",
    "results",
    "text_of",
    "told_beside",
]

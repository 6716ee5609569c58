"""Writes of connections, and what is asked through them."""

from apps.connections.ports import Asked, Broker, Described, Events, File, Piece, Place, Source, Table, Thing
from apps.connections.services.connections import (
    ConnectionBin,
    create_connection,
    delete_connection,
    edit_connection,
    readers_of,
    register_readers,
    test_connection,
)
from apps.connections.services.export_part import connection_part
from apps.connections.services.looking import (
    as_words,
    at_once_of,
    check_out_of_bin,
    described,
    things,
    usable_connection,
)
from apps.connections.services.opening import broker_of, drop_pushed, portal_broker, push, source_of

__all__ = [
    "Asked",
    "Broker",
    "ConnectionBin",
    "Described",
    "Events",
    "File",
    "Piece",
    "Place",
    "Source",
    "Table",
    "Thing",
    "as_words",
    "at_once_of",
    "broker_of",
    "check_out_of_bin",
    "connection_part",
    "create_connection",
    "delete_connection",
    "described",
    "drop_pushed",
    "edit_connection",
    "portal_broker",
    "push",
    "readers_of",
    "register_readers",
    "source_of",
    "test_connection",
    "things",
    "usable_connection",
]

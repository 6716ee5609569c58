"""Writes of streams, and the consumer that reads them."""

from apps.streams.services.consuming import Consumer
from apps.streams.services.reading import take
from apps.streams.services.streams import create_stream, delete_stream, edit_stream, pause_stream, resume_stream

__all__ = [
    "Consumer",
    "create_stream",
    "delete_stream",
    "edit_stream",
    "pause_stream",
    "resume_stream",
    "take",
]

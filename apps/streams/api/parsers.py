from __future__ import annotations

from typing import Any

from rest_framework.parsers import BaseParser

from apps.streams.choices import MOST_PUSHED_BYTES


class EventsParser(BaseParser):
    """The raw bytes of a request with events, and of a larger one a byte more: enough to refuse it by."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        return stream.read(MOST_PUSHED_BYTES + 1)

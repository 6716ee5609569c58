from __future__ import annotations

from typing import Any

from rest_framework.parsers import BaseParser


class ChunkParser(BaseParser):
    """The raw bytes of one chunk; Django's own limit on a request's body holds."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        return stream.read()

from __future__ import annotations

from typing import Any

from rest_framework.parsers import BaseParser

from apps.datasets.services import CHUNK_BYTES


class ChunkParser(BaseParser):
    """The raw bytes of one chunk, and of a larger body one byte more: enough to refuse it by, and no memory for it."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        return stream.read(CHUNK_BYTES + 1)

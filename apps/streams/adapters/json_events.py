"""Events in JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson


class JsonDecoder:
    """orjson refuses what is nested deeper than 1024 levels, NaN, and text that is no UTF-8."""

    def decode(self, bodies: Sequence[bytes]) -> list[Any]:
        loads = orjson.loads
        try:
            return [loads(body) for body in bodies]
        except orjson.JSONDecodeError:
            return [_one(body) for body in bodies]

    def columns(self) -> None:
        return None


def _one(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None

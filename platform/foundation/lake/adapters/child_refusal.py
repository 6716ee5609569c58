"""In the child: why a file is not read."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """A kind and its facts (line, column, …); the parent makes the sentence."""

    def __init__(self, kind: str, /, **facts: Any) -> None:
        super().__init__(kind)
        self.said = {"refused": kind, **facts}

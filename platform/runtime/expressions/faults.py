from __future__ import annotations

from typing import Any


class ExpressionFault(ValueError):
    """An expression that cannot mean anything: a code, where (signs from `start` up to `end`), and words for it.

    Codes: empty, long, large, syntax, construct, name, function, arguments, kind, kinds, compare_missing, constant,
    setting, number, result. The portal says each in the reader's language.
    """

    def __init__(self, code: str, start: int = 0, end: int = 0, **values: Any) -> None:
        super().__init__(f"{code} at {start}: {values}")
        self.code, self.start, self.end, self.values = code, start, end, values

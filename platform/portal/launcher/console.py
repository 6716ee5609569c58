"""A few calm lines on the terminal."""

from __future__ import annotations

import os
import sys


class Console:
    """Says what happens; a terminal that has gone away must not take the processes with it."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._open = not quiet

    def say(self, line: str = "") -> None:
        if not self._open:
            return
        try:
            print(line, flush=True)
        except OSError:
            self._open = False
            # What Python still holds back for the lost terminal would raise again at exit.
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123

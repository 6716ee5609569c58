"""How a workload says why it stopped."""

from __future__ import annotations

import json
import sys

FAILURE_PREFIX = "SANAD-FAILURE "


class WorkloadFailure(Exception):
    """A reason for which a run or a service cannot go on; the sentence is what the person reads."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def announce(sentence: str) -> None:
    """Print the one line by which the portal learns the reason; it has to be the last line of the log."""
    sys.stderr.flush()
    print(FAILURE_PREFIX + json.dumps({"sentence": sentence}, ensure_ascii=False), flush=True)


def read_failure(log: str) -> str | None:
    """Return the sentence of the last failure line in a log, or None."""
    for line in reversed(log.splitlines()):
        _, found, body = line.partition(FAILURE_PREFIX)
        if found:
            try:
                return str(json.loads(body)["sentence"])
            except (ValueError, KeyError, TypeError):
                continue
    return None

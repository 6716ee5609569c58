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
    said = (sentence_in(line) for line in reversed(log.splitlines()))
    return next((sentence for sentence in said if sentence is not None), None)


def sentence_in(line: str) -> str | None:
    """The sentence of a failure line, or None of any other: what the user's own code prints may look like one."""
    _, found, body = line.partition(FAILURE_PREFIX)
    if not found:
        return None
    try:
        return str(json.loads(body)["sentence"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None

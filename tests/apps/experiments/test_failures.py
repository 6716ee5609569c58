"""Why a run failed: the trainer's own sentence where it gave one, read by the one function that knows the line."""

from types import SimpleNamespace

import pytest

from apps.experiments import selectors
from apps.experiments.services import ending
from foundation.engines.ports import WorkloadState, WorkloadStatus

ENDED = WorkloadStatus(state=WorkloadState.FAILED, exit_code=1)
BY_THE_ENGINE = ENDED.sentence
SAID = '2013-07-01 SANAD-FAILURE {"sentence": "The target is constant."}'


@pytest.mark.parametrize(
    ("log", "sentence"),
    [
        (SAID, "The target is constant."),
        (f"{SAID}\nSANAD-FAILURE {{broken\n", "The target is constant."),
        ('SANAD-FAILURE {"word": "by the user\'s own code"}', BY_THE_ENGINE),
        ("SANAD-FAILURE [1]", BY_THE_ENGINE),
        ("SANAD-FAILURE " + "[" * 100_000, BY_THE_ENGINE),
        ("all is well", BY_THE_ENGINE),
    ],
)
def test_a_line_of_the_users_own_code_ends_no_worker(monkeypatch, log, sentence):
    monkeypatch.setattr(ending, "_last_words", lambda _name: log.encode())
    assert ending.cause_of(SimpleNamespace(engine_name="run-1"), ENDED) == sentence


def test_the_log_is_shown_without_the_line_that_is_a_sentence_already(monkeypatch):
    piece = f"epoch 1\n{SAID}\nSANAD-FAILURE {{broken".encode()
    monkeypatch.setattr(selectors, "read_log", lambda _run, *, offset: (piece, len(piece)))
    assert selectors.log_tail(SimpleNamespace(log_bytes=len(piece))) == "epoch 1\nSANAD-FAILURE {broken"

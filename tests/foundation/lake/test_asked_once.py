"""A question about SQL that comes again is answered from what was said a moment ago, and never longer."""

from __future__ import annotations

import pytest

from foundation.lake import sandbox
from foundation.lake.errors import LakeUnavailable, SqlFailed


class Asked:
    """Answers with how often it was asked, or with what is wrong."""

    def __init__(self, *faults):
        self.count, self._faults = 0, list(faults)

    def __call__(self):
        self.count += 1
        if self._faults:
            raise self._faults.pop(0)
        return self.count


def test_a_question_is_asked_once_within_and_each_time_without():
    ask, other = Asked(), Asked()
    assert [sandbox.once("q", ask), sandbox.once("q", ask)] == [1, 2]
    with sandbox.asked_once():
        assert [sandbox.once("q", ask), sandbox.once("q", ask), sandbox.once("other", other)] == [3, 3, 1]
        with sandbox.asked_once():
            assert sandbox.once("q", ask) == 4
        assert sandbox.once("q", ask) == 3
    assert sandbox.once("q", ask) == 5


def test_what_was_refused_is_refused_alike_and_a_lake_that_is_away_is_asked_again():
    refused, away = Asked(SqlFailed("no such column")), Asked(LakeUnavailable("away"))
    with sandbox.asked_once():
        for _again in range(2):
            with pytest.raises(SqlFailed, match="no such column"):
                sandbox.once("refused", refused)
        with pytest.raises(LakeUnavailable):
            sandbox.once("away", away)
        assert sandbox.once("away", away) == 2
    assert refused.count == 1

"""Writers, compaction, expiry and pinned reads on one table, killed at any moment: no row rises again or doubles."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import override_settings

from bench.ingestion.racing import ACTS, race


@pytest.mark.django_db(transaction=True)
def test_rows_are_what_the_writers_left_whoever_is_killed(tmp_path):
    with override_settings(LAKE_KEYS="tests.foundation.lake.conftest.keys_of"):
        outcome = race(uuid4(), tmp_path, seconds=10)
    assert +outcome.wrong == {}, outcome
    assert set(ACTS) <= set(outcome.done), outcome
    assert outcome.kills > 5 and outcome.rows > 0

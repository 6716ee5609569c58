"""A reader whose name at the store was taken asks for another one, once, before whoever reads hears of it."""

from __future__ import annotations

import os
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from runtime.online import OnlineView, Plan, StoreAway, Writer, prefix_of
from runtime.online.plans import planned
from sanad.errors import Failed
from sanad.readers import Reader

NOW_US = 1_700_000_000_000_000


class Store:
    """Keeps one entity's values, and sends away whoever it was told to."""

    def __init__(self, view):
        self.view, self.sends_away = view, 0
        names = view.names.of([{"carrier": "AA"}])
        self.kept = dict(zip(names, Writer(view, 1).sealed(names, [[[NOW_US, 0, [7]]]]), strict=True))
        self.kept[view.marker] = b"all"

    def read(self, names):
        if self.sends_away:
            self.sends_away -= 1
            raise StoreAway("WRONGPASS invalid username-password pair")
        return [self.kept.get(name) for name in names]


@pytest.fixture
def lent():
    pk = uuid.uuid4()
    view = OnlineView(pk, "delays v1", prefix_of(pk), os.urandom(32), ("carrier",), ("delay",))
    store, asked = Store(view), []

    def ask():
        asked.append(view.name)
        ends = datetime.now(UTC) + timedelta(minutes=15)
        return {"plan": Plan((planned(view, "at", None, {}),)).as_document(), "url": "", "expires_at": ends.isoformat()}

    return Reader(ask, store), store, asked


def test_a_name_that_was_taken_is_asked_for_anew_without_the_reader_noticing(lent):
    reader, store, asked = lent
    assert reader.read([{"carrier": "AA"}]).features == {"delay": [7]}
    store.sends_away = 1
    assert reader.read([{"carrier": "AA"}]).features == {"delay": [7]}
    assert len(asked) == 2


def test_a_store_that_sends_away_the_new_name_too_is_told_after_one_more_try(lent):
    reader, store, asked = lent
    reader.read([{"carrier": "AA"}])
    store.sends_away = 5
    with pytest.raises(Failed, match="ask again"):
        reader.read([{"carrier": "AA"}])
    assert (len(asked), store.sends_away) == (2, 3)


def test_the_first_name_is_not_asked_for_twice(lent):
    reader, store, asked = lent
    store.sends_away = 1
    with pytest.raises(Failed):
        reader.read([{"carrier": "AA"}])
    assert len(asked) == 1

"""A view online and a store in this process, for tests of what is read."""

from __future__ import annotations

import os
import uuid

from runtime.online import OnlineReader, OnlineView, Writer, prefix_of

NOW = 1_700_000_000_000_000
HOUR = 3_600_000_000


class Kept(dict):
    """A store in this process."""

    def __init__(self, *given):
        super().__init__(*given)
        self.asked = 0

    def read(self, names):
        self.asked += 1
        return [self.get(name) for name in names]


def view_of(*, keys=("customer",), features=("a", "b"), ttl_us=None, name="now v1"):
    pk = uuid.uuid4()
    return OnlineView(pk, name, prefix_of(pk), os.urandom(32), tuple(keys), tuple(features), ttl_us)


def put(store, view, entity, *timeline, number=1):
    names = view.names.of([entity])
    store[names[0]] = Writer(view, number).sealed(names, [list(timeline)])[0]
    store[view.marker] = b"all"
    return names[0]


def read(store, views, *entities, now_us=NOW):
    return OnlineReader(store, views).read(entities, now_us=now_us)

"""What is read online at a moment is what a join has for a label of that moment: on random rows, engine and store real.

Late corrections, rows that never become known, ties, doubles and a time to live are all among the rows (`pit`).
"""

from dataclasses import replace
from types import SimpleNamespace
from uuid import uuid4

import pytest

from apps.features.services.joining import Labels, as_of, marked_sql
from apps.features.services.online.rows import Rows, counted, plain_values
from foundation import lake
from runtime.online import OnlineReader, OnlineView, Writer, prefix_of
from tests.apps.features import point_in_time as pit

SEED = 20261130
SHAPES = {
    "plain": pit.Shape(),
    "ttl": pit.Shape(ttl=True, zoned=True, marked=None),
    "created": pit.Shape(created=True, marked=None),
    "both": pit.Shape(created=True, ttl=True, composite=True),
}
# Materialised before everything, in the middle, and at the end of what happens.
MOMENTS = (-6, 9, 45)


class Kept(dict):
    def read(self, names):
        return [self.get(name) for name in names]


@pytest.fixture
def tables(tenant):
    return lake.for_tenant(tenant.pk)


@pytest.mark.django_db
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_value_online_is_the_one_that_a_join_has_at_that_moment(tables, shape):
    labels, rows = pit.labels_and_rows(SEED)
    # A view has no rows without a key: they are refused when it is computed.
    rows = [row for row in rows if row["key"] is not None]
    base = tables.write("base", pit.label_table(labels))
    at = _as_a_view(tables, rows, shape)
    spec = shape.view("v")
    types = {column.name: column.type for column in tables.schema(at)}
    view = SimpleNamespace(
        pk=uuid4(),
        digest="d",
        sql="",
        hindsight={},
        timeless_inputs=[],
        entity=SimpleNamespace(join_keys=list(spec.keys)),
        feature_names=list(spec.features),
        features=[{"name": name, "type": types[name]} for name in spec.features],
        event_time=spec.event_time,
        created_column=spec.created,
        marked=spec.marked,
    )
    meant = Labels(kept=pit.LABELS.kept, event_time="at")
    joined = as_of(tables, "joined", meant, base, [(view, spec, at)], heard=lambda: None)
    offline = _offline(tables, joined.at, spec)
    compared = {"value": 0, "none": 0}
    for as_of_at in MOMENTS:
        online, store = _materialised(tables, at, view, spec, as_of_at)
        for label in labels:
            if label["at"] is None or label["at"] < as_of_at or None in (label["key"], label["part"]):
                continue
            entity = {key: label[column] for key, column in spec.keys.items()}
            found = OnlineReader(store, [online]).read([entity], now_us=_us(label["at"])).views[0]
            values, event = offline[label["n"]]
            told = found.rows[0]
            assert (None if told is None else [pit.shown(v) for v in told]) == values, (as_of_at, label)
            assert found.times[0] == event, (as_of_at, label)
            compared["none" if told is None else "value"] += 1
    assert min(compared.values()) > 100, compared


def _as_a_view(tables, rows, shape):
    raw = tables.write("v_raw", pit.view_table(rows, shape))
    at = tables.write_query("v_all", "SELECT * REPLACE (told::TIMESTAMP AS told) FROM r", {"r": raw})
    if not shape.marked:
        return at
    return tables.write_query("v_marked", marked_sql(replace(shape.view("r"), marked=None), "r"), {"r": at})


def _offline(tables, at, spec):
    """By a label's number the values, None where it has none or too old ones, and the event's time."""
    found = tables.query("SELECT * FROM j", {"j": at}).read_all()
    columns = [plain_values(found.column(name).combine_chunks(), text=True) for _feature, name in spec.named]
    events = found.column(spec.event_column).to_pylist()
    moments = found.column("at").to_pylist()
    rows = {}
    for place, number in enumerate(found.column("n").to_pylist()):
        event = None if events[place] is None else _us(pit.back(events[place]))
        old = event is not None and spec.ttl_us is not None and _us(pit.back(moments[place])) - event > spec.ttl_us
        values = None if event is None or old else [pit.shown(column[place]) for column in columns]
        rows[number] = (values, event)
    return rows


def _materialised(tables, at, view, spec, as_of_at):
    online = OnlineView(
        view.pk, "v", prefix_of(view.pk), b"s" * 32, tuple(spec.keys), tuple(spec.features), spec.ttl_us
    )
    as_of_us = _us(as_of_at)
    found = counted(tables, at, view, as_of_us)
    rows = Rows(tables, at, view, as_of_us, bool(found.later), 2, found.weight.at_once)
    store, writer = Kept({online.marker: b"all"}), Writer(online, 1)
    for chunk in range(rows.chunks):
        for names, timelines in rows.timelines(online, chunk):
            assert not store.keys() & set(names), "a key came twice"
            store.update(zip(names, writer.sealed(names, timelines), strict=True))
    return online, store


def _us(at):
    return round(pit.moment(at).replace(tzinfo=pit.UTC).timestamp() * 1_000_000)

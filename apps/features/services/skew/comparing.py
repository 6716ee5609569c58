"""The offline value of each sample: a point-in-time join at the moment at which it was served, nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from apps.features import selectors
from apps.features.adapters.asof import join_sql
from apps.features.choices import SkewKind
from apps.features.models import FeatureView
from apps.features.ports import JoinedView, Labels
from apps.features.services.online.rows import plain_values
from apps.features.services.proving import check_same
from foundation import lake
from foundation.quoting import identifier
from runtime.online.samples import Sample

if TYPE_CHECKING:
    import pyarrow as pa

_PLACE, _SERVED = "__place", "__served"


@dataclass
class Compared:
    """How many answers were compared, how many differed and why, and of each feature how often and how far."""

    compared: int = 0
    different: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    features: dict[str, dict[str, Any]] = field(default_factory=dict)

    def as_rows(self) -> list[dict[str, Any]]:
        return [{"name": name, **found} for name, found in self.features.items()]


def compared(view: FeatureView, samples: Sequence[Sample]) -> Compared:
    """Hold samples of one view against its rows in the lake, as a training set would have joined them."""
    found = Compared(features={name: {"different": 0, "gap": None} for name in view.feature_names})
    if not samples:
        return found
    rows = _offline(view, samples)
    for sample, (event_us, values) in zip(samples, rows, strict=True):
        _count(found, view, sample, event_us, values)
    return found


def _count(
    found: Compared, view: FeatureView, sample: Sample, event_us: int | None, values: tuple[Any, ...] | None
) -> None:
    found.compared += 1
    kind = _kind(sample, event_us, values)
    if kind is None:
        return
    found.different += 1
    found.kinds[kind.value] += 1
    nothing = (None,) * len(view.feature_names)
    for name, served, wanted in zip(view.feature_names, sample.values or nothing, values or nothing, strict=True):
        if not _same(served, wanted):
            counts = found.features[name]
            counts["different"] += 1
            gap = _gap(served, wanted)
            if gap is not None:
                counts["gap"] = max(gap, counts["gap"] or 0.0)


def _kind(sample: Sample, event_us: int | None, values: tuple[Any, ...] | None) -> SkewKind | None:
    """Why an answer differs; None where it does not. Of values alike nobody asks of which event they are."""
    if sample.values is None or values is None:
        if sample.values is values:
            return None
        return SkewKind.NOT_SERVED if sample.values is None else SkewKind.NOT_KNOWN
    if all(map(_same, sample.values, values)):
        return None
    if sample.event_us is not None and event_us is not None and sample.event_us < event_us:
        return SkewKind.OLDER
    return SkewKind.OTHER


def _same(one: Any, other: Any) -> bool:
    # NaN is the same value as NaN here: it is what both sides were told.
    return one == other or (one != one and other != other)


def _gap(one: Any, other: Any) -> float | None:
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (one, other))
    gap = abs(float(one) - float(other)) if numbers else None
    return gap if gap is not None and gap == gap and gap != float("inf") else None


def _offline(view: FeatureView, samples: Sequence[Sample]) -> list[tuple[int | None, tuple[Any, ...] | None]]:
    """The event and the values of each sample as a join has them; None where it has none, or too old ones."""
    tables, at = lake.for_tenant(view.tenant_id), selectors.view_table(view)
    types = {column.name: column.type for column in tables.schema(at)}
    keys = {key: f"__key{i}" for i, key in enumerate(view.entity.join_keys)}
    spec = JoinedView(
        alias="v",
        keys=keys,
        event_time=view.event_time,
        created=view.created_column,
        features=tuple(view.feature_names),
        ttl_us=view.ttl_seconds * 1_000_000 if view.ttl_seconds else None,
        marked=view.marked,
    )
    joined = join_sql(Labels((_PLACE, _SERVED, *keys.values()), _SERVED), [spec])
    # Text that is no value of the key's type names nobody: there is nothing to be known of it.
    named = enumerate(keys.items())
    cast = [f"TRY_CAST(unnest($k{i}) AS {types[key]}) AS {identifier(name)}" for i, (key, name) in named]
    base = f"SELECT unnest($n) AS {_PLACE}, make_timestamp(unnest($t)) AS {_SERVED}, {', '.join(cast)}"
    sql = f"WITH base AS ({base}) SELECT * FROM ({joined}) ORDER BY {_PLACE}"  # noqa: S608 - names are quoted
    params: Mapping[str, Any] = {
        "n": list(range(len(samples))),
        "t": [sample.served_us for sample in samples],
        **{f"k{i}": [sample.keys[i] for sample in samples] for i in range(len(keys))},
    }
    return _rows(tables.query(sql, {"v": at}, params).read_all(), spec, samples)


def _rows(
    joined: pa.Table, spec: JoinedView, samples: Sequence[Sample]
) -> list[tuple[int | None, tuple[Any, ...] | None]]:
    places, wanted = joined.column(_PLACE).to_pylist(), list(range(len(samples)))
    check_same(len(wanted), str(wanted), len(places), str(places))
    events = joined.column(spec.event_column).cast("timestamp[us]").cast("int64").to_pylist()
    columns = [plain_values(joined.column(name).combine_chunks(), text=True) for name in spec.features]
    found: list[tuple[int | None, tuple[Any, ...] | None]] = []
    for sample, event, values in zip(samples, events, zip(*columns, strict=True), strict=True):
        held = event is not None and (spec.ttl_us is None or sample.served_us - event <= spec.ttl_us)
        found.append((event, _as_stored(values) if held else None))
    return found


def _as_stored(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """As they come back from the online store."""
    from runtime.online.packing import packed, unpacked

    ((_begun, _lag, stored),) = unpacked(packed([[0, 0, values]]))
    return tuple(stored)

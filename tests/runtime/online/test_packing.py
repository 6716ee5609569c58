"""A timeline comes back from its bytes as it was, alone and among others, whatever its values are."""

from __future__ import annotations

import math
import random
import string

import pytest

from runtime.online.packing import Broken, columns, packed, unpacked

NOW = 1_700_000_000_000_000
KINDS = (
    lambda r: r.uniform(-1e9, 1e9),
    lambda r: r.randint(-(2**63), 2**63 - 1),
    lambda r: 2**63 + r.randint(0, 9),
    lambda r: r.random() < 0.5,
    lambda r: "".join(r.choices(string.printable + "أيش", k=r.randint(0, 30))),
    lambda r: None,
)


@pytest.mark.parametrize("seed", range(40))
def test_a_timeline_comes_back_as_it_was(seed):
    drawn = random.Random(seed)
    kinds = drawn.choices(KINDS, k=drawn.randint(1, 12))
    timeline = [
        [NOW + place, drawn.randint(0, 10**9), [kind(drawn) for kind in kinds]] for place in range(drawn.randint(1, 3))
    ]
    found = [[begun, lag, list(values)] for begun, lag, values in unpacked(packed(timeline))]
    assert found == timeline
    assert [list(map(type, values)) for *_times, values in found] == [list(map(type, one[2])) for one in timeline]


@pytest.mark.parametrize("seed", range(40))
def test_many_are_unpacked_as_each_is(seed):
    """Some seeds draw rows of one kind, some rows that differ in a kind alone, or in how much they hold."""
    drawn = random.Random(seed)
    kinds = drawn.choices(KINDS[:2], k=5)
    rows = [[kind(drawn) for kind in kinds] for _row in range(drawn.randint(1, 200))]
    if seed % 2:
        odd = drawn.choice([[True, *rows[0][1:]], rows[0][::-1], rows[0][:-1], [*rows[0], 1.5], [None] * 5])
        rows.insert(drawn.randint(0, len(rows)), odd)
    plains = [packed([[NOW + place, place, row]]) for place, row in enumerate(rows)]
    found = columns(plains)
    if found is None:
        assert len({tuple(map(type, row)) for row in rows}) > 1
        return
    begun, lags, values = found
    assert list(zip(begun, lags, map(list, zip(*values, strict=True)), strict=True)) == [
        (one[0][0], one[0][1], list(one[0][2])) for one in map(unpacked, plains)
    ]


def test_rows_of_as_many_numbers_of_other_kinds_are_not_taken_for_alike():
    """ "3d2q" and "2d3q" are as long, and as bytes only their head tells them apart."""
    plains = [packed([[NOW, 0, [1.0, 1.0, 1.0, 1, 1]]]), packed([[NOW, 0, [1.0, 1.0, 1, 1, 1]]])]
    assert len(plains[0]) == len(plains[1])
    assert columns(plains) is None
    assert columns([]) is None


def test_numbers_that_are_not_finite_stay_told_by_their_places():
    ((begun, lag, values, places),) = unpacked(packed([[NOW, 7, [math.nan, math.inf, 1.0], [0, 1]]]))
    assert (begun, lag, list(places), list(values[1:])) == (NOW, 7, [0, 1], [math.inf, 1.0])
    assert math.isnan(values[0])


@pytest.mark.parametrize("broken", [b"", b"\xc1", b"\xc1\x02", b"\xc1\x022d" + b"0" * 31, b"\xc1\x02\xff\xff", b"x"])
def test_what_is_no_timeline_is_said_to_be_broken(broken):
    with pytest.raises(Broken):
        unpacked(broken)

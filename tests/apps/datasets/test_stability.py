"""The index against a slow reference, and what must hold of it whatever the counts are."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.datasets.selectors.stability import contributions, psi

counts = st.integers(min_value=0, max_value=10**7)
two_sides = st.integers(min_value=1, max_value=25).flatmap(
    lambda size: st.tuples(
        st.lists(counts, min_size=size, max_size=size), st.lists(counts, min_size=size, max_size=size)
    )
)


def slow(expected, actual):
    """The definition in exact shares: an empty bin is half a row, one that is empty on both sides is left out."""
    then, now = sum(expected), sum(actual)
    if not then or not now:
        return 0.0
    total = 0.0
    for e, a in zip(expected, actual, strict=True):
        if e == a == 0:
            continue
        share_then = Fraction(e if e else Fraction(1, 2), then)
        share_now = Fraction(a if a else Fraction(1, 2), now)
        total += float(share_now - share_then) * (math.log(share_now) - math.log(share_then))
    return total


@given(two_sides)
def test_it_is_what_the_definition_says(sides):
    assert psi(*sides) == pytest.approx(slow(*sides), rel=1e-9, abs=1e-9)


@given(two_sides)
def test_it_is_never_below_zero_and_the_same_both_ways(sides):
    expected, actual = sides
    assert psi(expected, actual) >= 0
    assert psi(expected, actual) == pytest.approx(psi(actual, expected), rel=1e-9, abs=1e-12)


@given(st.lists(counts, min_size=1, max_size=25), st.integers(min_value=1, max_value=50))
def test_the_same_shape_does_not_count_as_moved_however_many_rows(found, times):
    assert psi(found, [count * times for count in found]) == pytest.approx(0, abs=1e-12)


@given(two_sides)
def test_bins_add_up_to_the_whole(sides):
    assert sum(contributions(*sides)) == psi(*sides)


def test_a_known_value():
    # Shares 0.5/0.5 then, 0.9/0.1 now: 0.4 ln(0.9/0.5) - 0.4 ln(0.1/0.5).
    assert psi([50, 50], [90, 10]) == pytest.approx(0.4 * math.log(1.8) - 0.4 * math.log(0.2))


def test_unlike_bins_are_a_fault_of_the_program():
    with pytest.raises(ValueError, match="same bins"):
        psi([1], [1, 2])

"""What is called similar, and what is not: a table of pairs."""

from __future__ import annotations

import pytest

from apps.features.selectors.likeness import Described, Reason, compare_names, likeness

FLIGHTS, WEATHER = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"
DELAY, TAIL = frozenset({f"{FLIGHTS}:dep_delay"}), frozenset({f"{FLIGHTS}:tailnum"})
TEMP = frozenset({f"{WEATHER}:temp"})


def numbers(low, high, *, distinct=500, nulls=0):
    """The profile of numbers that lie evenly between two."""
    quantiles = {q: low + (high - low) * float(q) for q in ("0.05", "0.25", "0.5", "0.75", "0.95")}
    return {"quantiles": quantiles, "distinct": distinct, "nulls": nulls}


def texts(*counts):
    return {"top": [{"value": f"t{n}", "count": c} for n, c in enumerate(counts)], "distinct": len(counts), "nulls": 0}


def number(name, column=None, *, sources=frozenset(), entity="carrier"):
    return Described(name, "number", entity, sources, 1000, column or {})


def text(name, column=None, *, sources=frozenset(), entity="carrier"):
    return Described(name, "text", entity, sources, 1000, column or {})


SIMILAR = [
    ("the same name", number("mean_delay"), number("mean_delay"), [Reason.SAME_NAME]),
    ("written otherwise", number("meanDelay24h"), number("delay_avg_24_h"), [Reason.SAME_NAME]),
    ("an abbreviation of one source", number("temp", sources=TEMP), number("temperature_f", sources=TEMP), None),
    ("the same name about another thing", number("delay", entity="origin"), number("delay"), [Reason.SAME_NAME]),
    (
        "nearly the same name, the same column",
        number("dep_delay", sources=DELAY),
        number("departure_delay", sources=DELAY),
        None,
    ),
    ("other words, the same values", number("lateness", numbers(0, 90)), number("x7", numbers(0, 91)), [Reason.VALUES]),
    (
        "the same column under another name, the same values",
        number("lag", numbers(-5, 80), sources=DELAY),
        number("delay", numbers(-5, 80), sources=DELAY),
        [Reason.VALUES, Reason.SOURCES],
    ),
    (
        "texts that are as frequent",
        text("maker", texts(*range(30, 8, -1))),
        text("brand", texts(*range(30, 8, -1))),
        [Reason.VALUES],
    ),
    ("the same name, another type", number("built"), text("built"), [Reason.SAME_NAME]),
]
OTHERS = [
    ("nothing in common", number("temp", sources=TEMP), number("delay", sources=DELAY)),
    (
        "another window of one column",
        number("delay_2h", numbers(0, 60), sources=DELAY),
        number("delay_24h", numbers(5, 30), sources=DELAY),
    ),
    (
        "mean and count of one column",
        number("mean_delay", numbers(0, 60), sources=DELAY),
        number("departures", numbers(0, 400), sources=DELAY),
    ),
    (
        "one column, other things",
        number("origin_delay_3h", sources=DELAY, entity="origin"),
        number("carrier_delay_24h", sources=DELAY),
    ),
    (
        "yes or no, as often",
        number("is_late", numbers(0, 1, distinct=2)),
        number("is_rainy", numbers(0, 1, distinct=2)),
    ),
    ("the same values, half of them missing", number("a", numbers(0, 9)), number("zz", numbers(0, 9, nulls=500))),
    (
        "the same spread, far fewer values",
        number("price", numbers(0, 100)),
        number("score", numbers(0, 100, distinct=20)),
    ),
    ("one value alone", number("one", numbers(1, 1, distinct=1)), number("constant", numbers(1, 1, distinct=1))),
    ("a word in common", number("wind_speed"), number("wind_dir")),
    ("numbers and texts of one spread", number("code", numbers(0, 9)), text("label", texts(9, 9, 9))),
    ("names without a letter", number("___"), number("__")),
]


@pytest.mark.parametrize(("one", "other", "reasons"), [pair[1:] for pair in SIMILAR], ids=[pair[0] for pair in SIMILAR])
def test_is_called_similar(one, other, reasons):
    found = likeness(one, other)
    assert found.similar, found
    assert found.reasons, "nobody is told why"
    assert reasons is None or list(found.reasons) == reasons
    assert likeness(other, one) == found


@pytest.mark.parametrize(("one", "other"), [pair[1:] for pair in OTHERS], ids=[pair[0] for pair in OTHERS])
def test_is_not_called_similar(one, other):
    found = likeness(one, other)
    assert not found.similar, found
    assert likeness(other, one) == found


def test_a_name_is_like_itself_alone_without_a_doubt():
    assert compare_names("delay", "delay") == 1
    assert compare_names("delay", "delays") < 1
    assert compare_names("delay_3h", "delay_6h") < 0.5 < compare_names("delay_3h", "delay")

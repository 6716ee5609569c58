"""What becomes of odd events, alone and among thousands: the quick way and the one by one are of one mind."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from apps.streams.adapters.json_events import JsonDecoder
from apps.streams.choices import Late, Rule
from apps.streams.services.shaping import Shape, shape

COLUMNS = [
    {"name": "n", "type": "whole"},
    {"name": "price", "type": "number"},
    {"name": "flag", "type": "flag"},
    {"name": "at", "type": "time"},
    {"name": "day", "type": "day"},
    {"name": "text", "type": "text"},
    {"name": "nested", "type": "nested"},
]
WANTED = Shape(COLUMNS, "", timedelta(), Late.KEEP)
GOOD = b'{"n": 1, "price": 2.5, "flag": true, "at": "2026-03-01T10:00:00Z", "day": "2026-03-01", "text": "a"}'
AT = datetime(2026, 3, 1, 10, tzinfo=UTC)


def wrong(column):
    return Rule.WRONG_TYPE, column


UNDECODABLE, NOT_OBJECT = (Rule.UNDECODABLE, ""), (Rule.NOT_OBJECT, "")
TABLE = [
    # What is no JSON, or no object.
    (b"", UNDECODABLE),
    (b" ", UNDECODABLE),
    (b'{"n": 1}{"n": 2}', UNDECODABLE),
    (b'{"n": 1}\n{"n": 2}', UNDECODABLE),
    (b'{"n": NaN}', UNDECODABLE),
    (b'{"price": Infinity}', UNDECODABLE),
    (b'{"price": -Infinity}', UNDECODABLE),
    (b'{"n": 01}', UNDECODABLE),
    (b'{"n": +1}', UNDECODABLE),
    (b"{'n': 1}", UNDECODABLE),
    (b'{"n": 1,}', UNDECODABLE),
    (b'{"text": "\xff"}', UNDECODABLE),
    (b'{"text": "\xed\xa0\x80"}', UNDECODABLE),
    (b'{"text": "a\nb"}', UNDECODABLE),
    (b'{"text": "\\ud800"}', UNDECODABLE),
    (b'\xef\xbb\xbf{"n": 1}', UNDECODABLE),
    (b'{"nested": ' + b"[" * 3000 + b"]" * 3000 + b"}", UNDECODABLE),
    (b"null", UNDECODABLE),
    (b"1", NOT_OBJECT),
    (b'"text"', NOT_OBJECT),
    (b'[{"n": 1}]', NOT_OBJECT),
    # Whole numbers.
    (b'{"n": 9223372036854775807}', {"n": 2**63 - 1}),
    (b'{"n": -9223372036854775808}', {"n": -(2**63)}),
    (b'{"n": 9223372036854775808}', wrong("n")),
    (b'{"n": 18446744073709551616}', wrong("n")),
    (b'{"n": 1e3}', {"n": 1000}),
    (b'{"n": 9007199254740993.0}', wrong("n")),
    (b'{"n": 1.5}', wrong("n")),
    (b'{"n": "1"}', wrong("n")),
    (b'{"n": true}', wrong("n")),
    (b'{"n": [1]}', wrong("n")),
    (b'{"n": -0}', {"n": 0}),
    # Numbers.
    (b'{"price": 1}', {"price": 1.0}),
    (b'{"price": 1e-400}', {"price": 0.0}),
    (b'{"price": 18446744073709551615}', {"price": float(2**64)}),
    (b'{"price": "1"}', wrong("price")),
    (b'{"price": false}', wrong("price")),
    # Yes or no.
    (b'{"flag": 1}', wrong("flag")),
    (b'{"flag": "true"}', wrong("flag")),
    # Moments and days.
    (b'{"at": 1772359200000}', {"at": AT}),
    (b'{"at": "2026-03-01T14:00:00+04:00"}', {"at": AT}),
    (b'{"at": "2026-03-01T10:00:00"}', {"at": AT}),
    (b'{"at": "2026-02-30T10:00:00Z"}', wrong("at")),
    (b'{"at": ""}', wrong("at")),
    (b'{"at": 1772359200000.5}', wrong("at")),
    (b'{"at": 99999999999999999}', wrong("at")),
    (b'{"day": "2026-02-29"}', wrong("day")),
    (b'{"day": 20260301}', wrong("day")),
    # Text.
    (b'{"text": 1}', wrong("text")),
    (b'{"text": {"a": 1}}', wrong("text")),
    ('{"text": "سند 🐪"}'.encode(), {"text": "سند 🐪"}),
    (b'{"text": "\\ud83d\\udc2a"}', {"text": "🐪"}),
    (b'{"text": "a\\u0000b"}', {"text": "a\0b"}),
    (b'{"text": ""}', {"text": ""}),
    # Nested values, and what is nested deep and still JSON.
    (b'{"nested": {"b": 1, "a": [1, null]}}', {"nested": '{"b":1,"a":[1,null]}'}),
    (b'{"nested": ' + b"[" * 500 + b"]" * 500 + b"}", {"nested": "[" * 500 + "]" * 500}),
    # Names: the last of two counts, others are left out, and no name stands for another.
    (b'{"n": 1, "n": 2}', {"n": 2}),
    (b'{"n": 1, "n": "x"}', wrong("n")),
    (b'{"N": 1}', {}),
    (b'{"n": null, "more": {"n": 7}}', {}),
    (b"{}", {}),
    # The first column that does not fit says why.
    (b'{"text": 1, "price": "x"}', wrong("price")),
]


def outcome(bodies):
    """The rows, each as what it holds, and why others are none."""
    shaped = shape(JsonDecoder(), bodies, [0] * len(bodies), WANTED, None)
    return shaped.rows.to_pylist(), {index: (rule, column) for index, rule, column in shaped.aside}


@pytest.mark.parametrize(("body", "expected"), TABLE, ids=[repr(body[:40]) for body, _expected in TABLE])
def test_an_odd_event_alone(body, expected):
    rows, aside = outcome([body])
    if isinstance(expected, tuple):
        assert (rows, aside) == ([], {0: expected})
    else:
        assert not aside
        assert {name: value for name, value in rows[0].items() if value is not None} == expected


def test_all_of_them_among_good_ones_come_to_the_same():
    bodies = [one for body, _expected in TABLE for one in (GOOD, body)]
    rows, aside = outcome(bodies)
    good = {"n": 1, "price": 2.5, "flag": True, "at": AT, "day": date(2026, 3, 1), "text": "a", "nested": None}
    expected, why = [], {}
    for number, (_body, what) in enumerate(TABLE):
        expected.append(good)
        if isinstance(what, tuple):
            why[2 * number + 1] = what
        else:
            expected.append({**dict.fromkeys(good), **what})
    assert aside == why
    assert rows == expected


@pytest.mark.parametrize("body", [b'{"text": "a"}', b'{"n": null}', b'{"N": 1}'])
def test_what_must_be_there_and_is_not(body):
    wanted = Shape([{**COLUMNS[0], "required": True}, *COLUMNS[1:]], "", timedelta(), Late.KEEP)
    shaped = shape(JsonDecoder(), [GOOD, body, GOOD], [0] * 3, wanted, None)
    assert (shaped.rows.num_rows, shaped.aside) == (2, [(1, Rule.MISSING, "n")])

"""Which names a pattern picks, and how files go together."""

from __future__ import annotations

import json
import time

import pytest

from apps.connections.adapters import files
from apps.connections.adapters.files import Listed, fits, pieces_of, pin_of
from apps.connections.errors import SourceBroken


@pytest.mark.parametrize(
    ("pattern", "fitting", "strange"),
    [
        ("*.csv", ["a.csv", ".csv"], ["a.csvx", "d/a.csv", "a.CSV"]),
        ("**", ["a", "d/a", "d/e/a"], []),
        ("**/*.csv", ["a.csv", "d/a.csv", "d/e/a.csv"], ["a.txt"]),
        ("d/**/a?", ["d/a1", "d/e/f/a1"], ["a1", "d/a", "d/e/a12"]),
        ("2024-*/part-[0-9]*", ["2024-01/part-1", "2024-12/part-9x"], ["2024-01/x/part-1", "2024/part-1"]),
        ("a.c", ["a.c"], ["abc"]),
    ],
)
def test_a_pattern_picks_names(pattern, fitting, strange):
    assert [name for name in fitting if not fits(name, pattern)] == []
    assert [name for name in strange if fits(name, pattern)] == []


@pytest.mark.parametrize("pattern", ["*a" * 200 + "b", "**/" * 150 + "b", "**/*a*a*a*a*a*a*b" * 20])
def test_a_pattern_of_many_stars_takes_no_time(pattern):
    began = time.monotonic()
    assert not fits("a" * 1000, pattern)
    assert not fits("/".join("a" * 500), pattern)
    assert time.monotonic() - began < 2


def test_a_hundred_thousand_small_files_go_through():
    listed = [Listed(f"day/{number:06d}.json", 700, f'"{number:032x}"') for number in range(100_000)]
    pin = pin_of({}, listed)
    assert files.listed_in(pin) == listed
    pieces = list(pieces_of(pin))
    assert len(pieces) == 50
    assert {len(piece.data["files"]) for piece in pieces} == {2_000}
    assert sum(piece.bytes for piece in pieces) == 70_000_000
    assert [json.loads(json.dumps(piece.data)) for piece in pieces[:1]] == [pieces[0].data]


def test_a_large_file_is_a_piece_by_itself_and_one_of_unknown_size_too():
    sizes = [1, 1, files.GROUP_BYTES, 1, None, None, 1]
    pin = pin_of({}, [Listed(str(number), size, "") for number, size in enumerate(sizes)])
    assert [len(piece.data["files"]) for piece in pieces_of(pin)] == [2, 1, 1, 1, 1, 1]


def test_more_files_than_are_taken_are_refused(monkeypatch):
    monkeypatch.setattr(files, "MOST_FILES", 10)
    with pytest.raises(SourceBroken, match="more than 10 files"):
        files.picked((Listed(str(number), 1, "") for number in range(11)), "day", "", "")

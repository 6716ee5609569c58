"""Log lines are whole and carry their time, however they were written."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from runtime.failures import read_failure
from runtime.stamping import LONGEST_LINE, Stamper

STAMP = re.compile(rb"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ", re.MULTILINE)


@given(st.lists(st.binary(max_size=20)))
def test_pieces_of_any_size_become_the_lines_they_were(pieces):
    stamper = Stamper()
    written = b"".join([*(stamper.take(piece) for piece in pieces), stamper.end()])
    whole = b"".join(pieces)
    lines = whole.split(b"\n")[:-1] if whole.endswith(b"\n") or not whole else whole.split(b"\n")
    assert [line[25:] for line in written.split(b"\n")[:-1]] == lines
    assert len(STAMP.findall(written)) >= len(lines)


def test_an_endless_line_is_cut():
    stamper = Stamper()
    written = stamper.take(b"x" * (LONGEST_LINE + 1))
    assert written.count(b"\n") == 1
    assert stamper.end().endswith(b"Z x\n")


def test_an_endless_log_is_cut_with_a_word_about_it():
    stamper = Stamper(limit=100)
    written = b"".join(stamper.take(b"line\n") for _ in range(1000)) + stamper.end()
    assert written.count(b"line\n") == 4
    assert written.splitlines()[-1].endswith(b"The log has reached its limit; what follows is lost.")


def test_the_last_failure_line_of_a_log_is_read():
    log = '2013 SANAD-FAILURE {"sentence": "first"}\n2013 SANAD-FAILURE {"sentence": "عربي"}\nSANAD-FAILURE broken\n'
    assert read_failure(log) == "عربي"
    assert read_failure("all is well") is None

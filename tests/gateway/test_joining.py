"""An answer goes out whole and in order, with one call where it is written in one turn; nothing is held for long."""

from __future__ import annotations

import asyncio

from gateway.joining import MOST_HELD_BYTES, JoiningTransport


class Told:
    """A transport that notes each call."""

    def __init__(self):
        self.calls, self.closing = [], False

    def write(self, data):
        self.calls.append(bytes(data))

    def is_closing(self):
        return self.closing

    def close(self):
        self.calls.append("close")
        self.closing = True

    def abort(self):
        self.calls.append("abort")
        self.closing = True

    def get_extra_info(self, name):
        return f"the {name}"


def run(act):
    async def turn():
        beneath = Told()
        transport = JoiningTransport(beneath, asyncio.get_running_loop())
        act(transport)
        before = list(beneath.calls)
        await asyncio.sleep(0)
        return before, beneath.calls

    return asyncio.run(turn())


def test_head_and_body_of_one_turn_are_one_call():
    before, after = run(lambda transport: [transport.write(part) for part in (b"head ", b"body")])
    assert (before, after) == ([], [b"head body"])


def test_what_is_written_before_the_end_goes_out_before_it_and_once():
    _before, after = run(lambda transport: [transport.write(b"last"), transport.close()])
    assert after == [b"last", "close"]


def test_what_is_cut_off_is_not_sent():
    _before, after = run(lambda transport: [transport.write(b"half"), transport.abort()])
    assert after == ["abort"]


def test_more_than_is_held_back_goes_at_once_so_that_the_writer_hears_of_a_slow_reader():
    piece = b"x" * (MOST_HELD_BYTES // 2 + 1)
    before, after = run(lambda transport: [transport.write(piece) for _piece in range(3)])
    assert before == [piece * 2]
    assert after == [piece * 2, piece]


def test_whoever_went_away_in_the_same_turn_gets_nothing_and_nothing_breaks():
    def gone(transport):
        transport.write(b"late")
        transport._transport.closing = True

    assert run(gone) == ([], [])


def test_all_else_is_asked_of_the_transport_itself():
    transport = JoiningTransport(Told(), asyncio.new_event_loop())
    assert transport.get_extra_info("peername") == "the peername"
    transport._loop.close()

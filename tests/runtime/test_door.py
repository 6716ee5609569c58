"""The door: bytes pass both ways, a missing portal is no crash, and the command's end is the door's end."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from runtime.door import open_door, ran_out_of_memory
from tests.runtime.serving import SOURCE


def port_of(server):
    return server.sockets[0].getsockname()[1]


async def shout(reader, writer):
    """Answer in capitals once the sender has said all."""
    writer.write((await reader.read()).upper())
    await writer.drain()
    writer.close()


async def ask(port, message):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(message)
    writer.write_eof()
    try:
        answer = await reader.read()
    except ConnectionError:
        answer = b""
    writer.close()
    return answer


def test_bytes_pass_both_ways_for_many_at_once(tmp_path):
    async def story():
        portal = await asyncio.start_unix_server(shout, tmp_path / "p")
        door = await open_door(str(tmp_path / "p"), 0)
        big = os.urandom(300_000).hex().encode()
        answers = await asyncio.gather(*(ask(port_of(door), big) for _ in range(5)))
        door.close()
        portal.close()
        return answers == [big.upper()] * 5

    assert asyncio.run(story())


def test_a_portal_that_is_away_closes_the_connection_and_is_found_again(tmp_path):
    async def story():
        door = await open_door(str(tmp_path / "p"), 0)
        away = await ask(port_of(door), b"anyone")
        portal = await asyncio.start_unix_server(shout, tmp_path / "p")
        back = await ask(port_of(door), b"anyone")
        door.close()
        portal.close()
        return away, back

    assert asyncio.run(story()) == (b"", b"ANYONE")


def start(code):
    command = [sys.executable, "-m", "runtime.door", "--", sys.executable, "-c", code]
    return subprocess.Popen(command, env={"PYTHONPATH": str(SOURCE)}, stdout=subprocess.PIPE, text=True)


def test_the_commands_code_is_the_doors_code():
    assert start("raise SystemExit(9)").wait(30) == 9
    assert start("import os; os.kill(os.getpid(), 15)").wait(30) == 143


def test_a_signal_is_passed_on():
    child = start(
        "import signal, sys; signal.signal(15, lambda *_: sys.exit(4)); print('up', flush=True); signal.pause()"
    )
    assert child.stdout.readline() == "up\n"
    child.send_signal(signal.SIGTERM)
    assert child.wait(30) == 4


@pytest.mark.parametrize(("text", "expected"), [("oom 3\noom_kill 1\n", True), ("oom 3\noom_kill 0\n", False)])
def test_the_control_group_tells_of_memory(text, expected, tmp_path):
    (tmp_path / "events").write_text(text)
    assert ran_out_of_memory((tmp_path / "none", tmp_path / "events")) is expected
    assert ran_out_of_memory((tmp_path / "none",)) is False


def test_without_a_command_it_says_what_it_needs():
    done = subprocess.run(
        [sys.executable, "-m", "runtime.door"], env={"PYTHONPATH": str(SOURCE)}, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "needs a command after --" in done.stdout

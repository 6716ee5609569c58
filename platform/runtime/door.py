"""A door out of a container without a network: a loopback port inside leads to the portal's Unix socket.

Start: python -m runtime.door -- python -m runtime.train
Without SANAD_DOOR_SOCKET there is no door, and it only looks after the command.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from functools import partial
from pathlib import Path

from runtime.config import environment
from runtime.failures import announce
from runtime.stamping import Stamper

CHUNK = 64 * 1024
LOG_SECONDS = 2
# The code by which a container says that the kernel killed its workload for want of memory: not every engine tells.
OUT_OF_MEMORY = 86
_COUNTERS = (Path("/sys/fs/cgroup/memory.events"), Path("/sys/fs/cgroup/memory/memory.oom_control"))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except ConnectionError:
        writer.close()


async def open_door(socket_path: str, port: int, host: str = "127.0.0.1") -> asyncio.Server:
    """Listen on host:port and pass every connection to the Unix socket; close the returned server to shut it."""

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inner_reader, inner_writer = await asyncio.open_unix_connection(socket_path)
        except OSError as error:
            print(f"door: the portal's socket does not answer: {error}", file=sys.stderr, flush=True)
            writer.close()
            return
        try:
            await asyncio.gather(_pump(reader, inner_writer), _pump(inner_reader, writer))
        finally:
            for end in (inner_writer, writer):
                end.close()
                with contextlib.suppress(ConnectionError):
                    await end.wait_closed()

    return await asyncio.start_server(forward, host, port)


async def run_behind_door(command: list[str], socket_path: str, port: int) -> int:
    """Open the door if there is one to open, run the command, and end as it ends."""
    server = await open_door(socket_path, port) if socket_path else None
    pipe, merged = (asyncio.subprocess.PIPE, asyncio.subprocess.STDOUT) if stamps_log() else (None, None)
    child = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=merged, pass_fds=_service_descriptors())
    log = asyncio.create_task(_stamp(child.stdout))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, partial(_pass_on, child, number))
    code = await child.wait()
    # What an orphan still holds open is not waited for.
    await asyncio.wait({log}, timeout=LOG_SECONDS)
    if server is not None:
        server.close()
    if code == -signal.SIGKILL and ran_out_of_memory():
        return OUT_OF_MEMORY
    return 128 - code if code < 0 else code


def stamps_log() -> bool:
    """Whether the lines are to carry their time: inside a container, where no keeper writes it."""
    return environment().get("SANAD_STAMP_LOG", "") == "1"


async def _stamp(output: asyncio.StreamReader | None) -> None:
    stamper = Stamper()
    while output is not None and (chunk := await output.read(CHUNK)):
        _say(stamper.take(chunk))
    _say(stamper.end())


def _say(lines: bytes) -> None:
    if lines:
        sys.stdout.buffer.write(lines)
        sys.stdout.buffer.flush()


def _service_descriptors() -> tuple[int, ...]:
    """The listening socket of a service, when the engine handed one over."""
    kind, _, number = environment().get("SANAD_SERVICE_SOCKET", "").partition(":")
    return (int(number),) if kind == "fd" else ()


def ran_out_of_memory(counters: tuple[Path, ...] = _COUNTERS) -> bool:
    """Ask this container's control group whether the kernel killed anything in it."""
    for path in counters:
        if path.exists():
            counted = dict(line.split() for line in path.read_text().splitlines())
            return int(counted.get("oom_kill", 0)) > 0
    return False


def _pass_on(child: asyncio.subprocess.Process, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(child.pid, number)


def main() -> int:
    command = sys.argv[2:] if sys.argv[1:2] == ["--"] else sys.argv[1:]
    socket_path = environment().get("SANAD_DOOR_SOCKET", "")
    port = environment().get("SANAD_DOOR_PORT", "0")
    if not command or not port.isdigit():
        announce("The door needs a command after --, and a number as SANAD_DOOR_PORT.")
        return 2
    return asyncio.run(run_behind_door(command, socket_path, int(port)))


if __name__ == "__main__":
    raise SystemExit(main())

"""Start: python -m gateway. One process, three doors: the public port, the containers' socket, the portal's socket."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import Generator
from pathlib import Path

import uvicorn

from gateway.app import app
from gateway.config import ConfigRefused, GatewayConfig
from gateway.internal import internal_app
from gateway.logs import to_standard_error
from gateway.protocol import FrontDoorProtocol
from gateway.relay import open_relay

log = logging.getLogger("gateway.main")

BACKLOG = 2048
GRACE_S = 10
# So many containers are made between two looks of the collector: a dozen of the largest answers.
_YOUNGEST = 50_000
LONGEST_PATH = 107


class _Server(uvicorn.Server):
    """Signals are heard by `serve`, once for both servers: uvicorn would end the process before all is put away."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


def unix_listener(path: Path, mode: int) -> socket.socket:
    """A fresh Unix socket; the folder around it decides who may reach it."""
    if len(os.fsencode(path)) > LONGEST_PATH:
        raise ConfigRefused(f"The path {path} is too long for a socket; set SANAD_WEB_SOCKET to a shorter folder.")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    path.chmod(mode)
    listener.listen(BACKLOG)
    return listener


def tcp_listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ConfigRefused(f"{host}:{port} cannot be opened ({error.strerror}); set SANAD_PORT to another.") from error
    listener.listen(BACKLOG)
    return listener


def _door(config: GatewayConfig) -> socket.socket:
    """The containers' way in: each comes with a user of its own, so it is open to whoever is let into the room."""
    listener = unix_listener(config.door_socket, 0o666)
    config.door_socket.parent.chmod(0o755)
    beside = config.run / "door.sock"
    beside.unlink(missing_ok=True)
    beside.symlink_to(config.door_socket.relative_to(config.run))
    return listener


def _store_door(config: GatewayConfig) -> socket.socket:
    """Through which replicas ask the online store; in a folder of its own, which only they are shown."""
    listener = unix_listener(config.store_socket, 0o666)
    config.store_socket.parent.chmod(0o755)
    return listener


def _front(config: GatewayConfig) -> uvicorn.Server:
    FrontDoorProtocol.most_connections = config.max_connections
    return _Server(
        uvicorn.Config(
            app,
            loop="uvloop",
            http=FrontDoorProtocol,
            ws="websockets-sansio",
            ws_max_size=1024 * 1024,
            lifespan="on",
            # Forwarding headers are ours to set; uvicorn would believe a client on the loopback.
            proxy_headers=False,
            server_header=False,
            access_log=False,
            log_config=None,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=GRACE_S,
        )
    )


def _inside(secrets: tuple[str, ...]) -> uvicorn.Server:
    settings = uvicorn.Config(
        internal_app(app, secrets),
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        server_header=False,
        log_config=None,
    )
    return _Server(settings)


async def serve(config: GatewayConfig) -> None:
    doors = [tcp_listener(config.host, config.port), _door(config)]
    inner = unix_listener(config.internal_socket, 0o600)
    front, inside = _front(config), _inside(config.secrets)
    sweeping = asyncio.create_task(FrontDoorProtocol.sweep())
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, front.handle_exit, number, None)
    inner_serving = asyncio.create_task(inside.serve(sockets=[inner]))
    relay = await open_relay(_store_door(config), config.redis_url)
    log.info("The gateway listens on http://%s:%d.", config.host, config.port)
    try:
        await front.serve(sockets=doors)
    finally:
        sweeping.cancel()
        relay.close()
        inside.should_exit = True
        await inner_serving
        for path in (config.door_socket, config.run / "door.sock", config.store_socket, config.internal_socket):
            path.unlink(missing_ok=True)


def main() -> int:
    to_standard_error()
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    try:
        config = GatewayConfig.from_environment()
        _collect_seldom()
        with asyncio.Runner(loop_factory=_uvloop) as runner:
            runner.run(serve(config))
    except ConfigRefused as refusal:
        print(f"gateway: {refusal}", file=sys.stderr)
        return 2
    return 0


def _collect_seldom() -> None:
    """What is loaded by now is there for good and is looked through no more, and what a request makes is mostly gone
    with it, by counts: the collector's looking is what the slowest of a hundred requests waited for."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNGEST, 50, 50)


def _uvloop() -> asyncio.AbstractEventLoop:
    import uvloop

    return uvloop.new_event_loop()

"""The environment of the gateway, read in one place."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from gateway.origin import Network
from runtime.service_tokens import secrets_of

MEGABYTE = 1024 * 1024


class ConfigRefused(Exception):
    """The gateway will not start; the message is what the person reads."""


@dataclass(frozen=True)
class GatewayConfig:
    home: Path
    # The one that signs, and the one before it while keys are changed.
    secrets: tuple[str, ...]
    web_socket: str
    live_socket: str
    redis_url: str
    public_scheme: str
    trusted_proxies: tuple[Network, ...]
    docs_url: str
    host: str
    port: int
    stale_limit_s: float
    poll_every_s: float
    reply_within_s: float
    max_in_flight: int
    max_in_flight_per_deployment: int
    max_connections: int
    requests_per_second: int
    requests_per_second_of_address: int
    predictions_per_second: int
    logged_file_bytes: int
    queue_bytes: int
    spill_bytes: int
    stream_length: int
    metrics_token: str

    @property
    def folder(self) -> Path:
        """Where the last routes, the last confirmed keys and the spilled log lie."""
        return self.home / "gateway"

    @property
    def run(self) -> Path:
        """The closed folder of the sockets; the launcher says where by naming the portal's."""
        return Path(self.web_socket).parent

    @property
    def door_socket(self) -> Path:
        """In a folder of its own, which is mounted into containers: a socket mounted alone dies with this process."""
        return self.run / "door" / "door.sock"

    @property
    def store_socket(self) -> Path:
        """In a folder of its own, too: what runs people's code is shown the door, and not this."""
        return self.run / "store" / "store.sock"

    @property
    def internal_socket(self) -> Path:
        return self.run / "gateway-internal.sock"

    @classmethod
    def from_environment(cls, given: Mapping[str, str] | None = None) -> GatewayConfig:
        read = _Reader(os.environ if given is None else given)
        home = Path(read.required("SANAD_HOME")).expanduser().resolve()
        port = read.number("SANAD_PORT", 8000)
        public = read.text("SANAD_PUBLIC_URL", f"http://127.0.0.1:{port}").rstrip("/")
        return cls(
            home=home,
            secrets=read.secrets("SANAD_GATEWAY_SECRET"),
            web_socket=read.text("SANAD_WEB_SOCKET", str(home / "run" / "web.sock")),
            live_socket=read.text("SANAD_LIVE_SOCKET", str(home / "run" / "live.sock")),
            redis_url=read.required("REDIS_URL"),
            public_scheme=urlsplit(public).scheme or "http",
            trusted_proxies=read.networks("SANAD_TRUSTED_PROXIES"),
            docs_url=f"{public}/docs/problems",
            host=read.text("SANAD_HOST", "127.0.0.1"),
            port=port,
            stale_limit_s=read.number("SANAD_GATEWAY_STALE_LIMIT", 900),
            poll_every_s=0.5,
            reply_within_s=read.number("SANAD_GATEWAY_TIMEOUT", 30),
            max_in_flight=read.number("SANAD_GATEWAY_MAX_IN_FLIGHT", 512),
            max_in_flight_per_deployment=read.number("SANAD_GATEWAY_MAX_IN_FLIGHT_PER_DEPLOYMENT", 128),
            max_connections=read.number("SANAD_GATEWAY_MAX_CONNECTIONS", 4096),
            requests_per_second=read.number("SANAD_RATE_PER_TOKEN", 200),
            requests_per_second_of_address=read.number("SANAD_RATE_PER_ADDRESS", 500),
            predictions_per_second=read.number("SANAD_RATE_PREDICTIONS", 10_000),
            logged_file_bytes=read.number("SANAD_GATEWAY_LOGGED_FILE_MB", 4096) * MEGABYTE,
            queue_bytes=read.number("SANAD_GATEWAY_LOG_QUEUE_MB", 64) * MEGABYTE,
            spill_bytes=read.number("SANAD_GATEWAY_LOG_SPILL_MB", 256) * MEGABYTE,
            stream_length=read.number("SANAD_GATEWAY_LOG_STREAM_LENGTH", 1_000_000),
            metrics_token=read.text("SANAD_GATEWAY_METRICS_TOKEN", ""),
        )


class _Reader:
    """Typed reading; every secret may lie in the file that NAME_FILE names."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given

    def text(self, name: str, otherwise: str) -> str:
        path = self._given.get(f"{name}_FILE")
        if not path:
            return self._given.get(name) or otherwise
        try:
            return Path(path).read_text().strip()
        except OSError as error:
            raise ConfigRefused(f"{name}_FILE names {path}, which cannot be read: {error.strerror}.") from error

    def required(self, name: str) -> str:
        value = self.text(name, "")
        if not value:
            raise ConfigRefused(f"{name} is missing; the gateway cannot start without it (or {name}_FILE).")
        return value

    def secrets(self, name: str) -> tuple[str, ...]:
        try:
            return secrets_of(self.required(name))
        except ValueError as error:
            raise ConfigRefused(f"{name} {error}.") from error

    def networks(self, name: str) -> tuple[Network, ...]:
        words = [word.strip() for word in self.text(name, "").split(",") if word.strip()]
        try:
            return tuple(ip_network(word, strict=False) for word in words)
        except ValueError as error:
            raise ConfigRefused(f"{name} has to name networks such as 10.0.0.0/8, with commas: {error}.") from error

    def number(self, name: str, otherwise: int) -> int:
        value = self.text(name, str(otherwise))
        if not value.isdigit() or int(value) == 0:
            raise ConfigRefused(f"{name} is {value!r}; it has to be a whole number above 0.")
        return int(value)

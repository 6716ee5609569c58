"""What a portal refuses to start with, a sentence each: no secret, a known one, servers without password or TLS."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import parse_qs, unquote, urlsplit

from runtime.service_tokens import secrets_of

# 128 bits in hexadecimal; Django asks for more of the key that signs sessions (security.W009).
SHORTEST = 32
SHORTEST_OF = {"SANAD_SECRET_KEY": 50}
FEWEST_SIGNS = 8
# Keys that stand in examples, in documentation and in this repository.
KNOWN_SECRETS = ("django-insecure-", "changeme", "change-me", "secret", "only-for-reading", "example", "insecure")
MAKE_ONE = "Make one with `python -c 'import secrets; print(secrets.token_hex(32))'`"
# Secrets of which the one before the present may stand behind it, until every service knows the new one.
CHANGED_WITH_OVERLAP = {"SANAD_GATEWAY_SECRET"}
# Servers that the portal asks, and how each is reached with TLS.
WAYS = {
    "OBJECT_STORE_URL": "https://",
    "AWS_ENDPOINT_URL": "https://",
    "AWS_ENDPOINT_URL_S3": "https://",
    "SANAD_VAULT_ADDR": "https://",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "https://",
    "DOCKER_HOST": "DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH beside it, or as ssh:// or unix://",
    "EMAIL_URL": "smtps://, or smtp:// without tls=no",
}
_IN_CLEAR = {"http", "tcp", "ws", "ftp"}
_ENCRYPTED = {"require", "verify-ca", "verify-full"}


@dataclass(frozen=True)
class Start:
    """What a portal is about to start with. `plain_hosts` are reached without TLS: nobody else is on the way."""

    public_url: str
    secrets: Mapping[str, str]
    databases: Mapping[str, str]
    redis_url: str
    plain_hosts: tuple[str, ...] = ()
    # Of WAYS, those that are given.
    ways: Mapping[str, str] = field(default_factory=dict)
    debug: bool = False

    @property
    def is_public(self) -> bool:
        """Whether others than this machine reach it: then every way has to be closed to listeners."""
        return not is_here(urlsplit(self.public_url).hostname or "")


def ways(given: Callable[[str], str]) -> dict[str, str]:
    """Of WAYS, what `given` knows by name; an engine that is asked with certificates needs no look at its scheme."""
    names = [name for name in WAYS if name != "DOCKER_HOST" or not given("DOCKER_TLS_VERIFY")]
    return {name: value for name in names if (value := given(name))}


class StartRefused(Exception):
    """The portal will not start; the message says what is wrong, where, and how to mend it."""


def refuse_unsafe(start: Start) -> None:
    """Raises StartRefused with the first thing that is wrong."""
    for sentence in faults(start):
        raise StartRefused(sentence)


def faults(start: Start) -> Iterator[str]:
    for name, value in start.secrets.items():
        for one in _each_of(name, value):
            yield from _of_secret(name, one)
        yield from _of_number(name, value)
    for name, url in start.databases.items():
        yield from _of_password(name, url, "postgresql://sanad_portal:PASSWORD@host/sanad")
    yield from _of_password("REDIS_URL", start.redis_url, "rediss://:PASSWORD@host:6379/0")
    if start.is_public:
        yield from _of_ways(start)


def _each_of(name: str, value: str) -> list[str]:
    return (value.split() or [""]) if name in CHANGED_WITH_OVERLAP else [value]


def _of_number(name: str, value: str) -> Iterator[str]:
    try:
        if name in CHANGED_WITH_OVERLAP:
            secrets_of(value)
    except ValueError as error:
        yield f"{name} {error}."


def _of_secret(name: str, value: str) -> Iterator[str]:
    if not value:
        yield f"{name} is missing. {MAKE_ONE} and give it, or the file that holds it as {name}_FILE."
    elif any(known in value.lower() for known in KNOWN_SECRETS):
        yield f"{name} is one that stands in examples, so anybody knows it. {MAKE_ONE}."
    elif len(value) < SHORTEST_OF.get(name, SHORTEST) or len(set(value)) < FEWEST_SIGNS:
        yield f"{name} can be guessed: it has {len(value)} signs, {len(set(value))} of them different. {MAKE_ONE}."


def _of_password(name: str, url: str, example: str) -> Iterator[str]:
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    if not (parts.password or {"password", "sslcert", "passfile", "service"} & query.keys()):
        yield f"{name} holds no password, so whoever reaches the server is let in. Write it as {example}."


def _of_ways(start: Start) -> Iterator[str]:
    public = urlsplit(start.public_url)
    if start.debug:
        yield "SANAD_DEBUG shows faults in full to everybody who can reach this portal. Unset it."
    if public.scheme != "https" and public.hostname not in start.plain_hosts:
        yield (
            f"SANAD_PUBLIC_URL is {start.public_url}: passwords and tokens would pass in clear. Give an https:// "
            "address and let an ingress or reverse proxy hold the certificate, or name the host in SANAD_PLAIN_HOSTS."
        )
    for name, url in start.databases.items():
        mode = (parse_qs(urlsplit(url).query).get("sslmode") or ["prefer"])[-1]
        if mode not in _ENCRYPTED and _is_far(url, start.plain_hosts):
            yield (
                f"{name} leads to another machine without TLS. Add ?sslmode=verify-full (and sslrootcert=…), or name "
                "the host in SANAD_PLAIN_HOSTS where nobody else is on that network."
            )
    if urlsplit(start.redis_url).scheme not in {"rediss", "unix"} and _is_far(start.redis_url, start.plain_hosts):
        yield (
            "REDIS_URL leads to another machine without TLS. Write it with rediss://, or name the host in "
            "SANAD_PLAIN_HOSTS where nobody else is on that network."
        )
    for name, url in start.ways.items():
        if _is_in_clear(url) and _is_far(url, start.plain_hosts):
            yield (
                f"{name} leads to another machine without TLS, so secrets and data would pass in clear. Write it with "
                f"{WAYS[name]}, or name the host in SANAD_PLAIN_HOSTS where nobody else is on that network."
            )


def _is_in_clear(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in _IN_CLEAR or (parts.scheme == "smtp" and parse_qs(parts.query).get("tls") == ["no"])


def _is_far(url: str, plain_hosts: tuple[str, ...]) -> bool:
    parts = urlsplit(url)
    host = (parse_qs(parts.query).get("host") or [unquote(parts.hostname or "")])[-1]
    return host not in plain_hosts and not is_here(host)


def is_here(host: str) -> bool:
    """This machine alone: a Unix socket, a loopback address, or nothing at all."""
    if host in {"", "localhost"} or host.startswith("/"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False

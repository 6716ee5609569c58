"""Somebody else's Valkey or Redis: its streams are read, and nothing is written there."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from apps.connections.adapters import checking, databases
from apps.connections.adapters.broker_sources import BrokerSource
from apps.connections.adapters.databases import TLS, DatabaseAt
from apps.connections.adapters.valkey_broker import Line, ValkeyBroker
from apps.connections.errors import SourceRefused, SourceUnreachable
from apps.connections.ports import Secrets, Step
from foundation import outbound
from foundation.errors import Invalid
from foundation.words import kept as _

_CONNECT_S, _SILENT_S = 10.0, 20.0


def open_source(settings: Mapping[str, Any], secrets: Secrets, scratch: Path) -> BrokerSource:
    """The source that `settings` name: host, port, database, user, tls, authority; secret: password."""
    at = _read(settings)
    broker = _broker(at, secrets)
    return BrokerSource(lambda: _steps(at, broker), broker.topics)


def open_broker(settings: Mapping[str, Any], secrets: Secrets) -> ValkeyBroker:
    return _broker(_read(settings), secrets)


def _read(settings: Mapping[str, Any]) -> DatabaseAt:
    number = str(settings.get("database") or "0").strip()
    if not (number.isdecimal() and int(number) < 10_000):
        sentence = _("Databases of Valkey have numbers from 0 on.")
        raise Invalid(sentence, fields={"database": [sentence]})
    user = str(settings.get("user") or "").strip() or "default"
    return DatabaseAt.read({**settings, "database": number, "user": user}, 6379)


def _broker(at: DatabaseAt, secrets: Secrets) -> ValkeyBroker:
    password = secrets.get("password")
    # The default user of old servers is known by the password alone.
    user = None if at.user == "default" else at.user

    def line() -> Line:
        return Line(lambda: _dial(at), db=int(at.database), username=user, password=password)

    return ValkeyBroker(line, at.host)


def _dial(at: DatabaseAt) -> socket.socket:
    """To an address that was checked, with TLS as it was asked for."""
    try:
        plain = outbound.connect(at.host, at.port, timeout_s=_CONNECT_S)
    except outbound.Refused as error:
        raise SourceRefused(error.sentence) from error
    except outbound.Unreachable as error:
        raise SourceUnreachable(error.sentence) from error
    plain.settimeout(_SILENT_S)
    if at.tls == "off":
        return plain
    context = outbound.tls_context(at.authority)
    if at.tls == "require":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        return context.wrap_socket(plain, server_hostname=at.host.strip("[]"))
    except ssl.SSLCertVerificationError as error:
        plain.close()
        raise SourceRefused(databases.not_trusted(at), details=TLS) from error
    except OSError as error:
        plain.close()
        raise SourceRefused(databases.no_tls(at), details=TLS) from error


def _steps(at: DatabaseAt, broker: ValkeyBroker) -> list[Step]:
    def look() -> None:
        try:
            broker.topics("", 1)
        finally:
            broker.close()

    first = checking.First(look)
    return checking.walked(
        [
            (checking.RESOLVES, lambda: checking.resolve(at.host, at.port)),
            (checking.ANSWERS, lambda: checking.answer(at.host, at.port)),
            first.step(checking.SECURE, databases.SAY_TLS[at.tls]),
            first.step(checking.SIGNS_IN, lambda: _("Signed in as %(user)s.") % {"user": at.user}),
            first.step(checking.READS, lambda: _("Keys can be read.")),
        ]
    )

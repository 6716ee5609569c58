"""A connection to somebody else's MySQL or MariaDB: to the checked address, in bounded time and memory."""

from __future__ import annotations

import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pymysql
from pymysql.constants import CR, ER
from pymysql.protocol import MysqlPacket

from apps.connections.adapters import databases
from apps.connections.adapters.databases import DatabaseAt
from apps.connections.errors import PlaceMissing, SourceBroken, SourceChanged, SourceRefused, SourceUnreachable
from apps.connections.ports import Secrets
from foundation import outbound
from foundation.errors import PortalError
from foundation.words import kept as _

_CONNECT_S, _SIGN_IN_S = 10.0, 20.0
# What is longer than one packet of the protocol is sent in several; no row that is read here may be.
_LONGEST_PACKET = (1 << 24) - 1
# Bytes of an answer that is kept as a whole: of the looks into the catalogue.
_MOST_ANSWER = 64 << 20
# What the driver raises where a server does not keep to the protocol.
_GARBLED = (RuntimeError, ValueError, LookupError, TypeError, AssertionError, AttributeError, struct.error)
_REFUSED = {ER.ACCESS_DENIED_ERROR, ER.DBACCESS_DENIED_ERROR, ER.TABLEACCESS_DENIED_ERROR, ER.COLUMNACCESS_DENIED_ERROR}
_REFUSED |= {ER.VIEW_INVALID, ER.SPECIFIC_ACCESS_DENIED_ERROR}
_STOPPED = {1317, 1969, 3024}
_GONE = {ER.NO_SUCH_TABLE, ER.BAD_TABLE_ERROR}
_SILENT = "timed out"


class AnswerEndless(Exception):
    """More came than any honest answer has."""


class PacketTooLong(Exception):
    """A row, or another packet, of 16 MB or more."""


class _NeverTold:
    """A way of signing in that would tell the server the password itself."""

    def __init__(self, _connection: object) -> None:
        raise _AsksForPassword


class _AsksForPassword(Exception):
    pass


class BoundedConnection(pymysql.connections.Connection):
    """A packet of 16 MB or more is left, and so is an answer that goes on and on."""

    _kept: int = 0
    streaming = False

    def _read_bytes(self, num_bytes: int) -> bytes:
        if num_bytes >= _LONGEST_PACKET:
            self._force_close()
            raise PacketTooLong
        if not self.streaming:
            self._kept += num_bytes
            if self._kept > _MOST_ANSWER:
                self._force_close()
                raise AnswerEndless
        return bytes(super()._read_bytes(num_bytes))

    def rows_of(self, query: str, values: Any = None) -> list[dict[str, Any]]:
        """The rows of an answer that is small; the names of its columns are small letters."""
        self._kept, self.streaming = 0, False
        with self.cursor() as cursor:
            cursor.execute(query, values)
            names = [str(one[0]).lower() for one in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def streamed(self, query: str) -> Iterator[bytes | None]:
        """The one value of each row, as it comes."""
        self._kept, self.streaming = 0, False
        self.query(query, unbuffered=True)
        self.streaming = True
        while not (packet := self._read_packet(MysqlPacket)).is_eof_packet():
            yield packet.read_length_coded_string()
        # What is left would be read to its end else, when the answer is thrown away.
        self._result.unbuffered_active = False


@contextmanager
def connected(at: DatabaseAt, secrets: Secrets, patience_s: float, whole_s: float) -> Iterator[BoundedConnection]:
    """An open connection for the block, cut after `whole_s` seconds, and the sentences of `said` for what fails."""
    try:
        # The connection is made here, to an address that was checked; the name is for TLS.
        opened = outbound.connect(at.host, at.port, timeout_s=_CONNECT_S)
    except outbound.Refused as error:
        raise SourceRefused(error.sentence) from error
    except outbound.Unreachable as error:
        raise SourceUnreachable(error.sentence) from error
    # TLS takes the socket itself over: this one stays, to the same connection.
    with opened.dup() as same:
        with _cut_after(same, min(whole_s, _SIGN_IN_S)):
            connection = _signed_in(at, secrets, opened, patience_s)
        try:
            with _cut_after(same, whole_s), said(at):
                yield connection
        finally:
            if connection._result is not None:
                # Closing is the way to leave: the driver would read all that is still to come.
                connection._result.unbuffered_active = False
            connection._force_close()


@contextmanager
def _cut_after(same: Any, seconds: float) -> Iterator[None]:
    """End a connection that is still at it then: the driver bounds each silence, and not the whole."""
    end = threading.Timer(seconds, outbound.shut, [same])
    end.daemon = True
    end.start()
    try:
        yield
    finally:
        end.cancel()


def _signed_in(at: DatabaseAt, secrets: Secrets, opened: Any, patience_s: float) -> BoundedConnection:
    proved = at.tls == "verify"
    try:
        connection = BoundedConnection(
            host=at.host.strip("[]"),
            port=at.port,
            user=at.user,
            password=secrets.get("password", "").encode(),
            database=at.database,
            charset="utf8mb4",
            sql_mode="",
            autocommit=True,
            read_timeout=patience_s + 5,
            write_timeout=patience_s + 5,
            defer_connect=True,
            program_name="sanad",
            auth_plugin_map={} if proved else dict.fromkeys(("mysql_clear_password", "dialog"), _NeverTold),
            **({"ssl_disabled": True} if at.tls == "off" else {"ssl": _context(at)}),
        )
        connection.connect(opened)
        return connection
    except (pymysql.err.Error, OSError, _AsksForPassword, PacketTooLong, AnswerEndless, *_GARBLED) as error:
        opened.close()
        raise _not_let_in(at, error) from None


def _context(at: DatabaseAt) -> ssl.SSLContext:
    if at.tls == "verify":
        return outbound.tls_context(at.authority)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _not_let_in(at: DatabaseAt, error: Exception) -> PortalError:
    """The refusal in our words: what a server says before it knows who asks is not passed on."""
    who = {"user": at.user, "database": at.database, "host": at.host}
    cause = getattr(error, "original_exception", error)
    number = error.args[0] if isinstance(error, pymysql.err.Error) and error.args else 0
    if isinstance(cause, ssl.SSLCertVerificationError):
        return SourceRefused(databases.not_trusted(at), details=databases.TLS)
    if number == CR.CR_SSL_CONNECTION_ERROR:
        return SourceRefused(databases.no_tls(at), details=databases.TLS)
    if isinstance(cause, ssl.SSLError):
        return SourceUnreachable(_("TLS with %(host)s failed.") % who, details=databases.TLS)
    if isinstance(error, _AsksForPassword):
        return SourceRefused(databases.asks_for_password(at))
    if number == ER.ACCESS_DENIED_ERROR:
        return SourceRefused(databases.wrong_password(at))
    if number in {ER.DBACCESS_DENIED_ERROR, ER.BAD_DB_ERROR}:
        return SourceRefused(_("%(host)s has no database %(database)s that %(user)s may open.") % who)
    if number in {ER.HOST_NOT_PRIVILEGED, ER.HOST_IS_BLOCKED}:
        return SourceRefused(_("%(host)s lets nobody in from here. Allow it there for %(user)s.") % who)
    if number == ER.CON_COUNT_ERROR:
        return SourceUnreachable(databases.no_place(at), details=databases.SIGNING_IN)
    return SourceUnreachable(
        _("%(host)s answers, and not as MySQL or MariaDB does, or it broke off.") % who, details=databases.SIGNING_IN
    )


@contextmanager
def said(at: DatabaseAt) -> Iterator[None]:
    """What fails in the block, in our words: texts of a server hold values, and may hold anything."""
    who = {"user": at.user, "host": at.host}
    try:
        yield
    except (AnswerEndless, PacketTooLong):
        raise databases.endless(at.host) from None
    except pymysql.err.Error as error:
        number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
        raise _failed(number, str(error), who) from None


def _failed(number: int, text: str, who: dict[str, str]) -> PortalError:
    if number in _REFUSED:
        return SourceRefused(_("%(user)s may not read this (GRANT SELECT).") % who)
    if number in _GONE:
        return PlaceMissing(_("This table is not there any more."))
    if number == ER.BAD_FIELD_ERROR:
        return SourceChanged(_("The table has changed while it was read. Start again."))
    if number in _STOPPED:
        return SourceUnreachable(_("%(host)s took too long and was stopped.") % who)
    if number in {CR.CR_SERVER_LOST, CR.CR_SERVER_GONE_ERROR, 0}:
        sentence = _("%(host)s fell silent.") if _SILENT in text else _("The line to %(host)s broke off.")
        return SourceUnreachable(sentence % who)
    sentence = _("%(host)s could not send the rows as they were asked for (error %(number)d).")
    return SourceBroken(sentence % {**who, "number": number})


@contextmanager
def garbled(host: str) -> Iterator[None]:
    """What the driver makes of bytes that are none of the protocol's: only around its own calls."""
    try:
        yield
    except _GARBLED:
        raise SourceBroken(_("%(host)s sends what is no answer of MySQL or MariaDB.") % {"host": host}) from None

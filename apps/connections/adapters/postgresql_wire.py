"""A connection to somebody else's PostgreSQL: to the checked address, in bounded time and memory."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg import errors, generators, pq

from apps.connections.adapters import databases
from apps.connections.adapters.databases import DatabaseAt
from apps.connections.errors import PlaceMissing, SourceBroken, SourceChanged, SourceRefused, SourceUnreachable
from apps.connections.ports import Secrets
from foundation import outbound
from foundation.errors import PortalError
from foundation.words import kept as _

# Bytes that may come before a row, or the answer to a question, is whole.
_MOST_UNREAD = 64 << 20
_INTERVAL_S, _CONNECT_S = 0.5, 10
_SSL_MODES = {"verify": "verify-full", "require": "require", "off": "disable"}
# A server that has proved nothing could ask for the password itself and be told.
_WAYS_IN = {
    "verify": "!gss,!sspi,!oauth",
    "require": "!password,!gss,!sspi,!oauth",
    "off": "!password,!gss,!sspi,!oauth",
}


class AnswerEndless(Exception):
    """More came than any honest answer has."""


class BoundedConnection(psycopg.Connection[Any]):
    """Each wait ends after `patience_s` seconds, and an answer that never ends is left."""

    patience_s = 20.0

    def wait(self, gen: Any, interval: float = _INTERVAL_S, timeout: float | None = None) -> Any:
        return super().wait(self._counted(gen), interval, self.patience_s if timeout is None else timeout)

    def _counted(self, gen: Any) -> Any:
        began = outbound.received(self.pgconn.socket)
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if outbound.received(self.pgconn.socket) - began > _MOST_UNREAD:
                    raise AnswerEndless
                wanted = gen.send(ready)
        except StopIteration as end:
            return end.value

    def copied(self, query: bytes) -> Iterator[memoryview]:
        """The rows of a `COPY … TO STDOUT`, one by one as they come."""
        self.pgconn.send_query(query)
        [begun, *_more] = self.wait(generators.fetch_many(self.pgconn)) or [None]
        if begun is None or begun.status != pq.ExecStatus.COPY_OUT:
            raise errors.error_from_result(begun) if begun is not None else AnswerEndless
        began = outbound.received(self.pgconn.socket)
        poll = select.poll()
        poll.register(self.pgconn.socket, select.POLLIN)
        while (count := (came := self.pgconn.get_copy_data(1))[0]) >= 0:
            if count:
                yield came[1]
                began = 0
                continue
            if not poll.poll(1000 * self.patience_s):
                raise errors.ConnectionTimeout
            began = began or outbound.received(self.pgconn.socket)
            self.pgconn.consume_input()
            if outbound.received(self.pgconn.socket) - began > _MOST_UNREAD:
                raise AnswerEndless
        for ended in self.wait(generators.fetch_many(self.pgconn)):
            if ended.status != pq.ExecStatus.COMMAND_OK:
                raise errors.error_from_result(ended)


@contextmanager
def connected(at: DatabaseAt, secrets: Secrets, patience_s: float) -> Iterator[BoundedConnection]:
    """An open connection for the block, and the sentences of `said` for what fails in it."""
    try:
        addresses = outbound.addresses_at(at.host, at.port)
    except outbound.Refused as error:
        raise SourceRefused(error.sentence) from error
    except outbound.Unreachable as error:
        raise SourceUnreachable(error.sentence) from error
    with outbound.authorities_file(at.authority) as authorities:
        try:
            connection = BoundedConnection.connect(**_told(at, secrets, addresses, authorities), autocommit=True)
        except psycopg.Error as error:
            raise _not_let_in(at, str(error)) from None
    connection.patience_s = patience_s + 5
    try:
        with said(at):
            yield connection
    finally:
        if connection.pgconn.transaction_status == pq.TransactionStatus.ACTIVE:
            # Who leaves early does not let the server work on.
            with suppress(psycopg.Error):
                connection.cancel_safe(timeout=2)
        connection.close()


def _told(at: DatabaseAt, secrets: Secrets, addresses: list[str], authorities: str) -> dict[str, Any]:
    told = {
        # The name is for TLS; the connection is made to the addresses that were checked.
        "host": ",".join([at.host.strip("[]")] * len(addresses)),
        "hostaddr": ",".join(addresses),
        "port": ",".join([str(at.port)] * len(addresses)),
        "dbname": at.database,
        "user": at.user,
        "password": secrets.get("password", ""),
        "passfile": os.devnull,
        "application_name": "sanad",
        "client_encoding": "UTF8",
        "connect_timeout": _CONNECT_S,
        "sslmode": _SSL_MODES[at.tls],
        "sslcertmode": "disable",
        "ssl_min_protocol_version": "TLSv1.2",
        "gssencmode": "disable",
        "require_auth": _WAYS_IN[at.tls],
        "options": "",
        "keepalives_idle": 30,
    }
    # With a file of authorities libpq checks the certificate, whatever else it is told.
    return {**told, "sslrootcert": authorities} if at.tls == "verify" else told


def _not_let_in(at: DatabaseAt, why: str) -> PortalError:
    """The refusal in our words: what a server says before it knows who asks is not passed on."""
    who = {"user": at.user, "database": at.database, "host": at.host}
    if "certificate verify failed" in why or "does not match host name" in why:
        return SourceRefused(databases.not_trusted(at), details=databases.TLS)
    if "server does not support SSL" in why:
        return SourceRefused(databases.no_tls(at), details=databases.TLS)
    if "SSL" in why and "no encryption" not in why:
        return SourceUnreachable(_("TLS with %(host)s failed.") % who, details=databases.TLS)
    if "Connection refused" in why or "timeout expired" in why or "No route to host" in why:
        return SourceUnreachable(databases.nobody_answers(at), details=databases.ANSWERING)
    if "authentication failed" in why or "no password supplied" in why:
        return SourceRefused(databases.wrong_password(at))
    if "authentication method requirement" in why or "authentication method" in why:
        return SourceRefused(databases.asks_for_password(at))
    if "pg_hba.conf" in why:
        sentence = _("%(host)s lets %(user)s not in from here. Its pg_hba.conf has to allow it, perhaps with TLS.")
        return SourceRefused(sentence % who)
    if "does not exist" in why:
        return SourceRefused(_("%(host)s has no database %(database)s, or no user %(user)s.") % who)
    if "permission denied" in why:
        return SourceRefused(_("%(user)s may not open the database %(database)s (GRANT CONNECT).") % who)
    if "too many" in why or "remaining connection slots" in why:
        return SourceUnreachable(databases.no_place(at), details=databases.SIGNING_IN)
    return SourceUnreachable(
        _("%(host)s answers, and not as PostgreSQL does, or it broke off.") % who, details=databases.SIGNING_IN
    )


@contextmanager
def said(at: DatabaseAt) -> Iterator[None]:
    """What fails in the block, in our words: texts of a server hold values, and may hold anything."""
    who = {"user": at.user, "host": at.host}
    try:
        yield
    except AnswerEndless:
        raise databases.endless(at.host) from None
    except errors.InsufficientPrivilege:
        raise SourceRefused(_("%(user)s may not read this (GRANT SELECT).") % who) from None
    except (errors.UndefinedTable, errors.InvalidSchemaName):
        raise PlaceMissing(_("This table is not there any more.")) from None
    except (errors.UndefinedColumn, errors.UndefinedObject):
        raise SourceChanged(_("The table has changed while it was read. Start again.")) from None
    except errors.QueryCanceled:
        raise SourceUnreachable(_("%(host)s took too long and was stopped.") % who) from None
    except (errors.ConnectionTimeout, errors._WaitTimeout):
        raise SourceUnreachable(_("%(host)s fell silent.") % who) from None
    except psycopg.OperationalError as error:
        sentence = _("The line to %(host)s broke off (SQLSTATE %(code)s).")
        raise SourceUnreachable(sentence % {**who, "code": error.sqlstate or "08006"}) from None
    except psycopg.Error as error:
        sentence = _("%(host)s could not send the rows as they were asked for (SQLSTATE %(code)s).")
        raise SourceBroken(sentence % {**who, "code": error.sqlstate or "?"}) from None
    except UnicodeError:
        raise SourceBroken(_("%(host)s sends names or texts that are not UTF-8.") % who) from None

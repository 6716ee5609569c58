"""What is told of a database, and how it is checked."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, cast, get_args

from apps.connections.adapters import checking
from apps.connections.adapters.tables import Session
from apps.connections.errors import SourceBroken, SourceRefused
from apps.connections.ports import Step, Tls
from foundation import outbound
from foundation.errors import Invalid
from foundation.words import kept as _

# In the details of an error that TLS failed with, and of one that comes later.
TLS = {checking.STEP: checking.SECURE}
SIGNING_IN = {checking.STEP: checking.SIGNS_IN}
# And of one that comes before.
ANSWERING = {checking.STEP: checking.ANSWERS}


@dataclass(frozen=True)
class DatabaseAt:
    """`tls`: `verify` checks the server's certificate and name, `require` encrypts alone, `off` does not even that."""

    host: str
    port: int
    database: str
    user: str
    tls: Tls = "verify"
    authority: str = ""

    @classmethod
    def read(cls, settings: Mapping[str, Any], default_port: int) -> DatabaseAt:
        """Out of what was filled in; Invalid names the fields that are missing or wrong."""
        words = {name: str(settings.get(name) or "").strip() for name in ("host", "database", "user", "authority")}
        missing = {name: [str(_("This is needed."))] for name in ("host", "database", "user") if not words[name]}
        port, tls = str(settings.get("port") or default_port), cast(Tls, settings.get("tls") or "verify")
        if not (port.isdecimal() and 0 < int(port[:6]) < 65536):
            missing["port"] = [_("A port is a number from 1 to 65535.")]
        if tls not in get_args(Tls):
            missing["tls"] = [_("TLS is verify, require or off.")]
        if words["authority"] and not _is_authority(words["authority"]):
            missing["authority"] = [_("This is no certificate in PEM form.")]
        if any("\x00" in word for word in words.values()):
            missing["host"] = [_("NUL signs are in no name.")]
        if missing:
            raise Invalid(_("The connection lacks something, or something is wrong."), fields=missing)
        return cls(words["host"], int(port), words["database"], words["user"], tls, words["authority"])


def _is_authority(text: str) -> bool:
    try:
        outbound.tls_context(text)
    except (ssl.SSLError, ValueError):
        return False
    return True


def steps(at: DatabaseAt, sign_in: Callable[[], AbstractContextManager[Session]]) -> list[Step]:
    """From the name to a first look at its tables."""

    def look() -> None:
        with sign_in() as session:
            if not session.things("", 1):
                sentence = _("%(user)s sees no table in %(database)s. Let them read what is wanted (GRANT SELECT).")
                who = {"user": at.user, "database": at.database}
                raise SourceRefused(sentence % who, details={checking.STEP: checking.READS})

    first = checking.First(look)
    return checking.walked(
        [
            (checking.RESOLVES, lambda: checking.resolve(at.host, at.port)),
            (checking.ANSWERS, lambda: checking.answer(at.host, at.port)),
            first.step(checking.SECURE, SAY_TLS[at.tls]),
            first.step(checking.SIGNS_IN, lambda: _("Signed in as %(user)s.") % {"user": at.user}),
            first.step(checking.READS, lambda: _("Tables can be read.")),
        ]
    )


SAY_TLS: dict[str, Callable[[], str]] = {
    "verify": lambda: _("The line is encrypted, and the server has proved its name."),
    "require": lambda: _("The line is encrypted; whose server it is was not proved."),
    "off": lambda: _("Off: the password and all rows cross the network readable by others."),
}


def not_trusted(at: DatabaseAt) -> str:
    return _(
        "The certificate of %(host)s is not signed by an authority that is trusted, or is not for this name. Give the"
        " authority's certificate, or the name that the certificate is for."
    ) % {"host": at.host}


def nobody_answers(at: DatabaseAt) -> str:
    said = _("Nobody answers at %(host)s, port %(port)d. Check host and port, and whether a firewall stands between.")
    return said % {"host": at.host, "port": at.port}


def no_tls(at: DatabaseAt) -> str:
    said = _("%(host)s offers no TLS. Switch it on there; or choose “off”, where the network may read along.")
    return said % {"host": at.host}


def wrong_password(at: DatabaseAt) -> str:
    said = _("%(host)s does not accept the password of %(user)s, or lets them not in from here.")
    return said % {"host": at.host, "user": at.user}


def asks_for_password(at: DatabaseAt) -> str:
    return _(
        "%(host)s asks for the password itself, which it is told only where TLS has proved its name. Let it ask for"
        " another way of signing in, or choose TLS “verify”."
    ) % {"host": at.host}


def no_place(at: DatabaseAt) -> str:
    return _("%(host)s has no place for another connection now.") % {"host": at.host}


def endless(name: str) -> SourceBroken:
    """What is said of an answer that has no end."""
    return SourceBroken(_("%(name)s sends an answer that does not end; it was left.") % {"name": name})

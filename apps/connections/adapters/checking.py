"""The steps of a check, in the order in which a connection comes about."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.utils.translation import gettext_noop

from apps.connections.errors import SourceRefused, SourceUnreachable
from apps.connections.ports import Step
from foundation import outbound
from foundation.errors import PortalError
from foundation.words import kept as _

RESOLVES = "resolves"
ANSWERS = "answers"
SECURE = "tls"
SIGNS_IN = "signs_in"
READS = "reads"
_NAMES = {
    RESOLVES: gettext_noop("The name resolves"),
    ANSWERS: gettext_noop("It answers"),
    SECURE: gettext_noop("TLS"),
    SIGNS_IN: gettext_noop("Signing in"),
    READS: gettext_noop("Reading"),
}
_ORDER = list(_NAMES)
# In an error's `details`: the step that it belongs to, where its kind does not say so.
STEP = "step"
_CONNECT_S = 10.0


def walked(steps: Iterable[tuple[str, Callable[[], str]]]) -> list[Step]:
    """Each step as it went; after one that fails none is taken. A step says what it found, or raises a PortalError."""
    done: list[Step] = []
    for name, act in steps:
        try:
            done.append(Step(_(_NAMES[name]), True, act()))
        except PortalError as error:
            done.append(Step(_(_NAMES[name]), False, error.sentence))
            break
    return done


class First:
    """The first real use, made once: a library does TLS and signing in at once, and its error tells them apart."""

    def __init__(self, act: Callable[[], None]) -> None:
        self._act, self._done = act, False
        self._error: PortalError | None = None

    def step(self, name: str, says: Callable[[], str]) -> tuple[str, Callable[[], str]]:
        def walk() -> str:
            self._once()
            if self._error is not None and _ORDER.index(_step_of(self._error)) <= _ORDER.index(name):
                raise self._error
            return says()

        return name, walk

    def _once(self) -> None:
        if self._done:
            return
        self._done = True
        try:
            self._act()
        except PortalError as error:
            self._error = error


def _step_of(error: PortalError) -> str:
    if STEP in error.details:
        return str(error.details[STEP])
    if isinstance(error, SourceUnreachable):
        return ANSWERS
    return SIGNS_IN if isinstance(error, SourceRefused) else READS


def resolve(host: str, port: int) -> str:
    """The step that looks a name up."""
    try:
        found = outbound.addresses_at(host, port)
    except outbound.Refused as error:
        raise SourceRefused(error.sentence) from error
    except outbound.Unreachable as error:
        raise SourceUnreachable(error.sentence) from error
    return _("%(host)s is %(addresses)s.") % {"host": host, "addresses": ", ".join(found[:4])}


def resolve_url(url: str) -> str:
    """The step that looks up the name in an address of the web; one that only the operator's proxy knows passes."""
    try:
        return _("%(url)s may be called from here.") % {"url": outbound.check(url)}
    except outbound.Refused as error:
        raise SourceRefused(error.sentence) from error


def answer(host: str, port: int) -> str:
    """The step that knocks."""
    try:
        outbound.connect(host, port, timeout_s=_CONNECT_S).close()
    except outbound.Refused as error:
        raise SourceRefused(error.sentence) from error
    except outbound.Unreachable as error:
        raise SourceUnreachable(
            _(
                "Nobody answers at %(host)s, port %(port)d: %(why)s Check host and port, and whether a firewall stands"
                " between."
            )
            % {"host": host, "port": port, "why": error.sentence}
        ) from error
    return _("Port %(port)d is open.") % {"port": port}

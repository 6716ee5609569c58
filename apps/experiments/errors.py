from __future__ import annotations

from foundation.errors import AccessDenied, Conflict, Invalid, NotFound, PortalError


class RunRefused(Invalid):
    """A run that cannot be started as asked; `fields` names what is wrong."""


class OutsideProject(RunRefused):
    """A place that is named as a run's or a model's own and lies outside the project."""

    noted = True


class FilesChanged(Conflict):
    """The files of a run's model are not those that it left when it ended."""


class ResultRefused(Conflict):
    """What a run says of its result is in no shape that can be read."""


class StaleAttempt(AccessDenied):
    """A workload of an older attempt knocked; the run has gone on without it."""


class NoSuchRoute(NotFound):
    """An address of MLflow that the portal does not pass on."""

    slug = "no-such-route"


class CrookedPath(NoSuchRoute):
    """An address with dots or coded slashes, which would lead out of the project where it was read twice."""

    noted = True


class TokenMissing(PortalError):
    status, slug = 401, "unauthenticated"


class PartsNotSupported(PortalError):
    """Transfers in parts past the portal; a stock client that asks for one goes on with a plain one."""

    status, slug = 501, "not-supported"

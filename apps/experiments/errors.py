from foundation.errors import AccessDenied, Invalid


class RunRefused(Invalid):
    """A run that cannot be started as asked; `fields` names what is wrong."""


class StaleAttempt(AccessDenied):
    """A workload of an older attempt knocked; the run has gone on without it."""

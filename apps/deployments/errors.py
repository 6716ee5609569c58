from foundation.errors import Conflict, Invalid, Unavailable


class SplitRefused(Invalid):
    """Percentages that do not add up to 100, or that send traffic to a revision that is not ready."""


class NothingToRollBackTo(Conflict):
    """There is no earlier revision that was ever ready."""


class ReplicaDied(Unavailable):
    """A replica that ended, or hung, before it answered."""

from foundation.errors import Conflict


class NotWatched(Conflict):
    """A deployment whose model carries no reference to compare with."""

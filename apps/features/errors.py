from foundation.errors import Conflict, Invalid


class DefinitionRefused(Invalid):
    """A feature view or training set that cannot mean what it says; `fields` names the faulty parts."""


class LeakageFound(Conflict):
    """A training set in which a feature is younger than its label; it is not kept."""


class TooMuchToCount(Conflict):
    """Counting rows while somebody waits took too long, or more memory than there is; a program that asks again at
    once, as it would where something is away for a moment, would make it no better."""


class Overtaken(Exception):
    """Another materialisation writes this view's values now."""


class Forgotten(Exception):
    """The online store does not know any more who writes this view's values: it has lost them, or they were dropped."""

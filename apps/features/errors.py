from foundation.errors import Conflict, Invalid


class DefinitionRefused(Invalid):
    """A feature view or training set that cannot mean what it says; `fields` names the faulty parts."""


class LeakageFound(Conflict):
    """A training set in which a feature is younger than its label; it is not kept."""

from __future__ import annotations


class UnknownJob(LookupError):
    """A mistake in the program: nothing of this name was registered by any tasks module."""


class JobCancelled(Exception):
    """Somebody asked for the job to end; let it through after tidying up."""


class JobTaken(Exception):
    """This attempt lost its lease and another may be running: stop, and write nothing more."""


class JobSetAside(Exception):
    """The work stops here for now: the job goes back into its queue, where its admission says why it waits."""

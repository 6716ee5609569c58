from __future__ import annotations

from foundation.errors import PortalError


class ReportNotMade(PortalError):
    """The report could not be set in type; the sentence says why."""

    status, slug = 500, "report-failed"

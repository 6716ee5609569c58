"""What the ledger records of those who were refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from foundation import ledger
from foundation.refusals.sayings import Reason


@dataclass(frozen=True, kw_only=True)
class AccessRefused(ledger.Event):
    """`count` refusals since `since`, all of one asker at one route with one status.

    `method`, `reason` and `ids` are those of the first. `route` is the template of the address, `ids` the SHA-256 of
    the ids that stood in it: neither tells what another tenant has. Where `route` is “more”, the asker was refused at
    so many routes that they are counted together.
    """

    kind = "access.refused"
    said = _("Refused: %(method)s %(route)s (%(status)s, %(reason)s), counted %(count)s")
    labels: ClassVar = {"reason": Reason}
    icon = "hand-stop"
    route: str
    method: str
    status: int
    reason: str
    ids: str
    count: int
    since: datetime

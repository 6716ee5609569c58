from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from apps.registry.choices import Stage
from foundation import access
from foundation.access import Permission
from foundation.errors import Conflict
from foundation.identity import Actor

if TYPE_CHECKING:
    from apps.compliance.models import Report


def check_can_read_report(actor: Actor, report: Report) -> None:
    access.require(actor, Permission.REPORT_VIEW, report)


def check_can_make_report(actor: Actor, version: Any) -> None:
    """The report quotes the ledger, so its maker may read both."""
    access.require(actor, Permission.REPORT_CREATE, version)
    access.require(actor, Permission.LEDGER_VIEW, version)
    if version.stage in {Stage.REGISTERING, Stage.FAILED, Stage.CANCELLED}:
        raise Conflict(
            _("%(version)s was not registered completely, so there is no chain to report on.") % {"version": version}
        )


def check_can_verify(actor: Actor) -> None:
    """Whoever verifies the chain takes it along too, whole or the entries that filters leave; a reader reads."""
    access.require(actor, Permission.LEDGER_EXPORT)


def check_can_replay(actor: Actor) -> None:
    access.require(actor, Permission.TENANT_MANAGE)

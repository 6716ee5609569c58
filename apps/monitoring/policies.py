from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from apps.monitoring.choices import AlertState
from foundation import access
from foundation.access import Permission
from foundation.errors import Conflict
from foundation.identity import Actor

if TYPE_CHECKING:
    from apps.monitoring.models import Alert, Monitor


def check_can_configure(actor: Actor, monitor: Monitor) -> None:
    access.require(actor, Permission.MONITOR_CHANGE, monitor)


def check_can_replay(actor: Actor, deployment: object) -> None:
    access.require(actor, Permission.MONITOR_CHANGE, deployment)
    access.require(actor, Permission.DEPLOYMENT_INVOKE, deployment)


def check_can_acknowledge(actor: Actor, alert: Alert) -> None:
    access.require(actor, Permission.MONITOR_CHANGE, alert)
    if alert.state != AlertState.OPEN:
        raise Conflict(_("This alert is %(state)s already.") % {"state": str(AlertState(alert.state).label).lower()})


def check_can_resolve(actor: Actor, alert: Alert) -> None:
    access.require(actor, Permission.MONITOR_CHANGE, alert)
    if alert.state in {AlertState.RESOLVED, AlertState.SUBSIDED}:
        raise Conflict(_("This alert is %(state)s already.") % {"state": str(AlertState(alert.state).label).lower()})

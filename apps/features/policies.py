from __future__ import annotations

from foundation import access
from foundation.access import Permission
from foundation.identity import Actor


def check_can_define(actor: Actor, project: object) -> None:
    access.require(actor, Permission.FEATURE_DEFINE, project)

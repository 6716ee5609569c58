"""Topics: `<kind>:<uuid>` of one tenant, and who may listen to each kind."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from foundation.access import Permission, require
from foundation.errors import Invalid, NotFound
from foundation.identity import Actor
from foundation.tenancy import scope

Check = Callable[[Actor, UUID], object]
_WRITTEN = re.compile(r"(?P<kind>[a-z][a-z0-9_]{0,39}):(?P<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_checks: dict[str, Check] = {}


@dataclass(frozen=True)
class Topic:
    """One thing that can be listened to, within a tenant."""

    kind: str
    id: UUID

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"

    def group(self, tenant_id: UUID) -> str:
        """The name under which the processes pass its messages on; it carries the tenant."""
        return f"topic.{tenant_id.hex}.{self.kind}.{self.id.hex}"


def register_topic(kind: str, check: Check) -> None:
    """Who may listen to `<kind>:<id>`: `check(actor, id)` runs in the tenant's scope and raises where they may not."""
    if _checks.get(kind, check) is not check:
        raise ValueError(f"The topic kind {kind!r} has a check already; a second one would replace it unseen.")
    _checks[kind] = check


def parse(written: object) -> Topic:
    """The topic of these letters, or Invalid."""
    found = _WRITTEN.fullmatch(written) if isinstance(written, str) else None
    if found is None:
        raise Invalid(_("A topic is written as kind:id, for example run: and the run's id."))
    return Topic(found["kind"], UUID(found["id"]))


def is_known(kind: str) -> bool:
    """Whether anything can be listened to under this kind."""
    return kind in _checks


def check(actor: Actor, topic: Topic) -> None:
    """Raise the sentence that says why the actor may not listen to the topic."""
    ask = _checks.get(topic.kind)
    if ask is None:
        raise NotFound(_("There is nothing to listen to under “%(kind)s”.") % {"kind": topic.kind})
    with scope(actor.tenant_id, user_id=actor.user.pk if actor.user else None):
        ask(actor, topic.id)


def register_own_topics() -> None:
    register_topic("tenant", _check_tenant)


def _check_tenant(actor: Actor, tenant_id: UUID) -> None:
    if tenant_id != actor.tenant_id:
        raise NotFound(_("There is no such tenant, or you are not a member of it."))
    require(actor, Permission.TENANT_VIEW, actor.tenant)

"""What holds a version: what was made of it, what names it, and why it cannot be removed before that is gone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from apps.features import policies, selectors
from apps.features.models import FeatureService, FeatureView, OnDemandView
from apps.features.services.serving import system
from foundation.errors import Conflict
from foundation.identity import Actor
from foundation.web.chain import ChainNode


@dataclass(frozen=True)
class Resting:
    """What rests on a version: all that was made of it, what of that the actor sees, and the services that name it.

    `sets` are the training sets that name it for good.
    """

    thing: FeatureView | OnDemandView
    users: list[ChainNode]
    seen: list[ChainNode]
    services: list[FeatureService]
    sets: list[ChainNode] = field(default_factory=list)

    def check(self, *, confirmed: bool) -> None:
        """Conflict where something in use rests on it, Invalid where it was not confirmed that a link breaks."""
        for check in self._checks():
            check()
        policies.check_chain_may_break(self.thing, self.users, self.seen, confirmed=confirmed)

    def sentences(self) -> list[str]:
        """Why it cannot be removed, all of it; none where it can."""
        return [said for check in self._checks() if (said := _refusal(check))]

    def in_the_way(self, actor: Actor) -> list[ChainNode]:
        """What of the things in the way the actor may open."""
        nodes = [*selectors.deployed_among(self.seen), *selectors.services_as_nodes(actor, self.services)]
        open_ones = {node.url for node in self.seen}
        sets = [node for node in self.sets if node.url in open_ones]
        return [*nodes, *sets, *policies.open_cases(self.seen)]

    def _checks(self) -> list[Callable[[], None]]:
        deployed = selectors.deployed_among(self.users)
        return [
            partial(policies.check_not_deployed, self.thing, deployed, self.seen),
            partial(policies.check_in_no_service, self.thing, self.services),
            partial(policies.check_unused, self.thing, self.sets, self.seen),
            partial(policies.check_no_case_open, self.users, self.seen),
        ]


def resting_on_view(*, actor: Actor, view: FeatureView) -> Resting:
    known = system(actor)
    users, seen = (selectors.made_from_view(actor=who, view=view) for who in (known, actor))
    return Resting(view, users, seen, selectors.services_with_view(actor=known, view=view))


def resting_on_demand(*, actor: Actor, view: OnDemandView) -> Resting:
    known = system(actor)
    users, seen = (selectors.made_from_on_demand(actor=who, view=view) for who in (known, actor))
    services = selectors.services_with_on_demand(actor=known, view=view)
    return Resting(view, users, seen, services, selectors.sets_in_use(users))


def check_may_remove_service(actor: Actor, service: FeatureService) -> None:
    """Conflict where anything was made of it."""
    policies.check_can_define(actor, service)
    users, seen = (selectors.made_from_service(actor=who, service=service) for who in (system(actor), actor))
    policies.check_unused(service, users, seen)


def _refusal(check: Callable[[], None]) -> str:
    try:
        check()
    except Conflict as refusal:
        return refusal.sentence
    return ""

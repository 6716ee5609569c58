from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID, uuid4

import pytest

from foundation import ledger, live
from foundation.errors import NotFound
from foundation.live import topics
from tests.support.people import make_person, make_tenant


@dataclass(frozen=True, kw_only=True)
class ThingMoved(ledger.Event):
    kind: ClassVar[str] = "thing.moved"
    thing_id: UUID


@dataclass(frozen=True)
class House:
    """Two tenants with a person each and, in the first, a thing to listen to. Everything is committed."""

    tenant: object
    scientist: object
    stranger: object
    thing_id: UUID

    @property
    def topic(self):
        return f"thing:{self.thing_id}"


@pytest.fixture
def house(transactional_db, monkeypatch):
    monkeypatch.setattr(topics, "_checks", dict(topics._checks))
    tenant, other = make_tenant("acme", "Acme Trading"), make_tenant("other", "Other Bank")
    made = House(tenant, make_person(tenant, "scientist"), make_person(other, "scientist"), uuid4())

    def check(actor, thing_id):
        if (actor.tenant_id, thing_id) != (tenant.pk, made.thing_id):
            raise NotFound("There is no such thing.")

    live.register_topic("thing", check)
    return made

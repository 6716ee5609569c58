"""What tenants hear for their webhooks, and what other rooms are told: where else a person may go."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.tenants import selectors, services
from foundation import ledger, live
from foundation.access import Role
from foundation.identity import Actor
from foundation.ledger import RecordedEvent
from foundation.web import navigation


def register() -> None:
    navigation.register_choices(_choices)
    navigation.register_part_count(
        "data/bin/", lambda actor, pk: selectors.binned_things(actor=actor, project_id=pk).count()
    )
    services.register_export("tenant", services.tenant_part)
    services.register_kept("archives", services.archives_measured)
    ledger.subscribe(ledger.EVERY_KIND, name="tenants.webhooks", handler=tell_webhooks)
    live.register_topic("webhook", check=lambda actor, pk: selectors.get_webhook(actor=actor, webhook_id=pk))


def tell_webhooks(event: RecordedEvent) -> None:
    services.webhooks.queue_event(event)


def _choices(actor: Actor) -> list[navigation.Choice]:
    """The other tenants of a person; where there are none, the switcher is not made longer by them."""
    if actor.user is None or actor.by_provider:
        return []
    others = [(tenant, role) for tenant, role in selectors.tenants_of(user=actor.user) if tenant.pk != actor.tenant_id]
    return [
        navigation.Choice(tenant.shown_name, f"/t/{tenant.slug}/", group=_("Other tenants"), note=Role(role).label)
        for tenant, role in others
    ]

"""What may be sent out, and where to."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.utils.translation import gettext as _

from apps.tenants.choices import (
    MOST_WEBHOOKS,
    WebhookShape,
    WebhookState,
)
from apps.tenants.models import Webhook
from apps.tenants.policies.people import check_sees_project
from foundation import access, ledger, outbound
from foundation.access import Permission
from foundation.errors import Conflict, Invalid
from foundation.identity import Actor


def check_can_manage_webhooks(actor: Actor) -> None:
    access.require(actor, Permission.TENANT_MANAGE, else_say=_("A tenant administrator makes and changes webhooks."))
    # It would go on telling when the guest has gone.
    access.require_own(actor)


def check_room_for_webhook(actor: Actor) -> None:
    if Webhook.objects.filter(tenant_id=actor.tenant_id).count() >= MOST_WEBHOOKS:
        raise Conflict(
            _("A tenant has %(most)s webhooks at most; delete one that is not used.") % {"most": MOST_WEBHOOKS}
        )


def check_project_of_webhook(actor: Actor, project_id: UUID | None) -> None:
    if project_id is not None:
        check_sees_project(actor, project_id)


def check_url_of_webhook(url: str) -> str:
    """The address as it will be called; it is held against what lies inside again with every delivery."""
    try:
        return outbound.check(url.strip())
    except outbound.Refused as error:
        raise Invalid(error.sentence, fields={"url": [error.sentence]}) from error


def check_kinds(wanted: Collection[str]) -> list[str]:
    """Families and kinds of events, each once; none where all are wanted."""
    known = ledger.declared().keys()
    families = {kind.partition(".")[0] for kind in known}
    chosen = sorted({text.strip() for text in wanted if text.strip()})
    for text in chosen:
        if text not in known and text not in families:
            sentence = _(
                "There is no event “%(kind)s”. Name a kind like run.succeeded, or a whole family: %(known)s."
            ) % {
                "kind": text,
                "known": ", ".join(sorted(families)),
            }
            raise Invalid(sentence, fields={"kinds": [sentence]})
    return [text for text in chosen if text in families or text.partition(".")[0] not in chosen]


def check_namespace(shape: str, namespace: str) -> str:
    """What the receiver calls the place of our jobs and data; none where the events are the ledger's own."""
    if shape != WebhookShape.OPENLINEAGE:
        return ""
    if not (said := namespace.strip()) or not said.isprintable():
        sentence = _("Give OpenLineage a namespace, such as the portal's name: jobs and datasets are told by it.")
        raise Invalid(sentence, fields={"namespace": [sentence]})
    return said


def check_signs(webhook: Webhook) -> None:
    if webhook.shape == WebhookShape.OPENLINEAGE:
        raise Conflict(_("It is sent the receiver's own token and has no secret of ours; make it anew to change that."))


def check_is_sent_to(webhook: Webhook) -> None:
    if webhook.state != WebhookState.ENABLED:
        raise Conflict(_("Nothing is sent to this webhook at present; enable it first."))

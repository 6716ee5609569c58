"""What is kept of a thing that is deleted, so that `restoring` brings it back as it was.

A member is named by their place in the tenant and not by their person: whoever leaves and is invited again does not
come back into what they were in before.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model

from apps.tenants.choices import BinKind
from apps.tenants.models import BinnedThing, Webhook
from foundation import clock
from foundation.access.models import Group, GroupMember, Membership
from foundation.identity import Actor
from foundation.identity.models import IdentityProvider, ProviderIdentity, Provisioned, UsedAssertion
from foundation.storage import sealing

WEBHOOK_FIELDS = ("description", "kinds", "shape", "namespace", "state", "trouble")
PROVIDER_FIELDS = ("issuer", "default_role", "mapping", "makes_members", "vouches_for_email", "only_way_in")


def kept_until(now: datetime) -> datetime:
    """Until when what is deleted now can be restored."""
    return now + timedelta(days=settings.SANAD_BIN_DAYS)


def keep_group(*, actor: Actor, group: Group, by_scim: bool) -> BinnedThing:
    """`by_scim`: what the group brought its people is taken with it, and given again when it is restored."""
    inside = GroupMember.objects.filter(group=group).values("user_id")
    people = Membership.objects.filter(tenant_id=group.tenant_id, user_id__in=inside).order_by("pk")
    kept: dict[str, Any] = {
        "description": group.description,
        "created_at": group.created_at,
        "people": list(people.values_list("pk", flat=True)),
        "roles": [{"project": row.project_id, "role": row.role} for row in group.project_roles.all()],
        "provider": group.provider_id,
        "external_id": group.external_id,
        "by_scim": by_scim,
    }
    counted = {"people": len(kept["people"]), "roles": len(kept["roles"])}
    return _keep(actor, BinKind.GROUP, group, kept, **counted)


def keep_webhook(*, actor: Actor, webhook: Webhook) -> BinnedThing:
    """The secrets as they lie sealed; the address too, whose path often is a secret of the receiver's."""
    previous = webhook.sealed_previous
    kept = {
        **{name: getattr(webhook, name) for name in WEBHOOK_FIELDS},
        "project": webhook.project_id,
        "created_at": webhook.created_at,
        "created_by": webhook.created_by_id,
        "secret": _text(webhook.sealed_secret),
        "previous": _text(previous) if previous is not None else None,
        "previous_until": webhook.previous_until,
    }
    return _keep(actor, BinKind.WEBHOOK, webhook, kept, words={"url": webhook.url})


def keep_provider(*, actor: Actor, provider: IdentityProvider, groups: Collection[tuple[UUID, str]]) -> BinnedThing:
    """`groups` are those that it kept, by id, and what it called each; its tokens and sessions end for good."""
    known = _known(provider)
    kept = {
        **{name: getattr(provider, name) for name in PROVIDER_FIELDS},
        "kind": provider.kind,
        "created_at": provider.created_at,
        "tested_at": provider.tested_at,
        "settings": _text(provider.sealed),
        "groups": [[pk, external_id] for pk, external_id in groups],
    }
    counted = {"people": len(known["identities"]), "roles": len(provider.mapping)}
    return _keep(actor, BinKind.IDENTITY_PROVIDER, provider, kept, words=known, **counted)


def keep_marked(*, actor: Actor, kind: BinKind, thing: Any, project_id: UUID | None) -> BinnedThing:
    """A thing of data goes into the bin: its row stays and is marked, since versions and tables hang on it.

    The caller has checked who may say so, and records it.
    """
    binned = keep_in_place(actor=actor, kind=kind, thing=thing, project_id=project_id)
    thing.binned_at = binned.deleted_at
    thing.save(update_fields=["binned_at"])
    return binned


def keep_in_place(*, actor: Actor, kind: BinKind, thing: Model, project_id: UUID | None) -> BinnedThing:
    """The same of a thing whose own state says that it lies in the bin: the caller moves it there."""
    return _keep(actor, kind, thing, {}, project_id=project_id)


def words_of(binned: BinnedThing) -> dict[str, Any]:
    """What lies sealed in the bin's row."""
    words: dict[str, Any] = json.loads(sealing.open_sealed(binned.tenant_id, _purpose(binned), bytes(binned.sealed)))
    return words


def _known(provider: IdentityProvider) -> dict[str, list[Any]]:
    """Whom it knows and by what, whom it brought by SCIM, and which of its answers were used: none is used twice."""
    places = dict(Membership.objects.filter(tenant_id=provider.tenant_id).values_list("user_id", "pk"))
    identities = ProviderIdentity.objects.filter(provider=provider, user_id__in=places).order_by("first_seen_at", "pk")
    brought = Provisioned.objects.filter(provider=provider, user_id__in=places).order_by("changed_at", "pk")
    used = UsedAssertion.objects.filter(provider=provider, expires_at__gt=clock.now())
    return {
        "identities": [
            [places[row.user_id], row.subject, row.made_member, row.first_seen_at, row.last_seen_at]
            for row in identities
        ],
        "provisioned": [[places[row.user_id], row.external_id, row.changed_at] for row in brought],
        "assertions": [list(pair) for pair in used.values_list("digest", "expires_at")],
    }


def _keep(
    actor: Actor, kind: BinKind, thing: Model, kept: dict[str, Any], *, words: Any = None, **counted: Any
) -> BinnedThing:
    now = clock.database_now()
    row = BinnedThing(
        tenant=actor.tenant,
        kind=kind,
        thing_id=thing.pk,
        name=str(thing)[:200],
        deleted_at=now,
        deleted_by=actor.user,
        kept_until=kept_until(now),
        kept=json.loads(_json(kept)),
        **counted,
    )
    if words is not None:
        row.sealed = sealing.seal(row.tenant_id, _purpose(row), _json(words).encode())
    row.save(force_insert=True)
    return row


def _json(words: Any) -> str:
    return json.dumps(words, cls=_Whole)


class _Whole(DjangoJSONEncoder):
    """Times to the microsecond: what comes back is what went in."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if isinstance(o, datetime) else super().default(o)


def _text(sealed: Any) -> str:
    return b64encode(bytes(sealed)).decode()


def _purpose(binned: BinnedThing) -> str:
    return f"bin:{binned.pk}"

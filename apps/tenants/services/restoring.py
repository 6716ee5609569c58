"""A group, a webhook or an identity provider brought back out of what `binning` kept; each answers what was left out.

It comes back under its own id, so that its history goes on, sealed secrets open, and mappings that name it hold again.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.tenants import policies, selectors
from apps.tenants.choices import HolderKind
from apps.tenants.events import GroupRestored, IdentityProviderRestored, WebhookRestored
from apps.tenants.models import BinnedThing, Webhook
from apps.tenants.selectors.provisioning import Provisioner
from apps.tenants.services.binning import PROVIDER_FIELDS, WEBHOOK_FIELDS, words_of
from apps.tenants.services.groups import add_to_group, keep_by_provider
from apps.tenants.services.locking import lock_administrators, lock_groups, lock_tokens_of
from apps.tenants.services.project_roles import Holder, give_role_in_project
from apps.tenants.services.provisioning import give_again
from apps.tenants.services.single_sign_on.entering import groups_of_mapping
from foundation import access, ledger
from foundation.access.models import Group, Membership
from foundation.errors import Conflict
from foundation.identity import Actor
from foundation.identity.models import IdentityProvider, ProviderIdentity, Provisioned, UsedAssertion, User
from foundation.ledger.selectors import last_seq


def restore_group(*, actor: Actor, binned: BinnedThing) -> list[str]:
    """With its people who never left, and its roles in projects that there still are: whoever restores gives them."""
    policies.check_can_manage_members(actor)
    access.require_fresh(actor)
    kept = binned.kept
    provider = IdentityProvider.objects.filter(tenant_id=actor.tenant_id, pk=kept["provider"]).first()
    lock_administrators(actor.tenant_id)
    if provider is not None:
        lock_groups(actor.tenant_id, groups_of_mapping(provider))
    group = _group(actor, binned, provider)
    people, roles = _still_there(actor, kept["people"]), _roles_in_known_projects(actor, kept["roles"])
    restored = GroupRestored(group_id=group.pk, people=len(people), roles=len(roles))
    ledger.record(restored, actor=actor, subject=("group", group.pk))
    for user_id in sorted(people.values()):
        add_to_group(actor=actor, group=group, user_id=user_id)
    holder = Holder(HolderKind.GROUP, group.pk)
    for project_id, role in roles:
        give_role_in_project(actor=actor, project_id=project_id, holder=holder, role=role)
    if provider is not None and kept["by_scim"]:
        lock_tokens_of(actor.tenant_id, people.values())
        give_again(by=Provisioner(provider, actor), user_ids=people.values())
    told = [_people_left_out(len(kept["people"]) - len(people)), _roles_left_out(len(kept["roles"]) - len(roles))]
    if kept["provider"] and provider is None:
        told.append(_("The identity provider that kept it is gone; it is kept by hand now."))
    return [sentence for sentence in told if sentence]


def restore_webhook(*, actor: Actor, binned: BinnedThing) -> list[str]:
    """With its secret, and in the state that it had; it hears what is recorded from now on."""
    policies.check_can_manage_webhooks(actor)
    access.require_fresh(actor)
    policies.check_room_for_webhook(actor)
    kept, project_id = binned.kept, _uuid(binned.kept["project"])
    if project_id is not None and not _known_projects(actor, [project_id]):
        raise Conflict(_("The project whose events it was told of is gone, so it would hear nothing. Make a new one."))
    policies.check_project_of_webhook(actor, project_id)
    webhook = Webhook(
        pk=binned.thing_id,
        tenant=actor.tenant,
        url=policies.check_url_of_webhook(words_of(binned)["url"]),
        project_id=project_id,
        after_seq=last_seq(tenant_id=actor.tenant_id),
        sealed_secret=b64decode(kept["secret"]),
        sealed_previous=b64decode(kept["previous"]) if kept["previous"] else None,
        previous_until=_moment_if_any(kept["previous_until"]),
        created_by=User.objects.filter(pk=kept["created_by"]).first(),
        created_at=_moment(kept["created_at"]),
        **{name: kept[name] for name in WEBHOOK_FIELDS if name in kept},
    )
    webhook.save(force_insert=True)
    restored = WebhookRestored(webhook_id=webhook.pk, kinds=webhook.kinds, project=project_id)
    ledger.record(restored, actor=actor, subject=("webhook", webhook.pk))
    return []


def restore_provider(*, actor: Actor, binned: BinnedThing) -> list[str]:
    """Disabled, with those whom it knew and who never left; its sessions and SCIM tokens stay ended."""
    policies.check_can_manage_sign_in(actor)
    lock_administrators(actor.tenant_id)
    kept, known = binned.kept, words_of(binned)
    provider = _provider(actor, binned)
    inside = {"tenant_id": actor.tenant_id, "provider": provider}
    people = _still_there(actor, [row[0] for row in known["identities"]])
    ProviderIdentity.objects.bulk_create(
        ProviderIdentity(**inside, user_id=people[UUID(place)], subject=subject, made_member=made, **_seen(first, last))
        for place, subject, made, first, last in known["identities"]
        if UUID(place) in people
    )
    _bring_provisioned(provider, known["provisioned"])
    UsedAssertion.objects.bulk_create(
        UsedAssertion(**inside, digest=digest, expires_at=_moment(until)) for digest, until in known["assertions"]
    )
    keep_by_provider(actor=actor, provider=provider, external_ids={UUID(pk): word for pk, word in kept["groups"]})
    restored = IdentityProviderRestored(provider_id=provider.pk, people=len(people))
    ledger.record(restored, actor=actor, subject=("identity_provider", provider.pk))
    told = _people_left_out(len(known["identities"]) - len(people))
    return [told] if told else []


def _group(actor: Actor, binned: BinnedThing, provider: IdentityProvider | None) -> Group:
    kept, external_id = binned.kept, binned.kept["external_id"] if provider else ""
    if external_id:
        again = Group.objects.filter(provider=provider, external_id=external_id).first()
        if again is not None:
            sentence = _(
                "The identity provider has made this group anew, as “%(name)s”. Delete that one, then restore this one."
            )
            raise Conflict(sentence % {"name": again.name})
    group = Group(
        pk=binned.thing_id,
        tenant=actor.tenant,
        name=binned.name,
        description=kept["description"],
        provider=provider,
        external_id=external_id,
    )
    taken = _("There is a group “%(name)s” already. Rename or delete that one, then restore this one.")
    _insert(group, taken % {"name": binned.name})
    # Its column sets itself when a row is made.
    Group.objects.filter(pk=group.pk).update(created_at=_moment(kept["created_at"]))
    return group


def _provider(actor: Actor, binned: BinnedThing) -> IdentityProvider:
    kept = binned.kept
    provider = IdentityProvider(
        pk=binned.thing_id,
        tenant=actor.tenant,
        kind=kept["kind"],
        name=binned.name,
        sealed=b64decode(kept["settings"]),
        created_at=_moment(kept["created_at"]),
        tested_at=_moment_if_any(kept["tested_at"]),
        **{name: kept[name] for name in PROVIDER_FIELDS},
    )
    # Nobody can give a provider another name, so the way out is to remove the one that has it.
    taken = _("There is an identity provider “%(name)s” already. Remove that one, then restore this one.")
    _insert(provider, taken % {"name": binned.name})
    return provider


def _roles_in_known_projects(actor: Actor, roles: Collection[dict[str, str]]) -> list[tuple[UUID, str]]:
    wanted = {UUID(row["project"]): row["role"] for row in roles}
    return [(project_id, wanted[project_id]) for project_id in _known_projects(actor, list(wanted))]


def _known_projects(actor: Actor, ids: Collection[UUID]) -> list[UUID]:
    """Asked for the portal, so that a project which is only hidden from the actor refuses and is not left out."""
    return [project.id for project in selectors.projects_of(Actor.system(actor.tenant, "bin"), ids=ids)]


def _bring_provisioned(provider: IdentityProvider, rows: Collection[list[Any]]) -> None:
    """Whom another provider of the tenant has brought meanwhile stays that one's."""
    places = Membership.objects.filter(tenant_id=provider.tenant_id, pk__in=[row[0] for row in rows])
    elsewhere = Provisioned.objects.filter(tenant_id=provider.tenant_id).values("user_id")
    people = dict(places.exclude(user_id__in=elsewhere).values_list("pk", "user_id"))
    Provisioned.objects.bulk_create(
        Provisioned(
            tenant_id=provider.tenant_id,
            provider=provider,
            user_id=people[UUID(place)],
            external_id=external_id,
            changed_at=_moment(changed),
        )
        for place, external_id, changed in rows
        if UUID(place) in people
    )


def _still_there(actor: Actor, places: Collection[str]) -> dict[UUID, UUID]:
    """People by their places in the tenant, of those places that were never given up."""
    rows = Membership.objects.filter(tenant_id=actor.tenant_id, pk__in=places)
    return dict(rows.values_list("pk", "user_id"))


def _insert(row: Group | IdentityProvider, taken: str) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(taken) from error


def _people_left_out(count: int) -> str:
    said = ngettext(
        "One person has left the organisation meanwhile and was left out.",
        "%(count)s people have left the organisation meanwhile and were left out.",
        count,
    )
    return said % {"count": count} if count else ""


def _roles_left_out(count: int) -> str:
    said = ngettext(
        "One role was left out: its project is gone.",
        "%(count)s roles were left out: their projects are gone.",
        count,
    )
    return said % {"count": count} if count else ""


def _seen(first: str, last: str) -> dict[str, Any]:
    return {"first_seen_at": _moment(first), "last_seen_at": _moment(last)}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _moment_if_any(text: str | None) -> datetime | None:
    return _moment(text) if text else None


def _uuid(text: str | None) -> UUID | None:
    return UUID(text) if text else None

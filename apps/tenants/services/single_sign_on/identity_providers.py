"""Identity providers of a tenant: added from what they publish, mapped to roles and groups, enabled, removed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.tenants import policies
from apps.tenants.adapters import openid, saml
from apps.tenants.adapters.outbound_session import is_kept_secret
from apps.tenants.events import (
    IdentityProviderAdded,
    IdentityProviderChanged,
    IdentityProviderDisabled,
    IdentityProviderEnabled,
    IdentityProviderRemoved,
)
from apps.tenants.models import BinnedThing
from apps.tenants.ports import ProviderSettings
from apps.tenants.services.binning import keep_provider
from apps.tenants.services.groups import release_groups
from apps.tenants.services.locking import lock_administrators
from apps.tenants.services.members import checked_role
from apps.tenants.services.single_sign_on.provided_sessions import end_sessions_of_provider
from apps.tenants.services.tokens import revoke_workload_tokens
from foundation import ledger
from foundation.access.models import Group
from foundation.errors import Conflict, Invalid
from foundation.identity import Actor
from foundation.identity.models import EmailDomain, IdentityProvider
from foundation.storage import sealing

Kind = IdentityProvider.Kind
MOST_LINES = 200


@dataclass(frozen=True)
class Line:
    """One line of the mapping: a group of the provider, and the role or the group of ours that it brings."""

    external: str
    role: str = ""
    group: str = ""


@transaction.atomic
def add_openid_provider(
    *, actor: Actor, name: str, issuer: str, client_id: str, client_secret: str, now: datetime
) -> IdentityProvider:
    """An OpenID provider, from what its issuer publishes; it lets nobody in until it is enabled."""
    policies.check_can_manage_sign_in(actor)
    return _add(actor, Kind.OIDC, name, _read_openid(issuer, client_id, client_secret), now)


@transaction.atomic
def add_saml_provider(
    *, actor: Actor, name: str, metadata: bytes, metadata_url: str, now: datetime
) -> IdentityProvider:
    """A SAML provider, from its metadata: uploaded, or read at its address."""
    policies.check_can_manage_sign_in(actor)
    return _add(actor, Kind.SAML, name, _read_saml(metadata, metadata_url), now)


@transaction.atomic
def draft_provider(*, actor: Actor, kind: str, name: str, now: datetime) -> IdentityProvider:
    """A provider of which nothing is known but its name: its addresses here stand, and it lets nobody in."""
    policies.check_can_manage_sign_in(actor)
    return _add(actor, Kind(kind), name, ProviderSettings(issuer="", endpoints={}, claims={}), now)


@transaction.atomic
def complete_openid_provider(
    *, actor: Actor, provider: IdentityProvider, issuer: str, client_id: str, client_secret: str
) -> IdentityProvider:
    """What the issuer of a draft publishes, and our client there."""
    policies.check_can_manage_sign_in(actor)
    return _complete(actor, provider, Kind.OIDC, _read_openid(issuer, client_id, client_secret))


@transaction.atomic
def complete_saml_provider(
    *, actor: Actor, provider: IdentityProvider, metadata: bytes, metadata_url: str
) -> IdentityProvider:
    """The metadata of a draft."""
    policies.check_can_manage_sign_in(actor)
    return _complete(actor, provider, Kind.SAML, _read_saml(metadata, metadata_url))


@transaction.atomic
def edit_provider(
    *,
    actor: Actor,
    provider: IdentityProvider,
    default_role: str,
    mapping: Sequence[Line],
    makes_members: bool,
    vouches_for_email: bool,
    only_way_in: bool,
    claims: dict[str, str],
    client_secret: str = "",
) -> IdentityProvider:
    """What the provider may say of people; an empty `client_secret` leaves the one that is there."""
    policies.check_can_manage_sign_in(actor)
    provider = _locked(provider)
    settings = settings_of(provider)
    wanted: dict[str, Any] = {
        "default_role": checked_role(default_role).value if default_role else "",
        "mapping": [asdict(line) for line in _checked_mapping(actor, mapping)],
        "makes_members": makes_members,
        "vouches_for_email": vouches_for_email,
        "only_way_in": only_way_in,
    }
    changed = [field for field, value in wanted.items() if getattr(provider, field) != value]
    for field in changed:
        setattr(provider, field, wanted[field])
    kept = {word: name.strip() for word, name in claims.items() if name.strip()}
    secret = client_secret.strip() or settings.client_secret
    if (kept, secret) != (settings.claims, settings.client_secret):
        lock_administrators(actor.tenant_id)
        policies.check_comes_in_without(provider=provider, stays_enabled=True)
        provider.sealed = seal_settings(provider, replace(settings, claims=kept, client_secret=secret))
        changed.append("sealed")
    if changed:
        provider.save(update_fields=changed)
        _record(actor, provider, IdentityProviderChanged(provider_id=provider.pk, changed=changed))
    return provider


@transaction.atomic
def refresh_provider(*, actor: Actor, provider: IdentityProvider, metadata: bytes = b"") -> IdentityProvider:
    """Read anew what the provider publishes: addresses of an OpenID one, certificates out of a SAML one's metadata."""
    policies.check_can_manage_sign_in(actor)
    provider = _locked(provider)
    policies.check_is_complete(provider)
    settings = settings_of(provider)
    found = openid.discover(provider.issuer) if provider.kind == Kind.OIDC else saml.read_metadata(metadata)
    if found.issuer != provider.issuer:
        raise Invalid(_("This is the metadata of another provider (“%(name)s”).") % {"name": found.issuer[:200]})
    kept = replace(settings, endpoints=found.endpoints, certificates=found.certificates, client_auth=found.client_auth)
    provider.sealed = seal_settings(provider, kept)
    provider.save(update_fields=["sealed"])
    _record(actor, provider, IdentityProviderChanged(provider_id=provider.pk, changed=["sealed"]))
    return provider


@transaction.atomic
def enable_provider(*, actor: Actor, provider: IdentityProvider, now: datetime) -> IdentityProvider:
    """From here on people of the tenant's proven domains are led to it."""
    policies.check_can_manage_sign_in(actor)
    provider = _locked(provider)
    policies.check_is_complete(provider)
    if not EmailDomain.objects.filter(tenant_id=actor.tenant_id, proven_at__isnull=False).exists():
        raise Conflict(
            _("Prove an e-mail domain first: the provider speaks for the addresses of proven domains alone.")
        )
    if provider.enabled_at is None:
        provider.enabled_at = now
        provider.save(update_fields=["enabled_at"])
        _record(actor, provider, IdentityProviderEnabled(provider_id=provider.pk))
    return provider


@transaction.atomic
def disable_provider(*, actor: Actor, provider: IdentityProvider) -> IdentityProvider:
    """Nobody comes in by it any more, and whoever did is signed out; memberships stay."""
    policies.check_can_manage_sign_in(actor)
    provider = _locked(provider)
    if provider.enabled_at is not None:
        lock_administrators(actor.tenant_id)
        policies.check_comes_in_without(provider=provider)
        provider.enabled_at = None
        provider.save(update_fields=["enabled_at"])
        ended = end_sessions_of_provider(provider)
        _record(actor, provider, IdentityProviderDisabled(provider_id=provider.pk, sessions=ended))
    return provider


@transaction.atomic
def remove_provider(*, actor: Actor, provider: IdentityProvider, now: datetime) -> BinnedThing:
    """Its SCIM tokens and sessions end; memberships stay with their roles, and so do groups. It lies in the bin."""
    policies.check_can_manage_sign_in(actor)
    provider = _locked(provider)
    lock_administrators(actor.tenant_id)
    policies.check_comes_in_without(provider=provider)
    groups = release_groups(actor=actor, provider=provider)
    binned = keep_provider(actor=actor, provider=provider, groups=groups)
    ended = end_sessions_of_provider(provider)
    revoke_workload_tokens(tenant=actor.tenant, purpose=scim_purpose(provider.pk), now=now)
    _record(actor, provider, IdentityProviderRemoved(provider_id=provider.pk, sessions=ended))
    provider.delete()
    return binned


def scim_purpose(provider_id: UUID) -> str:
    """The purpose that a SCIM token of this provider carries, and no other token."""
    return f"scim:{provider_id}"


def settings_of(provider: IdentityProvider) -> ProviderSettings:
    """What lies sealed beside the provider's row."""
    words = json.loads(sealing.open_sealed(provider.tenant_id, _purpose(provider), bytes(provider.sealed)))
    return ProviderSettings(**{**words, "certificates": tuple(words["certificates"])})


def seal_settings(provider: IdentityProvider, settings: ProviderSettings) -> bytes:
    return sealing.seal(provider.tenant_id, _purpose(provider), json.dumps(asdict(settings)).encode())


def _purpose(provider: IdentityProvider) -> str:
    return f"identity provider:{provider.pk}"


def _add(actor: Actor, kind: Kind, name: str, settings: ProviderSettings, now: datetime) -> IdentityProvider:
    name = name.strip()
    if not name:
        raise Invalid(_("The provider needs a name."), fields={"name": [_("People read it on the sign-in page.")]})
    provider = IdentityProvider(
        pk=uuid4(), tenant=actor.tenant, kind=kind, name=name, issuer=settings.issuer, created_at=now
    )
    provider.sealed = seal_settings(provider, settings)
    try:
        with transaction.atomic():
            provider.save(force_insert=True)
    except IntegrityError as error:
        sentence = _("There is an identity provider “%(name)s” already.") % {"name": name}
        raise Conflict(sentence, details={"field": "name"}) from error
    _record(actor, provider, IdentityProviderAdded(provider_id=provider.pk, protocol=kind.value))
    return provider


def _complete(actor: Actor, provider: IdentityProvider, kind: Kind, settings: ProviderSettings) -> IdentityProvider:
    provider = _locked(provider)
    if not provider.is_draft or provider.kind != kind:
        raise Conflict(_("“%(name)s” has its metadata already; read it anew on its page.") % {"name": provider.name})
    provider.issuer = settings.issuer
    provider.sealed = seal_settings(provider, replace(settings, claims=settings_of(provider).claims))
    provider.save(update_fields=["issuer", "sealed"])
    _record(actor, provider, IdentityProviderChanged(provider_id=provider.pk, changed=["issuer", "sealed"]))
    return provider


def _read_openid(issuer: str, client_id: str, client_secret: str) -> ProviderSettings:
    if not client_id.strip():
        raise Invalid(_("The client id is missing."), fields={"client_id": [_("The provider gives it.")]})
    found = openid.discover(_checked_issuer(issuer))
    return replace(found, client_id=client_id.strip(), client_secret=client_secret.strip())


def _read_saml(metadata: bytes, metadata_url: str) -> ProviderSettings:
    if not metadata and not metadata_url:
        sentence = _("Give the address of the provider's metadata, or its XML.")
        raise Invalid(sentence, fields={"metadata_url": [sentence]})
    return saml.read_metadata(metadata or saml.fetch_metadata(metadata_url))


def _checked_issuer(issuer: str) -> str:
    """https, or an address inside that the operator allows to be called."""
    text = issuer.strip().removesuffix("/.well-known/openid-configuration").rstrip("/")
    if not text.startswith(("https://", "http://")) or not is_kept_secret(text):
        sentence = _("Write the issuer like https://login.example.com/realm.")
        raise Invalid(sentence, fields={"issuer": [sentence]})
    return text


def _checked_mapping(actor: Actor, mapping: Sequence[Line]) -> list[Line]:
    if len(mapping) > MOST_LINES:
        raise Invalid(_("The mapping has %(most)s lines at most.") % {"most": MOST_LINES})
    known = {str(pk) for pk in Group.objects.filter(tenant_id=actor.tenant_id).values_list("pk", flat=True)}
    for line in mapping:
        if line.role:
            checked_role(line.role)
        if line.group and line.group not in known:
            sentence = _("There is no such group in this tenant.")
            raise Invalid(sentence, fields={"mapping": [sentence]})
    lines = [replace(line, external=line.external.strip()) for line in mapping]
    return [line for line in lines if line.external and (line.role or line.group)]


def _locked(provider: IdentityProvider) -> IdentityProvider:
    found = IdentityProvider.objects.select_for_update().filter(tenant_id=provider.tenant_id, pk=provider.pk).first()
    if found is None:
        raise Conflict(_("This identity provider was removed meanwhile."))
    return found


def _record(actor: Actor, provider: IdentityProvider, event: ledger.Event) -> None:
    ledger.record(event, actor=actor, subject=("identity_provider", provider.pk))

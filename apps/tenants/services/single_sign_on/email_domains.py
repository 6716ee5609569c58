"""Domains of e-mail addresses: claimed by a tenant, proven by a TXT record or by the operator, held by one tenant."""

from __future__ import annotations

import re
import secrets
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from apps.tenants import policies
from apps.tenants.adapters.names import NameServers, in_ascii
from apps.tenants.events import DomainClaimed, DomainProven, DomainReleased
from apps.tenants.ports import TextRecords
from apps.tenants.services.locking import lock_administrators
from foundation import ledger
from foundation.errors import Conflict, Invalid
from foundation.identity import Actor
from foundation.identity.models import EmailDomain, IdentityProvider
from foundation.tenancy import scope
from foundation.tenancy.models import Tenant

# The id of no tenant: a door looks there too where there is no tenant, so that it takes as long.
NOBODY = UUID(int=0)
RECORD_AT, RECORD_SAYS = "_sanad-challenge", "sanad-domain-verification="
_NAME = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")


@transaction.atomic
def claim_domain(*, actor: Actor, name: str, now: datetime) -> EmailDomain:
    """Say that the domain is the tenant's; it routes nobody until that is proven."""
    policies.check_can_manage_sign_in(actor)
    domain = EmailDomain(
        tenant=actor.tenant, name=_checked_name(name), challenge=secrets.token_urlsafe(24), claimed_at=now
    )
    try:
        with transaction.atomic():
            domain.save(force_insert=True)
    except IntegrityError as error:
        sentence = _("“%(name)s” is claimed already.") % {"name": domain.name}
        raise Conflict(sentence, details={"field": "name"}) from error
    ledger.record(DomainClaimed(domain_id=domain.pk), actor=actor, subject=("email_domain", domain.pk))
    return domain


@transaction.atomic
def prove_domain(
    *, actor: Actor, domain: EmailDomain, now: datetime, records: TextRecords | None = None
) -> EmailDomain:
    """Read the domain's TXT record; Conflict says what it has to hold where it does not."""
    policies.check_can_manage_sign_in(actor)
    wanted = f"{RECORD_SAYS}{domain.challenge}"
    found = (records or NameServers()).of(f"{RECORD_AT}.{domain.name}")
    if wanted not in [text.strip() for text in found]:
        words = {"at": f"{RECORD_AT}.{domain.name}", "wanted": wanted, "found": "; ".join(found)[:300]}
        if not found:
            missing = _(
                "No TXT record is at %(at)s yet. It has to say “%(wanted)s”; a new one can take an hour to show."
            )
            raise Conflict(missing % words)
        sentence = _(
            "The TXT record at %(at)s says “%(found)s”, but has to say “%(wanted)s”. A change can take an hour."
        )
        raise Conflict(sentence % words)
    return _prove(actor, domain, by="dns", now=now)


def prove_by_operator(*, tenant: Tenant, name: str, now: datetime) -> EmailDomain:
    """The operator's word instead of a record, where the portal reaches no name server; on the tenant's ledger."""
    with scope(tenant.pk):
        domain = EmailDomain.objects.filter(tenant=tenant, name=_checked_name(name)).first()
        if domain is None:
            raise Invalid(
                _("“%(tenant)s” has not claimed “%(name)s”; its administrator does, under Settings, Single sign-on.")
                % {"tenant": tenant.slug, "name": name}
            )
        return _prove(Actor.system(tenant, "operator"), domain, by="operator", now=now)


@transaction.atomic
def release_domain(*, actor: Actor, domain: EmailDomain) -> None:
    """Give the domain up: nobody is routed by it any more, and another tenant may prove it."""
    policies.check_can_manage_sign_in(actor)
    remaining = EmailDomain.objects.exclude(pk=domain.pk).filter(tenant_id=actor.tenant_id, proven_at__isnull=False)
    held = IdentityProvider.objects.filter(tenant_id=actor.tenant_id, enabled_at__isnull=False)
    if domain.proven_at is not None and not remaining.exists() and held.exists():
        raise Conflict(_("An identity provider is enabled and this is the last proven domain; disable it first."))
    if held.exists():
        lock_administrators(actor.tenant_id)
        policies.check_comes_in_without_domain(domain)
    ledger.record(DomainReleased(domain_id=domain.pk), actor=actor, subject=("email_domain", domain.pk))
    domain.delete()


def tenant_of_address(email: str) -> Tenant | None:
    """The tenant that has proven the domain of this address; one query that sees no other domain's row."""
    name = domain_of(email)
    if not name:
        return None
    with transaction.atomic():
        _show_domain(name)
        found = (
            EmailDomain.objects.filter(name=name, proven_at__isnull=False).values_list("tenant_id", flat=True).first()
        )
        _show_domain("")
    # As much work where there is none: how long it takes tells nobody whose domains are here.
    with scope(found or NOBODY):
        return Tenant.objects.filter(pk=found or NOBODY).first()


def is_proven(*, tenant: Tenant, email: str) -> bool:
    """Whether the address lies in a domain that the tenant has proven; asked inside the tenant's scope."""
    return EmailDomain.objects.filter(tenant=tenant, name=domain_of(email), proven_at__isnull=False).exists()


def domain_of(email: str) -> str:
    """What stands behind the last “@”, as DNS writes it; empty where nothing does."""
    name = email.strip().lower().rpartition("@")[2] if "@" in email else ""
    return in_ascii(name) if name else ""


def _prove(actor: Actor, domain: EmailDomain, *, by: str, now: datetime) -> EmailDomain:
    if domain.proven_at is not None:
        return domain
    domain.proven_at = now
    try:
        with transaction.atomic():
            domain.save(update_fields=["proven_at"])
    except IntegrityError as error:
        raise Conflict(
            _("Another organisation of this portal has proven “%(name)s”; ask the portal's operator.")
            % {"name": domain.name}
        ) from error
    ledger.record(DomainProven(domain_id=domain.pk, by=by), actor=actor, subject=("email_domain", domain.pk))
    return domain


def _checked_name(name: str) -> str:
    found = in_ascii(name.strip().lower().lstrip("@"))
    if not _NAME.fullmatch(found):
        sentence = _("“%(name)s” is no domain; write it like example.com.") % {"name": name[:80]}
        raise Invalid(sentence, fields={"name": [sentence]})
    return found


def _show_domain(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('sanad.email_domain', %s, true)", [name])

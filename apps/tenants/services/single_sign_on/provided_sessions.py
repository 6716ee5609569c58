"""Sessions that an identity provider opened: ended with it, or with the person's place in its tenant."""

from __future__ import annotations

from uuid import UUID

from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from foundation import live
from foundation.identity.models import IdentityProvider, ProvidedSession, ProviderIdentity, User
from foundation.identity.ways import Way
from foundation.tenancy import scope


def note_provided_session(*, way: Way, user: User, session_key: str) -> None:
    """Remember which session a provider opened; those that ended by themselves are forgotten on the way."""
    if way.tenant_id is None:
        return
    with scope(way.tenant_id):
        rows = ProvidedSession.objects.filter(tenant_id=way.tenant_id, user=user)
        rows.exclude(session_key__in=Session.objects.values("session_key")).delete()
        ProvidedSession.objects.get_or_create(
            tenant_id=way.tenant_id,
            provider_id=way.provider_id,
            user=user,
            session_key=session_key,
            defaults={"sid": way.sid},
        )


def end_sessions_of_provider(provider: IdentityProvider) -> int:
    """Sign out everybody whom it let in; answers how many sessions that were."""
    return _end(ProvidedSession.objects.filter(tenant_id=provider.tenant_id, provider=provider))


def end_provided_sessions(*, tenant_id: UUID, user_id: UUID) -> int:
    """Sign one person out of what the tenant's providers opened; sessions of other tenants go on."""
    return _end(ProvidedSession.objects.filter(tenant_id=tenant_id, user_id=user_id))


def end_sessions_said(provider: IdentityProvider, *, subject: str, sid: str) -> int:
    """End those that the provider names: of a person (`subject`), of its own session (`sid`), or of both at once."""
    rows = ProvidedSession.objects.filter(tenant_id=provider.tenant_id, provider=provider)
    if subject:
        known = ProviderIdentity.objects.filter(provider=provider, subject=subject)
        rows = rows.filter(user_id__in=known.values("user_id"))
    if sid:
        rows = rows.filter(sid=sid)
    return _end(rows)


def _end(rows: QuerySet[ProvidedSession]) -> int:
    found = list(rows)
    ended = Session.objects.filter(session_key__in=[row.session_key for row in found]).delete()[0]
    rows.delete()
    for user_id in {row.user_id for row in found}:
        live.disconnect(user_id=user_id, sentence=_("You were signed out from another place."))
    return ended

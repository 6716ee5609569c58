from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from apps.tenants import services
from foundation.clock import database_now, now
from foundation.jobs import JobHandle, job, periodic


@periodic(name="tenants.forget_expired_tokens", every=timedelta(hours=1))
def forget_expired_tokens() -> None:
    services.forget_expired_tokens(now=now())


@periodic(name="tenants.forget_ended_sessions", every=timedelta(hours=1))
def forget_ended_sessions() -> None:
    services.forget_ended_sessions(now=now())


@periodic(name="tenants.tell_failed_sign_ins", every=timedelta(minutes=1))
def tell_failed_sign_ins() -> None:
    services.tell_failed_sign_ins(now=now())


@periodic(name="tenants.meter_usage", every=timedelta(minutes=1))
def meter_usage() -> None:
    services.meter_everything()


@periodic(name="tenants.measure_storage", every=timedelta(minutes=10))
def measure_storage() -> None:
    services.measure_storage()


@job(name="tenants.send_webhook", time_limit=timedelta(minutes=5))
def send_webhook(*, job: JobHandle, webhook_id: str, **_later: object) -> None:
    services.webhooks.send_webhook(job=job, webhook_id=UUID(webhook_id))


@periodic(name="tenants.ring_webhooks", every=timedelta(seconds=15))
def ring_webhooks() -> None:
    services.webhooks.ring_due_webhooks(now=database_now())


@periodic(name="tenants.forget_deliveries", every=timedelta(hours=1))
def forget_deliveries() -> None:
    services.webhooks.forget_deliveries(now=now())


@job(name="tenants.export_tenant", time_limit=timedelta(hours=24))
def export_tenant(*, job: JobHandle, export_id: str, **_later: object) -> None:
    services.export_tenant(job=job, export_id=UUID(export_id))


@periodic(name="tenants.forget_exports", every=timedelta(hours=1))
def forget_exports() -> None:
    services.forget_exports()


@job(name="tenants.delete_tenant", needs_keys=False, max_attempts=6, time_limit=timedelta(hours=24))
def delete_tenant(*, job: JobHandle, **_later: object) -> None:
    services.delete_tenant(job=job)


@periodic(name="tenants.begin_deletions", every=timedelta(minutes=1))
def begin_deletions() -> None:
    services.begin_deletions()


@periodic(name="tenants.end_expired_support", every=timedelta(minutes=1))
def end_expired_support() -> None:
    services.end_expired_support()


@job(name="tenants.send_notice", time_limit=timedelta(minutes=5))
def send_notice(*, user_id: str, notice: str, factor: str, **_later: object) -> None:
    services.send_notice(user_id=UUID(user_id), notice=notice, factor=factor)


@job(name="tenants.send_invitation", time_limit=timedelta(minutes=5))
def send_invitation(*, job: JobHandle, invitation_id: str, sealed: str, **_later: object) -> None:
    services.send_invitation(tenant=job.actor.tenant, invitation_id=UUID(invitation_id), sealed=sealed)


@periodic(name="tenants.forget_used_assertions", every=timedelta(hours=1))
def forget_used_assertions() -> None:
    services.single_sign_on.forget_used_assertions(now=now())


@periodic(name="tenants.tell_strays", every=timedelta(minutes=1))
def tell_strays() -> None:
    services.tell_strays(now=now())


@periodic(name="tenants.empty_bins", every=timedelta(hours=1))
def empty_bins() -> None:
    services.empty_due(now=database_now())

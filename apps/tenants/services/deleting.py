"""Delete a tenant: everything it kept, room by room. Each step may be done twice, so a killed worker's is done again.

What stays, and why:
- the ledger with its places and checkpoints: append-only has no exception, and what others relied on can still be
  verified. It holds ids, digests, numbers and words, never what a person typed, so nothing of anybody's data is in it;
- the tenant's row, under its short name alone, so that nobody else ever gets the addresses that were its own;
- the rows of its destroyed keys, empty, by which leftovers in a key store are still found and destroyed;
- the row of this job, which says when it was done.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import connection
from django.utils.translation import gettext as _

from apps.tenants.events import TenantDeleted
from foundation import jobs, lake, ledger, storage, tenancy
from foundation.access.models import Membership
from foundation.clock import database_now
from foundation.errors import Unavailable
from foundation.identity import Actor, tokens
from foundation.identity.models import ApiToken, User
from foundation.jobs import JobHandle
from foundation.jobs.choices import FINAL
from foundation.jobs.models import Job
from foundation.ledger.models import ParkedEvent, SubscriberCursor
from foundation.storage import keys
from foundation.storage.models import TenantKey
from foundation.tenancy.models import Tenant
from foundation.tenancy.row_security import protected_models, rule_of

log = logging.getLogger("sanad.leaving")
Farewell = Callable[[Tenant], None]
_farewells: dict[str, Farewell] = {}
_OF_PERSON = "user_id = sanad_user()"


def register_farewell(room: str, farewell: Farewell) -> None:
    """What a room ends outside the database before the tenant's rows go: replicas, workspaces of other servers.

    It is called outside any transaction, may be called again, and raises where something could not be ended.
    """
    _farewells[room] = farewell


def delete_tenant(*, job: JobHandle) -> None:
    """Every step in its own transactions; only the last one says that it is done."""
    with job.scope():
        tenant = Tenant.objects.get(pk=job.tenant_id)
    if tenant.deleted_at is not None or tenant.deletion_begun_at is None:
        return
    job.progress(_("Ending what still runs"), 5)
    _end_jobs(tenant, job.id)
    ended = _revoke_tokens(tenant)
    for done, (room, farewell) in enumerate(sorted(_farewells.items())):
        job.progress(_("Ending what runs outside: %(room)s") % {"room": room}, 10 + 30 * done / len(_farewells))
        farewell(tenant)
    job.progress(_("Deleting tables and objects"), 50)
    lake.destroy(tenant.pk)
    objects = sum(storage.delete(tenant.pk, key) for key in storage.list(tenant.pk))
    job.progress(_("Destroying keys"), 70)
    _shred(tenant)
    job.progress(_("Deleting people and rows"), 80)
    people = _let_people_go(tenant)
    with job.scope():
        rows = _delete_rows(tenant, job.id)
        _leave_a_stone(tenant)
        said = TenantDeleted(tenant_id=tenant.pk, rows=rows, objects=objects, tokens=ended, people=people)
        ledger.record(said, actor=Actor.system(tenant, "leaving"), subject=("tenant", tenant.pk))


def _end_jobs(tenant: Tenant, own: UUID) -> None:
    """Cancel what waits and what runs; Unavailable while something still runs, so that the job comes back later."""
    system = Actor.system(tenant, "leaving")
    with tenancy.scope(tenant.pk):
        open_jobs = jobs.visible_jobs(actor=system).exclude(state__in=FINAL).exclude(pk=own)
        for job_id in list(open_jobs.values_list("pk", flat=True)):
            jobs.cancel(actor=system, job_id=job_id)
        left = open_jobs.count()
    if left:
        raise Unavailable(_("%(count)s jobs of the organisation are still ending.") % {"count": left})


def _revoke_tokens(tenant: Tenant) -> int:
    """Void for good, in the gateway too, which asks for digests and not for rows."""
    with tenancy.scope(tenant.pk):
        live = list(ApiToken.objects.filter(tenant=tenant, revoked_at=None))
        for row in live:
            tokens.revoke(row, now=database_now())
    return len(live)


def _shred(tenant: Tenant) -> None:
    with tenancy.scope(tenant.pk):
        if Tenant.objects.get(pk=tenant.pk).keys_destroyed_at is None:
            keys.shred_tenant(actor=Actor.system(tenant, "leaving"), tenant=tenant, now=database_now())


def _let_people_go(tenant: Tenant) -> int:
    """Whoever belongs to no other tenant has no account any more: nothing of them is left but their id."""
    with tenancy.scope(tenant.pk):
        ids = list(Membership.objects.filter(tenant=tenant).values_list("user_id", flat=True))
    return sum(_let_go(user_id, tenant) for user_id in ids)


def _let_go(user_id: UUID, tenant: Tenant) -> bool:
    with tenancy.scope(None, user_id=user_id):
        elsewhere = Membership.objects.filter(user_id=user_id).exclude(tenant=tenant).exists()
        if elsewhere or User.objects.filter(pk=user_id, is_operator=True).exists():
            return False
        for model in protected_models():
            if (rule_of(model) or ("", None))[0] == _OF_PERSON:
                _delete(model._meta.db_table, "user_id", user_id)
        gone = {"email": f"gone-{user_id.hex}@sanad.invalid", "name": "", "password": make_password(None)}
        User.objects.filter(pk=user_id).update(**gone, is_active=False, second_factor_at=None)
    return True


def _delete_rows(tenant: Tenant, own: UUID) -> int:
    """All of the tenant's rows in every table; foreign keys are looked at when the transaction ends."""
    count = Job.objects.filter(tenant=tenant).exclude(pk=own).delete()[0]
    # Beside the chain itself: what a subscriber said when it could not take an event.
    count += ParkedEvent.objects.filter(tenant=tenant).delete()[0]
    SubscriberCursor.objects.filter(tenant=tenant).update(last_error="")
    return count + sum(_delete(table, "tenant_id", tenant.pk) for table in _tables())


def _tables() -> Iterator[str]:
    for model in protected_models():
        columns = {field.attname for field in model._meta.concrete_fields}
        if "tenant_id" in columns and model._meta.app_label != "ledger" and model not in {TenantKey, Job}:
            yield model._meta.db_table


def _delete(table: str, column: str, value: UUID) -> int:
    with connection.cursor() as cursor:
        # The names are of our own models, the value is bound.
        cursor.execute(f'DELETE FROM "{table}" WHERE {column} = %s', [value])  # noqa: S608
        return int(cursor.rowcount)


def _leave_a_stone(tenant: Tenant) -> None:
    words = {"name": tenant.slug, "name_ar": "", "deleted_at": database_now(), "deletion_due": None}
    Tenant.objects.filter(pk=tenant.pk).update(**words)

"""The scope of a transaction: whose rows it may see. Row-level security in the database enforces it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

from django.apps import apps
from django.db import connection, transaction

from foundation.errors import NotFound
from foundation.tenancy.looking_up import find_row

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from foundation.tenancy.models import Tenant

# One statement: the outer scope is read before the new one is set, since a select list is worked off from the left.
_SWAP = """
SELECT current_setting('sanad.tenant', true), current_setting('sanad.user', true),
       set_config('sanad.tenant', %s, true), set_config('sanad.user', %s, true)
"""


# As above: what it was, and what it is from here on.
_SET = "SELECT current_setting(%s, true), set_config(%s, %s, true)"


@contextmanager
def scope(tenant_id: UUID | None, *, user_id: UUID | None = None) -> Iterator[None]:
    """Run the block in a transaction that sees the rows of `tenant_id` alone, and of `user_id` where a table says so.

    The settings are local to the transaction; a nested scope gives the outer one back when it ends.
    """
    nested = connection.in_atomic_block
    with transaction.atomic():
        outer = _swap(str(tenant_id or ""), str(user_id or ""))
        try:
            yield
        finally:
            # The end of a transaction ends its settings; after a database error it is lost, and its settings with it.
            if nested and not connection.needs_rollback:
                _swap(*outer)


@contextmanager
def reading(tenant_id: UUID) -> Iterator[None]:
    """As `scope`, for a block that only reads: where it is in the tenant's scope already, nothing is set and saved."""
    if connection.in_atomic_block and current_tenant_id() == tenant_id:
        yield
        return
    with scope(tenant_id):
        yield


def _swap(tenant: str, user: str) -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(_SWAP, [tenant, user])
        outer = cursor.fetchone()
    return outer[0] or "", outer[1] or ""


def current_tenant_id() -> UUID | None:
    """The tenant whose scope the present transaction is in."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nullif(current_setting('sanad.tenant', true), '')")
        found = cursor.fetchone()[0]
    return UUID(found) if found else None


@contextmanager
def _opened(setting: str, to: str = "on") -> Iterator[None]:
    nested = connection.in_atomic_block
    with transaction.atomic():
        outer = _set(setting, to)
        yield
        if nested:  # else the end of the transaction ends it
            _set(setting, outer)


def _set(setting: str, to: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(_SET, [setting, setting, to])
        return cursor.fetchone()[0] or ""


def _registry() -> AbstractContextManager[None]:
    return _opened("sanad.every_tenant")


def figures_of_all() -> AbstractContextManager[None]:
    """A transaction that reads what a platform operator counts of every tenant, and nothing else of any.

    Those are the tables whose `row_security_reads` names `sanad.operator`: hourly usage, memberships and requests for
    support. A tenant's data lies in none of them.
    """
    return _opened("sanad.operator")


def sign_ins_of_all() -> AbstractContextManager[None]:
    """A transaction that reads whose sessions are noted, for the sweep that clears what ended; it writes nothing."""
    return _opened("sanad.sweep")


def failed_sign_ins() -> AbstractContextManager[None]:
    """A transaction that counts failed sign-ins, before anybody is known, and tells the ledgers of them later."""
    return _opened("sanad.failed_sign_ins")


def places_in(tenant_ids: Collection[UUID]) -> AbstractContextManager[None]:
    """A transaction that reads who may do what in all of these tenants at once, and writes nothing in any.

    Those are the tables whose `row_security_reads` asks sanad_watched(): tenants, memberships, groups' people, roles
    and grants in projects, support, service accounts and tokens. It is there for the watch over open connections,
    which would otherwise ask tenant by tenant, twice a second.
    """
    return _opened("sanad.watched", "{" + ",".join(str(each) for each in tenant_ids) + "}")


def every_tenant() -> list[Tenant]:
    """All tenants, for loops of the system; each is then worked on inside its own scope."""
    with _registry():
        return list(_tenants())


def find_tenant(slug: str) -> Tenant:
    """The tenant of this short name, or NotFound."""
    with _registry():
        tenant = find_row(_tenants().model, slug=slug)
    if tenant is None:
        raise NotFound("There is no such tenant, or you are not a member of it.")
    return tenant


def _tenants() -> QuerySet[Tenant]:
    # The package is imported before Django's models are ready.
    return apps.get_model("tenancy", "Tenant")._default_manager.all()

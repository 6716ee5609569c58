"""Whether anything of a tenant may be opened at present: it may be suspended or have left, its key be withdrawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from foundation.errors import PortalError

if TYPE_CHECKING:
    from foundation.tenancy.models import Tenant


class KeyWithdrawn(PortalError):
    """The tenant took its own key back; everything of it waits until the key is brought again."""

    status, slug = 423, "key-withdrawn"


class KeyDestroyed(PortalError):
    """The tenant's keys were destroyed; what was sealed under them opens for nobody any more."""

    status, slug = 410, "key-destroyed"


class TenantSuspended(PortalError):
    """The platform's operator keeps the tenant closed for the time being."""

    status, slug = 403, "tenant-suspended"


class TenantDeleted(PortalError):
    """The tenant has left, or is just being deleted."""

    status, slug = 410, "tenant-deleted"


def require_open(tenant: Tenant) -> None:
    """Refuse with the sentence that says why nobody is let in; quiet where the tenant is open."""
    if tenant.deletion_begun_at is not None:
        raise TenantDeleted(_("This organisation has left; what it kept here is deleted."))
    if tenant.suspended_at is not None:
        raise TenantSuspended(
            _(
                "“%(tenant)s” is suspended by the operator of this portal. Nothing of it is lost; "
                "ask the operator to open it again."
            )
            % {"tenant": tenant.shown_name}
        )


def why_closed(tenant: Tenant) -> str:
    """The sentence of `require_open`, empty where it is quiet."""
    return _said_by(require_open, tenant)


def why_locked(tenant: Tenant) -> str:
    """The sentence of `require_keys`, empty where it is quiet."""
    return _said_by(require_keys, tenant)


def lock_of(tenant: Tenant) -> PortalError | None:
    """The refusal of `require_keys`, for whoever tells it in another process."""
    return _refusal_of(require_keys, tenant)


def _said_by(check: Callable[[Tenant], None], tenant: Tenant) -> str:
    refusal = _refusal_of(check, tenant)
    return refusal.sentence if refusal else ""


def _refusal_of(check: Callable[[Tenant], None], tenant: Tenant) -> PortalError | None:
    try:
        check(tenant)
    except PortalError as refusal:
        return refusal
    return None


def require_keys(tenant: Tenant) -> None:
    """Refuse with the sentence that says why nothing of this tenant opens; quiet where it is open, its keys at hand."""
    require_open(tenant)
    if tenant.keys_destroyed_at is not None:
        raise KeyDestroyed(
            _(
                "The keys of “%(tenant)s” were destroyed; what it kept here can be opened by nobody any more, "
                "not from a backup either."
            )
            % {"tenant": tenant.shown_name}
        )
    if tenant.keys_withdrawn_at is not None:
        raise KeyWithdrawn(
            _(
                "“%(tenant)s” has withdrawn its encryption key, so nothing of it can be opened. An administrator "
                "brings the key again under Settings, Encryption."
            )
            % {"tenant": tenant.shown_name}
        )

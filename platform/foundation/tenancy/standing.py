"""Whether anything of a tenant may be opened at present: its own key may be withdrawn, or its keys destroyed."""

from __future__ import annotations

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


def require_keys(tenant: Tenant) -> None:
    """Refuse with the sentence that says why nothing of this tenant opens; quiet where its keys are at hand."""
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

"""A tenant may ask that its members have a second factor: who has none by the day is let in nowhere there.

Tokens go on: each is a factor of its own, made by a session that had proved who it was.
"""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from foundation.errors import AccessDenied
from foundation.identity.models import User
from foundation.identity.ways import Way
from foundation.tenancy.models import Tenant


class SecondFactorRequired(AccessDenied):
    """The tenant asks for a second factor, and this person has none."""

    slug = "second-factor-required"

    def __init__(self) -> None:
        sentence = _("This organisation asks for a second factor. Set one up in your account, at /accounts/#factors.")
        super().__init__(sentence, details={"set_up": "/accounts/#factors"})


def lets_in(user: User, tenant: Tenant, *, at: datetime, way: Way | None = None) -> bool:
    """Whether the person may work in the tenant by a session, as far as a second factor goes."""
    due = tenant.second_factor_due
    # Whom the tenant's own provider vouches for was asked there for whatever the tenant wants.
    vouched = way is not None and way.tenant_id == tenant.pk
    return due is None or at < due or user.second_factor_at is not None or vouched


def require_second_factor(user: User, tenant: Tenant, *, at: datetime, way: Way | None = None) -> None:
    """SecondFactorRequired where the day has come and the person has none; it costs no query."""
    if not lets_in(user, tenant, at=at, way=way):
        raise SecondFactorRequired

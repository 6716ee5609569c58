"""The first tenant and its first administrator: made by whoever holds the link that the start of the portal printed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.core import signing
from django.db import connection, transaction
from django.utils.translation import gettext_lazy

from apps.tenants.choices import SETUP_LIVES
from apps.tenants.services.invitations import checked_email, new_person
from apps.tenants.services.members import enrol
from apps.tenants.services.operators import make_operator
from apps.tenants.services.tenants import create_tenant
from foundation.access import Role
from foundation.access.models import Membership
from foundation.errors import NotFound
from foundation.identity import Actor
from foundation.identity.models import User
from foundation.tenancy import every_tenant, scope
from foundation.tenancy.models import Tenant

_SALT = "tenants.setting_up"
_GONE = gettext_lazy("This link is no longer good: it is too old. Starting the portal prints a new one.")
_SET_UP = gettext_lazy(
    "This portal is set up already, so the link opens nothing any more. Sign in, or ask an administrator of your "
    "organisation to invite you."
)


@dataclass(frozen=True)
class Founder:
    """Who sets the portal up, and becomes the first administrator."""

    name: str
    email: str
    password: str


def is_set_up() -> bool:
    return bool(every_tenant())


def setup_secret() -> str:
    """The secret of a new link; empty once there is a tenant. Nothing is stored: the first tenant ends every link."""
    return "" if is_set_up() else signing.dumps("set up", salt=_SALT)


def check_setup(*, secret: str) -> None:
    """NotFound unless the link is ours, young enough, and nobody has used one."""
    if is_set_up():
        raise NotFound(_SET_UP)
    try:
        signing.loads(secret, salt=_SALT, max_age=SETUP_LIVES)
    except signing.BadSignature as error:
        raise NotFound(_GONE) from error


@transaction.atomic
def set_up(
    *, secret: str, slug: str, name: str, name_ar: str, founder: Founder, zones: Collection[str] | None = None
) -> tuple[Tenant, User]:
    """The first tenant with its administrator; two who hold the link at once make one.

    The link was printed where the portal was started, so whoever holds it is also the platform's first operator. Their
    tenant is on the plan without quotas: the machine is their own.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('tenants.setting_up'))")
    check_setup(secret=secret)
    user = new_person(checked_email(founder.email), founder.name, founder.password)
    make_operator(email=user.email)
    tenant = create_tenant(slug=slug, name=name, name_ar=name_ar, zones=zones)
    with scope(tenant.pk, user_id=user.pk):
        actor = Actor(kind="user", id=user.pk, tenant=tenant, label=str(user), user=user, role=Role.ADMIN)
        enrol(actor=actor, membership=Membership(tenant=tenant, user=user, role=Role.ADMIN))
    return tenant, user

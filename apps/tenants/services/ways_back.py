"""Ways back for a person who lost the password, all second factors, or tried too often.

An account is one for all tenants of a person. A tenant's administrator opens those accounts alone that reach nothing
but this tenant: that is asked when a link is made, and once more when it is used. Of all others whoever runs the portal
makes the link (`manage.py new_password`), having seen who asks.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.tenants import policies, selectors
from apps.tenants.choices import PASSWORD_LINK_LIVES, Notice
from apps.tenants.events import FactorsTaken, PasswordLinkMade, PasswordSetByLink, SignInUnlocked
from apps.tenants.models import PasswordLink
from apps.tenants.services.attempts import forget_all, is_locked, names_of
from apps.tenants.services.factors import take_factors
from apps.tenants.services.locking import locked_member
from apps.tenants.services.security import record_of_person, remind
from apps.tenants.services.sign_in import end_other_sessions
from foundation import access, ledger, refusals
from foundation.access import Permission
from foundation.access.actors import actor_for_user
from foundation.access.models import Membership
from foundation.errors import Invalid, NotFound
from foundation.identity import Actor
from foundation.identity.models import User
from foundation.identity.tokens import digest_of
from foundation.refusals import Asked
from foundation.tenancy import scope
from foundation.tenancy.models import Tenant

_GONE = gettext_lazy(
    "This link is unknown, used, replaced by a newer one or too old, or its account reaches more than when it was made,"
    " or whoever made it is no administrator any more. Ask an administrator, or whoever runs the portal, for a new one."
)


@transaction.atomic
def make_password_link(*, actor: Actor, membership: Membership, now: datetime) -> tuple[PasswordLink, str]:
    """The link's row and its secret, which is shown once; a link of before is void from here on."""
    membership = locked_member(membership)
    policies.check_can_open_account(actor, membership)
    access.require_fresh(actor)
    link, secret = _make(membership.user, now)
    link.made_in, link.made_by = actor.tenant_id, actor.id
    with scope(None, user_id=link.user_id):
        link.save()
    made = PasswordLinkMade(membership_id=membership.pk, user_id=link.user_id, expires=link.expires_at)
    ledger.record(made, actor=actor, subject=("membership", membership.pk))
    remind(membership.user, Notice.PASSWORD_LINK)
    return link, secret


@transaction.atomic
def make_password_link_by_operator(*, email: str, now: datetime) -> str:
    """The secret of a link for any account: an act of whoever runs the portal, told to each of the person's tenants."""
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is None:
        raise NotFound(_("There is no account with this address."))
    link, secret = _make(user, now)
    with scope(None, user_id=user.pk):
        link.save()
    record_of_person(user, lambda ids: PasswordLinkMade(**ids, expires=link.expires_at), by_operator=True)
    remind(user, Notice.PASSWORD_LINK)
    return secret


@transaction.atomic
def take_factors_of_member(*, actor: Actor, membership: Membership, now: datetime) -> Membership:
    """For whoever lost them all: the password alone opens the account until a new factor is set up."""
    membership = locked_member(membership)
    User.objects.select_for_update().get(pk=membership.user_id)  # who is just becoming a member elsewhere was seen
    policies.check_can_open_account(actor, membership)
    access.require_fresh(actor)
    kinds = take_factors(user=membership.user, now=now)
    if kinds:
        ids = {"membership_id": membership.pk, "user_id": membership.user_id}
        taken = FactorsTaken(**ids, factors=sorted(kind.value for kind in kinds))
        ledger.record(taken, actor=actor, subject=("membership", membership.pk))
    return membership


@transaction.atomic
def unlock_member(*, actor: Actor, membership: Membership) -> Membership:
    """Let the person try again at once, instead of after a quarter of an hour."""
    policies.check_can_open_account(actor, membership)
    access.require_fresh(actor)
    forget_all(names_of(membership.user))
    unlocked = SignInUnlocked(membership_id=membership.pk, user_id=membership.user_id)
    ledger.record(unlocked, actor=actor, subject=("membership", membership.pk))
    return membership


def is_member_locked(*, membership: Membership, now: datetime) -> bool:
    """Whether sign-ins under this member's name are not heard at present, from somewhere at least."""
    return is_locked(names_of(membership.user), now)


def find_password_link(*, secret: str, now: datetime) -> PasswordLink:
    """The link with its person, while it opens something; else NotFound, always in the same words."""
    link = _of_link(secret)
    if link is None or not _opens(link, now):
        raise NotFound(_GONE)
    return link


def set_password_by_link(*, secret: str, new: str, now: datetime) -> User:
    """Give the person of the link a new password; their sessions end, and failed attempts of before count no more."""
    user = find_password_link(secret=secret, now=now).user
    try:
        validate_password(new, user)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), fields={"new": list(error.messages)}) from error
    with scope(None, user_id=user.pk):
        # Whoever is just becoming a member elsewhere waits, or was seen: who accepts an invitation holds their own row.
        user = User.objects.select_for_update().get(pk=user.pk)
        link = PasswordLink.objects.select_for_update().filter(user=user, digest=digest_of(secret)).first()
        if link is None or not _opens(link, now):
            raise NotFound(_GONE)
        PasswordLink.objects.filter(pk=link.pk).update(used_at=now)
        user.set_password(new)
        user.save(update_fields=["password"])
        record_of_person(user, lambda ids: PasswordSetByLink(**ids))
        remind(user, Notice.PASSWORD_SET)
        forget_all(names_of(user))
        end_other_sessions(user=user, keep="")
    return user


def note_void_password_link(*, secret: str, request_id: str, method: str) -> None:
    """Put on the ledger of the tenant whose administrator made it that a void link was opened; a guess is nobody's."""
    link = _of_link(secret)
    if link is None or link.made_in is None:
        return
    with scope(link.made_in):
        tenant = Tenant.objects.filter(pk=link.made_in).first()
    if tenant is not None:
        route = "accounts/password/new/<secret>/"
        asked = Asked.at(route, method=method, status=NotFound.status, reason="password-link-void")
        refusals.note_about(("person", link.user_id), asked, tenant=tenant, request_id=request_id)


def _make(user: User, now: datetime) -> tuple[PasswordLink, str]:
    secret = secrets.token_urlsafe(32)
    with scope(None, user_id=user.pk):
        User.objects.select_for_update().get(pk=user.pk)
        PasswordLink.objects.filter(user=user).delete()
    expires_at = now + PASSWORD_LINK_LIVES
    return PasswordLink(user=user, digest=digest_of(secret), made_at=now, expires_at=expires_at), secret


def _opens(link: PasswordLink, now: datetime) -> bool:
    if link.used_at is not None or link.expires_at <= now or not link.user.is_active:
        return False
    if link.made_in is None:
        return True
    if link.made_by is None:  # of an older release, which did not keep who made it
        return False
    return selectors.is_account_of(user=link.user, tenant_id=link.made_in) and _administers(link.made_by, link.made_in)


def _administers(maker_id: UUID, tenant_id: UUID) -> bool:
    """Whether a link's maker could make it now: who lost their place has read it, and comes back by no account."""
    maker = User.objects.filter(pk=maker_id).first()
    with scope(tenant_id):
        tenant = Tenant.objects.filter(pk=tenant_id).first()
    if maker is None or tenant is None:
        return False
    try:
        return access.can(actor_for_user(user=maker, tenant=tenant), Permission.MEMBER_MANAGE)
    except NotFound:
        return False


def _of_link(secret: str) -> PasswordLink | None:
    with transaction.atomic():
        _show_digest(digest_of(secret))
        link = PasswordLink.objects.select_related("user").filter(digest=digest_of(secret)).first()
        _show_digest("")
    return link


def _show_digest(digest: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('sanad.password_digest', %s, true)", [digest])

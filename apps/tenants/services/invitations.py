"""Invitations: a link that is shown once to whoever invites, and makes a member of whoever opens it."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.tenants import policies
from apps.tenants.choices import INVITATION_LIVES, InvitationState
from apps.tenants.events import MemberInvited
from apps.tenants.models import Invitation
from apps.tenants.services.invitation_mails import mail_invitation
from apps.tenants.services.members import checked_role, enrol
from apps.tenants.services.withdrawing import take_back
from foundation import ledger, refusals
from foundation.access.models import Membership
from foundation.errors import Conflict, Invalid, NotFound
from foundation.identity import Actor
from foundation.identity.models import User
from foundation.identity.names import visible
from foundation.identity.tokens import digest_of
from foundation.refusals import Asked
from foundation.tenancy import scope
from foundation.tenancy.models import Tenant

_GONE = gettext_lazy("This invitation is unknown, expired, withdrawn or used. Ask for a new one.")


@transaction.atomic
def invite(*, actor: Actor, email: str, role: str, now: datetime) -> tuple[Invitation, str]:
    """A place for the person of this address and the secret of its link; an earlier open invitation is replaced.

    Whether the person has an account already is neither looked up nor told.
    """
    policies.check_can_bring_in(actor)
    address = checked_email(email)
    if Membership.objects.filter(tenant_id=actor.tenant_id, user__email=address).exists():
        raise Conflict(_("This person is a member already; change their role instead."), details={"field": "email"})
    for earlier in Invitation.objects.select_for_update().filter(
        tenant_id=actor.tenant_id, email=address, accepted_at=None, withdrawn_at=None
    ):
        take_back(actor=actor, invitation=earlier, now=now)
    secret = secrets.token_urlsafe(32)
    invitation = Invitation(
        tenant=actor.tenant,
        email=address,
        role=checked_role(role),
        digest=digest_of(secret),
        invited_by=actor.user,
        created_at=now,
        expires_at=now + INVITATION_LIVES,
    )
    try:
        with transaction.atomic():
            invitation.save(force_insert=True)
    except IntegrityError as error:
        sentence = _("Somebody has just invited this address. Invite it once more only where their link is lost.")
        raise Conflict(sentence, details={"field": "email"}) from error
    invited = MemberInvited(membership_id=invitation.pk, role=invitation.role)
    ledger.record(invited, actor=actor, subject=("membership", invitation.pk))
    mail_invitation(actor=actor, invitation=invitation, secret=secret)
    return invitation, secret


@transaction.atomic
def withdraw_invitation(*, actor: Actor, invitation: Invitation, now: datetime) -> None:
    policies.check_can_manage_members(actor)
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if invitation.accepted_at is None and invitation.withdrawn_at is None:
        take_back(actor=actor, invitation=invitation, now=now)


def find_invitation(*, secret: str, now: datetime) -> tuple[Invitation, Tenant]:
    """The open invitation of this link with its tenant, or NotFound."""
    invitation = _of_link(secret)
    if invitation is None or invitation.state(now) is not InvitationState.OPEN:
        raise NotFound(_GONE)
    with scope(invitation.tenant_id):
        return invitation, Tenant.objects.get(pk=invitation.tenant_id)


def note_void_invitation(*, secret: str, request_id: str, method: str, now: datetime) -> None:
    """Put on the tenant's ledger that a link was opened that is used, withdrawn or too old; a guessed one is nobody's.

    Called where the refused act has been undone. Whoever opens it is not known, so the invitation is what it is about.
    """
    invitation = _of_link(secret)
    if invitation is None:
        return
    with scope(invitation.tenant_id):
        tenant = Tenant.objects.get(pk=invitation.tenant_id)
    reason = f"invitation-{invitation.state(now).value}"
    asked = Asked.at("accounts/invitations/<secret>/", method=method, status=NotFound.status, reason=reason)
    refusals.note_about(("membership", invitation.pk), asked, tenant=tenant, request_id=request_id)


def _of_link(secret: str) -> Invitation | None:
    with transaction.atomic():
        _show_digest(digest_of(secret))
        invitation = Invitation.objects.filter(digest=digest_of(secret)).first()
        _show_digest("")
    return invitation


def accept_invitation(*, user: User, secret: str, now: datetime) -> Membership:
    """Make the signed-in person a member, where the invitation was for their address."""
    invitation, tenant = find_invitation(secret=secret, now=now)
    if user.email != invitation.email:
        raise Conflict(_("This invitation is for another address. Sign out, then open its link again."))
    return _enter(invitation, tenant, user, now)


def accept_as_new_person(*, secret: str, name: str, password: str, now: datetime) -> User:
    """Make an account for the invited address, and it a member."""
    invitation, tenant = find_invitation(secret=secret, now=now)
    with transaction.atomic():
        user = new_person(invitation.email, name, password)
        _enter(invitation, tenant, user, now)
    return user


def _enter(invitation: Invitation, tenant: Tenant, user: User, now: datetime) -> Membership:
    with scope(tenant.pk, user_id=user.pk):
        _hold(user)
        locked = Invitation.objects.select_for_update().get(pk=invitation.pk)
        if locked.state(now) is not InvitationState.OPEN:
            raise NotFound(_GONE)
        locked.accepted_at = now
        locked.save(update_fields=["accepted_at"])
        # The person's own act, by right of the invitation.
        actor = Actor(kind="user", id=user.pk, tenant=tenant, label=str(user), user=user, role=locked.role)
        return enrol(actor=actor, membership=Membership(pk=locked.pk, tenant=tenant, user=user, role=locked.role))


def _hold(user: User) -> None:
    """No link gives the account another password while it comes to reach more; where one just did, none joins by it."""
    if User.objects.select_for_update(no_key=True).get(pk=user.pk).password != user.password:
        raise Conflict(
            _("The password of this account was changed just now. Sign in with the new one, then open the link again.")
        )


def new_person(email: str, name: str, password: str) -> User:
    """An account for an address that has none."""
    user = User(email=email, name=visible(name))
    if not user.name:
        raise Invalid(_("A name is missing."), fields={"name": [_("Fill this in.")]})
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), fields={"password": list(error.messages)}) from error
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(
            _(
                "This address has an account. Sign in with it, then open the link again. Is its password lost? Whoever "
                "runs the portal can make you a link for a new one."
            )
        ) from error
    return user


def checked_email(email: str) -> str:
    """The address in small letters, or Invalid."""
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError as error:
        raise Invalid(_("This is no e-mail address."), fields={"email": [_("This is no e-mail address.")]}) from error
    return address


def _show_digest(digest: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('sanad.invitation_digest', %s, true)", [digest])

"""People: their roles, how they sign in, what they are told, and who may hold a role in a project."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from foundation.access import Role

# What a service account may be.
PROGRAM_ROLES = (Role.SCIENTIST, Role.AUDITOR, Role.VIEWER, Role.MEMBER)
# The most days that members are given to set up a second factor.
LONGEST_GRACE = 90
SETUP_LIVES = timedelta(days=1)
INVITATION_LIVES = timedelta(days=7)
PASSWORD_LINK_LIVES = timedelta(days=1)


# What somebody with the role is for, where one is chosen.
ROLE_SAYS: dict[Role, Any] = {
    Role.ADMIN: _("Everything: members, sign-in, keys, quotas and budgets, and all that a data scientist does."),
    Role.SCIENTIST: _("Builds: data, features, runs, models, deployments and monitors in every project."),
    Role.OFFICER: _("Decides approvals, reads, verifies and exports the ledger, and makes reports; builds nothing."),
    Role.AUDITOR: _("Reads everything with the ledger, verifies and exports it, and makes reports; decides nothing."),
    Role.VIEWER: _("Reads data, models, deployments and reports in every project, but not the ledger."),
    Role.MEMBER: _(
        "Sees no project by itself: give them a role in a project next (Project settings, People), or take them into a "
        "group that has one."
    ),
}


# The same where the role is held in one project.
ROLE_SAYS_IN_PROJECT: dict[Role, Any] = {
    Role.ADMIN: _("Everything in the project: builds, gives roles in it, erases people and destroys versions."),
    Role.SCIENTIST: _("Builds: data, features, runs, models, deployments and monitors of the project."),
    Role.OFFICER: _("Decides approvals, reads everything with the project's part of the ledger, and makes reports."),
    Role.AUDITOR: _("Reads everything with the project's part of the ledger, and makes reports; decides nothing."),
    Role.VIEWER: _("Reads data, models, deployments and reports of the project, but not the ledger."),
}


class SignInMethod(TextChoices):
    """With what somebody began a session."""

    PASSWORD = "password", _("Password")
    PASSKEY = "passkey", _("Passkey")
    SSO = "sso", _("Single sign-on")


class FactorKind(TextChoices):
    """What shows, beside the password, who one is; the words are allauth's."""

    APP = "totp", _("Authenticator app")
    PASSKEY = "webauthn", _("Passkey")
    RECOVERY = "recovery_codes", _("Recovery codes")


class Notice(TextChoices):
    """What a person is told of their own account: by mail, and at their next sign-in where somebody else did it."""

    FACTOR_ADDED = "factor_added", _("A second factor was added to your account")
    FACTOR_REMOVED = "factor_removed", _("A second factor was removed from your account")
    RECOVERY_RENEWED = "recovery_renewed", _("New recovery codes were made for your account")
    RECOVERY_USED = "recovery_used", _("A recovery code of your account was used")
    PASSWORD_CHANGED = "password_changed", _("The password of your account was changed")
    PASSWORD_LINK = "password_link", _("An administrator made a link for a new password of your account")
    PASSWORD_SET = "password_set", _("A new password was set for your account by a link")
    LOCKED = "locked", _("Too many sign-ins with your address failed, so for a while no more of them were heard")


class InvitationState(TextChoices):
    OPEN = "open", _("Waiting")
    ACCEPTED = "accepted", _("Accepted")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    EXPIRED = "expired", _("Expired")


class HolderKind(TextChoices):
    """Who may hold a role in a project."""

    USER = "user", _("Person")
    GROUP = "group", _("Group")
    SERVICE_ACCOUNT = "service_account", _("Service account")

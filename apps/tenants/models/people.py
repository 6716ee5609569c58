from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models

from apps.tenants.choices import InvitationState, SignInMethod
from foundation.access import Role
from foundation.tenancy.models import TenantModel


class Invitation(TenantModel):
    """A place in the tenant that waits for a person; only the SHA-256 of its link is kept."""

    # Before the tenant is known, a link finds its own row by its digest and no other.
    row_security_reads = "digest = current_setting('sanad.invitation_digest', true)"

    email = models.EmailField()
    role = models.CharField(max_length=16, choices=Role.choices)
    digest = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "email"],
                condition=models.Q(accepted_at=None, withdrawn_at=None),
                name="invitation_open_once",
            )
        ]

    def __str__(self) -> str:
        return self.email

    def state(self, now: datetime) -> InvitationState:
        if self.accepted_at is not None:
            return InvitationState.ACCEPTED
        if self.withdrawn_at is not None:
            return InvitationState.WITHDRAWN
        return InvitationState.OPEN if self.expires_at > now else InvitationState.EXPIRED


class SignIn(models.Model):
    """A session of a person: when, from where and with what they signed in."""

    row_security = "user_id = sanad_user()"
    # The sweep finds whose sessions ended, instead of asking everybody there ever was.
    row_security_reads = "current_setting('sanad.sweep', true) = 'on'"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    session_key = models.CharField(max_length=40, unique=True)
    at = models.DateTimeField()
    address = models.GenericIPAddressField(null=True, blank=True)
    agent = models.CharField(max_length=300, blank=True)
    method = models.CharField(max_length=16, choices=SignInMethod.choices, default=SignInMethod.PASSWORD)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return str(self.at)


class SignInAttempt(models.Model):
    """An attempt that has not succeeded, under digests of who was named and of where it came from."""

    id = models.BigAutoField(primary_key=True)
    email_digest = models.CharField(max_length=64)
    address_digest = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["email_digest", "at"], name="attempt_by_email"),
            models.Index(fields=["address_digest", "at"], name="attempt_by_address"),
        ]

    def __str__(self) -> str:
        return str(self.at)

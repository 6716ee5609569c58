"""What belongs to a person's account, in whichever tenants they are: it is seen in the person's own scope alone."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from apps.tenants.choices import FactorKind, Notice


class PasswordLink(models.Model):
    """The one link with which a person sets a new password; only the SHA-256 of it is kept, also after its use."""

    row_security = "user_id = sanad_user()"
    # Before the person is known, a link finds its own row by its digest and no other.
    row_security_reads = "digest = current_setting('sanad.password_digest', true)"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    # The tenant whose administrator made it, and must still be the only one; empty: whoever runs the portal.
    made_in = models.UUIDField(null=True)
    # That administrator, who must still be one: a link that they have read does not outlast their own place.
    made_by = models.UUIDField(null=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.made_at)


class AccountNotice(models.Model):
    """What somebody else did to a person's account, until they sign in and read it."""

    row_security = "user_id = sanad_user()"

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    notice = models.CharField(max_length=32, choices=Notice.choices)
    factor = models.CharField(max_length=16, choices=FactorKind.choices, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at"]

    def __str__(self) -> str:
        return str(self.get_notice_display())


class FailedSignIn(models.Model):
    """One failed attempt until the ledger has been told; without a person where nobody has the address.

    A row is written for every address alike, so that the door answers as fast for one as for the other.
    """

    row_security = "current_setting('sanad.failed_sign_ins', true) = 'on'"

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    # Whether the next attempt of this name from that address is not heard.
    locks = models.BooleanField(default=False)
    told_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.at)

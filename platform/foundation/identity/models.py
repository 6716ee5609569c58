from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils.translation import gettext_lazy as _

from foundation.tenancy.models import WATCHED, TenantModel


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person. Which tenants they belong to is said by their memberships."""

    class Theme(models.TextChoices):
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")
        SYSTEM = "system", _("As the device")

    class Calendar(models.TextChoices):
        GREGORIAN = "gregorian", _("Gregorian")
        HIJRI = "hijri", _("Hijri (Umm al-Qura)")

    class Language(models.TextChoices):
        ENGLISH = "en", "English"
        ARABIC = "ar", "العربية"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200)
    language = models.CharField(max_length=5, choices=Language.choices, default=Language.ENGLISH)
    theme = models.CharField(max_length=6, choices=Theme.choices, default=Theme.SYSTEM)
    time_zone = models.CharField(max_length=63, default="Asia/Dubai")
    calendar = models.CharField(max_length=9, choices=Calendar.choices, default=Calendar.GREGORIAN)
    is_active = models.BooleanField(default=True)
    is_operator = models.BooleanField(default=False)
    joined_at = models.DateTimeField(auto_now_add=True)
    # Since when they have a second factor; written by whatever adds and removes factors, read by every request.
    second_factor_at = models.DateTimeField(null=True, blank=True)

    objects = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name or self.email


class ServiceAccount(TenantModel):
    """A program that acts in a tenant with a role of its own."""

    row_security_reads = WATCHED

    name = models.CharField(max_length=120)
    role = models.CharField(max_length=16)
    created_at = models.DateTimeField(auto_now_add=True)
    disabled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="service_account_name")]

    def __str__(self) -> str:
        return self.name


class ApiToken(TenantModel):
    """A bearer token: only its SHA-256 is kept, so the token itself is shown once and never again."""

    # Before the tenant is known, a token finds its own row by its digest and no other.
    row_security_reads = f"digest = current_setting('sanad.token_digest', true) OR {WATCHED}"

    name = models.CharField(max_length=120)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=16)
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.CASCADE, related_name="tokens")
    service_account = models.ForeignKey(ServiceAccount, null=True, blank=True, on_delete=models.CASCADE)
    purpose = models.CharField(max_length=80, blank=True)
    # Whoever a workload acts for: it ends with their membership, or with the right that it uses.
    on_behalf_of = models.ForeignKey(User, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    scopes = models.JSONField(default=list)
    # Networks in CIDR form from which alone it opens anything; from everywhere where there are none.
    networks = models.JSONField(default=list, blank=True)
    project_id = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_from = models.GenericIPAddressField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name


class RevokedToken(models.Model):
    """Digests that are void, numbered in commit order: what the gateway asks for twice a second.

    It belongs to no tenant: a digest says nothing of anybody, and the gateway serves all.
    """

    id = models.BigAutoField(primary_key=True)
    # Given by whoever reads, once the revocation is committed; empty until then.
    number = models.BigIntegerField(null=True, unique=True)
    digest = models.CharField(max_length=64, db_index=True)
    at = models.DateTimeField()
    # When the token would have ended by itself; never where empty.
    expires_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["id"], condition=models.Q(number=None), name="revocation_without_number")]

    def __str__(self) -> str:
        return str(self.number)


class ServiceCall(models.Model):
    """The number of a service token that changed something, until it has expired: nobody uses it twice.

    It belongs to no tenant: the gateway asks for all.
    """

    number = models.CharField(primary_key=True, max_length=64)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.number


class EmailDomain(TenantModel):
    """A domain of e-mail addresses that a tenant says is its own; until that is proven it routes nobody."""

    # Before the tenant is known, an address finds the row of its own domain and no other.
    row_security_reads = "name = current_setting('sanad.email_domain', true)"

    name = models.CharField(max_length=253)
    # What a TXT record of the domain has to say.
    challenge = models.CharField(max_length=64)
    claimed_at = models.DateTimeField()
    proven_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="domain_claimed_once"),
            # Many may claim, one proves: the constraint looks past row-level security.
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(proven_at__isnull=False), name="domain_proven_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class IdentityProvider(TenantModel):
    """A tenant's own way to sign in: an OpenID provider or a SAML one, and what it may say of people."""

    class Kind(models.TextChoices):
        OIDC = "oidc", _("OpenID Connect")
        SAML = "saml", _("SAML 2.0")

    kind = models.CharField(max_length=4, choices=Kind.choices)
    name = models.CharField(max_length=80)
    # Who it says it is: the OpenID issuer, or the SAML entity id. Empty while nothing but its name is known: then it
    # has addresses to copy over there, and no door.
    issuer = models.CharField(max_length=500)
    # Addresses, certificates, client and secret: JSON, sealed with the tenant's key for this one provider.
    sealed = models.BinaryField()
    # Whoever has no mapped group gets this role; where it is empty they do not come in.
    default_role = models.CharField(max_length=16, blank=True)
    # [{"external": the provider's group, "role": ours or "", "group": the id of one of our groups or ""}], in the
    # order in which they count: the first line with a role that fits somebody gives theirs.
    mapping = models.JSONField(default=list)
    makes_members = models.BooleanField(default=True)
    # Whether an OpenID provider that says nothing of `email_verified` is believed for the tenant's proven domains.
    vouches_for_email = models.BooleanField(default=False)
    only_way_in = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    enabled_at = models.DateTimeField(null=True, blank=True)
    tested_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at"]
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="identity_provider_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_draft(self) -> bool:
        return not self.issuer


class ProviderIdentity(TenantModel):
    """A person as an identity provider knows them."""

    provider = models.ForeignKey(IdentityProvider, on_delete=models.CASCADE, related_name="people")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    subject = models.CharField(max_length=255)
    # Whether the membership came by this provider, so that it says the role and takes the place away again.
    made_member = models.BooleanField(default=False)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "subject"], name="provider_subject_once"),
            models.UniqueConstraint(fields=["provider", "user"], name="provider_user_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.provider}"


class UsedAssertion(TenantModel):
    """A SAML assertion that opened a session: it opens no other until it would have ended by itself."""

    provider = models.ForeignKey(IdentityProvider, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "digest"], name="assertion_once")]

    def __str__(self) -> str:
        return self.digest


class ProvidedSession(TenantModel):
    """A session that an identity provider opened, so that it ends with the provider or the place in the tenant."""

    provider = models.ForeignKey(IdentityProvider, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    session_key = models.CharField(max_length=40)
    # The provider's own name of the session (OpenID's “sid”), by which it says that it ended.
    sid = models.CharField(max_length=255, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "session_key"], name="provided_session_once")]

    def __str__(self) -> str:
        return str(self.pk)


class Provisioned(TenantModel):
    """A person whom SCIM brought into the tenant, under the id that the identity provider has for them."""

    provider = models.ForeignKey(IdentityProvider, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    external_id = models.CharField(max_length=255, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "user"], name="provisioned_once"),
            # Two providers of a tenant may well count from one.
            models.UniqueConstraint(
                fields=["provider", "external_id"],
                condition=~models.Q(external_id=""),
                name="provisioned_external_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.provider}"

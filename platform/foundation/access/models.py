from __future__ import annotations

from uuid import UUID

from django.db import models
from django.db.models.functions import Now
from guardian.models import UserObjectPermissionAbstract

from foundation.access.permissions import Role
from foundation.identity.models import IdentityProvider, ServiceAccount, User
from foundation.tenancy.models import WATCHED, CurrentTenant, Tenant, TenantModel


class Membership(TenantModel):
    """A person's role in a tenant."""

    # Somebody who signs in sees which tenants are theirs before one of them is chosen; the operator counts them.
    row_security_reads = f"user_id = sanad_user() OR current_setting('sanad.operator', true) = 'on' OR {WATCHED}"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role.choices)
    joined_at = models.DateTimeField(auto_now_add=True)
    # Brought by the tenant's identity provider, which alone vouches for who this is: an account of the same address may
    # have been opened by anybody before.
    vouched = models.BooleanField(default=False)
    # A place that is kept and opens nothing, as an identity provider asks for somebody who is away.
    suspended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["joined_at"]
        constraints = [models.UniqueConstraint(fields=["tenant", "user"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.role}"


class Group(TenantModel):
    """People of a tenant who are given roles in projects together."""

    name = models.CharField(max_length=120)
    description = models.CharField(max_length=500, blank=True)
    # What the identity provider calls it; empty where the group is kept by hand.
    external_id = models.CharField(max_length=255, blank=True)
    # The one that keeps it by SCIM: another provider of the tenant neither sees nor changes it.
    provider = models.ForeignKey(IdentityProvider, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    members: models.ManyToManyField[User, GroupMember] = models.ManyToManyField(
        User, through="GroupMember", related_name="+"
    )

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="group_name_once"),
            models.UniqueConstraint(
                fields=["provider", "external_id"], condition=~models.Q(external_id=""), name="group_external_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class GroupMember(TenantModel):
    """A member of the tenant in one of its groups."""

    row_security_reads = WATCHED

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="places")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    joined_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["joined_at"]
        constraints = [models.UniqueConstraint(fields=["group", "user"], name="group_member_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.group}"


class ProjectRole(TenantModel):
    """A role in one project, beside the role in the tenant: a person's, a group's or a service account's."""

    row_security_reads = WATCHED

    project_id = models.UUIDField()
    role = models.CharField(max_length=16, choices=Role.choices)
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    group = models.ForeignKey(Group, null=True, blank=True, on_delete=models.CASCADE, related_name="project_roles")
    service_account = models.ForeignKey(
        ServiceAccount, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    given_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["given_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["project_id", "user", "group", "service_account"],
                name="project_role_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=models.Q(user__isnull=False, group=None, service_account=None)
                | models.Q(user=None, group__isnull=False, service_account=None)
                | models.Q(user=None, group=None, service_account__isnull=False),
                name="project_role_one_holder",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "project_id"], name="project_role_by_project")]

    def __str__(self) -> str:
        return f"{self.user or self.group or self.service_account} · {self.role}"


class UserGrant(UserObjectPermissionAbstract):
    """Guardian's grant to a person, here always on a project; the tenant is set by the database from the scope."""

    row_security = "tenant_id = sanad_tenant()"
    row_security_reads = WATCHED
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", db_default=CurrentTenant())
    given_at = models.DateTimeField(db_default=Now())

    class Meta(UserObjectPermissionAbstract.Meta):
        abstract = False

    @property
    def project_id(self) -> UUID:
        return UUID(self.object_pk)

    @property
    def name(self) -> str:
        """Our word for the permission, as `access.Permission` spells it."""
        return self.permission.codename


class SupportGrant(TenantModel):
    """A tenant's leave for one platform operator to come in for some hours: asked for, granted or refused, ended."""

    # An operator sees their own, in which tenant ever, and those of all on the platform's pages.
    row_security_reads = f"user_id = sanad_user() OR current_setting('sanad.operator', true) = 'on' OR {WATCHED}"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    level = models.CharField(max_length=16, choices=[(role.value, role.label) for role in (Role.VIEWER, Role.ADMIN)])
    reason = models.CharField(max_length=500)
    hours = models.PositiveSmallIntegerField()
    # Empty where the tenant granted it without being asked.
    asked_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)
    granted_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-granted_at", "-asked_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(granted_at=None, ends_at=None)
                | models.Q(granted_at__isnull=False, ends_at__isnull=False),
                name="support_granted_ends",
            ),
            # One at a time of each operator, so that nobody has to guess which one holds.
            models.UniqueConstraint(
                fields=["tenant", "user"],
                condition=models.Q(refused_at=None, ended_at=None),
                name="support_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.level}"

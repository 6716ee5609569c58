from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.tenants.choices import FactorKind, SupportEnd, WebhookTrouble
from foundation import ledger
from foundation.access import Permission, Role
from foundation.tenancy.choices import Plan


@dataclass(frozen=True, kw_only=True)
class TenantCreated(ledger.Event):
    kind = "tenant.created"
    said = _("made the tenant")
    icon = "plus"
    tenant_id: UUID
    plan: str
    zones: list[str]


@dataclass(frozen=True, kw_only=True)
class TenantChanged(ledger.Event):
    """`changed` names the fields, never their text; `zones` is where its data may lie from now on."""

    kind = "tenant.changed"
    said = _("changed what is said of the tenant")
    icon = "writing"
    tenant_id: UUID
    changed: list[str]
    zones: list[str]


@dataclass(frozen=True, kw_only=True)
class PlanChanged(ledger.Event):
    kind = "tenant.plan_changed"
    said = _("put the organisation on the plan “%(after)s”, which was “%(before)s”")
    labels: ClassVar = {"before": Plan, "after": Plan}
    icon = "building"
    tenant_id: UUID
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class TenantSuspended(ledger.Event):
    kind = "tenant.suspended"
    said = _("suspended the organisation; every door of it is closed")
    icon = "lock"
    tenant_id: UUID


@dataclass(frozen=True, kw_only=True)
class TenantResumed(ledger.Event):
    kind = "tenant.resumed"
    said = _("opened the organisation again")
    icon = "lock"
    tenant_id: UUID


@dataclass(frozen=True, kw_only=True)
class TenantExported(ledger.Event):
    kind = "tenant.exported"
    said = _("made an archive of everything that the organisation brought")
    icon = "download"
    export_id: UUID
    sha256: str
    byte_count: int


@dataclass(frozen=True, kw_only=True)
class TenantExportFetched(ledger.Event):
    kind = "tenant.export_fetched"
    said = _("fetched the archive of the organisation")
    icon = "download"
    export_id: UUID


@dataclass(frozen=True, kw_only=True)
class LeavingAsked(ledger.Event):
    kind = "tenant.leaving"
    said = _("asked for the deletion of the organisation")
    icon = "trash"
    tenant_id: UUID
    due: datetime


@dataclass(frozen=True, kw_only=True)
class LeavingUndone(ledger.Event):
    kind = "tenant.leaving_undone"
    said = _("took the deletion of the organisation back")
    icon = "arrow-back-up"
    tenant_id: UUID


@dataclass(frozen=True, kw_only=True)
class LeavingCut(ledger.Event):
    kind = "tenant.leaving_cut"
    said = _("confirmed a second time that the organisation may be deleted at once")
    icon = "trash"
    tenant_id: UUID


@dataclass(frozen=True, kw_only=True)
class DeletionBegun(ledger.Event):
    kind = "tenant.deletion_begun"
    said = _("began to delete the organisation")
    icon = "trash"
    tenant_id: UUID


@dataclass(frozen=True, kw_only=True)
class TenantDeleted(ledger.Event):
    """The last word of a chain; it counts what was deleted. The chain itself stays, and can be verified."""

    kind = "tenant.deleted"
    said = _("deleted the organisation: %(rows)s rows, %(objects)s objects")
    icon = "trash"
    tenant_id: UUID
    rows: int
    objects: int
    tokens: int
    people: int


@dataclass(frozen=True, kw_only=True)
class SupportAsked(ledger.Event):
    """A platform operator asks to be let in; the reason stands in the row, not here."""

    kind = "support.asked"
    said = _("asked for support access as “%(level)s” for %(hours)s hours")
    labels: ClassVar = {"level": Role}
    icon = "users"
    support_grant_id: UUID
    user_id: UUID
    level: str
    hours: int


@dataclass(frozen=True, kw_only=True)
class SupportGranted(ledger.Event):
    """`asked` is false where an administrator granted it by themselves."""

    kind = "support.granted"
    said = _("let platform support in as “%(level)s” for %(hours)s hours")
    labels: ClassVar = {"level": Role}
    icon = "key"
    support_grant_id: UUID
    user_id: UUID
    level: str
    hours: int
    asked: bool
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class SupportRefused(ledger.Event):
    kind = "support.refused"
    said = _("refused support access")
    icon = "x"
    support_grant_id: UUID
    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class SupportEnded(ledger.Event):
    """`was_open` is false where a request was withdrawn before anybody decided."""

    kind = "support.ended"
    said = _("ended support access: %(how)s")
    labels: ClassVar = {"how": SupportEnd}
    icon = "lock"
    support_grant_id: UUID
    user_id: UUID
    how: str
    was_open: bool


@dataclass(frozen=True, kw_only=True)
class MemberInvited(ledger.Event):
    """The membership that comes of it has the invitation's id."""

    kind = "membership.invited"
    said = _("invited somebody")
    icon = "users"
    membership_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class InvitationWithdrawn(ledger.Event):
    kind = "membership.invitation_withdrawn"
    said = _("withdrew an invitation")
    icon = "x"
    membership_id: UUID


@dataclass(frozen=True, kw_only=True)
class MemberAdded(ledger.Event):
    kind = "membership.created"
    said = _("added a member")
    icon = "users"
    membership_id: UUID
    user_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class RoleChanged(ledger.Event):
    kind = "membership.role_changed"
    said = _("changed a member's role")
    icon = "users"
    membership_id: UUID
    user_id: UUID
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class MemberRemoved(ledger.Event):
    kind = "membership.removed"
    said = _("removed a member")
    icon = "users"
    membership_id: UUID
    user_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class TokenCreated(ledger.Event):
    """`purpose` is empty for a person's own token and names the run or replica that a workload's belongs to.

    `networks` counts those from which alone it opens; addresses themselves could be somebody's.
    """

    kind = "token.created"
    said = _("made a token")
    icon = "key"
    token_id: UUID
    project: UUID | None
    everything: bool
    scopes: list[str]
    purpose: str
    networks: int
    expires_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class TokenRenewed(ledger.Event):
    kind = "token.renewed"
    said = _("renewed a token")
    icon = "refresh"
    token_id: UUID
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class TokenRevoked(ledger.Event):
    kind = "token.revoked"
    said = _("revoked a token")
    icon = "lock"
    token_id: UUID
    purpose: str


@dataclass(frozen=True, kw_only=True)
class ServiceAccountCreated(ledger.Event):
    kind = "service_account.created"
    said = _("made a service account with the role “%(role)s”")
    labels: ClassVar = {"role": Role}
    icon = "robot"
    service_account_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class ServiceAccountRoleChanged(ledger.Event):
    kind = "service_account.role_changed"
    said = _("changed the role of the service account from “%(before)s” to “%(after)s”")
    labels: ClassVar = {"before": Role, "after": Role}
    icon = "robot"
    service_account_id: UUID
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class ServiceAccountDisabled(ledger.Event):
    kind = "service_account.disabled"
    said = _("disabled the service account; %(tokens_revoked)s tokens are void")
    icon = "lock"
    service_account_id: UUID
    tokens_revoked: int


@dataclass(frozen=True, kw_only=True)
class ServiceAccountEnabled(ledger.Event):
    kind = "service_account.enabled"
    said = _("enabled the service account again")
    icon = "lock-open"
    service_account_id: UUID


@dataclass(frozen=True, kw_only=True)
class PermissionGiven(ledger.Event):
    """One permission in one project, beside the member's role; `case_id` is the approval that gave it."""

    kind = "permission.given"
    said = _("gave the permission “%(permission)s” in one project")
    labels: ClassVar = {"permission": Permission}
    icon = "key"
    membership_id: UUID
    user_id: UUID
    permission: str
    project: UUID
    case_id: UUID


@dataclass(frozen=True, kw_only=True)
class PermissionTakenBack(ledger.Event):
    kind = "permission.taken_back"
    said = _("took back the permission “%(permission)s” in one project")
    labels: ClassVar = {"permission": Permission}
    icon = "arrow-back-up"
    membership_id: UUID
    user_id: UUID
    permission: str
    project: UUID


@dataclass(frozen=True, kw_only=True)
class ProjectRoleGiven(ledger.Event):
    """A role in one project; `holder` says whether `holder_id` is a person, a group or a service account."""

    kind = "project_role.given"
    said = _("gave the role “%(role)s” in one project")
    labels: ClassVar = {"role": Role}
    icon = "users"
    project_role_id: UUID
    project: UUID
    holder: str
    holder_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class ProjectRoleTakenBack(ledger.Event):
    kind = "project_role.taken_back"
    said = _("took back the role “%(role)s” in one project")
    labels: ClassVar = {"role": Role}
    icon = "arrow-back-up"
    project_role_id: UUID
    project: UUID
    holder: str
    holder_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class GroupCreated(ledger.Event):
    kind = "group.created"
    said = _("made the group")
    icon = "users"
    group_id: UUID


@dataclass(frozen=True, kw_only=True)
class GroupChanged(ledger.Event):
    """`changed` names the fields, never their text."""

    kind = "group.changed"
    said = _("changed what is said of the group")
    icon = "writing"
    group_id: UUID
    changed: list[str]


@dataclass(frozen=True, kw_only=True)
class GroupDeleted(ledger.Event):
    kind = "group.deleted"
    said = _("deleted the group")
    icon = "x"
    group_id: UUID


@dataclass(frozen=True, kw_only=True)
class GroupJoined(ledger.Event):
    kind = "group.joined"
    said = _("took somebody into the group")
    icon = "users"
    group_id: UUID
    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class GroupLeft(ledger.Event):
    kind = "group.left"
    said = _("took somebody out of the group")
    icon = "users"
    group_id: UUID
    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class WebhookCreated(ledger.Event):
    """`kinds` are families and kinds of events, none for all; the address itself could name somebody."""

    kind = "webhook.created"
    said = _("made a webhook")
    icon = "plus"
    webhook_id: UUID
    kinds: list[str]
    project: UUID | None


@dataclass(frozen=True, kw_only=True)
class WebhookChanged(ledger.Event):
    """`changed` names the fields, never their text."""

    kind = "webhook.changed"
    said = _("changed the webhook")
    icon = "writing"
    webhook_id: UUID
    changed: list[str]


@dataclass(frozen=True, kw_only=True)
class WebhookSecretRolled(ledger.Event):
    kind = "webhook.secret_rolled"
    said = _("gave the webhook a new secret")
    icon = "key"
    webhook_id: UUID
    previous_until: datetime


@dataclass(frozen=True, kw_only=True)
class WebhookPaused(ledger.Event):
    kind = "webhook.paused"
    said = _("paused the webhook")
    icon = "player-pause"
    webhook_id: UUID


@dataclass(frozen=True, kw_only=True)
class WebhookEnabled(ledger.Event):
    kind = "webhook.enabled"
    said = _("enabled the webhook")
    icon = "player-play"
    webhook_id: UUID


@dataclass(frozen=True, kw_only=True)
class WebhookDisabled(ledger.Event):
    """By the portal itself."""

    kind = "webhook.disabled"
    said = _("disabled the webhook: %(trouble)s")
    labels: ClassVar = {"trouble": WebhookTrouble}
    icon = "alert-triangle"
    webhook_id: UUID
    trouble: str
    failures: int


@dataclass(frozen=True, kw_only=True)
class WebhookReplayed(ledger.Event):
    kind = "webhook.replayed"
    said = _("sent %(deliveries)s deliveries of the webhook again")
    icon = "refresh"
    webhook_id: UUID
    deliveries: int


@dataclass(frozen=True, kw_only=True)
class WebhookTested(ledger.Event):
    kind = "webhook.tested"
    said = _("sent a test event to the webhook")
    icon = "flask"
    webhook_id: UUID
    delivery_id: UUID


@dataclass(frozen=True, kw_only=True)
class WebhookDeleted(ledger.Event):
    kind = "webhook.deleted"
    said = _("deleted the webhook")
    icon = "trash"
    webhook_id: UUID


@dataclass(frozen=True, kw_only=True)
class QuotaChanged(ledger.Event):
    """`limits` are those that are set, by field; `project` is empty where they hold for the whole tenant."""

    kind = "quota.changed"
    said = _("set the quota")
    icon = "adjustments-horizontal"
    quota_id: UUID
    project: UUID | None
    limits: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class QuotaRemoved(ledger.Event):
    kind = "quota.removed"
    said = _("removed the quota")
    icon = "x"
    quota_id: UUID
    project: UUID | None


@dataclass(frozen=True, kw_only=True)
class BudgetChanged(ledger.Event):
    """Limits in AED, as decimal words; empty where there is none."""

    kind = "budget.changed"
    said = _("set the budget")
    icon = "adjustments-horizontal"
    budget_id: UUID
    project: UUID | None
    soft: str
    hard: str


@dataclass(frozen=True, kw_only=True)
class BudgetRemoved(ledger.Event):
    kind = "budget.removed"
    said = _("removed the budget")
    icon = "x"
    budget_id: UUID
    project: UUID | None


@dataclass(frozen=True, kw_only=True)
class BudgetReached(ledger.Event):
    """A share of the soft limit was reached in a month, like 2026-03; `spent` in AED."""

    kind = "budget.reached"
    said = _("found %(percent)s per cent of the budget for %(month)s spent")
    icon = "alert-triangle"
    budget_id: UUID
    project: UUID | None
    month: str
    percent: int
    spent: str


@dataclass(frozen=True, kw_only=True)
class PriceSet(ledger.Event):
    """AED for a unit of the item from a full hour on."""

    kind = "price.set"
    said = _("set a price for “%(item)s”")
    icon = "tag"
    price_id: UUID
    item: str
    amount: str
    valid_from: datetime


@dataclass(frozen=True, kw_only=True)
class FactorAdded(ledger.Event):
    """A person's own act, told to every tenant that they belong to."""

    kind = "membership.factor_added"
    said = _("set up a second factor: %(factor)s")
    labels: ClassVar = {"factor": FactorKind}
    icon = "shield-check"
    membership_id: UUID
    user_id: UUID
    factor: str


@dataclass(frozen=True, kw_only=True)
class FactorRemoved(ledger.Event):
    kind = "membership.factor_removed"
    said = _("removed a second factor: %(factor)s")
    labels: ClassVar = {"factor": FactorKind}
    icon = "lock-open"
    membership_id: UUID
    user_id: UUID
    factor: str


@dataclass(frozen=True, kw_only=True)
class RecoveryCodesRenewed(ledger.Event):
    kind = "membership.recovery_codes_renewed"
    said = _("made new recovery codes")
    icon = "refresh"
    membership_id: UUID
    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class RecoveryCodeUsed(ledger.Event):
    kind = "membership.recovery_code_used"
    said = _("signed in with a recovery code")
    icon = "key"
    membership_id: UUID
    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(ledger.Event):
    kind = "membership.password_changed"
    said = _("changed their password")
    icon = "key"
    membership_id: UUID
    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class SignInLocked(ledger.Event):
    """Too many attempts failed; who tried is not known, and the address is somebody's, so neither is here."""

    kind = "membership.sign_in_locked"
    said = _("could not sign in for a while: too many attempts failed")
    icon = "lock"
    membership_id: UUID
    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class SignInRulesChanged(ledger.Event):
    kind = "tenant.sign_in_rules_changed"
    said = _("changed how members sign in")
    icon = "lock"
    tenant_id: UUID
    second_factor: bool
    due: datetime | None


@dataclass(frozen=True, kw_only=True)
class IdentityProviderAdded(ledger.Event):
    """`protocol` is oidc or saml; addresses and names are not told."""

    kind = "identity_provider.added"
    said = _("added an identity provider (%(protocol)s)")
    icon = "id"
    provider_id: UUID
    protocol: str


@dataclass(frozen=True, kw_only=True)
class IdentityProviderChanged(ledger.Event):
    """`changed` names the fields, never their text."""

    kind = "identity_provider.changed"
    said = _("changed the identity provider")
    icon = "writing"
    provider_id: UUID
    changed: list[str]


@dataclass(frozen=True, kw_only=True)
class IdentityProviderEnabled(ledger.Event):
    kind = "identity_provider.enabled"
    said = _("enabled the identity provider")
    icon = "lock-open"
    provider_id: UUID


@dataclass(frozen=True, kw_only=True)
class IdentityProviderDisabled(ledger.Event):
    kind = "identity_provider.disabled"
    said = _("disabled the identity provider; %(sessions)s sessions ended")
    icon = "lock"
    provider_id: UUID
    sessions: int


@dataclass(frozen=True, kw_only=True)
class IdentityProviderRemoved(ledger.Event):
    kind = "identity_provider.removed"
    said = _("removed the identity provider; %(sessions)s sessions ended")
    icon = "trash"
    provider_id: UUID
    sessions: int


@dataclass(frozen=True, kw_only=True)
class IdentityProviderTested(ledger.Event):
    """A sign-in that was walked to see what comes and changed nothing; `fault` is a word, empty where all was well."""

    kind = "identity_provider.tested"
    said = _("tested the identity provider")
    icon = "flask"
    provider_id: UUID
    fault: str


@dataclass(frozen=True, kw_only=True)
class DomainClaimed(ledger.Event):
    kind = "email_domain.claimed"
    said = _("claimed an e-mail domain")
    icon = "plus"
    domain_id: UUID


@dataclass(frozen=True, kw_only=True)
class DomainProven(ledger.Event):
    """`by` is dns or operator."""

    kind = "email_domain.proven"
    said = _("proved an e-mail domain (%(by)s)")
    icon = "certificate"
    domain_id: UUID
    by: str


@dataclass(frozen=True, kw_only=True)
class DomainReleased(ledger.Event):
    kind = "email_domain.released"
    said = _("released an e-mail domain")
    icon = "x"
    domain_id: UUID


@dataclass(frozen=True, kw_only=True)
class SignedInByProvider(ledger.Event):
    kind = "sign_in.by_provider"
    said = _("signed in by the identity provider")
    icon = "id"
    provider_id: UUID
    user_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class SignInByProviderRefused(ledger.Event):
    """`reason` is a word such as nonce, replayed or domain; who it was is not told, since it is not proven."""

    kind = "sign_in.by_provider_refused"
    said = _("refused a sign-in by the identity provider (%(reason)s)")
    icon = "hand-stop"
    provider_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class MemberSuspended(ledger.Event):
    kind = "membership.suspended"
    said = _("suspended a member")
    icon = "lock"
    membership_id: UUID
    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class MemberRestored(ledger.Event):
    kind = "membership.restored"
    said = _("let a suspended member in again")
    icon = "lock-open"
    membership_id: UUID
    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class PersonReworded(ledger.Event):
    """SCIM brought another name or address; `changed` names the fields, never their text."""

    kind = "membership.reworded"
    said = _("changed what is said of a member")
    icon = "writing"
    membership_id: UUID
    user_id: UUID
    changed: list[str]


@dataclass(frozen=True, kw_only=True)
class ProvisioningRefused(ledger.Event):
    """SCIM asked for what it may not do; `reason` is a word, `status` that of the answer."""

    kind = "provisioning.refused"
    said = _("refused what SCIM asked for (%(reason)s)")
    icon = "hand-stop"
    provider_id: UUID
    reason: str
    status: int

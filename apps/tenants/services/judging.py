"""What an identity provider says of a person, judged: claim by claim, and what comes of it. It changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from apps.tenants.ports import ProviderSettings, Said
from apps.tenants.selectors.provisioning import names_of_scim_groups
from apps.tenants.services.single_sign_on.email_domains import domain_of
from foundation.access import Role
from foundation.access.models import Group, Membership
from foundation.identity.models import EmailDomain, IdentityProvider, ProviderIdentity, Provisioned, User

SUBJECT_LIMIT = 255


@dataclass(frozen=True)
class Check:
    """One claim: `value` as it came, and the sentence that says what is wrong; none where all is well."""

    claim: str
    value: str
    reason: str = ""
    fault: str = ""


@dataclass(frozen=True)
class Judgement:
    """`role` is what the mapping brings, empty where it brings none; `groups` are ours, by id."""

    checks: list[Check]
    role: str
    groups: frozenset[UUID]
    identity: ProviderIdentity | None
    user: User | None
    membership: Membership | None

    @property
    def fault(self) -> Check | None:
        return next((check for check in self.checks if check.fault), None)


def judge(*, provider: IdentityProvider, settings: ProviderSettings, said: Said) -> Judgement:
    """Inside the tenant's scope: whether the person may come in, as whom, and with which role and groups."""
    identity = ProviderIdentity.objects.filter(provider=provider, subject=said.subject).select_related("user").first()
    user = identity.user if identity else User.objects.filter(email=said.email).first()
    place = Membership.objects.filter(tenant_id=provider.tenant_id, user=user).first() if user else None
    came = (*said.groups, *_groups_by_scim(provider, user))
    role, groups = mapped(provider, came)
    by_hand = place is not None and (identity is None or not identity.made_member)
    checks = [
        _subject(provider, said, taken=identity is None and place is not None and _is_known(provider, place)),
        *_email(provider, settings, said),
        _groups(provider, settings, came, role="" if not role and not by_hand else role or "-"),
        _place(provider, said, user, place),
    ]
    return Judgement(checks, role, groups, identity, user, place)


def mapped(provider: IdentityProvider, names: Iterable[str]) -> tuple[str, frozenset[UUID]]:
    """The role and the groups that these groups of the provider bring; the first line with a role counts."""
    came = set(names)
    lines = [line for line in provider.mapping if line["external"] in came]
    role = next((line["role"] for line in lines if line["role"]), provider.default_role)
    wanted = {line["group"] for line in lines if line["group"]}
    known = Group.objects.filter(tenant_id=provider.tenant_id, pk__in=wanted).values_list("pk", flat=True)
    return role, frozenset(known)


def _groups_by_scim(provider: IdentityProvider, user: User | None) -> list[str]:
    if user is None or not Provisioned.objects.filter(provider=provider, user=user).exists():
        return []
    return names_of_scim_groups(provider=provider, user_ids=[user.pk])[user.pk]


def _is_known(provider: IdentityProvider, place: Membership) -> bool:
    return ProviderIdentity.objects.filter(provider=provider, user_id=place.user_id).exists()


def _subject(provider: IdentityProvider, said: Said, *, taken: bool) -> Check:
    claim = "sub" if provider.kind == IdentityProvider.Kind.OIDC else "NameID"
    if not said.subject or len(said.subject) > SUBJECT_LIMIT:
        fault = _("It is missing or longer than 255 signs, so nobody could be known again by it.")
        return Check(claim, said.subject[:80], "subject", fault)
    if taken:
        fault = _(
            "The account of this e-mail belongs to another subject of the provider. An administrator removes the"
            " member, then they come in anew."
        )
        return Check(claim, said.subject, "subject", fault)
    return Check(claim, said.subject)


def _email(provider: IdentityProvider, settings: ProviderSettings, said: Said) -> list[Check]:
    claim = settings.claims.get("email") or "email"
    try:
        validate_email(said.email)
    except ValidationError:
        fault = _("There is no e-mail address in it. Let the provider send it, or name the claim that holds it.")
        return [Check(claim, said.email, "email", fault)]
    proven = set(
        EmailDomain.objects.filter(tenant_id=provider.tenant_id, proven_at__isnull=False).values_list("name", flat=True)
    )
    if domain_of(said.email) not in proven:
        fault = _("Its domain is none that this organisation has proven (%(known)s).") % {
            "known": ", ".join(sorted(proven)) or "–"
        }
        return [Check(claim, said.email, "domain", fault)]
    if provider.kind == IdentityProvider.Kind.SAML:
        return [Check(claim, said.email)]
    shown = "–" if said.email_verified is None else str(said.email_verified).lower()
    if said.email_verified or (said.email_verified is None and provider.vouches_for_email):
        return [Check(claim, said.email), Check("email_verified", shown)]
    fault = _(
        "The provider does not say that the e-mail was verified. Let it send “email_verified”; or where it never does,"
        " tick that its addresses are believed."
    )
    if said.email_verified is False:
        fault = _("The provider says that this e-mail was not verified.")
    return [Check(claim, said.email), Check("email_verified", shown, "email_verified", fault)]


def _groups(provider: IdentityProvider, settings: ProviderSettings, came: tuple[str, ...], *, role: str) -> Check:
    claim, shown = settings.claims.get("groups") or "groups", ", ".join(came) or "–"
    if role:
        return Check(claim, shown)
    if not came:
        fault = _(
            "No group came, and there is no default role. Let the provider send groups, or choose a default role."
        )
    else:
        fault = _("None of these groups is mapped to a role, and there is no default role.")
    return Check(claim, shown, "groups", fault)


def _place(provider: IdentityProvider, said: Said, user: User | None, place: Membership | None) -> Check:
    name = _("account")
    if user is not None and not user.is_active:
        return Check(name, said.email, "account", _("The account is closed; ask an administrator."))
    if place is None and not provider.makes_members:
        fault = _("They are not a member, and this provider makes none. An administrator invites them first.")
        return Check(name, said.email, "member", fault)
    if place is not None and place.suspended_at is not None:
        return Check(name, said.email, "suspended", _("The membership is suspended; an administrator can restore it."))
    words = str(Role(place.role).label) if place else _("a new member")
    return Check(name, words)

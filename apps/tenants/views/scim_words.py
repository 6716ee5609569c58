"""Our people and groups in SCIM's words and back, with the spellings of Entra ID and Okta understood."""

from __future__ import annotations

import json
from typing import Any, TypeVar
from uuid import UUID

import email_validator
from django.conf import settings
from django.utils.translation import gettext as _
from pydantic import ValidationError
from scim2_models import (
    AuthenticationScheme,
    Bulk,
    ChangePassword,
    Context,
    Email,
    Error,
    ETag,
    Filter,
    Group,
    GroupMember,
    GroupMembership,
    Meta,
    Name,
    Patch,
    PatchOp,
    ResourceType,
    ScimPolicy,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    User,
)

from apps.tenants.errors import ProvisionRefused
from apps.tenants.services.provisioning import PersonWanted

# Names like corp.local are nobody's in the world and somebody's in many houses; whether a domain is the tenant's own is
# for its proof to say, not for the form of an address.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()

# Attributes that nobody here has a use for are left aside; Entra ID removes by a value and writes entries that are not
# there yet by a path that names them.
POLICY = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)
MOST_IN_A_PAGE = 200
Resource = TypeVar("Resource", User, Group)


def described() -> ScimProvider:
    """What we are able to do, as the three discovery resources tell it."""
    config = ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
        filter=Filter(supported=True, max_results=MOST_IN_A_PAGE),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=False),
        etag=ETag(supported=False),
        authentication_schemes=[
            AuthenticationScheme(
                type=AuthenticationScheme.Type.oauthbearertoken,
                name="Bearer token",
                description="A SCIM token of the tenant, made under Settings, Single sign-on.",
                primary=True,
            )
        ],
    )
    return ScimProvider(models=[User, Group], config=config, policy=POLICY)


def user_of(place: Any, known: Any, base: str) -> User:
    """A member as SCIM's User; `known` is what SCIM said of them, or None."""
    person = place.user
    return User(
        id=str(place.pk),
        external_id=(known.external_id or None) if known else None,
        user_name=person.email,
        display_name=person.name,
        name=Name(formatted=person.name),
        emails=[Email(value=person.email, type=Email.Type.work, primary=True)],
        active=place.suspended_at is None,
        meta=Meta(
            resource_type="User",
            created=place.joined_at,
            last_modified=known.changed_at if known else place.joined_at,
            location=f"{base}/Users/{place.pk}",
        ),
    )


def with_groups(user: User, groups: list[Any], base: str) -> User:
    user.groups = [
        GroupMembership.model_validate(
            {"value": str(group.pk), "display": group.name, "$ref": f"{base}/Groups/{group.pk}"}
        )
        for group in groups
    ]
    return user


def group_of(group: Any, members: list[Any], base: str) -> Group:
    return Group(
        id=str(group.pk),
        external_id=group.external_id,
        display_name=group.name,
        members=[
            GroupMember.model_validate(
                {
                    "value": str(place.pk),
                    "display": place.user.name,
                    "type": "User",
                    "$ref": f"{base}/Users/{place.pk}",
                }
            )
            for place in members
        ],
        meta=Meta(
            resource_type="Group",
            created=group.created_at,
            last_modified=group.created_at,
            location=f"{base}/Groups/{group.pk}",
        ),
    )


def read(body: bytes, model: type[Resource], context: Context) -> Resource:
    """What was sent, as a resource; ProvisionRefused names what is wrong with it."""
    try:
        return model.model_validate(loaded(body), scim_ctx=context, scim_policy=POLICY)
    except ValidationError as error:
        raise faulty(error) from error


def patched(body: bytes, present: Resource) -> Resource:
    """The resource after the operations that were sent, all of them or none."""
    changed: Resource = present.model_copy(deep=True)
    try:
        operations = PatchOp[type(present)].model_validate(  # type: ignore[misc]  # subscripted by what is patched
            loaded(body), scim_ctx=Context.RESOURCE_PATCH_REQUEST, scim_policy=POLICY
        )
        operations.patch(changed, scim_policy=POLICY)
    except ValidationError as error:
        raise faulty(error) from error
    return changed


def wanted_of(user: User) -> PersonWanted:
    """What SCIM's User says that we keep: address, name, id over there, whether the place is open."""
    email = user.user_name or ""
    if "@" not in email:
        mails = user.emails or []
        email = str(next((mail.value for mail in mails if mail.primary), mails[0].value if mails else email) or "")
    parts = user.name
    whole = " ".join(filter(None, [parts.given_name, parts.family_name])) if parts else ""
    name = user.display_name or (parts.formatted if parts else "") or whole
    return PersonWanted(
        email=email, name=name or "", external_id=user.external_id or "", active=user.active is not False
    )


def ids_of(group: Group) -> frozenset[UUID]:
    """The users that the group names."""
    found = set()
    for member in group.members or []:
        try:
            found.add(UUID(str(member.value)))
        except ValueError as error:
            sentence = _("There is no user “%(id)s” here.") % {"id": str(member.value)[:80]}
            raise ProvisionRefused(sentence, reason="invalidValue") from error
    return frozenset(found)


def loaded(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError as error:
        raise ProvisionRefused(_("The body is not JSON."), reason="invalidSyntax") from error
    if not isinstance(found, dict):
        raise ProvisionRefused(_("The body is not a JSON object."), reason="invalidSyntax")
    return found


def faulty(error: ValidationError) -> ProvisionRefused:
    told = Error.from_validation_errors(error)[0]
    return ProvisionRefused(
        told.detail or _("The body is not what SCIM expects."), reason=told.scim_type or "invalidValue"
    )


def base_of(tenant_slug: str) -> str:
    return f"{settings.SANAD_PUBLIC_URL}/scim/v2/{tenant_slug}"


def resource_types(base: str) -> list[ResourceType]:
    found = []
    for one in described().resource_types:
        kept = one.model_copy(deep=True)
        kept.meta = Meta(resource_type="ResourceType", location=f"{base}/ResourceTypes/{one.name}")
        found.append(kept)
    return found

"""What each address of SCIM answers: resources, lists of them, descriptions, and errors in SCIM's own form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from scim2_models import (
    Context,
    Error,
    Group,
    ListResponse,
    Meta,
    ResourceType,
    Schema,
    SCIMException,
    User,
)

from apps.tenants.errors import ProvisionRefused
from apps.tenants.selectors import provisioning as seen
from apps.tenants.selectors.provisioning import Provisioner
from apps.tenants.services import provisioning
from apps.tenants.views import scim_words as words
from apps.tenants.views.scim_lists import asks_for, attributes, page
from foundation.clock import now
from foundation.errors import PortalError
from foundation.tenancy import scope

_MEDIA = "application/scim+json"
_MOST_BYTES = 4 * 1024 * 1024
Answer = tuple[int, Any]
View = Callable[..., Answer]


def refused(status: int, sentence: str) -> HttpResponse:
    return _told(_error(status, sentence, ""), status)


def answered(request: HttpRequest, by: Provisioner, answer: View, at: dict[str, Any]) -> HttpResponse:
    """What the function answers in the tenant's scope: all or nothing."""
    try:
        with scope(by.tenant_id):
            status, body = answer(request, by, **at)
            shown = _dumped(body, request)
    except ProvisionRefused as refusal:
        status, body = refusal.status, _error(refusal.status, refusal.sentence, refusal.reason)
    except SCIMException as error:
        told = error.to_error()
        status, body = int(told.status or 400), told
    except PortalError as refusal:
        status, body = refusal.status, _error(refusal.status, refusal.sentence, "")
    else:
        return _told(body, status, shown)
    if status in {403, 404, 409}:
        provisioning.note_provisioning_refused(by=by, reason=body.scim_type or "not_found", status=status)
    return _told(body, status)


def list_users(request: HttpRequest, by: Provisioner) -> Answer:
    def shown(rows: list[Any]) -> list[User]:
        known, base = seen.known_of(by, [row.user_id for row in rows]), words.base_of(by.actor.tenant.slug)
        return [words.user_of(row, known.get(row.user_id), base) for row in rows]

    return page(request, User, seen.people(by), seen.comparisons_of_people(by), shown)


def make_user(request: HttpRequest, by: Provisioner) -> Answer:
    sent = words.read(_body(request), User, Context.RESOURCE_CREATION_REQUEST)
    place = provisioning.bring_person(by=by, wanted=words.wanted_of(sent), now=now())
    return 201, _user(by, place)


def show_user(request: HttpRequest, by: Provisioner, user_id: UUID) -> Answer:
    return 200, _user(by, seen.get_person(by, user_id))


def replace_user(request: HttpRequest, by: Provisioner, user_id: UUID) -> Answer:
    place = seen.get_person(by, user_id)
    sent = words.read(_body(request), User, Context.RESOURCE_REPLACEMENT_REQUEST)
    place = provisioning.change_person(by=by, place=place, wanted=words.wanted_of(sent), now=now())
    return 200, _user(by, place)


def patch_user(request: HttpRequest, by: Provisioner, user_id: UUID) -> Answer:
    place = seen.get_person(by, user_id)
    before = _user(by, place)
    after = words.patched(_body(request), before)
    if after.display_name == before.display_name and after.name != before.name:
        after.display_name = None  # only the parts of the name came, so the name is made of them
        if after.name is not None and before.name is not None and after.name.formatted == before.name.formatted:
            after.name.formatted = None
    place = provisioning.change_person(by=by, place=place, wanted=words.wanted_of(after), now=now())
    return 200, _user(by, place)


def take_user(request: HttpRequest, by: Provisioner, user_id: UUID) -> Answer:
    provisioning.take_person(by=by, place=seen.get_person(by, user_id), now=now())
    return 204, None


def list_groups(request: HttpRequest, by: Provisioner) -> Answer:
    def shown(rows: list[Any]) -> list[Group]:
        return _groups(by, rows, with_members=asks_for(request, Group, "members"))

    return page(request, Group, seen.groups(by), seen.comparisons_of_groups(by), shown)


def make_group(request: HttpRequest, by: Provisioner) -> Answer:
    sent = words.read(_body(request), Group, Context.RESOURCE_CREATION_REQUEST)
    return 201, _group(by, provisioning.bring_group(by=by, **_words_of(sent)))


def show_group(request: HttpRequest, by: Provisioner, group_id: UUID) -> Answer:
    group = seen.get_group(by, group_id)
    return 200, _groups(by, [group], with_members=asks_for(request, Group, "members"))[0]


def replace_group(request: HttpRequest, by: Provisioner, group_id: UUID) -> Answer:
    sent = words.read(_body(request), Group, Context.RESOURCE_REPLACEMENT_REQUEST)
    return _changed(by, provisioning.hold_group(by=by, group_id=group_id), sent)


def patch_group(request: HttpRequest, by: Provisioner, group_id: UUID) -> Answer:
    body = _body(request)
    group = provisioning.hold_group(by=by, group_id=group_id)
    return _changed(by, group, words.patched(body, _group(by, group)))


def take_group(request: HttpRequest, by: Provisioner, group_id: UUID) -> Answer:
    provisioning.take_group(by=by, group=provisioning.hold_group(by=by, group_id=group_id))
    return 204, None


def show_config(request: HttpRequest, by: Provisioner) -> Answer:
    config = words.described().config
    if config is None:
        raise ProvisionRefused(_("There is nothing at this address."), reason="not_found", status=404)
    config.meta = Meta(
        resource_type="ServiceProviderConfig", location=f"{words.base_of(by.actor.tenant.slug)}/ServiceProviderConfig"
    )
    return 200, config


def list_types(request: HttpRequest, by: Provisioner) -> Answer:
    found = words.resource_types(words.base_of(by.actor.tenant.slug))
    return 200, ListResponse[ResourceType](
        total_results=len(found), items_per_page=len(found), start_index=1, resources=found
    )


def show_type(request: HttpRequest, by: Provisioner, name: str) -> Answer:
    return 200, _named(words.resource_types(words.base_of(by.actor.tenant.slug)), name)


def list_schemas(request: HttpRequest, by: Provisioner) -> Answer:
    found = _schemas(by)
    return 200, ListResponse[Schema](
        total_results=len(found), items_per_page=len(found), start_index=1, resources=found
    )


def show_schema(request: HttpRequest, by: Provisioner, name: str) -> Answer:
    return 200, _named(_schemas(by), name)


def _schemas(by: Provisioner) -> list[Schema]:
    found = [schema.model_copy(deep=True) for schema in words.described().schemas]
    for schema in found:
        location = f"{words.base_of(by.actor.tenant.slug)}/Schemas/{schema.id}"
        schema.meta = Meta(resource_type="Schema", location=location)
    return found


def _named(found: list[Any], name: str) -> Any:
    for one in found:
        if name in {str(one.id or ""), str(getattr(one, "name", ""))}:
            return one
    raise ProvisionRefused(_("There is nothing at this address."), reason="not_found", status=404)


def _user(by: Provisioner, place: Any) -> User:
    base, known = words.base_of(by.actor.tenant.slug), seen.known_of(by, [place.user_id]).get(place.user_id)
    return words.with_groups(words.user_of(place, known, base), seen.groups_of_person(by, place), base)


def _group(by: Provisioner, group: Any) -> Group:
    return _groups(by, [group])[0]


def _groups(by: Provisioner, rows: list[Any], *, with_members: bool = True) -> list[Group]:
    base = words.base_of(by.actor.tenant.slug)
    members = seen.members_of_groups(by, [row.pk for row in rows]) if with_members else {}
    return [words.group_of(row, members.get(row.pk, []), base) for row in rows]


def _changed(by: Provisioner, group: Any, sent: Group) -> Answer:
    return 200, _group(by, provisioning.change_group(by=by, group=group, **_words_of(sent)))


def _words_of(sent: Group) -> dict[str, Any]:
    return {
        "name": sent.display_name or "",
        "external_id": sent.external_id or "",
        "members": words.ids_of(sent),
    }


def _body(request: HttpRequest) -> bytes:
    if int(request.headers.get("Content-Length") or 0) > _MOST_BYTES:
        raise ProvisionRefused(_("The body is larger than SCIM takes here."), reason="tooLarge", status=413)
    return request.body


def _error(status: int, sentence: str, reason: str) -> Error:
    return Error(status=status, detail=sentence, scim_type=reason or None)


def _dumped(body: Any, request: HttpRequest | None = None) -> Any:
    """What is sent of a resource or of a list of them: all that is usual, or the attributes that were asked for."""
    one = body.resources[0] if isinstance(body, ListResponse) and body.resources else body
    asked = attributes(request, type(one)) if request is not None and isinstance(one, User | Group) else None
    return body and body.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=asked)


def _told(body: Any, status: int, shown: Any = None) -> HttpResponse:
    if status == 204:
        return HttpResponse(status=204)
    response = JsonResponse(shown or _dumped(body), status=status, content_type=_MEDIA)
    if status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="scim"'
    if status == 201:
        response["Location"] = str(body.meta.location)
    return response

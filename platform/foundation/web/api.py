"""The base of REST resources: declared permissions, cursor pages, ETag, Idempotency-Key, problem details."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, ClassVar

from django.http import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from foundation.access import Permission
from foundation.errors import Invalid, PortalError
from foundation.identity import Actor
from foundation.web import idempotency
from foundation.web.choosing import with_choices

_UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


class PreconditionFailed(PortalError):
    status, slug = 412, "precondition-failed"


class PortalViewSet(GenericViewSet[Any]):
    """A resource. `permissions` names the permission of each action; an action without one is refused.

    Subclasses call services and selectors with `self.actor` and answer `self.answer(Serializer, thing)`.
    """

    permissions: ClassVar[dict[str, Permission]] = {}
    # Actions behind which a person finds what is their own without the permission; services and selectors ask.
    own_too: ClassVar[frozenset[str]] = frozenset()
    # Actions whose answer holds a secret that is shown once: it is not kept, and a repeated Idempotency-Key hears so.
    shown_once: ClassVar[frozenset[str]] = frozenset()
    # Actions that read by POST: repeated they do no harm, and what they answer holds rows, which are kept nowhere else.
    only_read: ClassVar[frozenset[str]] = frozenset()
    lookup_value_converter = "uuid"
    # Whatever is changed under an address of its own can be read there: If-Match is compared with that.
    retrieve: Callable[..., Response]

    @property
    def actor(self) -> Actor:
        return self.request._request.actor  # type: ignore[attr-defined]

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        key = request.headers.get("Idempotency-Key", "")
        actor = getattr(request, "actor", None)
        action = getattr(self, "action_map", {}).get(str(request.method).lower())
        if not key or action in self.only_read or actor is None or request.method not in _UNSAFE:
            return super().dispatch(request, *args, **kwargs)
        return idempotency.once(
            request,
            actor,
            key,
            lambda: super(PortalViewSet, self).dispatch(request, *args, **kwargs),
            shown_once=action in self.shown_once,
        )

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if kwargs and request.method in _UNSAFE and (wanted := request.headers.get("If-Match")):
            self._require_unchanged(wanted, self.retrieve(request, **kwargs)["ETag"])

    def _require_unchanged(self, wanted: str, present: str) -> None:
        """Refuse when If-Match names another state than the one that is read now: two people edited."""
        if not {tag.strip() for tag in wanted.split(",")} & {present, "*"}:
            raise PreconditionFailed(
                _("Somebody changed this since you read it. Read it again and repeat your change.")
            )

    def answer(self, serializer: Any, thing: Any, *, status: int = 200) -> Response:
        """One thing, with its ETag; 304 when the reader has it already."""
        response = Response(serializer(thing, context=self.get_serializer_context()).data, status=status)
        # What a clock alone changes is no change of the thing: whoever edits it holds its tag for longer than a second.
        passing = getattr(serializer, "of_the_clock", ())
        tag = etag({k: v for k, v in response.data.items() if k not in passing} if passing else response.data)
        response["ETag"] = tag
        if status == 200 and self.request.headers.get("If-None-Match") == tag:
            return Response(status=304, headers={"ETag": tag})
        return response

    def pages(self, queryset: Any, serializer: Any, *, ordering: tuple[str, ...] = ()) -> Response:
        """A cursor page of things, newest first where no other order is given."""
        paginator: Any = self.paginator
        if ordering:
            paginator.ordering = ordering
        page = self.paginate_queryset(queryset)
        return self.get_paginated_response(serializer(page, many=True, context=self.get_serializer_context()).data)

    def body(self, serializer: Any, *, partial: bool = False) -> dict[str, Any]:
        """The checked body of the request."""
        checked = serializer(data=self.request.data, partial=partial, context=self.get_serializer_context())
        if not checked.is_valid():
            raise ValidationError(with_choices(checked, checked.errors))
        return checked.validated_data

    def wanted(self, request: Request, name: str) -> str:
        """A query parameter that must be there."""
        value = request.query_params.get(name)
        if not value:
            raise Invalid(
                _("The query parameter “%(name)s” is missing.") % {"name": name},
                fields={name: [_("This is required.")]},
            )
        return value


def etag(data: Any) -> str:
    """A strong validator of a representation."""
    return '"' + hashlib.sha256(repr(data).encode()).hexdigest()[:32] + '"'

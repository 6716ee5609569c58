from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.tenants import selectors, services
from apps.tenants.api import serializers
from foundation.access import Permission
from foundation.clock import now
from foundation.web.api import PortalViewSet
from foundation.web.pagination import CursorPages


class _ByJoining(CursorPages):
    ordering = ("joined_at", "id")


class MemberViewSet(PortalViewSet):
    """Members of the tenant; posting invites, and the answer holds the invitation's link, once."""

    serializer_class = serializers.MemberSerializer
    pagination_class = _ByJoining
    shown_once = frozenset({"create", "password_link"})
    permissions = {
        "list": Permission.TENANT_VIEW,
        "retrieve": Permission.TENANT_VIEW,
        "without_second_factor": Permission.TENANT_MANAGE,
        "create": Permission.MEMBER_MANAGE,
        "partial_update": Permission.MEMBER_MANAGE,
        "destroy": Permission.MEMBER_MANAGE,
        "suspend": Permission.MEMBER_MANAGE,
        "restore": Permission.MEMBER_MANAGE,
        "password_link": Permission.MEMBER_MANAGE,
        "take_factors": Permission.MEMBER_MANAGE,
        "unlock": Permission.MEMBER_MANAGE,
    }

    def list(self, request: Request) -> Response:
        return self.pages(selectors.members(actor=self.actor), self.serializer_class)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, self._member(pk))

    @extend_schema(responses=serializers.MemberSerializer(many=True))
    @action(detail=False, methods=["get"], url_path="without-second-factor")
    def without_second_factor(self, request: Request) -> Response:
        """Those whom a rule that asks for a second factor would shut out: they have set up none here."""
        return self.pages(selectors.members_without_factor(actor=self.actor), self.serializer_class)

    @extend_schema(request=serializers.MemberInvited, responses={201: serializers.InvitationSerializer})
    def create(self, request: Request) -> Response:
        invited, secret = services.invite(actor=self.actor, **self.body(serializers.MemberInvited), now=now())
        link = settings.SANAD_PUBLIC_URL + reverse("tenants:invitation", args=[secret])
        invited.link = link  # type: ignore[attr-defined]  # in this answer only, never stored
        return self.answer(serializers.InvitationSerializer, invited, status=201)

    @extend_schema(request=serializers.RoleGiven)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        role = self.body(serializers.RoleGiven)["role"]
        membership = services.change_role(actor=self.actor, membership=self._member(pk), role=role)
        return self.answer(self.serializer_class, membership)

    def destroy(self, request: Request, pk: UUID) -> Response:
        services.remove_member(actor=self.actor, membership=self._member(pk), now=now())
        return Response(status=204)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def suspend(self, request: Request, pk: UUID) -> Response:
        """Keep their place, which opens nothing from now on; their tokens are void."""
        membership = services.suspend_member(actor=self.actor, membership=self._member(pk), now=now())
        return self.answer(self.serializer_class, membership)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: UUID) -> Response:
        """Let a suspended member in again, with the role they had."""
        membership = services.restore_member(actor=self.actor, membership=self._member(pk))
        return self.answer(self.serializer_class, membership)

    @extend_schema(request=None, responses={201: serializers.PasswordLinkSerializer})
    @action(detail=True, methods=["post"], url_path="password-link")
    def password_link(self, request: Request, pk: UUID) -> Response:
        """A link with which a member who lost the password sets a new one; the answer holds it, once.

        Of members whose account reaches nothing but this tenant; a link made before is void from then on.
        """
        made, secret = services.make_password_link(actor=self.actor, membership=self._member(pk), now=now())
        made.link = settings.SANAD_PUBLIC_URL + reverse("tenants:password_new", args=[secret])  # type: ignore[attr-defined]  # in this answer only, never stored
        return self.answer(serializers.PasswordLinkSerializer, made, status=201)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], url_path="take-factors")
    def take_factors(self, request: Request, pk: UUID) -> Response:
        """Take the second factors of a member who lost them all; their sessions end."""
        membership = services.take_factors_of_member(actor=self.actor, membership=self._member(pk), now=now())
        return self.answer(self.serializer_class, membership)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def unlock(self, request: Request, pk: UUID) -> Response:
        """Let a member try again at once whose sign-ins failed too often."""
        membership = services.unlock_member(actor=self.actor, membership=self._member(pk))
        return self.answer(self.serializer_class, membership)

    def _member(self, pk: UUID) -> Any:
        return selectors.get_member(actor=self.actor, membership_id=pk)


class TokenViewSet(PortalViewSet):
    """Tokens of people; the answer to a post holds the token itself, once."""

    serializer_class = serializers.TokenSerializer
    shown_once = frozenset({"create"})
    permissions = {
        "list": Permission.TENANT_VIEW,
        "retrieve": Permission.TENANT_VIEW,
        "create": Permission.TOKEN_CREATE,
        "revoke": Permission.TENANT_VIEW,
    }

    def list(self, request: Request) -> Response:
        return self.pages(selectors.visible_tokens(actor=self.actor), self.serializer_class)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, self._token(pk))

    @extend_schema(request=serializers.TokenWanted, responses={201: serializers.NewTokenSerializer})
    def create(self, request: Request) -> Response:
        row, text = services.create_token(actor=self.actor, **_wanted(self))
        row.token = text  # type: ignore[attr-defined]  # in this answer only, never stored
        return self.answer(serializers.NewTokenSerializer, row, status=201)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, pk: UUID) -> Response:
        token = services.revoke_token(actor=self.actor, token=self._token(pk), now=now())
        return self.answer(self.serializer_class, token)

    def _token(self, pk: UUID) -> Any:
        return selectors.get_token(actor=self.actor, token_id=pk)


class ServiceAccountViewSet(PortalViewSet):
    """Programs with a role of their own; posting to `tokens` makes one a token, which the answer holds once."""

    serializer_class = serializers.ServiceAccountSerializer
    shown_once = frozenset({"tokens"})
    permissions = dict.fromkeys(
        ("list", "retrieve", "create", "partial_update", "disable", "enable", "tokens"), Permission.MEMBER_MANAGE
    )

    def list(self, request: Request) -> Response:
        return self.pages(selectors.service_accounts(actor=self.actor), self.serializer_class)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, self._account(pk))

    @extend_schema(request=serializers.ServiceAccountWanted)
    def create(self, request: Request) -> Response:
        account = services.create_service_account(actor=self.actor, **self.body(serializers.ServiceAccountWanted))
        return self.answer(self.serializer_class, account, status=201)

    @extend_schema(request=serializers.ProgramRoleGiven)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        role = self.body(serializers.ProgramRoleGiven)["role"]
        account = services.change_role_of_service_account(actor=self.actor, account=self._account(pk), role=role)
        return self.answer(self.serializer_class, account)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def disable(self, request: Request, pk: UUID) -> Response:
        account = services.disable_service_account(actor=self.actor, account=self._account(pk), now=now())
        return self.answer(self.serializer_class, account)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def enable(self, request: Request, pk: UUID) -> Response:
        account = services.enable_service_account(actor=self.actor, account=self._account(pk))
        return self.answer(self.serializer_class, account)

    @extend_schema(request=serializers.TokenWanted, responses={201: serializers.NewTokenSerializer})
    @action(detail=True, methods=["post"])
    def tokens(self, request: Request, pk: UUID) -> Response:
        account = self._account(pk)
        row, text = services.create_service_token(actor=self.actor, account=account, **_wanted(self))
        row.token = text  # type: ignore[attr-defined]  # in this answer only, never stored
        return self.answer(serializers.NewTokenSerializer, row, status=201)

    def _account(self, pk: UUID) -> Any:
        return selectors.get_service_account(actor=self.actor, account_id=pk)


def _wanted(view: PortalViewSet) -> dict[str, Any]:
    """What was asked of a new token, as the services that make one take it."""
    body = view.body(serializers.TokenWanted)
    slug = body.pop("project")
    return {**body, "project_id": selectors.project_id_of(view.actor, slug) if slug else None, "now": now()}

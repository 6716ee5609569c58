from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.tenants import selectors, services
from apps.tenants.api import single_sign_on_serializers as serializers
from foundation.access import Permission
from foundation.clock import now
from foundation.web.api import PortalViewSet
from foundation.web.pagination import CursorPages


class _ByCreation(CursorPages):
    ordering = ("created_at", "id")


class _ByName(CursorPages):
    ordering = ("name", "id")


class IdentityProviderViewSet(PortalViewSet):
    """Identity providers of the tenant; one lets people in once it is enabled."""

    serializer_class = serializers.IdentityProviderSerializer
    pagination_class = _ByCreation
    shown_once = frozenset({"scim_tokens"})
    permissions = dict.fromkeys(
        ("list", "retrieve", "create", "partial_update", "destroy", "enable", "disable", "scim_tokens"),
        Permission.TENANT_MANAGE,
    )

    def list(self, request: Request) -> Response:
        return self.pages(selectors.identity_providers(actor=self.actor), self.serializer_class)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, self._provider(pk))

    @extend_schema(request=serializers.IdentityProviderWanted)
    def create(self, request: Request) -> Response:
        said = self.body(serializers.IdentityProviderWanted)
        if said["kind"] == "oidc":
            words = {name: said[name] for name in ("name", "issuer", "client_id", "client_secret")}
            made = services.single_sign_on.add_openid_provider(actor=self.actor, **words, now=now())
        else:
            words = {"name": said["name"], "metadata_url": said["metadata_url"]}
            xml = said["metadata"].encode()
            made = services.single_sign_on.add_saml_provider(actor=self.actor, **words, metadata=xml, now=now())
        return self.answer(self.serializer_class, made, status=201)

    @extend_schema(request=serializers.IdentityProviderWords)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        provider = self._provider(pk)
        said = self.body(serializers.IdentityProviderWords, partial=True)
        kept = ("default_role", "makes_members", "vouches_for_email", "only_way_in")
        words: dict[str, Any] = {name: said.get(name, getattr(provider, name)) for name in kept}
        lines = said.get("mapping", provider.mapping)
        services.single_sign_on.edit_provider(
            actor=self.actor,
            provider=provider,
            **words,
            mapping=[
                services.single_sign_on.Line(line["external"], line.get("role", ""), line.get("group", ""))
                for line in lines
            ],
            claims=said.get("claims") or services.single_sign_on.settings_of(provider).claims,
            client_secret=said.get("client_secret", ""),
        )
        return self.answer(self.serializer_class, self._provider(pk))

    def destroy(self, request: Request, pk: UUID) -> Response:
        services.single_sign_on.remove_provider(actor=self.actor, provider=self._provider(pk), now=now())
        return Response(status=204)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def enable(self, request: Request, pk: UUID) -> Response:
        provider = services.single_sign_on.enable_provider(actor=self.actor, provider=self._provider(pk), now=now())
        return self.answer(self.serializer_class, provider)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def disable(self, request: Request, pk: UUID) -> Response:
        provider = services.single_sign_on.disable_provider(actor=self.actor, provider=self._provider(pk))
        return self.answer(self.serializer_class, provider)

    @extend_schema(request=serializers.ScimTokenWanted, responses={201: serializers.ScimTokenMade})
    @action(detail=True, methods=["post"], url_path="scim-tokens")
    def scim_tokens(self, request: Request, pk: UUID) -> Response:
        lives = timedelta(days=self.body(serializers.ScimTokenWanted)["days"])
        provider = self._provider(pk)
        row, text = services.provisioning.create_scim_token(actor=self.actor, provider=provider, lives=lives, now=now())
        url = f"{settings.SANAD_PUBLIC_URL}/scim/v2/{self.actor.tenant.slug}"
        made = {"token": text, "url": url, "expires_at": row.expires_at}
        return self.answer(serializers.ScimTokenMade, made, status=201)

    def _provider(self, pk: UUID) -> Any:
        return selectors.get_identity_provider(actor=self.actor, provider_id=pk)


class EmailDomainViewSet(PortalViewSet):
    """Domains that the tenant says are its own; a provider speaks for the addresses of those that are proven."""

    serializer_class = serializers.EmailDomainSerializer
    pagination_class = _ByName
    permissions = dict.fromkeys(("list", "retrieve", "create", "destroy", "prove"), Permission.TENANT_MANAGE)

    def list(self, request: Request) -> Response:
        return self.pages(selectors.email_domains(actor=self.actor), self.serializer_class)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, self._domain(pk))

    @extend_schema(request=serializers.EmailDomainWanted)
    def create(self, request: Request) -> Response:
        name = self.body(serializers.EmailDomainWanted)["name"]
        domain = services.single_sign_on.claim_domain(actor=self.actor, name=name, now=now())
        return self.answer(self.serializer_class, domain, status=201)

    def destroy(self, request: Request, pk: UUID) -> Response:
        services.single_sign_on.release_domain(actor=self.actor, domain=self._domain(pk))
        return Response(status=204)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def prove(self, request: Request, pk: UUID) -> Response:
        domain = services.single_sign_on.prove_domain(actor=self.actor, domain=self._domain(pk), now=now())
        return self.answer(self.serializer_class, domain)

    def _domain(self, pk: UUID) -> Any:
        return selectors.get_email_domain(actor=self.actor, domain_id=pk)

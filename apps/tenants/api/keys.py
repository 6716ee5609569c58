from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.tenants.api import key_serializers as serializers
from foundation.access import Permission
from foundation.clock import now
from foundation.storage import keys
from foundation.web.api import PortalViewSet

_ANSWER = {200: serializers.KeysSerializer}


class KeyViewSet(PortalViewSet):
    """The keys that everything of the tenant is sealed with; they themselves are never shown."""

    serializer_class = serializers.KeysSerializer
    pagination_class = None
    opens_without_keys = True
    permissions = dict.fromkeys(("list", "rotate", "rewrap", "bring", "withdraw", "release"), Permission.TENANT_MANAGE)

    @extend_schema(responses=_ANSWER, operation_id="keys_list")
    def list(self, request: Request) -> Response:
        return self._state()

    @extend_schema(request=serializers.Rotation, responses=_ANSWER)
    @action(detail=False, methods=["post"])
    def rotate(self, request: Request) -> Response:
        """Make a new key; with `reseal` a job seals stored objects under it."""
        keys.rotate_key(actor=self.actor, **self.body(serializers.Rotation))
        return self._state()

    @extend_schema(request=None, responses=_ANSWER)
    @action(detail=False, methods=["post"])
    def rewrap(self, request: Request) -> Response:
        """Wrap the keys with the key-encryption key that the portal has now, in a job."""
        keys.ask_for_rewrap(actor=self.actor)
        return self._state()

    @extend_schema(request=serializers.KeyGiven, responses=_ANSWER)
    @action(detail=False, methods=["post"])
    def bring(self, request: Request) -> Response:
        """Put a key of the tenant's own inside every wrap, or bring the withdrawn one again."""
        keys.bring_key(actor=self.actor, now=now(), **self.body(serializers.KeyGiven))
        return self._state()

    @extend_schema(request=serializers.Withdrawal, responses=_ANSWER)
    @action(detail=False, methods=["post"])
    def withdraw(self, request: Request) -> Response:
        """Take the tenant's own key away: nothing of the tenant opens until it is brought again."""
        keys.withdraw_key(actor=self.actor, now=now(), **self.body(serializers.Withdrawal))
        return self._state()

    @extend_schema(request=None, responses=_ANSWER)
    @action(detail=False, methods=["post"])
    def release(self, request: Request) -> Response:
        """Leave the keys to the portal again."""
        keys.release_key(actor=self.actor, now=now())
        return self._state()

    def _state(self) -> Response:
        standing: Any = keys.standing_of(actor=self.actor)
        return self.answer(self.serializer_class, {**vars(standing), "keys": keys.key_lines(actor=self.actor)})

"""What allauth asks of the portal about factors: how their secrets are kept, and whose they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.mfa.adapter import DefaultMFAAdapter

from foundation.storage.portal_secrets import open_for_portal, seal_for_portal
from foundation.tenancy import scope

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

_PURPOSE = "second factor"


class FactorAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return seal_for_portal(_PURPOSE, text)

    def decrypt(self, encrypted_text: str) -> str:
        return open_for_portal(_PURPOSE, encrypted_text)

    def is_mfa_enabled(self, user: AbstractBaseUser, types: Any = None) -> bool:
        """Asked at sign-in, when nobody is in scope yet: a person's factors are seen in that person's scope alone."""
        with scope(None, user_id=user.pk):
            return super().is_mfa_enabled(user, types)

    def _get_site_name(self) -> str:
        """What a device calls the portal when it asks which passkey to show."""
        return "Sanad"

"""What allauth asks of the portal about factors: how their secrets are kept, whose they are, what a key is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.mfa.adapter import DefaultMFAAdapter
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation.storage.portal_secrets import open_for_portal, seal_for_portal
from foundation.tenancy import scope

if TYPE_CHECKING:
    from allauth.mfa.models import Authenticator
    from django.contrib.auth.base_user import AbstractBaseUser

_PURPOSE = "second factor"


class FactorAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": gettext_lazy("This code is wrong, used already, or too old. Wait for the next one."),
    }

    def encrypt(self, text: str) -> str:
        return seal_for_portal(_PURPOSE, text)

    def decrypt(self, encrypted_text: str) -> str:
        return open_for_portal(_PURPOSE, encrypted_text)

    def is_mfa_enabled(self, user: AbstractBaseUser, types: Any = None) -> bool:
        """Asked at sign-in, when nobody is in scope yet: a person's factors are seen in that person's scope alone."""
        with scope(None, user_id=user.pk):
            return super().is_mfa_enabled(user, types)

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:
        return _("Passkey")

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """The services that change factors tell the person themselves, in the portal's words."""

    def _get_site_name(self) -> str:
        return "Sanad"

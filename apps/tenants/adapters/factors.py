"""allauth's rows of factors and its recovery codes; what it asks of the portal: how secrets are kept, and whose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.db.models import QuerySet

from foundation.storage.portal_secrets import open_for_portal, seal_for_portal
from foundation.tenancy import scope

if TYPE_CHECKING:
    from uuid import UUID

    from django.contrib.auth.base_user import AbstractBaseUser

_PURPOSE = "second factor"


def rows_of(user_id: UUID) -> QuerySet[Authenticator]:
    """The factors of a person, in the person's scope."""
    return Authenticator.objects.filter(user_id=user_id)


def new_row(**fields: Any) -> Authenticator:
    """A factor that is not written yet."""
    return Authenticator(**fields)


def make_recovery_codes(user: AbstractBaseUser) -> list[str]:
    """Keeps new recovery codes, where the person has none, and shows them this once."""
    codes: list[str] = RecoveryCodes.activate(user).generate_codes()
    return codes


def use_recovery_code(row: Authenticator, code: str) -> bool:
    """Whether the code is one of these that was not used; from here on it is."""
    return bool(RecoveryCodes(row).validate_code(code))


def unused_recovery_codes(row: Authenticator) -> int:
    return len(RecoveryCodes(row).get_unused_codes())


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

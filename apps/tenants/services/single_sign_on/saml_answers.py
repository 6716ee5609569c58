"""A SAML response between the provider's post and the browser's next request: sealed, since it names a person."""

from __future__ import annotations

from base64 import b64decode, b64encode

from django.utils.translation import gettext as _

from apps.tenants.errors import ProviderRefused
from foundation.storage import sealing
from foundation.storage.errors import ObjectDamaged
from foundation.tenancy import scope
from foundation.tenancy.models import Tenant

_PURPOSE = "saml answer"


def keep_answer(*, tenant: Tenant, answer: str) -> str:
    """The response as it may lie in the table of sessions, which belongs to no tenant and goes into every backup."""
    with scope(tenant.pk):
        return b64encode(sealing.seal(tenant.pk, _PURPOSE, answer.encode())).decode()


def kept_answer(*, tenant: Tenant, kept: str) -> str:
    """The response again; empty where nothing was kept, and ProviderRefused for what was kept for another tenant."""
    if not kept:
        return ""
    try:
        with scope(tenant.pk):
            return sealing.open_sealed(tenant.pk, _PURPOSE, b64decode(kept)).decode()
    except ObjectDamaged as error:
        said = _("This answer of an identity provider was brought to another organisation. Begin the sign-in anew.")
        raise ProviderRefused(said, reason="unknown") from error

"""What the installation's own settings must say before it starts."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error

from foundation.tenancy import zones


def check_zone(**_given: Any) -> list[CheckMessage]:
    """SANAD_ZONE names a zone: with any other word every upload of every tenant would be refused."""
    if zones.is_zone(zones.here()):
        return []
    hint = "Set it to AE-ONSHORE, AE-DIFC, AE-ADGM or the ISO 3166 code of another country, like SA."
    return [Error(f"SANAD_ZONE is {zones.here()!r}, which is no zone.", hint=hint, id="tenancy.E001")]

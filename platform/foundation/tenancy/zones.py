"""Where a tenant allows its data to lie, and where this installation is."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from babel import Locale
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from foundation.errors import Conflict
from foundation.tenancy.choices import Zone

if TYPE_CHECKING:
    from foundation.tenancy.models import Tenant

# Its three parts stand in its place.
_SPLIT = "AE"


class ZoneNotAllowed(Conflict):
    """The tenant does not allow its data to lie here, or to go there."""

    slug = "zone-not-allowed"


def here() -> str:
    """The zone of this installation, as SANAD_ZONE says."""
    zone: str = settings.SANAD_ZONE
    return zone


def zone_is_allowed(tenant: Tenant, zone: str | None = None) -> bool:
    """Whether the tenant's data may lie in the zone; in this installation's own where none is given."""
    return (zone or here()) in tenant.zones


def require_zone(tenant: Tenant, zone: str | None = None) -> None:
    """ZoneNotAllowed with the sentence to read, where `zone_is_allowed` says no."""
    if not zone_is_allowed(tenant, zone):
        raise ZoneNotAllowed(
            _(
                "“%(tenant)s” does not allow its data in %(zone)s. An administrator adds the zone under Settings, "
                "Organisation, or the data stays where it is."
            )
            % {"tenant": tenant.shown_name, "zone": zone_name(zone or here())}
        )


def zone_name(code: str) -> str:
    """The zone in the reader's language; the code itself where it is none."""
    if code in Zone.values:
        return str(Zone(code).label)
    return str(_countries(get_language() or "en").get(code, code))


def zone_choices() -> list[tuple[str, str]]:
    """Every zone with its name: the three of the Emirates, then the other countries by name."""
    countries = _countries(get_language() or "en")
    others = sorted(countries.items(), key=lambda pair: pair[1])
    return [*((zone.value, str(zone.label)) for zone in Zone), *others]


def is_zone(code: str) -> bool:
    return code in Zone.values or code in _countries("en")


@cache
def _countries(language: str) -> dict[str, str]:
    """Names by ISO 3166 code: two letters, without codes that are no country (ZZ, EU …) and without the Emirates."""
    names = Locale.parse(language, sep="-").territories
    return {
        code: name
        for code, name in names.items()
        if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRY and code != _SPLIT
    }


# What the names hold beside the countries of ISO 3166: unions, parts that are reserved or of the user's own making.
_NO_COUNTRY = frozenset({"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ"})

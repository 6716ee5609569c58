from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Plan(TextChoices):
    SMB = "smb", _("Small and medium business")
    ENTERPRISE = "enterprise", _("Enterprise")


class Zone(TextChoices):
    """Places inside the UAE with a data protection law of their own; other countries go by their ISO 3166 code."""

    ONSHORE = "AE-ONSHORE", _("United Arab Emirates, onshore")
    DIFC = "AE-DIFC", _("Dubai International Financial Centre")
    ADGM = "AE-ADGM", _("Abu Dhabi Global Market")

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ColumnClass(TextChoices):
    PUBLIC = "public", _("Public")
    INTERNAL = "internal", _("Internal")
    PERSONAL = "personal", _("Personal")
    SENSITIVE = "sensitive", _("Sensitive")


class PersonalKind(TextChoices):
    """What a column is suspected to hold, by its name or by the shape of its values."""

    EMAIL = "email", _("e-mail addresses")
    EMIRATES_ID = "emirates_id", _("Emirates IDs")
    IBAN = "iban", _("bank accounts (IBAN)")
    PHONE = "phone", _("telephone numbers")
    CARD = "card", _("payment cards")
    NAME = "name", _("something about a person, by its name")

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Archived(TextChoices):
    """Which projects a list shows."""

    NO = "no", _("In use")
    ONLY = "only", _("Archived")
    ALL = "all", _("All")
